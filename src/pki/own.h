/* own.h - making Hufu's own certificates; used by bootstrap.c and renew.c. */
#ifndef HF_PKI_OWN_H
#define HF_PKI_OWN_H

#include "pki/ca.h"
#include "pki/issue.h"

struct hf_own_spec {
    const char *name;   /* "server", "ocsp-issuing-sm2" */
    const char *role;   /* server, ocsp */
    const char *key_id; /* exists in `keys` */
    const char *names;  /* of a server: "localhost,127.0.0.1" */
};

/*
 * Issue a certificate for the key and make it the present one of this name,
 * in one transaction with its audit record ("own.issued"). The one before
 * stays valid until its end.
 */
HF_CHECKED enum hf_rc hf_own_issue(const struct hf_env *env, const struct hf_ca *ca,
                                   const struct hf_own_spec *spec, const struct hf_actor *actor,
                                   int64_t now_ms);

/* The organizationName of an authority's subject, "" if it has none. */
const char *hf_ca_org(const struct hf_ca *ca, struct hf_arena *a);

#endif
