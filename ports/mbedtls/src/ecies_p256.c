/* SPDX-License-Identifier: Apache-2.0 */

/* Unwraps an image key that was encrypted to our P-256 key, MCUboot's way: the shared secret of two
 * keys becomes, by HKDF, a key for AES-CTR and one for HMAC.
 *
 *   value = ephemeral point (65) || tag (32) || encrypted image key (16 or 32)
 *
 * The tag is checked before anything is decrypted. */

#include <assert.h>
#include <mbedtls/constant_time.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "blinding.h"
#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/mbedtls_crypto.h"

#define TAG_SIZE     OTTER_SHA256_SIZE
#define MAC_KEY_SIZE OTTER_SHA256_SIZE

static const uint8_t hkdf_info[] = { 'M', 'C', 'U', 'B', 'o', 'o', 't', '_',
                                     'E', 'C', 'I', 'E', 'S', '_', 'v', '1' };

/* Everything that the arithmetic of one shared secret needs. */
struct exchange {
    mbedtls_ecp_group group;
    mbedtls_ecp_point theirs;
    mbedtls_mpi ours;
    mbedtls_mpi secret;
    mbedtls_hmac_drbg_context blinding;
};

static void exchange_init(struct exchange *exchange)
{
    mbedtls_ecp_group_init(&exchange->group);
    mbedtls_ecp_point_init(&exchange->theirs);
    mbedtls_mpi_init(&exchange->ours);
    mbedtls_mpi_init(&exchange->secret);
    mbedtls_hmac_drbg_init(&exchange->blinding);
}

static void exchange_free(struct exchange *exchange)
{
    mbedtls_hmac_drbg_free(&exchange->blinding);
    mbedtls_mpi_free(&exchange->secret);
    mbedtls_mpi_free(&exchange->ours);
    mbedtls_ecp_point_free(&exchange->theirs);
    mbedtls_ecp_group_free(&exchange->group);
}

/* Load both sides. Whether the point is on the curve is looked at before the private key has
 * anything to do with it: one that is not would give the key away bit by bit. */
static int load(struct exchange *exchange, const uint8_t *scalar, const uint8_t *point)
{
    int error = mbedtls_ecp_group_load(&exchange->group, MBEDTLS_ECP_DP_SECP256R1);

    if (error == 0) {
        error = mbedtls_ecp_point_read_binary(&exchange->group, &exchange->theirs, point,
                                              OTTER_P256_POINT_SIZE);
    }
    if (error == 0) {
        error = mbedtls_ecp_check_pubkey(&exchange->group, &exchange->theirs);
    }
    if (error == 0) {
        error = mbedtls_mpi_read_binary(&exchange->ours, scalar, OTTER_P256_SCALAR_SIZE);
    }
    return error;
}

static int compute(struct exchange *exchange, uint8_t secret[OTTER_P256_SCALAR_SIZE])
{
    const int error =
        mbedtls_ecdh_compute_shared(&exchange->group, &exchange->secret, &exchange->theirs,
                                    &exchange->ours, mbedtls_hmac_drbg_random, &exchange->blinding);

    return error != 0 ? error
                      : mbedtls_mpi_write_binary(&exchange->secret, secret, OTTER_P256_SCALAR_SIZE);
}

static enum otter_result agree(const struct otter_private_key *key, const uint8_t *point,
                               uint8_t secret[OTTER_P256_SCALAR_SIZE])
{
    const uint8_t *scalar = otter_p256_scalar(key);
    struct exchange exchange;
    int error;

    if (scalar == NULL) {
        return OTTER_ERR_CRYPTO;
    }
    if (point[0] != OTTER_P256_UNCOMPRESSED) {
        return OTTER_ERR_IMAGE_KEY;
    }
    exchange_init(&exchange);
    error = load(&exchange, scalar, point);
    if (error == 0) {
        error = otter_mbedtls_seed_blinding(&exchange.blinding, key, point, OTTER_P256_POINT_SIZE);
    }
    if (error == 0) {
        error = compute(&exchange, secret);
    }
    exchange_free(&exchange);
    if (error == MBEDTLS_ERR_ECP_INVALID_KEY) {
        return OTTER_ERR_IMAGE_KEY;
    }
    return error == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

/* From the shared secret: the key that encrypts the image key, and after it the key of the tag. */
static enum otter_result derive(const struct otter_private_key *key, const uint8_t *point,
                                uint8_t *keys, size_t keys_size)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    uint8_t secret[OTTER_P256_SCALAR_SIZE];
    enum otter_result result = agree(key, point, secret);

    if (result == OTTER_OK
        && mbedtls_hkdf(sha256, NULL, 0, secret, sizeof secret, hkdf_info, sizeof hkdf_info, keys,
                        keys_size)
               != 0) {
        result = OTTER_ERR_CRYPTO;
    }
    mbedtls_platform_zeroize(secret, sizeof secret);
    return result;
}

static enum otter_result check_tag(const uint8_t *mac_key, const uint8_t *tag,
                                   const uint8_t *wrapped, size_t wrapped_size)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    uint8_t computed[TAG_SIZE];

    if (mbedtls_md_hmac(sha256, mac_key, MAC_KEY_SIZE, wrapped, wrapped_size, computed) != 0) {
        return OTTER_ERR_CRYPTO;
    }
    return mbedtls_ct_memcmp(computed, tag, TAG_SIZE) == 0 ? OTTER_OK : OTTER_ERR_IMAGE_KEY;
}

static enum otter_result decrypt(const uint8_t *cipher_key, uint8_t *image_key, size_t key_size)
{
    struct otter_aes aes;
    enum otter_result result = otter_mbedtls_aes_ctr.set_key(&aes, cipher_key, key_size);

    if (result == OTTER_OK) {
        result = otter_mbedtls_aes_ctr.crypt(&aes, 0, image_key, key_size);
    }
    mbedtls_platform_zeroize(&aes, sizeof aes);
    return result;
}

static enum otter_result unwrap(const struct otter_private_key *key, const uint8_t *value,
                                size_t value_size, uint8_t *image_key, size_t key_size)
{
    uint8_t keys[OTTER_IMAGE_KEY_SIZE_MAX + MAC_KEY_SIZE];
    enum otter_result result;

    assert(key_size == 16 || key_size == OTTER_IMAGE_KEY_SIZE_MAX);
    memset(image_key, 0, key_size);
    if (value_size != OTTER_P256_POINT_SIZE + TAG_SIZE + key_size) {
        return OTTER_ERR_IMAGE_KEY;
    }
    const uint8_t *tag = value + OTTER_P256_POINT_SIZE;
    const uint8_t *wrapped = tag + TAG_SIZE;

    result = derive(key, value, keys, key_size + MAC_KEY_SIZE);
    if (result == OTTER_OK) {
        result = check_tag(keys + key_size, tag, wrapped, key_size);
    }
    if (result == OTTER_OK) {
        memcpy(image_key, wrapped, key_size);
        result = decrypt(keys, image_key, key_size);
    }
    mbedtls_platform_zeroize(keys, sizeof keys);
    return result;
}

const struct otter_unwrap_ops otter_mbedtls_ecies_p256 = {
    .name = "ECIES P-256",
    .tlv_type = OTTER_TLV_ENC_EC256,
    .unwrap = unwrap,
};
