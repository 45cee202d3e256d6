/*
 * tls.h - TLS 1.2 and 1.3 as a codec: ciphertext in, plaintext out, and back. No sockets.
 *
 * libssl works on two memory buffers. Steps of the handshake may ask `keys` for
 * a signature and so block: they belong on a handler thread; everything else is
 * for the loop. One thread at a time uses a connection's codec.
 */
#ifndef HF_SERVE_TLS_H
#define HF_SERVE_TLS_H

#include <openssl/types.h>

#include "base/bytes.h"

struct hf_tls_context; /* certificate, key, settings; shared by connections, counted */
struct hf_tls;         /* one connection */

/*
 * chain_pem: the server's certificate and those above it. key: counted up, may
 * stand for a key in `keys`. E_FORMAT, E_CRYPTO.
 */
HF_CHECKED enum hf_rc hf_tls_context(struct hf_bytes chain_pem, EVP_PKEY *key,
                                     struct hf_tls_context **out);
void                  hf_tls_context_free(struct hf_tls_context *c); /* NULL is fine */

HF_CHECKED enum hf_rc hf_tls_new(struct hf_tls_context *c, struct hf_tls **out);
void                  hf_tls_free(struct hf_tls *t); /* NULL is fine */

/* Ciphertext from the socket. */
HF_CHECKED enum hf_rc hf_tls_feed(struct hf_tls *t, struct hf_bytes cipher);

/* One step. HF_OK: done; E_AGAIN: send what hf_tls_take() has and feed more; else failed. May
 * block. */
HF_CHECKED enum hf_rc hf_tls_handshake(struct hf_tls *t);

/*
 * Plaintext that has been fed, at most n bytes; E_AGAIN when there is no more,
 * E_SHORT when the peer has ended the connection in good order.
 */
HF_CHECKED enum hf_rc hf_tls_read(struct hf_tls *t, uint8_t *p, size_t n, size_t *got);

/* Encrypt; hf_tls_take() has the result. */
HF_CHECKED enum hf_rc hf_tls_write(struct hf_tls *t, struct hf_bytes plain);

/* Append what is to be sent to w. */
void hf_tls_take(struct hf_tls *t, struct hf_wr *w);

/* Say good-bye (close_notify), to be sent before the socket is closed. */
void hf_tls_close(struct hf_tls *t);

#endif
