/* test_clientkey.c - keys of clients: PKCS#12 files made by openssl, a SoftHSM token. */
#include "unit/t.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "crypto/clientkey.h"
#include "crypto/pub.h"
#include "wire/x509.h"

static char dir[64];

/* Run a command in the test's directory; gives its status. */
static int HF_PRINTF(1, 2)
shell(const char *fmt, ...)
{
    struct hf_arena arena = hf_arena();
    char           *command = NULL;
    int             status = -1;
    va_list         ap;

    va_start(ap, fmt);
    if (vasprintf(&command, fmt, ap) >= 0)
        status = system(hf_arena_fmt(&arena, "cd %s && %s", dir, command));
    va_end(ap);
    free(command);
    hf_arena_clear(&arena);
    return status;
}

static void
make_p12(const char *name, const char *newkey)
{
    T_EQ(shell("openssl req -x509 -newkey %1$s -nodes -keyout %2$s.key -out %2$s.pem -subj /CN=x -days 2 "
               ">/dev/null 2>&1 && openssl pkcs12 -export -inkey %2$s.key -in %2$s.pem -out %2$s.p12 -passout pass:secret",
               newkey, name), 0);
}

static enum hf_rc
open_p12(const char *name, const char *passphrase, struct hf_client_key **key)
{
    struct hf_arena  arena = hf_arena();
    struct hf_secret secret;
    struct hf_wr     file = hf_wr(1 << 20);
    enum hf_rc       rc;

    T_OK(hf_secret_set(&secret, hf_bytes_str(passphrase)));
    T_OK(hf_file_read(hf_arena_fmt(&arena, "%s/%s.p12", dir, name), &file));
    rc = hf_client_key_p12(hf_wr_bytes(&file), &secret, key);
    hf_wr_clear(&file);
    hf_arena_clear(&arena);
    return rc;
}

static void
signs_for_its_certificate(struct hf_client_key *key)
{
    struct hf_bytes message = hf_bytes_str("what is signed");
    struct hf_wr    sig = hf_wr(1024);
    struct hf_cert  cert;
    struct hf_pub  *pub = NULL;

    T_OK(hf_client_key_sign(key, message, &sig));
    T_OK(hf_cert_read(hf_client_key_cert(key), &cert));
    T_OK(hf_pub_read(cert.spki, &pub));
    T_OK(hf_pub_verify(pub, hf_alg_signature_id(hf_client_key_alg(key)), message, hf_wr_bytes(&sig)));
    T_RC(hf_pub_verify(pub, hf_alg_signature_id(hf_client_key_alg(key)), hf_bytes_str("else"), hf_wr_bytes(&sig)),
         HF_E_VERIFY);
    hf_pub_free(pub);
    hf_wr_clear(&sig);
}

static void
pkcs12_of_every_kind_signs(void)
{
    static const struct {
        const char *name, *newkey;
        enum hf_alg alg;
    } kinds[] = {
        { "p256", "ec -pkeyopt ec_paramgen_curve:P-256", HF_ALG_P256 },
        { "rsa", "rsa:2048", HF_ALG_RSA2048 },
        { "sm2", "ec -pkeyopt ec_paramgen_curve:SM2", HF_ALG_SM2 },
    };
    struct hf_client_key *key;

    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        make_p12(kinds[i].name, kinds[i].newkey);
        T_OK(open_p12(kinds[i].name, "secret", &key));
        if (key == NULL)
            continue;
        T_EQ(hf_client_key_alg(key), kinds[i].alg);
        signs_for_its_certificate(key);
        hf_client_key_free(key);
    }
}

static void
a_wrong_passphrase_and_no_pkcs12_are_told_apart(void)
{
    struct hf_client_key *key;
    struct hf_secret      secret;

    make_p12("p256", "ec -pkeyopt ec_paramgen_curve:P-256");
    T_RC(open_p12("p256", "wrong", &key), HF_E_VERIFY);
    T_TRUE(key == NULL);
    T_OK(hf_secret_set(&secret, hf_bytes_str("secret")));
    T_RC(hf_client_key_p12(hf_bytes_str("hello"), &secret, &key), HF_E_FORMAT);
}

/* A token with one key pair and its certificate, made by the tools of SoftHSM and OpenSC. */
static void
make_token(const char *newkey)
{
    struct hf_arena arena = hf_arena();

    setenv("SOFTHSM2_CONF", hf_arena_fmt(&arena, "%s/softhsm.conf", dir), 1);
    T_EQ(shell("rm -rf tokens && mkdir tokens && echo directories.tokendir=$PWD/tokens >softhsm.conf && "
               "softhsm2-util --init-token --free --label desk --pin 123456 --so-pin 12345678 >/dev/null && "
               "openssl req -x509 -newkey %s -nodes -keyout t.key -out t.pem -subj /CN=t -days 2 >/dev/null 2>&1 && "
               "openssl pkcs8 -topk8 -nocrypt -in t.key -out t.p8 && openssl x509 -in t.pem -outform DER -out t.der && "
               "softhsm2-util --import t.p8 --token desk --label mine --id 01 --pin 123456 >/dev/null && "
               "pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --login --pin 123456 --write-object t.der "
               "--type cert --id 01 --label mine >/dev/null 2>&1", newkey), 0);
    hf_arena_clear(&arena);
}

static void
a_token_signs(void)
{
    static const char *const kinds[] = { "ec -pkeyopt ec_paramgen_curve:P-256", "rsa:2048" };
    struct hf_token_key      where = { "/usr/lib/softhsm/libsofthsm2.so", "desk", "mine" };
    struct hf_client_key    *key;
    struct hf_secret         pin;

    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        make_token(kinds[i]);
        T_OK(hf_secret_set(&pin, hf_bytes_str("000000")));
        T_RC(hf_client_key_token(&where, &pin, &key), HF_E_VERIFY);
        T_OK(hf_secret_set(&pin, hf_bytes_str("123456")));
        T_OK(hf_client_key_token(&where, &pin, &key));
        if (key != NULL)
            signs_for_its_certificate(key);
        hf_client_key_free(key);
    }
    where.label = "other";
    T_RC(hf_client_key_token(&where, &pin, &key), HF_E_ABSENT);
    where.module = "/usr/lib/softhsm/nothing.so";
    T_RC(hf_client_key_token(&where, &pin, &key), HF_E_KEYDEV);
}

static void
in_a_directory_of_its_own(void)
{
    strcpy(dir, "/tmp/hufu-test-XXXXXX");
    T_TRUE(mkdtemp(dir) != NULL);
}

static void
which_is_removed(void)
{
    T_EQ(shell("rm -rf \"$PWD\""), 0);
}

T_MAIN(T(in_a_directory_of_its_own), T(pkcs12_of_every_kind_signs),
       T(a_wrong_passphrase_and_no_pkcs12_are_told_apart), T(a_token_signs), T(which_is_removed))
