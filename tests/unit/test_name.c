/* test_name.c - distinguished names: text both ways, comparison, limits. */
#include "unit/t.h"

#include "wire/fold.h"
#include "wire/name.h"

static struct hf_wr
name(const char *text)
{
    struct hf_wr w = hf_wr(1 << 16);

    T_OK(hf_name_parse(text, &w));
    T_OK(hf_name_check(hf_wr_bytes(&w)));
    return w;
}

static void
text_goes_both_ways(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "CN=Alice,O=Example Bank,C=CN", "CN=Alice,O=Example Bank,C=CN" },
        { " cn = Alice , o=Bank", "CN=Alice,O=Bank" },
        { "CN=a\\,b\\+c\\\"d\\\\e\\;f", "CN=a\\,b\\+c\\\"d\\\\e\\;f" },
        { "CN=\\ lead and trail\\ ", "CN=\\ lead and trail\\ " },
        { "CN=\\#x", "CN=\\#x" },
        { "CN=\\E4\\B8\\AD\xe5\x9b\xbd", "CN=\xe4\xb8\xad\xe5\x9b\xbd" },
        { "OU=b+CN=a", "CN=a+OU=b" }, /* a set has DER's order */
        { "1.2.3.4=#0c03616263", "1.2.3.4=abc" },
        { "emailAddress=a@b.c,DC=example,DC=com", "emailAddress=a@b.c,DC=example,DC=com" },
        { "", "" },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_wr der = name(cases[i].in), text = hf_wr(1 << 16);

        hf_name_text(hf_wr_bytes(&der), &text);
        hf_wr_u8(&text, '\0');
        T_STR((const char *)text.p, cases[i].out);
        hf_wr_clear(&der);
        hf_wr_clear(&text);
    }
}

static void
bad_text_is_refused(void)
{
    static const char *const bad[] = {
        "CN", "CN=", "=x", "CN=a,", ",CN=a", "CN=a\\", "CN=a\\x", "CN=a\\4", "XY=1", "C=CHN", "C=1A", "CN=a\"b",
        "CN=a<b", "CN=#04", "CN=#0c02ff", "1.2.3.4=#0c03629663", "CN=\\ff", "CN=\\00", "CN=a;O=b", "serialNumber=a*b", "emailAddress=\xc3\xa9@x",
        "CN=12345678901234567890123456789012345678901234567890123456789012345",
    };

    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_wr w = hf_wr(1 << 16);

        T_RC(hf_name_parse(bad[i], &w), HF_E_ARG);
        hf_wr_clear(&w);
    }
}

static void
order_in_der_is_from_the_general_to_the_special(void)
{
    struct hf_wr        w = name("CN=Alice,C=CN");
    struct hf_name_walk it = hf_name_walk(hf_wr_bytes(&w));
    struct hf_attr      a;

    T_TRUE(hf_name_next(&it, &a));
    T_EQ(a.type, HF_OID_C);
    T_EQ(a.tag, HF_DER_PRINTABLE);
    T_TRUE(hf_name_next(&it, &a));
    T_EQ(a.type, HF_OID_CN);
    T_EQ(a.tag, HF_DER_UTF8);
    T_FALSE(hf_name_next(&it, &a));
    hf_wr_clear(&w);
}

static void
put(struct hf_wr *w, enum hf_oid type, uint8_t tag, const char *value, size_t n)
{
    size_t name_mark = hf_name_begin(w), rdn = hf_der_begin(w, HF_DER_SET), pair = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put_oid_of(w, type);
    hf_der_put(w, tag, hf_bytes(value, n));
    hf_der_end(w, pair);
    hf_der_end(w, rdn);
    hf_der_end(w, name_mark);
}

static void
comparison_folds_case_space_and_string_type(void)
{
    static const struct {
        uint8_t     tag_a, tag_b;
        const char *a, *b;
        size_t      na, nb;
        bool        equal;
    } cases[] = {
        { HF_DER_UTF8, HF_DER_PRINTABLE, "Example Bank", "EXAMPLE  bank ", 12, 14, true },
        { HF_DER_UTF8, HF_DER_UTF8, "  a b", "A\xc2\xa0" "B", 5, 4, true },
        { HF_DER_UTF8, HF_DER_BMP, "ab", "\0A\0b", 2, 4, true },
        { HF_DER_UTF8, HF_DER_T61, "\xc3\xa9", "\xc9", 2, 1, true },
        { HF_DER_UTF8, HF_DER_UNIVERSAL, "\xf0\x9f\x98\x80", "\0\1\xf6\0", 4, 4, true },
        { HF_DER_UTF8, HF_DER_UTF8, "\xce\xa3", "\xcf\x82", 2, 2, true },   /* sigma and final sigma */
        { HF_DER_UTF8, HF_DER_UTF8, "\xd0\x96", "\xd0\xb6", 2, 2, true },   /* Cyrillic */
        { HF_DER_UTF8, HF_DER_UTF8, "ab", "a b", 2, 3, false },
        { HF_DER_UTF8, HF_DER_UTF8, "a", "", 1, 0, false },
        { HF_DER_UTF8, HF_DER_OCTETS, "a", "a", 1, 1, false },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_wr a = hf_wr(256), b = hf_wr(256);

        put(&a, HF_OID_O, cases[i].tag_a, cases[i].a, cases[i].na);
        put(&b, HF_OID_O, cases[i].tag_b, cases[i].b, cases[i].nb);
        T_OK(hf_name_check(hf_wr_bytes(&a)));
        T_OK(hf_name_check(hf_wr_bytes(&b)));
        T_EQ(hf_name_eq(hf_wr_bytes(&a), hf_wr_bytes(&b)), cases[i].equal);
        T_EQ(hf_name_eq(hf_wr_bytes(&b), hf_wr_bytes(&a)), cases[i].equal);
        hf_wr_clear(&a);
        hf_wr_clear(&b);
    }
}

static void
subtrees_are_prefixes(void)
{
    struct hf_wr base = name("O=Bank,C=CN"), in = name("CN=x,OU=y,O=BANK,C=cn"), out = name("O=Other,C=CN");
    struct hf_wr shorter = name("C=CN"), none = name("");

    T_TRUE(hf_name_within(hf_wr_bytes(&in), hf_wr_bytes(&base)));
    T_TRUE(hf_name_within(hf_wr_bytes(&base), hf_wr_bytes(&base)));
    T_FALSE(hf_name_within(hf_wr_bytes(&out), hf_wr_bytes(&base)));
    T_FALSE(hf_name_within(hf_wr_bytes(&shorter), hf_wr_bytes(&base)));
    T_TRUE(hf_name_within(hf_wr_bytes(&shorter), hf_wr_bytes(&none)));
    T_TRUE(hf_name_empty(hf_wr_bytes(&none)));
    T_FALSE(hf_name_eq(hf_wr_bytes(&shorter), hf_wr_bytes(&base)));
    hf_wr_clear(&base);
    hf_wr_clear(&in);
    hf_wr_clear(&out);
    hf_wr_clear(&shorter);
    hf_wr_clear(&none);
}

static void
strings_of_the_wrong_kind_are_refused(void)
{
    static const struct {
        uint8_t     tag;
        const char *value;
        size_t      n;
    } cases[] = {
        { HF_DER_UTF8, "\xff", 1 },       { HF_DER_UTF8, "\xed\xa0\x80", 3 }, { HF_DER_PRINTABLE, "a_b", 3 },
        { HF_DER_IA5, "\x80", 1 },        { HF_DER_NUMERIC, "1a", 2 },        { HF_DER_BMP, "abc", 3 },
        { HF_DER_BMP, "\xd8\0", 2 },      { HF_DER_UNIVERSAL, "\0\x11\0\0", 4 }, { HF_DER_VISIBLE, "\n", 1 },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_wr w = hf_wr(256);

        put(&w, HF_OID_O, cases[i].tag, cases[i].value, cases[i].n);
        T_RC(hf_name_check(hf_wr_bytes(&w)), HF_E_FORMAT);
        hf_wr_clear(&w);
    }
}

static void
every_truncation_and_flip_of_a_name_is_survived(void)
{
    struct hf_wr   w = name("CN=Alice+UID=7,OU=\xe4\xb8\xad,O=Example Bank,C=CN"), text = hf_wr(1 << 16);
    struct hf_bytes b = hf_wr_bytes(&w);

    for (size_t n = 0; n < b.n; n++)
        T_TRUE(hf_name_check(hf_bytes(b.p, n)) != HF_OK);
    for (size_t i = 0; i < 8 * b.n; i++) {
        w.p[i / 8] ^= (uint8_t)(1 << i % 8);
        if (hf_name_check(b) == HF_OK) {
            hf_wr_cut(&text, 0);
            hf_name_text(b, &text);
            T_TRUE(hf_name_eq(b, b));
        }
        w.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    hf_wr_clear(&w);
    hf_wr_clear(&text);
}

static void
folding_knows_letters(void)
{
    T_EQ(hf_fold('Z'), 'z');
    T_EQ(hf_fold('1'), '1');
    T_EQ(hf_fold(0xc4), 0xe4);
    T_EQ(hf_fold(0xd7), 0xd7);
    T_EQ(hf_fold(0x100), 0x101);
    T_EQ(hf_fold(0x101), 0x101);
    T_EQ(hf_fold(0xff21), 0xff41);
    T_EQ(hf_fold(0x10400), 0x10428);
    T_EQ(hf_fold(0x4e2d), 0x4e2d);
    T_EQ(hf_fold(0x10ffff), 0x10ffff);
}

T_MAIN(T(text_goes_both_ways), T(bad_text_is_refused), T(order_in_der_is_from_the_general_to_the_special),
       T(comparison_folds_case_space_and_string_type), T(subtrees_are_prefixes),
       T(strings_of_the_wrong_kind_are_refused), T(every_truncation_and_flip_of_a_name_is_survived),
       T(folding_knows_letters))
