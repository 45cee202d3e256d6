/*
 * op.h - operations: everything that a person or a program can do.
 *
 * Each part describes what can be done to it as rows of struct hf_op. Command
 * line, HTTP API, OpenAPI document, console forms, permission check, dual
 * control and audit record all come from the row (docs/design/operations.md).
 *
 * The text in .args is the grammar and the usage line at once:
 *
 *     <serial>                 required, by position; JSON member "serial"
 *     [<filter>]               optional, by position
 *     --csr <file>             required option; JSON member "csr"
 *     [--min-strength <password|certificate>]   one of the words; member "min_strength"
 *     [--allow <cidr>]...      may be given several times; a JSON array
 *     [--chain]                a switch; a JSON boolean
 *
 * The word in angle brackets is its kind (hf_arg_kinds in op.c): it decides
 * the JSON type, the limits and how the command line reads it. `file` means
 * that the command line sends the file's text, `certificate` that it does so if
 * there is a file of this name and otherwise sends the word itself (a serial
 * number), `path-out` that the command line writes the reply's member .out there
 * and that the API never sees it.
 */
#ifndef HF_BASE_OP_H
#define HF_BASE_OP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

/* -- Who asks --------------------------------------------------------------- */

/* Permissions. Names are stored with roles: add at the end, never rename. */
#define HF_MAY_LIST(X)                                                                             \
    X(SIGNED_IN, "signed-in", "anybody who is signed in")                                          \
    X(CA_READ, "ca-read", "see authorities, profiles and certificates")                            \
    X(CA_MANAGE, "ca-manage", "create authorities, load profiles, publish CRLs")                   \
    X(CERT_ISSUE, "cert-issue", "issue certificates")                                              \
    X(CERT_REVOKE, "cert-revoke", "revoke, suspend and resume certificates")                       \
    X(PERSON_READ, "person-read", "see persons")                                                   \
    X(PERSON_MANAGE, "person-manage", "create and change persons")                                 \
    X(APP_READ, "app-read", "see relying applications")                                            \
    X(APP_MANAGE, "app-manage", "register and change relying applications")                        \
    X(AUDIT_READ, "audit-read", "read, verify and export the audit trail")                         \
    X(APPROVE, "approve", "confirm what another person has asked for")                             \
    X(SETTINGS, "settings", "change settings of the whole product")                                \
    X(ANYBODY, "anybody", "everybody, also before signing in")

enum hf_may {
#define X(name, word, text) HF_MAY_##name,
    HF_MAY_LIST(X) HF_MAY_COUNT
#undef X
};

const char *hf_may_word(enum hf_may may);
bool        hf_may_named(const char *word, enum hf_may *out);

/* How strongly somebody signed in, weakest first (identity specification A2). */
enum hf_strength {
    HF_STRENGTH_NONE = 0,
    HF_STRENGTH_PASSWORD = 10,
    HF_STRENGTH_CERTIFICATE = 50,
};
const char *hf_strength_word(enum hf_strength s);
bool        hf_strength_named(const char *word, enum hf_strength *out);

/* Who asks, and from where. Lives as long as the call. */
struct hf_actor {
    /* "person", "local" (the machine's administrator), "system", "nobody" */
    const char      *kind;
    int64_t          id;    /* person's row, 0 otherwise */
    const char      *login; /* "local" for the local administrator */
    const char      *unit;  /* organisation unit, "" for all */
    enum hf_strength strength;
    uint64_t         may;     /* 1 << HF_MAY_... */
    const char      *address; /* text of the peer's address, "unix" for the local socket */
    int64_t          session; /* row of the session, 0 without */
};
bool hf_actor_may(const struct hf_actor *actor, enum hf_may may);

/* -- The call ---------------------------------------------------------------- */

struct hf_op;
struct hf_db;
struct hf_store;
struct hf_keys;
struct hf_conf;

/* What a part needs of the process it runs in. One per process. */
struct hf_env {
    struct hf_store *store;    /* store/store.h */
    struct hf_keys  *keys;     /* crypto/keys.h: the way to the keys process */
    struct hf_conf  *conf;     /* base/conf.h */
    const char      *data_dir; /* absolute path */
    /* Is there a person with this login? E_ABSENT if not. Identity's answer for parts below it; NULL: not asked. */
    enum hf_rc (*person_known)(struct hf_db *db, const char *login);
};

struct hf_call {
    const struct hf_op    *op;
    const struct hf_env   *env;
    const struct hf_actor *actor;
    json_t                *args;       /* object, checked against the grammar; borrowed */
    struct hf_arena       *arena;      /* of the request */
    const char            *request_id; /* chosen by the client, "" if it sent none */
    const char            *approval;   /* id of the approved pending operation, "" otherwise */
    int64_t                now_ms;
    json_t                *reply;  /* owned by the dispatcher; run() fills this object */
    const char            *object; /* what the audit record names: serial, login … */
    /* owned by the dispatcher; object with more for the audit record */
    json_t *detail;
    bool    committed; /* set by hf_act_commit() */
    /* set by a sign-in: token of the new session, for cookie or client */
    const char *session;
    bool        session_end; /* set by a sign-out: the face forgets its cookie */
    /* What the dispatcher wants in the act's own transaction; hf_act_commit() calls it after fn. NULL: nothing. */
    enum hf_rc (*within)(struct hf_db *tx, struct hf_call *c);
    void *within_arg;
    /* all tables, the last is NULL: for operations about operations */
    const struct hf_op *const *ops;
};

/* Arguments of a call. Absent gives NULL, `otherwise`, false. Strings are borrowed. */
const char *hf_arg_text(const struct hf_call *c, const char *member);
int64_t     hf_arg_int(const struct hf_call *c, const char *member, int64_t otherwise);
bool        hf_arg_flag(const struct hf_call *c, const char *member);
json_t     *hf_arg_list(const struct hf_call *c, const char *member); /* array, NULL if absent */

/* Fill the reply. Text must be UTF-8; otherwise the member becomes null. */
void hf_reply_text(struct hf_call *c, const char *member, const char *text);
void hf_reply_int(struct hf_call *c, const char *member, int64_t value);
void hf_reply_flag(struct hf_call *c, const char *member, bool value);
void hf_reply_time(struct hf_call *c, const char *member, int64_t ms); /* RFC 3339; 0 gives null */
void hf_reply_set(struct hf_call *c, const char *member, json_t *own_value);

/* -- The row ------------------------------------------------------------------ */

enum {
    HF_OP_READ = 1,   /* changes nothing: GET works too, no audit record on success */
    HF_OP_SECOND = 2, /* another person confirms before it runs */
    /*
     * Gives the person in `login` or `person` a way to sign in: another person
     * confirms if that one holds or gets a role (serve/second.h).
     */
    HF_OP_CREDENTIAL = 4,
    HF_OP_HIDDEN = 8,  /* not in the menu of commands */
    HF_OP_SECRET = 16, /* its reply holds a secret: not remembered for a repeated request */
};

struct hf_op {
    const char *name;    /* "cert revoke": hufu cert revoke; POST /api/v1/cert/revoke */
    const char *args;    /* grammar, see above */
    const char *help;    /* one line, English */
    const char *help_zh; /* the same in Chinese */
    enum hf_may may;
    unsigned    flags;
    const char *audit;   /* event name "cert.revoked"; NULL only with HF_OP_READ */
    const char *out;     /* reply member that --out writes on the command line, or NULL */
    const char *columns; /* of "items" in the reply, when it lists: "serial,subject,state" */
    enum hf_rc (*run)(struct hf_call *c);
};

/* -- The grammar ---------------------------------------------------------------- */

enum hf_arg_type { HF_ARG_TEXT, HF_ARG_INT, HF_ARG_FLAG };

struct hf_arg_kind {
    const char      *word; /* between the angle brackets */
    enum hf_arg_type type;
    int64_t          low, high; /* integers: range; text: length in bytes */
    const char      *help, *help_zh;
};

struct hf_arg {
    char                      name[32];   /* "min-strength" or "serial" */
    char                      member[32]; /* "min_strength" */
    char                      word[160];  /* kind, or words separated by '|' */
    const struct hf_arg_kind *kind;       /* of a list of words: that of "word" */
    bool                      positional, required, repeated, is_switch;
};

#define HF_OP_ARGS_MAX 24

/*
 * Take the grammar apart. Returns the number of arguments. Aborts on a row
 * that is wrong: rows are constants, and a unit test walks all of them.
 */
size_t hf_op_args(const struct hf_op *op, struct hf_arg out[HF_OP_ARGS_MAX]);

/* True if words is a list "a|b|c" that has `text` in it. */
bool hf_arg_word_in(const char *words, const char *text);

/*
 * Check arguments from outside: an object, every member known, of the right
 * type and within limits, nothing required missing. E_ARG names the member.
 */
HF_CHECKED enum hf_rc hf_op_check(const struct hf_op *op, const json_t *args);

#endif
