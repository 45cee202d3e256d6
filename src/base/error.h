/*
 * error.h - how a function says that it failed, and why.
 *
 * A function that can fail returns an enum hf_rc. The code says what the
 * caller may do; the text, kept beside it until the next failure, says what
 * happened, for the log and for the operator:
 *
 *     if ((rc = hf_crl_read(der, &crl)) != HF_OK)
 *         return hf_because(rc, "publishing CA %s", ca->name);
 *
 * reads in the log as
 *
 *     rc=E_TRAILING publishing CA bank-root: CRL: 3 bytes left over
 *
 * The text is per thread and bounded: recording a failure cannot itself fail.
 * Where a failure concerns one argument of a request, its name is kept too
 * (hf_fail_field), so that a form can show the error beside the field.
 */
#ifndef HF_BASE_ERROR_H
#define HF_BASE_ERROR_H

#include "base/attr.h"

/*
 * What kind of failure it is decides the answer: each protocol maps these
 * few to its own replies (HTTP status, OCSP status, LDAP result, ISO 8583
 * field 39) in one small table and never looks at single codes.
 */
enum hf_class {
    HF_CLASS_NONE,     /* no failure */
    HF_CLASS_AGAIN,    /* not yet: wait for the descriptor and call again */
    HF_CLASS_INPUT,    /* the peer sent something malformed */
    HF_CLASS_DENIED,   /* well formed, and not allowed */
    HF_CLASS_ABSENT,   /* the thing asked for does not exist */
    HF_CLASS_CONFLICT, /* it exists already, or its state forbids this */
    HF_CLASS_LIMIT,    /* too large, too many, too often */
    HF_CLASS_OUTSIDE,  /* database, HSM or remote peer failed: try another */
    HF_CLASS_SYSTEM,   /* the operating system or memory failed us */
    HF_CLASS_BUG,      /* should never happen: alert somebody */
};
#define HF_CLASSES (HF_CLASS_BUG + 1)

/* Names are written to the audit trail: add at the end, never rename. */
#define HF_RC_LIST(X)                                                                              \
    X(OK, NONE, "ok")                                                                              \
    X(E_AGAIN, AGAIN, "would block")                                                               \
    X(E_SHORT, INPUT, "message ends early")                                                        \
    X(E_TRAILING, INPUT, "bytes left over after the message")                                      \
    X(E_FORMAT, INPUT, "malformed message")                                                        \
    X(E_VERIFY, DENIED, "signature does not verify")                                               \
    X(E_DENIED, DENIED, "not permitted")                                                           \
    X(E_REVOKED, DENIED, "certificate is revoked")                                                 \
    X(E_ABSENT, ABSENT, "no such object")                                                          \
    X(E_STATE, CONFLICT, "not possible in the present state")                                      \
    X(E_TOOBIG, LIMIT, "larger than the agreed maximum")                                           \
    X(E_STORE, OUTSIDE, "storage failed")                                                          \
    X(E_PEER, OUTSIDE, "remote peer failed")                                                       \
    X(E_KEYDEV, OUTSIDE, "key device failed")                                                      \
    X(E_NOMEM, SYSTEM, "out of memory")                                                            \
    X(E_SYSTEM, SYSTEM, "system call failed")                                                      \
    X(E_CRYPTO, SYSTEM, "cryptographic library failed")                                            \
    X(E_BUG, BUG, "internal error")                                                                \
    X(E_ARG, INPUT, "argument refused")                                                            \
    X(E_POLICY, DENIED, "refused by policy")                                                       \
    X(E_AUTH, DENIED, "sign-in needed")                                                            \
    X(E_EXISTS, CONFLICT, "exists already")                                                        \
    X(E_BUSY, LIMIT, "too many requests")                                                          \
    X(E_WEAK, DENIED, "sign-in is not strong enough")                                              \
    X(E_EXPIRED, DENIED, "no longer valid")

enum hf_rc {
#define X(name, class, text) HF_##name,
    HF_RC_LIST(X)
#undef X
};

const char   *hf_rc_name(enum hf_rc rc);
const char   *hf_rc_text(enum hf_rc rc);
enum hf_class hf_rc_class(enum hf_rc rc);

/* The code with this name ("E_SHORT"); E_BUG if there is none. */
enum hf_rc hf_rc_named(const char *name);

/* Record a failure and hand its code back. Starts a new text. */
enum hf_rc hf_fail(enum hf_rc rc, const char *fmt, ...) HF_PRINTF(2, 3);

/* The same for one named argument of a request: "field: text". */
enum hf_rc hf_fail_field(enum hf_rc rc, const char *field, const char *fmt, ...) HF_PRINTF(3, 4);

/* The same, with strerror(errno) at the end; gives HF_E_SYSTEM. */
enum hf_rc hf_fail_errno(const char *fmt, ...) HF_PRINTF(1, 2);

/* Put what we were doing in front of the recorded text. Returns rc. */
enum hf_rc hf_because(enum hf_rc rc, const char *fmt, ...) HF_PRINTF(2, 3);

/* The text of the last failure in this thread, "" if there was none. */
const char *hf_reason(void);

/* The argument the last failure was about, "" if about none. */
const char *hf_reason_field(void);

/* Put back a failure that was taken to another thread or process. */
void hf_reason_set(const char *field, const char *text);

#endif
