/*
 * login.h - what both sides sign when a person signs in by certificate.
 *
 * The client sends a random; the server answers with a random of its own and
 * signs both under its server certificate; the client verifies that, signs
 * both in its turn and sends its certificate (product B3). What is signed
 * names its purpose, so that neither signature is good for anything else:
 *
 *   server: "HUFU-LOGIN-SERVER-1" 00 client_random server_random server_id
 *   client: "HUFU-LOGIN-CLIENT-1" 00 client_random server_random server_id
 *
 * Randoms are 32 bytes; server_id is the SHA-256 of the server's certificate,
 * so that an answer made for one server is useless at another.
 */
#ifndef HF_WIRE_LOGIN_H
#define HF_WIRE_LOGIN_H

#include "base/bytes.h"

#define HF_LOGIN_RANDOM 32

/* Append the bytes that one side signs. server: the server's side. */
void hf_login_transcript(struct hf_wr *w, bool server, struct hf_bytes client_random,
                         struct hf_bytes server_random, struct hf_bytes server_id);

#endif
