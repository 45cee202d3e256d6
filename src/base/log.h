/*
 * log.h - one line an event: time, level, process, event name, typed fields.
 *
 *     hf_log(HF_INFO, "cert.issued", HF_F_STR("ca", ca->name), HF_F_HEX("serial", serial),
 *            HF_F_INT("days", days));
 *
 * Fields are typed, so a secret has no kind of field, and control characters
 * from outside are escaped once, here. Lines go to standard error. Thread-safe.
 */
#ifndef HF_BASE_LOG_H
#define HF_BASE_LOG_H

#include <stdint.h>

#include "base/bytes.h"

enum hf_level {
    HF_ERROR, /* somebody must act */
    HF_WARN,  /* odd but handled */
    HF_INFO,  /* what an operator wants to see on a good day */
    HF_DEBUG, /* for engineers */
};

struct hf_field {
    enum { HF_FIELD_STR, HF_FIELD_HEX, HF_FIELD_INT } kind;
    const char     *name;
    struct hf_bytes bytes;
    int64_t         number;
};

/* clang-format off: it takes these for blocks of statements */
#define HF_F_STR(key, s)                                                                           \
    (struct hf_field)                                                                              \
    {                                                                                              \
        HF_FIELD_STR, key, hf_bytes_str(s), 0                                                      \
    }
#define HF_F_HEX(key, b)                                                                           \
    (struct hf_field)                                                                              \
    {                                                                                              \
        HF_FIELD_HEX, key, b, 0                                                                    \
    }
#define HF_F_INT(key, v)                                                                           \
    (struct hf_field)                                                                              \
    {                                                                                              \
        HF_FIELD_INT, key, { NULL, 0 }, v                                                          \
    }
/* clang-format on */
#define HF_F_REASON HF_F_STR("reason", hf_reason()) /* text of this thread's last failure */

#define hf_log(level, event, ...)                                                                  \
    hf_log_fields(level, event, (const struct hf_field[]){ __VA_ARGS__ },                          \
                  sizeof((const struct hf_field[]){ __VA_ARGS__ }) / sizeof(struct hf_field))

void hf_log_fields(enum hf_level level, const char *event, const struct hf_field *f, size_t n);

/* Lines above this level are dropped; HF_INFO at the start. */
void hf_log_level(enum hf_level most);

/* "error", "warn", "info", "debug": false, and *out as it was, for another word. */
bool hf_log_level_named(const char *word, enum hf_level *out);
/* hf_log_level() by its word; another word changes nothing */
void hf_log_level_use(const char *word);

/* What this process is called in its lines: "keys", "web" … Borrowed. */
void hf_log_name(const char *process);

#endif
