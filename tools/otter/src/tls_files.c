/* SPDX-License-Identifier: Apache-2.0 */

#include "tls_files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "message.h"

static void tell_other(const char *path, const char *expected, const char *next)
{
    message_error("%s cannot be used", path);
    message_fact("expected", "%s", expected);
    message_next("%s", next);
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        message_system("read", path);
    }
    return file;
}

/* NULL after telling the user. */
static X509 *load_certificate(const char *path)
{
    FILE *file = open_file(path);
    X509 *certificate = NULL;

    if (file != NULL) {
        certificate = PEM_read_X509(file, NULL, NULL, NULL);
        (void)fclose(file);
        if (certificate == NULL) {
            tell_other(path, "a certificate in PEM", "'otter certs new' makes one.");
        }
    }
    return certificate;
}

/* A key with a passphrase is asked for by the TLS library, which uses it. */
static int no_passphrase(char *text, int size, int is_writing, void *context)
{
    (void)size;
    (void)is_writing;
    *(bool *)context = true;
    *text = '\0';
    return -1;
}

/* @return false after telling the user that the key is none, or not the certificate's */
static bool check_key(const X509 *certificate, const char *cert, const char *path)
{
    FILE *file = open_file(path);
    bool is_locked = false;
    EVP_PKEY *key;
    bool fits;

    if (file == NULL) {
        return false;
    }
    key = PEM_read_PrivateKey(file, NULL, no_passphrase, &is_locked);
    (void)fclose(file);
    fits = key != NULL && X509_check_private_key(certificate, key) == 1;
    if (key == NULL && !is_locked) {
        tell_other(path, "a private key in PEM", "Name the .key file beside the certificate.");
    } else if (!fits && !is_locked) {
        message_error("%s is not the key of %s", path, cert);
        message_next("Name the .key file beside the certificate.");
    }
    EVP_PKEY_free(key);
    return fits || is_locked;
}

bool tls_files_check(const char *ca, const char *cert, const char *key)
{
    X509 *authority = ca != NULL ? load_certificate(ca) : NULL;
    X509 *ours = NULL;
    bool good = ca == NULL || authority != NULL;

    if (good && cert != NULL) {
        ours = load_certificate(cert);
        good = ours != NULL && check_key(ours, cert, key);
    }
    X509_free(authority);
    X509_free(ours);
    return good;
}
