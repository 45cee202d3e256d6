/*
 * oid.h - object identifiers by name, both ways.
 *
 * The list is sorted by the encoded octets, so that finding one is a binary
 * search; tests/unit/test_oid.c insists on the order. To add one: a row in its
 * place. Identifiers that are not in the list are carried as octets.
 */
#ifndef HF_WIRE_OID_H
#define HF_WIRE_OID_H

#include "wire/der.h"

/*  name, length and octets of the encoding, name in text */
#define HF_OID_LIST(X)                                                                             \
    X(UID, 10, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID")                                  \
    X(DC, 10, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC")                                    \
    X(SM4, 7, "\x2a\x81\x1c\xcf\x55\x01\x68", "sm4")                                               \
    X(SM4_ECB, 8, "\x2a\x81\x1c\xcf\x55\x01\x68\x01", "sm4-ecb")                                   \
    X(SM4_CBC, 8, "\x2a\x81\x1c\xcf\x55\x01\x68\x02", "sm4-cbc")                                   \
    X(SM2, 8, "\x2a\x81\x1c\xcf\x55\x01\x82\x2d", "sm2p256v1")                                     \
    X(SM2_SIGN, 9, "\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01", "sm2sign")                              \
    X(SM2_EXCHANGE, 9, "\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x02", "sm2exchange")                      \
    X(SM2_ENCRYPT, 9, "\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03", "sm2encrypt")                        \
    X(SM3, 8, "\x2a\x81\x1c\xcf\x55\x01\x83\x11", "sm3")                                           \
    X(SM2_SM3, 8, "\x2a\x81\x1c\xcf\x55\x01\x83\x75", "SM3withSM2")                                \
    X(RSA_SM3, 8, "\x2a\x81\x1c\xcf\x55\x01\x83\x78", "SM3withRSA")                                \
    X(GM_DATA, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01", "gm-data")                          \
    X(GM_SIGNED, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02", "gm-signedData")                  \
    X(GM_ENVELOPED, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x03", "gm-envelopedData")            \
    X(GM_SIGNED_ENVELOPED, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x04",                         \
      "gm-signedAndEnvelopedData")                                                                 \
    X(GM_ENCRYPTED, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x05", "gm-encryptedData")            \
    X(GM_KEY_AGREEMENT, 10, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x06", "gm-keyAgreementInfo")     \
    X(CN_ID_CARD, 9, "\x2a\x81\x1c\xd0\x14\x04\x01\x01\x01", "residentIdentityCard")               \
    X(CN_PASSPORT, 9, "\x2a\x81\x1c\xd0\x14\x04\x01\x01\x02", "passportNumber")                    \
    X(CN_INSURANCE, 8, "\x2a\x81\x1c\xd0\x14\x04\x01\x02", "socialInsuranceNumber")                \
    X(CN_REGISTRATION, 8, "\x2a\x81\x1c\xd0\x14\x04\x01\x03", "businessRegistration")              \
    X(CN_ORG_CODE, 8, "\x2a\x81\x1c\xd0\x14\x04\x01\x04", "organisationCode")                      \
    X(CN_TAX, 8, "\x2a\x81\x1c\xd0\x14\x04\x01\x05", "taxNumber")                                  \
    X(CN_CREDIT_CODE, 7, "\x2a\x81\x1c\xd0\x14\x04\x04", "unifiedSocialCreditCode")                \
    X(RSA, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "rsaEncryption")                             \
    X(RSA_MD5, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "md5WithRSAEncryption")                  \
    X(RSA_SHA1, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "sha1WithRSAEncryption")                \
    X(MGF1, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08", "mgf1")                                     \
    X(RSA_PSS, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "rsassaPss")                             \
    X(RSA_SHA256, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "sha256WithRSAEncryption")            \
    X(RSA_SHA384, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "sha384WithRSAEncryption")            \
    X(RSA_SHA512, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "sha512WithRSAEncryption")            \
    X(P7_DATA, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", "pkcs7-data")                            \
    X(P7_SIGNED, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "pkcs7-signedData")                    \
    X(P7_ENVELOPED, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", "pkcs7-envelopedData")              \
    X(P7_ENCRYPTED, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06", "pkcs7-encryptedData")              \
    X(EMAIL, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress")                            \
    X(UNSTRUCTURED_NAME, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02", "unstructuredName")            \
    X(CONTENT_TYPE, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", "contentType")                      \
    X(MESSAGE_DIGEST, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", "messageDigest")                  \
    X(SIGNING_TIME, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05", "signingTime")                      \
    X(CHALLENGE_PASSWORD, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07", "challengePassword")          \
    X(EXTENSION_REQUEST, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e", "extensionRequest")            \
    X(MD5, 8, "\x2a\x86\x48\x86\xf7\x0d\x02\x05", "md5")                                           \
    X(DSA, 7, "\x2a\x86\x48\xce\x38\x04\x01", "dsa")                                               \
    X(DSA_SHA1, 7, "\x2a\x86\x48\xce\x38\x04\x03", "dsa-with-SHA1")                                \
    X(EC, 7, "\x2a\x86\x48\xce\x3d\x02\x01", "ecPublicKey")                                        \
    X(P192, 8, "\x2a\x86\x48\xce\x3d\x03\x01\x01", "secp192r1")                                    \
    X(P256, 8, "\x2a\x86\x48\xce\x3d\x03\x01\x07", "secp256r1")                                    \
    X(ECDSA_SHA1, 7, "\x2a\x86\x48\xce\x3d\x04\x01", "ecdsa-with-SHA1")                            \
    X(ECDSA_SHA256, 8, "\x2a\x86\x48\xce\x3d\x04\x03\x02", "ecdsa-with-SHA256")                    \
    X(ECDSA_SHA384, 8, "\x2a\x86\x48\xce\x3d\x04\x03\x03", "ecdsa-with-SHA384")                    \
    X(ECDSA_SHA512, 8, "\x2a\x86\x48\xce\x3d\x04\x03\x04", "ecdsa-with-SHA512")                    \
    X(MS_EXTENSION_REQUEST, 10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e", "msExtensionRequest")  \
    X(MS_TEMPLATE_NAME, 9, "\x2b\x06\x01\x04\x01\x82\x37\x14\x02", "msCertificateTemplateName")    \
    X(MS_SMARTCARD, 10, "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x02", "msSmartcardLogon")            \
    X(MS_UPN, 10, "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03", "msUserPrincipalName")               \
    X(MS_TEMPLATE, 9, "\x2b\x06\x01\x04\x01\x82\x37\x15\x07", "msCertificateTemplate")             \
    X(JURISDICTION_L, 11, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionL")         \
    X(JURISDICTION_ST, 11, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionST")       \
    X(JURISDICTION_C, 11, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionC")         \
    X(SCT_LIST, 10, "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", "signedCertificateTimestampList")  \
    X(CT_POISON, 10, "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03", "ctPoison")                       \
    X(AIA, 8, "\x2b\x06\x01\x05\x05\x07\x01\x01", "authorityInfoAccess")                           \
    X(SIA, 8, "\x2b\x06\x01\x05\x05\x07\x01\x0b", "subjectInfoAccess")                             \
    X(TLS_FEATURE, 8, "\x2b\x06\x01\x05\x05\x07\x01\x18", "tlsFeature")                            \
    X(CPS, 8, "\x2b\x06\x01\x05\x05\x07\x02\x01", "cps")                                           \
    X(USER_NOTICE, 8, "\x2b\x06\x01\x05\x05\x07\x02\x02", "userNotice")                            \
    X(EKU_SERVER, 8, "\x2b\x06\x01\x05\x05\x07\x03\x01", "serverAuth")                             \
    X(EKU_CLIENT, 8, "\x2b\x06\x01\x05\x05\x07\x03\x02", "clientAuth")                             \
    X(EKU_CODE, 8, "\x2b\x06\x01\x05\x05\x07\x03\x03", "codeSigning")                              \
    X(EKU_EMAIL, 8, "\x2b\x06\x01\x05\x05\x07\x03\x04", "emailProtection")                         \
    X(EKU_TIME, 8, "\x2b\x06\x01\x05\x05\x07\x03\x08", "timeStamping")                             \
    X(EKU_OCSP, 8, "\x2b\x06\x01\x05\x05\x07\x03\x09", "OCSPSigning")                              \
    X(ON_SMTP_UTF8, 8, "\x2b\x06\x01\x05\x05\x07\x08\x09", "smtpUTF8Mailbox")                      \
    X(AD_OCSP, 8, "\x2b\x06\x01\x05\x05\x07\x30\x01", "ocsp")                                      \
    X(OCSP_BASIC, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01", "ocspBasic")                          \
    X(OCSP_NONCE, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x02", "ocspNonce")                          \
    X(OCSP_CRL, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x03", "ocspCrlReference")                     \
    X(OCSP_RESPONSE, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x04", "ocspAcceptableResponses")         \
    X(OCSP_NOCHECK, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x05", "ocspNoCheck")                      \
    X(OCSP_CUTOFF, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x06", "ocspArchiveCutoff")                 \
    X(OCSP_LOCATOR, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x07", "ocspServiceLocator")               \
    X(OCSP_SIG_ALGS, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x08",                                    \
      "ocspPreferredSignatureAlgorithms")                                                          \
    X(OCSP_EXTENDED_REVOKE, 9, "\x2b\x06\x01\x05\x05\x07\x30\x01\x09", "ocspExtendedRevoke")       \
    X(AD_CA_ISSUERS, 8, "\x2b\x06\x01\x05\x05\x07\x30\x02", "caIssuers")                           \
    X(AD_REPOSITORY, 8, "\x2b\x06\x01\x05\x05\x07\x30\x05", "caRepository")                        \
    X(SHA1, 5, "\x2b\x0e\x03\x02\x1a", "sha1")                                                     \
    X(ED25519, 3, "\x2b\x65\x70", "Ed25519")                                                       \
    X(ED448, 3, "\x2b\x65\x71", "Ed448")                                                           \
    X(P384, 5, "\x2b\x81\x04\x00\x22", "secp384r1")                                                \
    X(P521, 5, "\x2b\x81\x04\x00\x23", "secp521r1")                                                \
    X(CN, 3, "\x55\x04\x03", "CN")                                                                 \
    X(SURNAME, 3, "\x55\x04\x04", "SN")                                                            \
    X(SERIAL_NUMBER, 3, "\x55\x04\x05", "serialNumber")                                            \
    X(C, 3, "\x55\x04\x06", "C")                                                                   \
    X(L, 3, "\x55\x04\x07", "L")                                                                   \
    X(ST, 3, "\x55\x04\x08", "ST")                                                                 \
    X(STREET, 3, "\x55\x04\x09", "STREET")                                                         \
    X(O, 3, "\x55\x04\x0a", "O")                                                                   \
    X(OU, 3, "\x55\x04\x0b", "OU")                                                                 \
    X(TITLE, 3, "\x55\x04\x0c", "title")                                                           \
    X(DESCRIPTION, 3, "\x55\x04\x0d", "description")                                               \
    X(BUSINESS_CATEGORY, 3, "\x55\x04\x0f", "businessCategory")                                    \
    X(POSTAL_CODE, 3, "\x55\x04\x11", "postalCode")                                                \
    X(TELEPHONE, 3, "\x55\x04\x14", "telephoneNumber")                                             \
    X(NAME, 3, "\x55\x04\x29", "name")                                                             \
    X(GIVEN_NAME, 3, "\x55\x04\x2a", "GN")                                                         \
    X(INITIALS, 3, "\x55\x04\x2b", "initials")                                                     \
    X(GENERATION, 3, "\x55\x04\x2c", "generationQualifier")                                        \
    X(DN_QUALIFIER, 3, "\x55\x04\x2e", "dnQualifier")                                              \
    X(PSEUDONYM, 3, "\x55\x04\x41", "pseudonym")                                                   \
    X(ORG_ID, 3, "\x55\x04\x61", "organizationIdentifier")                                         \
    X(SKI, 3, "\x55\x1d\x0e", "subjectKeyIdentifier")                                              \
    X(KEY_USAGE, 3, "\x55\x1d\x0f", "keyUsage")                                                    \
    X(PRIVATE_KEY_PERIOD, 3, "\x55\x1d\x10", "privateKeyUsagePeriod")                              \
    X(SAN, 3, "\x55\x1d\x11", "subjectAltName")                                                    \
    X(IAN, 3, "\x55\x1d\x12", "issuerAltName")                                                     \
    X(BASIC, 3, "\x55\x1d\x13", "basicConstraints")                                                \
    X(CRL_NUMBER, 3, "\x55\x1d\x14", "cRLNumber")                                                  \
    X(REASON, 3, "\x55\x1d\x15", "reasonCode")                                                     \
    X(HOLD_INSTRUCTION, 3, "\x55\x1d\x17", "holdInstructionCode")                                  \
    X(INVALIDITY, 3, "\x55\x1d\x18", "invalidityDate")                                             \
    X(DELTA, 3, "\x55\x1d\x1b", "deltaCRLIndicator")                                               \
    X(IDP, 3, "\x55\x1d\x1c", "issuingDistributionPoint")                                          \
    X(CERT_ISSUER, 3, "\x55\x1d\x1d", "certificateIssuer")                                         \
    X(NAMES, 3, "\x55\x1d\x1e", "nameConstraints")                                                 \
    X(CDP, 3, "\x55\x1d\x1f", "cRLDistributionPoints")                                             \
    X(POLICIES, 3, "\x55\x1d\x20", "certificatePolicies")                                          \
    X(ANY_POLICY, 4, "\x55\x1d\x20\x00", "anyPolicy")                                              \
    X(MAPPINGS, 3, "\x55\x1d\x21", "policyMappings")                                               \
    X(AKI, 3, "\x55\x1d\x23", "authorityKeyIdentifier")                                            \
    X(POLICY_LIMITS, 3, "\x55\x1d\x24", "policyConstraints")                                       \
    X(EKU, 3, "\x55\x1d\x25", "extKeyUsage")                                                       \
    X(EKU_ANY, 4, "\x55\x1d\x25\x00", "anyExtendedKeyUsage")                                       \
    X(FRESHEST, 3, "\x55\x1d\x2e", "freshestCRL")                                                  \
    X(INHIBIT_ANY, 3, "\x55\x1d\x36", "inhibitAnyPolicy")                                          \
    X(SHA256, 9, "\x60\x86\x48\x01\x65\x03\x04\x02\x01", "sha256")                                 \
    X(SHA384, 9, "\x60\x86\x48\x01\x65\x03\x04\x02\x02", "sha384")                                 \
    X(SHA512, 9, "\x60\x86\x48\x01\x65\x03\x04\x02\x03", "sha512")                                 \
    X(SHA224, 9, "\x60\x86\x48\x01\x65\x03\x04\x02\x04", "sha224")                                 \
    X(DSA_SHA256, 9, "\x60\x86\x48\x01\x65\x03\x04\x03\x02", "dsa-with-SHA256")                    \
    X(NS_CERT_TYPE, 9, "\x60\x86\x48\x01\x86\xf8\x42\x01\x01", "netscapeCertType")                 \
    X(NS_COMMENT, 9, "\x60\x86\x48\x01\x86\xf8\x42\x01\x0d", "netscapeComment")

enum hf_oid {
    HF_OID_NONE,
#define X(id, n, der, name) HF_OID_##id,
    HF_OID_LIST(X) HF_OIDS
#undef X
};

/* Contents octets; empty for HF_OID_NONE. Static. */
struct hf_bytes hf_oid(enum hf_oid id);

/* The identifier with these contents; HF_OID_NONE if it is not in the list. */
enum hf_oid hf_oid_find(struct hf_bytes contents);

const char *hf_oid_name(enum hf_oid id);    /* "commonName" is "CN"; "" for NONE */
enum hf_oid hf_oid_named(const char *name); /* ASCII case is ignored */

/* "1.2.840.10045.2.1"; cut short with "..." if it does not fit. */
#define HF_OID_TEXT 160
char *hf_oid_dotted(struct hf_bytes contents, char out[HF_OID_TEXT]);

/* The name if it is in the list, otherwise the dotted form. */
char *hf_oid_show(struct hf_bytes contents, char out[HF_OID_TEXT]);

/* Dotted form or name to contents, appended to out. E_ARG. */
HF_CHECKED enum hf_rc hf_oid_parse(const char *text, struct hf_wr *out);

/* A whole element of it. */
void hf_der_put_oid_of(struct hf_wr *w, enum hf_oid id);

/* AlgorithmIdentifier: which algorithm it names; *params (may be NULL) is the element after the OID, if any. */
enum hf_oid hf_alg_id(struct hf_bytes algorithm_identifier, struct hf_bytes *params);

#endif
