/*
 * work.h - the process `work`: duties at intervals, and at once after something was written.
 *
 * Duties are rows of a table in work.c. They run in lanes, a thread each, so
 * that a long one (a large CRL) does not hold up sealing the audit chain. A
 * duty that fails is logged and tried again after its interval.
 */
#ifndef HF_MAIN_WORK_H
#define HF_MAIN_WORK_H

#include "loop/process.h"

/* Entry point of the process; listener "wake" is needed. Its exit status. */
int hf_work_run(const struct hf_process *p);

#endif
