/*
 * settings.h - `hufu config list`: every setting, its value and its meaning, without a server; and the settings whose
 * values name something of another part.
 */
#ifndef HF_MAIN_SETTINGS_H
#define HF_MAIN_SETTINGS_H

#include "base/conf.h"

/* What conf.h cannot know: log_level is a level, `second` names operations that change something. E_ARG. */
HF_CHECKED enum hf_rc hf_settings_check(const struct hf_conf *conf);

#define HF_CONFIG_LIST_ARGS "[--data <path>] [--json]"

/*
 * With --data what DIR/hufu.conf says, else the defaults. Exit status: 0 listed,
 * 1 the file is not valid (line and reason), 2 usage. argv[0] is "list".
 */
int hf_config_list_main(int argc, char **argv);

#endif
