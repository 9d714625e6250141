/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the content of a slot: opening, walking and verifying must stay inside of it.
 *
 * The crypto provider is a sham whose every digest is zero, so that the fuzzer can get past the
 * hash without breaking SHA-256. What is sound regardless is asserted: an opened image lies in its
 * limit, and only an image without a reason against it is good. */

#include <stdlib.h>
#include <string.h>

#include "otter/image.h"

#define LIMIT_STEP 7u

struct slot {
    const uint8_t *bytes;
    size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static enum otter_result read_slot(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct slot *slot = port;

    demand(offset <= slot->size && len <= slot->size - offset);
    memcpy(dst, slot->bytes + offset, len);
    return OTTER_OK;
}

static const struct otter_flash_ops ops = { .read = read_slot };

static enum otter_result start(struct otter_sha256 *sha)
{
    (void)sha;
    return OTTER_OK;
}

static enum otter_result update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    (void)sha;
    (void)bytes;
    (void)len;
    return OTTER_OK;
}

static enum otter_result finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    (void)sha;
    memset(digest, 0, OTTER_SHA256_SIZE);
    return OTTER_OK;
}

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    (void)key;
    (void)digest;
    return signature_size > 0 && signature[0] == 1 ? OTTER_VERDICT_GOOD : OTTER_VERDICT_BAD;
}

static const struct otter_signature_ops ecdsa = {
    .name = "sham",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = 72,
    .verify = verify,
};
static const struct otter_signature_ops *const signatures[] = { &ecdsa, NULL };

static enum otter_result unwrap(const struct otter_private_key *own, const uint8_t *value,
                                size_t value_size, uint8_t *image_key, size_t key_size)
{
    (void)own;
    if (value_size < key_size) {
        return OTTER_ERR_IMAGE_KEY;
    }
    memcpy(image_key, value, key_size);
    return OTTER_OK;
}

static enum otter_result set_key(struct otter_aes *aes, const uint8_t *image_key, size_t key_size)
{
    demand(key_size == 16 || key_size == 32);
    aes->state[0] = image_key[0];
    return OTTER_OK;
}

static enum otter_result crypt_bytes(struct otter_aes *aes, uint32_t offset, uint8_t *bytes,
                                     size_t len)
{
    demand(len > 0 && offset <= UINT32_MAX - len);
    bytes[0] ^= (uint8_t)aes->state[0];
    bytes[len - 1] ^= (uint8_t)aes->state[0];
    return OTTER_OK;
}

static const struct otter_unwrap_ops ecies = {
    .name = "sham",
    .tlv_type = OTTER_TLV_ENC_EC256,
    .unwrap = unwrap,
};
static const struct otter_unwrap_ops *const unwraps[] = { &ecies, NULL };
static const struct otter_cipher_ops cipher_ops = { .set_key = set_key, .crypt = crypt_bytes };
static const struct otter_crypto sham = {
    .sha256_start = start,
    .sha256_update = update,
    .sha256_finish = finish,
    .signatures = signatures,
    .cipher = &cipher_ops,
    .unwraps = unwraps,
};
static const struct otter_private_key own_key = { (const uint8_t *)"own", 3 };
static const struct otter_public_key key = { (const uint8_t *)"key", 3 };
static const uint8_t layout_digest[OTTER_SHA256_SIZE];

static void walk(const struct otter_image *image, uint32_t limit)
{
    const uint64_t end = (uint64_t)image->start + image->size;
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    enum otter_result result;

    demand(image->size <= limit);
    otter_tlv_begin(&iterator, image);
    while ((result = otter_tlv_next(&iterator, &tlv)) == OTTER_OK) {
        demand((uint64_t)tlv.offset + tlv.size <= end);
        demand(otter_tlv_type_name(tlv.type) != NULL);
    }
    demand(result == OTTER_ERR_NOT_FOUND);
}

static void judge(const struct otter_image *image, uint8_t key_count, bool strict)
{
    const struct otter_trust trust = {
        .crypto = &sham,
        .keys = &key,
        .key_count = key_count,
        .layout_digest = strict ? layout_digest : NULL,
        .strict_unprotected_tlvs = strict,
    };
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    enum otter_result reason;
    const enum otter_verdict verdict = otter_image_verify(image, &trust, &work, &reason);

    demand((verdict == OTTER_VERDICT_GOOD) == (reason == OTTER_OK));
}

/* As it lies in a secondary slot. */
static void judge_encrypted(struct otter_image image)
{
    const struct otter_trust trust = { .crypto = &sham, .decryption_key = &own_key };
    const bool was_encrypted =
        (image.header.flags & (OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256)) != 0;
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    struct otter_image_cipher cipher;
    enum otter_result reason = otter_image_decrypt(&image, &trust, &cipher);

    if (reason != OTTER_OK) {
        return;
    }
    demand((image.cipher != NULL) == was_encrypted);
    (void)otter_image_verify(&image, &trust, &work, &reason);
    otter_image_forget_key(&cipher);
}

static void try_at(const struct otter_area *area, uint32_t begin, uint32_t limit)
{
    struct otter_image image;
    uint8_t value[OTTER_SHA256_SIZE];
    size_t size = sizeof value;

    if (otter_image_open(area, begin, limit, &image) != OTTER_OK) {
        return;
    }
    walk(&image, limit);
    (void)otter_tlv_read(&image, OTTER_TLV_LAYOUT, true, value, &size);
    judge(&image, 0, false);
    judge(&image, 1, true);
    judge_encrypted(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slot slot = { data, size };
    const struct otter_sector_run run = { .size = 1, .count = (uint32_t)size };
    const struct otter_flash_geometry geometry = {
        .name = "slot",
        .size = (uint32_t)size,
        .runs = &run,
        .run_count = 1,
        .write_size = 1,
        .erased_byte = 0xFF,
    };
    const struct otter_flash flash = { .ops = &ops, .port = &slot, .geometry = &geometry };
    const struct otter_area area = { .flash = &flash, .size = (uint32_t)size };

    try_at(&area, 0, UINT32_MAX);
    try_at(&area, 0, (uint32_t)(size - size / LIMIT_STEP));
    try_at(&area, 1, (uint32_t)size);
    return 0;
}
