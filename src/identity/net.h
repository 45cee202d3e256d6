/*
 * net.h - networks as allow-lists name them: 10.1.0.0/16, 2001:db8::/32, or one address.
 */
#ifndef HF_IDENTITY_NET_H
#define HF_IDENTITY_NET_H

#include "base/bytes.h"

/* Is this a network or an address? Bits beyond the prefix must be zero. E_ARG names `field`. */
HF_CHECKED enum hf_rc hf_net_check(const char *field, const char *cidr);

/* Does one of the networks, separated by blanks, hold the address? IPv4-mapped IPv6 counts as IPv4. */
bool hf_net_allows(const char *networks, const char *address);

/* The network by which attempts are counted: /32 of IPv4, /64 of IPv6, into out (64 bytes). */
void hf_net_source(const char *address, char out[64]);

#endif
