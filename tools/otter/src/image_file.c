/* SPDX-License-Identifier: Apache-2.0 */

#include "image_file.h"

#include "message.h"
#include "otter/mbedtls_crypto.h"

bool image_file_load(const char *path, struct image_file *file, bool *is_image)
{
    enum otter_result result = OTTER_ERR_IMAGE_MAGIC;

    *file = (struct image_file){ 0 };
    *is_image = true;
    if (!file_load(path, &file->bytes)) {
        return false;
    }
    if (file->bytes.size >= OTTER_IMAGE_HEADER_SIZE) {
        file->area = memory_flash_over_file(&file->memory, file->bytes.bytes, file->bytes.size);
        result = otter_image_open(&file->area, 0, file->area.size, &file->image);
    }
    if (result == OTTER_ERR_IMAGE_TOO_BIG) {
        result = OTTER_ERR_IMAGE_TLV; /* there is no slot: the file itself is cut short */
    }
    if (result != OTTER_OK) {
        message_result(path, result);
        image_file_free(file);
        *is_image = false;
    }
    return result == OTTER_OK;
}

bool image_file_digest(const struct image_file *file, uint8_t digest[OTTER_SHA256_SIZE])
{
    uint8_t buffer[4096];

    return otter_image_digest(&file->image, &otter_mbedtls_crypto, buffer, sizeof buffer, digest)
           == OTTER_OK;
}

uint8_t image_file_trailer(const struct image_file *file, struct otter_trailer *trailer)
{
    static const uint8_t spacings[] = { 8, 16, 32 };

    for (size_t i = 0; i < sizeof spacings; i++) {
        const struct otter_trailer_shape shape = {
            .max_align = spacings[i],
            .write_size = 1,
            .max_sectors = 1,
            .status_states = 3,
        };
        const uint32_t room = otter_trailer_size(&shape);

        if (file->area.size >= room && file->image.size <= file->area.size - room
            && otter_trailer_read(&file->area, &shape, trailer) == OTTER_OK
            && trailer->magic == OTTER_FLAG_SET) {
            return spacings[i];
        }
    }
    return 0;
}

void image_file_free(struct image_file *file)
{
    file_free(&file->bytes);
}
