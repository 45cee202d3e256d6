/*
 * field.h - levelling, ridge direction, ridge period and extent of a print.
 *
 * Private to the extractor. Every function reads and fills maps of struct
 * hf_print; none allocates and none can fail.
 */
#ifndef HF_IDENTITY_FINGERPRINT_FIELD_H
#define HF_IDENTITY_FINGERPRINT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

struct hf_print;

void  hf_field_smooth(const struct hf_print *p, float *map, float sigma);
float hf_field_at(const struct hf_print *p, const float *map, float x, float y);
float hf_field_quantile(const float *map, int n, float share);

void hf_field_level(struct hf_print *p, const uint8_t *grey);
void hf_field_direction(struct hf_print *p, const float *plane, float near_blocks,
                        float wide_blocks, float wide_weight);
void hf_field_period(struct hf_print *p);
void hf_field_mask(struct hf_print *p, float need);

#endif
