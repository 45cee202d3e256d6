/*
 * ticket.h - service tickets: how an application learns who came to it (product B5, B6).
 *
 * A ticket says who signed in, how strongly, for which application and until
 * when. It is signed by the ticket key and sealed; the browser carries only its
 * identifier, 32 lower-case hexadecimal characters, which the application
 * redeems server to server. It works once, for ticket_life_s seconds, from the
 * application's own addresses; every other attempt ends it and is on record.
 *
 * Ticket, before it is signed and sealed (big endian; text is length16 and UTF-8):
 *   version u8 = 1, serial u64, issuer text, subject id u64, login text, name text,
 *   unit text, strength u8, app id u64, app text, session u64, not-before u64 ms,
 *   not-after u64 ms
 * then the signature over these bytes, length16.
 */
#ifndef HF_IDENTITY_TICKET_H
#define HF_IDENTITY_TICKET_H

#include "base/op.h"

#define HF_TICKET_TEXT 33 /* 32 hexadecimal characters with NUL */

struct hf_ticket {
    uint64_t         serial;
    const char      *issuer;
    int64_t          person, app_id, session;
    const char      *login, *name, *unit, *app;
    enum hf_strength strength;
    int64_t          not_before_ms, not_after_ms;
};

/* The bytes that are signed. Pure. */
void hf_ticket_write(const struct hf_ticket *t, struct hf_wr *w);

/* The same back; strings live in the arena. */
HF_CHECKED enum hf_rc hf_ticket_read(struct hf_bytes b, struct hf_arena *a, struct hf_ticket *out);

/*
 * Redeem the ticket with this identifier for whoever asks from `address`. Whatever
 * comes of it, the ticket is spent and an audit record written in the same
 * transaction. E_ABSENT: none such. E_STATE: used before. E_EXPIRED: too late.
 * E_DENIED: foreign address, or application or person disabled. E_WEAK: signed in
 * too weakly. Strings of *out live in the arena.
 */
HF_CHECKED enum hf_rc hf_ticket_redeem(const struct hf_env *env, const char *id,
                                       const char *address, int64_t now_ms, struct hf_arena *a,
                                       struct hf_ticket *out);

/* Operation: a ticket for the one who asks. */
enum hf_rc hf_op_ticket_issue(struct hf_call *c);

#endif
