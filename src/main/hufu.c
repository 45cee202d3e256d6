/*
 * hufu - one program; its sub-commands start the processes and speak to them.
 */
#include <stdio.h>
#include <string.h>

#include "base/attr.h"

/* Commands that run in this process, without a server. Everything else is an operation. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("hufu %s\n", HF_VERSION);
        return 0;
    }
    for (size_t i = 0; argc > 1 && commands[i].name != NULL; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "usage: hufu COMMAND …\n");
    return 2;
}
