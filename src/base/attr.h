/*
 * attr.h - compiler attributes under one name each.
 */
#ifndef HF_BASE_ATTR_H
#define HF_BASE_ATTR_H

#define HF_CHECKED __attribute__((warn_unused_result))
#define HF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define HF_UNUSED __attribute__((unused))
#define HF_EXPORT __attribute__((visibility("default")))
#define HF_NORETURN __attribute__((noreturn))

#define HF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
