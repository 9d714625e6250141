/* SPDX-License-Identifier: Apache-2.0 */

/* A small certificate authority by OpenSSL. What a certificate may be used for is a table row. */

#include "certificates.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"
#include "openssl_error.h"

#define PATH_SIZE     1024
#define SERIAL_BITS   127 /* positive, and at most 20 bytes (RFC 5280, section 4.1.2.2) */
#define DAY_S         (24L * 60L * 60L)
#define EXTENSION_MAX 6

/* The extensions of each use, in OpenSSL's notation; all that RFC 5280 asks for in section 4.2. */
static const struct {
    int nid;
    const char *value;
} extensions[][EXTENSION_MAX] = {
    [CERTIFICATE_AUTHORITY] = {
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_subject_key_identifier, "hash" },
        { 0, NULL },
    },
    [CERTIFICATE_SERVER] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "serverAuth" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid" },
        { 0, NULL },
    },
    [CERTIFICATE_CLIENT] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "clientAuth" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid" },
        { 0, NULL },
    },
};

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    const bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

static bool add_extensions(X509 *certificate, X509 *issuer, enum certificate_use use)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; extensions[use][i].value != NULL; i++) {
        if (!add_extension(certificate, &context, extensions[use][i].nid,
                           extensions[use][i].value)) {
            return false;
        }
    }
    return true;
}

static bool is_dns_name(const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr("-.*", name[i]) == NULL) {
            return false;
        }
    }
    return length > 0 && length <= 253;
}

bool certificate_check_names(const char *const *names, int count)
{
    uint8_t address[sizeof(struct in6_addr)];

    for (int i = 0; i < count; i++) {
        if (inet_pton(AF_INET, names[i], address) != 1
            && inet_pton(AF_INET6, names[i], address) != 1 && !is_dns_name(names[i])) {
            message_error("\"%s\" cannot be a server's name", names[i]);
            message_fact("expected", "a DNS name or an IP address");
            return false;
        }
    }
    return true;
}

/* An address must be of the address type: clients do not look for one among DNS names. */
static GENERAL_NAME *general_name(const char *name)
{
    GENERAL_NAME *general = GENERAL_NAME_new();
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

    if (address != NULL) {
        GENERAL_NAME_set0_value(general, GEN_IPADD, address);
        return general;
    }
    ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
    (void)ASN1_STRING_set(dns, name, -1);
    GENERAL_NAME_set0_value(general, GEN_DNS, dns);
    return general;
}

static bool add_names(X509 *certificate, const struct certificate_request *request)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool added = true;

    for (int i = 0; i < request->name_count; i++) {
        (void)sk_GENERAL_NAME_push(names, general_name(request->names[i]));
    }
    if (request->name_count > 0) {
        added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    }
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return added;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    const bool set = BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
                     && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return set;
}

/* Valid since yesterday: the clocks of devices and of their servers need not agree to the second. */
static bool set_dates(X509 *certificate, const struct certificate_request *request)
{
    const int from = request->expired ? -2 : -1;
    const int until = request->expired ? -1 : (int)request->days;

    return X509_time_adj_ex(X509_getm_notBefore(certificate), from, 0, NULL) != NULL
           && X509_time_adj_ex(X509_getm_notAfter(certificate), until, 0, NULL) != NULL;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                      MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0)
           == 1;
}

static bool fill_in(const struct certificate_request *request, const struct identity *issuer,
                    struct identity *identity)
{
    X509 *certificate = identity->certificate;
    X509 *signer = issuer != NULL ? issuer->certificate : certificate;
    const struct key *key = issuer != NULL ? &issuer->key : &identity->key;

    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate)
           && set_dates(certificate, request) && set_subject(certificate, request->common_name)
           && X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1
           && X509_set_pubkey(certificate, identity->key.pkey) == 1
           && add_extensions(certificate, signer, request->use) && add_names(certificate, request)
           && X509_sign(certificate, key->pkey, EVP_sha256()) > 0;
}

bool identity_make(const struct certificate_request *request, const struct identity *issuer,
                   struct identity *identity)
{
    *identity = (struct identity){ 0 };
    if (!key_generate(&key_types[0], &identity->key)) {
        return false;
    }
    identity->certificate = X509_new();
    if (!fill_in(request, issuer, identity)) {
        message_openssl("the certificate cannot be made");
        identity_free(identity);
        return false;
    }
    return true;
}

static bool path_of(const char *folder, const char *name, const char *ending, char path[PATH_SIZE])
{
    const int length = snprintf(path, PATH_SIZE, "%s/%s.%s", folder, name, ending);

    if (length < 0 || length >= PATH_SIZE) {
        message_error("the path of %s is too long", name);
        return false;
    }
    return true;
}

static bool load_certificate(const char *path, X509 **certificate)
{
    struct file_bytes file;

    if (!file_load(path, &file)) {
        return false;
    }
    BIO *in = BIO_new_mem_buf(file.bytes, (int)file.size);
    *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    (void)BIO_free(in);
    file_free(&file);
    if (*certificate == NULL) {
        message_openssl(path);
    }
    return *certificate != NULL;
}

bool identity_load(const char *folder, const char *name, struct identity *identity)
{
    char path[PATH_SIZE];

    *identity = (struct identity){ 0 };
    if (!path_of(folder, name, "crt", path) || !load_certificate(path, &identity->certificate)
        || !path_of(folder, name, "key", path) || !key_load_private(path, NULL, &identity->key)) {
        identity_free(identity);
        return false;
    }
    if (X509_check_private_key(identity->certificate, identity->key.pkey) != 1) {
        message_error("%s is not the key of the certificate beside it", path);
        message_next("Make both again with \"otter certs new --force\".");
        identity_free(identity);
        return false;
    }
    return true;
}

static bool store_certificate(X509 *certificate, const char *path)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool stored = false;

    if (PEM_write_bio_X509(out, certificate) == 1) {
        const long size = BIO_get_mem_data(out, &bytes);
        stored = file_store(path, bytes, (size_t)size);
    }
    (void)BIO_free(out);
    return stored;
}

bool identity_store(const struct identity *identity, const char *folder, const char *name)
{
    char path[PATH_SIZE];

    return path_of(folder, name, "key", path) && key_store_private(&identity->key, path, NULL)
           && path_of(folder, name, "crt", path) && store_certificate(identity->certificate, path);
}

void identity_free(struct identity *identity)
{
    X509_free(identity->certificate);
    key_free(&identity->key);
    *identity = (struct identity){ 0 };
}
