/* test_der.c - DER both ways, object identifiers, PEM. */
#include "unit/t.h"

#include "base/file.h"
#include "wire/oid.h"
#include "wire/pem.h"

#define B(s) hf_bytes(s, sizeof(s) - 1)

static enum hf_rc
boolean_rc(struct hf_bytes in)
{
    struct hf_rd r = hf_rd(in);

    hf_der_boolean(&r);
    return hf_rd_end(&r, "boolean");
}

static void
lengths_must_be_minimal_and_definite(void)
{
    static const struct {
        const char *der;
        size_t      n;
        enum hf_rc  rc;
    } cases[] = {
        { "\x04\x02" "ab", 4, HF_OK },
        { "\x04\x81\x02" "ab", 5, HF_E_FORMAT },         /* long form for a short length */
        { "\x04\x82\x00\x02" "ab", 6, HF_E_FORMAT },     /* leading zero */
        { "\x24\x80\x04\x01\x61\x00\x00", 7, HF_E_FORMAT }, /* indefinite */
        { "\x04\x85\x00\x00\x00\x00\x01\x61", 8, HF_E_FORMAT },
        { "\x1f\x81\x01\x00", 4, HF_E_FORMAT },          /* high tag number */
        { "\x04\x03" "ab", 4, HF_E_SHORT },
        { "\x04\x84\xff\xff\xff\xff", 6, HF_E_SHORT },
        { "\x04\x00\x00", 3, HF_E_TRAILING },
        { "\x04", 1, HF_E_SHORT },
        { "", 0, HF_E_SHORT },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_rd    r = hf_rd(hf_bytes(cases[i].der, cases[i].n));
        uint8_t         tag;
        struct hf_bytes contents;

        hf_der_any(&r, &tag, &contents);
        T_RC(hf_rd_end(&r, "element"), cases[i].rc);
    }
}

static void
booleans_and_integers_are_strict(void)
{
    struct hf_rd r;

    T_OK(boolean_rc(B("\x01\x01\xff")));
    T_OK(boolean_rc(B("\x01\x01\x00")));
    T_RC(boolean_rc(B("\x01\x01\x01")), HF_E_FORMAT);
    T_RC(boolean_rc(B("\x01\x02\xff\xff")), HF_E_FORMAT);
    r = hf_rd(B("\x02\x02\x00\x7f"));
    hf_der_integer(&r);
    T_EQ(r.rc, HF_E_FORMAT);
    r = hf_rd(B("\x02\x02\xff\x80"));
    hf_der_integer(&r);
    T_EQ(r.rc, HF_E_FORMAT);
    r = hf_rd(B("\x02\x00"));
    hf_der_integer(&r);
    T_EQ(r.rc, HF_E_FORMAT);
    r = hf_rd(B("\x02\x02\x00\x80"));
    T_EQ(hf_der_uint(&r, 200), 128);
    r = hf_rd(B("\x02\x01\xff"));
    T_EQ(hf_der_uint(&r, 200), 0);
    T_EQ(r.rc, HF_E_FORMAT);
}

static void
bit_strings_have_zero_padding(void)
{
    struct hf_rd r = hf_rd(B("\x03\x02\x05\xa0"));

    T_EQ(hf_der_flags(&r, HF_DER_BITS), 5);
    r = hf_rd(B("\x03\x02\x05\xa1")); /* an unused bit is set */
    hf_der_flags(&r, HF_DER_BITS);
    T_EQ(r.rc, HF_E_FORMAT);
    r = hf_rd(B("\x03\x02\x04\xa0")); /* a trailing zero bit */
    hf_der_flags(&r, HF_DER_BITS);
    T_EQ(r.rc, HF_E_FORMAT);
    r = hf_rd(B("\x03\x01\x01"));
    hf_der_bits(&r, NULL);
    T_EQ(r.rc, HF_E_FORMAT);
}

static int64_t
time_of(struct hf_bytes in, enum hf_rc *rc)
{
    struct hf_rd r = hf_rd(in);
    int64_t      t = hf_der_time(&r, NULL);

    *rc = r.rc;
    return t;
}

static void
times_have_one_form(void)
{
    static const char *const bad[] = {
        "\x17\x0b" "2601010000Z", "\x17\x11" "260101000000+0000", "\x17\x0d" "260229000000Z",
        "\x17\x0d" "261301000000Z", "\x17\x0d" "260101240000Z", "\x17\x0d" "260101006000Z",
        "\x18\x11" "20260101000000.1Z", "\x18\x0e" "20260101000000", "\x17\x0d" "2601010000000",
    };
    enum hf_rc rc;

    T_EQ(time_of(B("\x17\x0d" "700101000000Z"), &rc), 0);
    T_EQ(time_of(B("\x17\x0d" "491231235959Z"), &rc), 2524607999);
    T_EQ(time_of(B("\x17\x0d" "500101000000Z"), &rc), -631152000);
    T_EQ(time_of(B("\x18\x0f" "20500101000000Z"), &rc), 2524608000);
    T_EQ(time_of(B("\x18\x0f" "99991231235959Z"), &rc), 253402300799);
    T_EQ(rc, HF_OK);
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        time_of(hf_bytes_str(bad[i]), &rc);
        T_EQ(rc, HF_E_FORMAT);
    }
}

static void
times_are_written_as_they_are_read(void)
{
    static const int64_t moments[] = { -631152000, -1, 0, 951782400, 2524607999, 2524608000, 253402300799 };

    for (size_t i = 0; i < HF_COUNT(moments); i++) {
        struct hf_wr w = hf_wr(64);
        enum hf_rc   rc;

        hf_der_put_time(&w, moments[i]);
        T_EQ(time_of(hf_wr_bytes(&w), &rc), moments[i]);
        T_EQ(rc, HF_OK);
        T_EQ(w.p[0], moments[i] < 2524608000 ? HF_DER_UTCTIME : HF_DER_GENTIME);
        hf_wr_clear(&w);
    }
}

/* Lengths around every change of width, written with both kinds of room. */
static void
nested_lengths_are_right(void)
{
    static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 70000 };
    static uint8_t      zeros[70000];

    for (size_t i = 0; i < 2 * HF_COUNT(sizes); i++) {
        size_t          n = sizes[i / 2];
        struct hf_wr    w = hf_wr(1 << 20);
        struct hf_rd    r, inner;
        size_t          mark = i % 2 ? hf_der_begin(&w, HF_DER_SEQUENCE) : hf_der_begin_large(&w, HF_DER_SEQUENCE);
        struct hf_bytes got;

        hf_der_put_octets(&w, hf_bytes(zeros, n));
        hf_der_put_int(&w, 5);
        hf_der_end(&w, mark);
        r = hf_rd(hf_wr_bytes(&w));
        inner = hf_der_open(&r, HF_DER_SEQUENCE);
        got = hf_der_octets(&inner);
        T_EQ(got.n, n);
        T_EQ(hf_der_uint(&inner, 5), 5);
        hf_der_shut(&r, &inner);
        T_OK(hf_rd_end(&r, "nested"));
        hf_wr_clear(&w);
    }
}

static void
integers_are_written_minimal(void)
{
    static const int64_t numbers[] = { 0, 1, 127, 128, 255, 256, -1, -128, -129, INT64_MAX, INT64_MIN };
    static const uint8_t zeros[] = { 0, 0, 0x80, 1 };
    struct hf_wr         w = hf_wr(64);

    for (size_t i = 0; i < HF_COUNT(numbers); i++) {
        struct hf_rd    r;
        struct hf_bytes b;
        int64_t         v;

        hf_wr_cut(&w, 0);
        hf_der_put_int(&w, numbers[i]);
        r = hf_rd(hf_wr_bytes(&w));
        b = hf_der_integer(&r);
        T_OK(hf_rd_end(&r, "integer"));
        v = b.n != 0 && b.p[0] >= 0x80 ? -1 : 0;
        for (size_t j = 0; j < b.n; j++)
            v = (int64_t)((uint64_t)v << 8 | b.p[j]);
        T_EQ(v, numbers[i]);
    }
    hf_wr_cut(&w, 0);
    hf_der_put_unsigned(&w, hf_bytes(zeros, sizeof(zeros)));
    T_BYTES(hf_wr_bytes(&w), B("\x02\x03\x00\x80\x01"));
    hf_wr_cut(&w, 0);
    hf_der_put_unsigned(&w, hf_bytes(zeros, 2));
    T_BYTES(hf_wr_bytes(&w), B("\x02\x01\x00"));
    hf_wr_clear(&w);
}

static void
sets_are_sorted_and_must_be(void)
{
    struct hf_wr w = hf_wr(64);
    size_t       mark = hf_der_begin(&w, HF_DER_SET);
    struct hf_rd r, set;

    hf_der_put_int(&w, 300);
    hf_der_put_int(&w, 2);
    hf_der_put_int(&w, 1);
    hf_der_end_set(&w, mark);
    T_BYTES(hf_wr_bytes(&w), B("\x31\x0a\x02\x01\x01\x02\x01\x02\x02\x02\x01\x2c"));
    r = hf_rd(hf_wr_bytes(&w));
    set = hf_der_open_set(&r, HF_DER_SET);
    T_EQ(set.rc, HF_OK);
    r = hf_rd(B("\x31\x06\x02\x01\x02\x02\x01\x01"));
    set = hf_der_open_set(&r, HF_DER_SET);
    T_EQ(set.rc, HF_E_FORMAT);
    hf_wr_clear(&w);
}

static void
nesting_is_bounded(void)
{
    struct hf_wr w = hf_wr(4096);
    size_t       mark[64];

    for (size_t depth = 1; depth < 60; depth++) {
        hf_wr_cut(&w, 0);
        for (size_t i = 0; i < depth; i++)
            mark[i] = hf_der_begin(&w, HF_DER_SEQUENCE);
        for (size_t i = depth; i-- > 0;)
            hf_der_end(&w, mark[i]);
        T_RC(hf_der_check(hf_wr_bytes(&w), "nest"), depth <= HF_DER_DEPTH ? HF_OK : HF_E_FORMAT);
    }
    hf_wr_clear(&w);
}

/* -- Object identifiers ------------------------------------------------------------- */

static void
identifiers_are_sorted_and_found(void)
{
    for (int i = HF_OID_NONE + 1; i < HF_OIDS; i++) {
        T_EQ(hf_oid_find(hf_oid((enum hf_oid)i)), i);
        T_TRUE(hf_der_oid_ok(hf_oid((enum hf_oid)i)));
        if (i > 1)
            T_TRUE(hf_bytes_cmp(hf_oid((enum hf_oid)(i - 1)), hf_oid((enum hf_oid)i)) < 0);
        T_EQ(hf_oid_named(hf_oid_name((enum hf_oid)i)), i);
    }
    T_EQ(hf_oid_find(B("\x2a\x03\x04")), HF_OID_NONE);
}

static void
identifiers_go_both_ways_as_text(void)
{
    static const char *const good[] = { "1.2.156.10197.1.501", "2.5.29.17", "0.9.2342.19200300.100.1.25", "2.999.1",
                                        "1.3.6.1.4.1.311.20.2.3" };
    static const char *const bad[] = { "", "1", "1.", "3.1", "1.40", "1.2.", "1..2", "01.2", "1.02", "1.2.x", "-1.2",
                                       "1.2.99999999999999999999" };

    for (size_t i = 0; i < HF_COUNT(good); i++) {
        struct hf_wr w = hf_wr(64);
        char         text[HF_OID_TEXT];

        T_OK(hf_oid_parse(good[i], &w));
        T_STR(hf_oid_dotted(hf_wr_bytes(&w), text), good[i]);
        hf_wr_clear(&w);
    }
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_wr w = hf_wr(64);

        T_RC(hf_oid_parse(bad[i], &w), HF_E_ARG);
        hf_wr_clear(&w);
    }
}

/* -- PEM -------------------------------------------------------------------------------- */

static void
pem_goes_both_ways(void)
{
    uint8_t data[100];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t n = 1; n <= sizeof(data); n++) {
        struct hf_wr    text = hf_wr(1024), der = hf_wr(1024);
        struct hf_rd    r;
        struct hf_bytes label;

        hf_wr_str(&text, "before\r\n");
        hf_pem_put(&text, HF_PEM_CERT, hf_bytes(data, n));
        r = hf_rd(hf_wr_bytes(&text));
        T_OK(hf_pem_next(&r, &label, &der));
        T_TRUE(hf_pem_is(label, HF_PEM_CERT));
        T_BYTES(hf_wr_bytes(&der), hf_bytes(data, n));
        T_RC(hf_pem_next(&r, &label, &der), HF_E_ABSENT);
        hf_wr_clear(&text);
        hf_wr_clear(&der);
    }
}

static void
pem_that_is_broken_is_refused(void)
{
    static const struct {
        const char *text;
        enum hf_rc  rc;
    } cases[] = {
        { "-----BEGIN X-----\nAAEC\n", HF_E_SHORT },
        { "-----BEGIN X-----\nAAEC\n-----END Y-----\n", HF_E_FORMAT },
        { "-----BEGIN X-----\nAAE*\n-----END X-----\n", HF_E_FORMAT },
        { "-----BEGIN X-----\nProc-Type: 4\n\nAAEC\n-----END X-----\n", HF_E_FORMAT },
        { "-----BEGIN X-----\n-----END X-----\n", HF_E_FORMAT },
        { "-----BEGIN -----\nAAEC\n-----END -----\n", HF_E_FORMAT },
        { "nothing here", HF_E_ABSENT },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_rd    r = hf_rd(hf_bytes_str(cases[i].text));
        struct hf_wr    der = hf_wr(1024);
        struct hf_bytes label;

        T_RC(hf_pem_next(&r, &label, &der), cases[i].rc);
        hf_wr_clear(&der);
    }
}

static void
other_blocks_are_skipped_unread(void)
{
    struct hf_wr file = hf_wr(1024), der = hf_wr(1024);

    hf_wr_str(&file, "-----BEGIN EC PRIVATE KEY-----\n***\n-----END EC PRIVATE KEY-----\n"
                     "-----BEGIN NEW CERTIFICATE REQUEST-----\nMAA=\n-----END NEW CERTIFICATE REQUEST-----\n");
    T_OK(hf_pem_or_der(hf_wr_bytes(&file), HF_PEM_CSR, &der));
    T_BYTES(hf_wr_bytes(&der), B("\x30\x00"));
    T_RC(hf_pem_or_der(hf_wr_bytes(&file), HF_PEM_CRL, &der), HF_E_ABSENT);
    hf_wr_clear(&file);
    hf_wr_clear(&der);
}

T_MAIN(T(lengths_must_be_minimal_and_definite), T(booleans_and_integers_are_strict),
       T(bit_strings_have_zero_padding), T(times_have_one_form), T(times_are_written_as_they_are_read),
       T(nested_lengths_are_right), T(integers_are_written_minimal), T(sets_are_sorted_and_must_be),
       T(nesting_is_bounded), T(identifiers_are_sorted_and_found), T(identifiers_go_both_ways_as_text),
       T(pem_goes_both_ways), T(pem_that_is_broken_is_refused), T(other_blocks_are_skipped_unread))
