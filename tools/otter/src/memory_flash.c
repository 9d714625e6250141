/* SPDX-License-Identifier: Apache-2.0 */

/* A flash device over bytes in memory. otter_flash_*() has checked ranges and alignment before. */

#include "memory_flash.h"

#include <string.h>

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct memory_flash *memory = port;

    memcpy(dst, memory->bytes + offset, len);
    return OTTER_OK;
}

static enum otter_result program_bytes(void *port, uint32_t offset, const void *src, size_t len)
{
    struct memory_flash *memory = port;

    memcpy(memory->bytes + offset, src, len);
    return OTTER_OK;
}

static uint32_t sector_size_at(const struct otter_flash_geometry *geometry, uint32_t offset)
{
    const struct otter_sector_run *run = geometry->runs;

    while (offset >= run->size * run->count) {
        offset -= run->size * run->count;
        run++;
    }
    return run->size;
}

static enum otter_result erase_sector(void *port, uint32_t offset)
{
    struct memory_flash *memory = port;
    uint32_t size = sector_size_at(&memory->geometry, offset);

    memset(memory->bytes + offset, memory->geometry.erased_byte, size);
    return OTTER_OK;
}

static const struct otter_flash_ops operations = {
    .read = read_bytes,
    .program = program_bytes,
    .erase = erase_sector,
};

void memory_flash_init(struct memory_flash *memory, const struct otter_flash_geometry *geometry,
                       uint8_t *bytes)
{
    memory->geometry = *geometry;
    memory->bytes = bytes;
    memory->flash = (struct otter_flash){
        .ops = &operations,
        .port = memory,
        .geometry = &memory->geometry,
    };
}

struct otter_area memory_flash_over_file(struct memory_flash *memory, uint8_t *bytes, size_t size)
{
    memory->run = (struct otter_sector_run){ .size = 1, .count = (uint32_t)size };
    struct otter_flash_geometry geometry = {
        .name = "file",
        .size = (uint32_t)size,
        .runs = &memory->run,
        .run_count = 1,
        .write_size = 1,
        .erased_byte = 0xFF,
    };

    memory_flash_init(memory, &geometry, bytes);
    return (struct otter_area){ .flash = &memory->flash, .offset = 0, .size = (uint32_t)size };
}
