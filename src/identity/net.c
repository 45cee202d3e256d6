#include "identity/net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct net {
    uint8_t  byte[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;     /* of the 128 */
};

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
read_address(const char *text, struct net *out, bool *v4)
{
    memcpy(out->byte, mapped, sizeof(mapped));
    out->bits = 128;
    *v4 = inet_pton(AF_INET, text, out->byte + 12) == 1;
    if (*v4)
        return true;
    if (inet_pton(AF_INET6, text, out->byte) != 1)
        return false;
    return true;
}

static bool
read_net(const char *text, struct net *out)
{
    char        address[64], *end;
    const char *slash = strchr(text, '/');
    size_t      n = slash == NULL ? strlen(text) : (size_t)(slash - text);
    bool        v4;
    long        prefix;

    if (n >= sizeof(address))
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (!read_address(address, out, &v4))
        return false;
    if (slash == NULL)
        return true;
    if (slash[1] < '0' || slash[1] > '9')
        return false;
    prefix = strtol(slash + 1, &end, 10);
    if (*end != '\0' || prefix > (v4 ? 32 : 128))
        return false;
    out->bits = (unsigned)prefix + (v4 ? 96 : 0);
    return true;
}

static bool
same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8)) == 0;
}

enum hf_rc
hf_net_check(const char *field, const char *cidr)
{
    struct net n;
    uint8_t    zero[16] = { 0 };

    if (!read_net(cidr, &n))
        return hf_fail_field(HF_E_ARG, field, "%s is no address or network such as 10.1.0.0/16",
                             cidr);
    for (unsigned i = n.bits; i < 128; i++)
        zero[i / 8] |= (uint8_t)(n.byte[i / 8] & (0x80 >> i % 8));
    for (size_t i = 0; i < sizeof(zero); i++)
        if (zero[i] != 0)
            return hf_fail_field(HF_E_ARG, field, "%s has bits set beyond its prefix", cidr);
    return HF_OK;
}

bool
hf_net_allows(const char *networks, const char *address)
{
    struct net at, n;
    bool       v4;
    char       word[64];

    if (!read_address(address, &at, &v4))
        return false;
    for (const char *p = networks + strspn(networks, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        if (len < sizeof(word)) {
            memcpy(word, p, len);
            word[len] = '\0';
            if (read_net(word, &n) && same_prefix(n.byte, at.byte, n.bits))
                return true;
        }
        p += len;
    }
    return false;
}

void
hf_net_source(const char *address, char out[64])
{
    struct net at;
    bool       v4;

    if (!read_address(address, &at, &v4) || v4 || memcmp(at.byte, mapped, sizeof(mapped)) == 0) {
        snprintf(out, 64, "%s", address);
        return;
    }
    memset(at.byte + 8, 0, 8);
    if (inet_ntop(AF_INET6, at.byte, out, 64) == NULL)
        snprintf(out, 64, "%s", address);
}
