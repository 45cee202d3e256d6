/*
 * web.h - the process `web`: HTTP and what is spoken over it.
 *
 * One loop thread that moves bytes and a pool of handler threads (setting
 * `workers`). Listeners by name: "https", "http", "local" (the Unix socket of
 * the data directory, for the machine's administrator).
 */
#ifndef HF_SERVE_WEB_H
#define HF_SERVE_WEB_H

#include "loop/process.h"
#include "serve/conn.h"

/* Entry point of the process. Returns its exit status. */
int hf_web_run(const struct hf_process *p);

/*
 * The part of it that needs no database: serve p's listeners until asked to
 * stop, then finish what was begun. remake_tls, if not NULL, is called on a
 * handler thread after SIGHUP and once a minute, and gives a new context, or
 * NULL to keep the present one. Takes tls over.
 */
struct hf_web {
    const struct hf_serve *serve;
    struct hf_conn_limits  limits;
    unsigned               workers;
    int                    drain_ms; /* at the most, from being asked to stop */
    struct hf_tls_context *own_tls;
    struct hf_tls_context *(*remake_tls)(const struct hf_serve *s);
    void (*reload)(const struct hf_serve *s); /* on a handler thread after SIGHUP; or NULL */
};
HF_CHECKED enum hf_rc hf_web_serve(const struct hf_process *p, struct hf_web *w);

#endif
