/* SPDX-License-Identifier: Apache-2.0 */

/** Flash devices as a port presents them, and areas, which are ranges of one device.
 *
 * Everything above the ports goes through these functions. They are the one place that checks
 * ranges and alignment; a port may assume that its arguments are right. */
#ifndef OTTER_FLASH_H
#define OTTER_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** A run of @p count sectors of @p size bytes each. A device is a list of runs. */
struct otter_sector_run {
    uint32_t size;  /**< bytes; a multiple of the write unit */
    uint32_t count; /**< sectors */
};

/** The facts about a device that never change. */
struct otter_flash_geometry {
    const char *name;                    /**< as the layout calls it, for example "internal" */
    uint32_t address;                    /**< where the CPU sees offset 0; 0 if it does not */
    uint32_t size;                       /**< bytes; the sum of all runs */
    const struct otter_sector_run *runs; /**< ascending in offset */
    uint8_t run_count;
    uint16_t write_size; /**< the write unit in bytes: 1, 2, 4 ... 512 */
    uint8_t erased_byte; /**< what an erased byte reads as: 0xFF on most parts, 0x00 on some */
};

/** What a port must provide for one flash device.
 *
 * Offsets are bytes from the start of the device, lengths are bytes. Every function returns
 * OTTER_OK or OTTER_ERR_FLASH, and may be called only from the one task or boot stage that owns
 * the device. */
struct otter_flash_ops {
    /** Read @p len bytes; no alignment is asked for. Reading a range that is neither erased nor
     * fully programmed returns *some* bytes, not necessarily the same twice, or an error on parts
     * with ECC. */
    enum otter_result (*read)(void *port, uint32_t offset, void *dst, size_t len);

    /** Program an erased range. Offset and length are multiples of the write unit. If the power
     * fails inside the call, any subset of the bits of the range may have been programmed. */
    enum otter_result (*program)(void *port, uint32_t offset, const void *src, size_t len);

    /** Erase the one sector that starts at @p offset. If the power fails inside the call, the
     * sector holds no particular value. */
    enum otter_result (*erase)(void *port, uint32_t offset);

    /** Where the CPU sees the @p len bytes at @p offset, all of them, until something is written
     * there; NULL if it does not. Leave this function out, NULL, on a device that is not mapped. */
    const void *(*map)(void *port, uint32_t offset, size_t len);
};

struct otter_flash {
    const struct otter_flash_ops *ops;
    void *port; /**< handed back to each call, untouched */
    const struct otter_flash_geometry *geometry;
};

/** A sector: its first byte, as an offset in the device or area that was asked, and its size. */
struct otter_sector {
    uint32_t offset;
    uint32_t size;
};

/** A range of one device that begins and ends on sector boundaries, such as a slot. One whose device is
 * absent is all zeros: then every offset is out of range, and there is nothing to erase. */
struct otter_area {
    const struct otter_flash *flash;
    uint32_t offset; /**< bytes from the start of the device */
    uint32_t size;   /**< bytes */
};

/** Read @p len bytes at @p offset of @p area, at any alignment.
 *
 *  @return OTTER_OK, OTTER_ERR_RANGE (nothing was read), OTTER_ERR_FLASH */
enum otter_result otter_area_read(const struct otter_area *area, uint32_t offset, void *dst,
                                  size_t len);

/** The bytes at @p offset of @p area where the CPU sees them: what is mapped need not be copied to be
 * looked at. The pointer is good until the range is written to.
 *
 *  @return NULL if they are not mapped or leave the area: read them instead */
const void *otter_area_map(const struct otter_area *area, uint32_t offset, size_t len);

/** Program @p len bytes at @p offset; both are multiples of the device's write unit.
 *
 *  @return OTTER_OK, OTTER_ERR_RANGE or OTTER_ERR_ALIGNMENT (nothing was written), OTTER_ERR_FLASH */
enum otter_result otter_area_program(const struct otter_area *area, uint32_t offset,
                                     const void *src, size_t len);

/** Erase every sector of [@p offset, @p offset + @p len), in ascending order. Both ends must lie on
 * sector boundaries.
 *
 *  @return OTTER_OK, OTTER_ERR_RANGE or OTTER_ERR_ALIGNMENT (nothing was erased), OTTER_ERR_FLASH */
enum otter_result otter_area_erase(const struct otter_area *area, uint32_t offset, uint32_t len);

/** The sector of @p area that holds the byte at @p offset, with an offset relative to the area.
 *
 *  @return OTTER_OK, OTTER_ERR_RANGE */
enum otter_result otter_area_sector(const struct otter_area *area, uint32_t offset,
                                    struct otter_sector *sector);

/** How many sectors @p area has; 0 if it does not lie on sector boundaries of its device. */
uint32_t otter_area_sector_count(const struct otter_area *area);

/** Does [@p offset, @p offset + @p len) read as erased throughout?
 *
 *  @return OTTER_OK with the answer in @p erased, OTTER_ERR_RANGE, OTTER_ERR_FLASH */
enum otter_result otter_area_is_erased(const struct otter_area *area, uint32_t offset, uint32_t len,
                                       bool *erased);

static inline uint8_t otter_area_erased_byte(const struct otter_area *area)
{
    return area->flash->geometry->erased_byte;
}

static inline uint16_t otter_area_write_size(const struct otter_area *area)
{
    return area->flash->geometry->write_size;
}

#endif
