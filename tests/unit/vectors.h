/*
 * vectors.h - reading test vectors: hexadecimal, and the files in
 * tests/data/vectors/ made from Wycheproof's JSON by tests/data/vectors/make.
 *
 * A vector is a paragraph of lines `name value`; the values of the fields are
 * hexadecimal, `result` is valid or invalid, `comment` is text. Lines that
 * start with # say where a file comes from.
 */
#ifndef HF_TESTS_UNIT_VECTORS_H
#define HF_TESTS_UNIT_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define T_VECTOR_FIELDS 12
#define T_VECTOR_BYTES  8192

struct t_vector {
    bool valid;
    char comment[120];
    struct {
        char   name[12];
        size_t at, n;
    } field[T_VECTOR_FIELDS];
    size_t  fields, used;
    uint8_t bytes[T_VECTOR_BYTES];
};

/* Hexadecimal to at most max bytes; gives their number. Aborts on other text. */
static inline size_t
t_hex(const char *hex, uint8_t *out, size_t max)
{
    size_t   n = 0;
    unsigned byte;

    for (; *hex != '\0' && *hex != '\n'; hex += 2, n++) {
        if (n == max || sscanf(hex, "%2x", &byte) != 1)
            abort();
        out[n] = (uint8_t)byte;
    }
    return n;
}

/* Operations in a differential test: n, or HF_DIFF_ITEMS when that is set (make fuzz). */
static inline int
t_ops(int n)
{
    const char *ops = getenv("HF_DIFF_ITEMS");

    return ops != NULL ? atoi(ops) : n;
}

/* A start for test data: `seed`, changed by HF_DIFF_SEED so that long runs differ. */
static inline uint64_t
t_seed(uint64_t seed)
{
    const char *extra = getenv("HF_DIFF_SEED");

    return extra != NULL ? seed ^ strtoull(extra, NULL, 10) * 0x9e3779b97f4a7c15 : seed;
}

static inline FILE *
t_vectors_open(const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "tests/data/vectors/%s", name);
    return fopen(path, "r");
}

/* The next vector of the file; false at its end. */
static inline bool
t_vector_next(FILE *f, struct t_vector *v)
{
    static char line[2 * T_VECTOR_BYTES + 40];
    char       *value;

    memset(v, 0, sizeof(*v));
    while (fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' && v->fields > 0)
            return true;
        if (line[0] == '\0' || line[0] == '#' || (value = strchr(line, ' ')) == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(line, "result") == 0) {
            v->valid = strcmp(value, "valid") == 0;
        } else if (strcmp(line, "comment") == 0) {
            snprintf(v->comment, sizeof(v->comment), "%s", value);
        } else if (v->fields < T_VECTOR_FIELDS) {
            snprintf(v->field[v->fields].name, sizeof(v->field[0].name), "%.11s", line);
            v->field[v->fields].at = v->used;
            v->field[v->fields].n = t_hex(value, v->bytes + v->used, T_VECTOR_BYTES - v->used);
            v->used += v->field[v->fields++].n;
        }
    }
    return v->fields > 0;
}

/* A field by name; aborts if the vector has none. */
static inline struct hf_bytes
t_field(const struct t_vector *v, const char *name)
{
    for (size_t i = 0; i < v->fields; i++)
        if (strcmp(v->field[i].name, name) == 0)
            return hf_bytes(v->bytes + v->field[i].at, v->field[i].n);
    abort();
}

#endif
