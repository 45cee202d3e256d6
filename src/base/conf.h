/*
 * conf.h - the configuration file: DATA/hufu.conf, lines "name = value", '#' starts a comment.
 *
 * Every setting is a row of hf_settings(): kind, default, limits, whether a
 * reload applies it, help. `hufu config list` and the manual page come from
 * the rows.
 */
#ifndef HF_BASE_CONF_H
#define HF_BASE_CONF_H

#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

struct hf_setting {
    const char *name;
    enum { HF_SET_TEXT, HF_SET_INT, HF_SET_FLAG } kind;
    const char *value;     /* default */
    int64_t     low, high; /* of integers */
    bool        reload;    /* SIGHUP applies a change */
    const char *help, *help_zh;
};

/* All settings; the last has name == NULL. */
const struct hf_setting *hf_settings(void);

struct hf_conf; /* immutable once read */

/* Defaults, overridden by the text of the file. E_FORMAT names line and reason. */
HF_CHECKED enum hf_rc hf_conf_read(struct hf_bytes text, struct hf_conf **out);
HF_CHECKED enum hf_rc hf_conf_load(const char *path, struct hf_conf **out); /* absent: defaults */

/* One setting given on the command line; overrides. E_ARG if unknown or out of limits. */
HF_CHECKED enum hf_rc hf_conf_set(struct hf_conf *conf, const char *name, const char *value);

/* After a reload: settings that a reload does not apply keep the value of `old`. E_NOMEM. */
HF_CHECKED enum hf_rc hf_conf_keep(struct hf_conf *conf, const struct hf_conf *old);

/* Asking for a name that is no setting aborts. Text is borrowed. */
const char *hf_conf_text(const struct hf_conf *conf, const char *name);
int64_t     hf_conf_int(const struct hf_conf *conf, const char *name);
bool        hf_conf_flag(const struct hf_conf *conf, const char *name);

/* Does the file or the command line say it, or is it the default? */
bool hf_conf_is_set(const struct hf_conf *conf, const char *name);

void hf_conf_free(struct hf_conf *conf);

#endif
