/*
 * password.h - password hashes: argon2id in PHC form (m = 19456 KiB, t = 2, p = 1).
 *
 * Hashing costs about 25 ms and 19 MiB. At most `password_hashes` run at one
 * time; as many again may wait 16-fold, the rest is told E_BUSY at once.
 */
#ifndef HF_IDENTITY_PASSWORD_H
#define HF_IDENTITY_PASSWORD_H

#include "base/bytes.h"
#include "base/conf.h"

#define HF_PASSWORD_PHC 160 /* room for the PHC string */

/* A new salted hash of the password. E_BUSY when too many are waiting. */
HF_CHECKED enum hf_rc hf_password_hash(const struct hf_conf *conf, struct hf_bytes password,
                                       char phc[HF_PASSWORD_PHC]);

/*
 * Does the password belong to phc? HF_OK, or E_AUTH. phc NULL costs the same
 * time and gives E_AUTH: an unknown login cannot be told from a wrong password.
 */
HF_CHECKED enum hf_rc hf_password_verify(const struct hf_conf *conf, struct hf_bytes password,
                                         const char *phc);

/* May a person choose this? 10 to 256 bytes, not the login, at least five different characters. E_ARG. */
HF_CHECKED enum hf_rc hf_password_acceptable(const char *field, const char *login,
                                             struct hf_bytes password);

/* A one-time password of 20 letters and digits in groups of five, 99 bits (31^20), into out. */
#define HF_PASSWORD_ONE_TIME 24
void hf_password_one_time(char out[HF_PASSWORD_ONE_TIME]);

#endif
