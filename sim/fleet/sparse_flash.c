/* SPDX-License-Identifier: Apache-2.0 */

#include "sparse_flash.h"

#include <stdlib.h>
#include <string.h>

#define ERASED 0xFF

/* The part of [offset, offset + len) that lies in its first sector. */
static size_t piece(const struct sparse_flash *device, uint32_t offset, size_t len)
{
    size_t left = device->sector_size - offset % device->sector_size;

    return len < left ? len : left;
}

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct sparse_flash *device = port;
    uint8_t *to = dst;

    while (len > 0) {
        const uint8_t *sector = device->sectors[offset / device->sector_size];
        size_t size = piece(device, offset, len);

        if (sector != NULL) {
            memcpy(to, sector + offset % device->sector_size, size);
        } else {
            memset(to, ERASED, size);
        }
        offset += (uint32_t)size;
        to += size;
        len -= size;
    }
    return OTTER_OK;
}

static uint8_t *sector_for_writing(struct sparse_flash *device, uint32_t offset)
{
    uint8_t **sector = &device->sectors[offset / device->sector_size];

    if (*sector == NULL) {
        *sector = malloc(device->sector_size);
        if (*sector != NULL) {
            memset(*sector, ERASED, device->sector_size);
        }
    }
    return *sector;
}

/* Programming turns ones into zeros, as on a NOR part. */
static enum otter_result program(void *port, uint32_t offset, const void *src, size_t len)
{
    struct sparse_flash *device = port;
    const uint8_t *from = src;

    while (len > 0) {
        uint8_t *sector = sector_for_writing(device, offset);
        size_t size = piece(device, offset, len);

        if (sector == NULL) {
            return OTTER_ERR_FLASH;
        }
        for (size_t i = 0; i < size; i++) {
            sector[offset % device->sector_size + i] &= from[i];
        }
        offset += (uint32_t)size;
        from += size;
        len -= size;
    }
    return OTTER_OK;
}

static enum otter_result erase(void *port, uint32_t offset)
{
    struct sparse_flash *device = port;
    uint8_t **sector = &device->sectors[offset / device->sector_size];

    free(*sector);
    *sector = NULL;
    return OTTER_OK;
}

static const struct otter_flash_ops ops = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
};

bool sparse_flash_init(struct sparse_flash *device, const struct otter_flash_geometry *geometry)
{
    if (geometry->run_count != 1 || geometry->erased_byte != ERASED) {
        return false;
    }
    *device = (struct sparse_flash){
        .flash = { .ops = &ops, .port = device, .geometry = geometry },
        .sectors = calloc(geometry->runs[0].count, sizeof *device->sectors),
        .sector_size = geometry->runs[0].size,
        .sector_count = geometry->runs[0].count,
    };
    return device->sectors != NULL;
}

void sparse_flash_free(struct sparse_flash *device)
{
    for (uint32_t i = 0; device->sectors != NULL && i < device->sector_count; i++) {
        free(device->sectors[i]);
    }
    free(device->sectors);
    device->sectors = NULL;
}
