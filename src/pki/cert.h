/*
 * cert.h - certificates that Hufu has issued: finding them, their state, checking one at sign-in.
 *
 * The public header of the part: identity finds the certificates of a person
 * here and asks whether one that was presented is good. (struct hf_cert of
 * wire/x509.h is one taken apart; hf_issued is our record of one.) What is found is
 * copied into the caller's arena. Times are milliseconds since 1970 UTC.
 */
#ifndef HF_PKI_CERT_H
#define HF_PKI_CERT_H

#include "base/op.h"
#include "store/store.h"

/* As stored. "expired" is not stored: it follows from not_after_ms. */
enum hf_cert_state {
    HF_CERT_ACTIVE,
    HF_CERT_SUSPENDED, /* certificateHold */
    HF_CERT_REVOKED,
    HF_CERT_STATES,
};

struct hf_issued {
    int64_t            id;          /* rises with the time of issue; key of lists */
    const char        *serial;      /* lower-case hexadecimal, no leading zero octet */
    int64_t            ca_id;
    const char        *ca;          /* name of the issuing authority */
    const char        *profile;
    const char        *subject;     /* text, RFC 4514 order as written in the certificate */
    const char        *san;         /* "dns:a.example,ip:10.0.0.1", "" without */
    const char        *person;      /* login of the person it is bound to, "" if none */
    const char        *alg;         /* of the subject's key: "sm2", "p256" ... */
    const char        *request_sig; /* "default" or "empty": SM2 identity the request was signed with; "" otherwise */
    enum hf_cert_state state;
    int                reason;      /* RFC 5280 5.3.1, when suspended or revoked */
    int64_t            not_before_ms, not_after_ms, issued_ms;
    int64_t            changed_ms;  /* last change of state, 0 if none */
    struct hf_bytes    fingerprint; /* SHA-256 of the DER */
    struct hf_bytes    spki_sha256; /* SHA-256 of the SubjectPublicKeyInfo */
    struct hf_bytes    der;         /* filled by hf_issued_get_*(), empty in lists */
};

/* "active", "suspended", "revoked"; or "expired" when it was active and is past its end. */
const char *hf_issued_state_word(const struct hf_issued *cert, int64_t now_ms);

/* Find one. E_ABSENT naming what was asked for. serial: hexadecimal, either case, ':' allowed. */
HF_CHECKED enum hf_rc hf_issued_get_serial(struct hf_db *db, const char *serial, struct hf_arena *a,
                                         struct hf_issued *out);

/* The record of this very certificate. E_ABSENT also when another one has its serial number. */
HF_CHECKED enum hf_rc hf_issued_get_der(struct hf_db *db, struct hf_bytes der, struct hf_arena *a,
                                        struct hf_issued *out);

/* All certificates bound to a person's login, newest first. At most `max`. */
HF_CHECKED enum hf_rc hf_issued_of_person(struct hf_db *db, const char *login, struct hf_arena *a,
                                        struct hf_issued *out, size_t max, size_t *n);

/*
 * Is this certificate, presented at now_ms, one of ours and good? Checks, in
 * this order: it is stored with exactly these bytes (E_ABSENT), its validity
 * and that of every authority above it (E_EXPIRED), suspension and revocation
 * of it and of every authority above it (E_REVOKED), the signatures up to the
 * root (E_VERIFY). The text names the certificate and the reason.
 */
HF_CHECKED enum hf_rc hf_cert_check(const struct hf_env *env, struct hf_bytes der, int64_t now_ms,
                                    struct hf_arena *a, struct hf_issued *out);

/* Bind an issued certificate to a person, within a transaction of the caller. E_ABSENT, E_EXISTS if bound to another. */
HF_CHECKED enum hf_rc hf_issued_bind(struct hf_db *tx, const char *serial, const char *login);

#endif
