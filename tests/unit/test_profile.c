/* test_profile.c - certificate profiles, alternative names, states: the pure part of pki. */
#include "unit/t.h"

#include "base/asset.h"
#include "pki/profile.h"
#include "pki/san.h"
#include "pki/state.h"
#include "pki/weak.h"
#include "wire/ext.h"

static const char good[] = "name = x\ntitle = X\ntitle-zh = 甲\nkind = end-entity\nkeys = sm2 rsa2048\n"
                           "days = 30\nmax-days = 60\ncritical = basicConstraints keyUsage\n"
                           "key-usage = digitalSignature\nrdn = CN required max=20\n";

static enum hf_rc
read_with(const char *more, struct hf_arena *a, struct hf_profile **p)
{
    return hf_profile_read(hf_bytes_str(hf_arena_fmt(a, "%s%s", good, more)), "x.conf", a, p);
}

static void
shipped_profiles_are_read(void)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;
    int                n = 0;

    for (const struct hf_asset *f = hf_assets(); f->name != NULL; f++) {
        if (strncmp(f->name, "profiles/", 9) != 0)
            continue;
        T_OK(hf_profile_read(hf_bytes(f->p, f->n), f->name, &a, &p));
        T_STR(f->name + 9, hf_arena_fmt(&a, "%s.conf", p->name));
        n++;
    }
    T_EQ(n, 5);
    hf_arena_clear(&a);
}

static void
settings_mean_what_they_say(void)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;

    T_OK(read_with("key-usage-rsa = digitalSignature keyEncipherment\next-key-usage = serverAuth\n"
                   "san = dns ip\nwildcard = yes\ncommon-name = check\n# remark\n\nrdn = O min=2\n",
                   &a, &p));
    T_STR(p->name, "x");
    T_EQ(p->algs, 1U << HF_ALG_SM2 | 1U << HF_ALG_RSA2048);
    T_EQ(p->ku, HF_KU_SIGN);
    T_EQ(p->ku_rsa, HF_KU_SIGN | HF_KU_KEY_ENC);
    T_EQ(p->eku, HF_PURPOSE_SERVER);
    T_EQ(p->san, HF_SAN_DNS | HF_SAN_IP);
    T_EQ(p->cn_rule, HF_CN_CHECK);
    T_EQ(p->rdns, 2);
    T_TRUE(p->rdn[0].required && p->rdn[0].type == HF_OID_CN && p->rdn[0].max == 20);
    T_TRUE(p->rdn[1].type == HF_OID_O && p->rdn[1].min == 2 && p->rdn[1].max == 64);
    T_TRUE(p->aia && p->cdp && p->path_len == -1);
    hf_arena_clear(&a);
}

static void
mistakes_are_named_with_file_and_line(void)
{
    static const struct {
        const char *more, *says;
    } bad[] = {
        { "colour = red\n", "x.conf:11: \"colour\" is no setting of a profile" },
        { "name = y\n", "x.conf:11: name: is given twice" },
        { "wildcard\n", "x.conf:11: needs the form setting = value" },
        { "wildcard = maybe\n", "x.conf:11: wildcard: \"maybe\" is no word of this setting" },
        { "ext-key-usage = serverAuth serverAuth\n", "x.conf:11: ext-key-usage: \"serverAuth\" is given twice" },
        { "rdn = XX\n", "x.conf:11: rdn: \"XX\" is no known attribute of a name" },
        { "rdn = CN\n", "x.conf:11: rdn: CN is given twice" },
        { "rdn = O max=65\n", "x.conf:11: rdn: must be a number from 1 to 64" },
        { "rdn = O min=9 max=3\n", "x.conf:11: rdn: min is larger than max" },
        { "san-required = yes\n", "x.conf: san: no kind is allowed, but another setting wants one" },
        { "path-length = 1\n", "x.conf: path-length: only authorities have one (RFC 5280 4.2.1.9)" },
        { "ocsp-nocheck = yes\n", "x.conf: ocsp-nocheck: only for OCSPSigning" },
        { "title-zh =\n", "x.conf:11: title-zh: is given twice" },
        { "san =\n", "x.conf:11: san: has no value" },
        { "# \x01\n", "x.conf:11: is not plain UTF-8 text" },
    };
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;

    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        T_RC(read_with(bad[i].more, &a, &p), HF_E_FORMAT);
        T_TRUE(p == NULL);
        T_STR(hf_reason(), bad[i].says);
    }
    T_RC(hf_profile_read(hf_bytes_str("name = x\n"), "f", &a, &p), HF_E_FORMAT);
    T_STR(hf_reason(), "f: the setting title is missing");
    hf_arena_clear(&a);
}

static void
a_cut_or_changed_profile_never_crashes(void)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;
    char               text[sizeof(good)];

    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        memcpy(text, good, sizeof(good));
        (void)!hf_profile_read(hf_bytes(text, i), "x", &a, &p);
        text[i] ^= 0x20;
        (void)!hf_profile_read(hf_bytes(text, sizeof(good) - 1), "x", &a, &p);
        hf_arena_reset(&a);
    }
    hf_arena_clear(&a);
}

/* -- Alternative names ---------------------------------------------------------------------- */

static void
names_are_normalised(void)
{
    struct hf_arena a = hf_arena();
    struct hf_sans  s;

    T_OK(hf_sans_parse("san=dns:WWW.Example.com., ip:10.0.0.1,IP:2001:0db8::0001,email:a@b.example,"
                       "uri:https://x.example/",
                       &a, &s));
    T_STR(hf_sans_text(&s, &a), "dns:www.example.com,ip:10.0.0.1,ip:2001:db8::1,email:a@b.example,"
                                "uri:https://x.example/");
    T_TRUE(hf_sans_have(&s, "WWW.EXAMPLE.COM") && !hf_sans_have(&s, "example.com"));
    hf_arena_clear(&a);
}

static void
bad_names_are_refused(void)
{
    static const char *const bad[] = {
        "", "www.example.com", "dns:", "dns:a..b", "dns:-a.example", "dns:a_b.example", "dns:10.0.0.1",
        "dns:a.*.example", "dns:*", "dns:*.com", "dns:w*.example.com", "ip:10.0.0.256", "ip:10.0.0.1/8", "ip:",
        "email:nobody", "email:a@b@c.example", "email:@b.example", "email:a b@c.example", "uri:/relative",
        "uri:nothing", "rid:1.2.3", "dns:a.example,dns:A.example", "dns:a.example,,dns:b.example",
        "dns:银行.example",
    };
    struct hf_arena a = hf_arena();
    struct hf_sans  s;

    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        T_RC(hf_sans_parse(bad[i], &a, &s), HF_E_ARG);
        T_STR(hf_reason_field(), "san");
    }
    hf_arena_clear(&a);
}

static void
common_name_follows_the_profile(void)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;
    struct hf_sans     s;

    T_OK(read_with("san = dns ip\ncommon-name = add\n", &a, &p));
    T_OK(hf_sans_parse("dns:a.example", &a, &s));
    T_OK(hf_sans_common_name(&s, p, "A.example", "csr", &a));
    T_EQ(s.n, 1);
    T_OK(hf_sans_common_name(&s, p, "b.example", "csr", &a));
    T_OK(hf_sans_common_name(&s, p, "10.1.1.1", "csr", &a));
    T_STR(hf_sans_text(&s, &a), "dns:a.example,dns:b.example,ip:10.1.1.1");
    T_RC(hf_sans_common_name(&s, p, "My Server", "csr", &a), HF_E_POLICY);
    p->cn_rule = HF_CN_CHECK;
    T_RC(hf_sans_common_name(&s, p, "c.example", "csr", &a), HF_E_POLICY);
    T_RC(hf_sans_check(&s, p, "san"), HF_OK);
    p->san = HF_SAN_DNS;
    T_RC(hf_sans_check(&s, p, "san"), HF_E_POLICY);
    hf_arena_clear(&a);
}

/* -- States ------------------------------------------------------------------------------------ */

static void
states_follow_the_table(void)
{
    static const struct {
        enum hf_cert_state from;
        enum hf_cert_event event;
        enum hf_rc         rc;
        enum hf_cert_state to;
    } rows[] = {
        { HF_CERT_ACTIVE, HF_CERT_REVOKE, HF_OK, HF_CERT_REVOKED },
        { HF_CERT_ACTIVE, HF_CERT_SUSPEND, HF_OK, HF_CERT_SUSPENDED },
        { HF_CERT_ACTIVE, HF_CERT_RESUME, HF_E_STATE, HF_CERT_ACTIVE },
        { HF_CERT_SUSPENDED, HF_CERT_REVOKE, HF_OK, HF_CERT_REVOKED },
        { HF_CERT_SUSPENDED, HF_CERT_SUSPEND, HF_E_STATE, HF_CERT_SUSPENDED },
        { HF_CERT_SUSPENDED, HF_CERT_RESUME, HF_OK, HF_CERT_ACTIVE },
        { HF_CERT_REVOKED, HF_CERT_REVOKE, HF_E_STATE, HF_CERT_REVOKED },
        { HF_CERT_REVOKED, HF_CERT_SUSPEND, HF_E_STATE, HF_CERT_REVOKED },
        { HF_CERT_REVOKED, HF_CERT_RESUME, HF_E_STATE, HF_CERT_REVOKED },
    };
    enum hf_cert_state to;

    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        T_RC(hf_cert_next_state(rows[i].from, false, rows[i].event, &to), rows[i].rc);
        T_EQ(to, rows[i].to);
        T_RC(hf_cert_next_state(rows[i].from, true, rows[i].event, &to), HF_E_STATE);
        T_EQ(to, rows[i].from);
    }
    T_EQ(HF_COUNT(rows), HF_CERT_STATES * HF_CERT_EVENTS);
}

T_MAIN(T(shipped_profiles_are_read), T(settings_mean_what_they_say), T(mistakes_are_named_with_file_and_line),
       T(a_cut_or_changed_profile_never_crashes), T(names_are_normalised), T(bad_names_are_refused),
       T(common_name_follows_the_profile), T(states_follow_the_table))
