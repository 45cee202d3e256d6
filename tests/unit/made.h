/*
 * made.h - certificates and CRLs made on the spot for tests, from a few words each.
 *
 * A certificate is described by words separated by blanks; what is not said
 * is not in it:
 *
 *     subject:CN=x  issuer:CN=y  serial:0|long|negative  from:S  to:S   (seconds)
 *     ca  ca:0  ca~ (not critical)  noca  ku:cert+crl+sign
 *     ski  ski!  aki  aki!  aki:wrong  ("!" makes it critical)
 *     san:dns:a  san:ip:1.2.3.4  san!   eku:server+client+any+email  eku!
 *     nc+dns:a (permitted)  nc-dns:a (excluded)  nc~ (not critical)
 *     pol:1.2.3  map:1.2.3=1.2.4  explicit:0  nomap:0  noany:0  limits~
 *     aia!  unknown  unknown!  cdp:URI  v1
 */
#ifndef HF_TESTS_UNIT_MADE_H
#define HF_TESTS_UNIT_MADE_H

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "unit/t.h"

#include "crypto/alg.h"
#include "wire/crl.h"
#include "wire/name.h"
#include "wire/x509.h"

struct made {
    EVP_PKEY    *key;
    enum hf_alg  alg;
    struct hf_wr der, name, spki;
    uint8_t      key_id[20];
    uint8_t      serial[20];
    size_t       serial_n;
};

static inline EVP_PKEY *
made_key(enum hf_alg alg)
{
    EVP_PKEY *key = alg == HF_ALG_SM2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen("P-256");

    if (key == NULL)
        abort();
    return key;
}

static inline void
made_sign(const struct made *by, struct hf_bytes tbs, struct hf_wr *out)
{
    EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(by->key, NULL);
    size_t        n = 512;
    uint8_t      *sig = malloc(n);

    if (ctx == NULL || pctx == NULL || sig == NULL)
        abort();
    if (by->alg == HF_ALG_SM2 && EVP_PKEY_CTX_set1_id(pctx, "1234567812345678", 16) <= 0)
        abort();
    EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
    if (EVP_DigestSignInit(ctx, NULL, by->alg == HF_ALG_SM2 ? EVP_sm3() : EVP_sha256(), NULL, by->key) != 1 ||
        EVP_DigestSign(ctx, sig, &n, tbs.p, tbs.n) != 1)
        abort();
    hf_wr_put(out, hf_bytes(sig, n));
    free(sig);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
}

struct made_words {
    struct hf_wr san, permitted, excluded, exts;
    enum hf_oid  eku[4];
    size_t       n_eku;
    struct hf_wr policy_w[8], map_w[16];
    struct hf_bytes policy[8], from[8], to[8];
    size_t       n_policy, n_map;
    bool         san_critical, eku_critical, nc_lax, limits_lax, v1;
    int64_t      not_before, not_after;
};

static inline struct hf_bytes
made_oid(struct hf_wr *w, const char *text)
{
    *w = hf_wr(64);
    if (hf_oid_parse(text, w) != HF_OK)
        abort();
    return hf_wr_bytes(w);
}

/* Take the critical mark of the last extension that was written, by writing it anew. */
static inline void
made_put(struct hf_wr *exts, enum hf_oid id, bool critical, void (*put)(struct hf_wr *, const void *), const void *arg)
{
    struct hf_wr      one = hf_wr(1 << 16);
    struct hf_rd      r;
    struct hf_ext_raw e;

    put(&one, arg);
    r = hf_rd(hf_wr_bytes(&one));
    if (hf_ext_next(&r, &e))
        hf_ext_put(exts, e.oid, critical, e.value);
    hf_wr_clear(&one);
}

static inline void
made_basic(struct hf_wr *w, const void *path_len)
{
    hf_ext_put_basic(w, true, *(const int64_t *)path_len);
}

static inline void
made_ski(struct hf_wr *w, const void *m)
{
    hf_ext_put_ski(w, hf_bytes(((const struct made *)m)->key_id, 20));
}

static inline void
made_aki(struct hf_wr *w, const void *m)
{
    hf_ext_put_aki(w, hf_bytes(((const struct made *)m)->key_id, 20));
}

static inline void
made_names(struct hf_wr *w, const void *arg)
{
    const struct made_words *x = arg;

    hf_ext_put_names(w, hf_wr_bytes(&x->permitted), hf_wr_bytes(&x->excluded));
}

static inline uint32_t
made_usage(const char *text)
{
    uint32_t bits = 0;

    if (strstr(text, "cert") != NULL)
        bits |= HF_KU_CERT_SIGN;
    if (strstr(text, "crl") != NULL)
        bits |= HF_KU_CRL_SIGN;
    if (strstr(text, "sign") != NULL)
        bits |= HF_KU_SIGN;
    return bits;
}

static inline bool
begins(const char *word, const char *with, const char **rest)
{
    size_t n = strlen(with);

    *rest = word + n;
    return strncmp(word, with, n) == 0;
}

static inline void
made_subtree(struct hf_wr *w, const char *text)
{
    /* malformed bases go in as they are */
    if (hf_subtree_parse(text, w) != HF_OK) {
        size_t mark = hf_der_begin(w, HF_DER_SEQUENCE);

        hf_gn_put(w, HF_GN_DNS, hf_bytes_str(strchr(text, ':') + 1));
        hf_der_end(w, mark);
    }
}

static inline void
made_san(struct hf_wr *w, const char *text)
{
    if (hf_gn_parse(text, w) != HF_OK)
        hf_gn_put(w, strncmp(text, "email:", 6) == 0 ? HF_GN_EMAIL : HF_GN_DNS, hf_bytes_str(strchr(text, ':') + 1));
}

static inline void
made_word(struct made *m, const struct made *by, struct made_words *x, const char *word)
{
    static const int64_t none = -1;
    static struct made   other;
    const char          *v;
    int64_t              n;
    struct hf_wr         w;
    static const uint8_t private_oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xb3, 0x3a, 0x85, 0x1a, 0x01 };

    if (begins(word, "subject:", &v)) {
        hf_wr_cut(&m->name, 0);
        T_OK(hf_name_parse(v, &m->name));
    } else if (begins(word, "serial:", &v)) {
        m->serial_n = strcmp(v, "long") == 0 ? 20 : 1;
        m->serial[0] = strcmp(v, "long") == 0 ? 0x81 : (uint8_t)atoi(v);
    } else if (begins(word, "from:", &v))
        x->not_before = atoll(v);
    else if (begins(word, "to:", &v))
        x->not_after = atoll(v);
    else if (strcmp(word, "ca") == 0)
        hf_ext_put_basic(&x->exts, true, -1);
    else if (begins(word, "ca:", &v))
        hf_ext_put_basic(&x->exts, true, atoll(v));
    else if (strcmp(word, "ca~") == 0)
        made_put(&x->exts, HF_OID_BASIC, false, made_basic, &none);
    else if (strcmp(word, "noca") == 0)
        hf_ext_put_basic(&x->exts, false, -1);
    else if (begins(word, "ku:", &v))
        hf_ext_put_key_usage(&x->exts, made_usage(v));
    else if (strcmp(word, "ski") == 0 || strcmp(word, "ski!") == 0)
        made_put(&x->exts, HF_OID_SKI, word[3] == '!', made_ski, m);
    else if (strcmp(word, "aki:wrong") == 0)
        made_put(&x->exts, HF_OID_AKI, false, made_aki, &other);
    else if (strcmp(word, "aki") == 0 || strcmp(word, "aki!") == 0)
        made_put(&x->exts, HF_OID_AKI, word[3] == '!', made_aki, by);
    else if (strcmp(word, "san!") == 0)
        x->san_critical = true;
    else if (begins(word, "san:", &v))
        made_san(&x->san, v);
    else if (strcmp(word, "eku!") == 0)
        x->eku_critical = true;
    else if (begins(word, "eku:", &v)) {
        if (strstr(v, "server") != NULL)
            x->eku[x->n_eku++] = HF_OID_EKU_SERVER;
        if (strstr(v, "client") != NULL)
            x->eku[x->n_eku++] = HF_OID_EKU_CLIENT;
        if (strstr(v, "any") != NULL)
            x->eku[x->n_eku++] = HF_OID_EKU_ANY;
        if (strstr(v, "email") != NULL)
            x->eku[x->n_eku++] = HF_OID_EKU_EMAIL;
    } else if (begins(word, "nc+", &v))
        made_subtree(&x->permitted, v);
    else if (begins(word, "nc-", &v))
        made_subtree(&x->excluded, v);
    else if (strcmp(word, "nc~") == 0)
        x->nc_lax = true;
    else if (begins(word, "pol:", &v)) {
        x->policy[x->n_policy] = made_oid(&x->policy_w[x->n_policy], v);
        x->n_policy++;
    } else if (begins(word, "map:", &v)) {
        char from[64];

        snprintf(from, sizeof(from), "%.*s", (int)strcspn(v, "="), v);
        x->from[x->n_map] = made_oid(&x->map_w[2 * x->n_map], from);
        x->to[x->n_map] = made_oid(&x->map_w[2 * x->n_map + 1], strchr(v, '=') + 1);
        x->n_map++;
    } else if (begins(word, "explicit:", &v))
        hf_ext_put_policy_limits(&x->exts, atoll(v), -1);
    else if (begins(word, "nomap:", &v))
        hf_ext_put_policy_limits(&x->exts, -1, atoll(v));
    else if (begins(word, "noany:", &v))
        hf_ext_put_inhibit_any(&x->exts, atoll(v));
    else if (strcmp(word, "unknown!") == 0 || strcmp(word, "unknown") == 0)
        hf_ext_put(&x->exts, hf_bytes(private_oid, sizeof(private_oid)), word[7] == '!', hf_bytes(NULL, 0));
    else if (begins(word, "cdp:", &v))
        hf_ext_put_cdp(&x->exts, &v, 1);
    else if (strcmp(word, "aia!") == 0) {
        struct hf_rd      r;
        struct hf_ext_raw e;

        w = hf_wr(256);
        hf_ext_put_aia(&w, NULL, "http://ca.example.com/ca");
        r = hf_rd(hf_wr_bytes(&w));
        if (hf_ext_next(&r, &e))
            hf_ext_put(&x->exts, e.oid, true, e.value);
        hf_wr_clear(&w);
    } else if (strcmp(word, "v1") == 0)
        x->v1 = true;
    else if (begins(word, "issuer:", &v) || sscanf(word, "-%lld", (long long *)&n) == 1)
        ; /* taken by the caller */
    else {
        printf("  no such word: %s\n", word);
        abort();
    }
}

static inline void
made_finish(struct made_words *x)
{
    if (x->n_eku != 0)
        hf_ext_put_eku(&x->exts, x->eku_critical, x->eku, x->n_eku);
    if (x->permitted.n != 0 || x->excluded.n != 0)
        made_put(&x->exts, HF_OID_NAMES, !x->nc_lax, made_names, x);
    if (x->n_policy != 0)
        hf_ext_put_policies(&x->exts, false, x->policy, NULL, x->n_policy);
    if (x->n_map != 0)
        hf_ext_put_mappings(&x->exts, x->from, x->to, x->n_map);
    if (x->san.n != 0)
        hf_ext_put_san(&x->exts, x->san_critical, hf_wr_bytes(&x->san));
}

static inline void
made_key_id(struct made *m)
{
    uint8_t        *p = NULL;
    int             n = i2d_PUBKEY(m->key, &p);
    struct hf_rd    r, s;
    struct hf_bytes bits;

    m->spki = hf_wr(1024);
    hf_wr_put(&m->spki, hf_bytes(p, (size_t)n));
    OPENSSL_free(p);
    r = hf_rd(hf_wr_bytes(&m->spki));
    s = hf_der_open(&r, HF_DER_SEQUENCE);
    hf_der_take(&s, HF_DER_SEQUENCE);
    bits = hf_der_bits(&s, NULL);
    SHA1(bits.p, bits.n, m->key_id);
}

/* by NULL: self-signed. key NULL: a fresh one. Version 1 drops the version and the extensions. */
static inline struct made
made_cert(enum hf_alg alg, const struct made *by, EVP_PKEY *key, const char *name, const char *words)
{
    static unsigned     serials;
    struct made         m = { .alg = alg, .key = key == NULL ? made_key(alg) : key, .der = hf_wr(1 << 17),
                              .name = hf_wr(4096), .serial_n = 4 };
    struct made_words   x = { .san = hf_wr(1 << 16), .permitted = hf_wr(1 << 16), .excluded = hf_wr(1 << 16),
                              .exts = hf_wr(1 << 17), .not_before = 1577836800, .not_after = 4102444800 };
    struct hf_cert_body body;
    struct hf_wr        tbs = hf_wr(1 << 17), sig = hf_wr(1024), issuer = hf_wr(4096);
    char               *copy = strdup(words), *save, *word;

    if (key != NULL)
        EVP_PKEY_up_ref(key);
    serials++;
    memcpy(m.serial, &serials, 4);
    m.serial[0] |= 1;
    m.serial[0] &= 0x7f;
    made_key_id(&m);
    T_OK(hf_name_parse(name, &m.name));
    if (by == NULL)
        by = &m;
    for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (strncmp(word, "issuer:", 7) == 0)
            T_OK(hf_name_parse(word + 7, &issuer));
        made_word(&m, by, &x, word);
    }
    made_finish(&x);
    body = (struct hf_cert_body){ .serial = hf_bytes(m.serial, m.serial_n),
                                  .sig_alg = hf_alg_signature_id(by->alg),
                                  .issuer = issuer.n != 0 ? hf_wr_bytes(&issuer) : hf_wr_bytes(&by->name),
                                  .subject = hf_wr_bytes(&m.name),
                                  .not_before = x.not_before, .not_after = x.not_after,
                                  .spki = hf_wr_bytes(&m.spki),
                                  .exts = x.v1 ? hf_bytes(NULL, 0) : hf_wr_bytes(&x.exts) };
    hf_cert_put_tbs(&tbs, &body);
    if (x.v1) { /* cut [0] { 2 } out, five octets after the header */
        struct hf_rd r = hf_rd(hf_wr_bytes(&tbs)), s = hf_der_open(&r, HF_DER_SEQUENCE);
        struct hf_wr bare = hf_wr(1 << 17);

        hf_der_take(&s, HF_DER_CTXC(0));
        hf_der_put(&bare, HF_DER_SEQUENCE, hf_bytes(s.p, hf_rd_left(&s)));
        hf_wr_clear(&tbs);
        tbs = bare;
    }
    made_sign(by, hf_wr_bytes(&tbs), &sig);
    hf_der_put_signed(&m.der, hf_wr_bytes(&tbs), body.sig_alg, hf_wr_bytes(&sig));
    for (size_t i = 0; i < 8; i++)
        hf_wr_clear(&x.policy_w[i]);
    for (size_t i = 0; i < 16; i++)
        hf_wr_clear(&x.map_w[i]);
    hf_wr_clear(&x.san);
    hf_wr_clear(&x.permitted);
    hf_wr_clear(&x.excluded);
    hf_wr_clear(&x.exts);
    hf_wr_clear(&tbs);
    hf_wr_clear(&sig);
    hf_wr_clear(&issuer);
    free(copy);
    return m;
}

static inline void
made_free(struct made *m)
{
    EVP_PKEY_free(m->key);
    hf_wr_clear(&m->der);
    hf_wr_clear(&m->name);
    hf_wr_clear(&m->spki);
}

/*
 * A CRL by `by` with the serial numbers of `revoked` (NULL: none). Words:
 * number:N  nonumber  number!  from:S  to:S  delta:BASE  reason:N  idp-user  idp-ca  idp:URI
 * unknown  unknown!  twice
 */
static inline struct hf_wr
made_crl(const struct made *by, const struct made *revoked, const char *words)
{
    struct hf_wr        tbs = hf_wr(1 << 16), exts = hf_wr(1 << 12), sig = hf_wr(1024), out = hf_wr(1 << 16);
    struct hf_crl_head  head = { .sig_alg = hf_alg_signature_id(by->alg), .issuer = hf_wr_bytes(&by->name),
                                 .this_update = 1577836800, .next_update = 4102444800 };
    struct hf_idp       idp = { 0 };
    struct hf_crl_marks marks;
    uint8_t             number = 10, base = 0;
    bool                numbered = true, critical = false, delta = false, scoped = false;
    int                 reason = -1, times = 1;
    char               *copy = strdup(words), *save, *word;
    const char         *v;
    static const uint8_t private_oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xb3, 0x3a, 0x85, 0x1a, 0x01 };

    hf_ext_put_aki(&exts, hf_bytes(by->key_id, 20));
    for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (begins(word, "number:", &v))
            number = (uint8_t)atoi(v);
        else if (strcmp(word, "nonumber") == 0)
            numbered = false;
        else if (strcmp(word, "number!") == 0)
            critical = true;
        else if (begins(word, "from:", &v))
            head.this_update = atoll(v);
        else if (begins(word, "to:", &v))
            head.next_update = atoll(v);
        else if (begins(word, "delta:", &v)) {
            delta = true;
            base = (uint8_t)atoi(v);
        } else if (begins(word, "reason:", &v))
            reason = atoi(v);
        else if (strcmp(word, "idp-user") == 0)
            scoped = idp.only_user = true;
        else if (strcmp(word, "idp-ca") == 0)
            scoped = idp.only_ca = true;
        else if (begins(word, "idp:", &v)) {
            scoped = true;
            idp.uri = v;
        } else if (strncmp(word, "unknown", 7) == 0)
            hf_ext_put(&exts, hf_bytes(private_oid, sizeof(private_oid)), word[7] == '!', hf_bytes(NULL, 0));
        else if (strcmp(word, "twice") == 0)
            times = 2;
        else
            abort();
    }
    if (numbered) {
        struct hf_wr      one = hf_wr(64);
        struct hf_rd      r;
        struct hf_ext_raw e;

        hf_ext_put_crl_number(&one, hf_bytes(&number, 1));
        r = hf_rd(hf_wr_bytes(&one));
        if (hf_ext_next(&r, &e))
            hf_ext_put(&exts, e.oid, critical, e.value);
        hf_wr_clear(&one);
    }
    if (delta)
        hf_ext_put_delta(&exts, hf_bytes(&base, 1));
    if (scoped)
        hf_ext_put_idp(&exts, &idp);
    marks = hf_crl_begin(&tbs, &head);
    for (int i = 0; revoked != NULL && i < times; i++)
        hf_crl_put(&tbs, hf_bytes(revoked->serial, revoked->serial_n), 1577836900, reason, -1);
    hf_crl_end(&tbs, &marks, hf_wr_bytes(&exts));
    made_sign(by, hf_wr_bytes(&tbs), &sig);
    hf_der_put_signed(&out, hf_wr_bytes(&tbs), head.sig_alg, hf_wr_bytes(&sig));
    hf_wr_clear(&tbs);
    hf_wr_clear(&exts);
    hf_wr_clear(&sig);
    free(copy);
    return out;
}

#endif
