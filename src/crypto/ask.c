#include "crypto/ask.h"

#include <string.h>

#define VERSION 1

/* The fields of a question, in the order in which they are sent. */
enum field { ID = 1, TAG, ALG, PROTECTION, COUNTS, OPEN_S, PAD, DIGEST, DATA, CONTEXT, RUNS };

static const struct {
    const char *name;
    uint8_t     field[8]; /* 0 after the last */
} kinds[HF_ASK_KINDS] = {
    [HF_ASK_GENERATE] = { "generate", { ID, TAG, ALG, PROTECTION, COUNTS, OPEN_S, DATA } },
    [HF_ASK_PUBLIC] = { "public", { ID } },
    [HF_ASK_INFO] = { "info", { ID } },
    [HF_ASK_SIGN] = { "sign", { ID, RUNS } },
    [HF_ASK_TLS_SIGN] = { "tls-sign", { ID, PAD, DIGEST, DATA } },
    [HF_ASK_SEAL] = { "seal", { CONTEXT, DATA } },
    [HF_ASK_UNSEAL] = { "unseal", { CONTEXT, DATA } },
    [HF_ASK_MAC] = { "mac", { CONTEXT, DATA } },
    [HF_ASK_UNLOCK] = { "unlock", { ID, OPEN_S, DATA } },
    [HF_ASK_UNLOCK_SHARES] = { "unlock-shares", { ID, OPEN_S, RUNS } },
    [HF_ASK_LOCK] = { "lock", { ID } },
};

const char *
hf_ask_name(enum hf_ask_kind kind)
{
    return kind > 0 && kind < HF_ASK_KINDS ? kinds[kind].name : "unknown";
}

/* -- Questions ------------------------------------------------------------------- */

static void
write_field(enum field f, const struct hf_ask *a, struct hf_wr *w)
{
    switch (f) {
    case ID:
        hf_wr_run(w, hf_bytes_str(a->id));
        break;
    case TAG:
        hf_wr_put(w, hf_bytes(a->tag, sizeof(a->tag)));
        break;
    case ALG:
        hf_wr_be16(w, (uint16_t)a->alg);
        break;
    case PROTECTION:
        hf_wr_u8(w, (uint8_t)a->protection);
        break;
    case COUNTS:
        hf_wr_u8(w, (uint8_t)a->need), hf_wr_u8(w, (uint8_t)a->of);
        break;
    case OPEN_S:
        hf_wr_be32(w, a->open_s);
        break;
    case PAD:
        hf_wr_u8(w, (uint8_t)a->pad);
        break;
    case DIGEST:
        hf_wr_u8(w, (uint8_t)a->digest);
        break;
    case DATA:
        hf_wr_run(w, a->data);
        break;
    case CONTEXT:
        hf_wr_run(w, a->context);
        break;
    case RUNS:
        hf_wr_be32(w, a->n), hf_wr_put(w, a->runs);
        break;
    }
}

void
hf_ask_write(const struct hf_ask *ask, struct hf_wr *w)
{
    hf_wr_u8(w, VERSION);
    hf_wr_u8(w, (uint8_t)ask->kind);
    for (const uint8_t *f = kinds[ask->kind].field; *f != 0; f++)
        write_field(*f, ask, w);
}

static void
read_id(struct hf_rd *r, struct hf_ask *a)
{
    struct hf_bytes id = hf_rd_run(r);

    if (!hf_key_id_ok(id))
        hf_rd_reject(r, HF_E_FORMAT);
    else
        memcpy(a->id, id.p, id.n);
}

/* Exactly n runs to the end of the question. */
static void
read_runs(struct hf_rd *r, struct hf_ask *a)
{
    uint32_t       n = hf_rd_be32(r);
    const uint8_t *from = r->p;

    if (n > HF_KEYS_VECTOR)
        hf_rd_reject(r, HF_E_TOOBIG);
    for (uint32_t i = 0; i < n && r->rc == HF_OK; i++)
        (void)hf_rd_run(r);
    a->n = r->rc == HF_OK ? n : 0;
    a->runs = hf_bytes(from, r->rc == HF_OK ? (size_t)(r->p - from) : 0);
}

static void
read_counts(struct hf_rd *r, struct hf_ask *a)
{
    a->need = hf_rd_u8(r);
    a->of = hf_rd_u8(r);
}

static void
read_field(enum field f, struct hf_rd *r, struct hf_ask *a)
{
    switch (f) {
    case ID:
        read_id(r, a);
        break;
    case TAG:
        hf_rd_copy(r, a->tag, sizeof(a->tag));
        break;
    case ALG:
        a->alg = hf_rd_be16(r);
        break;
    case PROTECTION:
        a->protection = hf_rd_u8(r);
        break;
    case COUNTS:
        read_counts(r, a);
        break;
    case OPEN_S:
        a->open_s = hf_rd_be32(r);
        break;
    case PAD:
        a->pad = hf_rd_u8(r);
        break;
    case DIGEST:
        a->digest = hf_rd_u8(r);
        break;
    case DATA:
        a->data = hf_rd_run(r);
        break;
    case CONTEXT:
        a->context = hf_rd_run(r);
        break;
    case RUNS:
        read_runs(r, a);
        break;
    }
}

enum hf_rc
hf_ask_read(struct hf_bytes in, struct hf_ask *out)
{
    struct hf_rd r = hf_rd(in);
    uint8_t      version = hf_rd_u8(&r), kind = hf_rd_u8(&r);

    memset(out, 0, sizeof(*out));
    if (version != VERSION || kind == 0 || kind >= HF_ASK_KINDS) {
        hf_rd_reject(&r, HF_E_FORMAT);
        return hf_rd_end(&r, "question to keys");
    }
    out->kind = kind;
    for (const uint8_t *f = kinds[kind].field; *f != 0; f++)
        read_field(*f, &r, out);
    if (out->context.n > 255 || out->protection > HF_KEY_SHARES)
        hf_rd_reject(&r, HF_E_FORMAT);
    return hf_rd_end(&r, hf_ask_name(kind));
}

/* -- Answers ----------------------------------------------------------------------- */

void
hf_answer_ok(struct hf_wr *w)
{
    hf_wr_u8(w, VERSION);
    hf_wr_be16(w, HF_OK);
}

void
hf_answer_failure(enum hf_rc rc, struct hf_wr *w)
{
    w->rc = HF_OK;
    hf_wr_cut(w, 0);
    hf_wr_u8(w, VERSION);
    hf_wr_be16(w, (uint16_t)rc);
    hf_wr_run(w, hf_bytes_str(hf_reason_field()));
    hf_wr_run(w, hf_bytes_str(hf_reason()));
}

/* Text from the other process, as a bounded C string. */
static void
to_text(struct hf_bytes b, char *out, size_t size)
{
    size_t n = b.n < size - 1 ? b.n : size - 1;

    if (n != 0)
        memcpy(out, b.p, n);
    out[n] = '\0';
}

enum hf_rc
hf_answer_read(struct hf_bytes in, struct hf_rd *rest)
{
    struct hf_rd    r = hf_rd(in);
    uint8_t         version = hf_rd_u8(&r);
    uint16_t        code = hf_rd_be16(&r);
    struct hf_bytes field, text;
    char            f[48], t[512];
    enum hf_rc      rc;

    if (version != VERSION)
        hf_rd_reject(&r, HF_E_FORMAT);
    *rest = r;
    if (r.rc == HF_OK && code == HF_OK)
        return HF_OK;
    field = hf_rd_run(&r);
    text = hf_rd_run(&r);
    if ((rc = hf_rd_end(&r, "answer of keys")) != HF_OK)
        return rc;
    to_text(field, f, sizeof(f));
    to_text(text, t, sizeof(t));
    hf_reason_set(f, t);
    return code <= HF_E_EXPIRED ? (enum hf_rc)code : HF_E_BUG;
}

void
hf_answer_put_info(const struct hf_key_info *info, struct hf_wr *w)
{
    hf_wr_run(w, hf_bytes_str(info->id));
    hf_wr_be16(w, (uint16_t)info->alg);
    hf_wr_u8(w, (uint8_t)info->protection);
    hf_wr_u8(w, (uint8_t)info->need);
    hf_wr_u8(w, (uint8_t)info->of);
    hf_wr_be64(w, (uint64_t)info->open_until_ms);
}

enum hf_rc
hf_answer_info(struct hf_rd *r, struct hf_key_info *out)
{
    struct hf_bytes id = hf_rd_run(r);

    memset(out, 0, sizeof(*out));
    to_text(id, out->id, sizeof(out->id));
    out->alg = hf_rd_be16(r);
    out->protection = hf_rd_u8(r);
    out->need = hf_rd_u8(r);
    out->of = hf_rd_u8(r);
    out->open_until_ms = (int64_t)hf_rd_be64(r);
    return hf_rd_end(r, "answer of keys");
}
