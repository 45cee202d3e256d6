/*
 * sm2_int.h - what the SM2 files share and nobody else includes.
 *
 * Field elements are four 64-bit words, low word first, in Montgomery form
 * with R = 2^256, always fully reduced into [0, p). Scalars are four words,
 * plain, in [0, n) unless a name says otherwise. Points are affine, or
 * Jacobian (x = X/Z^2, y = Y/Z^3) with Z = 0 for infinity.
 *
 * One hf_sm2_ops is one way to compute: portable C or MULX/ADX. The rows are
 * the operations that are worth dispatching; all of them are constant time
 * but those named _public.
 */
#ifndef HF_CRYPTO_SM_SM2_INT_H
#define HF_CRYPTO_SM_SM2_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/sm/sm2.h"

struct sm2_fe {
    uint64_t v[4];
};

struct sm2_aff {
    struct sm2_fe x, y;
};

struct sm2_jac {
    struct sm2_fe x, y, z;
};

/*
 * Signed comb of a point P: row j holds 1, 3, 5 ... 127 times 2^(7j) P. The 37
 * rows reach over 256 bits.
 */
#define SM2_COMB_BITS 7
#define SM2_COMB_ROWS 37
#define SM2_COMB_COLS 64

struct sm2_comb {
    struct sm2_aff at[SM2_COMB_ROWS][SM2_COMB_COLS];
};

struct hf_sm2_ops {
    const char *name;
    void (*mul)(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b);
    void (*sqr)(struct sm2_fe *r, const struct sm2_fe *a);
    void (*add)(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b);
    void (*sub)(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b);
    void (*half)(struct sm2_fe *r, const struct sm2_fe *a);

    /* r = 1/a, and 0 for 0, by Fermat's chain: the oracle of hf_sm2_fe_inv(). */
    void (*inv_chain)(struct sm2_fe *r, const struct sm2_fe *a);

    void (*comb_mul)(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4]);
    void (*point_mul)(struct sm2_jac *r, const struct sm2_aff *p, const uint64_t k[4]);
    void (*point_mul_public)(struct sm2_jac *r, const struct sm2_aff *p, const uint64_t k[4]);
    /* r = s*G + t*P by the tables of both, or by P alone when its table is NULL. */
    void (*pair_mul_public)(struct sm2_jac *r, const struct sm2_comb *g, const uint64_t s[4],
                            const struct sm2_comb *pt, const struct sm2_aff *p,
                            const uint64_t t[4]);
    void (*add_public)(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_aff *q);
    void (*join_public)(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_jac *q);
    void (*comb_build_public)(struct sm2_comb *t, const struct sm2_aff *p);
};

extern const struct hf_sm2_ops hf_sm2_ops_generic;
#if defined(__x86_64__)
extern const struct hf_sm2_ops hf_sm2_ops_adx;
#endif

/* d G = point, from the standard: a tier is used once it has computed that. */
extern const uint64_t       hf_sm2_known_d[4];
extern const struct sm2_aff hf_sm2_known_point;

/* The fastest that the processor has and HUFU_CPU permits. */
const struct hf_sm2_ops *hf_sm2_ops(void);

/*
 * *r = row[index] of n entries, all of them read whatever the index is. Chosen
 * with the operations; portable before that.
 */
extern void (*hf_sm2_pick)(struct sm2_aff *r, const struct sm2_aff *row, uint64_t n,
                           uint64_t index);
void hf_sm2_pick_choose(void);

/* The comb of the base point; made at first use, read-only afterwards. */
const struct sm2_comb *hf_sm2_base_comb(void);

/*
 * What callers use: the above, or the eight lanes of sm2_x8.c working at one
 * product where the processor has them. k G or k P by the comb t, constant
 * time; and s G + t P, public, with a table of P or NULL.
 */
void hf_sm2_comb_mul(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4]);
void hf_sm2_pair_mul_public(struct sm2_jac *r, const uint64_t s[4], const struct sm2_comb *pt,
                            const struct sm2_aff *p, const uint64_t t[4]);

/* -- The field ------------------------------------------------------------- */

extern const struct sm2_fe  hf_sm2_p;      /* the prime itself, plain */
extern const struct sm2_fe  hf_sm2_fe_one; /* R mod p */
extern const struct sm2_fe  hf_sm2_fe_r2;  /* R^2 mod p */
extern const struct sm2_fe  hf_sm2_fe_b;   /* curve coefficient b */
extern const struct sm2_aff hf_sm2_base;   /* G */

bool hf_sm2_fe_read(struct sm2_fe *r, const uint8_t in[32]); /* false: not below p */
void hf_sm2_fe_write(uint8_t out[32], const struct sm2_fe *a);
void hf_sm2_fe_inv(struct sm2_fe *r, const struct sm2_fe *a);    /* constant time; 1/0 = 0 */
bool hf_sm2_fe_sqrt(struct sm2_fe *r, const struct sm2_fe *a);   /* public; false: no root */
void hf_sm2_curve_rhs(struct sm2_fe *r, const struct sm2_fe *x); /* x^3 + ax + b */
bool hf_sm2_on_curve(const struct sm2_aff *p);

/* Affine form; false for infinity (and zero coordinates). Constant time. */
bool hf_sm2_affine(struct sm2_aff *r, const struct sm2_jac *p);

/* Two at the price of one inversion. Neither may be infinity. */
void hf_sm2_affine_pair(struct sm2_aff r[2], const struct sm2_jac p[2]);

/* -- The order ------------------------------------------------------------- */

extern const uint64_t hf_sm2_n[4];

void hf_sm2_load(uint64_t r[4], const uint8_t in[32]);
void hf_sm2_store(uint8_t out[32], const uint64_t a[4]);
bool hf_sm2_below(const uint64_t a[4], const uint64_t m[4]); /* constant time a < m */
bool hf_sm2_is_zero(const uint64_t a[4]);                    /* constant time */
void hf_sm2_n_reduce(uint64_t r[4], const uint64_t a[4]);    /* any 256 bits */
void hf_sm2_n_wide(uint64_t r[4], const uint8_t in[64]);     /* 512 bits, big endian */
void hf_sm2_n_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]);
void hf_sm2_n_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]);
void hf_sm2_n_montmul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]); /* ab/R */
void hf_sm2_n_to_mont(uint64_t r[4], const uint64_t a[4]);                      /* aR */
void hf_sm2_n_inv(uint64_t r[4], const uint64_t a[4]); /* plain in, plain out */

/* -- Between the files --------------------------------------------------------- */

/*
 * n fresh random bytes; E_CRYPTO if libcrypto has none. The first for long-term
 * secrets, straight from RAND_priv_bytes(); the second takes from a block drawn
 * beforehand by this thread, which is enough to hedge a nonce with.
 */
HF_CHECKED enum hf_rc hf_sm2_random_key(uint8_t *out, size_t n);
HF_CHECKED enum hf_rc hf_sm2_random_hedge(uint8_t *out, size_t n);

/* A fresh scalar in [1, n-2]. */
HF_CHECKED enum hf_rc hf_sm2_random_scalar(uint64_t k[4]);

/* What is put under HMAC for a nonce: e, fresh bytes, and which half this is. One block. */
#define SM2_NONCE_LEN   55
#define SM2_NONCE_FRESH 22

HF_CHECKED enum hf_rc hf_sm2_nonce(const struct hf_sm2_key *key, const uint8_t e[32],
                                   uint64_t k[4]);

/* The same for n signatures at once, at most HF_SM2_NONCES. */
#define HF_SM2_NONCES 64
HF_CHECKED enum hf_rc hf_sm2_nonces(const struct hf_sm2_sign_job *jobs, size_t n, uint64_t (*k)[4]);

/* What a nonce and a private key must be: in [1, n-2]. Constant time. */
bool hf_sm2_scalar_good(const uint64_t k[4]);

/* All that follows from d but the public point; inverse is (1+d)^-1. Never branches. */
void hf_sm2_key_finish(struct hf_sm2_key *key, const uint64_t d[4], const uint64_t inverse[4]);

/* Everything of a key pair from d in [1, n-2]. Never branches on it. */
void hf_sm2_key_make(struct hf_sm2_key *key, const uint64_t d[4]);

void           hf_sm2_pub_set(struct hf_sm2_pub *pub, const struct sm2_aff *p);
struct sm2_aff hf_sm2_pub_point(const struct hf_sm2_pub *pub);

/*
 * r = (e + x1) mod n and s of GB/T 32918.2 6.1 A5 and A6 for the nonce k with
 * kG = (x1, y1). False, to be tried with another k, when r = 0, r + k = n or
 * s = 0. Never branches.
 */
bool hf_sm2_sign_with(const struct hf_sm2_key *key, const uint8_t e[32], const uint64_t k[4],
                      const uint8_t x1[32], struct hf_sm2_sig *sig);

/* xy of d * point. Never branches. */
void hf_sm2_shared(const uint8_t d[32], const struct hf_sm2_pub *point, uint8_t xy[64]);

/*
 * The key exchange's P + x R of the peer, public; and t times it, as xy, which
 * never branches. False for infinity.
 */
bool hf_sm2_kx_bracket(const struct hf_sm2_kx *kx, struct sm2_aff *out);
bool hf_sm2_kx_shared(const struct hf_sm2_kx *kx, const struct sm2_aff *bracket, uint8_t xy[64]);

/* Range of r and s, and t = r + s not 0: B1, B2 and B5 of GB/T 32918.2 7.1. */
bool hf_sm2_sig_scalars(const struct hf_sm2_sig *sig, uint64_t r[4], uint64_t s[4], uint64_t t[4]);

/* v with x1 = v or v + n (if below p) for a right signature: (r - e) mod n. */
void hf_sm2_sig_target(const uint64_t r[4], const uint8_t e[32], uint64_t v[4]);

/* Is v + n a coordinate too? True for one v in 2^128. */
bool hf_sm2_sig_two_targets(const uint64_t v[4]);

/*
 * The table of a key, or NULL; counts the use, and builds it when that is due.
 * Give it back with hf_sm2_cache_put(), NULL included.
 */
const struct sm2_comb *hf_sm2_cache_get(const struct hf_sm2_pub *pub);
void                   hf_sm2_cache_put(const struct sm2_comb *t);

/* x^-1 for the odd modulus p (of_p) or n; constant time, 0 gives 0. */
void hf_sm2_modinv(uint64_t r[4], const uint64_t x[4], bool of_p);

#endif
