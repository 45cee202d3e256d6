/*
 * keysd.h - the `keys` process: the only one that holds private keys.
 *
 * It reads the sealing key and all key files, gives up everything it will not
 * need (sandbox.h), and answers questions that come through the listeners
 * "keys-web" and "keys-work"; which of the two says who asks, and answer.c says
 * who may ask what. A thread a connection. No network, no database.
 */
#ifndef HF_CRYPTO_KEYSD_H
#define HF_CRYPTO_KEYSD_H

#include "loop/process.h"

/* Runs until asked to stop. The exit status of the process. */
int hf_keys_run(const struct hf_process *p);

#endif
