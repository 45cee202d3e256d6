/*
 * init.h - `hufu init`: from an empty directory to an institution's trust authority.
 */
#ifndef HF_MAIN_INIT_H
#define HF_MAIN_INIT_H

int hf_init_main(int argc, char **argv);

#endif
