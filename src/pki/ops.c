#include "pki/ops.h"

#include <string.h>

#include "audit/act.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "pki/ca.h"
#include "pki/crl.h"
#include "pki/ops_cert.h"
#include "pki/profile.h"
#include "wire/pem.h"

/* -- Keys that sleep -------------------------------------------------------------------------- */

#define UNLOCK_S 60 /* one operation's time */

static enum hf_rc
unlock_by_passphrase(struct hf_call *c, const char *key_id, const char *text)
{
    struct hf_secret secret = { .n = 0 };
    enum hf_rc       rc = hf_secret_set(&secret, hf_bytes_str(text));

    if (rc == HF_OK)
        rc = hf_keys_unlock(c->env->keys, key_id, &secret, UNLOCK_S);
    hf_secret_clear(&secret);
    return rc == HF_E_VERIFY ? hf_fail_field(rc, "passphrase", "does not open key %s", key_id) : rc;
}

static enum hf_rc
unlock_by_shares(struct hf_call *c, const char *key_id, const json_t *list)
{
    struct hf_bytes share[HF_KEY_SHARES_MAX];
    size_t          n = json_array_size(list);

    if (n > HF_KEY_SHARES_MAX)
        return hf_fail_field(HF_E_ARG, "share", "more than %u shares", HF_KEY_SHARES_MAX);
    for (size_t i = 0; i < n; i++)
        share[i] = hf_bytes_str(json_string_value(json_array_get(list, i)));
    enum hf_rc rc = hf_keys_unlock_shares(c->env->keys, key_id, share, n, UNLOCK_S);
    if (rc != HF_OK) {
        const char *why = hf_arena_str(c->arena, hf_reason());

        return hf_fail_field(rc, "share", "%s", why);
    }
    return HF_OK;
}

enum hf_rc
hf_op_unlock(struct hf_call *c, const char *key_id)
{
    const char        *passphrase = hf_arg_text(c, "passphrase");
    json_t            *shares = hf_arg_list(c, "share");
    struct hf_key_info info;
    enum hf_rc         rc;

    if (passphrase != NULL)
        return unlock_by_passphrase(c, key_id, passphrase);
    if (shares != NULL && json_array_size(shares) != 0)
        return unlock_by_shares(c, key_id, shares);
    if ((rc = hf_keys_info(c->env->keys, key_id, &info)) != HF_OK)
        return rc;
    if (info.open_until_ms != 0)
        return HF_OK;
    return hf_fail_field(HF_E_STATE, info.protection == HF_KEY_SHARES ? "share" : "passphrase",
                         "key %s is locked: %s", key_id,
                         info.protection == HF_KEY_SHARES
                             ? hf_arena_fmt(c->arena, "give %u of its %u shares", info.need, info.of)
                             : "give its passphrase");
}

void
hf_op_lock(struct hf_call *c, const char *key_id)
{
    const char *text = hf_arena_str(c->arena, hf_reason()),
               *field = hf_arena_str(c->arena, hf_reason_field());

    if (hf_keys_lock(c->env->keys, key_id) != HF_OK)
        hf_reason_set(field, text); /* a key without protection cannot be locked, and need not be */
}

/* -- Authorities --------------------------------------------------------------------------------- */

static const char *
fingerprint(struct hf_bytes der, struct hf_arena *a)
{
    uint8_t digest[32];

    return hf_digest(HF_DIGEST_SHA256, &der, 1, digest) == HF_OK
               ? hf_hex_arena(a, hf_bytes(digest, sizeof(digest)))
               : "";
}

static json_t *
time_json(int64_t ms)
{
    char text[HF_TIME_TEXT];

    return ms == 0 ? json_null() : json_string(hf_time_text(ms, text));
}

static json_t *
ca_json(const struct hf_ca *ca, const char *parent, struct hf_arena *a)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s}", "name", ca->name,
                     "role", ca->role, "suite", ca->suite, "alg", hf_alg_name(ca->alg), "state",
                     ca->state, "subject", ca->subject, "serial", ca->serial, "parent", parent,
                     "not_before", time_json(ca->not_before_ms), "not_after",
                     time_json(ca->not_after_ms), "crl_number", (json_int_t)ca->crl_number,
                     "fingerprint", fingerprint(ca->der, a));
}

static const char *
name_of(const struct hf_ca *ca, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ca[i].id == id)
            return ca[i].name;
    return "";
}

static enum hf_rc
read_authorities(struct hf_call *c, struct hf_ca **out, size_t *n)
{
    struct hf_db *db = hf_store_reader(c->env->store);

    *out = hf_arena_get(c->arena, HF_CAS_MAX * sizeof(**out));
    return db == NULL ? hf_because(HF_E_STORE, "authorities") : hf_ca_list(db, c->arena, *out, n);
}

static enum hf_rc
ca_list(struct hf_call *c)
{
    struct hf_ca *ca;
    size_t        n;
    json_t       *items;
    enum hf_rc    rc;

    if ((rc = read_authorities(c, &ca, &n)) != HF_OK)
        return rc;
    items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, ca_json(&ca[i], name_of(ca, n, ca[i].parent), c->arena));
    hf_reply_set(c, "items", items);
    hf_reply_text(c, "next", NULL);
    hf_reply_int(c, "total", (int64_t)n);
    return HF_OK;
}

static enum hf_rc
ca_show(struct hf_call *c)
{
    const char   *name = hf_arg_text(c, "ca");
    struct hf_wr  pem = hf_wr(1 << 20);
    struct hf_ca *ca;
    size_t        n, i = 0;
    enum hf_rc    rc;

    if ((rc = read_authorities(c, &ca, &n)) != HF_OK)
        return rc;
    while (i < n && strcmp(ca[i].name, name) != 0)
        i++;
    if (i == n)
        return hf_fail_field(HF_E_ABSENT, "ca", "there is no authority %s; see: hufu ca list", name);
    json_t *whole = ca_json(&ca[i], name_of(ca, n, ca[i].parent), c->arena);
    json_object_update(c->reply, whole);
    json_decref(whole);
    hf_pem_put(&pem, HF_PEM_CERT, ca[i].der);
    hf_reply_text(c, "pem", hf_arena_text(c->arena, hf_wr_bytes(&pem)));
    hf_wr_clear(&pem);
    return HF_OK;
}

static enum hf_rc
ca_export(struct hf_call *c)
{
    const char   *name = hf_arg_text(c, "ca");
    struct hf_wr  pem = hf_wr(1 << 20);
    struct hf_ca *ca;
    size_t        n, given = 0;
    enum hf_rc    rc;

    if ((rc = read_authorities(c, &ca, &n)) != HF_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (name != NULL && strcmp(name, ca[i].name) != 0)
            continue;
        hf_pem_put(&pem, HF_PEM_CERT, ca[i].der);
        given++;
    }
    rc = given == 0 && name != NULL
             ? hf_fail_field(HF_E_ABSENT, "ca", "there is no authority %s; see: hufu ca list", name)
             : pem.rc;
    hf_reply_text(c, "pem", hf_arena_text(c->arena, hf_wr_bytes(&pem)));
    hf_reply_int(c, "total", (int64_t)given);
    hf_wr_clear(&pem);
    return rc;
}

static enum hf_rc
ca_crl(struct hf_call *c)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    struct hf_ca  ca;
    enum hf_rc    rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "CRL");
    c->object = hf_arg_text(c, "ca");
    if ((rc = hf_ca_get(db, hf_arg_text(c, "ca"), c->arena, &ca)) != HF_OK ||
        (rc = hf_op_unlock(c, ca.key_id)) != HF_OK)
        return rc;
    rc = hf_crl_issue_call(c, ca.name, hf_arg_int(c, "days", 0) * 86400);
    hf_op_lock(c, ca.key_id);
    return rc;
}

/* -- Profiles --------------------------------------------------------------------------------------- */

static const char *
rdn_text(const struct hf_profile *p, struct hf_arena *a)
{
    const char *text = "";

    for (size_t i = 0; i < p->rdns; i++)
        text = hf_arena_fmt(a, "%s%s%s%s", text, i == 0 ? "" : " ", hf_oid_name(p->rdn[i].type),
                            p->rdn[i].required ? "*" : "");
    return text;
}

static json_t *
profile_json(const struct hf_profile *p, struct hf_arena *a)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "name", p->name,
                     "title", p->title, "title_zh", p->title_zh, "kind",
                     p->ca ? "authority" : "end-entity", "keys", hf_profile_words("keys", p->algs, a),
                     "key_usage", hf_profile_words("key-usage", p->ku, a), "ext_key_usage",
                     hf_profile_words("ext-key-usage", p->eku, a), "san",
                     hf_profile_words("san", p->san, a), "san_required", (int)p->san_required, "days",
                     (json_int_t)p->days, "max_days", (json_int_t)p->max_days, "subject",
                     rdn_text(p, a));
}

static enum hf_rc
profile_list(struct hf_call *c)
{
    const char       **names;
    struct hf_profile *p;
    json_t            *items;
    size_t             n;
    enum hf_rc         rc;

    if ((rc = hf_profile_names(c->env->data_dir, c->arena, &names, &n)) != HF_OK)
        return rc;
    items = json_array();
    for (size_t i = 0; i < n; i++) {
        if (hf_profile_get(c->env->data_dir, names[i], c->arena, &p) == HF_OK)
            json_array_append_new(items, profile_json(p, c->arena));
        else /* a broken file is shown, not hidden: somebody must mend it */
            json_array_append_new(items, json_pack("{s:s, s:s}", "name", names[i], "error", hf_reason()));
    }
    hf_reply_set(c, "items", items);
    hf_reply_text(c, "next", NULL);
    hf_reply_int(c, "total", (int64_t)n);
    return HF_OK;
}

static enum hf_rc
profile_show(struct hf_call *c)
{
    struct hf_profile *p;
    enum hf_rc rc = hf_profile_get(c->env->data_dir, hf_arg_text(c, "profile"), c->arena, &p);

    if (rc != HF_OK)
        return rc;
    json_t *whole = profile_json(p, c->arena);
    json_object_update(c->reply, whole);
    json_decref(whole);
    return HF_OK;
}

/* The text of a profile as somebody sent it; errors are about the field "file". */
static enum hf_rc
read_sent(struct hf_call *c, struct hf_profile **p)
{
    enum hf_rc rc = hf_profile_read(hf_bytes_str(hf_arg_text(c, "file")), "file", c->arena, p);

    if (rc != HF_OK) {
        const char *why = hf_arena_str(c->arena, hf_reason());

        return hf_fail_field(rc, "file", "%s", why);
    }
    return HF_OK;
}

static enum hf_rc
profile_check(struct hf_call *c)
{
    struct hf_profile *p;
    enum hf_rc         rc = read_sent(c, &p);

    if (rc != HF_OK)
        return rc;
    json_t *whole = profile_json(p, c->arena);
    json_object_update(c->reply, whole);
    json_decref(whole);
    return HF_OK;
}

static enum hf_rc
nothing_to_store(struct hf_db *tx, void *arg)
{
    return HF_OK;
}

/*
 * The audit record first: a profile in force that nobody loaded must not be.
 * If writing the file then fails, the record says that it was tried.
 */
static enum hf_rc
profile_load(struct hf_call *c)
{
    struct hf_bytes    text = hf_bytes_str(hf_arg_text(c, "file"));
    struct hf_profile *p;
    enum hf_rc         rc;

    if ((rc = read_sent(c, &p)) != HF_OK)
        return rc;
    c->object = p->name;
    json_object_set_new(c->detail, "sha256", json_string(fingerprint(text, c->arena)));
    hf_reply_text(c, "name", p->name);
    if ((rc = hf_act_commit(c, nothing_to_store, NULL)) != HF_OK)
        return rc;
    return hf_profile_put(c->env->data_dir, text, "file", c->arena, &p);
}

/* -- The table ---------------------------------------------------------------------------------------- */

const struct hf_op hf_pki_ops[] = {
    { .name = "ca list", .args = "", .help = "List the authorities.", .help_zh = "列出 CA。",
      .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .columns = "name,role,suite,alg,state,subject,not_after,crl_number", .run = ca_list },
    { .name = "ca show", .args = "<ca>", .help = "Show one authority with its certificate.",
      .help_zh = "显示一个 CA 及其证书。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ, .run = ca_show },
    { .name = "ca export", .args = "[--ca <ca>] [--out <path-out>]",
      .help = "Write the certificates of all authorities, or of one, as PEM.",
      .help_zh = "导出全部或一个 CA 证书（PEM）。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .out = "pem", .run = ca_export },
    { .name = "ca crl",
      .args = "--ca <ca> [--days <days>] [--passphrase <secret>] [--share <file>]... [--out <path-out>]",
      .help = "Issue the next CRL now; a root needs its passphrase or its custodians' shares.",
      .help_zh = "立即签发下一个 CRL；根 CA 需要口令或托管人的分片。", .may = HF_MAY_CA_MANAGE,
      .audit = "crl.issued", .out = "pem", .run = ca_crl },
    { .name = "ca sign",
      .args = "--ca <ca> --profile <profile> --csr <file> [--out <path-out>] [--chain] [--days <days>] "
              "[--passphrase <secret>] [--share <file>]...",
      .help = "Issue a certificate by a root, opened with its passphrase or its custodians' shares.",
      .help_zh = "由根 CA 签发证书，需根密钥口令或托管人的分片。", .may = HF_MAY_CA_MANAGE,
      .audit = "cert.issued", .out = "pem", .run = hf_op_ca_sign },
    { .name = "profile list", .args = "", .help = "List the certificate profiles.",
      .help_zh = "列出证书模板。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .columns = "name,title,keys,key_usage,ext_key_usage,san,days,max_days", .run = profile_list },
    { .name = "profile show", .args = "<profile>", .help = "Show what a profile allows.",
      .help_zh = "显示一个证书模板。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .run = profile_show },
    { .name = "profile check", .args = "<file>", .help = "Check a profile's text without loading it.",
      .help_zh = "检查模板文件，不装入。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .run = profile_check },
    { .name = "profile load", .args = "<file>", .help = "Load a profile, replacing one of the same name.",
      .help_zh = "装入模板，替换同名模板。", .may = HF_MAY_CA_MANAGE, .audit = "profile.loaded",
      .run = profile_load },
    { .name = "cert issue",
      .args = "--profile <profile> --csr <file> [--out <path-out>] [--chain] [--suite <sm|intl>] "
              "[--san <san>] [--days <days>] [--person <login>]",
      .help = "Issue a certificate for a PKCS#10 request.",
      .help_zh = "按 PKCS#10 请求签发证书。", .may = HF_MAY_CERT_ISSUE,
      .flags = HF_OP_CREDENTIAL, .audit = "cert.issued",
      .out = "pem", .run = hf_op_cert_issue },
    { .name = "cert show", .args = "<certificate>",
      .help = "Show a certificate by its serial number or from a file.",
      .help_zh = "按序列号或文件显示证书。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .run = hf_op_cert_show },
    { .name = "cert list",
      .args = "[--find <text>] [--serial <serial>] [--subject <text>] [--san <text>] "
              "[--state <active|suspended|revoked|expired>] [--profile <profile>] [--person <login>] "
              "[--ca <ca>] [--expires-from <time>] [--expires-to <time>] [--limit <count>] "
              "[--after <text>]",
      .help = "Search the certificates, newest first.", .help_zh = "查询证书，新的在前。",
      .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .columns = "serial,subject,san,state,profile,ca,person,not_after", .run = hf_op_cert_list },
    { .name = "cert revoke",
      .args = "<serial> --reason <unspecified|keyCompromise|cACompromise|affiliationChanged|superseded|"
              "cessationOfOperation|certificateHold|privilegeWithdrawn|aACompromise> [--note <text>]",
      .help = "Revoke a certificate for ever; OCSP says so at once, the CRL within seconds.",
      .help_zh = "注销证书（不可恢复）；OCSP 立即生效，CRL 数秒内生效。", .may = HF_MAY_CERT_REVOKE,
      .audit = "cert.revoked", .run = hf_op_cert_revoke },
    { .name = "cert suspend", .args = "<serial> [--note <text>]",
      .help = "Suspend a certificate (certificateHold).", .help_zh = "冻结证书。",
      .may = HF_MAY_CERT_REVOKE, .audit = "cert.suspended", .run = hf_op_cert_suspend },
    { .name = "cert resume", .args = "<serial> [--note <text>]",
      .help = "Make a suspended certificate valid again.", .help_zh = "解冻证书。",
      .may = HF_MAY_CERT_REVOKE, .audit = "cert.resumed", .run = hf_op_cert_resume },
    { .name = "cert bind", .args = "<serial> --person <login>",
      .help = "Bind a certificate to a person, who may then sign in with it.",
      .help_zh = "将证书绑定到人员，用于登录。", .may = HF_MAY_CERT_ISSUE,
      .flags = HF_OP_CREDENTIAL, .audit = "cert.bound",
      .run = hf_op_cert_bind },
    { .name = "cert stats", .args = "", .help = "Count certificates by state and by time of expiry.",
      .help_zh = "按状态与到期时间统计证书。", .may = HF_MAY_CA_READ, .flags = HF_OP_READ,
      .run = hf_op_cert_stats },
    { 0 },
};
