/* gn.c - general names from and to text. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/ext.h"
#include "wire/name.h"

/* -- To text ---------------------------------------------------------------------- */

static void
put_hex(struct hf_wr *w, struct hf_bytes b)
{
    hf_wr_u8(w, '#');
    for (size_t i = 0; i < b.n; i++)
        hf_wr_fmt(w, "%02x", b.p[i]);
}

/* An address; eight or thirty-two octets are an address and its mask. */
static void
put_ip(struct hf_wr *w, struct hf_bytes b)
{
    char   text[INET6_ADDRSTRLEN];
    bool   masked = b.n == 8 || b.n == 32;
    size_t n = masked ? b.n / 2 : b.n;
    int    bits = 0;

    if (n != 4 && n != 16) {
        put_hex(w, b);
        return;
    }
    hf_wr_str(w, inet_ntop(n == 4 ? AF_INET : AF_INET6, b.p, text, sizeof(text)));
    for (size_t i = 8 * n; masked && i < 16 * n; i++)
        bits += (b.p[i / 8] & (0x80 >> i % 8)) != 0;
    if (masked)
        hf_wr_fmt(w, "/%d", bits);
}

/* UPN has a form of its own; other kinds are shown as octets. */
static void
put_other(struct hf_wr *w, struct hf_bytes contents)
{
    struct hf_rd    r = hf_rd(contents);
    struct hf_bytes oid = hf_der_oid(&r);
    struct hf_rd    v = hf_der_open(&r, HF_DER_CTXC(0));
    struct hf_bytes text = { NULL, 0 };

    if (hf_oid_find(oid) == HF_OID_MS_UPN && hf_der_opt(&v, HF_DER_UTF8, &text) &&
        hf_utf8_is_text(text)) {
        hf_wr_str(w, "upn:");
        hf_wr_put(w, text);
        return;
    }
    hf_wr_str(w, "other:");
    put_hex(w, contents);
}

void
hf_gn_text(const struct hf_gn *gn, struct hf_wr *out)
{
    char oid[HF_OID_TEXT];

    switch (gn->kind) {
    case HF_GN_EMAIL:
        hf_wr_str(out, "email:");
        hf_wr_put(out, gn->value);
        break;
    case HF_GN_DNS:
        hf_wr_str(out, "dns:");
        hf_wr_put(out, gn->value);
        break;
    case HF_GN_URI:
        hf_wr_str(out, "uri:");
        hf_wr_put(out, gn->value);
        break;
    case HF_GN_DIR:
        hf_wr_str(out, "dn:");
        hf_name_text(gn->value, out);
        break;
    case HF_GN_IP:
        hf_wr_str(out, "ip:");
        put_ip(out, gn->value);
        break;
    case HF_GN_RID:
        hf_wr_fmt(out, "rid:%s", hf_oid_dotted(gn->value, oid));
        break;
    case HF_GN_OTHER:
        put_other(out, gn->value);
        break;
    case HF_GN_X400:
        hf_wr_str(out, "x400:");
        put_hex(out, gn->value);
        break;
    case HF_GN_EDI:
        hf_wr_str(out, "edi:");
        put_hex(out, gn->value);
        break;
    }
}

/* -- From text ----------------------------------------------------------------------- */

/* Letters, digits, hyphens; no hyphen at the ends; 1 to 63 (RFC 1034 3.5). */
static bool
label_ok(const char *p, size_t n)
{
    if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') ||
              (p[i] >= '0' && p[i] <= '9') || p[i] == '-'))
            return false;
    return true;
}

static bool
host_ok(const char *text)
{
    size_t n;

    if (strlen(text) > 253)
        return false;
    for (;; text += n + 1) {
        n = strcspn(text, ".");
        if (!label_ok(text, n))
            return false;
        if (text[n] == '\0')
            return true;
    }
}

static enum hf_rc
parse_dns(const char *text, bool constraint, struct hf_wr *out)
{
    struct in_addr a;
    const char    *host = text;

    if (constraint && host[0] == '.')
        host++;
    else if (!constraint && strncmp(host, "*.", 2) == 0)
        host += 2;
    if (!host_ok(host))
        return hf_fail(HF_E_ARG,
                       "dns:%.253s: not a host name of letters, digits and hyphens "
                       "(RFC 5280 4.2.1.6); other letters as A-labels",
                       text);
    if (inet_pton(AF_INET, host, &a) == 1)
        return hf_fail(HF_E_ARG, "dns:%s: an address belongs into ip:", text);
    hf_gn_put(out, HF_GN_DNS, hf_bytes_str(text));
    return HF_OK;
}

static enum hf_rc
parse_ip(const char *text, bool constraint, struct hf_wr *out)
{
    uint8_t     b[32] = { 0 };
    char        address[64];
    const char *slash = strchr(text, '/');
    size_t      n = slash == NULL ? strlen(text) : (size_t)(slash - text), size = 0;
    int64_t     bits = 0;

    if ((slash != NULL) == constraint && n < sizeof(address)) {
        memcpy(address, text, n);
        address[n] = '\0';
        size = inet_pton(AF_INET, address, b) == 1    ? 4
               : inet_pton(AF_INET6, address, b) == 1 ? 16
                                                      : 0;
    }
    if (size == 0)
        return hf_fail(HF_E_ARG, "ip:%.64s: not an IPv4 or IPv6 %s", text,
                       constraint ? "network such as 10.0.0.0/8" : "address");
    if (constraint && hf_int_read("ip", slash + 1, 0, (int64_t)size * 8, &bits) != HF_OK)
        return hf_fail(HF_E_ARG, "ip:%.64s: the prefix length is no number of bits", text);
    for (int64_t i = 0; i < bits; i++)
        b[size + (size_t)i / 8] |= (uint8_t)(0x80 >> i % 8);
    hf_gn_put(out, HF_GN_IP, hf_bytes(b, constraint ? 2 * size : size));
    return HF_OK;
}

/* RFC 5321 Mailbox in its plain form; in constraints also a host or .domain. */
static enum hf_rc
parse_email(const char *text, bool constraint, struct hf_wr *out)
{
    const char *at = strrchr(text, '@'), *host = at == NULL ? text : at + 1;
    size_t      local = at == NULL ? 0 : (size_t)(at - text);
    bool        ok = at == NULL ? constraint : local != 0 && local <= 64;

    for (size_t i = 0; i < local; i++)
        ok &= text[i] > ' ' && text[i] < 0x7f && strchr("@\"(),:;<>[\\]", text[i]) == NULL;
    if (constraint && at == NULL && host[0] == '.')
        host++;
    if (!ok || !host_ok(host))
        return hf_fail(HF_E_ARG, "email:%.255s: not a mail address (RFC 5280 4.2.1.6)", text);
    hf_gn_put(out, HF_GN_EMAIL, hf_bytes_str(text));
    return HF_OK;
}

static enum hf_rc
parse_uri(const char *text, bool constraint, struct hf_wr *out)
{
    size_t scheme =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
    bool ok = true;

    for (const char *p = text; *p != '\0'; p++)
        ok &= *p > ' ' && *p < 0x7f && strchr("\"<>\\^`{|}", *p) == NULL;
    if (constraint)
        ok &= host_ok(text[0] == '.' ? text + 1 : text);
    else
        ok &= scheme != 0 && text[scheme] == ':' && text[scheme + 1] != '\0' && text[0] >= 'A';
    if (!ok)
        return hf_fail(HF_E_ARG, "uri:%.255s: %s (RFC 5280 4.2.1.6)", text,
                       constraint ? "not a host" : "not an absolute URI");
    hf_gn_put(out, HF_GN_URI, hf_bytes_str(text));
    return HF_OK;
}

static enum hf_rc
parse_dn(const char *text, bool constraint, struct hf_wr *out)
{
    size_t     mark = hf_der_begin(out, HF_DER_CTXC(HF_GN_DIR));
    enum hf_rc rc = hf_name_parse(text, out);

    hf_der_end(out, mark);
    return rc;
}

static enum hf_rc
parse_rid(const char *text, bool constraint, struct hf_wr *out)
{
    size_t     mark = hf_der_begin(out, HF_DER_CTX(HF_GN_RID));
    enum hf_rc rc = hf_oid_parse(text, out);

    hf_der_end(out, mark);
    return rc;
}

static enum hf_rc
parse_upn(const char *text, bool constraint, struct hf_wr *out)
{
    size_t other, value;

    if (!hf_utf8_is_text(hf_bytes_str(text)) || strchr(text, '@') == NULL)
        return hf_fail(HF_E_ARG, "upn:%.255s: not a user principal name (USER@REALM)", text);
    other = hf_der_begin(out, HF_DER_CTXC(HF_GN_OTHER));
    hf_der_put_oid_of(out, HF_OID_MS_UPN);
    value = hf_der_begin(out, HF_DER_CTXC(0));
    hf_der_put_utf8(out, text);
    hf_der_end(out, value);
    hf_der_end(out, other);
    return HF_OK;
}

static const struct {
    const char *prefix;
    enum hf_rc (*parse)(const char *, bool, struct hf_wr *);
} forms[] = {
    { "dns:", parse_dns }, { "ip:", parse_ip },   { "email:", parse_email }, { "uri:", parse_uri },
    { "dn:", parse_dn },   { "rid:", parse_rid }, { "upn:", parse_upn },
};

static enum hf_rc
parse(const char *text, bool constraint, struct hf_wr *out)
{
    size_t mark = out->n;

    for (size_t i = 0; i < HF_COUNT(forms); i++) {
        size_t     n = strlen(forms[i].prefix);
        enum hf_rc rc;

        if (strncmp(text, forms[i].prefix, n) != 0)
            continue;
        rc = forms[i].parse(text + n, constraint, out);
        if (rc == HF_OK && out->rc != HF_OK)
            rc = hf_fail(out->rc, "%s: %s", forms[i].prefix, hf_rc_text(out->rc));
        if (rc != HF_OK)
            hf_wr_cut(out, mark);
        return rc;
    }
    return hf_fail(HF_E_ARG,
                   "\"%.80s\": must begin with dns:, ip:, email:, uri:, dn:, rid: or upn:", text);
}

enum hf_rc
hf_gn_parse(const char *text, struct hf_wr *out)
{
    return parse(text, false, out);
}

enum hf_rc
hf_subtree_parse(const char *text, struct hf_wr *out)
{
    size_t     mark = out->n, tree = hf_der_begin(out, HF_DER_SEQUENCE);
    enum hf_rc rc = parse(text, true, out);

    hf_der_end(out, tree);
    if (rc != HF_OK)
        hf_wr_cut(out, mark);
    return rc;
}
