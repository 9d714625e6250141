/* SPDX-License-Identifier: Apache-2.0 */

/* The header, between bytes and struct: the one place that knows its offsets (docs/formats/image.md,
 * "Header"). Parsing looks at nothing but the 32 bytes, so that the same checks serve flash, files
 * and the first piece of a download. */

#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"
#include "otter/image.h"

enum {
    AT_MAGIC = 0,
    AT_LOAD_ADDRESS = 4,
    AT_HEADER_SIZE = 8,
    AT_PROTECTED_TLV_SIZE = 10,
    AT_PROGRAM_SIZE = 12,
    AT_FLAGS = 16,
    AT_MAJOR = 20,
    AT_MINOR = 21,
    AT_REVISION = 22,
    AT_BUILD = 24,
};

static bool has_both(uint32_t flags, uint32_t one, uint32_t other)
{
    return (flags & one) != 0 && (flags & other) != 0;
}

static bool flags_exclude_each_other(uint32_t flags)
{
    return has_both(flags, OTTER_IMAGE_ENCRYPTED_AES128, OTTER_IMAGE_ENCRYPTED_AES256)
           || has_both(flags, OTTER_IMAGE_COMPRESSED_LZMA1, OTTER_IMAGE_COMPRESSED_LZMA2);
}

/* Header and protected TLVs have 16-bit sizes, so their sum cannot wrap. */
static bool sizes_overflow(const struct otter_image_header *header)
{
    const uint32_t around = (uint32_t)header->header_size + header->protected_tlv_size;

    return header->program_size > UINT32_MAX - around;
}

enum otter_result otter_image_parse_header(const uint8_t bytes[OTTER_IMAGE_HEADER_SIZE],
                                           struct otter_image_header *header)
{
    if (otter_load_le32(bytes + AT_MAGIC) != OTTER_IMAGE_MAGIC) {
        return OTTER_ERR_IMAGE_MAGIC;
    }
    *header = (struct otter_image_header){
        .load_address = otter_load_le32(bytes + AT_LOAD_ADDRESS),
        .header_size = otter_load_le16(bytes + AT_HEADER_SIZE),
        .protected_tlv_size = otter_load_le16(bytes + AT_PROTECTED_TLV_SIZE),
        .program_size = otter_load_le32(bytes + AT_PROGRAM_SIZE),
        .flags = otter_load_le32(bytes + AT_FLAGS),
        .version = {
            .major = bytes[AT_MAJOR],
            .minor = bytes[AT_MINOR],
            .revision = otter_load_le16(bytes + AT_REVISION),
            .build = otter_load_le32(bytes + AT_BUILD),
        },
    };
    if (header->header_size < OTTER_IMAGE_HEADER_SIZE || sizes_overflow(header)
        || flags_exclude_each_other(header->flags)) {
        return OTTER_ERR_IMAGE_HEADER;
    }
    return OTTER_OK;
}

void otter_image_encode_header(const struct otter_image_header *header,
                               uint8_t bytes[OTTER_IMAGE_HEADER_SIZE])
{
    memset(bytes, 0, OTTER_IMAGE_HEADER_SIZE);
    otter_store_le32(bytes + AT_MAGIC, OTTER_IMAGE_MAGIC);
    otter_store_le32(bytes + AT_LOAD_ADDRESS, header->load_address);
    otter_store_le16(bytes + AT_HEADER_SIZE, header->header_size);
    otter_store_le16(bytes + AT_PROTECTED_TLV_SIZE, header->protected_tlv_size);
    otter_store_le32(bytes + AT_PROGRAM_SIZE, header->program_size);
    otter_store_le32(bytes + AT_FLAGS, header->flags);
    bytes[AT_MAJOR] = header->version.major;
    bytes[AT_MINOR] = header->version.minor;
    otter_store_le16(bytes + AT_REVISION, header->version.revision);
    otter_store_le32(bytes + AT_BUILD, header->version.build);
}
