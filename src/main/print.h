/*
 * print.h - commands that print what is made from the tables: the OpenAPI document, completion scripts, the manual page.
 */
#ifndef HF_MAIN_PRINT_H
#define HF_MAIN_PRINT_H

int hf_openapi_command(int argc, char **argv);
int hf_completion_command(int argc, char **argv);
int hf_man_command(int argc, char **argv);

#endif
