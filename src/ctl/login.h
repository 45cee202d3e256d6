/*
 * login.h - `hufu login`: the reference client of a sign-in by certificate or password.
 */
#ifndef HF_CTL_LOGIN_H
#define HF_CTL_LOGIN_H

int hf_login_main(int argc, char **argv);

#endif
