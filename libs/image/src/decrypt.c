/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted images: finding the wrapped key, and turning programs from cipher into plain text and back.
 * Only the program is encrypted; header and TLVs are always plain (docs/formats/image.md,
 * "Encryption"). */

#include <stdbool.h>
#include <string.h>

#include "otter/image.h"

/* RSA-OAEP with 2048 bits; everything else is shorter. */
#define WRAPPED_KEY_SIZE_MAX 256u

/* 0: not encrypted. Both flags at once have not passed the header. */
static size_t key_size_of(const struct otter_image *image)
{
    if ((image->header.flags & OTTER_IMAGE_ENCRYPTED_AES128) != 0) {
        return 16;
    }
    return (image->header.flags & OTTER_IMAGE_ENCRYPTED_AES256) != 0 ? 32 : 0;
}

static const struct otter_unwrap_ops *find_unwrap(const struct otter_crypto *crypto,
                                                  uint16_t tlv_type)
{
    for (size_t i = 0; crypto->unwraps != NULL && crypto->unwraps[i] != NULL; i++) {
        if (crypto->unwraps[i]->tlv_type == tlv_type) {
            return crypto->unwraps[i];
        }
    }
    return NULL;
}

static bool holds_wrapped_key(uint16_t tlv_type)
{
    return tlv_type >= OTTER_TLV_ENC_RSA2048 && tlv_type <= OTTER_TLV_ENC_X25519_SHA512;
}

/* The one TLV that holds a wrapped key. Two would let two readers see two different programs. */
static enum otter_result find_wrapped_key(const struct otter_image *image, struct otter_tlv *found)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    enum otter_result result;
    uint32_t count = 0;

    otter_tlv_begin(&iterator, image);
    while ((result = otter_tlv_next(&iterator, &tlv)) == OTTER_OK) {
        if (holds_wrapped_key(tlv.type)) {
            *found = tlv;
            count++;
        }
    }
    if (result != OTTER_ERR_NOT_FOUND) {
        return result;
    }
    return count == 1 ? OTTER_OK : OTTER_ERR_IMAGE_TLV;
}

static enum otter_result unwrap(const struct otter_image *image, const struct otter_trust *trust,
                                uint8_t *key, size_t key_size)
{
    uint8_t value[WRAPPED_KEY_SIZE_MAX];
    const struct otter_unwrap_ops *ops;
    struct otter_tlv tlv = { 0 };
    enum otter_result result = find_wrapped_key(image, &tlv);

    if (result != OTTER_OK) {
        return result;
    }
    ops = find_unwrap(trust->crypto, tlv.type);
    if (ops == NULL) {
        return OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    if (tlv.size > sizeof value) {
        return OTTER_ERR_IMAGE_KEY;
    }
    result = otter_area_read(image->area, tlv.offset, value, tlv.size);
    return result == OTTER_OK ? ops->unwrap(trust->decryption_key, value, tlv.size, key, key_size)
                              : result;
}

/* Volatile, or the compiler would leave out a write that nobody reads. */
static void wipe(void *memory, size_t len)
{
    volatile uint8_t *bytes = memory;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = 0;
    }
}

enum otter_result otter_image_decrypt(struct otter_image *image, const struct otter_trust *trust,
                                      struct otter_image_cipher *cipher)
{
    const size_t key_size = key_size_of(image);
    uint8_t key[OTTER_IMAGE_KEY_SIZE_MAX];
    enum otter_result result;

    image->cipher = NULL;
    *cipher = (struct otter_image_cipher){ .ops = trust->crypto->cipher };
    if (key_size == 0) {
        return OTTER_OK;
    }
    if (trust->decryption_key == NULL || cipher->ops == NULL) {
        return OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    result = unwrap(image, trust, key, key_size);
    if (result == OTTER_OK) {
        result = cipher->ops->set_key(&cipher->aes, key, key_size);
    }
    wipe(key, sizeof key);
    if (result != OTTER_OK) {
        return result;
    }
    cipher->program_start = image->header.header_size;
    cipher->program_end = cipher->program_start + image->header.program_size;
    image->cipher = cipher;
    return OTTER_OK;
}

enum otter_result otter_image_crypt(struct otter_image_cipher *cipher, uint32_t offset,
                                    uint8_t *bytes, size_t len)
{
    const uint32_t start = cipher->program_start;
    size_t skipped = 0;

    if (offset < start) {
        skipped = start - offset < len ? start - offset : len;
        offset += (uint32_t)skipped;
        len -= skipped;
    }
    if (len == 0 || offset >= cipher->program_end) {
        return OTTER_OK;
    }
    if (len > cipher->program_end - offset) {
        len = cipher->program_end - offset;
    }
    return cipher->ops->crypt(&cipher->aes, offset - start, bytes + skipped, len);
}

void otter_image_forget_key(struct otter_image_cipher *cipher)
{
    wipe(cipher, sizeof *cipher);
}
