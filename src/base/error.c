#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum hf_class class;
    const char *text;
} codes[] = {
#define X(name, class, text) { #name, HF_CLASS_##class, text },
    HF_RC_LIST(X)
#undef X
};

static _Thread_local char reason[512];
static _Thread_local char field_of[48];

const char *
hf_rc_name(enum hf_rc rc)
{
    return (size_t)rc < HF_COUNT(codes) ? codes[rc].name : "E_BUG";
}

const char *
hf_rc_text(enum hf_rc rc)
{
    return (size_t)rc < HF_COUNT(codes) ? codes[rc].text : codes[HF_E_BUG].text;
}

enum hf_class
hf_rc_class(enum hf_rc rc)
{
    return (size_t)rc < HF_COUNT(codes) ? codes[rc].class : HF_CLASS_BUG;
}

enum hf_rc
hf_rc_named(const char *name)
{
    for (size_t i = 0; i < HF_COUNT(codes); i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum hf_rc)i;
    return HF_E_BUG;
}

static void
record(const char *field, const char *fmt, va_list ap)
{
    snprintf(field_of, sizeof(field_of), "%s", field);
    vsnprintf(reason, sizeof(reason), fmt, ap);
}

enum hf_rc
hf_fail(enum hf_rc rc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    record("", fmt, ap);
    va_end(ap);
    return rc;
}

enum hf_rc
hf_fail_field(enum hf_rc rc, const char *field, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    record(field, fmt, ap);
    va_end(ap);
    return hf_because(rc, "%s", field);
}

enum hf_rc
hf_fail_errno(const char *fmt, ...)
{
    int     saved = errno;
    size_t  n;
    va_list ap;

    va_start(ap, fmt);
    record("", fmt, ap);
    va_end(ap);
    n = strlen(reason);
    snprintf(reason + n, sizeof(reason) - n, ": %s", strerror(saved));
    return HF_E_SYSTEM;
}

enum hf_rc
hf_because(enum hf_rc rc, const char *fmt, ...)
{
    char    before[sizeof(reason)];
    size_t  n;
    va_list ap;

    snprintf(before, sizeof(before), "%s", reason);
    va_start(ap, fmt);
    vsnprintf(reason, sizeof(reason), fmt, ap);
    va_end(ap);
    n = strlen(reason);
    if (before[0] == '\0')
        snprintf(before, sizeof(before), "%s", hf_rc_text(rc));
    snprintf(reason + n, sizeof(reason) - n, ": %s", before);
    return rc;
}

const char *
hf_reason(void)
{
    return reason;
}

const char *
hf_reason_field(void)
{
    return field_of;
}

void
hf_reason_set(const char *field, const char *text)
{
    snprintf(field_of, sizeof(field_of), "%s", field);
    snprintf(reason, sizeof(reason), "%s", text);
}
