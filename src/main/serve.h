/*
 * serve.h - `hufu serve`: opens the listening sockets, starts the processes, keeps them running.
 */
#ifndef HF_MAIN_SERVE_H
#define HF_MAIN_SERVE_H

/* A command (ctl/command.h). Stays in the foreground; 0 after SIGTERM or SIGINT. */
int hf_serve_command(int argc, char **argv);

#define HF_SERVE_ARGS "--data <dir> [--https <address>] [--http <address>] [--seal-passfile <file>]"

#endif
