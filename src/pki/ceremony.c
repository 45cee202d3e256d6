#include "pki/ceremony.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "crypto/pub.h"

static const char *
hash_text(struct hf_bytes b, struct hf_arena *a)
{
    uint8_t digest[32];

    if (hf_digest(HF_DIGEST_SHA256, &b, 1, digest) != HF_OK)
        return "";
    return hf_hex_arena(a, hf_bytes(digest, sizeof(digest)));
}

static json_t *
protection_of(const struct hf_env *env, const struct hf_ca *ca)
{
    static const char *const words[] = {
        [HF_KEY_SEALED] = "sealed", [HF_KEY_PASSPHRASE] = "passphrase", [HF_KEY_SHARES] = "shares"
    };
    struct hf_key_info info;

    if (hf_keys_info(env->keys, ca->key_id, &info) != HF_OK)
        return json_null();
    return json_pack("{s:s, s:i, s:i}", "kind", words[info.protection], "need", (int)info.need,
                     "of", (int)info.of);
}

static json_t *
authority(const struct hf_env *env, const struct hf_ca *ca, struct hf_arena *a)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", ca->name, "role", ca->role,
                     "subject", ca->subject, "algorithm", hf_alg_name(ca->alg), "serial",
                     ca->serial, "certificate_sha256", hash_text(ca->der, a), "key_sha256",
                     hash_text(ca->cert.spki, a), "protection", protection_of(env, ca));
}

static char *
make_record(const struct hf_env *env, const struct hf_actor *actor, const struct hf_ca *ca,
            size_t n, int64_t now_ms, struct hf_arena *a)
{
    char    time[HF_TIME_TEXT];
    json_t *list = json_array(), *record;
    char   *text, *copy;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, authority(env, &ca[i], a));
    record = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "kind", "key ceremony", "time",
                       hf_time_text(now_ms, time), "program", "hufu " HF_VERSION, "held_by",
                       actor == NULL ? "system" : actor->login, "from",
                       actor == NULL ? "" : actor->address, "authorities", list);
    text = json_dumps(record, JSON_INDENT(1));
    copy = text == NULL ? NULL : hf_arena_str(a, text);
    free(text);
    json_decref(record);
    return copy;
}

static const char *
base64(struct hf_bytes b, struct hf_arena *a)
{
    struct hf_wr w = hf_wr(64 << 10);
    const char  *text;

    hf_base64(b, &w);
    text = hf_arena_text(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

static enum hf_rc
write_file(const struct hf_env *env, const char *record, struct hf_bytes sig, struct hf_bytes spki,
           int64_t now_ms, struct hf_arena *a)
{
    const char    *folder = hf_arena_fmt(a, "%s/ceremony", env->data_dir), *path;
    struct hf_pub *pub = NULL;
    json_t        *file;
    char           time[HF_TIME_TEXT], *text;
    enum hf_rc     rc;

    if ((rc = hf_folder_make(folder, 0750)) != HF_OK || (rc = hf_pub_read(spki, &pub)) != HF_OK)
        return rc;
    file = json_pack("{s:s, s:s, s:s, s:s}", "record", record, "signature", base64(sig, a),
                     "public_key", base64(spki, a), "algorithm", hf_alg_name(hf_pub_alg(pub)));
    hf_pub_free(pub);
    text = json_dumps(file, JSON_INDENT(1));
    path = hf_arena_fmt(a, "%s/%s.json", folder, hf_time_text(now_ms, time));
    rc = text == NULL ? hf_fail(HF_E_NOMEM, "ceremony record")
                      : hf_file_write(path, hf_bytes_str(text), 0640);
    free(text);
    json_decref(file);
    return rc;
}

enum hf_rc
hf_ceremony_write(const struct hf_env *env, const char *key_id, const struct hf_actor *actor,
                  const struct hf_ca *ca, size_t n, int64_t now_ms)
{
    struct hf_arena a = hf_arena();
    struct hf_wr    sig = hf_wr(2048), spki = hf_wr(4096);
    const char     *record = make_record(env, actor, ca, n, now_ms, &a);
    struct hf_bytes message = hf_bytes_str(record);
    enum hf_rc      rc;

    if (record == NULL)
        rc = hf_fail(HF_E_NOMEM, "ceremony record");
    else if ((rc = hf_keys_sign(env->keys, key_id, &message, 1, &sig)) == HF_OK &&
             (rc = hf_keys_public(env->keys, key_id, &spki)) == HF_OK)
        rc = write_file(env, record, hf_wr_bytes(&sig), hf_wr_bytes(&spki), now_ms, &a);
    hf_wr_clear(&sig);
    hf_wr_clear(&spki);
    hf_arena_clear(&a);
    return rc == HF_OK ? HF_OK : hf_because(rc, "ceremony record");
}
