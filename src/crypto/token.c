/* token.c - a client's key in a PKCS#11 token: the module is loaded directly (PKCS#11 v2.40). */
#include <dlfcn.h>
#include <openssl/ecdsa.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/clientkey_int.h"
#include "crypto/evp.h"

#define SLOTS_MAX 64
#define ID_MAX 256

struct hf_token {
    void             *library;
    CK_FUNCTION_LIST *f;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE  key;
    bool              initialised, opened;
};

static enum hf_rc
refuse(const char *what, CK_RV rv)
{
    enum hf_rc rc = rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE ? HF_E_VERIFY : HF_E_KEYDEV;

    if (rv == CKR_PIN_LOCKED)
        return hf_fail(HF_E_KEYDEV, "token: its PIN is locked after too many wrong tries");
    if (rc == HF_E_VERIFY)
        return hf_fail(rc, "token: the PIN is wrong");
    return hf_fail(rc, "token: %s: PKCS#11 error 0x%lx", what, rv);
}

/* -- Opening --------------------------------------------------------------------------------- */

static enum hf_rc
load_module(struct hf_token *t, const char *path)
{
    CK_C_GetFunctionList get;
    CK_RV                rv;

    if ((t->library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
        return hf_fail(HF_E_KEYDEV, "PKCS#11 module: %s", dlerror());
    get = (CK_C_GetFunctionList)(uintptr_t)dlsym(t->library, "C_GetFunctionList");
    if (get == NULL || get(&t->f) != CKR_OK)
        return hf_fail(HF_E_KEYDEV, "%s is no PKCS#11 module", path);
    if ((rv = t->f->C_Initialize(NULL)) != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return refuse("C_Initialize", rv);
    t->initialised = true;
    return HF_OK;
}

/* A label of the token information is padded with blanks to 32 bytes. */
static bool
has_label(const CK_TOKEN_INFO *info, const char *label)
{
    char padded[33];

    snprintf(padded, sizeof(padded), "%-32s", label);
    return memcmp(info->label, padded, 32) == 0;
}

static enum hf_rc
find_slot(struct hf_token *t, const char *label, CK_SLOT_ID *out)
{
    CK_SLOT_ID    slot[SLOTS_MAX];
    CK_ULONG      n = SLOTS_MAX, found = 0;
    CK_TOKEN_INFO info;
    CK_RV         rv = t->f->C_GetSlotList(CK_TRUE, slot, &n);

    if (rv != CKR_OK)
        return refuse("C_GetSlotList", rv);
    for (CK_ULONG i = 0; i < n; i++) {
        if (t->f->C_GetTokenInfo(slot[i], &info) != CKR_OK ||
            (info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        if (label != NULL && !has_label(&info, label))
            continue;
        *out = slot[i];
        found++;
    }
    if (found == 1)
        return HF_OK;
    return hf_fail(HF_E_ABSENT,
                   found == 0 ? "there is no such token" : "several tokens: name one by its label");
}

static enum hf_rc
sign_in_to(struct hf_token *t, CK_SLOT_ID slot, const struct hf_secret *pin)
{
    CK_RV rv = t->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);

    if (rv != CKR_OK)
        return refuse("C_OpenSession", rv);
    t->opened = true;
    rv = t->f->C_Login(t->session, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)pin->byte, pin->n);
    return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? HF_OK : refuse("C_Login", rv);
}

/* -- Objects -------------------------------------------------------------------------------------- */

static enum hf_rc
find_object(struct hf_token *t, CK_ATTRIBUTE *want, CK_ULONG wants, const char *what,
            CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG         n = 0;
    CK_RV            rv = t->f->C_FindObjectsInit(t->session, want, wants);

    if (rv != CKR_OK)
        return refuse("C_FindObjectsInit", rv);
    rv = t->f->C_FindObjects(t->session, found, 2, &n);
    t->f->C_FindObjectsFinal(t->session);
    if (rv != CKR_OK)
        return refuse("C_FindObjects", rv);
    if (n != 1)
        return hf_fail(HF_E_ABSENT,
                       n == 0 ? "token: has no such %s"
                              : "token: has several %ss; name one by its label",
                       what);
    *out = found[0];
    return HF_OK;
}

static enum hf_rc
find_private_key(struct hf_token *t, const char *label)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE want[2] = { { CKA_CLASS, &class, sizeof(class) },
                             { CKA_LABEL, (void *)(uintptr_t)label,
                               label == NULL ? 0 : strlen(label) } };

    return find_object(t, want, label == NULL ? 1 : 2, "private key", &t->key);
}

/* The certificate that has the key's CKA_ID. */
static enum hf_rc
read_certificate(struct hf_token *t, struct hf_client_key *key)
{
    uint8_t        id[ID_MAX], der[CLIENT_CERT_MAX];
    const uint8_t *p = der;
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE     of_key = { CKA_ID, id, sizeof(id) }, value = { CKA_VALUE, der, sizeof(der) };
    CK_ATTRIBUTE     want[2] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_ID, id, 0 } };
    CK_OBJECT_HANDLE object;
    X509            *cert;
    CK_RV            rv = t->f->C_GetAttributeValue(t->session, t->key, &of_key, 1);
    enum hf_rc       rc;

    if (rv != CKR_OK)
        return refuse("identifier of the key", rv);
    want[1].ulValueLen = of_key.ulValueLen;
    if ((rc = find_object(t, want, 2, "certificate", &object)) != HF_OK)
        return rc;
    if ((rv = t->f->C_GetAttributeValue(t->session, object, &value, 1)) != CKR_OK)
        return refuse("certificate", rv);
    if ((cert = d2i_X509(NULL, &p, (long)value.ulValueLen)) == NULL)
        return hf_fail_evp("certificate in the token");
    rc = hf_client_key_take_cert(key, cert);
    X509_free(cert);
    return rc;
}

enum hf_rc
hf_client_key_token(const struct hf_token_key *where, const struct hf_secret *pin,
                    struct hf_client_key **out)
{
    struct hf_client_key *key = NULL;
    CK_SLOT_ID            slot = 0;
    enum hf_rc            rc;

    *out = NULL;
    if ((rc = hf_client_key_new(&key)) != HF_OK)
        return rc;
    if ((key->token = calloc(1, sizeof(*key->token))) == NULL) {
        rc = hf_fail(HF_E_NOMEM, "token");
        goto out;
    }
    if ((rc = load_module(key->token, where->module)) != HF_OK ||
        (rc = find_slot(key->token, where->token, &slot)) != HF_OK ||
        (rc = sign_in_to(key->token, slot, pin)) != HF_OK ||
        (rc = find_private_key(key->token, where->label)) != HF_OK ||
        (rc = read_certificate(key->token, key)) != HF_OK)
        goto out;
    *out = key;
    key = NULL;
out:
    hf_client_key_free(key);
    return rc;
}

void
hf_token_close(struct hf_token *t)
{
    if (t == NULL)
        return;
    if (t->opened) {
        t->f->C_Logout(t->session);
        t->f->C_CloseSession(t->session);
    }
    if (t->initialised)
        t->f->C_Finalize(NULL);
    if (t->library != NULL)
        dlclose(t->library);
    free(t);
}

/* -- Signing ------------------------------------------------------------------------------------------ */

static enum hf_rc
ask_token(struct hf_token *t, CK_MECHANISM_TYPE type, struct hf_bytes in, uint8_t *out, CK_ULONG *n)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_RV        rv = t->f->C_SignInit(t->session, &mechanism, t->key);

    if (rv == CKR_OK)
        rv = t->f->C_Sign(t->session, (CK_BYTE_PTR)(uintptr_t)in.p, in.n, out, n);
    return rv == CKR_OK ? HF_OK : refuse("C_Sign", rv);
}

/* A token gives r and s side by side; X.509 wants them as a DER sequence (RFC 3279 2.2.3). */
static enum hf_rc
put_ecdsa(const uint8_t *raw, size_t n, struct hf_wr *sig)
{
    ECDSA_SIG *es = ECDSA_SIG_new();
    BIGNUM    *r = BN_bin2bn(raw, (int)n / 2, NULL), *s = BN_bin2bn(raw + n / 2, (int)n / 2, NULL);
    uint8_t   *der = NULL;
    int        m;

    if (es == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(es, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(es);
        return hf_fail_evp("signature of the token");
    }
    if ((m = i2d_ECDSA_SIG(es, &der)) > 0)
        hf_wr_put(sig, hf_bytes(der, (size_t)m));
    OPENSSL_free(der);
    ECDSA_SIG_free(es);
    return m > 0 ? sig->rc : hf_fail_evp("signature of the token");
}

enum hf_rc
hf_token_sign(struct hf_client_key *key, struct hf_bytes message, struct hf_wr *sig)
{
    enum hf_digest d = hf_alg_digest(key->alg);
    uint8_t        digest[HF_DIGEST_MAX], raw[1024];
    CK_ULONG       n = sizeof(raw);
    enum hf_rc     rc;

    switch (key->alg) {
    case HF_ALG_P256:
    case HF_ALG_P384:
        if ((rc = hf_digest(d, &message, 1, digest)) != HF_OK ||
            (rc = ask_token(key->token, CKM_ECDSA, hf_bytes(digest, hf_digest_size(d)), raw, &n)) !=
                HF_OK)
            return rc;
        return put_ecdsa(raw, n, sig);
    case HF_ALG_RSA2048:
    case HF_ALG_RSA3072:
    case HF_ALG_RSA4096:
        if ((rc = ask_token(key->token, CKM_SHA256_RSA_PKCS, message, raw, &n)) != HF_OK)
            return rc;
        hf_wr_put(sig, hf_bytes(raw, n));
        return sig->rc;
    default:
        return hf_fail(HF_E_POLICY, "token: keys of this kind cannot sign in yet");
    }
}
