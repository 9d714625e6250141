/* SPDX-License-Identifier: Apache-2.0 */

/* What an image needs of others (docs/formats/several-images.md). */

#include "otter/bytes.h"
#include "otter/image.h"

#define DEPENDENCY_SIZE 12u

enum otter_result otter_dependency_next(struct otter_tlv_iterator *iterator,
                                        struct otter_dependency *dependency)
{
    uint8_t bytes[DEPENDENCY_SIZE];
    struct otter_tlv tlv;
    enum otter_result result;

    do {
        result = otter_tlv_next(iterator, &tlv);
    } while (result == OTTER_OK && (tlv.type != OTTER_TLV_DEPENDENCY || !tlv.is_protected));
    if (result == OTTER_OK && tlv.size != sizeof bytes) {
        return OTTER_ERR_DEPENDENCY;
    }
    if (result == OTTER_OK) {
        result = otter_area_read(iterator->image->area, tlv.offset, bytes, sizeof bytes);
    }
    if (result == OTTER_OK) {
        *dependency = (struct otter_dependency){
            .image = bytes[0],
            .at_least = { .major = bytes[4],
                          .minor = bytes[5],
                          .revision = otter_load_le16(bytes + 6),
                          .build = otter_load_le32(bytes + 8) },
        };
    }
    return result;
}
