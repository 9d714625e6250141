/* SPDX-License-Identifier: Apache-2.0 */

/** The layout of a board: which area lies where, on which flash device.
 *
 * A layout is made from one JSON file, boards/<board>/<layout>.json, by `otter layout generate`
 * (a const table for the device) or read directly by the host tools. Bootloader and application
 * each carry the layout they were built with, and compare digests. */
#ifndef OTTER_LAYOUT_H
#define OTTER_LAYOUT_H

#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

/** Most flash devices a layout can name. */
#define OTTER_LAYOUT_DEVICES_MAX 4
/** Bytes of a layout's digest: SHA-256 over its canonical text (docs/formats/layout.md). */
#define OTTER_LAYOUT_DIGEST_SIZE 32

/** What an area is for. */
enum otter_area_role {
    OTTER_AREA_BOOTLOADER,
    OTTER_AREA_PRIMARY,   /**< an image runs from here; one for each image */
    OTTER_AREA_SECONDARY, /**< an update is staged here; one for each image */
    OTTER_AREA_SCRATCH,   /**< room to swap through */
    OTTER_AREA_STATUS,    /**< swap status, for the strategy that keeps it outside the slots */
    OTTER_AREA_GOLDEN,    /**< the golden image */
    OTTER_AREA_RECOVERY,  /**< what bootloader and program agree on about going back to it */
    OTTER_AREA_JOURNAL,   /**< what the agent remembers: progress, refused versions, results */
    OTTER_AREA_SETTINGS,  /**< what was provisioned: names, servers, certificates */
    OTTER_AREA_STRAPS,    /**< emulated boards: inputs that a test holds during the boot */
    OTTER_AREA_USER,      /**< the application's own */
};

struct otter_layout_area {
    const char *name;
    enum otter_area_role role;
    uint8_t image;   /**< which image a slot belongs to, from 0 */
    uint8_t device;  /**< index into the layout's devices */
    uint32_t offset; /**< bytes from the start of the device */
    uint32_t size;   /**< bytes */
};

struct otter_layout {
    const char *board;
    const char *name;
    uint8_t digest[OTTER_LAYOUT_DIGEST_SIZE];
    const struct otter_flash_geometry *devices;
    const struct otter_layout_area *areas;
    uint8_t device_count;
    uint8_t area_count;
    uint8_t image_count;
    uint16_t max_align;   /**< spacing of the trailer's fields: 8 to 512 (imgtool --max-align) */
    uint16_t header_size; /**< bytes from the start of an image to the program */
    uint16_t max_sectors; /**< sectors the trailer has status room for (imgtool --max-sectors) */
    /** Bytes from the start of a secondary slot to the image that is staged there. */
    uint32_t staging_offset;
};

/** Find an area by its role and, for slots, its image (0 for everything else).
 *
 *  @return the row, or NULL if this layout has none */
const struct otter_layout_area *otter_layout_find(const struct otter_layout *layout,
                                                  enum otter_area_role role, uint8_t image);

/** Make an area ready to use.
 *
 *  @param devices  the port's devices, in the order of layout->devices; NULL where it has none
 *  @return OTTER_OK
 *          OTTER_ERR_NOT_FOUND  the layout has no such area
 *          OTTER_ERR_FLASH      its device is not there */
enum otter_result otter_layout_open(const struct otter_layout *layout,
                                    const struct otter_flash *const devices[],
                                    enum otter_area_role role, uint8_t image,
                                    struct otter_area *area);

/** "primary", "scratch" ...: the word used in the layout file. */
const char *otter_area_role_name(enum otter_area_role role);

#endif
