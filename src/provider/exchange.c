/*
 * exchange.c - key agreement with SM2 keys (provider-keyexch(7)).
 *
 * Without parameters, derive gives the x coordinate of d * peer, 32 bytes.
 * The exchange of GB/T 32918.3, which libcrypto 3.0 does not have, is chosen
 * by setting the ephemeral keys:
 *
 *   sm2-initiator        int      1: we began the exchange
 *   sm2-self-ephemeral   octets   our ephemeral private key, 32 bytes
 *   sm2-peer-ephemeral   octets   the peer's ephemeral point, 04||x||y
 *   sm2-self-id, sm2-peer-id      identities; 1234567812345678 if not set
 *   sm2-outlen           size_t   length of the key, 16 bytes if not set
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "provider/prov.h"

#define PARAM_INITIATOR      "sm2-initiator"
#define PARAM_SELF_EPHEMERAL "sm2-self-ephemeral"
#define PARAM_PEER_EPHEMERAL "sm2-peer-ephemeral"
#define PARAM_SELF_ID        "sm2-self-id"
#define PARAM_PEER_ID        "sm2-peer-id"
#define PARAM_OUTLEN         "sm2-outlen"

#define ID_MAX  256
#define OUT_MAX 1024

struct id {
    bool    set;
    size_t  n;
    uint8_t p[ID_MAX];
};

struct ctx {
    struct prov_key  *self, *peer; /* referenced */
    bool              initiator, has_ephemeral, has_peer_ephemeral;
    struct hf_sm2_key ephemeral;
    struct hf_sm2_pub peer_ephemeral;
    struct id         self_id, peer_id;
    size_t            out_n;
};

static void *
newctx(void *prov)
{
    struct ctx *c = calloc(1, sizeof(*c));

    (void)prov;
    if (c != NULL)
        c->out_n = 16;
    return c;
}

static void
freectx(void *ctx)
{
    struct ctx *c = ctx;

    if (c == NULL)
        return;
    prov_key_free(c->self);
    prov_key_free(c->peer);
    hf_sm2_key_clear(&c->ephemeral);
    OPENSSL_cleanse(c, sizeof(*c));
    free(c);
}

static void *
dupctx(void *ctx)
{
    const struct ctx *c = ctx;
    struct ctx       *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *c;
    if (c->self != NULL)
        prov_key_ref(c->self);
    if (c->peer != NULL)
        prov_key_ref(c->peer);
    return copy;
}

/* -- Parameters ------------------------------------------------------------- */

static int
set_id(struct id *id, const OSSL_PARAM *p)
{
    if (p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size > ID_MAX)
        return prov_refuse("an identity has at most 256 bytes here");
    memcpy(id->p, p->data, p->data_size);
    id->n = p->data_size;
    id->set = true;
    return 1;
}

static int
set_ephemeral(struct ctx *c, const OSSL_PARAM *self, const OSSL_PARAM *peer)
{
    if (self != NULL) {
        if (self->data_type != OSSL_PARAM_OCTET_STRING ||
            hf_sm2_key_read(hf_bytes(self->data, self->data_size), &c->ephemeral) != HF_OK)
            return prov_error();
        c->has_ephemeral = true;
    }
    if (peer != NULL) {
        if (peer->data_type != OSSL_PARAM_OCTET_STRING ||
            hf_sm2_pub_read(hf_bytes(peer->data, peer->data_size), &c->peer_ephemeral) != HF_OK)
            return prov_error();
        c->has_peer_ephemeral = true;
    }
    return 1;
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
    struct ctx       *c = ctx;
    const OSSL_PARAM *p;
    int               flag;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, PARAM_INITIATOR)) != NULL) {
        if (!OSSL_PARAM_get_int(p, &flag))
            return 0;
        c->initiator = flag != 0;
    }
    if ((p = OSSL_PARAM_locate_const(params, PARAM_OUTLEN)) != NULL &&
        (!OSSL_PARAM_get_size_t(p, &c->out_n) || c->out_n == 0 || c->out_n > OUT_MAX))
        return prov_refuse("sm2-outlen: 1 to 1024 bytes");
    if ((p = OSSL_PARAM_locate_const(params, PARAM_SELF_ID)) != NULL && !set_id(&c->self_id, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, PARAM_PEER_ID)) != NULL && !set_id(&c->peer_id, p))
        return 0;
    return set_ephemeral(c, OSSL_PARAM_locate_const(params, PARAM_SELF_EPHEMERAL),
                         OSSL_PARAM_locate_const(params, PARAM_PEER_EPHEMERAL));
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(PARAM_INITIATOR, NULL),
        OSSL_PARAM_octet_string(PARAM_SELF_EPHEMERAL, NULL, 0),
        OSSL_PARAM_octet_string(PARAM_PEER_EPHEMERAL, NULL, 0),
        OSSL_PARAM_octet_string(PARAM_SELF_ID, NULL, 0),
        OSSL_PARAM_octet_string(PARAM_PEER_ID, NULL, 0),
        OSSL_PARAM_size_t(PARAM_OUTLEN, NULL),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

/* -- Agreement -------------------------------------------------------------- */

static int
init(void *ctx, void *key, const OSSL_PARAM params[])
{
    struct ctx *c = ctx;

    if (key == NULL || !((struct prov_key *)key)->has_priv)
        return prov_refuse("key agreement needs a private key");
    prov_key_free(c->self);
    c->self = prov_key_ref(key);
    return set_ctx_params(ctx, params);
}

static int
set_peer(void *ctx, void *key)
{
    struct ctx *c = ctx;

    if (key == NULL || !((struct prov_key *)key)->has_pub)
        return prov_refuse("the peer has no public key");
    prov_key_free(c->peer);
    c->peer = prov_key_ref(key);
    return 1;
}

static enum hf_rc
z_of(struct prov_key *key, const struct id *id, uint8_t z[32])
{
    return prov_key_z(key, id->set ? hf_bytes(id->p, id->n) : hf_bytes_str(HF_SM2_DEFAULT_ID), z);
}

static int
derive_standard(struct ctx *c, unsigned char *out)
{
    uint8_t          self_z[32], peer_z[32];
    struct hf_sm2_kx kx = { c->initiator, &c->self->pair, &c->ephemeral, &c->peer->pub,
                            &c->peer_ephemeral, self_z, peer_z };

    if (z_of(c->self, &c->self_id, self_z) != HF_OK || z_of(c->peer, &c->peer_id, peer_z) != HF_OK)
        return prov_error();
    return hf_sm2_kx_derive(&kx, out, c->out_n, NULL) == HF_OK ? 1 : prov_error();
}

static int
derive(void *ctx, unsigned char *out, size_t *out_n, size_t room)
{
    struct ctx *c = ctx;
    bool        standard = c->has_ephemeral && c->has_peer_ephemeral;
    uint8_t     xy[64];

    if (c->self == NULL || c->peer == NULL)
        return prov_refuse("key agreement needs both keys");
    if (c->has_ephemeral != c->has_peer_ephemeral)
        return prov_refuse("GB/T 32918.3 needs both ephemeral keys");
    *out_n = standard ? c->out_n : 32;
    if (out == NULL)
        return 1;
    if (room < *out_n)
        return prov_refuse("output buffer is too small");
    if (standard)
        return derive_standard(c, out);
    if (hf_sm2_ecdh(&c->self->pair, &c->peer->pub, xy) != HF_OK)
        return prov_error();
    memcpy(out, xy, 32);
    OPENSSL_cleanse(xy, sizeof(xy));
    return 1;
}

const OSSL_DISPATCH prov_sm2_exchange[] = {
    FN(OSSL_FUNC_KEYEXCH_NEWCTX, newctx),
    FN(OSSL_FUNC_KEYEXCH_FREECTX, freectx),
    FN(OSSL_FUNC_KEYEXCH_DUPCTX, dupctx),
    FN(OSSL_FUNC_KEYEXCH_INIT, init),
    FN(OSSL_FUNC_KEYEXCH_SET_PEER, set_peer),
    FN(OSSL_FUNC_KEYEXCH_DERIVE, derive),
    FN(OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, set_ctx_params),
    FN(OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS, settable_ctx_params),
    FN_END,
};
