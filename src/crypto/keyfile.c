#include "crypto/keyfile.h"

#include <string.h>

#include "crypto/evp.h"

static const uint8_t magic[] = { 'H', 'F', 'K', 'Y', 1 };

bool
hf_key_id_ok(struct hf_bytes id)
{
    if (id.n == 0 || id.n > HF_KEY_ID_MAX || id.p[0] < 'a' || id.p[0] > 'z')
        return false;
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

static void
read_protection(struct hf_rd *r, struct hf_keyfile *f)
{
    if (f->info.protection == HF_KEY_PASSPHRASE) {
        f->argon.memory_kib = hf_rd_be32(r);
        f->argon.passes = hf_rd_be32(r);
        f->argon.lanes = hf_rd_be32(r);
        hf_rd_copy(r, f->argon.salt, sizeof(f->argon.salt));
        if (!hf_argon_sane(&f->argon))
            hf_rd_reject(r, HF_E_FORMAT);
    }
    if (f->info.protection == HF_KEY_SHARES) {
        hf_rd_copy(r, f->set, sizeof(f->set));
        f->info.need = hf_rd_u8(r);
        f->info.of = hf_rd_u8(r);
        if (f->info.need < 2 || f->info.need > f->info.of || f->info.of > HF_KEY_SHARES_MAX)
            hf_rd_reject(r, HF_E_FORMAT);
    }
}

enum hf_rc
hf_keyfile_read(struct hf_bytes in, struct hf_keyfile *out)
{
    struct hf_rd    r = hf_rd(in);
    struct hf_bytes start, id;
    uint8_t         protection;

    memset(out, 0, sizeof(*out));
    if (in.n > HF_KEYFILE_MAX)
        return hf_fail(HF_E_TOOBIG, "key file: larger than %u bytes", HF_KEYFILE_MAX);
    start = hf_rd_take(&r, sizeof(magic));
    protection = hf_rd_u8(&r);
    out->info.alg = hf_rd_be16(&r);
    hf_rd_copy(&r, out->tag, sizeof(out->tag));
    out->made_ms = (int64_t)hf_rd_be64(&r);
    id = hf_rd_run(&r);
    out->spki = hf_rd_run(&r);
    if (!hf_bytes_eq(start, hf_bytes(magic, sizeof(magic))) || protection > HF_KEY_SHARES ||
        hf_alg_type(out->info.alg) == NULL || !hf_key_id_ok(id))
        hf_rd_reject(&r, HF_E_FORMAT);
    out->info.protection = protection <= HF_KEY_SHARES ? protection : 0;
    read_protection(&r, out);
    out->header = hf_bytes(in.p, r.rc == HF_OK ? (size_t)(r.p - in.p) : 0);
    out->sealed = hf_rd_run(&r);
    if (r.rc == HF_OK)
        memcpy(out->info.id, id.p, id.n);
    return hf_rd_end(&r, "key file");
}

void
hf_keyfile_write_header(const struct hf_keyfile *f, struct hf_wr *w)
{
    hf_wr_put(w, hf_bytes(magic, sizeof(magic)));
    hf_wr_u8(w, (uint8_t)f->info.protection);
    hf_wr_be16(w, (uint16_t)f->info.alg);
    hf_wr_put(w, hf_bytes(f->tag, sizeof(f->tag)));
    hf_wr_be64(w, (uint64_t)f->made_ms);
    hf_wr_run(w, hf_bytes_str(f->info.id));
    hf_wr_run(w, f->spki);
    if (f->info.protection == HF_KEY_PASSPHRASE) {
        hf_wr_be32(w, f->argon.memory_kib);
        hf_wr_be32(w, f->argon.passes);
        hf_wr_be32(w, f->argon.lanes);
        hf_wr_put(w, hf_bytes(f->argon.salt, sizeof(f->argon.salt)));
    }
    if (f->info.protection == HF_KEY_SHARES) {
        hf_wr_put(w, hf_bytes(f->set, sizeof(f->set)));
        hf_wr_u8(w, (uint8_t)f->info.need);
        hf_wr_u8(w, (uint8_t)f->info.of);
    }
}
