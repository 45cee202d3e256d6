/* test_pki.c - from the founding of the authorities to revocation, on both engines; requests come from openssl. */
#include "unit/env.h"

#include "base/file.h"
#include "crypto/pub.h"
#include "pki/bootstrap.h"
#include "pki/ca.h"
#include "pki/cert.h"
#include "pki/crl.h"
#include "pki/issue.h"
#include "pki/lint.h"
#include "pki/ops.h"
#include "pki/renew.h"
#include "pki/responder.h"
#include "wire/crl.h"
#include "wire/ocsp.h"
#include "wire/pem.h"

#define OP(name, args, reply) t_op(e, hf_pki_ops, name, &e->admin, args, reply)

/* -- Helpers ---------------------------------------------------------------------------- */

static const char *
shell(struct t_env *e, const char *command)
{
    char *line = hf_arena_fmt(&e->arena, "cd %s && { %s; } >out.txt 2>&1", e->dir, command);
    int   status = pg_system(line);
    char *path = hf_arena_fmt(&e->arena, "%s/out.txt", e->dir);
    struct hf_wr w = hf_wr(1 << 20);
    const char  *text;

    T_OK(hf_file_read(path, &w));
    text = hf_arena_text(&e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    if (status != 0)
        printf("  %s\n  gives %d: %s\n", command, status, text);
    T_EQ(status, 0);
    return text;
}

static const char *
file_text(struct t_env *e, const char *name)
{
    struct hf_wr w = hf_wr(1 << 20);
    const char  *text;

    T_OK(hf_file_read(hf_arena_fmt(&e->arena, "%s/%s", e->dir, name), &w));
    text = hf_arena_text(&e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

static void
write_text(struct t_env *e, const char *name, const char *text)
{
    T_OK(hf_file_write(hf_arena_fmt(&e->arena, "%s/%s", e->dir, name), hf_bytes_str(text), 0600));
}

static const char *
args(struct t_env *e, json_t *own)
{
    char       *text = json_dumps(own, JSON_COMPACT);
    const char *copy = hf_arena_str(&e->arena, text);

    free(text);
    json_decref(own);
    return copy;
}

static void
found(struct t_env *e, bool sm, bool intl, enum hf_alg alg)
{
    struct hf_secret         pass = { .n = 0 };
    struct hf_key_protection how = { .passphrase = &pass, .open_s = 600 };
    struct hf_pki_bootstrap  b = { .org = "Test Bank", .country = "CN", .sm = sm, .intl = intl,
                                   .intl_alg = alg, .server_names = "localhost,127.0.0.1",
                                   .actor = &e->admin, .now_ms = e->now_ms };
    struct hf_wr             spki = hf_wr(4096);

    T_OK(hf_conf_set(e->env.conf, "http_url", "http://ca.example"));
    T_OK(hf_secret_set(&pass, hf_bytes_str("correct horse battery")));
    if (sm)
        T_OK(hf_keys_generate_protected(e->env.keys, hf_pki_root_key_id(HF_ALG_SM2), HF_ALG_SM2, &how, &spki, NULL));
    hf_wr_clear(&spki);
    if (intl)
        T_OK(hf_keys_generate_protected(e->env.keys, hf_pki_root_key_id(alg), alg, &how, &spki, NULL));
    hf_wr_clear(&spki);
    hf_secret_clear(&pass);
    T_OK(hf_pki_bootstrap(&e->env, &b));
    if (sm)
        T_OK(hf_keys_lock(e->env.keys, hf_pki_root_key_id(HF_ALG_SM2)));
    if (intl)
        T_OK(hf_keys_lock(e->env.keys, hf_pki_root_key_id(alg)));
}

/* A request by openssl: key kind "ec:prime256v1", "sm2", "rsa:2048" ... */
static const char *
make_csr(struct t_env *e, const char *name, const char *kind, const char *subject, const char *more)
{
    const char *key = strncmp(kind, "rsa:", 4) == 0
                          ? hf_arena_fmt(&e->arena, "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:%s", kind + 4)
                      : strcmp(kind, "sm2") == 0
                          ? "openssl genpkey -algorithm SM2"
                          : hf_arena_fmt(&e->arena, "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:%s", kind + 3);

    shell(e, hf_arena_fmt(&e->arena,
                          "[ -f %s.key ] || %s -out %s.key; openssl req -new -utf8 -key %s.key -subj '%s' %s -out %s.csr",
                          name, key, name, name, subject, more, name));
    return file_text(e, hf_arena_fmt(&e->arena, "%s.csr", name));
}

static enum hf_rc
issue(struct t_env *e, const char *profile, const char *csr, const char *more, json_t **reply)
{
    json_t *a = json_pack("{s:s, s:s}", "profile", profile, "csr", csr), *extra = json_loads(more, 0, NULL);

    json_object_update(a, extra);
    json_decref(extra);
    return OP("cert issue", args(e, a), reply);
}

static struct hf_bytes
der_of(struct t_env *e, const char *pem)
{
    struct hf_wr    w = hf_wr(1 << 20);
    struct hf_bytes der;

    T_OK(hf_pem_or_der(hf_bytes_str(pem), HF_PEM_CERT, &w));
    der = hf_arena_bytes(&e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return der;
}

/* -- Founding ------------------------------------------------------------------------------ */

static void
authorities_are_founded(struct t_env *e)
{
    json_t            *reply;
    struct hf_own_cert own;

    found(e, true, true, HF_ALG_P256);
    T_OK(OP("ca list", "{}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 4);
    json_decref(reply);
    T_OK(OP("ca export", "{}", &reply));
    write_text(e, "all.pem", t_member(reply, "pem"));
    json_decref(reply);
    shell(e, "csplit -s -z -f ca- all.pem '/-----BEGIN/' '{*}'; ls ca-*; "
             "openssl verify -CAfile ca-00 -vfyopt distid:1234567812345678 ca-01; "
             "openssl verify -x509_strict -CAfile ca-02 ca-03; openssl x509 -in ca-03 -noout -text");
    T_OK(hf_own_cert_get(hf_store_reader(e->env.store), "server", &e->arena, &own));
    T_STR(own.key_id, "server-p256");
    write_text(e, "server.pem", hf_arena_text(&e->arena, own.chain_pem));
    shell(e, "openssl verify -x509_strict -CAfile ca-02 -untrusted ca-03 -purpose sslserver -verify_hostname localhost server.pem && "
             "openssl verify -x509_strict -CAfile ca-02 -untrusted ca-03 -verify_ip 127.0.0.1 server.pem");
    shell(e, "ls ceremony/*.json && grep -q 'key ceremony' ceremony/*.json");
    T_EQ(t_count(e, "SELECT count(*) FROM own_cert"), 3);
    T_EQ(t_count(e, "SELECT count(*) FROM crl"), 4);
}

static void
authorities_are_founded_on_both(void)
{
    t_on_both(authorities_are_founded);
}

static void
an_sm_house_has_a_transport_authority(void)
{
    struct t_env       e;
    json_t            *reply;
    struct hf_own_cert own;

    t_env_open(&e, false);
    found(&e, true, false, HF_ALG_NONE);
    T_OK(t_op(&e, hf_pki_ops, "ca show", &e.admin, "{\"ca\":\"transport-p256\"}", &reply));
    T_STR(t_member(reply, "role"), "transport");
    T_STR(t_member(reply, "parent"), "transport-p256");
    json_decref(reply);
    T_OK(hf_own_cert_get(hf_store_reader(e.env.store), "server", &e.arena, &own));
    t_env_close(&e);
}

/* -- Issuing --------------------------------------------------------------------------------- */

static void
requests_of_every_kind_are_issued(struct t_env *e)
{
    static const struct {
        const char *kind, *ca, *identity;
    } rows[] = {
        { "rsa:2048", "issuing-p256", "" },
        { "ec:prime256v1", "issuing-p256", "" },
        { "ec:secp384r1", "issuing-p256", "" },
        { "sm2", "issuing-sm2", "empty" },
    };
    json_t          *reply;
    struct hf_issued cert;

    found(e, true, true, HF_ALG_P256);
    T_OK(OP("ca export", "{}", &reply));
    write_text(e, "all.pem", t_member(reply, "pem"));
    json_decref(reply);
    shell(e, "csplit -s -z -f ca- all.pem '/-----BEGIN/' '{*}'");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const char *csr = make_csr(e, hf_arena_fmt(&e->arena, "k%zu", i), rows[i].kind, "/C=CN/O=银行/CN=www.example.com", "");

        T_OK(issue(e, "tls-server", csr, "{\"chain\":true,\"san\":\"dns:Api.Example.com,ip:10.0.0.1\"}", &reply));
        T_STR(t_member(reply, "ca"), rows[i].ca);
        T_STR(t_member(reply, "request_identity"), rows[i].identity);
        T_STR(t_member(reply, "san"), "dns:api.example.com,ip:10.0.0.1,dns:www.example.com");
        T_STR(t_member(reply, "subject"), "CN=www.example.com,O=银行,C=CN");
        T_EQ(strlen(t_member(reply, "serial")), 32);
        write_text(e, "leaf.pem", t_member(reply, "pem"));
        /* openssl gives the SM2 identity to the leaf alone: one step of the path at a time */
        shell(e, hf_arena_fmt(&e->arena, "openssl verify %s -purpose sslserver -verify_hostname api.example.com leaf.pem && "
                                         "openssl x509 -in leaf.pem -noout -text",
                              i == 3 ? "-partial_chain -CAfile ca-01 -vfyopt distid:1234567812345678" : "-x509_strict -CAfile all.pem"));
        T_OK(hf_cert_check(&e->env, der_of(e, t_member(reply, "pem")), e->now_ms, &e->arena, &cert));
        T_STR(cert.serial, t_member(reply, "serial"));
        json_decref(reply);
    }
    /* the same key again for the same subject is fine; --suite decides */
    T_OK(issue(e, "tls-server", file_text(e, "k1.csr"), "{\"suite\":\"sm\",\"days\":10}", &reply));
    T_STR(t_member(reply, "ca"), "issuing-sm2");
    T_EQ(json_integer_value(json_object_get(reply, "days")), 10);
    json_decref(reply);
    T_OK(issue(e, "person-sign", make_csr(e, "p", "sm2", "/O=Bank/CN=Li Lei/emailAddress=li@bank.example", ""),
               "{\"person\":\"lilei\"}", NULL));
    T_OK(OP("cert list", "{\"person\":\"lilei\"}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 1);
    json_decref(reply);
    T_EQ(t_count(e, "SELECT count(*) FROM cert"), t_count(e, "SELECT count(*) FROM cert_der"));
}

static void
requests_of_every_kind_are_issued_on_both(void)
{
    t_on_both(requests_of_every_kind_are_issued);
}

/* Requests checked together come out as one by one; of a bad one the number is told. */
static void
requests_are_checked_together(struct t_env *e)
{
    static const char *const kinds[] = { "sm2", "ec:prime256v1", "sm2", "rsa:2048", "sm2", "sm2" };
    static const char *const san[] = { "dns:0.example", NULL, "dns:2.example", NULL, "dns:4.example", NULL };
    struct hf_bytes          der[6];
    struct hf_request        together[6], alone;
    struct hf_profile       *profile;
    size_t                   bad = 99;

    found(e, true, true, HF_ALG_P256);
    T_OK(hf_profile_get(e->dir, "tls-server", &e->arena, &profile));
    for (size_t i = 0; i < 6; i++) {
        const char *name = hf_arena_fmt(&e->arena, "t%zu", i);

        T_OK(hf_request_decode(make_csr(e, name, kinds[i], hf_arena_fmt(&e->arena, "/CN=%zu.example", i),
                                        i == 2 ? "-sm3 -sigopt distid:1234567812345678" : ""),
                               &e->arena, &der[i]));
    }
    T_OK(hf_requests_check(der, 6, profile, san, &e->arena, together, &bad));
    for (size_t i = 0; i < 6; i++) {
        T_OK(hf_request_check(der[i], profile, san[i], &e->arena, &alone));
        T_BYTES(together[i].subject, alone.subject);
        T_BYTES(together[i].spki, alone.spki);
        T_STR(together[i].subject_text, alone.subject_text);
        T_STR(together[i].sig, i == 2 ? "default" : i == 1 || i == 3 ? "" : "empty");
        T_STR(hf_sans_text(&together[i].sans, &e->arena), hf_sans_text(&alone.sans, &e->arena));
    }
    ((uint8_t *)(uintptr_t)der[4].p)[der[4].n - 3] ^= 1;
    T_RC(hf_requests_check(der, 6, profile, san, &e->arena, together, &bad), HF_E_VERIFY);
    T_EQ(bad, 4);
    T_STR(hf_reason_field(), "csr");
    T_TRUE(strstr(hf_reason(), "proof of possession") != NULL);
    der[1].n--;
    T_RC(hf_requests_check(der, 6, profile, NULL, &e->arena, together, &bad), HF_E_SHORT);
    T_EQ(bad, 1);
    T_OK(hf_requests_check(der, 0, profile, NULL, &e->arena, together, &bad));
}

static void
requests_are_checked_together_on_both(void)
{
    t_on_both(requests_are_checked_together);
}

/* What a bad request is refused with; `changed` counts certificates before and after. */
static void
refused(struct t_env *e, const char *profile, const char *csr, const char *more, enum hf_rc rc,
        const char *field, const char *says)
{
    json_t *reply = NULL;

    T_RC(issue(e, profile, csr, more, &reply), rc);
    T_STR(hf_reason_field(), field);
    if (strstr(hf_reason(), says) == NULL) {
        printf("  \"%s\" does not say \"%s\"\n", hf_reason(), says);
        t_bad++;
    }
    json_decref(reply);
}

static void
bad_requests_change_nothing(struct t_env *e)
{
    const char *good, *sha1, *twice, *weak, *ca, *lonely, *tail;
    int64_t     before;
    char       *cut;

    found(e, true, true, HF_ALG_P256);
    good = make_csr(e, "good", "ec:prime256v1", "/CN=a.example", "");
    sha1 = make_csr(e, "sha1", "rsa:2048", "/CN=a.example", "-sha1");
    weak = make_csr(e, "weak", "rsa:1024", "/CN=a.example", "");
    ca = make_csr(e, "ca", "ec:prime256v1", "/CN=a.example", "-addext basicConstraints=critical,CA:TRUE");
    twice = make_csr(e, "twice", "ec:prime256v1", "/CN=a.example/CN=b.example", "");
    lonely = make_csr(e, "lonely", "ec:prime256v1", "/O=Bank", "");
    before = t_count(e, "SELECT count(*) FROM cert");

    refused(e, "nowhere", good, "{}", HF_E_ABSENT, "profile", "no profile");
    refused(e, "../secrets", good, "{}", HF_E_ABSENT, "profile", "no profile");
    refused(e, "tls-server", "hello", "{}", HF_E_FORMAT, "csr", "neither PEM nor base64");
    refused(e, "tls-server", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "{}", HF_E_FORMAT, "csr", "RFC 7468");
    refused(e, "tls-server", sha1, "{}", HF_E_POLICY, "csr", "sha1");
    refused(e, "tls-server", weak, "{}", HF_E_POLICY, "csr", "1024");
    refused(e, "tls-server", ca, "{}", HF_E_POLICY, "csr", "RFC 5280 4.2.1.9");
    refused(e, "tls-server", twice, "{}", HF_E_POLICY, "csr", "given twice");
    refused(e, "tls-server", lonely, "{}", HF_E_POLICY, "csr", "subjectAltName is missing");
    refused(e, "tls-server", good, "{\"san\":\"email:a@b.example\"}", HF_E_POLICY, "san", "allows no names of this kind");
    refused(e, "tls-server", good, "{\"san\":\"dns:*.*.example\"}", HF_E_ARG, "san", "wildcard");
    refused(e, "tls-server", good, "{\"san\":\"dns:b.example,dns:b.example\"}", HF_E_ARG, "san", "given twice");
    refused(e, "tls-server", good, "{\"days\":3000}", HF_E_POLICY, "days", "1 to 1895");
    refused(e, "ocsp", make_csr(e, "o", "ec:prime256v1", "/ST=x/CN=o", ""), "{}", HF_E_POLICY, "csr", "subject ST is not part");
    refused(e, "sub-ca", make_csr(e, "s", "ec:prime256v1", "/O=Bank/CN=Sub", ""), "{}", HF_E_POLICY, "", "pathLenConstraint");
    refused(e, "tls-server", make_csr(e, "c", "ec:prime256v1", "/C=cn/CN=a.example", ""), "{}", HF_E_POLICY, "csr", "two capital letters");
    refused(e, "tls-server", make_csr(e, "n", "ec:prime256v1", "/CN=My Server", ""), "{}", HF_E_POLICY, "csr", "commonName");
    refused(e, "tls-client", make_csr(e, "x", "ec:prime256v1", "/CN=x", "-addext 1.2.3.4=critical,DER:0500"), "{}",
            HF_E_POLICY, "csr", "1.2.3.4");

    /* every truncation of the text, and a signature that was changed */
    for (size_t n = 0; n < strlen(good); n += 7) {
        json_t *reply = NULL;

        cut = hf_arena_text(&e->arena, hf_bytes(good, n == 0 ? 1 : n));
        T_TRUE(issue(e, "tls-server", cut, "{}", &reply) != HF_OK);
        json_decref(reply);
    }
    shell(e, "openssl req -in good.csr -outform DER -out good.der; python3 -c 'b=bytearray(open(\"good.der\",\"rb\").read());"
             "b[-1]^=1;open(\"bad.der\",\"wb\").write(b);open(\"long.der\",\"wb\").write(b+b\"\\0\")';"
             "base64 bad.der >bad.b64; base64 long.der >long.b64");
    refused(e, "tls-server", file_text(e, "bad.b64"), "{}", HF_E_VERIFY, "csr", "RFC 2986 4.2");
    tail = file_text(e, "long.b64");
    refused(e, "tls-server", tail, "{}", HF_E_TRAILING, "csr", "left over");
    T_EQ(t_count(e, "SELECT count(*) FROM cert"), before);
}

static void
bad_requests_change_nothing_on_sqlite(void)
{
    struct t_env e;

    t_env_open(&e, false);
    bad_requests_change_nothing(&e);
    t_env_close(&e);
}

static void
weak_keys_are_refused(void)
{
    struct t_env e;
    json_t      *reply;
    const char  *first;

    t_env_open(&e, false);
    found(&e, true, true, HF_ALG_P256);
    /* private key 1; the example key of GM/T 0003.5; two close factors */
    write_text(&e, "weak.py",
              "import subprocess\n"
              "def ec(name, curve, d, gx, gy):\n"
              "    open(name + '.cnf', 'w').write('asn1=SEQUENCE:k\\n[k]\\nv=INTEGER:1\\nd=FORMAT:HEX,OCT:%064x\\nc=EXPLICIT:0,OID:%s\\n"
              "p=EXPLICIT:1,FORMAT:HEX,BITSTRING:04%064x%064x\\n' % (d, curve, gx, gy))\n"
              "    subprocess.check_call(['openssl', 'asn1parse', '-genconf', name + '.cnf', '-out', name + '.der', '-noout'])\n"
              "    subprocess.check_call(['openssl', 'ec', '-inform', 'DER', '-in', name + '.der', '-out', name + '.key'])\n"
              "ec('one', 'prime256v1', 1, 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,"
              " 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)\n"
              "ec('gmt', '1.2.156.10197.1.301', 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8,"
              " 0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,"
              " 0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13)\n"
              "import random\n"
              "def prime(n):\n"
              "    while True:\n"
              "        n += 2 - n % 2 * 1 if n % 2 == 0 else 2\n"
              "        if all(n % p for p in (3, 5, 7, 11, 13, 17, 19)) and all(pow(a, n - 1, n) == 1 for a in (2, 3, 5)): return n\n"
              "p = prime(random.getrandbits(1022) | 3 << 1022 | 1); q = prime(p)\n"
              "while (p - 1) % 65537 == 0 or (q - 1) % 65537 == 0: p, q = q, prime(q)\n"
              "n = p * q; d = pow(65537, -1, (p - 1) * (q - 1))\n"
              "open('close.cnf', 'w').write('asn1=SEQUENCE:k\\n[k]\\nv=INTEGER:0\\nn=INTEGER:0x%x\\ne=INTEGER:65537\\nd=INTEGER:0x%x\\n"
              "p=INTEGER:0x%x\\nq=INTEGER:0x%x\\ndp=INTEGER:0x%x\\ndq=INTEGER:0x%x\\nc=INTEGER:0x%x\\n' % (n, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)))\n"
              "subprocess.check_call(['openssl', 'asn1parse', '-genconf', 'close.cnf', '-out', 'close.der', '-noout'])\n"
              "subprocess.check_call(['openssl', 'rsa', '-inform', 'DER', '-in', 'close.der', '-out', 'close.key'])\n");
    shell(&e, "python3 weak.py");
    refused(&e, "tls-server", make_csr(&e, "one", "ec:prime256v1", "/CN=a.example", ""), "{}", HF_E_POLICY, "csr", "its private key is 1");
    refused(&e, "tls-server", make_csr(&e, "gmt", "sm2", "/CN=a.example", ""), "{}", HF_E_POLICY, "csr", "GM/T 0003.5");
    refused(&e, "tls-server", make_csr(&e, "close", "rsa:2048", "/CN=a.example", ""), "{}", HF_E_POLICY, "csr", "CVE-2022-26320");

    /* a key belongs to one subject, and is never used again after keyCompromise */
    first = make_csr(&e, "k", "ec:prime256v1", "/CN=a.example", "");
    T_OK(issue(&e, "tls-server", first, "{}", &reply));
    refused(&e, "tls-server", make_csr(&e, "k", "ec:prime256v1", "/CN=b.example", ""), "{}", HF_E_POLICY, "csr", "another subject");
    T_OK(t_op(&e, hf_pki_ops, "cert revoke", &e.admin,
              hf_arena_fmt(&e.arena, "{\"serial\":\"%s\",\"reason\":\"keyCompromise\"}", t_member(reply, "serial")), NULL));
    json_decref(reply);
    refused(&e, "tls-server", first, "{}", HF_E_POLICY, "csr", "keyCompromise");
    t_env_close(&e);
}

/* -- Life, CRL, OCSP ---------------------------------------------------------------------------- */

/* The answer verifies with the key of the certificate in it (SM2: default identity). */
static void
check_response(const struct hf_ocsp_response *r)
{
    struct hf_cert signer;
    struct hf_pub *pub;

    if (r->outcome != HF_OCSP_SUCCESS)
        return;
    T_OK(hf_cert_read(r->certs, &signer));
    T_TRUE(hf_eku_has(signer.x.eku, HF_OID_EKU_OCSP) && hf_exts_have(&signer.x, HF_EXT_NOCHECK));
    T_OK(hf_pub_read(signer.spki, &pub));
    T_OK(hf_pub_verify(pub, r->sig_alg, r->data, r->sig));
    hf_pub_free(pub);
}

static enum hf_ocsp_status
ask_openssl_request(struct t_env *e, const char *options, int *reason, enum hf_ocsp_outcome *outcome)
{
    struct hf_wr            w = hf_wr(1 << 20), out = hf_wr(1 << 20);
    struct hf_ocsp_response r;
    struct hf_ocsp_single   s = { .status = HF_OCSP_UNKNOWN };
    struct hf_ocsp_reply    reply;
    struct hf_rd            rd;

    shell(e, hf_arena_fmt(&e->arena, "openssl ocsp %s -reqout req.der", options));
    T_OK(hf_file_read(hf_arena_fmt(&e->arena, "%s/req.der", e->dir), &w));
    T_OK(hf_ocsp_answer(&e->env, hf_wr_bytes(&w), e->now_ms, &reply, &out));
    T_OK(hf_file_write(hf_arena_fmt(&e->arena, "%s/resp.der", e->dir), hf_wr_bytes(&out), 0600));
    T_OK(hf_ocsp_response_read(hf_wr_bytes(&out), &r));
    check_response(&r);
    *outcome = r.outcome;
    *reason = -1;
    if (r.outcome == HF_OCSP_SUCCESS) {
        rd = hf_rd(r.singles);
        T_TRUE(hf_ocsp_single_next(&rd, &s));
        *reason = s.reason;
    }
    hf_wr_clear(&w);
    hf_wr_clear(&out);
    return s.status;
}

/* The CRL verifies with the key of the authority (SM2: default identity). */
static void
check_signed(struct t_env *e, const char *ca_name, struct hf_bytes crl_der)
{
    struct hf_ca   ca;
    struct hf_crl  crl;
    struct hf_pub *pub;

    T_OK(hf_ca_get(hf_store_reader(e->env.store), ca_name, &e->arena, &ca));
    T_OK(hf_crl_read(crl_der, &crl));
    T_BYTES(crl.issuer, ca.cert.subject);
    T_BYTES(crl.x.aki_key, ca.cert.x.ski);
    T_OK(hf_pub_read(ca.cert.spki, &pub));
    T_OK(hf_pub_verify(pub, crl.sig_alg, crl.tbs, crl.sig));
    hf_pub_free(pub);
}

static void
life_of_a_certificate(struct t_env *e, const char *kind, const char *issuer_file, const char *verify)
{
    json_t              *reply;
    const char          *serial;
    char                *one;
    struct hf_issued     cert;
    struct hf_bytes      der;
    enum hf_ocsp_outcome outcome;
    struct hf_crl_stored crl;
    int                  reason;
    const char          *ask = hf_arena_fmt(&e->arena, "-issuer %s -cert leaf.pem", issuer_file);

    T_OK(issue(e, "tls-server", make_csr(e, kind, strcmp(kind, "sm2") == 0 ? "sm2" : kind, hf_arena_fmt(&e->arena, "/CN=%c.example", kind[0]), ""),
               "{}", &reply));
    serial = hf_arena_str(&e->arena, t_member(reply, "serial"));
    one = hf_arena_fmt(&e->arena, "{\"serial\":\"%s\"}", serial);
    write_text(e, "leaf.pem", t_member(reply, "pem"));
    der = der_of(e, t_member(reply, "pem"));
    json_decref(reply);

    T_EQ(ask_openssl_request(e, ask, &reason, &outcome), HF_OCSP_GOOD);
    shell(e, hf_arena_fmt(&e->arena, "openssl ocsp %s -no_nonce -respin resp.der %s | tee /dev/stderr | grep -q 'leaf.pem: good'",
                          ask, verify));

    T_OK(OP("cert suspend", one, NULL));
    T_RC(OP("cert suspend", one, NULL), HF_E_STATE);
    T_RC(hf_cert_check(&e->env, der, e->now_ms, &e->arena, &cert), HF_E_REVOKED);
    T_EQ(ask_openssl_request(e, ask, &reason, &outcome), HF_OCSP_REVOKED);
    T_EQ(reason, HF_REASON_HOLD);
    T_OK(OP("cert resume", one, NULL));
    T_OK(hf_cert_check(&e->env, der, e->now_ms, &e->arena, &cert));
    T_EQ(ask_openssl_request(e, ask, &reason, &outcome), HF_OCSP_GOOD);

    e->now_ms += 2000;
    T_OK(hf_crl_step(&e->env, e->now_ms));
    T_OK(OP("cert revoke", hf_arena_fmt(&e->arena, "{\"serial\":\"%s\",\"reason\":\"superseded\"}", serial), NULL));
    T_RC(OP("cert revoke", hf_arena_fmt(&e->arena, "{\"serial\":\"%s\",\"reason\":\"superseded\"}", serial), NULL), HF_E_STATE);
    T_RC(OP("cert resume", one, NULL), HF_E_STATE);
    T_EQ(ask_openssl_request(e, ask, &reason, &outcome), HF_OCSP_REVOKED);
    T_EQ(reason, HF_REASON_SUPERSEDED);
    shell(e, hf_arena_fmt(&e->arena, "openssl ocsp %s -no_nonce -respin resp.der %s | tee /dev/stderr | grep -q 'leaf.pem: revoked'", ask, verify));

    T_OK(hf_issued_get_serial(hf_store_reader(e->env.store), serial, &e->arena, &cert));
    e->now_ms += 2000;
    T_OK(hf_crl_step(&e->env, e->now_ms));
    T_OK(hf_crl_last(hf_store_reader(e->env.store), cert.ca, &e->arena, &crl));
    T_OK(hf_file_write(hf_arena_fmt(&e->arena, "%s/ca.crl", e->dir), crl.der, 0600));
    shell(e, hf_arena_fmt(&e->arena, "openssl crl -inform DER -in ca.crl -out crl.pem; openssl crl -in crl.pem -noout -text | grep -qi %s", serial));
    check_signed(e, cert.ca, crl.der);
    if (strcmp(kind, "sm2") == 0)
        return; /* openssl verify has no way to set the SM2 identity for CRLs */
    shell(e, hf_arena_fmt(&e->arena,
                          "! openssl verify -crl_check -CRLfile crl.pem -CAfile all.pem -vfyopt distid:1234567812345678 leaf.pem >v.txt 2>&1; "
                          "cat v.txt; grep -q 'certificate revoked' v.txt"));
}

static void
revocation_shows_in_crl_and_ocsp(struct t_env *e)
{
    json_t *reply;

    found(e, true, true, HF_ALG_P256);
    T_OK(OP("ca export", "{}", &reply));
    write_text(e, "all.pem", t_member(reply, "pem"));
    json_decref(reply);
    shell(e, "csplit -s -z -f ca- all.pem '/-----BEGIN/' '{*}'");
    life_of_a_certificate(e, "ec:prime256v1", "ca-03", "-CAfile all.pem");
    /* openssl ocsp has no way to set the SM2 identity: the structure is read, the signature is ours to check */
    life_of_a_certificate(e, "sm2", "ca-01", "-noverify");
}

static void
revocation_shows_in_crl_and_ocsp_on_both(void)
{
    t_on_both(revocation_shows_in_crl_and_ocsp);
}

static void
rsa_authorities_work_too(void)
{
    struct t_env e;
    json_t      *reply;

    t_env_open(&e, false);
    found(&e, false, true, HF_ALG_RSA2048);
    T_OK(t_op(&e, hf_pki_ops, "ca export", &e.admin, "{}", &reply));
    write_text(&e, "all.pem", t_member(reply, "pem"));
    json_decref(reply);
    shell(&e, "csplit -s -z -f ca- all.pem '/-----BEGIN/' '{*}'");
    life_of_a_certificate(&e, "rsa:2048", "ca-01", "-CAfile all.pem");
    t_env_close(&e);
}

static void
crl_numbers_rise_and_lists_shrink(struct t_env *e)
{
    struct hf_crl_stored crl;
    struct hf_crl        parsed;
    int64_t              first, n;
    json_t              *reply;

    found(e, false, true, HF_ALG_P256);
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    first = crl.number;
    T_OK(hf_crl_step(&e->env, e->now_ms + 5000)); /* nothing happened: no list */
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    T_EQ(crl.number, first);

    T_OK(issue(e, "tls-server", make_csr(e, "a", "ec:prime256v1", "/CN=a.example", ""), "{\"days\":1}", &reply));
    T_OK(OP("cert revoke", hf_arena_fmt(&e->arena, "{\"serial\":\"%s\",\"reason\":\"unspecified\"}", t_member(reply, "serial")), NULL));
    json_decref(reply);
    T_OK(hf_crl_step(&e->env, e->now_ms)); /* within a second of the list before: waits */
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    T_EQ(crl.number, first);
    e->now_ms += 1100;
    T_OK(hf_crl_step(&e->env, e->now_ms));
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    T_EQ(crl.number, first + 1);
    T_OK(hf_crl_read(crl.der, &parsed));
    T_EQ(parsed.entries, 1);

    /* expired: on one more list, then gone */
    e->now_ms += INT64_C(2) * 86400000;
    T_OK(hf_crl_step(&e->env, e->now_ms));
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    T_OK(hf_crl_read(crl.der, &parsed));
    T_EQ(parsed.entries, 1);
    T_OK(hf_crl_issue(&e->env, "issuing-p256", e->now_ms + 1000, 0, &n));
    T_EQ(n, first + 3);
    T_OK(hf_crl_last(hf_store_reader(e->env.store), "issuing-p256", &e->arena, &crl));
    T_OK(hf_crl_read(crl.der, &parsed));
    T_EQ(parsed.entries, 0);
    T_EQ(t_count(e, "SELECT count(*) FROM crl WHERE ca_id = 2"), 2);

    /* a root's list needs its key */
    T_RC(OP("ca crl", "{\"ca\":\"root-p256\"}", NULL), HF_E_STATE);
    T_STR(hf_reason_field(), "passphrase");
    T_RC(OP("ca crl", "{\"ca\":\"root-p256\",\"passphrase\":\"wrong\"}", NULL), HF_E_VERIFY);
    T_OK(OP("ca crl", "{\"ca\":\"root-p256\",\"passphrase\":\"correct horse battery\"}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "number")), 2);
    json_decref(reply);
    T_RC(OP("ca crl", "{\"ca\":\"root-p256\"}", NULL), HF_E_STATE);
}

static void
crl_numbers_rise_and_lists_shrink_on_both(void)
{
    t_on_both(crl_numbers_rise_and_lists_shrink);
}

static void
own_certificates_are_renewed(void)
{
    struct t_env       e;
    struct hf_own_cert a, b;

    t_env_open(&e, false);
    found(&e, false, true, HF_ALG_P256);
    T_OK(hf_pki_renew_step(&e.env, e.now_ms));
    T_OK(hf_own_cert_get(hf_store_reader(e.env.store), "ocsp-issuing-p256", &e.arena, &a));
    T_TRUE(a.not_after_ms - a.not_before_ms <= INT64_C(90) * 86400000);
    e.now_ms += INT64_C(41) * 86400000;
    T_OK(hf_pki_renew_step(&e.env, e.now_ms));
    T_OK(hf_own_cert_get(hf_store_reader(e.env.store), "ocsp-issuing-p256", &e.arena, &b));
    T_TRUE(b.not_before_ms > a.not_before_ms && b.not_after_ms > a.not_after_ms);
    T_OK(hf_own_cert_get(hf_store_reader(e.env.store), "server", &e.arena, &a));
    T_TRUE(a.not_before_ms < e.now_ms - INT64_C(40) * 86400000);
    T_RC(hf_own_cert_get(hf_store_reader(e.env.store), "nothing", &e.arena, &a), HF_E_ABSENT);
    t_env_close(&e);
}

/* -- Lists ---------------------------------------------------------------------------------------- */

static int64_t
listed(struct t_env *e, const char *filter)
{
    json_t *reply;
    int64_t n;

    T_OK(OP("cert list", filter, &reply));
    n = json_integer_value(json_object_get(reply, "total"));
    T_EQ(json_array_size(json_object_get(reply, "items")), n);
    json_decref(reply);
    return n;
}

static void
certificates_are_found(struct t_env *e)
{
    json_t *reply;
    char   *serial, *next;

    found(e, false, true, HF_ALG_P256); /* sub-ca, ocsp, tls-server: three of our own */
    T_OK(issue(e, "tls-server", make_csr(e, "a", "ec:prime256v1", "/O=100%/CN=Alpha.example", ""), "{}", &reply));
    serial = hf_arena_str(&e->arena, t_member(reply, "serial"));
    json_decref(reply);
    T_OK(issue(e, "tls-server", make_csr(e, "b", "ec:prime256v1", "/CN=beta.example", ""), "{\"days\":5,\"san\":\"ip:10.9.8.7\"}", &reply));
    json_decref(reply);
    T_EQ(listed(e, "{}"), 5);
    T_EQ(listed(e, "{\"find\":\"ALPHA\"}"), 1);
    T_EQ(listed(e, "{\"find\":\"10.9.8\"}"), 1);
    T_EQ(listed(e, "{\"find\":\"100%\"}"), 1);
    T_EQ(listed(e, "{\"find\":\"%\"}"), 1);
    T_EQ(listed(e, "{\"subject\":\"test bank\"}"), 3);
    T_EQ(listed(e, "{\"san\":\"dns:beta\"}"), 1);
    T_EQ(listed(e, hf_arena_fmt(&e->arena, "{\"serial\":\"%.9s\"}", serial)), 1);
    T_EQ(listed(e, hf_arena_fmt(&e->arena, "{\"find\":\"%.9s\"}", serial)), 1);
    T_EQ(listed(e, "{\"state\":\"active\"}"), 5);
    T_EQ(listed(e, "{\"state\":\"revoked\"}"), 0);
    T_EQ(listed(e, "{\"profile\":\"tls-server\"}"), 3);
    T_EQ(listed(e, "{\"ca\":\"root-p256\"}"), 1);
    T_EQ(listed(e, "{\"expires_to\":\"2000-01-01T00:00:00Z\"}"), 0);
    T_RC(OP("cert list", "{\"expires_to\":\"tomorrow\"}", NULL), HF_E_ARG);
    T_RC(OP("cert list", "{\"after\":\"x\"}", NULL), HF_E_ARG);
    T_RC(OP("cert list", "{\"serial\":\"xyz\"}", NULL), HF_E_ARG);
    T_OK(OP("cert list", "{\"limit\":2}", &reply));
    next = hf_arena_str(&e->arena, t_member(reply, "next"));
    json_decref(reply);
    T_OK(OP("cert list", hf_arena_fmt(&e->arena, "{\"limit\":2,\"after\":\"%s\"}", next), &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 2);
    next = hf_arena_str(&e->arena, t_member(reply, "next"));
    json_decref(reply);
    T_OK(OP("cert list", hf_arena_fmt(&e->arena, "{\"limit\":2,\"after\":\"%s\"}", next), &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 1);
    T_TRUE(json_is_null(json_object_get(reply, "next")));
    json_decref(reply);
    T_OK(OP("cert show", hf_arena_fmt(&e->arena, "{\"certificate\":\"%s\"}", serial), &reply));
    T_STR(t_member(reply, "state"), "active");
    T_STR(t_member(reply, "key_usage"), "digitalSignature");
    T_STR(t_member(reply, "ext_key_usage"), "serverAuth clientAuth");
    T_OK(OP("cert show", args(e, json_pack("{s:O}", "certificate", json_object_get(reply, "pem"))), NULL));
    json_decref(reply);
    T_RC(OP("cert show", "{\"certificate\":\"00ff\"}", NULL), HF_E_ABSENT);
    T_OK(OP("cert stats", "{}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 5);
    T_EQ(json_integer_value(json_object_get(json_object_get(reply, "states"), "active")), 5);
    T_EQ(json_integer_value(json_object_get(json_object_get(reply, "expiring"), "30")), 1);
    T_EQ(json_integer_value(json_object_get(json_object_get(reply, "expiring"), "60")), 2);
    json_decref(reply);
    T_OK(OP("cert bind", hf_arena_fmt(&e->arena, "{\"serial\":\"%s\",\"person\":\"wang\"}", serial), NULL));
    T_RC(OP("cert bind", hf_arena_fmt(&e->arena, "{\"serial\":\"%s\",\"person\":\"li\"}", serial), NULL), HF_E_EXISTS);
}

static void
certificates_are_found_on_both(void)
{
    t_on_both(certificates_are_found);
}

static void
every_row_is_complete(void)
{
    for (const struct hf_op *op = hf_pki_ops; op->name != NULL; op++) {
        struct hf_arg arg[HF_OP_ARGS_MAX];

        T_TRUE(hf_op_args(op, arg) <= HF_OP_ARGS_MAX);
        T_TRUE((op->flags & HF_OP_READ) != 0 || op->audit != NULL);
        T_TRUE(op->help != NULL && op->help_zh != NULL && op->run != NULL);
    }
}

static void
profiles_are_listed_checked_and_loaded(void)
{
    struct t_env e;
    json_t      *reply;
    const char  *text = "name = mine\ntitle = M\ntitle-zh = 我\nkind = end-entity\nkeys = p256\ndays = 3\nmax-days = 3\n"
                        "critical = keyUsage\nkey-usage = digitalSignature\nrdn = CN required\n";

    t_env_open(&e, false);
    found(&e, false, true, HF_ALG_P256);
    T_OK(t_op(&e, hf_pki_ops, "profile list", &e.admin, "{}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 5);
    json_decref(reply);
    T_RC(t_op(&e, hf_pki_ops, "profile check", &e.admin, "{\"file\":\"name = x\\n\"}", NULL), HF_E_FORMAT);
    T_STR(hf_reason_field(), "file");
    T_OK(t_op(&e, hf_pki_ops, "profile load", &e.admin, args(&e, json_pack("{s:s}", "file", text)), NULL));
    T_OK(t_op(&e, hf_pki_ops, "profile show", &e.admin, "{\"profile\":\"mine\"}", NULL));
    T_OK(issue(&e, "mine", make_csr(&e, "m", "ec:prime256v1", "/CN=m", ""), "{}", NULL));
    refused(&e, "mine", make_csr(&e, "r", "rsa:2048", "/CN=m", ""), "{}", HF_E_POLICY, "csr", "allows p256");
    t_env_close(&e);
}

static void
a_root_signs_an_authority_of_somebody_else(void)
{
    struct t_env e;
    json_t      *reply, *a;
    const char  *csr;

    t_env_open(&e, false);
    found(&e, false, true, HF_ALG_P256);
    csr = make_csr(&e, "sub", "ec:prime256v1", "/O=Branch/CN=Branch CA", "");
    a = json_pack("{s:s, s:s, s:s}", "ca", "root-p256", "profile", "sub-ca", "csr", csr);
    T_RC(t_op(&e, hf_pki_ops, "ca sign", &e.admin, args(&e, json_deep_copy(a)), NULL), HF_E_STATE);
    json_object_set_new(a, "passphrase", json_string("correct horse battery"));
    T_OK(t_op(&e, hf_pki_ops, "ca sign", &e.admin, args(&e, a), &reply));
    write_text(&e, "sub.pem", t_member(reply, "pem"));
    json_decref(reply);
    T_OK(t_op(&e, hf_pki_ops, "ca export", &e.admin, "{\"ca\":\"root-p256\"}", &reply));
    write_text(&e, "root.pem", t_member(reply, "pem"));
    json_decref(reply);
    shell(&e, "openssl verify -x509_strict -CAfile root.pem sub.pem && openssl x509 -in sub.pem -noout -text | grep -q 'CA:TRUE, pathlen:0'");
    t_env_close(&e);
}

T_MAIN(T(every_row_is_complete), T(a_root_signs_an_authority_of_somebody_else), T(authorities_are_founded_on_both), T(an_sm_house_has_a_transport_authority),
       T(requests_of_every_kind_are_issued_on_both), T(requests_are_checked_together_on_both), T(bad_requests_change_nothing_on_sqlite), T(weak_keys_are_refused),
       T(revocation_shows_in_crl_and_ocsp_on_both), T(rsa_authorities_work_too), T(crl_numbers_rise_and_lists_shrink_on_both),
       T(own_certificates_are_renewed), T(certificates_are_found_on_both), T(profiles_are_listed_checked_and_loaded))
