/* SPDX-License-Identifier: Apache-2.0 */

/* Finding an image in flash: header, then the two TLV areas, then a walk over every TLV. Whoever
 * holds an opened image may rely on each of its sizes and on the bounds of each TLV; nothing says
 * yet that its bytes are authentic. Any flash content may come here, so sizes are compared by
 * subtraction from the room that is left. */

#include <string.h>

#include "otter/bytes.h"
#include "otter/image.h"

static bool all_erased(const uint8_t *bytes, size_t len, uint8_t erased_byte)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != erased_byte) {
            return false;
        }
    }
    return true;
}

static enum otter_result read_header(const struct otter_area *area, uint32_t start,
                                     struct otter_image_header *header)
{
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];
    const enum otter_result result = otter_area_read(area, start, bytes, sizeof bytes);

    if (result != OTTER_OK) {
        return result;
    }
    if (all_erased(bytes, sizeof bytes, otter_area_erased_byte(area))) {
        return OTTER_ERR_EMPTY_SLOT;
    }
    return otter_image_parse_header(bytes, header);
}

/* Read the info header of a TLV area; *size is what the area claims to hold, info included. */
static enum otter_result read_info(const struct otter_area *area, uint32_t offset, uint16_t magic,
                                   uint16_t *size)
{
    uint8_t bytes[OTTER_TLV_INFO_SIZE];
    const enum otter_result result = otter_area_read(area, offset, bytes, sizeof bytes);

    if (result != OTTER_OK) {
        return result;
    }
    *size = otter_load_le16(bytes + 2);
    if (otter_load_le16(bytes) != magic || *size < OTTER_TLV_INFO_SIZE) {
        return OTTER_ERR_IMAGE_TLV;
    }
    return OTTER_OK;
}

/* The header's size of the protected area and the area's own must agree, or two readers could see
 * two different ends of what is hashed. */
static enum otter_result check_protected_area(const struct otter_image *image)
{
    const uint16_t announced = image->header.protected_tlv_size;
    uint16_t size;
    enum otter_result result;

    if (announced == 0) {
        return OTTER_OK;
    }
    result = read_info(image->area, image->start + image->hashed_size - announced,
                       OTTER_TLV_PROTECTED_INFO_MAGIC, &size);
    if (result == OTTER_OK && size != announced) {
        return OTTER_ERR_IMAGE_TLV;
    }
    return result;
}

static enum otter_result find_unprotected_area(struct otter_image *image, uint32_t limit)
{
    uint16_t size;
    const enum otter_result result =
        read_info(image->area, image->start + image->hashed_size, OTTER_TLV_INFO_MAGIC, &size);

    if (result != OTTER_OK) {
        return result;
    }
    if (size > limit - image->hashed_size) {
        return OTTER_ERR_IMAGE_TOO_BIG;
    }
    image->unprotected_tlv_size = size;
    image->size = image->hashed_size + size;
    return OTTER_OK;
}

static enum otter_result walk_all_tlvs(const struct otter_image *image)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    enum otter_result result;

    otter_tlv_begin(&iterator, image);
    do {
        result = otter_tlv_next(&iterator, &tlv);
    } while (result == OTTER_OK);
    return result == OTTER_ERR_NOT_FOUND ? OTTER_OK : result;
}

/* Everything that is hashed, and at least the info of the area after it, must lie in the limit. */
static bool is_too_big(const struct otter_image_header *header, uint32_t limit)
{
    const uint32_t around =
        (uint32_t)header->header_size + header->protected_tlv_size + OTTER_TLV_INFO_SIZE;

    return limit < around || header->program_size > limit - around;
}

enum otter_result otter_image_open(const struct otter_area *area, uint32_t start, uint32_t limit,
                                   struct otter_image *image)
{
    struct otter_image found = { .area = area, .start = start };
    enum otter_result result = read_header(area, start, &found.header);

    if (result != OTTER_OK) {
        return result;
    }
    if (limit > area->size - start) {
        limit = area->size - start;
    }
    if (is_too_big(&found.header, limit)) {
        return OTTER_ERR_IMAGE_TOO_BIG;
    }
    found.hashed_size =
        found.header.header_size + found.header.program_size + found.header.protected_tlv_size;
    result = check_protected_area(&found);
    if (result == OTTER_OK) {
        result = find_unprotected_area(&found, limit);
    }
    if (result == OTTER_OK) {
        result = walk_all_tlvs(&found);
    }
    if (result == OTTER_OK) {
        *image = found;
    }
    return result;
}
