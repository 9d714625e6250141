/* SPDX-License-Identifier: Apache-2.0 */

/* Areas: the one place that checks ranges and alignment before a flash device is touched.
 *
 * Sectors are found by walking the runs of the geometry. A layout has a handful of runs, so the
 * walk costs less than a table of all sectors would cost in memory. */

#include "otter/flash.h"

/* Written as a subtraction, so that a hostile offset cannot wrap the sum. */
static bool is_inside(const struct otter_area *area, uint32_t offset, size_t len)
{
    return offset <= area->size && len <= area->size - offset;
}

static bool is_aligned(size_t value, uint32_t unit)
{
    return value % unit == 0;
}

/* Find the sector that holds @p offset of the device. */
static bool device_sector(const struct otter_flash_geometry *geometry, uint32_t offset,
                          struct otter_sector *sector)
{
    uint32_t start = 0;

    for (uint8_t i = 0; i < geometry->run_count; i++) {
        const struct otter_sector_run *run = &geometry->runs[i];
        const uint32_t run_size = run->size * run->count;

        if (offset - start < run_size) {
            sector->size = run->size;
            sector->offset = start + (offset - start) / run->size * run->size;
            return true;
        }
        start += run_size;
    }
    return false;
}

enum otter_result otter_area_read(const struct otter_area *area, uint32_t offset, void *dst,
                                  size_t len)
{
    if (area->flash == NULL || !is_inside(area, offset, len)) {
        return OTTER_ERR_RANGE;
    }
    return area->flash->ops->read(area->flash->port, area->offset + offset, dst, len);
}

const void *otter_area_map(const struct otter_area *area, uint32_t offset, size_t len)
{
    const struct otter_flash *flash = area->flash;

    if (flash == NULL || flash->ops->map == NULL || !is_inside(area, offset, len)) {
        return NULL;
    }
    return flash->ops->map(flash->port, area->offset + offset, len);
}

enum otter_result otter_area_program(const struct otter_area *area, uint32_t offset,
                                     const void *src, size_t len)
{
    uint32_t unit;

    if (area->flash == NULL || !is_inside(area, offset, len)) {
        return OTTER_ERR_RANGE;
    }
    unit = otter_area_write_size(area);
    if (!is_aligned(area->offset + offset, unit) || !is_aligned(len, unit)) {
        return OTTER_ERR_ALIGNMENT;
    }
    return area->flash->ops->program(area->flash->port, area->offset + offset, src, len);
}

/* Does a sector of the area begin at @p offset, or does the area end there? */
static bool is_boundary(const struct otter_area *area, uint32_t offset)
{
    struct otter_sector sector;

    if (offset == area->size) {
        /* The end of the area is a boundary if the byte before it ends its sector. */
        return offset == 0
               || (otter_area_sector(area, offset - 1, &sector) == OTTER_OK
                   && sector.offset + sector.size == offset);
    }
    return otter_area_sector(area, offset, &sector) == OTTER_OK && sector.offset == offset;
}

enum otter_result otter_area_erase(const struct otter_area *area, uint32_t offset, uint32_t len)
{
    const uint32_t end = offset + len;

    if (!is_inside(area, offset, len)) {
        return OTTER_ERR_RANGE;
    }
    if (!is_boundary(area, offset) || !is_boundary(area, end)) {
        return OTTER_ERR_ALIGNMENT;
    }
    while (offset < end) {
        struct otter_sector sector = { 0 };
        enum otter_result result = otter_area_sector(area, offset, &sector);

        if (result == OTTER_OK) {
            result = area->flash->ops->erase(area->flash->port, area->offset + offset);
        }
        if (result != OTTER_OK) {
            return result;
        }
        offset += sector.size;
    }
    return OTTER_OK;
}

enum otter_result otter_area_sector(const struct otter_area *area, uint32_t offset,
                                    struct otter_sector *sector)
{
    struct otter_sector found;

    if (offset >= area->size || !device_sector(area->flash->geometry, area->offset + offset, &found)
        || found.offset < area->offset) {
        return OTTER_ERR_RANGE;
    }
    *sector = (struct otter_sector){ .offset = found.offset - area->offset, .size = found.size };
    return OTTER_OK;
}

uint32_t otter_area_sector_count(const struct otter_area *area)
{
    uint32_t count = 0;
    uint32_t offset = 0;

    while (offset < area->size) {
        struct otter_sector sector;

        if (otter_area_sector(area, offset, &sector) != OTTER_OK || sector.offset != offset) {
            return 0;
        }
        offset += sector.size;
        count++;
    }
    return offset == area->size ? count : 0;
}

static bool all_bytes_are(const uint8_t *bytes, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

enum otter_result otter_area_is_erased(const struct otter_area *area, uint32_t offset, uint32_t len,
                                       bool *erased)
{
    uint8_t piece[64];

    *erased = false;
    if (!is_inside(area, offset, len)) {
        return OTTER_ERR_RANGE;
    }
    while (len > 0) {
        const uint32_t step = len < sizeof piece ? len : (uint32_t)sizeof piece;
        const enum otter_result result = otter_area_read(area, offset, piece, step);

        if (result != OTTER_OK) {
            return result;
        }
        if (!all_bytes_are(piece, step, otter_area_erased_byte(area))) {
            return OTTER_OK;
        }
        offset += step;
        len -= step;
    }
    *erased = true;
    return OTTER_OK;
}
