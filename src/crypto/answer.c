#include "crypto/answer.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/ask.h"

static const char *
asker_name(enum hf_asker asker)
{
    return asker == HF_ASKER_WEB ? "web" : asker == HF_ASKER_WORK ? "work" : "this process";
}

/* -- Making keys and asking about them ------------------------------------------------ */

static enum hf_rc
generate(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_key_protection how = { .need = a->need, .of = a->of, .open_s = a->open_s };
    struct hf_wr             share[HF_KEY_SHARES_MAX], spki = hf_wr(4096);
    struct hf_secret         passphrase = { .n = 0 };
    unsigned   shares = a->protection == HF_KEY_SHARES && a->of <= HF_KEY_SHARES_MAX ? a->of : 0;
    enum hf_rc rc;

    for (size_t i = 0; i < HF_COUNT(share); i++)
        share[i] = hf_wr_secret(1024);
    if ((rc = hf_secret_set(&passphrase, a->data)) == HF_OK) {
        how.passphrase = a->protection == HF_KEY_PASSPHRASE ? &passphrase : NULL;
        rc = hf_ring_generate(ring, a->id, a->alg, a->tag,
                              a->protection == HF_KEY_SEALED ? NULL : &how, &spki, share);
    }
    if (rc == HF_OK) {
        hf_wr_run(out, hf_wr_bytes(&spki));
        for (unsigned i = 0; i < shares; i++)
            hf_wr_run(out, hf_wr_bytes(&share[i]));
    }
    for (size_t i = 0; i < HF_COUNT(share); i++)
        hf_wr_clear(&share[i]);
    hf_wr_clear(&spki);
    hf_secret_clear(&passphrase);
    return rc;
}

static enum hf_rc public(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out) {
    return hf_ring_public(ring, a->id, out);
}

static enum hf_rc
info(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_key_info i;
    enum hf_rc         rc = hf_ring_info(ring, a->id, &i);

    if (rc == HF_OK)
        hf_answer_put_info(&i, out);
    return rc;
}

/* -- Signing ------------------------------------------------------------------------------ */

#define ALL (HF_ASKER_WEB | HF_ASKER_WORK | HF_ASKER_SELF)
#define OPS (HF_ASKER_WEB | HF_ASKER_SELF) /* operations run in web */

/*
 * Keys whose signature means one thing, and who says it; all others sign for
 * whoever may ask. `web` makes exports of the audit trail and so signs their
 * ends, but no head of a chain: what `work` has sealed, nobody else can replace.
 */
static const struct {
    const char *id; /* the whole of it, or with '*' its beginning */
    unsigned    from;
    const char *label; /* only messages that begin with it; NULL: any */
} reserved[] = {
    { "audit", HF_ASKER_WORK | HF_ASKER_SELF, NULL },
    { "audit", HF_ASKER_WEB, "hufu audit end 1" },
    { "ticket", OPS, NULL },
    { "root-*", OPS, NULL }, /* ceremonies are operations */
    { "server-*", OPS, NULL },
};

static bool
is_named(const char *pattern, const char *id)
{
    size_t n = strcspn(pattern, "*");

    return pattern[n] == '*' ? strncmp(pattern, id, n) == 0 : strcmp(pattern, id) == 0;
}

static bool
all_begin_with(const struct hf_ask *a, const char *label)
{
    struct hf_rd r = hf_rd(a->runs);
    size_t       n = strlen(label);

    for (uint32_t i = 0; i < a->n; i++) {
        struct hf_bytes message = hf_rd_run(&r);

        if (message.n < n || memcmp(message.p, label, n) != 0)
            return false;
    }
    return true;
}

static enum hf_rc
may_sign(enum hf_asker asker, const struct hf_ask *a)
{
    bool is_reserved = false;

    for (size_t i = 0; i < HF_COUNT(reserved); i++) {
        if (!is_named(reserved[i].id, a->id))
            continue;
        is_reserved = true;
        if ((reserved[i].from & asker) != 0 &&
            (reserved[i].label == NULL || all_begin_with(a, reserved[i].label)))
            return HF_OK;
    }
    if (!is_reserved)
        return HF_OK;
    hf_log(HF_WARN, "keys.sign-refused", HF_F_STR("key", a->id),
           HF_F_STR("from", asker_name(asker)));
    return hf_fail(HF_E_DENIED, "%s may not sign this with key %s", asker_name(asker), a->id);
}

static enum hf_rc
sign(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_bytes *message = calloc(a->n == 0 ? 1 : a->n, sizeof(*message));
    struct hf_rd     r = hf_rd(a->runs);
    struct hf_pkey  *key = NULL;
    enum hf_rc       rc;

    if (message == NULL)
        return hf_fail(HF_E_NOMEM, "signing");
    for (uint32_t i = 0; i < a->n; i++)
        message[i] = hf_rd_run(&r);
    if ((rc = hf_ring_take(ring, a->id, &key)) == HF_OK)
        rc = hf_pkey_sign(key, message, a->n, out);
    hf_pkey_free(key);
    free(message);
    return rc;
}

/*
 * Digests chosen by the asker are signed for keys of TLS ends only: otherwise
 * whoever may speak TLS could have any certificate signed.
 */
static enum hf_rc
tls_sign(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_pkey *key;
    enum hf_rc      rc;

    if (strncmp(a->id, "server", 6) != 0 && strncmp(a->id, "tls-", 4) != 0)
        return hf_fail(HF_E_DENIED, "key %s is not one for TLS (\"server…\", \"tls-…\")", a->id);
    if ((rc = hf_ring_take(ring, a->id, &key)) != HF_OK)
        return rc;
    rc = hf_pkey_sign_digest(key, a->pad, a->digest, a->data, out);
    hf_pkey_free(key);
    return rc;
}

/* -- The sealing key ------------------------------------------------------------------------ */

#define SEAL_DATA_MAX (65536u + HF_SEAL_EXTRA)

/* Data of the parts is sealed in a name space of its own, apart from key files. */
static enum hf_rc
data_context(const struct hf_ask *a, struct hf_wr *w)
{
    if (a->data.n > SEAL_DATA_MAX)
        return hf_fail(HF_E_TOOBIG, "sealing: more than 65536 bytes");
    hf_wr_str(w, "hufu data:");
    hf_wr_put(w, a->context);
    return HF_OK;
}

static enum hf_rc
seal(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_wr context = hf_wr(512);
    enum hf_rc   rc = a->data.n > 65536u ? hf_fail(HF_E_TOOBIG, "sealing: more than 65536 bytes")
                                         : data_context(a, &context);

    if (rc == HF_OK)
        rc = hf_seal(hf_ring_seal_key(ring), hf_wr_bytes(&context), a->data, out);
    hf_wr_clear(&context);
    return rc;
}

static enum hf_rc
unseal(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_wr context = hf_wr(512);
    enum hf_rc   rc = data_context(a, &context);

    if (rc == HF_OK)
        rc = hf_unseal(hf_ring_seal_key(ring), hf_wr_bytes(&context), a->data, out);
    hf_wr_clear(&context);
    return rc;
}

static enum hf_rc
mac(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_wr context = hf_wr(512);
    uint8_t      digest[32];
    enum hf_rc   rc;

    hf_wr_str(&context, "hufu data:");
    hf_wr_put(&context, a->context);
    rc = hf_seal_mac(hf_ring_seal_key(ring), hf_wr_bytes(&context), a->data, digest);
    if (rc == HF_OK)
        hf_wr_put(out, hf_bytes(digest, sizeof(digest)));
    hf_wr_clear(&context);
    OPENSSL_cleanse(digest, sizeof(digest));
    return rc;
}

/* -- Unlocking --------------------------------------------------------------------------------- */

static enum hf_rc
unlock(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_secret passphrase = { .n = 0 };
    enum hf_rc       rc = hf_secret_set(&passphrase, a->data);

    if (rc == HF_OK)
        rc = hf_ring_unlock(ring, a->id, &passphrase, a->open_s);
    hf_secret_clear(&passphrase);
    hf_log(rc == HF_OK ? HF_INFO : HF_WARN, rc == HF_OK ? "key.unlocked" : "key.unlock-refused",
           HF_F_STR("key", a->id), HF_F_INT("open_s", a->open_s));
    return rc;
}

static enum hf_rc
unlock_shares(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_share share[HF_KEY_SHARES_MAX];
    struct hf_rd    r = hf_rd(a->runs);
    enum hf_rc      rc = HF_OK;

    if (a->n > HF_KEY_SHARES_MAX)
        return hf_fail(HF_E_TOOBIG, "shares: more than %u", HF_KEY_SHARES_MAX);
    for (uint32_t i = 0; rc == HF_OK && i < a->n; i++)
        if ((rc = hf_share_read(hf_rd_run(&r), &share[i])) != HF_OK)
            rc = hf_because(rc, "share %u of those given", i + 1);
    if (rc == HF_OK)
        rc = hf_ring_unlock_shares(ring, a->id, share, a->n, a->open_s);
    OPENSSL_cleanse(share, sizeof(share));
    hf_log(rc == HF_OK ? HF_INFO : HF_WARN, rc == HF_OK ? "key.unlocked" : "key.unlock-refused",
           HF_F_STR("key", a->id), HF_F_INT("open_s", a->open_s));
    return rc;
}

static enum hf_rc
lock(struct hf_ring *ring, const struct hf_ask *a, struct hf_wr *out)
{
    return hf_ring_lock(ring, a->id);
}

/* -- The table --------------------------------------------------------------------------------- */

static const struct {
    unsigned from;
    enum hf_rc (*answer)(struct hf_ring *ring, const struct hf_ask *ask, struct hf_wr *out);
} asks[HF_ASK_KINDS] = {
    [HF_ASK_GENERATE] = { OPS, generate }, [HF_ASK_PUBLIC] = { ALL, public },
    [HF_ASK_INFO] = { ALL, info },         [HF_ASK_SIGN] = { ALL, sign },
    [HF_ASK_TLS_SIGN] = { OPS, tls_sign }, [HF_ASK_SEAL] = { ALL, seal },
    [HF_ASK_UNSEAL] = { ALL, unseal },     [HF_ASK_MAC] = { ALL, mac },
    [HF_ASK_UNLOCK] = { OPS, unlock },     [HF_ASK_UNLOCK_SHARES] = { OPS, unlock_shares },
    [HF_ASK_LOCK] = { OPS, lock },
};

static enum hf_rc
answer_checked(struct hf_ring *ring, enum hf_asker asker, struct hf_bytes question,
               struct hf_wr *answer)
{
    struct hf_ask   ask;
    struct hf_bytes all;
    enum hf_rc      rc;

    if ((rc = hf_ask_read(question, &ask)) != HF_OK)
        return rc;
    if ((asks[ask.kind].from & asker) == 0) {
        hf_log(HF_WARN, "keys.ask-refused", HF_F_STR("ask", hf_ask_name(ask.kind)),
               HF_F_STR("from", asker_name(asker)));
        return hf_fail(HF_E_DENIED, "%s may not ask keys for \"%s\"", asker_name(asker),
                       hf_ask_name(ask.kind));
    }
    if (ask.kind == HF_ASK_SIGN && (rc = may_sign(asker, &ask)) != HF_OK)
        return rc;
    hf_answer_ok(answer);
    rc = asks[ask.kind].answer(ring, &ask, answer);
    return rc != HF_OK ? rc : hf_wr_end(answer, &all);
}

void
hf_answer(struct hf_ring *ring, enum hf_asker asker, struct hf_bytes question, struct hf_wr *answer)
{
    enum hf_rc rc = answer_checked(ring, asker, question, answer);

    if (rc != HF_OK)
        hf_answer_failure(rc, answer);
}
