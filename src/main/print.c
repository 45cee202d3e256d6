#include "main/print.h"

#include <stdio.h>

#include "ctl/ctl.h"
#include "main/ops.h"
#include "serve/api.h"

int
hf_openapi_command(int argc, char **argv)
{
    json_t *document;
    int     bad;

    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: hufu openapi\n");
        return HF_EXIT_USAGE;
    }
    document = hf_openapi(hf_all_ops());
    bad = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) != 0 || putchar('\n') == EOF ||
          fflush(stdout) != 0;
    json_decref(document);
    return bad ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

int
hf_completion_command(int argc, char **argv)
{
    return hf_ctl_completion(argc, argv, hf_commands(), hf_all_ops());
}
