/*
 * fold.h - case folding of one Unicode character (simple folding, no expansion).
 */
#ifndef HF_WIRE_FOLD_H
#define HF_WIRE_FOLD_H

#include <stddef.h>
#include <stdint.h>

/* The character that stands for c in comparisons without regard to case. */
uint32_t hf_fold(uint32_t c);

#endif
