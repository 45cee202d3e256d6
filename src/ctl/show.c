#include "ctl/show.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

/* -- Text ------------------------------------------------------------------------------------ */

/* One character of UTF-8 that is known to be valid; *n is its length. */
static uint32_t
character(const char *s, size_t *n)
{
    uint8_t  c = (uint8_t)s[0];
    uint32_t v = c < 0x80 ? c : c < 0xe0 ? c & 0x1fu : c < 0xf0 ? c & 0x0fu : c & 0x07u;

    *n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < *n && s[i] != '\0'; i++)
        v = v << 6 | ((uint8_t)s[i] & 0x3fu);
    return v;
}

/* Ranges that terminals show in two columns (Unicode: East Asian wide and fullwidth). */
static bool
is_wide(uint32_t c)
{
    static const struct {
        uint32_t low, high;
    } wide[] = { { 0x1100, 0x115f },   { 0x2e80, 0x303e },  { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
                 { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },  { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
                 { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd } };

    for (size_t i = 0; i < HF_COUNT(wide); i++)
        if (c >= wide[i].low && c <= wide[i].high)
            return true;
    return false;
}

/* C0, DEL, C1, and marks that change the direction of what follows. */
static bool
is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

size_t
hf_show_width(const char *s)
{
    size_t width = 0, n;

    for (; *s != '\0'; s += n)
        width += is_wide(character(s, &n)) ? 2 : 1;
    return width;
}

/* lines: line ends stay, as in PEM. */
static void
put_text(struct hf_wr *w, const char *s, bool lines)
{
    size_t n;

    for (; *s != '\0'; s += n) {
        uint32_t c = character(s, &n);

        if (is_control(c) && !(lines && c == '\n'))
            hf_wr_str(w, "?");
        else
            hf_wr_put(w, hf_bytes(s, n));
    }
}

/* A value in one line. */
static void
put_value(struct hf_wr *w, const json_t *v)
{
    size_t  i;
    json_t *item;
    char   *text;

    switch (v == NULL ? JSON_NULL : json_typeof(v)) {
    case JSON_STRING:
        put_text(w, json_string_value(v), false);
        break;
    case JSON_INTEGER:
        hf_wr_fmt(w, "%lld", (long long)json_integer_value(v));
        break;
    case JSON_TRUE:
        hf_wr_str(w, "yes");
        break;
    case JSON_FALSE:
        hf_wr_str(w, "no");
        break;
    case JSON_NULL:
        hf_wr_str(w, "-");
        break;
    case JSON_ARRAY:
        json_array_foreach ((json_t *)v, i, item) {
            hf_wr_str(w, i == 0 ? "" : ", ");
            put_value(w, item);
        }
        break;
    default:
        text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
        put_text(w, text == NULL ? "" : text, false);
        free(text);
    }
}

/* -- Tables -------------------------------------------------------------------------------------
 */

struct table {
    char         name[COLUMNS_MAX][64];
    size_t       width[COLUMNS_MAX], columns;
    struct hf_wr cell; /* scratch */
};

static const char *
cell_text(struct table *t, const json_t *item, size_t column)
{
    hf_wr_cut(&t->cell, 0);
    put_value(&t->cell, json_object_get(item, t->name[column]));
    hf_wr_u8(&t->cell, '\0');
    return t->cell.rc == HF_OK ? (const char *)t->cell.p : "";
}

static void
measure(struct table *t, const char *columns, const json_t *items)
{
    size_t  i;
    json_t *item;

    for (t->columns = 0; *columns != '\0' && t->columns < COLUMNS_MAX; t->columns++) {
        size_t n = strcspn(columns, ",");

        memcpy(t->name[t->columns], columns, n < 63 ? n : 63);
        t->width[t->columns] = n;
        columns += n + (columns[n] == ',');
    }
    json_array_foreach ((json_t *)items, i, item) {
        for (size_t c = 0; c < t->columns; c++) {
            size_t width = hf_show_width(cell_text(t, item, c));

            if (width > t->width[c])
                t->width[c] = width;
        }
    }
}

static void
put_cell(struct hf_wr *w, const struct table *t, size_t column, const char *text)
{
    hf_wr_str(w, text);
    if (column + 1 == t->columns) {
        hf_wr_str(w, "\n");
        return;
    }
    for (size_t n = hf_show_width(text); n < t->width[column] + 2; n++)
        hf_wr_u8(w, ' ');
}

static void
put_heading(struct hf_wr *w, const struct table *t)
{
    for (size_t c = 0; c < t->columns; c++) {
        char   upper[64];
        size_t i = 0;

        for (; t->name[c][i] != '\0'; i++)
            upper[i] = (char)(t->name[c][i] >= 'a' && t->name[c][i] <= 'z' ? t->name[c][i] - 32
                              : t->name[c][i] == '_'                       ? ' '
                                                                           : t->name[c][i]);
        upper[i] = '\0';
        put_cell(w, t, c, upper);
    }
}

static void
put_list(struct hf_wr *w, const struct hf_op *op, const json_t *reply)
{
    const json_t *items = json_object_get(reply, "items"), *total = json_object_get(reply, "total");
    const char   *next = json_string_value(json_object_get(reply, "next"));
    struct table  t = { .cell = hf_wr(1 << 20) };
    size_t        i;
    json_t       *item;

    measure(&t, op->columns, items);
    if (json_array_size(items) != 0)
        put_heading(w, &t);
    json_array_foreach ((json_t *)items, i, item)
        for (size_t c = 0; c < t.columns; c++)
            put_cell(w, &t, c, cell_text(&t, item, c));
    if (json_array_size(items) == 0)
        hf_wr_str(w, "none\n");
    if (next != NULL) {
        hf_wr_fmt(w, "%zu", json_array_size(items));
        if (json_is_integer(total))
            hf_wr_fmt(w, " of %lld", (long long)json_integer_value(total));
        hf_wr_str(w, "; more with --after ");
        put_text(w, next, false);
        hf_wr_str(w, "\n");
    }
    hf_wr_clear(&t.cell);
}

/* -- Fields ---------------------------------------------------------------------------------------
 */

static void put_object(struct hf_wr *w, const json_t *o, int depth);

/* A list of texts that are more than words: each gets a line. */
static bool
is_sentences(const json_t *v)
{
    const char *first = json_string_value(json_array_get(v, 0));

    return first != NULL && strchr(first, ' ') != NULL;
}

static void
put_member(struct hf_wr *w, const char *name, const json_t *v, size_t width, int depth)
{
    size_t  i;
    json_t *item;

    hf_wr_fmt(w, "%*s", 2 * depth, "");
    put_text(w, name, false);
    hf_wr_str(w, ":");
    if (json_is_object(v) && json_object_size(v) != 0 && depth < 8) {
        hf_wr_str(w, "\n");
        put_object(w, v, depth + 1);
        return;
    }
    if (json_is_array(v) && json_is_object(json_array_get(v, 0)) && depth < 8) {
        hf_wr_str(w, "\n");
        json_array_foreach ((json_t *)v, i, item) {
            if (i != 0)
                hf_wr_str(w, "\n");
            put_object(w, item, depth + 1);
        }
        return;
    }
    if (is_sentences(v)) {
        hf_wr_str(w, "\n");
        json_array_foreach ((json_t *)v, i, item) {
            hf_wr_fmt(w, "%*s", 2 * depth + 2, "");
            put_value(w, item);
            hf_wr_str(w, "\n");
        }
        return;
    }
    if (json_is_string(v) && strchr(json_string_value(v), '\n') != NULL) {
        hf_wr_str(w, "\n");
        put_text(w, json_string_value(v), true);
        hf_wr_str(w, strrchr(json_string_value(v), '\n')[1] == '\0' ? "" : "\n");
        return;
    }
    for (size_t n = strlen(name); n < width + 1; n++)
        hf_wr_u8(w, ' ');
    put_value(w, v);
    hf_wr_str(w, "\n");
}

static void
put_object(struct hf_wr *w, const json_t *o, int depth)
{
    size_t      width = 0;
    const char *name;
    json_t     *v;

    json_object_foreach ((json_t *)o, name, v)
        if (strlen(name) > width)
            width = strlen(name);
    json_object_foreach ((json_t *)o, name, v)
        put_member(w, name, v, width, depth);
}

void
hf_show_reply(struct hf_wr *w, const struct hf_op *op, const json_t *reply)
{
    const json_t *pending = json_object_get(reply, "pending");

    if (pending != NULL) {
        hf_wr_str(w, "waits for another person: hufu approval approve ");
        put_value(w, json_object_get(pending, "id"));
        hf_wr_str(w, "\nexpires: ");
        put_value(w, json_object_get(pending, "expires"));
        hf_wr_str(w, "\n");
    } else if (op->columns != NULL && json_is_array(json_object_get(reply, "items"))) {
        put_list(w, op, reply);
    } else {
        put_object(w, reply, 0);
    }
}
