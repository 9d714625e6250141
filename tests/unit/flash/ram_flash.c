/* SPDX-License-Identifier: Apache-2.0 */

/* Flash in memory, without rules: areas have checked ranges and alignment before. */

#include "ram_flash.h"

#include <string.h>

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    struct ram_flash *ram = port;

    if (ram->reads_left == 0) {
        return OTTER_ERR_FLASH;
    }
    ram->reads_left--;
    memcpy(dst, ram->bytes + offset, len);
    return OTTER_OK;
}

static enum otter_result program(void *port, uint32_t offset, const void *src, size_t len)
{
    struct ram_flash *ram = port;

    memcpy(ram->bytes + offset, src, len);
    return OTTER_OK;
}

static enum otter_result erase(void *port, uint32_t offset)
{
    struct ram_flash *ram = port;

    memset(ram->bytes + offset, ram->geometry.erased_byte, ram->run.size);
    return OTTER_OK;
}

static const void *map(void *port, uint32_t offset, size_t len)
{
    const struct ram_flash *ram = port;

    (void)len;
    return ram->mapped == NULL ? NULL : ram->mapped + offset;
}

static const struct otter_flash_ops ops = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
    .map = map,
};

struct otter_area ram_flash_init(struct ram_flash *ram, uint8_t *bytes, uint32_t sector_size,
                                 uint32_t count)
{
    *ram = (struct ram_flash){
        .flash = { .ops = &ops, .port = ram, .geometry = &ram->geometry },
        .run = { .size = sector_size, .count = count },
        .bytes = bytes,
        .reads_left = UINT32_MAX,
    };
    ram->geometry = (struct otter_flash_geometry){
        .name = "ram",
        .size = sector_size * count,
        .runs = &ram->run,
        .run_count = 1,
        .write_size = 1,
        .erased_byte = 0xFF,
    };
    return (struct otter_area){ .flash = &ram->flash, .offset = 0, .size = sector_size * count };
}
