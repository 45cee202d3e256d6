/* name_parse.c - distinguished names from text (RFC 4514), and writing them. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "wire/name.h"

/* How each attribute type is written; bounds of RFC 5280 appendix A.1 in characters. */
static const struct kind {
    enum hf_oid type;
    uint8_t     tag;
    size_t      most;
    const char *alias; /* a second keyword */
} kinds[] = {
    { HF_OID_CN, HF_DER_UTF8, 64, "commonName" },
    { HF_OID_C, HF_DER_PRINTABLE, 2, "countryName" },
    { HF_OID_O, HF_DER_UTF8, 64, "organizationName" },
    { HF_OID_OU, HF_DER_UTF8, 64, "organizationalUnitName" },
    { HF_OID_L, HF_DER_UTF8, 128, "localityName" },
    { HF_OID_ST, HF_DER_UTF8, 128, "S" },
    { HF_OID_STREET, HF_DER_UTF8, 128, "streetAddress" },
    { HF_OID_SERIAL_NUMBER, HF_DER_PRINTABLE, 64, NULL },
    { HF_OID_SURNAME, HF_DER_UTF8, 128, "surname" },
    { HF_OID_GIVEN_NAME, HF_DER_UTF8, 128, "givenName" },
    { HF_OID_INITIALS, HF_DER_UTF8, 128, NULL },
    { HF_OID_TITLE, HF_DER_UTF8, 64, NULL },
    { HF_OID_GENERATION, HF_DER_UTF8, 128, NULL },
    { HF_OID_NAME, HF_DER_UTF8, 128, NULL },
    { HF_OID_PSEUDONYM, HF_DER_UTF8, 128, NULL },
    { HF_OID_DN_QUALIFIER, HF_DER_PRINTABLE, 64, NULL },
    { HF_OID_UID, HF_DER_UTF8, 256, "userId" },
    { HF_OID_DC, HF_DER_IA5, 63, "domainComponent" },
    { HF_OID_EMAIL, HF_DER_IA5, 255, "E" },
    { HF_OID_DESCRIPTION, HF_DER_UTF8, 1024, NULL },
    { HF_OID_BUSINESS_CATEGORY, HF_DER_UTF8, 128, NULL },
    { HF_OID_POSTAL_CODE, HF_DER_UTF8, 40, NULL },
    { HF_OID_TELEPHONE, HF_DER_PRINTABLE, 32, NULL },
    { HF_OID_ORG_ID, HF_DER_UTF8, 256, NULL },
    { HF_OID_JURISDICTION_C, HF_DER_PRINTABLE, 2, NULL },
    { HF_OID_JURISDICTION_L, HF_DER_UTF8, 128, NULL },
    { HF_OID_JURISDICTION_ST, HF_DER_UTF8, 128, NULL },
    { HF_OID_UNSTRUCTURED_NAME, HF_DER_UTF8, 255, NULL },
};

static const struct kind *
kind_of(enum hf_oid type)
{
    for (size_t i = 0; i < HF_COUNT(kinds); i++)
        if (kinds[i].type == type)
            return &kinds[i];
    return NULL;
}

static const struct kind *
kind_named(struct hf_bytes word)
{
    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        const char *names[] = { hf_oid_name(kinds[i].type), kinds[i].alias };

        for (size_t j = 0; j < 2; j++)
            if (names[j] != NULL && strlen(names[j]) == word.n &&
                strncasecmp(names[j], (const char *)word.p, word.n) == 0)
                return &kinds[i];
    }
    return NULL;
}

/* -- Writing ---------------------------------------------------------------------- */

static void
put_value(struct hf_wr *w, struct hf_bytes oid, uint8_t tag, struct hf_bytes value)
{
    size_t pair = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put_oid(w, oid);
    hf_der_put(w, tag, value);
    hf_der_end(w, pair);
}

size_t
hf_name_begin(struct hf_wr *w)
{
    return hf_der_begin(w, HF_DER_SEQUENCE);
}

void
hf_name_put(struct hf_wr *w, enum hf_oid type, const char *utf8)
{
    const struct kind *k = kind_of(type);
    size_t             rdn = hf_der_begin(w, HF_DER_SET);

    put_value(w, hf_oid(type), k == NULL ? HF_DER_UTF8 : k->tag, hf_bytes_str(utf8));
    hf_der_end(w, rdn);
}

/* -- Reading text ------------------------------------------------------------------- */

struct part {
    size_t  oid, oid_n; /* type and value lie in the scratch, which may move: offsets */
    size_t  from, n;
    uint8_t tag;
    bool    joined;
};

struct parse {
    const char  *text, *p;
    struct hf_wr scratch; /* values and dotted types, decoded */
    struct part  part[64];
    size_t       n;
};

static enum hf_rc
bad(const struct parse *s, const char *why)
{
    return hf_fail(HF_E_ARG, "name, at character %zu: %s (RFC 4514)", (size_t)(s->p - s->text) + 1,
                   why);
}

/* Letters, digits, '-' and '.' up to '='. */
static enum hf_rc
read_type(struct parse *s, const struct kind **kind, struct part *part)
{
    struct hf_bytes word;
    char            dotted[HF_OID_TEXT];

    s->p += strspn(s->p, " ");
    word = hf_bytes(s->p, strcspn(s->p, " =,+;\\\"<>#"));
    *kind = kind_named(word);
    part->oid = s->scratch.n;
    if (*kind != NULL)
        hf_wr_put(&s->scratch, hf_oid((*kind)->type));
    else if (word.n == 0 || word.n >= sizeof(dotted))
        return bad(s, "an attribute type such as CN is missing");
    else {
        memcpy(dotted, word.p, word.n);
        dotted[word.n] = '\0';
        if (hf_oid_parse(dotted, &s->scratch) != HF_OK)
            return bad(s, "unknown attribute type");
        *kind = kind_of(hf_oid_find(hf_bytes(s->scratch.p + part->oid, s->scratch.n - part->oid)));
    }
    part->oid_n = s->scratch.n - part->oid;
    s->p += word.n + strspn(s->p + word.n, " ");
    if (*s->p != '=')
        return bad(s, "\"=\" is missing after the attribute type");
    s->p++;
    s->p += strspn(s->p, " ");
    return HF_OK;
}

static int
hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Characters up to an unescaped separator; trailing unescaped spaces are dropped. */
static enum hf_rc
read_string(struct parse *s)
{
    size_t keep = s->scratch.n;

    while (*s->p != '\0' && strchr(",+;", *s->p) == NULL) {
        char c = *s->p++;

        if (c == '"' || c == '<' || c == '>') {
            s->p--;
            return bad(s, "this character needs a backslash");
        }
        if (c == '\\' && *s->p != '\0' && strchr(" \"#+,;<=>\\", *s->p) != NULL)
            c = *s->p++;
        else if (c == '\\') {
            if (hex(s->p[0]) < 0 || hex(s->p[1]) < 0)
                return bad(s, "bad escape after a backslash");
            c = (char)(hex(s->p[0]) << 4 | hex(s->p[1]));
            s->p += 2;
        } else if (c == ' ') {
            hf_wr_u8(&s->scratch, ' ');
            continue; /* kept only if something follows */
        }
        hf_wr_u8(&s->scratch, (uint8_t)c);
        keep = s->scratch.n;
    }
    hf_wr_cut(&s->scratch, keep);
    return HF_OK;
}

/* "#" and the hexadecimal DER of the value. */
static enum hf_rc
read_hex(struct parse *s, struct part *part)
{
    size_t          from = s->scratch.n;
    struct hf_bytes contents = { NULL, 0 };
    struct hf_rd    r;

    for (s->p++; hex(s->p[0]) >= 0 && hex(s->p[1]) >= 0; s->p += 2)
        hf_wr_u8(&s->scratch, (uint8_t)(hex(s->p[0]) << 4 | hex(s->p[1])));
    s->p += strspn(s->p, " ");
    if (s->scratch.rc != HF_OK)
        return hf_fail(s->scratch.rc, "name: too long");
    if (hf_der_check(hf_bytes(s->scratch.p + from, s->scratch.n - from), "value") != HF_OK)
        return bad(s, "the value after \"#\" is not DER");
    r = hf_rd(hf_bytes(s->scratch.p + from, s->scratch.n - from));
    hf_der_any(&r, &part->tag, &contents);
    part->n = contents.n;
    part->from = s->scratch.n - contents.n;
    return HF_OK;
}

static size_t
characters(struct hf_bytes utf8)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.n; i++)
        n += (utf8.p[i] & 0xc0) != 0x80;
    return n;
}

static enum hf_rc
check_value(const struct parse *s, const struct kind *k, struct hf_bytes v)
{
    if (v.n == 0)
        return bad(s, "empty value");
    if (!hf_utf8_is_text(v))
        return bad(s, "the value is not UTF-8 or has control characters");
    if (k != NULL && characters(v) > k->most)
        return hf_fail(HF_E_ARG, "name: %s has more than %zu characters (RFC 5280 A.1)",
                       hf_oid_name(k->type), k->most);
    for (size_t i = 0; k != NULL && i < v.n; i++) {
        bool letter = (v.p[i] >= 'A' && v.p[i] <= 'Z') || (v.p[i] >= 'a' && v.p[i] <= 'z');
        bool print =
            letter || (v.p[i] >= '0' && v.p[i] <= '9') || strchr(" '()+,-./:=?", v.p[i]) != NULL;

        if ((k->tag == HF_DER_PRINTABLE && !print) || (k->tag == HF_DER_IA5 && v.p[i] >= 0x80))
            return hf_fail(HF_E_ARG, "name: %s has a character that it must not have",
                           hf_oid_name(k->type));
        if ((k->type == HF_OID_C || k->type == HF_OID_JURISDICTION_C) && (v.n != 2 || !letter))
            return hf_fail(HF_E_ARG, "name: %s must be two letters", hf_oid_name(k->type));
    }
    return HF_OK;
}

static enum hf_rc
read_part(struct parse *s, bool joined)
{
    const struct kind *k;
    struct part        part = { .joined = joined };
    enum hf_rc         rc;

    if (s->n == HF_COUNT(s->part))
        return hf_fail(HF_E_ARG, "name: more than %zu attributes", HF_COUNT(s->part));
    if ((rc = read_type(s, &k, &part)) != HF_OK)
        return rc;
    if (*s->p == '#') {
        if ((rc = read_hex(s, &part)) != HF_OK)
            return rc;
    } else {
        part.tag = k == NULL ? HF_DER_UTF8 : k->tag;
        part.from = s->scratch.n;
        if ((rc = read_string(s)) != HF_OK)
            return rc;
        if (s->scratch.rc != HF_OK)
            return hf_fail(s->scratch.rc, "name: too long");
        part.n = s->scratch.n - part.from;
        if ((rc = check_value(s, k, hf_bytes(s->scratch.p + part.from, part.n))) != HF_OK)
            return rc;
    }
    s->part[s->n++] = part;
    return HF_OK;
}

static void
write_parts(const struct parse *s, struct hf_wr *out)
{
    size_t name = hf_name_begin(out), start;

    for (size_t end = s->n; end > 0; end = start) { /* the text has the last RDN first */
        size_t rdn = hf_der_begin(out, HF_DER_SET);

        for (start = end - 1; s->part[start].joined; start--)
            ;
        for (size_t i = start; i < end; i++)
            put_value(out, hf_bytes(s->scratch.p + s->part[i].oid, s->part[i].oid_n),
                      s->part[i].tag, hf_bytes(s->scratch.p + s->part[i].from, s->part[i].n));
        hf_der_end_set(out, rdn);
    }
    hf_der_end(out, name);
}

enum hf_rc
hf_name_parse(const char *text, struct hf_wr *out)
{
    struct parse s = { .text = text, .p = text, .scratch = hf_wr(64 << 10) };
    size_t       mark = out->n;
    bool         joined = false;
    enum hf_rc   rc = HF_OK;

    s.p += strspn(s.p, " ");
    while (rc == HF_OK && (*s.p != '\0' || s.n != 0)) {
        if ((rc = read_part(&s, joined)) != HF_OK || *s.p == '\0')
            break;
        joined = *s.p == '+';
        if (*s.p != ',' && *s.p != '+')
            rc = bad(&s, "\",\" or \"+\" expected");
        s.p++;
    }
    if (rc == HF_OK)
        write_parts(&s, out);
    if (rc == HF_OK && out->rc != HF_OK)
        rc = hf_fail(out->rc, "name: %s", hf_rc_text(out->rc));
    /* a value given in hexadecimal may be a string that is none */
    if (rc == HF_OK && hf_name_check(hf_bytes(out->p + mark, out->n - mark)) != HF_OK)
        rc = hf_fail(HF_E_ARG, "name: a value after \"#\" is not what its tag says (RFC 4514 2.4)");
    if (rc != HF_OK)
        hf_wr_cut(out, mark);
    hf_wr_clear(&s.scratch);
    return rc;
}
