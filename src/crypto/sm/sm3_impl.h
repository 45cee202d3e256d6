/*
 * sm3_impl.h - inside SM3: the compression functions to choose from.
 *
 * Private to src/crypto/sm/sm3*.c and the tests, which run every row that
 * the processor can run.
 */
#ifndef HF_CRYPTO_SM_SM3_IMPL_H
#define HF_CRYPTO_SM_SM3_IMPL_H

#include "crypto/sm/sm3.h"

#define HF_SM3_LANES 16 /* the most lanes that any kernel has */

struct hf_sm3_impl {
    const char *name;
    /* Take n blocks into the state. */
    void (*blocks)(uint32_t h[8], const uint8_t *p, size_t n);
    /*
     * Take n blocks into each of `lanes` states at once: h[w * lanes + l] is
     * word w of lane l, p[l] its data, advanced by n blocks. NULL: none.
     */
    void (*wide)(uint32_t *h, const uint8_t **p, size_t n);
    unsigned lanes;
};

/* The rows this processor can run, best first; *n of them. */
const struct hf_sm3_impl *const *hf_sm3_impls(size_t *n);

/* From here on use the row of this name (tests); false if it cannot run here. */
bool hf_sm3_use(const char *name);

/* The row in use. */
const struct hf_sm3_impl *hf_sm3_impl(void);

/* The state before the first block (GB/T 32905 4.1). */
extern const uint32_t hf_sm3_iv[8];

/* T of round j rotated left by j (GB/T 32905 4.2). */
extern const uint32_t hf_sm3_t[64];

/* Finish a message of `total` bytes whose last total % 64 are at p. */
void hf_sm3_finish(uint32_t h[8], const uint8_t *p, uint64_t total);
void hf_sm3_put(const uint32_t h[8], uint8_t out[HF_SM3_LEN]);

/*
 * Many messages: next() describes message i, done() gets its final state.
 * A message is up to three runs of whole blocks, taken in order; the first
 * and the last may be kept in the struct itself.
 */
struct hf_sm3_run {
    uint32_t h[8];
    struct {
        const uint8_t *p;
        size_t         n; /* blocks */
    } seg[3];
    uint8_t first[HF_SM3_BLOCK], last[4 * HF_SM3_BLOCK]; /* last: a short message whole */
};

struct hf_sm3_source {
    void (*next)(void *arg, size_t i, struct hf_sm3_run *run);
    void (*done)(void *arg, size_t i, const uint32_t h[8]);
    void *arg;
};

/*
 * Lay out head || body with padding, `before` bytes having gone into run->h
 * already. head has at most one block.
 */
void hf_sm3_run_set(struct hf_sm3_run *run, struct hf_bytes head, struct hf_bytes body,
                    uint64_t before);
void hf_sm3_run_all(const struct hf_sm3_source *src, size_t n);

void hf_sm3_blocks_generic(uint32_t h[8], const uint8_t *p, size_t n);
void hf_sm3_blocks_bmi2(uint32_t h[8], const uint8_t *p, size_t n);
void hf_sm3_blocks_avx512(uint32_t h[8], const uint8_t *p, size_t n);
void hf_sm3_wide_avx2(uint32_t *h, const uint8_t **p, size_t n);
void hf_sm3_wide_avx512(uint32_t *h, const uint8_t **p, size_t n);
void hf_sm3_blocks_arm64(uint32_t h[8], const uint8_t *p, size_t n);

#endif
