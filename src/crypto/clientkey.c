#include "crypto/clientkey.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/clientkey_int.h"
#include "crypto/evp.h"
#include "crypto/pub.h"

/* -- What both kinds share ----------------------------------------------------------------- */

enum hf_rc
hf_client_key_new(struct hf_client_key **out)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return hf_fail(HF_E_NOMEM, "client key");
    (*out)->cert = hf_wr(CLIENT_CERT_MAX);
    return HF_OK;
}

/* The kind of key follows from the certificate's public key. */
enum hf_rc
hf_client_key_take_cert(struct hf_client_key *key, X509 *cert)
{
    uint8_t       *der = NULL, *spki = NULL;
    struct hf_pub *pub = NULL;
    int            n = i2d_X509(cert, &der), m = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    enum hf_rc     rc = n <= 0 || m <= 0 ? hf_fail_evp("certificate of the key") : HF_OK;

    if (rc == HF_OK && (rc = hf_pub_read(hf_bytes(spki, (size_t)m), &pub)) == HF_OK) {
        key->alg = hf_pub_alg(pub);
        hf_wr_cut(&key->cert, 0);
        hf_wr_put(&key->cert, hf_bytes(der, (size_t)n));
        rc = key->cert.rc;
    }
    hf_pub_free(pub);
    OPENSSL_free(der);
    OPENSSL_free(spki);
    return rc;
}

void
hf_client_key_free(struct hf_client_key *key)
{
    if (key == NULL)
        return;
    hf_pkey_free(key->pkey);
    hf_token_close(key->token);
    hf_wr_clear(&key->cert);
    free(key);
}

enum hf_alg
hf_client_key_alg(const struct hf_client_key *key)
{
    return key->alg;
}

struct hf_bytes
hf_client_key_cert(const struct hf_client_key *key)
{
    return hf_wr_bytes(&key->cert);
}

static enum hf_rc
sign_here(struct hf_pkey *pkey, struct hf_bytes message, struct hf_wr *sig)
{
    struct hf_wr    runs = hf_wr(CLIENT_CERT_MAX);
    struct hf_rd    r;
    struct hf_bytes one;
    enum hf_rc      rc = hf_pkey_sign(pkey, &message, 1, &runs);

    if (rc == HF_OK) {
        r = hf_rd(hf_wr_bytes(&runs));
        one = hf_rd_run(&r);
        if ((rc = hf_rd_end(&r, "signature")) == HF_OK)
            hf_wr_put(sig, one);
    }
    hf_wr_clear(&runs);
    return rc == HF_OK ? sig->rc : rc;
}

enum hf_rc
hf_client_key_sign(struct hf_client_key *key, struct hf_bytes message, struct hf_wr *sig)
{
    return key->token != NULL ? hf_token_sign(key, message, sig)
                              : sign_here(key->pkey, message, sig);
}

/* -- PKCS#12 ----------------------------------------------------------------------------------- */

static enum hf_rc
open_p12(PKCS12 *p12, const struct hf_secret *passphrase, EVP_PKEY **pkey, X509 **cert)
{
    char       text[HF_SECRET_MAX + 1];
    enum hf_rc rc = HF_OK;

    memcpy(text, passphrase->byte, passphrase->n);
    text[passphrase->n] = '\0';
    if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, text, (int)passphrase->n) != 1)
        rc = hf_fail(HF_E_VERIFY, "PKCS#12: the passphrase does not open it");
    else if (PKCS12_parse(p12, text, pkey, cert, NULL) != 1)
        rc = hf_fail_evp("PKCS#12 (RC2 and other old ciphers: make it anew with openssl pkcs12)");
    OPENSSL_cleanse(text, sizeof(text));
    ERR_clear_error();
    return rc;
}

static enum hf_rc
take_pair(struct hf_client_key *key, EVP_PKEY *own_pkey, X509 *cert)
{
    enum hf_rc rc;

    if (own_pkey == NULL || cert == NULL) {
        EVP_PKEY_free(own_pkey);
        return hf_fail(HF_E_ABSENT, "PKCS#12: has no key with its certificate");
    }
    if ((rc = hf_pkey_from_evp(own_pkey, &key->pkey)) != HF_OK)
        return rc;
    return hf_client_key_take_cert(key, cert);
}

enum hf_rc
hf_client_key_p12(struct hf_bytes file, const struct hf_secret *passphrase,
                  struct hf_client_key **out)
{
    const uint8_t        *p = file.p;
    PKCS12               *p12 = d2i_PKCS12(NULL, &p, (long)file.n);
    EVP_PKEY             *pkey = NULL;
    X509                 *cert = NULL;
    struct hf_client_key *key = NULL;
    enum hf_rc            rc;

    *out = NULL;
    ERR_clear_error();
    if (p12 == NULL)
        return hf_fail(HF_E_FORMAT, "this is no PKCS#12 file");
    if ((rc = open_p12(p12, passphrase, &pkey, &cert)) != HF_OK ||
        (rc = hf_client_key_new(&key)) != HF_OK)
        goto out;
    rc = take_pair(key, pkey, cert);
    pkey = NULL; /* taken over */
    if (rc == HF_OK) {
        *out = key;
        key = NULL;
    }
out:
    hf_client_key_free(key);
    EVP_PKEY_free(pkey);
    X509_free(cert);
    PKCS12_free(p12);
    return rc;
}
