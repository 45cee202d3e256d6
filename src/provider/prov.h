/*
 * prov.h - inside the provider: what its files share.
 */
#ifndef HF_PROVIDER_PROV_H
#define HF_PROVIDER_PROV_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/sm/sm2.h"
#include "provider/provider.h"

/* One instance of the provider in one library context. */
struct prov {
    const OSSL_CORE_HANDLE   *handle;
    OSSL_FUNC_BIO_read_ex_fn  *bio_read;
    OSSL_FUNC_BIO_write_ex_fn *bio_write;
};

/* Shorthand for dispatch tables. */
#define FN(id, function) { (id), (void (*)(void))(function) }
#define FN_END           { 0, NULL }

/* Put our own failure text on libcrypto's error queue; gives 0. */
int prov_error(void);
/* A failure of our own, in words; gives 0. */
int prov_refuse(const char *why);

/* -- SM2 keys (keymgmt.c) --------------------------------------------------- */

struct prov_key {
    atomic_int        refs;
    bool              has_pub, has_priv;
    struct hf_sm2_pub pub;
    struct hf_sm2_key pair;    /* valid when has_priv */
    atomic_int        z_state; /* 0 not known, 1 being made, 2 in z */
    uint8_t           z[32];   /* for the default identity */
};

struct prov_key *prov_key_new(void);
struct prov_key *prov_key_ref(struct prov_key *key);
void             prov_key_free(struct prov_key *key); /* NULL is fine */

/* Fill in from a public key or a private one (and the public one with it, if p.n > 0). */
HF_CHECKED enum hf_rc prov_key_set_pub(struct prov_key *key, struct hf_bytes p);
HF_CHECKED enum hf_rc prov_key_set_priv(struct prov_key *key, struct hf_bytes d, struct hf_bytes p);

/* Z of an identity; the default identity's is remembered. */
HF_CHECKED enum hf_rc prov_key_z(struct prov_key *key, struct hf_bytes id, uint8_t z[32]);

/* For decoders: hand the parts of a key to cb. */
int prov_key_export(const struct prov_key *key, int selection, OSSL_CALLBACK *cb, void *arg);

/* -- Tables ----------------------------------------------------------------- */

extern const OSSL_DISPATCH prov_sm3[];
extern const OSSL_DISPATCH prov_sm4_ecb[], prov_sm4_cbc[], prov_sm4_ctr[], prov_sm4_xts[],
    prov_sm4_gcm[], prov_sm4_ccm[];
extern const OSSL_DISPATCH prov_sm2_keymgmt[], prov_sm2_signature[], prov_sm2_cipher[],
    prov_sm2_exchange[];
extern const OSSL_DISPATCH prov_spki_to_der[], prov_spki_to_pem[];
extern const OSSL_DISPATCH prov_der_to_spki[], prov_der_to_pkcs8[];

#endif
