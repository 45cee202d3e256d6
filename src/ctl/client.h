/*
 * client.h - asking a running Hufu: HTTP over the Unix socket of a data directory, or over TLS.
 *
 * One connection, kept alive and made anew when it was lost. Blocking, with a
 * time limit for each step. Not thread-safe. Used by the generic command line
 * and by `hufu login`.
 *
 *     struct hf_client_to to = { .server = "https://ca.example:8443", .ca_file = "roots.pem" };
 *
 *     if ((rc = hf_client_open(&to, &client)) != HF_OK)
 *         goto out;
 *     args = json_pack("{s:s}", "login", login);
 *     if ((rc = hf_client_call(client, "login challenge", args, NULL, &reply)) != HF_OK)
 *         goto out;
 *     context = json_string_value(json_object_get(reply.body, "context"));
 */
#ifndef HF_CTL_CLIENT_H
#define HF_CTL_CLIENT_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/secret.h"

struct hf_client;

struct hf_client_to {
    const char *data_dir;   /* DATA/run/hufu.sock is asked, as the local administrator; or */
    const char *server;     /* "https://host[:port]": TLS 1.2 or 1.3, name and chain are checked */
    const char *ca_file;    /* PEM, the roots to trust; NULL: the system's */
    int         timeout_ms; /* for connecting and for each read or write; 0: 30 s */
};

/* Nothing is connected yet. E_ARG for a malformed address or CA file. */
HF_CHECKED enum hf_rc hf_client_open(const struct hf_client_to *to, struct hf_client **out);
void                  hf_client_close(struct hf_client *client); /* NULL is fine */

/* From now on requests carry "Authorization: Bearer TOKEN". Copied, cleansed at close. */
HF_CHECKED enum hf_rc hf_client_token(struct hf_client *client, struct hf_bytes token);

struct hf_client_reply {
    int          status;   /* HTTP */
    json_t      *body;     /* owned; NULL if the answer is not JSON */
    struct hf_wr raw;      /* owned; the body as it came, cleansed when freed */
    char         type[64]; /* Content-Type without parameters */
};
void hf_client_reply_clear(struct hf_client_reply *reply);

/*
 * POST /api/v1/<op>. request_id: NULL makes one. A request whose answer was
 * lost is sent again under the same id, so that the server recognises it.
 * HF_OK for status 200 and 202 (pending: reply->body has "pending"). A refusal
 * gives the server's code, text and field, as if it had failed here.
 * E_PEER: the server was not reached, or answered something that is not HTTP.
 * *reply is filled whenever there was an answer; clear it in any case.
 */
HF_CHECKED enum hf_rc hf_client_call(struct hf_client *client, const char *op, const json_t *args,
                                     const char *request_id, struct hf_client_reply *reply);

/* Any other request. HF_OK whenever there is an answer, whatever its status. Not sent again. */
HF_CHECKED enum hf_rc hf_client_send(struct hf_client *client, const char *method,
                                     const char *target, const char *content_type,
                                     struct hf_bytes body, struct hf_client_reply *reply);

/*
 * The certificate that the server showed, DER; lives until the next request.
 * Empty before the first request and on a Unix socket.
 */
struct hf_bytes hf_client_server_certificate(const struct hf_client *client);

#endif
