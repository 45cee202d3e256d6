/*
 * console.h - the console's bundle, embedded in the program: files under "console/".
 *
 * Names with a content hash ("assets/app-3f2a9c.js") may be kept for ever; the
 * page itself is asked for again each time (ETag). Any path that is no file
 * and has no extension gives the page: its router takes it from there.
 */
#ifndef HF_SERVE_CONSOLE_H
#define HF_SERVE_CONSOLE_H

#include "serve/door.h"

/* Quick answer of the door. */
bool hf_console(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);

#endif
