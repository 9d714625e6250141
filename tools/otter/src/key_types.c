/* SPDX-License-Identifier: Apache-2.0 */

/* What MCUboot's images can use, and the DER forms in which its bootloaders hold keys: RSA keys
 * are PKCS#1, all others SubjectPublicKeyInfo and PKCS#8. */

#include "key_types.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "openssl_error.h"
#include "otter/image.h"

#define P256 SN_X9_62_prime256v1

/* clang-format off */
const struct key_type key_types[] = {
    { "ecdsa-p256", "ECDSA P-256", "EC",      256,  OTTER_TLV_ECDSA_SIG,   OTTER_TLV_ENC_EC256 },
    { "rsa-2048",   "RSA-2048",    "RSA",     2048, OTTER_TLV_RSA2048_PSS, OTTER_TLV_ENC_RSA2048 },
    { "rsa-3072",   "RSA-3072",    "RSA",     3072, OTTER_TLV_RSA3072_PSS, 0 },
    { "ed25519",    "Ed25519",     "ED25519", 0,    OTTER_TLV_ED25519,     0 },
    { "x25519",     "X25519",      "X25519",  0,    0,                     OTTER_TLV_ENC_X25519 },
    { 0 },
};
/* clang-format on */

static bool is_rsa(const struct key_type *type)
{
    return strcmp(type->algorithm, "RSA") == 0;
}

static bool is_ec(const struct key_type *type)
{
    return strcmp(type->algorithm, "EC") == 0;
}

const struct key_type *key_type_find(const char *name)
{
    for (const struct key_type *type = key_types; type->name != NULL; type++) {
        if (strcmp(type->name, name) == 0) {
            return type;
        }
    }
    return NULL;
}

static bool is_on_p256(const EVP_PKEY *pkey)
{
    char group[32];

    return EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1
           && strcmp(group, P256) == 0;
}

const struct key_type *key_type_of(const EVP_PKEY *pkey)
{
    for (const struct key_type *type = key_types; type->name != NULL; type++) {
        if (EVP_PKEY_is_a(pkey, type->algorithm) == 1
            && (type->bits == 0 || EVP_PKEY_get_bits(pkey) == type->bits)
            && (!is_ec(type) || is_on_p256(pkey))) {
            return type;
        }
    }
    return NULL;
}

EVP_PKEY *key_type_generate(const struct key_type *type)
{
    EVP_PKEY *pkey = NULL;

    if (is_ec(type)) {
        pkey = EVP_EC_gen(P256);
    } else if (is_rsa(type)) {
        pkey = EVP_RSA_gen((unsigned)type->bits);
    } else {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type->algorithm);
    }
    if (pkey == NULL) {
        message_openssl("no key can be made");
    }
    return pkey;
}

int key_type_public_der(const struct key_type *type, EVP_PKEY *pkey, uint8_t **der)
{
    *der = NULL;
    if (is_rsa(type)) {
        return i2d_PublicKey(pkey, der);
    }
    /* A compressed point would have another hash, and most loaders cannot read it. */
    if (is_ec(type)
        && EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                          "uncompressed")
               != 1) {
        return 0;
    }
    return i2d_PUBKEY(pkey, der);
}

static int pkcs8_der(EVP_PKEY *pkey, uint8_t **der)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    const int size = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, der) : 0;

    PKCS8_PRIV_KEY_INFO_free(info);
    return size;
}

/* Where the first @p count elements of the DER sequence end, and where they begin. */
static bool find_elements(const uint8_t *der, long size, int count, const uint8_t **begin,
                          const uint8_t **end)
{
    long length = 0;
    int tag = 0;
    int class = 0;

    *begin = der;
    if ((ASN1_get_object(begin, &length, &tag, &class, size) & 0x80) != 0) {
        return false;
    }
    *end = *begin;
    while (count-- > 0) {
        const long left = (long)(der + size - *end);

        if ((ASN1_get_object(end, &length, &tag, &class, left) & 0x80) != 0) {
            return false;
        }
        *end += length;
    }
    return true;
}

/* RSAPrivateKey without its CRT values: version, n, e, d, p, q. */
static int minimal_rsa_der(EVP_PKEY *pkey, uint8_t **der)
{
    const uint8_t *begin = NULL;
    const uint8_t *end = NULL;
    uint8_t *whole = NULL;
    const int whole_size = i2d_PrivateKey(pkey, &whole);
    int size = 0;

    if (whole_size > 0 && find_elements(whole, whole_size, 6, &begin, &end)) {
        const int content = (int)(end - begin);

        size = ASN1_object_size(1, content, V_ASN1_SEQUENCE);
        *der = OPENSSL_malloc((size_t)size);
        uint8_t *at = *der;
        ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
        memcpy(at, begin, (size_t)content);
    }
    OPENSSL_clear_free(whole, whole_size > 0 ? (size_t)whole_size : 0);
    return size;
}

int key_type_private_der(const struct key_type *type, EVP_PKEY *pkey, bool minimal, uint8_t **der)
{
    *der = NULL;
    if (is_rsa(type)) {
        return minimal ? minimal_rsa_der(pkey, der) : i2d_PrivateKey(pkey, der);
    }
    if (is_ec(type)
        && EVP_PKEY_set_int_param(pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, minimal ? 0 : 1) != 1) {
        return 0;
    }
    return pkcs8_der(pkey, der);
}
