/* test_x509.c - certificates, requests, CRLs, OCSP and their extensions: written, read, broken. */
#include <jansson.h>

#include "unit/made.h"

#include "base/file.h"
#include "wire/csr.h"
#include "wire/ocsp.h"
#include "wire/pem.h"
#include "wire/x509_json.h"

#define FUZZ "tests/data/fuzz/"

/* -- Every truncation and every flipped bit of real samples --------------------------------- */

static enum hf_rc
read_cert(struct hf_bytes b)
{
    struct hf_cert c;
    enum hf_rc     rc = hf_cert_read(b, &c);

    if (rc == HF_OK)
        json_decref(hf_cert_json(&c));
    return rc;
}

static enum hf_rc
read_csr(struct hf_bytes b)
{
    struct hf_csr c;
    enum hf_rc    rc = hf_csr_read(b, &c);

    if (rc == HF_OK)
        json_decref(hf_csr_json(&c));
    return rc;
}

static enum hf_rc
read_crl(struct hf_bytes b)
{
    struct hf_crl c;
    enum hf_rc    rc = hf_crl_read(b, &c);

    if (rc == HF_OK)
        json_decref(hf_crl_json(&c, 10));
    return rc;
}

static enum hf_rc
read_ocsp_request(struct hf_bytes b)
{
    struct hf_ocsp_request q;

    return hf_ocsp_request_read(b, &q);
}

static enum hf_rc
read_ocsp_response(struct hf_bytes b)
{
    struct hf_ocsp_response p;

    return hf_ocsp_response_read(b, &p);
}

static const struct {
    const char *file;
    enum hf_rc (*read)(struct hf_bytes);
} samples[] = {
    { "cert/GoodCACert.crt", read_cert },
    { "cert/sm2.crt", read_cert },
    { "cert/san_email_dns_ip_dirname_uri.crt", read_cert },
    { "cert/nc_permitted_excluded.crt", read_cert },
    { "cert/cp_user_notice_with_notice_reference.crt", read_cert },
    { "csr/sm2.csr", read_csr },
    { "csr/basic_constraints.csr", read_csr },
    { "csr/challenge.csr", read_csr },
    { "crl/indirectCRLCA1CRL.crl", read_crl },
    { "crl/crl_all_reasons.crl", read_crl },
    { "crl/deltaCRLCA1deltaCRL.crl", read_crl },
    { "ocsp_request/req-ext-nonce.der", read_ocsp_request },
    { "ocsp_request/req-sha1.der", read_ocsp_request },
    { "ocsp_response/resp-revoked-reason.der", read_ocsp_response },
    { "ocsp_response/resp-responder-key-hash.der", read_ocsp_response },
};

static void
no_truncated_sample_is_accepted(void)
{
    for (size_t i = 0; i < HF_COUNT(samples); i++) {
        struct hf_wr w = hf_wr(1 << 20);
        char         path[256];

        snprintf(path, sizeof(path), FUZZ "%s", samples[i].file);
        T_OK(hf_file_read(path, &w));
        T_OK(samples[i].read(hf_wr_bytes(&w)));
        for (size_t n = 0; n < w.n; n++) {
            uint8_t *exact = malloc(n == 0 ? 1 : n); /* so that a sanitizer sees a read beyond */

            memcpy(exact, w.p, n);
            T_TRUE(samples[i].read(hf_bytes(exact, n)) != HF_OK);
            free(exact);
        }
        hf_wr_u8(&w, 0);
        T_RC(samples[i].read(hf_wr_bytes(&w)), HF_E_TRAILING);
        hf_wr_clear(&w);
    }
}

static void
flipped_samples_are_survived(void)
{
    for (size_t i = 0; i < HF_COUNT(samples); i++) {
        struct hf_wr w = hf_wr(1 << 20);
        char         path[256];
        size_t       refused = 0;

        snprintf(path, sizeof(path), FUZZ "%s", samples[i].file);
        T_OK(hf_file_read(path, &w));
        for (size_t j = 0; j < w.n; j++) {
            w.p[j] ^= (uint8_t)(1 << j % 8);
            refused += samples[i].read(hf_wr_bytes(&w)) != HF_OK;
            w.p[j] = (uint8_t)(w.p[j] ^ (1 << j % 8) ^ 0xff);
            refused += samples[i].read(hf_wr_bytes(&w)) != HF_OK;
            w.p[j] ^= 0xff;
        }
        T_TRUE(refused > 8); /* at least the frame is guarded */
        hf_wr_clear(&w);
    }
}

/* -- What is written is read ------------------------------------------------------------------- */

static void
a_certificate_reads_as_it_was_written(void)
{
    struct made    root = made_cert(HF_ALG_SM2, NULL, NULL, "CN=root,C=CN", "ca:3 ku:cert+crl ski");
    struct made    leaf = made_cert(HF_ALG_SM2, &root, NULL, "CN=leaf", "aki ski ku:sign eku:server+client san:dns:a.example "
                                    "san:ip:10.0.0.1 pol:1.2.3.4 cdp:http://c.example/1 unknown");
    struct hf_cert r, l;
    struct hf_rd   w;
    struct hf_gn   gn;
    struct hf_point point;

    T_OK(hf_cert_read(hf_wr_bytes(&root.der), &r));
    T_OK(hf_cert_read(hf_wr_bytes(&leaf.der), &l));
    T_TRUE(hf_cert_self_issued(&r));
    T_FALSE(hf_cert_self_issued(&l));
    T_EQ(r.x.path_len, 3);
    T_EQ(r.x.key_usage, HF_KU_CERT_SIGN | HF_KU_CRL_SIGN);
    T_EQ(r.version, 3);
    T_BYTES(l.x.aki_key, r.x.ski);
    T_BYTES(l.issuer, r.subject);
    T_EQ(l.x.key_usage, HF_KU_SIGN);
    T_TRUE(hf_eku_has(l.x.eku, HF_OID_EKU_CLIENT));
    T_FALSE(hf_eku_has(l.x.eku, HF_OID_EKU_ANY));
    T_EQ(l.not_before, 1577836800);
    T_EQ(l.not_after, 4102444800);
    T_EQ(l.not_after_tag, HF_DER_GENTIME);
    T_EQ(l.x.count, 8);
    T_EQ(l.x.critical, HF_EXT_BIT(HF_EXT_KEY_USAGE));
    w = hf_rd(l.x.san);
    T_TRUE(hf_gn_next(&w, &gn) && gn.kind == HF_GN_DNS);
    T_BYTES(gn.value, hf_bytes_str("a.example"));
    T_TRUE(hf_gn_next(&w, &gn) && gn.kind == HF_GN_IP && gn.value.n == 4);
    T_FALSE(hf_gn_next(&w, &gn));
    w = hf_rd(l.x.cdp);
    T_TRUE(hf_point_next(&w, &point) && point.full.n != 0 && point.reasons == 0);
    made_free(&root);
    made_free(&leaf);
}

static void
a_request_reads_as_it_was_written(void)
{
    struct made   key = made_cert(HF_ALG_P256, NULL, NULL, "CN=asker", "ski");
    struct hf_wr  exts = hf_wr(4096), names = hf_wr(4096), info = hf_wr(4096), sig = hf_wr(256), der = hf_wr(8192);
    struct hf_csr c;

    T_OK(hf_gn_parse("dns:www.example.com", &names));
    hf_ext_put_san(&exts, false, hf_wr_bytes(&names));
    hf_ext_put_key_usage(&exts, HF_KU_SIGN);
    hf_csr_put_info(&info, hf_wr_bytes(&key.name), hf_wr_bytes(&key.spki), hf_wr_bytes(&exts));
    made_sign(&key, hf_wr_bytes(&info), &sig);
    hf_der_put_signed(&der, hf_wr_bytes(&info), hf_alg_signature_id(HF_ALG_P256), hf_wr_bytes(&sig));
    T_OK(hf_csr_read(hf_wr_bytes(&der), &c));
    T_BYTES(c.info, hf_wr_bytes(&info));
    T_BYTES(c.subject, hf_wr_bytes(&key.name));
    T_BYTES(c.spki, hf_wr_bytes(&key.spki));
    T_TRUE(hf_exts_have(&c.x, HF_EXT_SAN));
    T_EQ(c.x.key_usage, HF_KU_SIGN);
    hf_wr_clear(&exts);
    hf_wr_clear(&names);
    hf_wr_clear(&info);
    hf_wr_clear(&sig);
    hf_wr_clear(&der);
    made_free(&key);
}

static void
a_crl_is_searched_by_serial_and_issuer(void)
{
    struct made         ca = made_cert(HF_ALG_SM2, NULL, NULL, "CN=ca", "ca ski");
    struct made         one = made_cert(HF_ALG_SM2, &ca, NULL, "CN=one", "aki"), two = made_cert(HF_ALG_SM2, &ca, NULL, "CN=two", "aki");
    struct hf_wr        der = made_crl(&ca, &one, "reason:1 number:200"), empty = made_crl(&ca, NULL, "");
    struct hf_crl       c;
    struct hf_crl_entry e;

    T_OK(hf_crl_read(hf_wr_bytes(&der), &c));
    T_EQ(c.entries, 1);
    T_EQ(c.version, 2);
    T_TRUE(hf_crl_find(&c, hf_bytes(one.serial, one.serial_n), hf_wr_bytes(&ca.name), &e));
    T_EQ(e.reason, HF_REASON_KEY_COMPROMISE);
    T_EQ(e.revoked_at, 1577836900);
    T_FALSE(hf_crl_find(&c, hf_bytes(two.serial, two.serial_n), hf_wr_bytes(&ca.name), &e));
    T_FALSE(hf_crl_find(&c, hf_bytes(one.serial, one.serial_n), hf_wr_bytes(&one.name), &e));
    T_EQ(hf_der_magnitude(c.x.crl_number).p[0], 200);
    T_OK(hf_crl_read(hf_wr_bytes(&empty), &c));
    T_EQ(c.entries, 0);
    T_TRUE(c.revoked.p == NULL); /* absent, not empty (5.1.2.6) */
    hf_wr_clear(&der);
    hf_wr_clear(&empty);
    made_free(&ca);
    made_free(&one);
    made_free(&two);
}

static void
ocsp_goes_both_ways(void)
{
    static const uint8_t    hash[32] = { 1, 2, 3 }, nonce[16] = { 9 }, serial[] = { 0x11, 0x22 };
    struct hf_wr            id = hf_wr(256), request = hf_wr(1024), data = hf_wr(4096), response = hf_wr(8192);
    struct hf_ocsp_request  q;
    struct hf_ocsp_response p;
    struct hf_ocsp_id       got;
    struct hf_ocsp_single   s;
    struct hf_ocsp_answer   answers[3];
    struct hf_ocsp_head     head = { .by_key = hf_bytes(hash, 20), .produced_at = 1700000000, .nonce = hf_bytes(nonce, 16),
                                     .extended_revoke = true };
    struct hf_bytes         contents, ids[1];
    struct hf_rd            r;

    hf_ocsp_put_id(&id, HF_OID_SM3, hf_bytes(hash, 32), hf_bytes(hash, 32), hf_bytes(serial, 2));
    ids[0] = hf_wr_bytes(&id);
    hf_ocsp_put_request(&request, ids, 1, hf_bytes(nonce, 16));
    T_OK(hf_ocsp_request_read(hf_wr_bytes(&request), &q));
    T_EQ(q.count, 1);
    T_BYTES(q.nonce, hf_bytes(nonce, 16));
    r = hf_rd(q.list);
    T_TRUE(hf_ocsp_id_next(&r, &got));
    T_EQ(got.hash, HF_OID_SM3);
    T_BYTES(got.raw, hf_wr_bytes(&id));
    T_BYTES(got.serial, hf_bytes(serial, 2));
    for (int i = 0; i < 3; i++)
        answers[i] = (struct hf_ocsp_answer){ .id = got.raw, .status = (enum hf_ocsp_status)i, .revoked_at = 1600000000,
                                              .reason = HF_REASON_HOLD, .this_update = 1700000000,
                                              .next_update = i == 0 ? -1 : 1700003600 };
    hf_ocsp_put_data(&data, &head, answers, 3);
    contents = hf_wr_bytes(&id); /* any bytes serve as a signature here */
    hf_ocsp_put_response(&response, hf_wr_bytes(&data), hf_alg_signature_id(HF_ALG_SM2), contents, NULL, 0);
    T_OK(hf_ocsp_response_read(hf_wr_bytes(&response), &p));
    T_EQ(p.outcome, HF_OCSP_SUCCESS);
    T_EQ(p.count, 3);
    T_BYTES(p.by_key, hf_bytes(hash, 20));
    T_BYTES(p.nonce, hf_bytes(nonce, 16));
    T_BYTES(p.data, hf_wr_bytes(&data));
    r = hf_rd(p.singles);
    for (int i = 0; i < 3; i++) {
        T_TRUE(hf_ocsp_single_next(&r, &s));
        T_EQ(s.status, i);
        T_EQ(s.next_update, i == 0 ? -1 : 1700003600);
        T_EQ(s.reason, i == HF_OCSP_REVOKED ? HF_REASON_HOLD : -1);
    }
    T_OK(hf_ocsp_response_read(hf_ocsp_error(HF_OCSP_LATER), &p));
    T_EQ(p.outcome, HF_OCSP_LATER);
    hf_wr_clear(&id);
    hf_wr_clear(&request);
    hf_wr_clear(&data);
    hf_wr_clear(&response);
}

/* -- Extensions --------------------------------------------------------------------------------- */

static enum hf_rc
one_ext(enum hf_oid id, const char *value, size_t n)
{
    struct hf_wr   w = hf_wr(4096);
    struct hf_exts x;
    enum hf_rc     rc;

    hf_ext_put(&w, hf_oid(id), false, hf_bytes(value, n));
    rc = hf_exts_read(hf_wr_bytes(&w), &x);
    hf_wr_clear(&w);
    return rc;
}

static void
malformed_extensions_are_refused(void)
{
    static const struct {
        enum hf_oid id;
        const char *value;
        size_t      n;
        bool        good;
    } cases[] = {
        { HF_OID_BASIC, "\x30\x00", 2, true },
        { HF_OID_BASIC, "\x30\x03\x01\x01\xff", 5, true },
        { HF_OID_BASIC, "\x30\x06\x01\x01\xff\x02\x01\xff", 8, false },  /* negative length */
        { HF_OID_BASIC, "\x30\x00\x00", 3, false },
        { HF_OID_KEY_USAGE, "\x03\x02\x07\x80", 4, true },
        { HF_OID_KEY_USAGE, "\x03\x01\x00", 3, false },                  /* no bit at all */
        { HF_OID_EKU, "\x30\x00", 2, false },
        { HF_OID_SAN, "\x30\x00", 2, false },
        { HF_OID_SAN, "\x30\x02\x82\x00", 4, false },
        { HF_OID_SAN, "\x30\x03\x82\x01\x00", 5, false },                /* NUL in a host */
        { HF_OID_SAN, "\x30\x05\x87\x03\x01\x02\x03", 7, false },        /* three octets of address */
        { HF_OID_SAN, "\x30\x03\x89\x01\x61", 5, false },                /* no such kind */
        { HF_OID_SKI, "\x04\x00", 2, false },
        { HF_OID_AKI, "\x30\x00", 2, true },
        { HF_OID_AKI, "\x30\x03\x82\x01\x05", 5, false },                /* serial without issuer */
        { HF_OID_POLICIES, "\x30\x00", 2, false },
        { HF_OID_POLICIES, "\x30\x0a\x30\x03\x06\x01\x2a\x30\x03\x06\x01\x2a", 12, false }, /* twice */
        { HF_OID_POLICY_LIMITS, "\x30\x00", 2, false },
        { HF_OID_POLICY_LIMITS, "\x30\x03\x80\x01\x00", 5, true },
        { HF_OID_INHIBIT_ANY, "\x02\x01\xff", 3, false },
        { HF_OID_NAMES, "\x30\x00", 2, false },
        { HF_OID_NAMES, "\x30\x02\xa0\x00", 4, false },
        { HF_OID_NAMES, "\x30\x0e\xa0\x0c\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\xff\x00", 16, false }, /* mask with a hole */
        { HF_OID_CDP, "\x30\x06\x30\x04\x81\x02\x00\x80", 8, false },    /* reasons alone */
        { HF_OID_OCSP_NOCHECK, "\x05\x00", 2, true },
        { HF_OID_IDP, "\x30\x00", 2, false },
        { HF_OID_IDP, "\x30\x06\x81\x01\xff\x82\x01\xff", 8, false },    /* users and CAs at once */
        { HF_OID_IDP, "\x30\x03\x81\x01\x00", 5, false },                /* the default written out */
        { HF_OID_REASON, "\x0a\x01\x07", 3, false },
        { HF_OID_REASON, "\x0a\x01\x0b", 3, false },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++)
        T_EQ(one_ext(cases[i].id, cases[i].value, cases[i].n) == HF_OK, cases[i].good);
}

static void
an_extension_must_not_be_there_twice(void)
{
    struct hf_wr   w = hf_wr(4096);
    struct hf_exts x;

    hf_ext_put_basic(&w, false, -1);
    hf_ext_put_basic(&w, true, 1);
    T_RC(hf_exts_read(hf_wr_bytes(&w), &x), HF_E_FORMAT);
    hf_wr_clear(&w);
}

static void
names_from_text_are_checked(void)
{
    static const char *const good[] = { "dns:a.example", "dns:*.a.example", "ip:10.0.0.1", "ip:2001:db8::1", "email:a.b@c.example",
                                        "uri:http://a.example/x?y", "dn:CN=x", "rid:1.2.3", "upn:a@b" };
    static const char *const bad[] = { "a.example", "dns:", "dns:a..b", "dns:-a.b", "dns:a b", "dns:a.*.b", "dns:10.0.0.1",
                                       "dns:\xe4\xb8\xad.cn", "ip:10.0.0", "ip:10.0.0.0/8", "email:a", "email:a@b@c", "email:@b",
                                       "uri:/x", "uri:http", "uri:http://a b", "dn:XY=1", "rid:x", "upn:a", "x400:#00" };

    for (size_t i = 0; i < HF_COUNT(good); i++) {
        struct hf_wr w = hf_wr(1024), text = hf_wr(1024);
        struct hf_rd r;
        struct hf_gn gn;

        T_OK(hf_gn_parse(good[i], &w));
        r = hf_rd(hf_wr_bytes(&w));
        T_TRUE(hf_gn_next(&r, &gn));
        hf_gn_text(&gn, &text);
        hf_wr_u8(&text, '\0');
        T_STR((const char *)text.p, good[i]);
        hf_wr_clear(&w);
        hf_wr_clear(&text);
    }
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_wr w = hf_wr(1024);

        T_RC(hf_gn_parse(bad[i], &w), HF_E_ARG);
        T_EQ(w.n, 0);
        hf_wr_clear(&w);
    }
}

static void
serial_numbers_are_shown_as_they_are(void)
{
    static const struct {
        const char *integer;
        size_t      n;
        const char *text;
    } cases[] = { { "\x00\x80", 2, "80" }, { "\x01\x02", 2, "0102" }, { "\x00", 1, "00" }, { "\xff", 1, "-01" },
                  { "\x80", 1, "-80" },    { "\xff\x00", 2, "-0100" } };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_wr w = hf_wr(64);

        hf_serial_text(hf_bytes(cases[i].integer, cases[i].n), &w);
        hf_wr_u8(&w, '\0');
        T_STR((const char *)w.p, cases[i].text);
        hf_wr_clear(&w);
    }
}

static void
json_shows_what_matters(void)
{
    struct made    leaf = made_cert(HF_ALG_SM2, NULL, NULL, "CN=leaf", "ca:0 ku:cert san:dns:a.example eku:server");
    struct hf_cert c;
    struct hf_wr   lines = hf_wr(1 << 16);
    json_t        *o;

    T_OK(hf_cert_read(hf_wr_bytes(&leaf.der), &c));
    o = hf_cert_json(&c);
    T_STR(json_string_value(json_object_get(o, "subject")), "CN=leaf");
    T_STR(json_string_value(json_object_get(o, "not_before")), "2020-01-01T00:00:00Z");
    T_STR(json_string_value(json_array_get(json_object_get(o, "san"), 0)), "dns:a.example");
    T_STR(json_string_value(json_object_get(json_object_get(o, "key"), "curve")), "sm2p256v1");
    T_STR(json_string_value(json_object_get(o, "signature_algorithm")), "SM3withSM2");
    T_EQ(json_array_size(json_object_get(o, "extensions")), 4);
    hf_json_lines(o, &lines);
    hf_wr_u8(&lines, '\0');
    T_TRUE(strstr((const char *)lines.p, "subject: CN=leaf\n") != NULL);
    T_TRUE(strstr((const char *)lines.p, "path_length: 0\n") != NULL);
    json_decref(o);
    hf_wr_clear(&lines);
    made_free(&leaf);
}

T_MAIN(T(no_truncated_sample_is_accepted), T(flipped_samples_are_survived), T(a_certificate_reads_as_it_was_written),
       T(a_request_reads_as_it_was_written), T(a_crl_is_searched_by_serial_and_issuer), T(ocsp_goes_both_ways),
       T(malformed_extensions_are_refused), T(an_extension_must_not_be_there_twice), T(names_from_text_are_checked),
       T(serial_numbers_are_shown_as_they_are), T(json_shows_what_matters))
