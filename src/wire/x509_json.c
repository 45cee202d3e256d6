#include "wire/x509_json.h"

#include <string.h>

#include "base/text.h"
#include "wire/name.h"

/* -- Pieces -------------------------------------------------------------------- */

/* The text in w as a JSON string; w is cleared. Octets that are no UTF-8 become "#" and hexadecimal. */
static json_t *
text_of(struct hf_wr *w)
{
    struct hf_bytes b = hf_wr_bytes(w);
    json_t         *s;

    if (hf_utf8_valid(b))
        s = json_stringn(b.n == 0 ? "" : (const char *)b.p, b.n);
    else {
        struct hf_wr hex = hf_wr(SIZE_MAX);

        hf_wr_u8(&hex, '#');
        for (size_t i = 0; i < b.n; i++)
            hf_wr_fmt(&hex, "%02x", b.p[i]);
        s = json_stringn((const char *)hex.p, hex.n);
        hf_wr_clear(&hex);
    }
    hf_wr_clear(w);
    return s;
}

static json_t *
hex_of(struct hf_bytes b)
{
    struct hf_wr w = hf_wr(SIZE_MAX);

    for (size_t i = 0; i < b.n; i++)
        hf_wr_fmt(&w, "%02x", b.p[i]);
    return text_of(&w);
}

static json_t *
name_of(struct hf_bytes name)
{
    struct hf_wr w = hf_wr(SIZE_MAX);

    hf_name_text(name, &w);
    return text_of(&w);
}

static json_t *
time_of(int64_t s)
{
    char text[HF_TIME_TEXT];

    return json_string(hf_time_text(s * 1000, text));
}

static json_t *
oid_of(struct hf_bytes oid)
{
    char text[HF_OID_TEXT];

    return json_string(hf_oid_show(oid, text));
}

static json_t *
gn_of(const struct hf_gn *gn)
{
    struct hf_wr w = hf_wr(SIZE_MAX);

    hf_gn_text(gn, &w);
    return text_of(&w);
}

static json_t *
names_of(struct hf_bytes names)
{
    struct hf_rd r = hf_rd(names);
    struct hf_gn gn;
    json_t      *list = json_array();

    while (hf_gn_next(&r, &gn))
        json_array_append_new(list, gn_of(&gn));
    return list;
}

void
hf_serial_text(struct hf_bytes integer, struct hf_wr *out)
{
    struct hf_bytes m = hf_der_magnitude(integer);

    if (m.n == 0 && integer.n != 0) { /* negative: two's complement, by hand */
        size_t from = out->n;

        hf_wr_u8(out, '-');
        for (size_t i = 0; i < integer.n; i++)
            hf_wr_fmt(out, "%02x", (uint8_t)~integer.p[i]);
        /* the complement is one less than the amount; add it in the last digits */
        for (size_t at = out->n; out->rc == HF_OK && at > from + 1; at--) {
            char *c = (char *)&out->p[at - 1];

            if (*c != 'f') {
                *c = (char)(*c == '9' ? 'a' : *c + 1);
                break;
            }
            *c = '0';
        }
        return;
    }
    for (size_t i = 0; i < m.n; i++)
        hf_wr_fmt(out, "%02x", m.p[i]);
}

static json_t *
serial_of(struct hf_bytes integer)
{
    struct hf_wr w = hf_wr(SIZE_MAX);

    hf_serial_text(integer, &w);
    return text_of(&w);
}

/* -- Values of extensions ----------------------------------------------------------- */

static json_t *
flags_of(uint32_t mask, const char *const *names, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        if ((mask >> i & 1) != 0)
            json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *
key_usage_of(const struct hf_exts *x)
{
    static const char *const names[] = { "digitalSignature", "nonRepudiation", "keyEncipherment",
                                         "dataEncipherment", "keyAgreement",   "keyCertSign",
                                         "cRLSign",          "encipherOnly",   "decipherOnly" };

    return flags_of(x->key_usage, names, HF_COUNT(names));
}

static json_t *
reasons_of(uint32_t mask)
{
    static const char *const names[] = { "unused",          "keyCompromise",
                                         "cACompromise",    "affiliationChanged",
                                         "superseded",      "cessationOfOperation",
                                         "certificateHold", "privilegeWithdrawn",
                                         "aACompromise" };

    return flags_of(mask, names, HF_COUNT(names));
}

static json_t *
basic_of(const struct hf_exts *x)
{
    json_t *o = json_pack("{s:b}", "ca", x->is_ca);

    if (x->path_len >= 0)
        json_object_set_new(o, "path_length", json_integer(x->path_len));
    return o;
}

static json_t *
eku_of(const struct hf_exts *x)
{
    struct hf_rd    r = hf_rd(x->eku);
    struct hf_bytes oid;
    json_t         *list = json_array();

    while (hf_eku_next(&r, &oid))
        json_array_append_new(list, oid_of(oid));
    return list;
}

static json_t *
san_of(const struct hf_exts *x)
{
    return names_of(x->san);
}

static json_t *
ian_of(const struct hf_exts *x)
{
    return names_of(x->ian);
}

static json_t *
ski_of(const struct hf_exts *x)
{
    return hex_of(x->ski);
}

static json_t *
aki_of(const struct hf_exts *x)
{
    json_t *o = json_object();

    if (x->aki_key.n != 0)
        json_object_set_new(o, "key_id", hex_of(x->aki_key));
    if (x->aki_issuer.n != 0) {
        json_object_set_new(o, "issuer", names_of(x->aki_issuer));
        json_object_set_new(o, "serial", serial_of(x->aki_serial));
    }
    return o;
}

/* The CPS pointer of a policy, if it has one. */
static void
add_cps(json_t *o, struct hf_bytes qualifiers)
{
    struct hf_rd r = hf_rd(qualifiers);

    while (hf_rd_left(&r) != 0) {
        struct hf_rd    q = hf_der_open(&r, HF_DER_SEQUENCE);
        struct hf_bytes id = hf_der_oid(&q), text;

        if (hf_oid_find(id) == HF_OID_CPS && hf_der_opt(&q, HF_DER_IA5, &text)) {
            struct hf_wr w = hf_wr(SIZE_MAX);

            hf_wr_put(&w, text);
            json_object_set_new(o, "cps", text_of(&w));
        }
    }
}

static json_t *
policies_of(const struct hf_exts *x)
{
    struct hf_rd    r = hf_rd(x->policies);
    struct hf_bytes oid, qualifiers;
    json_t         *list = json_array();

    while (hf_policy_next(&r, &oid, &qualifiers)) {
        json_t *o = json_pack("{s:o}", "policy", oid_of(oid));

        add_cps(o, qualifiers);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *
mappings_of(const struct hf_exts *x)
{
    struct hf_rd    r = hf_rd(x->mappings);
    struct hf_bytes a, b;
    json_t         *list = json_array();

    while (hf_mapping_next(&r, &a, &b))
        json_array_append_new(list,
                              json_pack("{s:o, s:o}", "issuer", oid_of(a), "subject", oid_of(b)));
    return list;
}

static json_t *
limits_of(const struct hf_exts *x)
{
    json_t *o = json_object();

    if (x->require_explicit >= 0)
        json_object_set_new(o, "require_explicit_policy", json_integer(x->require_explicit));
    if (x->inhibit_mapping >= 0)
        json_object_set_new(o, "inhibit_policy_mapping", json_integer(x->inhibit_mapping));
    return o;
}

static json_t *
inhibit_any_of(const struct hf_exts *x)
{
    return json_integer(x->inhibit_any);
}

static json_t *
subtrees_of(struct hf_bytes trees)
{
    struct hf_rd      r = hf_rd(trees);
    struct hf_subtree t;
    json_t           *list = json_array();

    while (hf_subtree_next(&r, &t))
        json_array_append_new(list, gn_of(&t.base));
    return list;
}

static json_t *
constraints_of(const struct hf_exts *x)
{
    return json_pack("{s:o, s:o}", "permitted", subtrees_of(x->permitted), "excluded",
                     subtrees_of(x->excluded));
}

static json_t *
point_of(const struct hf_point *p)
{
    json_t *o = json_object();

    if (p->full.n != 0)
        json_object_set_new(o, "names", names_of(p->full));
    if (p->relative.n != 0)
        json_object_set_new(o, "relative", hex_of(p->relative));
    if (p->reasons != 0)
        json_object_set_new(o, "reasons", reasons_of(p->reasons));
    if (p->issuer.n != 0)
        json_object_set_new(o, "crl_issuer", names_of(p->issuer));
    return o;
}

static json_t *
points_of(struct hf_bytes points)
{
    struct hf_rd    r = hf_rd(points);
    struct hf_point p;
    json_t         *list = json_array();

    while (hf_point_next(&r, &p))
        json_array_append_new(list, point_of(&p));
    return list;
}

static json_t *
cdp_of(const struct hf_exts *x)
{
    return points_of(x->cdp);
}

static json_t *
freshest_of(const struct hf_exts *x)
{
    return points_of(x->freshest);
}

static json_t *
access_of(struct hf_bytes accesses)
{
    struct hf_rd     r = hf_rd(accesses);
    struct hf_access a;
    json_t          *list = json_array();

    while (hf_access_next(&r, &a))
        json_array_append_new(
            list, json_pack("{s:o, s:o}", "method", oid_of(a.method), "place", gn_of(&a.place)));
    return list;
}

static json_t *
aia_of(const struct hf_exts *x)
{
    return access_of(x->aia);
}

static json_t *
sia_of(const struct hf_exts *x)
{
    return access_of(x->sia);
}

static json_t *
true_of(const struct hf_exts *x)
{
    return json_true();
}

static json_t *
crl_number_of(const struct hf_exts *x)
{
    return serial_of(x->crl_number);
}

static json_t *
delta_of(const struct hf_exts *x)
{
    return serial_of(x->delta_base);
}

static json_t *
idp_of(const struct hf_exts *x)
{
    json_t *o = point_of(&x->idp);

    json_object_set_new(o, "only_user_certs", json_boolean(x->idp_user));
    json_object_set_new(o, "only_ca_certs", json_boolean(x->idp_ca));
    json_object_set_new(o, "indirect", json_boolean(x->idp_indirect));
    return o;
}

static json_t *(*const values[HF_OIDS])(const struct hf_exts *) = {
    [HF_OID_BASIC] = basic_of,
    [HF_OID_KEY_USAGE] = key_usage_of,
    [HF_OID_EKU] = eku_of,
    [HF_OID_SAN] = san_of,
    [HF_OID_IAN] = ian_of,
    [HF_OID_SKI] = ski_of,
    [HF_OID_AKI] = aki_of,
    [HF_OID_POLICIES] = policies_of,
    [HF_OID_MAPPINGS] = mappings_of,
    [HF_OID_POLICY_LIMITS] = limits_of,
    [HF_OID_INHIBIT_ANY] = inhibit_any_of,
    [HF_OID_NAMES] = constraints_of,
    [HF_OID_CDP] = cdp_of,
    [HF_OID_FRESHEST] = freshest_of,
    [HF_OID_AIA] = aia_of,
    [HF_OID_SIA] = sia_of,
    [HF_OID_OCSP_NOCHECK] = true_of,
    [HF_OID_CRL_NUMBER] = crl_number_of,
    [HF_OID_DELTA] = delta_of,
    [HF_OID_IDP] = idp_of,
};

/* In the order of the object: a list, each with its name, criticality and value. */
static json_t *
exts_of(const struct hf_exts *x)
{
    struct hf_rd      r = hf_rd(x->raw);
    struct hf_ext_raw e;
    json_t           *list = json_array();

    while (hf_ext_next(&r, &e)) {
        json_t *value = values[e.id] != NULL ? values[e.id](x) : hex_of(e.value);

        json_array_append_new(list, json_pack("{s:o, s:b, s:o}", "name", oid_of(e.oid), "critical",
                                              e.critical, "value", value));
    }
    return list;
}

/* -- Keys and algorithms ------------------------------------------------------------- */

static json_t *
algorithm_of(struct hf_bytes id)
{
    struct hf_rd r = hf_rd(id), s = hf_der_open(&r, HF_DER_SEQUENCE);

    return oid_of(hf_der_oid(&s));
}

/* Octets of an RSA modulus, without the sign. */
static size_t
modulus_bits(struct hf_bytes key)
{
    struct hf_rd    r = hf_rd(key), s = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes n = hf_der_magnitude(hf_der_integer(&s));
    size_t          bits = 8 * n.n;

    for (uint8_t top = n.n == 0 ? 0 : n.p[0]; bits != 0 && top < 0x80; bits--)
        top = (uint8_t)(top << 1);
    return bits;
}

static json_t *
key_of(struct hf_bytes spki)
{
    struct hf_rd    r = hf_rd(spki), s = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes alg = hf_der_raw(&s, HF_DER_SEQUENCE), params, bits = hf_der_bits(&s, NULL);
    enum hf_oid     id = hf_alg_id(alg, &params);
    json_t         *o = json_pack("{s:o}", "algorithm", algorithm_of(alg));
    struct hf_rd    p = hf_rd(params);

    if (id == HF_OID_EC && hf_der_next(&p, HF_DER_OID))
        json_object_set_new(o, "curve", oid_of(hf_der_oid(&p)));
    if (id == HF_OID_RSA)
        json_object_set_new(o, "bits", json_integer((json_int_t)modulus_bits(bits)));
    json_object_set_new(o, "value", hex_of(bits));
    return o;
}

/* -- Objects --------------------------------------------------------------------------- */

json_t *
hf_cert_json(const struct hf_cert *c)
{
    uint8_t print[32];
    json_t *o = json_object();

    hf_cert_fingerprint(c, print);
    json_object_set_new(o, "version", json_integer(c->version));
    json_object_set_new(o, "serial", serial_of(c->serial));
    json_object_set_new(o, "subject", name_of(c->subject));
    json_object_set_new(o, "issuer", name_of(c->issuer));
    json_object_set_new(o, "not_before", time_of(c->not_before));
    json_object_set_new(o, "not_after", time_of(c->not_after));
    json_object_set_new(o, "signature_algorithm", algorithm_of(c->sig_alg));
    json_object_set_new(o, "key", key_of(c->spki));
    json_object_set_new(o, "san", names_of(c->x.san));
    json_object_set_new(o, "ca", json_boolean(c->x.is_ca));
    json_object_set_new(o, "extensions", exts_of(&c->x));
    json_object_set_new(o, "fingerprint_sha256", hex_of(hf_bytes(print, sizeof(print))));
    return o;
}

json_t *
hf_csr_json(const struct hf_csr *c)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "subject", name_of(c->subject), "key",
                     key_of(c->spki), "signature_algorithm", algorithm_of(c->sig_alg), "san",
                     names_of(c->x.san), "extensions", exts_of(&c->x));
}

static json_t *
entry_of(const struct hf_crl_entry *e)
{
    json_t *o = json_pack("{s:o, s:o}", "serial", serial_of(e->serial), "revoked_at",
                          time_of(e->revoked_at));

    if (e->reason >= 0)
        json_object_set_new(o, "reason", json_string(hf_reason_name(e->reason)));
    if (e->invalidity != -1)
        json_object_set_new(o, "invalidity_date", time_of(e->invalidity));
    if (e->cert_issuer.n != 0)
        json_object_set_new(o, "certificate_issuer", names_of(e->cert_issuer));
    return o;
}

json_t *
hf_crl_json(const struct hf_crl *c, size_t most_entries)
{
    struct hf_rd        r = hf_rd(c->revoked);
    struct hf_crl_entry e;
    json_t             *o = json_object(), *list = json_array();

    while (json_array_size(list) < most_entries && hf_crl_next(&r, &e))
        json_array_append_new(list, entry_of(&e));
    json_object_set_new(o, "version", json_integer(c->version));
    json_object_set_new(o, "issuer", name_of(c->issuer));
    json_object_set_new(o, "this_update", time_of(c->this_update));
    json_object_set_new(o, "next_update",
                        c->next_update == -1 ? json_null() : time_of(c->next_update));
    json_object_set_new(o, "signature_algorithm", algorithm_of(c->sig_alg));
    json_object_set_new(o, "count", json_integer((json_int_t)c->entries));
    json_object_set_new(o, "entries", list);
    json_object_set_new(o, "extensions", exts_of(&c->x));
    return o;
}

/* -- Lines for a terminal ------------------------------------------------------------------ */

static void lines_of(const json_t *v, unsigned depth, struct hf_wr *out);

static void
indent(unsigned depth, struct hf_wr *out)
{
    for (unsigned i = 0; i < depth; i++)
        hf_wr_str(out, "  ");
}

static void
scalar(const json_t *v, struct hf_wr *out)
{
    if (json_is_string(v))
        hf_wr_put(out, hf_bytes(json_string_value(v), json_string_length(v)));
    else if (json_is_integer(v))
        hf_wr_fmt(out, "%lld", (long long)json_integer_value(v));
    else
        hf_wr_str(out, json_is_true(v) ? "yes" : json_is_false(v) ? "no" : "-");
}

/* ": value" on the line, or what is inside below it. */
static void
put_value(const json_t *v, unsigned depth, struct hf_wr *out)
{
    if (json_is_object(v) || json_is_array(v)) {
        hf_wr_u8(out, '\n');
        lines_of(v, depth + 1, out);
        return;
    }
    hf_wr_u8(out, ' ');
    scalar(v, out);
    hf_wr_u8(out, '\n');
}

static void
lines_of(const json_t *v, unsigned depth, struct hf_wr *out)
{
    const char *name;
    json_t     *member;
    size_t      i;

    json_object_foreach ((json_t *)(uintptr_t)v, name, member) {
        indent(depth, out);
        hf_wr_fmt(out, "%s:", name);
        put_value(member, depth, out);
    }
    json_array_foreach (v, i, member) {
        indent(depth, out);
        hf_wr_u8(out, '-');
        put_value(member, depth, out);
    }
}

void
hf_json_lines(const json_t *o, struct hf_wr *out)
{
    lines_of(o, 0, out);
}
