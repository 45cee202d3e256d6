/* bench_store.c - durable transactions: one audit record each, by one thread and by many. Ratios count, rates are the disk's. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/rows.h"
#include "unit/env.h"

#include "audit/act.h"
#include "base/log.h"

#define RUN_MS 1500

struct writer {
    struct hf_store *store;
    int64_t          end;
    long             done;
};

static void *
write_on(void *arg)
{
    struct writer  *w = arg;
    struct hf_event event = { .at_ms = hf_now_ms(), .name = "bench", .result = "ok", .object = "0123456789abcdef" };

    while (hf_tick_ms() < w->end)
        w->done += hf_audit_write(w->store, &event) == HF_OK;
    return NULL;
}

static double
rate(struct hf_store *store, int threads)
{
    struct writer w[64];
    pthread_t     thread[64];
    long          done = 0;

    for (int i = 0; i < threads; i++) {
        w[i] = (struct writer){ store, hf_tick_ms() + RUN_MS, 0 };
        pthread_create(&thread[i], NULL, write_on, &w[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        done += w[i].done;
    }
    return (double)done * 1000 / RUN_MS;
}

int
main(void)
{
    static const int counts[] = { 1, 8, 32 };

    hf_log_level(HF_WARN);
    for (int postgres = 0; postgres <= 1; postgres++) {
        struct t_env e;
        double       one = 0;

        t_env_open(&e, postgres != 0);
        for (size_t i = 0; i < HF_COUNT(counts); i++) {
            char   what[80];
            double r = rate(e.env.store, counts[i]);

            one = i == 0 ? r : one;
            snprintf(what, sizeof(what), "acts recorded by %d threads, %s", counts[i], postgres ? "PostgreSQL" : "SQLite");
            row(&(struct row){ what, r, "/s", i == 0 ? 0 : r / one, "one thread", 0, 0 });
        }
        t_env_close(&e);
    }
    return 0;
}
