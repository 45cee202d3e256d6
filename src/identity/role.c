#include "identity/role.h"

#include <string.h>

#define MAY(name) (UINT64_C(1) << HF_MAY_##name)
#define READS (MAY(CA_READ) | MAY(PERSON_READ) | MAY(APP_READ))

static const struct hf_role roles[] = {
    { "admin", (UINT64_C(1) << HF_MAY_COUNT) - 1, "system administrator: everything",
      "系统管理员：全部权限" },
    { "operator", READS | MAY(CERT_ISSUE) | MAY(CERT_REVOKE),
      "CA operator: issue, suspend and revoke certificates", "CA 操作员：签发、冻结、注销证书" },
    { "approver", READS | MAY(CERT_ISSUE) | MAY(CERT_REVOKE) | MAY(APPROVE),
      "confirms what another person has asked for", "审批员：复核他人提交的操作" },
    { "registrar", READS | MAY(PERSON_MANAGE) | MAY(APP_MANAGE),
      "unit administrator: persons and applications", "单位管理员：人员与应用" },
    { "auditor", READS | MAY(AUDIT_READ), "security auditor: reads and verifies the audit trail",
      "安全审计员：查阅与校验审计记录" },
    { NULL, 0, NULL, NULL },
};

const struct hf_role *
hf_roles(void)
{
    return roles;
}

uint64_t
hf_role_everything(void)
{
    return roles[0].may;
}

static const struct hf_role *
find(const char *name, size_t n)
{
    for (const struct hf_role *r = roles; r->name != NULL; r++)
        if (strlen(r->name) == n && memcmp(r->name, name, n) == 0)
            return r;
    return NULL;
}

uint64_t
hf_role_may(const char *words)
{
    uint64_t may = MAY(SIGNED_IN) | MAY(ANYBODY);

    for (const char *p = words + strspn(words, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t                n = strcspn(p, " ");
        const struct hf_role *r = find(p, n);

        may |= r == NULL ? 0 : r->may;
        p += n;
    }
    return may;
}

enum hf_rc
hf_role_set_read(const json_t *list, const struct hf_actor *giver, struct hf_arena *a,
                 const char **out)
{
    const char *set = "";
    bool        auditor = false;

    *out = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char           *name = json_string_value(json_array_get(list, i));
        const struct hf_role *r = name == NULL ? NULL : find(name, strlen(name));

        if (r == NULL)
            return hf_fail_field(HF_E_ARG, "role", "no such role; see: hufu role list");
        if ((r->may & ~giver->may) != 0)
            return hf_fail_field(HF_E_DENIED, "role", "%s permits more than you hold", r->name);
        auditor |= strcmp(r->name, "auditor") == 0;
        set = hf_arena_fmt(a, "%s%s%s", set, *set == '\0' ? "" : " ", r->name);
    }
    if (auditor && strcmp(set, "auditor") != 0)
        return hf_fail_field(HF_E_ARG, "role", "an auditor holds no other role");
    *out = set;
    return HF_OK;
}
