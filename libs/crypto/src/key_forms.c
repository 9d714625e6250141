/* SPDX-License-Identifier: Apache-2.0 */

/* Each form is its length and its first bytes. */

#include "otter/key_forms.h"

#include <string.h>

/* Of what a signature is made: each its tag, its length, which is below 128, and its content. */
#define TAG_SEQUENCE  0x30u
#define TAG_INTEGER   0x02u
#define DER_HEAD_SIZE 2u

#define HEAD_SIZE_MAX 36u

struct form {
    size_t der_size;
    size_t head_size; /* what follows it is the key */
    uint8_t head[HEAD_SIZE_MAX];
};

/* SubjectPublicKeyInfo (RFC 5480, section 2): SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT
 * STRING of 66 bytes, 0 unused bits }. */
static const struct form p256_public = {
    91, 26, { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
              0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 }
};

/* PrivateKeyInfo (RFC 5208) around ECPrivateKey (RFC 5915). */
static const struct form p256_private_with_public = {
    138, 36, { 0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86,
               0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
               0x03, 0x01, 0x07, 0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20 }
};
static const struct form p256_private = {
    67, 35, { 0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
              0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
              0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20 }
};

/* SubjectPublicKeyInfo (RFC 8410, section 4). */
static const struct form ed25519_public = {
    44, 12, { 0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00 }
};

/* What follows the head of @p form in @p der; NULL if it has another form. */
static const uint8_t *after_head(const struct form *form, const uint8_t *der, size_t der_size)
{
    return der_size == form->der_size && memcmp(der, form->head, form->head_size) == 0
               ? der + form->head_size
               : NULL;
}

const uint8_t *otter_p256_point(const struct otter_public_key *key)
{
    const uint8_t *point = after_head(&p256_public, key->der, key->der_size);

    return point != NULL && point[0] == OTTER_P256_UNCOMPRESSED ? point : NULL;
}

const uint8_t *otter_p256_scalar(const struct otter_private_key *key)
{
    const uint8_t *scalar = after_head(&p256_private_with_public, key->der, key->der_size);

    return scalar != NULL ? scalar : after_head(&p256_private, key->der, key->der_size);
}

const uint8_t *otter_ed25519_key(const struct otter_public_key *key)
{
    return after_head(&ed25519_public, key->der, key->der_size);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

size_t otter_p256_signature_size(const uint8_t *signature, size_t size)
{
    if (size < DER_HEAD_SIZE || signature[1] > OTTER_P256_SIGNATURE_MAX - DER_HEAD_SIZE) {
        return 0;
    }
    const size_t used = DER_HEAD_SIZE + signature[1];

    return used <= size && all_zero(signature + used, size - used) ? used : 0;
}

/* The number at @p at, without the zeros in front of it, as 32 bytes.
 *
 * @return what follows it; NULL if there is none, or it is too large */
static const uint8_t *take_number(const uint8_t *at, const uint8_t *end,
                                  uint8_t number[OTTER_P256_SCALAR_SIZE])
{
    size_t len;

    if ((size_t)(end - at) < DER_HEAD_SIZE || at[0] != TAG_INTEGER
        || at[1] > (size_t)(end - at) - DER_HEAD_SIZE) {
        return NULL;
    }
    len = at[1];
    at += DER_HEAD_SIZE;
    for (; len > 0 && *at == 0; len--) {
        at++;
    }
    if (len > OTTER_P256_SCALAR_SIZE) {
        return NULL;
    }
    memset(number, 0, OTTER_P256_SCALAR_SIZE - len);
    memcpy(number + OTTER_P256_SCALAR_SIZE - len, at, len);
    return at + len;
}

bool otter_p256_signature_numbers(const uint8_t *signature, size_t size,
                                  uint8_t numbers[OTTER_P256_NUMBERS_SIZE])
{
    const uint8_t *const end = signature + otter_p256_signature_size(signature, size);
    const uint8_t *second;

    if (end == signature || signature[0] != TAG_SEQUENCE) {
        return false;
    }
    second = take_number(signature + DER_HEAD_SIZE, end, numbers);
    return second != NULL && take_number(second, end, numbers + OTTER_P256_SCALAR_SIZE) == end;
}

/* A number has as few bytes as it can, but its first bit is a sign.
 *
 * @return what follows it */
static uint8_t *put_number(uint8_t *at, const uint8_t number[OTTER_P256_SCALAR_SIZE])
{
    size_t len = OTTER_P256_SCALAR_SIZE;
    size_t sign;

    for (; len > 1 && *number == 0; len--) {
        number++;
    }
    sign = *number >> 7;
    *at++ = TAG_INTEGER;
    *at++ = (uint8_t)(sign + len);
    if (sign != 0) {
        *at++ = 0;
    }
    memcpy(at, number, len);
    return at + len;
}

size_t otter_p256_signature_der(const uint8_t numbers[OTTER_P256_NUMBERS_SIZE],
                                uint8_t der[OTTER_P256_SIGNATURE_MAX])
{
    uint8_t *const end =
        put_number(put_number(der + DER_HEAD_SIZE, numbers), numbers + OTTER_P256_SCALAR_SIZE);

    der[0] = TAG_SEQUENCE;
    der[1] = (uint8_t)((size_t)(end - der) - DER_HEAD_SIZE);
    return (size_t)(end - der);
}
