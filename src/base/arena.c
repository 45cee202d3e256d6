#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16 << 10)

struct hf_arena_block {
    struct hf_arena_block *next;
    size_t                 size;
    alignas(max_align_t) uint8_t data[];
};

struct hf_arena
hf_arena(void)
{
    return (struct hf_arena){ 0 };
}

static void
add_block(struct hf_arena *a, size_t need)
{
    size_t                 size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct hf_arena_block *b = malloc(sizeof(*b) + size);

    if (b == NULL)
        abort();
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->used = 0;
}

/* Whatever comes next is aligned. */
static size_t
rounded(size_t n)
{
    return (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

void *
hf_arena_get(struct hf_arena *a, size_t n)
{
    void *p;

    if (n > SIZE_MAX / 2)
        abort();
    n = rounded(n);
    if (a->blocks == NULL || a->blocks->size - a->used < n)
        add_block(a, n);
    p = a->blocks->data + a->used;
    a->used += n;
    return memset(p, 0, n);
}

char *
hf_arena_str(struct hf_arena *a, const char *s)
{
    return s == NULL ? NULL : hf_arena_text(a, hf_bytes_str(s));
}

char *
hf_arena_text(struct hf_arena *a, struct hf_bytes b)
{
    char *p = hf_arena_get(a, b.n + 1);

    if (b.n != 0)
        memcpy(p, b.p, b.n);
    return p;
}

char *
hf_arena_fmt(struct hf_arena *a, const char *fmt, ...)
{
    size_t  room = a->blocks == NULL ? 0 : a->blocks->size - a->used;
    char   *p = room == 0 ? NULL : (char *)a->blocks->data + a->used;
    va_list ap;
    int     n;

    /* where it will stand, if there is room: then once is enough */
    va_start(ap, fmt);
    n = vsnprintf(p, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    if (rounded((size_t)n + 1) <= room) {
        a->used += rounded((size_t)n + 1);
        return p;
    }
    p = hf_arena_get(a, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}

struct hf_bytes
hf_arena_bytes(struct hf_arena *a, struct hf_bytes b)
{
    return hf_bytes(hf_arena_text(a, b), b.n);
}

void
hf_arena_reset(struct hf_arena *a)
{
    struct hf_arena_block *b;

    while ((b = a->blocks) != NULL && (b->next != NULL || b->size > BLOCK_SIZE)) {
        a->blocks = b->next;
        free(b);
    }
    a->used = 0;
}

void
hf_arena_clear(struct hf_arena *a)
{
    hf_arena_reset(a);
    free(a->blocks);
    *a = (struct hf_arena){ 0 };
}
