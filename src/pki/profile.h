/*
 * profile.h - certificate profiles: what a kind of certificate looks like and who may have one.
 *
 * A profile is a text file, DATA/profiles/NAME.conf, lines "setting = value",
 * '#' starts a comment line. docs: the shipped files in src/pki/profiles show
 * every setting. The reader is strict: an unknown or repeated setting, an unknown
 * word or a missing required setting is an error naming file and line.
 *
 * Reading is pure; a profile and its texts live in the caller's arena.
 */
#ifndef HF_PKI_PROFILE_H
#define HF_PKI_PROFILE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "crypto/alg.h"
#include "wire/oid.h"

#define HF_PROFILE_TEXT_MAX ((size_t)64 << 10)
#define HF_PROFILE_RDNS     16

/* Extended key usages, as a set of bits. */
enum {
    HF_PURPOSE_SERVER = 1,
    HF_PURPOSE_CLIENT = 2,
    HF_PURPOSE_CODE = 4,
    HF_PURPOSE_EMAIL = 8,
    HF_PURPOSE_TIME = 16,
    HF_PURPOSE_OCSP = 32,
};

/* Kinds of alternative names, as a set of bits. */
enum {
    HF_SAN_DNS = 1,
    HF_SAN_IP = 2,
    HF_SAN_EMAIL = 4,
    HF_SAN_URI = 8,
};

enum hf_cn_rule {
    HF_CN_FREE,  /* commonName and alternative names have nothing to do with each other */
    HF_CN_CHECK, /* commonName must be one of the alternative names */
    HF_CN_ADD,   /* the same, and it is added when it is missing */
};

struct hf_profile_rdn {
    enum hf_oid type;
    bool        required;
    unsigned    min, max; /* characters */
};

struct hf_profile {
    const char           *name, *title, *title_zh;
    unsigned              algs;          /* 1 << enum hf_alg: kinds of subject key */
    int64_t               days, max_days;
    bool                  refuse_beyond; /* the issuer's end: refuse instead of cutting */
    bool                  ca;
    int                   path_len;      /* of authorities, -1: no limit */
    bool                  bc_critical, ku_critical, eku_critical, san_critical;
    uint32_t              ku, ku_rsa;    /* HF_KU_... of wire/ext.h; RSA keys may differ */
    unsigned              eku;
    unsigned              san;           /* kinds allowed */
    bool                  san_required, wildcard;
    unsigned              san_max;
    enum hf_cn_rule       cn_rule;
    struct hf_profile_rdn rdn[HF_PROFILE_RDNS]; /* in the order of the certificate */
    size_t                rdns;
    bool                  san_from_request; /* otherwise only from the officer */
    bool                  ignore_others;    /* other extensions asked for: ignored, or refused */
    bool                  empty_id;         /* requests signed under the empty SM2 identity (PKI-45) */
    bool                  nocheck;          /* id-pkix-ocsp-nocheck */
    bool                  aia, cdp;
    bool                  shared_key;       /* a key may be in certificates of several subjects */
};

/* Read a profile. `file` names it in errors; E_FORMAT. name must match [a-z0-9-]{1,64}. */
HF_CHECKED enum hf_rc hf_profile_read(struct hf_bytes text, const char *file, struct hf_arena *a,
                                      struct hf_profile **out);

/* DATA/profiles/NAME.conf. E_ABSENT with field "profile" if there is none of this name. */
HF_CHECKED enum hf_rc hf_profile_get(const char *data_dir, const char *name, struct hf_arena *a,
                                     struct hf_profile **out);

/* The names of all in DATA/profiles, sorted. */
HF_CHECKED enum hf_rc hf_profile_names(const char *data_dir, struct hf_arena *a, const char ***out,
                                       size_t *n);

/* Check a profile's text and keep it as DATA/profiles/NAME.conf, replacing one of that name. */
HF_CHECKED enum hf_rc hf_profile_put(const char *data_dir, struct hf_bytes text, const char *file,
                                     struct hf_arena *a, struct hf_profile **out);

/* The shipped profiles into DATA/profiles; those already there stay. */
HF_CHECKED enum hf_rc hf_profile_install(const char *data_dir);

/* The text that made it is not kept; this is the meaning, for people: "serverAuth clientAuth" ... */
char *hf_profile_words(const char *setting, unsigned set, struct hf_arena *a);

/* The purposes of a set of bits. Returns how many (at most 6). */
size_t hf_profile_purposes(unsigned eku, enum hf_oid out[6]);

#endif
