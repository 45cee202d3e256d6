/* SM2: the answers of GB/T 32918.5-2017, OpenSSL's file of cases, and what must be refused. */
#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/evp.h>
#include <openssl/core_names.h>
#include <openssl/bn.h>

#include "crypto/sm/sm2_int.h"
#include "unit/t.h"

#define ID hf_bytes_str(HF_SM2_DEFAULT_ID)

/* Hex to bytes; gives how many. Spaces are skipped. */
static size_t
hex(const char *s, uint8_t *out, size_t max)
{
    size_t n = 0;
    int    half = -1;

    for (; *s != '\0'; s++) {
        int v = isdigit((unsigned char)*s) ? *s - '0' : tolower((unsigned char)*s) - 'a' + 10;

        if (!isxdigit((unsigned char)*s))
            continue;
        if (half >= 0 && n < max)
            out[n++] = (uint8_t)(half << 4 | v);
        half = half >= 0 ? -1 : v;
    }
    return n;
}

static struct hf_sm2_key
key_of(const char *d)
{
    struct hf_sm2_key key;
    uint8_t           b[32];

    T_EQ(hex(d, b, sizeof(b)), 32);
    T_OK(hf_sm2_key_read(hf_bytes(b, 32), &key));
    return key;
}

static void
is_hex(const uint8_t *got, const char *want)
{
    uint8_t b[256];
    size_t  n = hex(want, b, sizeof(b));

    T_BYTES(hf_bytes(got, n), hf_bytes(b, n));
}

/* -- Known answers ------------------------------------------------------------- */

#define D_SIGN "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define K_SIGN "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21"

static void
signs_as_the_standard(void)
{
    struct hf_sm2_key key = key_of(D_SIGN);
    struct hf_sm2_sig sig;
    struct sm2_jac    j;
    struct sm2_aff    p;
    uint8_t           z[32], e[32], k[32], x1[32];
    uint64_t          kk[4];

    is_hex(key.pub.xy, "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                       "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
    T_OK(hf_sm2_z(&key.pub, ID, z));
    is_hex(z, "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3");
    T_OK(hf_sm2_digest(&key.pub, ID, hf_bytes_str("message digest"), e));
    is_hex(e, "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
    hex(K_SIGN, k, sizeof(k));
    hf_sm2_load(kk, k);
    hf_sm2_comb_mul(&j, hf_sm2_base_comb(), kk);
    T_TRUE(hf_sm2_affine(&p, &j));
    hf_sm2_fe_write(x1, &p.x);
    T_TRUE(hf_sm2_sign_with(&key, e, kk, x1, &sig));
    is_hex(sig.r, "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3");
    is_hex(sig.s, "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
    T_OK(hf_sm2_verify(&key.pub, e, &sig));
}

static void
decrypts_as_the_standard(void)
{
    struct hf_sm2_key key = key_of(D_SIGN);
    struct hf_wr      w = hf_wr_secret(64);
    uint8_t           c[256];
    size_t            n;

    n = hex("04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
            "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
            "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
            "21886ca989ca9c7d58087307ca93092d651efa", c + 1, sizeof(c) - 1);
    c[0] = 4;       /* the standard prints C1 without its form */
    T_OK(hf_sm2_decrypt(&key, hf_bytes(c, n + 1), &w));
    T_BYTES(hf_wr_bytes(&w), hf_bytes_str("encryption standard"));
    hf_wr_clear(&w);
}

static void
exchanges_as_the_standard(void)
{
    struct hf_sm2_key da, db, ra, rb;
    uint8_t           za[32], zb[32], ka[16], kb[16];
    struct hf_sm2_kx_confirm ca, cb;

    da = key_of("81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029");
    db = key_of("785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5");
    ra = key_of("d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3");
    rb = key_of("7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6");
    T_OK(hf_sm2_z(&da.pub, ID, za));
    T_OK(hf_sm2_z(&db.pub, ID, zb));
    T_OK(hf_sm2_kx_derive(&(struct hf_sm2_kx){ true, &da, &ra, &db.pub, &rb.pub, za, zb }, ka, 16,
                          &ca));
    T_OK(hf_sm2_kx_derive(&(struct hf_sm2_kx){ false, &db, &rb, &da.pub, &ra.pub, zb, za }, kb, 16,
                          &cb));
    is_hex(ka, "6c89347354de2484c60b4ab1fde4c6e5");
    is_hex(kb, "6c89347354de2484c60b4ab1fde4c6e5");
    T_TRUE(memcmp(&ca, &cb, sizeof(ca)) == 0);
    is_hex(ca.s_responder, "d3a0fe15dee185ceae907a6b595cc32a266ed7b3367e9983a896dc32fa20f8eb");
    is_hex(ca.s_initiator, "18c7894b3816df16cf07b05c5ec0bef5d655d58f779cc1b400a4f3884644db88");
}

/* -- OpenSSL's file ------------------------------------------------------------ */

#define MAX_LINE 2048

struct cases {
    struct hf_sm2_key key;
    int               verified, decrypted, skipped;
};

static void
private_from_pem(FILE *f, struct cases *c)
{
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    BIGNUM   *d = NULL;
    uint8_t   b[32];

    T_TRUE(pkey != NULL && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1);
    T_EQ(BN_bn2binpad(d, b, 32), 32);
    T_OK(hf_sm2_key_read(hf_bytes(b, 32), &c->key));
    BN_free(d);
    EVP_PKEY_free(pkey);
}

static void
run_verify(struct cases *c, const char *input, const char *output)
{
    uint8_t           e[MAX_LINE], der[MAX_LINE];
    struct hf_sm2_sig sig;

    if (hex(input, e, sizeof(e)) != 32) {
        c->skipped++;       /* a digest that is not SM3's */
        return;
    }
    T_OK(hf_sm2_sig_read(hf_bytes(der, hex(output, der, sizeof(der))), &sig));
    T_OK(hf_sm2_verify(&c->key.pub, e, &sig));
    c->verified++;
}

static void
run_decrypt(struct cases *c, const char *input, char *output)
{
    uint8_t      der[MAX_LINE];
    struct hf_wr w = hf_wr_secret(MAX_LINE);

    output[strcspn(output + 1, "\"") + 1] = '\0';
    T_OK(hf_sm2_decrypt_der(&c->key, hf_bytes(der, hex(input, der, sizeof(der))), &w));
    T_BYTES(hf_wr_bytes(&w), hf_bytes_str(output + 1));
    hf_wr_clear(&w);
    c->decrypted++;
}

static void
passes_openssl_cases(void)
{
    FILE        *f = fopen("tests/data/sm2/evppkey_sm2.txt", "r");
    char         line[MAX_LINE], kind[32] = "", input[MAX_LINE] = "";
    struct cases c = { 0 };

    T_TRUE(f != NULL);
    if (f == NULL)
        return;
    while (fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "PrivateKey=", 11) == 0)
            private_from_pem(f, &c);
        else if (strstr(line, " = SM2_key1") != NULL)
            snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(line, " "), line);
        else if (strncmp(line, "Input = ", 8) == 0)
            snprintf(input, sizeof(input), "%s", line + 8);
        else if (strncmp(line, "Output = ", 9) == 0 && strcmp(kind, "Verify") == 0)
            run_verify(&c, input, line + 9);
        else if (strncmp(line, "Output = ", 9) == 0 && strcmp(kind, "Decrypt") == 0)
            run_decrypt(&c, input, line + 9);
    }
    fclose(f);
    T_EQ(c.verified, 2);
    T_EQ(c.decrypted, 4);
    T_EQ(c.skipped, 1);
}

/* -- Keys ---------------------------------------------------------------------- */

static const char *const n_hex = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

/* n + delta as bytes */
static void
near_n(int delta, uint8_t out[32])
{
    hex(n_hex, out, 32);
    out[31] = (uint8_t)(out[31] + delta);
}

static void
private_keys_have_a_range(void)
{
    static const struct { int delta; bool good; } cases[] = {
        { -3, true }, { -2, true }, { -1, false }, { 0, false }, { 1, false },
    };
    struct hf_sm2_key key;
    uint8_t           d[33] = { 0 };

    T_RC(hf_sm2_key_read(hf_bytes(d, 32), &key), HF_E_FORMAT);
    d[31] = 1;
    T_OK(hf_sm2_key_read(hf_bytes(d, 32), &key));
    T_TRUE(memcmp(key.pub.in, &hf_sm2_base, 64) == 0);
    T_RC(hf_sm2_key_read(hf_bytes(d, 31), &key), HF_E_FORMAT);
    T_RC(hf_sm2_key_read(hf_bytes(d, 33), &key), HF_E_FORMAT);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        near_n(cases[i].delta, d);
        T_EQ(hf_sm2_key_read(hf_bytes(d, 32), &key) == HF_OK, cases[i].good);
    }
    memset(d, 0xff, 32);
    T_RC(hf_sm2_key_read(hf_bytes(d, 32), &key), HF_E_FORMAT);
}

static void
points_are_read_in_every_form(void)
{
    struct hf_sm2_key key;
    struct hf_sm2_pub pub;
    uint8_t           b[65];

    for (int i = 0; i < 20; i++) {
        T_OK(hf_sm2_key_generate(&key));
        hf_sm2_pub_write(&key.pub, b);
        T_OK(hf_sm2_pub_read(hf_bytes(b, 65), &pub));
        T_TRUE(hf_sm2_pub_eq(&pub, &key.pub));
        T_OK(hf_sm2_pub_read(hf_bytes(b + 1, 64), &pub));
        b[0] = (uint8_t)(2 | (b[64] & 1));
        T_OK(hf_sm2_pub_read(hf_bytes(b, 33), &pub));
        T_TRUE(memcmp(&pub, &key.pub, sizeof(pub)) == 0);
        b[0] ^= 1;
        T_OK(hf_sm2_pub_read(hf_bytes(b, 33), &pub));
        T_FALSE(hf_sm2_pub_eq(&pub, &key.pub));
        b[0] = (uint8_t)(6 | (b[64] & 1));
        T_OK(hf_sm2_pub_read(hf_bytes(b, 65), &pub));
        b[0] ^= 1;
        T_RC(hf_sm2_pub_read(hf_bytes(b, 65), &pub), HF_E_FORMAT);
    }
}

static void
points_elsewhere_are_refused(void)
{
    struct hf_sm2_key key;
    struct hf_sm2_pub pub;
    uint8_t           b[65], x[33] = { 2 };
    int               without_root = 0;

    T_OK(hf_sm2_key_generate(&key));
    hf_sm2_pub_write(&key.pub, b);
    for (size_t n = 0; n < 65; n++)
        if (n != 64)
            T_RC(hf_sm2_pub_read(hf_bytes(b, n), &pub), HF_E_FORMAT);
    for (size_t i = 0; i < 65; i++) {
        b[i] ^= 0x10;
        T_RC(hf_sm2_pub_read(hf_bytes(b, 65), &pub), HF_E_FORMAT);
        b[i] ^= 0x10;
    }
    memset(b + 1, 0, 64);
    T_RC(hf_sm2_pub_read(hf_bytes(b, 65), &pub), HF_E_FORMAT);  /* 0, 0 */
    b[0] = 0;
    T_RC(hf_sm2_pub_read(hf_bytes(b, 1), &pub), HF_E_FORMAT);   /* infinity */
    /* a right point with p added to x, where that fits into 32 bytes: x below 2^256 - p */
    for (uint8_t i = 0; i < 64; i++) {
        x[32] = i;
        without_root += hf_sm2_pub_read(hf_bytes(x, 33), &pub) != HF_OK;
    }
    T_TRUE(without_root > 10 && without_root < 54);
}

/* x = small + p instead of small, for a point whose x is small, must be refused. */
static void
coordinates_have_one_form(void)
{
    static const uint8_t p[32] = {
        0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff,
    };
    struct hf_sm2_pub pub, again;
    uint8_t           b[65] = { 2 };
    int               tried = 0;

    for (uint8_t i = 0; i < 32; i++) {
        unsigned carry = 0;

        memset(b, 0, sizeof(b));
        b[0] = 2;
        b[32] = i;
        if (hf_sm2_pub_read(hf_bytes(b, 33), &pub) != HF_OK)
            continue;
        hf_sm2_pub_write(&pub, b);
        for (int j = 31; j >= 0; j--) {
            carry += (unsigned)b[1 + j] + p[j];
            b[1 + j] = (uint8_t)carry;
            carry >>= 8;
        }
        T_EQ(carry, 0);
        T_RC(hf_sm2_pub_read(hf_bytes(b, 65), &again), HF_E_FORMAT);
        tried++;
    }
    T_TRUE(tried > 5);
}

/* -- Signatures ---------------------------------------------------------------- */

static void
signatures_verify_and_changes_do_not(void)
{
    struct hf_sm2_key key, other;
    struct hf_sm2_sig sig, bad;
    uint8_t           e[32];

    T_OK(hf_sm2_key_generate(&key));
    T_OK(hf_sm2_key_generate(&other));
    T_OK(hf_sm2_digest(&key.pub, ID, hf_bytes_str("tamper"), e));
    T_OK(hf_sm2_sign(&key, e, &sig));
    T_OK(hf_sm2_verify(&key.pub, e, &sig));
    T_RC(hf_sm2_verify(&other.pub, e, &sig), HF_E_VERIFY);
    for (size_t i = 0; i < 32; i++) {
        bad = sig;
        bad.r[i] ^= 1;
        T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
        bad = sig;
        bad.s[i] ^= 0x80;
        T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
        e[i] ^= 4;
        T_RC(hf_sm2_verify(&key.pub, e, &sig), HF_E_VERIFY);
        e[i] ^= 4;
    }
}

static void
numbers_out_of_range_do_not_verify(void)
{
    struct hf_sm2_key key;
    struct hf_sm2_sig sig, bad;
    uint64_t          r[4], s[4];
    static const uint64_t zero[4];
    uint8_t           e[32] = { 7 };

    T_OK(hf_sm2_key_generate(&key));
    T_OK(hf_sm2_sign(&key, e, &sig));
    for (int which = 0; which < 2; which++) {
        for (int delta = 0; delta < 3; delta++) {
            bad = sig;
            near_n(delta, which == 0 ? bad.r : bad.s);
            T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
        }
        bad = sig;
        memset(which == 0 ? bad.r : bad.s, 0, 32);
        T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
        memset(which == 0 ? bad.r : bad.s, 0xff, 32);
        T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
    }
    bad = sig;                          /* r + s = n */
    hf_sm2_load(r, sig.r);
    hf_sm2_n_sub(s, zero, r);
    hf_sm2_store(bad.s, s);
    T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
    near_n(-1, bad.r);                  /* r = s = n - 1: in range, and wrong */
    near_n(-1, bad.s);
    T_RC(hf_sm2_verify(&key.pub, e, &bad), HF_E_VERIFY);
}

/*
 * x1 above n: choose the point first. For a point Q with x in [n, p) and any
 * s, t the key P = (Q - sG)/t and e = r - x, r = t - s, verify, although
 * r - e mod n is x - n and not x. The smallest such x is n plus a little.
 */
static void
an_x_above_n_verifies(void)
{
    static const uint64_t     t_s[4] = { 12345 }, s_s[4] = { 678 };
    const struct hf_sm2_ops  *o = hf_sm2_ops();
    struct hf_sm2_pub         pub;
    struct hf_sm2_sig         sig;
    struct sm2_aff            q, p;
    struct sm2_jac            j, sum;
    uint8_t                   b[33] = { 2 }, e[32];
    uint64_t                  k[4], x[4], r[4];
    int                       found = 0;

    for (int delta = 0; delta < 40; delta++) {
        near_n(delta, b + 1);
        if (hf_sm2_pub_read(hf_bytes(b, 33), &pub) != HF_OK)
            continue;
        q = hf_sm2_pub_point(&pub);
        hf_sm2_n_sub(k, (const uint64_t[4]){ 0 }, s_s);
        o->comb_mul(&j, hf_sm2_base_comb(), k);
        o->add_public(&sum, &j, &q);                    /* Q - sG */
        T_TRUE(hf_sm2_affine(&p, &sum));
        hf_sm2_n_inv(k, t_s);
        o->point_mul_public(&j, &p, k);
        T_TRUE(hf_sm2_affine(&p, &j));
        hf_sm2_pub_set(&pub, &p);
        hf_sm2_n_sub(r, t_s, s_s);
        hf_sm2_load(x, b + 1);
        hf_sm2_n_reduce(x, x);
        hf_sm2_n_sub(x, r, x);
        hf_sm2_store(e, x);
        hf_sm2_store(sig.r, r);
        hf_sm2_store(sig.s, s_s);
        T_OK(hf_sm2_verify(&pub, e, &sig));
        found++;
    }
    T_TRUE(found > 5);
}

static void
nonces_are_fresh(void)
{
    struct hf_sm2_key key;
    struct hf_sm2_sig a, b;
    uint8_t           e[32] = { 1 };

    T_OK(hf_sm2_key_generate(&key));
    T_OK(hf_sm2_sign(&key, e, &a));
    T_OK(hf_sm2_sign(&key, e, &b));
    T_TRUE(memcmp(a.r, b.r, 32) != 0);
}

/* A child must not draw what its parent draws next. */
static void
a_forked_child_draws_others(void)
{
    uint8_t mine[SM2_NONCE_FRESH], other[SM2_NONCE_FRESH] = { 0 };
    int     pipes[2], status = -1;
    pid_t   pid;

    T_OK(hf_sm2_random_hedge(mine, sizeof(mine)));
    T_EQ(pipe(pipes), 0);
    if ((pid = fork()) == 0) {
        bool sent = hf_sm2_random_hedge(mine, sizeof(mine)) == HF_OK &&
                    write(pipes[1], mine, sizeof(mine)) == (ssize_t)sizeof(mine);

        _exit(sent ? 0 : 1);
    }
    T_TRUE(pid != -1 && waitpid(pid, &status, 0) == pid);
    T_EQ(status, 0);
    T_EQ(read(pipes[0], other, sizeof(other)), sizeof(other));
    T_OK(hf_sm2_random_hedge(mine, sizeof(mine)));
    T_TRUE(memcmp(mine, other, sizeof(mine)) != 0);
    close(pipes[0]);
    close(pipes[1]);
}

/* -- DER ----------------------------------------------------------------------- */

static enum hf_rc
read_hex(const char *s, struct hf_sm2_sig *sig)
{
    uint8_t b[128];

    return hf_sm2_sig_read(hf_bytes(b, hex(s, b, sizeof(b))), sig);
}

static void
malleable_encodings_are_refused(void)
{
    static const char *const bad[] = {
        "",                             /* nothing */
        "30060201010201",               /* ends early */
        "3006020101020101 00",          /* bytes after it */
        "3007020101020101 00",          /* bytes inside it */
        "300702020001020101",           /* needless zero in r */
        "300702010102020001",           /* and in s */
        "3006020181020101",             /* negative */
        "30050200020101",               /* number of no bytes */
        "30810602 0101020101",          /* length in two bytes */
        "3080020101020101 0000",        /* indefinite */
        "300702810101020101",           /* long length inside */
        "3106020101020101",             /* SET */
        "3006030101020101",             /* BIT STRING */
        "3003020101",                   /* s missing */
        "3009020101020101020101",       /* a third */
        "3028 0222 00ff00000000000000000000000000000000000000000000000000000000000000ff00 020101",
    };
    struct hf_sm2_sig sig;

    T_OK(read_hex("3006020101020101", &sig));
    T_OK(read_hex("300702 0101 02020080", &sig));
    for (size_t i = 0; i < HF_COUNT(bad); i++)
        T_TRUE(read_hex(bad[i], &sig) != HF_OK);
}

static void
der_goes_both_ways(void)
{
    struct hf_sm2_sig a, b;
    uint8_t           der[HF_SM2_DER_MAX];
    size_t            n;

    for (int zeros = 0; zeros <= 32; zeros++)
        for (int top = 0; top < 2; top++) {
            memset(&a, 0, sizeof(a));
            memset(a.r + zeros, 0x11, (size_t)(32 - zeros));
            memset(a.s, 0x22, 32);
            if (zeros < 32)
                a.r[zeros] = top ? 0x80 : 0x7f;
            n = hf_sm2_sig_write(&a, der);
            T_TRUE(n <= HF_SM2_DER_MAX);
            T_OK(hf_sm2_sig_read(hf_bytes(der, n), &b));
            T_TRUE(memcmp(&a, &b, sizeof(a)) == 0);
            for (size_t cut = 0; cut < n; cut++)
                T_TRUE(hf_sm2_sig_read(hf_bytes(der, cut), &b) != HF_OK);
        }
}

/* -- Encryption ---------------------------------------------------------------- */

static void
ciphertexts_open_again(void)
{
    struct hf_sm2_key key;
    uint8_t           plain[300];
    struct hf_wr      c = hf_wr(4096), out = hf_wr_secret(4096);

    T_OK(hf_sm2_key_generate(&key));
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 7);
    for (size_t n = 1; n <= sizeof(plain); n += n < 70 ? 1 : 23) {
        for (int der = 0; der < 2; der++) {
            hf_wr_cut(&c, 0);
            hf_wr_cut(&out, 0);
            T_OK((der ? hf_sm2_encrypt_der : hf_sm2_encrypt)(&key.pub, hf_bytes(plain, n), &c));
            T_OK((der ? hf_sm2_decrypt_der : hf_sm2_decrypt)(&key, hf_wr_bytes(&c), &out));
            T_BYTES(hf_wr_bytes(&out), hf_bytes(plain, n));
        }
    }
    T_RC(hf_sm2_encrypt(&key.pub, hf_bytes(NULL, 0), &c), HF_E_ARG);
    hf_wr_clear(&c);
    hf_wr_clear(&out);
}

static void
changed_ciphertexts_do_not_open(void)
{
    struct hf_sm2_key key;
    struct hf_wr      c = hf_wr(4096), d = hf_wr(4096), out = hf_wr_secret(4096);

    T_OK(hf_sm2_key_generate(&key));
    T_OK(hf_sm2_encrypt(&key.pub, hf_bytes_str("sealed"), &c));
    T_OK(hf_sm2_encrypt_der(&key.pub, hf_bytes_str("sealed"), &d));
    hf_wr_str(&out, "kept");
    for (size_t i = 0; i < c.n; i++) {
        T_TRUE(hf_sm2_decrypt(&key, hf_bytes(c.p, i), &out) != HF_OK);
        c.p[i] ^= (uint8_t)(1 << i % 8);
        T_TRUE(hf_sm2_decrypt(&key, hf_wr_bytes(&c), &out) != HF_OK);
        c.p[i] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < d.n; i++) {
        T_TRUE(hf_sm2_decrypt_der(&key, hf_bytes(d.p, i), &out) != HF_OK);
        d.p[i] ^= (uint8_t)(1 << i % 8);
        T_TRUE(hf_sm2_decrypt_der(&key, hf_wr_bytes(&d), &out) != HF_OK);
        d.p[i] ^= (uint8_t)(1 << i % 8);
    }
    T_BYTES(hf_wr_bytes(&out), hf_bytes_str("kept"));
    hf_wr_clear(&c);
    hf_wr_clear(&d);
    hf_wr_clear(&out);
}

static void
both_sides_share_a_point(void)
{
    struct hf_sm2_key a, b;
    uint8_t           x[64], y[64];

    T_OK(hf_sm2_key_generate(&a));
    T_OK(hf_sm2_key_generate(&b));
    T_OK(hf_sm2_ecdh(&a, &b.pub, x));
    T_OK(hf_sm2_ecdh(&b, &a.pub, y));
    T_TRUE(memcmp(x, y, 64) == 0);
}

static void
a_shared_point_at_infinity_is_refused(void)
{
    struct hf_sm2_key self, ephemeral, peer;
    struct hf_sm2_pub attack;
    struct sm2_aff    p;
    struct sm2_jac    j;
    uint64_t          x[4], k[4];
    uint8_t           z[32] = { 0 }, key[16];

    T_OK(hf_sm2_key_generate(&self));
    T_OK(hf_sm2_key_generate(&ephemeral));
    T_OK(hf_sm2_key_generate(&peer));
    /* the peer chooses R = rG first and then claims P = -x R, which it can, knowing both */
    hf_sm2_load(x, peer.pub.xy);
    x[1] |= UINT64_C(1) << 63;
    x[2] = x[3] = 0;
    hf_sm2_n_sub(k, (const uint64_t[4]){ 0 }, x);
    p = hf_sm2_pub_point(&peer.pub);
    hf_sm2_ops()->point_mul(&j, &p, k);
    T_TRUE(hf_sm2_affine(&p, &j));
    hf_sm2_pub_set(&attack, &p);
    T_RC(hf_sm2_kx_derive(&(struct hf_sm2_kx){ true, &self, &ephemeral, &attack, &peer.pub, z, z },
                          key, sizeof(key), NULL), HF_E_VERIFY);
}

/* The scalars at which equal points meet inside a multiplication, and their negatives. */
static void
scalars_that_meet_equal_points(void)
{
    static const char *const met[] = {
        "e00000010000000000000000000000008dfc2094de39fad4ac440bf6c62abedd",   /* the comb's last row: 30 * 2^252 - n */
        "e03f80ff03f80fe03f80fe03f80fe03f0d02236cd1d9c5545247f3f926153e23",   /* its even and odd rows */
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d5411d",   /* the window: n - 6 */
    };
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_jac           j;
    struct sm2_aff           want, got;
    uint8_t                  b[32];
    uint64_t                 k[4];

    for (size_t i = 0; i < 2 * HF_COUNT(met); i++) {
        T_EQ(hex(met[i / 2], b, sizeof(b)), 32);
        hf_sm2_load(k, b);
        if (i % 2 == 1)
            hf_sm2_n_sub(k, (const uint64_t[4]){ 0 }, k);
        o->point_mul_public(&j, &hf_sm2_base, k);
        T_TRUE(hf_sm2_affine(&want, &j));
        hf_sm2_comb_mul(&j, hf_sm2_base_comb(), k);
        T_TRUE(hf_sm2_affine(&got, &j));
        T_TRUE(memcmp(&got, &want, sizeof(got)) == 0);
        o->comb_mul(&j, hf_sm2_base_comb(), k);
        T_TRUE(hf_sm2_affine(&got, &j));
        T_TRUE(memcmp(&got, &want, sizeof(got)) == 0);
        o->point_mul(&j, &hf_sm2_base, k);
        T_TRUE(hf_sm2_affine(&got, &j));
        T_TRUE(memcmp(&got, &want, sizeof(got)) == 0);
    }
}

/* -- The cache ----------------------------------------------------------------- */

static void
the_cache_gives_the_same_answers(void)
{
    struct hf_sm2_key key[3];
    struct hf_sm2_sig sig[3];
    uint8_t           e[32] = { 9 };
    const struct sm2_comb *t;

    hf_sm2_cache_clear();
    hf_sm2_cache_limit(2);
    for (int i = 0; i < 3; i++) {
        T_OK(hf_sm2_key_generate(&key[i]));
        T_OK(hf_sm2_sign(&key[i], e, &sig[i]));
        for (unsigned use = 0; use < HF_SM2_CACHE_USES + 3; use++) {
            T_OK(hf_sm2_verify(&key[i].pub, e, &sig[i]));
            T_RC(hf_sm2_verify(&key[i].pub, e, &sig[(i + 1) % 3]), HF_E_VERIFY);
        }
        t = hf_sm2_cache_get(&key[i].pub);
        T_TRUE(t != NULL);
        hf_sm2_cache_put(t);
    }
    t = hf_sm2_cache_get(&key[0].pub);      /* the oldest of three had to go */
    T_TRUE(t == NULL);
    hf_sm2_cache_limit(64);
    hf_sm2_cache_clear();
}

static void
a_table_outlives_its_place(void)
{
    struct hf_sm2_key      key;
    const struct sm2_comb *t;
    struct sm2_jac         j;
    struct sm2_aff         p;
    static const uint64_t  one[4] = { 1 };

    T_OK(hf_sm2_key_generate(&key));
    hf_sm2_cache_warm(&key.pub);
    t = hf_sm2_cache_get(&key.pub);
    T_TRUE(t != NULL);
    hf_sm2_cache_clear();
    if (t != NULL) {
        hf_sm2_comb_mul(&j, t, one);
        T_TRUE(hf_sm2_affine(&p, &j));
        T_TRUE(memcmp(&p, key.pub.in, sizeof(p)) == 0);
    }
    hf_sm2_cache_put(t);
    hf_sm2_cache_limit(0);
    hf_sm2_cache_warm(&key.pub);
    t = hf_sm2_cache_get(&key.pub);
    T_TRUE(t == NULL);
    hf_sm2_cache_limit(64);
}

/* Four threads, six keys, room for two tables: every answer is right all the same. */
static struct hf_sm2_key  shared_key[6];
static struct hf_sm2_sig  shared_sig[6];
static const uint8_t      shared_e[32] = { 3 };

static void *
verify_all(void *wrong)
{
    for (unsigned i = 0; i < 6 * (HF_SM2_CACHE_USES + 8); i++) {
        unsigned k = i / 8 % 6;

        if (hf_sm2_verify(&shared_key[k].pub, shared_e, &shared_sig[k]) != HF_OK ||
            hf_sm2_verify(&shared_key[k].pub, shared_e, &shared_sig[(k + 1) % 6]) == HF_OK)
            *(unsigned *)wrong += 1;
    }
    return NULL;
}

static void
threads_share_the_cache(void)
{
    pthread_t t[4];
    unsigned  wrong[4] = { 0 };

    for (int i = 0; i < 6; i++) {
        T_OK(hf_sm2_key_generate(&shared_key[i]));
        T_OK(hf_sm2_sign(&shared_key[i], shared_e, &shared_sig[i]));
    }
    hf_sm2_cache_limit(2);
    for (int i = 0; i < 4; i++)
        T_EQ(pthread_create(&t[i], NULL, verify_all, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        T_EQ(pthread_join(t[i], NULL), 0);
        T_EQ(wrong[i], 0);
    }
    hf_sm2_cache_limit(64);
}

T_MAIN(T(threads_share_the_cache), T(scalars_that_meet_equal_points), T(signs_as_the_standard), T(decrypts_as_the_standard), T(exchanges_as_the_standard),
       T(passes_openssl_cases), T(private_keys_have_a_range), T(points_are_read_in_every_form),
       T(points_elsewhere_are_refused), T(coordinates_have_one_form),
       T(signatures_verify_and_changes_do_not), T(numbers_out_of_range_do_not_verify),
       T(an_x_above_n_verifies), T(nonces_are_fresh), T(a_forked_child_draws_others), T(malleable_encodings_are_refused),
       T(der_goes_both_ways), T(ciphertexts_open_again), T(changed_ciphertexts_do_not_open),
       T(both_sides_share_a_point), T(a_shared_point_at_infinity_is_refused),
       T(the_cache_gives_the_same_answers), T(a_table_outlives_its_place))
