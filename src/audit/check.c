/* check.c - the checker: what a whole trail looks like. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit/check.h"
#include "audit/origins.h"
#include "base/text.h"
#include "crypto/pub.h"

#define NODES_MAX 256
#define KEYS_MAX 64

struct node {
    char    name[HF_AUDIT_TEXT_MAX + 1];
    int64_t seq, head;           /* last record, last head */
    uint8_t hash[HF_AUDIT_HASH]; /* of the last record, as it says itself */
    bool    ended;               /* named in the end line */
};

struct key {
    uint8_t        fingerprint[HF_AUDIT_HASH];
    struct hf_pub *pub;
};

struct hf_audit_checker {
    struct hf_audit_report report;
    struct node           *node[NODES_MAX];
    size_t                 nodes;
    struct key             key[KEYS_MAX];
    size_t                 keys;
    struct hf_origins      origins;
    bool                   pinned;
    bool                   gaps; /* a record is missing: numbers of origins jump because of it */
    uint8_t                trusted[HF_AUDIT_HASH];
    struct hf_audit_lines  lines;
};

enum hf_rc
hf_audit_checker_new(const uint8_t *trusted, struct hf_audit_checker **out)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return hf_fail(HF_E_NOMEM, "audit");
    if (trusted != NULL) {
        (*out)->pinned = true;
        memcpy((*out)->trusted, trusted, HF_AUDIT_HASH);
    }
    return HF_OK;
}

void
hf_audit_checker_free(struct hf_audit_checker *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->nodes; i++)
        free(c->node[i]);
    for (size_t i = 0; i < c->keys; i++)
        hf_pub_free(c->key[i].pub);
    hf_origins_clear(&c->origins);
    free(c);
}

struct hf_audit_lines *
hf_audit_checker_lines(struct hf_audit_checker *c)
{
    return &c->lines;
}

void
hf_audit_check_note(struct hf_audit_checker *c, const char *fmt, ...)
{
    struct hf_audit_report *r = &c->report;
    char                    text[300];
    va_list                 ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (r->findings < HF_AUDIT_FINDINGS) {
        if (c->lines.n > 0)
            snprintf(r->finding[r->findings], sizeof(r->finding[0]), "line %lld: %s",
                     (long long)c->lines.n, text);
        else
            snprintf(r->finding[r->findings], sizeof(r->finding[0]), "%s", text);
    }
    r->findings++;
}

/* -- Nodes --------------------------------------------------------------------------------- */

static struct node *
find_node(const struct hf_audit_checker *c, const char *name)
{
    for (size_t i = 0; i < c->nodes; i++)
        if (strcmp(c->node[i]->name, name) == 0)
            return c->node[i];
    return NULL;
}

static enum hf_rc
get_node(struct hf_audit_checker *c, const char *name, struct node **out)
{
    size_t n = strlen(name);

    if ((*out = find_node(c, name)) != NULL)
        return HF_OK;
    if (c->nodes == NODES_MAX || n > HF_AUDIT_TEXT_MAX)
        return hf_fail(HF_E_TOOBIG, "audit: too many nodes, or a name that is too long");
    if ((*out = calloc(1, sizeof(**out))) == NULL)
        return hf_fail(HF_E_NOMEM, "audit");
    memcpy((*out)->name, name, n + 1);
    c->node[c->nodes++] = *out;
    return hf_audit_genesis(name, (*out)->hash);
}

int64_t
hf_audit_checker_seq(const struct hf_audit_checker *c, const char *node)
{
    const struct node *n = find_node(c, node);

    return n != NULL ? n->seq : 0;
}

int64_t
hf_audit_checker_head(const struct hf_audit_checker *c, const char *node)
{
    const struct node *n = find_node(c, node);

    return n != NULL ? n->head : 0;
}

/* -- Keys -------------------------------------------------------------------------------------- */

static const struct key *
find_key(const struct hf_audit_checker *c, const uint8_t fingerprint[HF_AUDIT_HASH])
{
    for (size_t i = 0; i < c->keys; i++)
        if (memcmp(c->key[i].fingerprint, fingerprint, HF_AUDIT_HASH) == 0)
            return &c->key[i];
    return NULL;
}

enum hf_rc
hf_audit_check_key(struct hf_audit_checker *c, struct hf_bytes spki)
{
    struct key key;
    enum hf_rc rc = hf_audit_fingerprint(spki, key.fingerprint);

    if (rc != HF_OK || find_key(c, key.fingerprint) != NULL)
        return rc;
    if (c->keys == KEYS_MAX)
        return hf_fail(HF_E_TOOBIG, "audit: more than %d keys", KEYS_MAX);
    if (hf_pub_read(spki, &key.pub) != HF_OK) {
        hf_audit_check_note(c, "the public key cannot be used: %s", hf_reason());
        return HF_OK;
    }
    c->key[c->keys++] = key;
    return HF_OK;
}

/*
 * Is it signed by a key that may sign heads? what names it in findings. A pin
 * is compared first, so that a foreign key is told as such.
 */
enum hf_rc
hf_audit_check_signature(struct hf_audit_checker *c, const char *what,
                         const uint8_t fingerprint[HF_AUDIT_HASH], struct hf_bytes message,
                         struct hf_bytes signature)
{
    const struct key *key = find_key(c, fingerprint);
    enum hf_rc        rc;

    if (c->pinned && memcmp(fingerprint, c->trusted, HF_AUDIT_HASH) != 0) {
        hf_audit_check_note(c, "%s is signed by another key than the trusted one", what);
        return HF_OK;
    }
    if (key == NULL) {
        hf_audit_check_note(c, "%s is signed by a key that is not there", what);
        return HF_OK;
    }
    rc = hf_pub_verify(key->pub, hf_alg_signature_id(hf_pub_alg(key->pub)), message, signature);
    if (rc == HF_OK || hf_rc_class(rc) == HF_CLASS_SYSTEM)
        return rc;
    hf_audit_check_note(c, "%s is forged: its signature does not verify", what);
    return HF_OK;
}

/* -- Records ------------------------------------------------------------------------------------- */

/* Does it follow the record before it? Only then do hash and origin mean something. */
static bool
check_place(struct hf_audit_checker *c, const struct node *n, const struct hf_audit_record *r)
{
    if (r->seq == n->seq + 1)
        return true;
    c->gaps = true;
    if (r->seq <= n->seq)
        hf_audit_check_note(
            c, "record %lld of node %.64s stands behind record %lld: inserted or out of order",
            (long long)r->seq, r->node, (long long)n->seq);
    else if (r->seq == n->seq + 2)
        hf_audit_check_note(c, "record %lld of node %.64s is missing", (long long)n->seq + 1,
                            r->node);
    else
        hf_audit_check_note(c, "records %lld to %lld of node %.64s are missing",
                            (long long)n->seq + 1, (long long)r->seq - 1, r->node);
    return false;
}

static enum hf_rc
check_hash(struct hf_audit_checker *c, const struct node *n, const struct hf_audit_record *r)
{
    uint8_t    hash[HF_AUDIT_HASH];
    enum hf_rc rc = hf_audit_record_hash(n->hash, r, hash);

    if (rc == HF_E_TOOBIG) {
        hf_audit_check_note(c, "record %lld of node %.64s was changed: it is too large",
                            (long long)r->seq, r->node);
        return HF_OK;
    }
    if (rc == HF_OK && memcmp(hash, r->hash, sizeof(hash)) != 0)
        hf_audit_check_note(
            c,
            "record %lld of node %.64s was changed: its content and the record before it "
            "do not give its hash",
            (long long)r->seq, r->node);
    return rc;
}

static enum hf_rc
check_origin(struct hf_audit_checker *c, const struct hf_audit_record *r)
{
    struct hf_origin *o;
    enum hf_rc        rc = hf_origins_get(&c->origins, r->origin, &o);

    if (rc != HF_OK)
        return rc;
    if (!c->gaps && r->number != o->number + 1)
        hf_audit_check_note(c,
                            "record %lld of node %.64s has number %lld of origin %.64s after %lld: "
                            "a record vanished before it was sealed",
                            (long long)r->seq, r->node, (long long)r->number, r->origin,
                            (long long)o->number);
    o->number = r->number;
    return HF_OK;
}

enum hf_rc
hf_audit_check_record(struct hf_audit_checker *c, const struct hf_audit_record *r)
{
    struct node *n;
    enum hf_rc   rc = get_node(c, r->node, &n);

    if (rc != HF_OK)
        return rc;
    c->report.records++;
    if (check_place(c, n, r))
        rc = check_hash(c, n, r);
    if (rc == HF_OK)
        rc = check_origin(c, r);
    if (r->seq <= n->seq)
        return rc; /* the chain goes on where it was */
    n->seq = r->seq;
    memcpy(n->hash, r->hash, sizeof(n->hash));
    return rc;
}

/* -- Heads ----------------------------------------------------------------------------------------- */

enum hf_rc
hf_audit_check_head(struct hf_audit_checker *c, const struct hf_audit_head *head)
{
    struct hf_wr    text = hf_wr(4096);
    struct hf_bytes message;
    struct node    *n;
    char            what[128];
    enum hf_rc      rc = get_node(c, head->node, &n);

    if (rc != HF_OK)
        return rc;
    c->report.heads++;
    snprintf(what, sizeof(what), "head %lld of node %.64s", (long long)head->seq, head->node);
    if (head->seq != n->seq)
        hf_audit_check_note(c, "%s stands behind record %lld: records are missing or out of order",
                            what, (long long)n->seq);
    else if (memcmp(head->hash, n->hash, sizeof(n->hash)) != 0)
        hf_audit_check_note(c, "%s has another hash than its record: the chain was written anew",
                            what);
    hf_audit_head_write(head, &text);
    if ((rc = hf_wr_end(&text, &message)) == HF_OK)
        rc = hf_audit_check_signature(c, what, head->key, message, head->signature);
    hf_wr_clear(&text);
    n->head = head->seq;
    hf_hex(hf_bytes(head->key, sizeof(head->key)), c->report.key);
    return rc;
}

/* -- The end ------------------------------------------------------------------------------------------ */

enum hf_rc
hf_audit_check_end_of(struct hf_audit_checker *c, const char *node, int64_t seq,
                      const uint8_t hash[HF_AUDIT_HASH])
{
    struct node *n;
    enum hf_rc   rc = get_node(c, node, &n);

    if (rc != HF_OK)
        return rc;
    if (n->seq != seq)
        hf_audit_check_note(
            c,
            "node %.64s ends at record %lld, the end says %lld: records were cut off or "
            "added",
            node, (long long)n->seq, (long long)seq);
    else if (memcmp(n->hash, hash, sizeof(n->hash)) != 0)
        hf_audit_check_note(c, "node %.64s ends with another hash than the end says", node);
    if (n->head != n->seq)
        hf_audit_check_note(
            c, "records behind head %lld of node %.64s: added, or the head was removed",
            (long long)n->head, node);
    n->ended = true;
    return HF_OK;
}

void
hf_audit_check_all_ended(struct hf_audit_checker *c)
{
    for (size_t i = 0; i < c->nodes; i++)
        if (!c->node[i]->ended)
            hf_audit_check_note(c, "node %.64s is not named in the end: it was added",
                                c->node[i]->name);
}

const struct hf_audit_report *
hf_audit_checker_end(struct hf_audit_checker *c)
{
    c->report.nodes = (int64_t)c->nodes;
    c->report.uncovered = 0;
    for (size_t i = 0; i < c->nodes; i++)
        if (c->node[i]->seq > c->node[i]->head)
            c->report.uncovered += c->node[i]->seq - c->node[i]->head;
    return &c->report;
}
