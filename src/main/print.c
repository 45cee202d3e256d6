#include "main/print.h"

#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/man.h"
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
    bad = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) != 0 ||
          putchar('\n') == EOF || fflush(stdout) != 0;
    json_decref(document);
    return bad ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

int
hf_completion_command(int argc, char **argv)
{
    return hf_ctl_completion(argc, argv, hf_commands(), hf_all_ops());
}

int
hf_man_command(int argc, char **argv)
{
    struct hf_wr w = hf_wr((size_t)1 << 20);
    bool         ok;

    (void)argc, (void)argv;
    hf_man_put(&w, hf_commands(), hf_all_ops());
    ok = w.rc == HF_OK && fwrite(w.p, 1, w.n, stdout) == w.n && fflush(stdout) == 0;
    hf_wr_clear(&w);
    return ok ? HF_EXIT_DONE : HF_EXIT_REFUSED;
}
