/* Constant time of SM2: scalars, inverses, keys, signing, decryption, key exchange. */
#include "ct/ct.h"

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_der.h"
#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_x8_int.h"

static uint64_t               scalar[8][4];
static const uint64_t         fixed[4] = { 0x0123456789abcdef, 0, 0xffffffffffffffff, 0x7 };
static struct sm2_jac         point;
static struct sm2_x8_points   points;
static struct sm2_aff         many[8];
static unsigned char          zeros[HF_SM2_X8_GROUPS];
static struct hf_sm2_key      key, other, ephemeral;
static struct hf_sm2_sig      sig;
static struct hf_sm2_sign_job jobs[8];
static uint8_t                e[32] = { 1, 2, 3 }, xy[64];

/* -- Under memcheck ---------------------------------------------------------------- */

static void
secret_scalar(uint64_t k[4])
{
    memcpy(k, fixed, sizeof(fixed));
    ct_secret(k, 32);
}

static void
check_comb(const struct hf_sm2_ops *o)
{
    uint64_t k[4];

    secret_scalar(k);
    o->comb_mul(&point, hf_sm2_base_comb(), k);
    ct_public(&point, sizeof(point));
}

static void
check_point(const struct hf_sm2_ops *o)
{
    uint64_t k[4];

    secret_scalar(k);
    o->point_mul(&point, &hf_sm2_base, k);
    ct_public(&point, sizeof(point));
}

static void check_comb_c(void) { check_comb(&hf_sm2_ops_generic); }
static void check_point_c(void) { check_point(&hf_sm2_ops_generic); }
#if defined(__x86_64__)
static void check_comb_adx(void) { check_comb(&hf_sm2_ops_adx); }
static void check_point_adx(void) { check_point(&hf_sm2_ops_adx); }
#endif

static void
check_affine(void)
{
    struct sm2_jac two[2];
    struct sm2_aff out[2];
    uint64_t       k[4] = { 3 };
    bool           finite;

    hf_sm2_comb_mul(&two[0], hf_sm2_base_comb(), k);
    two[1] = two[0];
    ct_secret(two, sizeof(two));
    hf_sm2_affine_pair(out, two);
    finite = hf_sm2_affine(&out[0], &two[0]);
    ct_public(&finite, sizeof(finite));
    CT_MUST(finite);
}

static void
check_order(void)
{
    uint64_t a[4], r[4];
    uint8_t  wide[64] = { 1, 2 };

    secret_scalar(a);
    hf_sm2_n_inv(r, a);
    hf_sm2_n_to_mont(r, r);
    hf_sm2_n_sub(r, r, a);
    hf_sm2_n_add(r, r, a);
    ct_secret(wide, sizeof(wide));
    hf_sm2_n_wide(r, wide);
}

static void
check_key(void)
{
    uint64_t d[4];
    bool     good;

    secret_scalar(d);
    good = hf_sm2_scalar_good(d);
    ct_public(&good, sizeof(good));
    CT_MUST(good);
    hf_sm2_key_make(&key, d);
    ct_public(&key.pub, sizeof(key.pub));
}

static void
secret_parts(struct hf_sm2_key *k)
{
    ct_secret(k->d, sizeof(k->d));
    ct_secret(k->inv, sizeof(k->inv));
    ct_secret(&k->mac, sizeof(k->mac));
}

static void
check_sign(void)
{
    struct hf_sm2_sign_job job = { .key = &key, .e = e };
    uint64_t               k[4];
    struct sm2_aff         p;
    uint8_t                x1[32];
    bool                   good;

    CT_MUST(hf_sm2_key_generate(&key) == HF_OK);
    secret_parts(&key);
    CT_MUST(hf_sm2_nonces(&job, 1, &k) == HF_OK);
    hf_sm2_comb_mul(&point, hf_sm2_base_comb(), k);
    good = hf_sm2_affine(&p, &point);
    hf_sm2_fe_write(x1, &p.x);
    good &= hf_sm2_sign_with(&key, e, k, x1, &sig);
    ct_public(&good, sizeof(good));
    ct_public(&sig, sizeof(sig));
    CT_MUST(good && hf_sm2_verify(&key.pub, e, &sig) == HF_OK);
}

static void
check_decrypt(void)
{
    static const uint8_t text[100] = { 5 };
    struct hf_wr         w = hf_wr(1024);
    struct hf_sm2_cipher c;
    struct hf_sm2_pub    c1;
    uint8_t              plain[sizeof(text)];
    bool                 good;

    CT_MUST(hf_sm2_key_generate(&key) == HF_OK);
    CT_MUST(hf_sm2_encrypt_der(&key.pub, hf_bytes(text, sizeof(text)), &w) == HF_OK);
    CT_MUST(hf_sm2_cipher_read(hf_wr_bytes(&w), &c) == HF_OK);
    CT_MUST(hf_sm2_pub_read(hf_bytes(c.xy, 64), &c1) == HF_OK);
    secret_parts(&key);
    good = hf_sm2_open_body(&key, &c1, &c, plain);
    ct_public(&good, sizeof(good));
    ct_public(plain, sizeof(plain));
    CT_MUST(good && memcmp(plain, text, sizeof(text)) == 0);
    hf_wr_clear(&w);
}

static void
check_kx(void)
{
    static const uint8_t z[32];
    struct hf_sm2_kx     kx = { true, &key, &ephemeral, &other.pub, &other.pub, z, z };
    struct sm2_aff       bracket;
    bool                 finite;

    CT_MUST(hf_sm2_key_generate(&key) == HF_OK);
    CT_MUST(hf_sm2_key_generate(&other) == HF_OK);
    CT_MUST(hf_sm2_key_generate(&ephemeral) == HF_OK);
    secret_parts(&key);
    secret_parts(&ephemeral);
    CT_MUST(hf_sm2_kx_bracket(&kx, &bracket));
    finite = hf_sm2_kx_shared(&kx, &bracket, xy);
    ct_public(&finite, sizeof(finite));
    CT_MUST(finite);
}

/* The public multiplication branches on its scalar: memcheck must say so. */
static void
check_leak(void)
{
    uint64_t k[4];

    secret_scalar(k);
    hf_sm2_ops()->point_mul_public(&point, &hf_sm2_base, k);
    ct_public(&point, sizeof(point));
}

/* -- Timed ------------------------------------------------------------------------- */

/* Eight scalars: the same every time, or others every time. */
static void
prepare_scalars(int random)
{
    uint64_t r[4];

    for (int l = 0; l < 8; l++) {
        ct_random_bytes(r, sizeof(r));
        r[3] >>= 1;
        for (int i = 0; i < 4; i++)
            scalar[l][i] = random ? r[i] : fixed[i];
    }
}

static void run_comb_c(void) { hf_sm2_ops_generic.comb_mul(&point, hf_sm2_base_comb(), scalar[0]); }
static void run_point_c(void) { hf_sm2_ops_generic.point_mul(&point, &hf_sm2_base, scalar[0]); }
#if defined(__x86_64__)
static void run_comb_adx(void) { hf_sm2_ops_adx.comb_mul(&point, hf_sm2_base_comb(), scalar[0]); }
static void run_point_adx(void) { hf_sm2_ops_adx.point_mul(&point, &hf_sm2_base, scalar[0]); }
#endif
static void run_inverse(void) { hf_sm2_n_inv(scalar[1], scalar[0]); }

static void
run_base_x8(void)
{
    hf_sm2_x8_base_mul(&points, 0, (const uint64_t(*)[4])scalar);
    hf_sm2_x8_affine(many, zeros, &points, 1);
}

static void
prepare_keys(int random)
{
    prepare_scalars(random);
    hf_sm2_key_make(&key, scalar[0]);
    for (int l = 0; l < 8; l++)
        jobs[l] = (struct hf_sm2_sign_job){ .key = &key, .e = e };
}

static void run_sign(void) { CT_MUST(hf_sm2_sign(&key, e, &sig) == HF_OK); }
static void run_sign_batch(void) { CT_MUST(hf_sm2_sign_batch(jobs, 8) == HF_OK); }
static void run_key(void) { hf_sm2_key_make(&other, scalar[0]); }

static void
run_leak(void)
{
    hf_sm2_ops()->point_mul_public(&point, &hf_sm2_base, scalar[0]);
}

/* Small scalars against random ones: the public way is seen to be faster for them. */
static void
prepare_leak(int random)
{
    prepare_scalars(random);
    if (!random)
        scalar[0][3] = scalar[0][2] = 0;
}

static const struct ct_case cases[] = {
    { "comb, portable", check_comb_c, prepare_scalars, run_comb_c, false, 0 },
    { "point multiplication, portable", check_point_c, prepare_scalars, run_point_c, false, 5000 },
#if defined(__x86_64__)
    { "comb, ADX", check_comb_adx, prepare_scalars, run_comb_adx, false, 0 },
    { "point multiplication, ADX", check_point_adx, prepare_scalars, run_point_adx, false, 5000 },
#endif
    { "affine coordinates", check_affine, NULL, NULL, false, 0 },
    { "inverse and products modulo n", check_order, prepare_scalars, run_inverse, false, 0 },
    { "key pair from d", check_key, prepare_scalars, run_key, false, 0 },
    { "signature, nonce included", check_sign, prepare_keys, run_sign, false, 0 },
    { "decryption", check_decrypt, NULL, NULL, false, 0 },
    { "key exchange", check_kx, NULL, NULL, false, 0 },
    { "public multiplication", check_leak, prepare_leak, run_leak, true, 5000 },
};

static const struct ct_case wide_cases[] = {
    { "comb, eight at once, IFMA", NULL, prepare_scalars, run_base_x8, false, 10000 },
    { "eight signatures in a batch, IFMA", NULL, prepare_keys, run_sign_batch, false, 10000 },
};

int
main(void)
{
    int bad = ct_run(cases, sizeof(cases) / sizeof(cases[0]));

    if (hf_sm2_x8_here())
        bad |= ct_run(wide_cases, sizeof(wide_cases) / sizeof(wide_cases[0]));
    else if (!RUNNING_ON_VALGRIND)
        printf("SKIP no AVX-512 IFMA here: its kernels were not timed\n");
    return bad;
}
