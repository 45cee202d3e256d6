/*
 * hufu - one program; its sub-commands start the processes and speak to them.
 */
#include <stdio.h>
#include <string.h>

#include "audit/verify.h"
#include "base/attr.h"
#include "base/log.h"
#include "crypto/alg.h"
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/finger.h"
#include "ctl/login.h"
#include "ctl/verify.h"
#include "main/init.h"
#include "main/ops.h"
#include "main/print.h"
#include "main/serve.h"
#include "main/settings.h"
#include "provider/provider.h"

static const struct hf_command commands[] = {
    { "init", hf_init_main,
      "--data <path> --org <name> [--suite sm|intl|both] [--secrets <path>] ...",
      "Make an institution's authorities, keys and first administrator in a new directory.",
      "在新目录中建立机构的 CA、密钥与首位管理员。" },
    { "cert verify", hf_cert_verify_main,
      "<file> --trust <file> [--untrusted <file>] [--crl <file>] [--time <time>] [--purpose <purpose>] "
      "[--dns <text>] [--ip <text>] [--email <text>] [--max-depth <count>] [--strictness path|rfc5280|webpki] [--json]",
      "Validate a certification path (RFC 5280); needs no server.",
      "验证证书路径(RFC 5280),不需要服务器。" },
    { "finger", hf_finger_main, "extract|show|match|identify|evaluate|calibrate ...",
      "Fingerprints: read, look at, compare, measure; needs no server.",
      "指纹:读取、查看、比对、评测,不需要服务器。" },
    { "serve", hf_serve_command, HF_SERVE_ARGS, "Run the server in the foreground.",
      "在前台运行服务器。" },
    { "config list", hf_config_list_main, HF_CONFIG_LIST_ARGS,
      "List every setting with its value; says what is wrong with a configuration file.",
      "列出全部设置及其值；配置文件有误时指出所在。" },
    { "login", hf_login_main,
      "--server <url> [--cacert <file>] [--p12 <file> | --pkcs11 <file> | --login <login>] --passfile <file> "
      "[--ticket-for <app>] ...",
      "Sign in by certificate or password, and get a service ticket.",
      "以证书或口令登录，并可获取服务票据。" },
    { "audit verify", hf_audit_verify_main, "<file> [--key <text>] [--json]",
      "Verify an exported audit trail; needs no server.", "校验导出的审计记录，不需要服务器。" },
    { "openapi", hf_openapi_command, "", "Print the OpenAPI document of the HTTP API.",
      "输出 HTTP 接口的 OpenAPI 文档。" },
    { "completion", hf_completion_command, "bash|zsh|fish",
      "Print the completion script of a shell.", "输出命令补全脚本。" },
    { "man", hf_man_command, "", "Print the manual page hufu(1) in mdoc.", "输出手册页 hufu(1)。" },
    { NULL, NULL, NULL, NULL, NULL },
};

const struct hf_command *
hf_commands(void)
{
    return commands;
}

/* How many words of argv name this command: 0 if they do not. */
static int
words_that_name(const struct hf_command *c, int argc, char **argv)
{
    const char *blank = strchr(c->name, ' ');
    size_t      n = blank == NULL ? strlen(c->name) : (size_t)(blank - c->name);

    if (argc < 1 || strlen(argv[0]) != n || memcmp(argv[0], c->name, n) != 0)
        return 0;
    if (blank == NULL)
        return 1;
    return argc >= 2 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("hufu %s\n", HF_VERSION);
        return 0;
    }
    /* slower, and everything still works */
    if (!hf_sm_by_libcrypto() && hf_provider_use(NULL) != HF_OK)
        hf_log(HF_WARN, "sm.provider", HF_F_REASON);
    for (const struct hf_command *c = commands; c->name != NULL; c++) {
        int words = words_that_name(c, argc - 1, argv + 1);

        if (words != 0)
            return c->run(argc - words, argv + words);
    }
    return hf_ctl(argc, argv, commands, hf_all_ops());
}
