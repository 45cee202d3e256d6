/*
 * link.h - one blocking connection to a server: Unix socket, or TCP under TLS. Used by client.c.
 */
#ifndef HF_CTL_LINK_H
#define HF_CTL_LINK_H

#include <openssl/types.h>

#include "base/bytes.h"

struct hf_link {
    int  fd;  /* -1: not connected */
    SSL *ssl; /* NULL on a Unix socket */
};

/* E_PEER naming the path when nobody answers there. */
HF_CHECKED enum hf_rc hf_link_unix(struct hf_link *l, const char *path, int timeout_ms);

/* Connect, shake hands, check chain and name (host name or address). */
HF_CHECKED enum hf_rc hf_link_tls(struct hf_link *l, SSL_CTX *ctx, const char *host,
                                  const char *port, int timeout_ms);

HF_CHECKED enum hf_rc hf_link_write(struct hf_link *l, struct hf_bytes b);

/* At least one byte; *got is 0 when the server has closed the connection in good order. */
HF_CHECKED enum hf_rc hf_link_read(struct hf_link *l, uint8_t *p, size_t n, size_t *got);

void hf_link_close(struct hf_link *l);

#endif
