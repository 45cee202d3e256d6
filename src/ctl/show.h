/*
 * show.h - replies for people: tables for lists, "name: value" for the rest.
 *
 * What a server sends is not trusted with the terminal: control characters are
 * replaced. Columns are as wide as what is in them; Chinese counts double.
 */
#ifndef HF_CTL_SHOW_H
#define HF_CTL_SHOW_H

#include <jansson.h>

#include "base/op.h"

/* Append the reply of op to w. */
void hf_show_reply(struct hf_wr *w, const struct hf_op *op, const json_t *reply);

/* Columns that a text takes on a terminal. */
size_t hf_show_width(const char *utf8);

#endif
