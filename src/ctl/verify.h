/*
 * verify.h - `hufu cert verify`: certification paths on the command line, without a server.
 */
#ifndef HF_CTL_VERIFY_H
#define HF_CTL_VERIFY_H

#include <stdio.h>

/* Exit status: 0 valid, 1 not valid, 2 usage. argv[0] is "verify". */
int hf_cert_verify_main(int argc, char **argv);

#endif
