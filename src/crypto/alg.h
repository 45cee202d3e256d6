/*
 * alg.h - the algorithms Hufu knows, under one name each. SM and international ones are equals.
 */
#ifndef HF_CRYPTO_ALG_H
#define HF_CRYPTO_ALG_H

#include "base/bytes.h"

/* Kinds of key pair; numbers are stored and sent: add at the end. */
enum hf_alg {
    HF_ALG_NONE,
    HF_ALG_SM2,
    HF_ALG_P256,
    HF_ALG_P384,
    HF_ALG_RSA2048,
    HF_ALG_RSA3072,
    HF_ALG_RSA4096,
};

enum hf_digest {
    HF_DIGEST_NONE,
    HF_DIGEST_SM3,
    HF_DIGEST_SHA256,
    HF_DIGEST_SHA384,
    HF_DIGEST_SHA512,
    HF_DIGEST_SHA1, /* read and compare only; no signature is made or accepted with it */
};
#define HF_DIGEST_MAX 64

const char    *hf_alg_name(enum hf_alg alg);     /* "sm2", "p256", "rsa2048" … */
enum hf_alg    hf_alg_named(const char *name);   /* HF_ALG_NONE if unknown */
enum hf_digest hf_alg_digest(enum hf_alg alg);   /* what keys of this kind sign with */
const char    *hf_digest_name(enum hf_digest d); /* "sm3", "sha256" … */
size_t         hf_digest_size(enum hf_digest d);

/* The digest of the runs in order. out has hf_digest_size(d) bytes. */
HF_CHECKED enum hf_rc hf_digest(enum hf_digest d, const struct hf_bytes *run, size_t runs,
                                uint8_t *out);

/*
 * Does libcrypto do SM2 signatures and SM3 in this process, instead of our own
 * kernels in sm/? Chosen by the environment, HUFU_SM=libcrypto: for an operator
 * who suspects the kernels, and for measuring what they are worth. Read once a
 * process; another word is ignored. SM4 stays ours, as libcrypto has no SM4-GCM.
 */
bool hf_sm_by_libcrypto(void);

/* The AlgorithmIdentifier (DER) of signatures made by keys of this kind. Static. */
struct hf_bytes hf_alg_signature_id(enum hf_alg alg);

/* Fill with random bytes; aborts if the system's generator fails. */
void hf_random(void *out, size_t n);

/* A random positive identifier that JSON readers keep exactly (53 bits). */
int64_t hf_random_id(void);

#endif
