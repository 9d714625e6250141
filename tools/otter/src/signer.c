/* SPDX-License-Identifier: Apache-2.0 */

/* An image is its hashed part (header, program, protected TLVs) and, behind it, what proves it
 * (hash, key hash, signature). The order of TLVs is imgtool's. */

#include "signer.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "memory_flash.h"
#include "message.h"
#include "openssl_error.h"
#include "otter/image.h"

/* Room for the longest TLV areas that compose() can make. */
#define TLVS_MAX 512

struct tlvs {
    uint8_t bytes[TLVS_MAX];
    size_t size; /* 0: no such area */
};

static void add_layout(struct otter_tlv_writer *writer, const struct otter_layout *layout)
{
    uint8_t value[OTTER_LAYOUT_DIGEST_SIZE + TLVS_MAX];
    const size_t length = strnlen(layout->name, TLVS_MAX / 4);

    memcpy(value, layout->digest, OTTER_LAYOUT_DIGEST_SIZE);
    memcpy(value + OTTER_LAYOUT_DIGEST_SIZE, layout->name, length);
    otter_tlv_writer_add(writer, OTTER_TLV_LAYOUT, value,
                         (uint16_t)(OTTER_LAYOUT_DIGEST_SIZE + length));
}

static bool compose_protected(const struct signer_request *request, struct tlvs *tlvs)
{
    struct otter_tlv_writer writer;

    tlvs->size = 0;
    if (request->layout == NULL && request->board == NULL) {
        return true;
    }
    otter_tlv_writer_init(&writer, tlvs->bytes, sizeof tlvs->bytes);
    if (request->layout != NULL) {
        add_layout(&writer, request->layout);
    }
    if (request->board != NULL) {
        otter_tlv_writer_add(&writer, OTTER_TLV_BOARD, request->board,
                             (uint16_t)strnlen(request->board, UINT16_MAX));
    }
    if (otter_tlv_writer_finish(&writer, OTTER_TLV_PROTECTED_INFO_MAGIC) != OTTER_OK) {
        message_error("the names of board and layout are too long for an image");
        return false;
    }
    tlvs->size = writer.length;
    return true;
}

static bool compose_unprotected(const struct signer_request *request, const uint8_t *hashed,
                                size_t hashed_size, struct tlvs *tlvs)
{
    struct otter_tlv_writer writer;
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t size = 0;

    if (EVP_Digest(hashed, hashed_size, digest, NULL, EVP_sha256(), NULL) != 1) {
        message_openssl("the image cannot be hashed");
        return false;
    }
    otter_tlv_writer_init(&writer, tlvs->bytes, sizeof tlvs->bytes);
    otter_tlv_writer_add(&writer, OTTER_TLV_SHA256, digest, sizeof digest);
    if (request->key != NULL) {
        if (!key_sign(request->key, digest, signature, &size)) {
            return false;
        }
        otter_tlv_writer_add(&writer, OTTER_TLV_KEYHASH, request->key->hash, OTTER_SHA256_SIZE);
        otter_tlv_writer_add(&writer, OTTER_TLV_ECDSA_SIG, signature, (uint16_t)size);
    }
    if (otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC) != OTTER_OK) {
        return false;
    }
    tlvs->size = writer.length;
    return true;
}

static void lay_out_header(const struct signer_request *request, size_t program_size,
                           size_t protected_size, uint8_t *bytes)
{
    const struct otter_image_header header = {
        .header_size = request->header_size,
        .protected_tlv_size = (uint16_t)protected_size,
        .program_size = (uint32_t)program_size,
        .version = request->version,
    };

    memset(bytes, request->erased_byte, request->header_size);
    otter_image_encode_header(&header, bytes);
}

bool signer_compose(const struct signer_request *request, const uint8_t *program,
                    size_t program_size, struct file_bytes *image)
{
    struct tlvs tlvs;

    *image = (struct file_bytes){ 0 };
    if (!compose_protected(request, &tlvs)) {
        return false;
    }
    const size_t hashed_size = request->header_size + program_size + tlvs.size;
    uint8_t *bytes = malloc(hashed_size + TLVS_MAX);
    if (bytes == NULL) {
        message_system("make", "the image");
        return false;
    }
    lay_out_header(request, program_size, tlvs.size, bytes);
    memcpy(bytes + request->header_size, program, program_size);
    memcpy(bytes + request->header_size + program_size, tlvs.bytes, tlvs.size);
    if (!compose_unprotected(request, bytes, hashed_size, &tlvs)) {
        free(bytes);
        return false;
    }
    memcpy(bytes + hashed_size, tlvs.bytes, tlvs.size);
    *image = (struct file_bytes){ .bytes = bytes, .size = hashed_size + tlvs.size };
    return true;
}

/* The trailer is written by the code that the device uses, on the padded file as a flash. */
static bool write_trailer(const struct signer_padding *padding, uint8_t *bytes)
{
    struct memory_flash memory;
    const struct otter_area area = memory_flash_over_file(&memory, bytes, padding->slot_size);
    enum otter_result result = otter_trailer_write_magic(&area, &padding->shape);

    if (result == OTTER_OK && padding->confirm) {
        result = otter_trailer_write_image_ok(&area, &padding->shape);
    }
    if (result != OTTER_OK) {
        message_result("the trailer", result);
    }
    return result == OTTER_OK;
}

bool signer_pad(const struct signer_padding *padding, struct file_bytes *image)
{
    uint8_t *bytes = realloc(image->bytes, padding->slot_size);

    if (bytes == NULL) {
        message_system("pad", "the image");
        return false;
    }
    memset(bytes + image->size, padding->erased_byte, padding->slot_size - image->size);
    *image = (struct file_bytes){ .bytes = bytes, .size = padding->slot_size };
    return write_trailer(padding, bytes);
}
