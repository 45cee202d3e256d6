#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MAX_BYTES 2048

static const char *const names[] = { "error", "warn", "info", "debug" };

static _Atomic int         most_level = HF_INFO;
static const char *_Atomic process_name = "hufu";

void
hf_log_level(enum hf_level most)
{
    most_level = (int)most;
}

bool
hf_log_level_named(const char *word, enum hf_level *out)
{
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        if (strcmp(word, names[i]) == 0) {
            *out = (enum hf_level)i;
            return true;
        }
    }
    return false;
}

void
hf_log_level_use(const char *word)
{
    enum hf_level level;

    if (hf_log_level_named(word, &level))
        hf_log_level(level);
}

void
hf_log_name(const char *process)
{
    process_name = process;
}

/* As it is when it is one plain word; otherwise in quotes, with escapes. */
static void
put_text(struct hf_wr *w, struct hf_bytes b)
{
    bool plain = b.n != 0;

    for (size_t i = 0; i < b.n && plain; i++)
        plain = b.p[i] > 0x20 && b.p[i] < 0x7f && strchr("\"\\=", b.p[i]) == NULL;
    if (plain) {
        hf_wr_put(w, b);
        return;
    }
    plain = hf_utf8_valid(b);
    hf_wr_u8(w, '"');
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];

        if (c == '"' || c == '\\')
            hf_wr_fmt(w, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !plain))
            hf_wr_fmt(w, "\\x%02x", c);
        else
            hf_wr_u8(w, c);
    }
    hf_wr_u8(w, '"');
}

static void
put_field(struct hf_wr *w, const struct hf_field *f)
{
    hf_wr_fmt(w, " %s=", f->name);
    switch (f->kind) {
    case HF_FIELD_STR:
        put_text(w, f->bytes);
        break;
    case HF_FIELD_HEX:
        for (size_t i = 0; i < f->bytes.n; i++)
            hf_wr_fmt(w, "%02x", f->bytes.p[i]);
        break;
    case HF_FIELD_INT:
        hf_wr_fmt(w, "%lld", (long long)f->number);
        break;
    }
}

void
hf_log_fields(enum hf_level level, const char *event, const struct hf_field *f, size_t n)
{
    struct hf_wr    w = hf_wr(LINE_MAX_BYTES);
    char            at[HF_TIME_TEXT];
    struct hf_bytes line;

    if ((int)level > most_level)
        return;
    hf_wr_fmt(&w, "%s %s %s %s", hf_time_text(hf_now_ms(), at), names[level], process_name, event);
    for (size_t i = 0; i < n; i++)
        put_field(&w, &f[i]);
    w.rc = w.rc == HF_E_TOOBIG ? HF_OK : w.rc; /* a line too long is cut, not lost */
    if (w.n == w.max)
        w.n--;
    hf_wr_u8(&w, '\n');
    line = hf_wr_bytes(&w);
    if (line.n != 0 && write(STDERR_FILENO, line.p, line.n) == -1) {
        /* nowhere left to say it */
    }
    hf_wr_clear(&w);
}
