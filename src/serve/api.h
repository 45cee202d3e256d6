/*
 * api.h - the operations by HTTP: POST /api/v1/<words of the name>, GET as well for those that only
 * read.
 *
 * Who asks: the local administrator on the Unix socket, otherwise the holder of
 * the token in "Authorization: Bearer" or in the cookie hufu_session. A request
 * that a browser could be made to send for another site is refused: bodies are
 * application/json, and an Origin, where there is one, is our own.
 */
#ifndef HF_SERVE_API_H
#define HF_SERVE_API_H

#include "serve/door.h"

/* Answer of the door /api/v1/, on a handler thread. */
void hf_api(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);

/* The OpenAPI 3.0 document of all operations that are not hidden. Owned by the caller. */
json_t *hf_openapi(const struct hf_op *const *ops);

/* One row with its arguments, for /api/v1/operations; may: whether the caller is permitted. */
json_t *hf_op_describe(const struct hf_op *op, bool may);

/*
 * Arguments from a query: typed as the grammar says. E_ARG names a parameter
 * given twice, one that is no number, or no true or false.
 */
HF_CHECKED enum hf_rc hf_op_query(const struct hf_op *op, struct hf_bytes query, struct hf_arena *a,
                                  json_t **own_args);

#endif
