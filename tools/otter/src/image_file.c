/* SPDX-License-Identifier: Apache-2.0 */

#include "image_file.h"

#include "image_check.h"

bool image_file_read(const char *path, struct image_file *file)
{
    *file = (struct image_file){ 0 };
    if (!file_load(path, &file->bytes)) {
        return false;
    }
    file->area = memory_flash_over_file(&file->memory, file->bytes.bytes, file->bytes.size);
    return true;
}

bool image_file_load(const char *path, struct image_file *file, bool *is_image)
{
    static const struct image_trust nobody;
    static struct image_answer answer; /* large */

    *is_image = true;
    if (!image_file_read(path, file)) {
        return false;
    }
    image_check(&file->area, UINT32_MAX, &nobody, &answer);
    *is_image = answer.is_image;
    file->image = answer.image;
    if (!answer.is_image) {
        image_check_complain(path, &answer);
        image_file_free(file);
    }
    return answer.is_image;
}

uint16_t image_file_trailer(const struct otter_area *area, struct otter_trailer *trailer)
{
    static const uint16_t spacings[] = { 8, 16, 32, 64, 128, 256, 512 };

    for (size_t i = 0; i < sizeof spacings / sizeof spacings[0]; i++) {
        const struct otter_trailer_shape shape = {
            .max_align = spacings[i],
            .write_size = 1,
            .max_sectors = 1,
            .status_states = 3,
        };

        if (area->size < otter_trailer_size(&shape)) {
            break;
        }
        otter_trailer_read(area, &shape, trailer);
        if (trailer->magic == OTTER_FLAG_SET) {
            return spacings[i];
        }
    }
    return 0;
}

const char *image_text(const struct otter_image *image, enum otter_tlv_type type, char *text,
                       size_t size)
{
    const size_t skip = type == OTTER_TLV_LAYOUT ? OTTER_LAYOUT_DIGEST_SIZE : 0;
    uint8_t value[OTTER_LAYOUT_DIGEST_SIZE + UINT8_MAX];
    size_t length = sizeof value;

    if (otter_tlv_read(image, (uint16_t)type, true, value, &length) != OTTER_OK || length < skip
        || length - skip >= size) {
        return NULL;
    }
    for (size_t i = skip; i < length; i++) {
        text[i - skip] = value[i] >= ' ' && value[i] <= '~' ? (char)value[i] : '?';
    }
    text[length - skip] = '\0';
    return text;
}

void image_file_free(struct image_file *file)
{
    file_free(&file->bytes);
}
