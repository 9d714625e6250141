/* SPDX-License-Identifier: Apache-2.0 */

/* The flash driver: NOR rules over plain memory. Ranges and alignment were checked by the callers
 * in libs/flash; what is checked here is what only flash itself would notice. */

#include "otter/mps2/flash.h"

#include <string.h>

#include "flash_misuse.h"
#include "flash_window.h"
#include "mpu.h"
#include "otter/bytes.h"

static struct otter_mps2_flash_count count;

static uint8_t *memory_of(const struct otter_flash_geometry *geometry, uint32_t offset)
{
    return (uint8_t *)(uintptr_t)(geometry->address + offset);
}

static enum otter_result read(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct otter_flash *flash = port;

    memcpy(dst, memory_of(flash->geometry, offset), len);
    return OTTER_OK;
}

/* A word at a time: otherwise this would be most of what a copy takes. */
static void require_erased(const struct otter_flash_geometry *geometry, uint32_t offset, size_t len)
{
    const uint32_t erased = geometry->erased_byte * 0x01010101u;
    const uint8_t *memory = memory_of(geometry, offset);
    size_t at = 0;

    while (len - at >= sizeof erased && otter_load_le32(memory + at) == erased) {
        at += sizeof erased;
    }
    while (at < len && memory[at] == geometry->erased_byte) {
        at++;
    }
    if (at < len) {
        otter_mps2_flash_misused(geometry, offset + (uint32_t)at, FLASH_NOT_ERASED);
    }
}

static enum otter_result program(void *port, uint32_t offset, const void *src, size_t len)
{
    const struct otter_flash *flash = port;

    require_erased(flash->geometry, offset, len);
    otter_mps2_mpu_open_flash();
    memcpy(memory_of(flash->geometry, offset), src, len);
    otter_mps2_mpu_close_flash();
    count.programs++;
    return OTTER_OK;
}

static uint32_t sector_size_at(const struct otter_flash *flash, uint32_t offset)
{
    const struct otter_area device = { .flash = flash, .size = flash->geometry->size };
    struct otter_sector sector = { 0 };

    if (otter_area_sector(&device, offset, &sector) != OTTER_OK || sector.offset != offset) {
        otter_mps2_flash_misused(flash->geometry, offset, FLASH_NO_SECTOR);
    }
    return sector.size;
}

static enum otter_result erase(void *port, uint32_t offset)
{
    const struct otter_flash *flash = port;
    const uint32_t size = sector_size_at(flash, offset);

    otter_mps2_mpu_open_flash();
    memset(memory_of(flash->geometry, offset), flash->geometry->erased_byte, size);
    otter_mps2_mpu_close_flash();
    count.erased_sectors++;
    return OTTER_OK;
}

static const void *map(void *port, uint32_t offset, size_t len)
{
    const struct otter_flash *flash = port;

    (void)len; /* a device is in the CPU's sight as a whole, or it is not opened */
    return memory_of(flash->geometry, offset);
}

static const struct otter_flash_ops ops = {
    .read = read,
    .program = program,
    .erase = erase,
    .map = map,
};

static bool is_in_the_window(const struct otter_flash_geometry *geometry)
{
    const uint32_t offset = geometry->address - FLASH_WINDOW_ADDRESS;

    return geometry->address >= FLASH_WINDOW_ADDRESS && offset < FLASH_WINDOW_SIZE
           && geometry->size <= FLASH_WINDOW_SIZE - offset;
}

void otter_mps2_flash_open(const struct otter_layout *layout,
                           const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX])
{
    static struct otter_flash flashes[OTTER_LAYOUT_DEVICES_MAX];

    for (uint8_t i = 0; i < layout->device_count; i++) {
        flashes[i] = (struct otter_flash){
            .ops = &ops,
            .port = &flashes[i],
            .geometry = &layout->devices[i],
        };
        devices[i] = is_in_the_window(&layout->devices[i]) ? &flashes[i] : NULL;
    }
}

struct otter_mps2_flash_count otter_mps2_flash_count(void)
{
    return count;
}
