/*
 * login.h - signing in: by password, or by certificate with a mutual challenge.
 *
 * What is signed is in wire/login.h.
 */
#ifndef HF_IDENTITY_LOGIN_H
#define HF_IDENTITY_LOGIN_H

#include "base/op.h"

/* Operations, open to everybody */
enum hf_rc hf_op_login_password(struct hf_call *c);
enum hf_rc hf_op_login_challenge(struct hf_call *c);
enum hf_rc hf_op_login_certificate(struct hf_call *c);

#endif
