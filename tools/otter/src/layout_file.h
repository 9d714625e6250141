/* SPDX-License-Identifier: Apache-2.0 */

/** Reads a layout file, boards/<board>/<layout>.json (docs/formats/layout.md).
 *
 * Reading refuses what is malformed. Whether the layout can work is for layout_check.h to say. */
#ifndef OTTER_TOOL_LAYOUT_FILE_H
#define OTTER_TOOL_LAYOUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/layout.h"

#define LAYOUT_AREAS_MAX   32
#define LAYOUT_MEMORY_MAX  8
#define LAYOUT_RUNS_MAX    4
#define LAYOUT_FIXED_MAX   8
#define LAYOUT_NAME_MAX    31 /**< characters of a name: it must fit the handover record */
#define LAYOUT_PATH_MAX    4096
#define LAYOUT_PROBLEM_MAX 512

/** A range of the CPU's memory that linker scripts use. */
struct layout_memory {
    const char *name;
    uint32_t address;
    uint32_t size;
};

/** A layout and what its file says beyond it. Owns everything that `layout` points to; do not copy
 * or move it. */
struct layout_file {
    struct otter_layout layout; /**< use this one with the device's libraries */
    const char *about;          /**< for people; "" if the file has none */
    const char *strategy;       /**< "swap-scratch", "overwrite" ...: what it was made for */
    uint32_t flash_address;     /**< where the CPU sees byte 0 of the emulated flash file */
    uint32_t flash_size;        /**< bytes of that file; 0: the board has none */
    struct layout_memory memory[LAYOUT_MEMORY_MAX];
    size_t memory_count;

    /* Slots that somebody else decided on, for example a bootloader that is in the chip already. */
    const char *fixed; /**< the record of them, seen from the layout's folder; NULL: none are */
    const char *fixed_about; /**< who decided, for people; NULL until the record was read */
    struct otter_layout_area fixed_slots[LAYOUT_FIXED_MAX];
    size_t fixed_count;

    /* what `layout` points to */
    struct otter_flash_geometry devices[OTTER_LAYOUT_DEVICES_MAX];
    struct otter_sector_run runs[OTTER_LAYOUT_DEVICES_MAX][LAYOUT_RUNS_MAX];
    struct otter_layout_area areas[LAYOUT_AREAS_MAX];
    void *json; /* owns all texts */
    void *fixed_json;
};

/** Read the layout in @p text, for tests and for layout_file_load(). The record of fixed slots is not
 * read.
 *
 *  @param name     what to call it in @p problem: the file's name
 *  @param problem  one or more lines about the first mistake: file, key, value, expectation
 *  @return the layout, to be freed with layout_file_free(); NULL with @p problem set */
struct layout_file *layout_file_parse(const char *name, const char *text,
                                      char problem[LAYOUT_PROBLEM_MAX]);

/** Read a layout file, and the record of fixed slots that it names. Tells the user what is wrong with
 * them. @return NULL if it cannot be used */
struct layout_file *layout_file_load(const char *path);

/** @param file  may be NULL */
void layout_file_free(struct layout_file *file);

/** Are programs started in the slot where they lie, of whichever kind it is? */
bool layout_runs_in_place(const struct layout_file *file);

/** Where the CPU sees the first byte of an area; 0 if it does not. */
uint32_t layout_area_address(const struct otter_layout *layout,
                             const struct otter_layout_area *area);

/** Find an area by its name. @return NULL if there is none */
const struct otter_layout_area *layout_file_area(const struct layout_file *file, const char *name);

/** Find a memory by its name. @return NULL if there is none */
const struct layout_memory *layout_file_memory(const struct layout_file *file, const char *name);

/** Where an area begins in the emulated flash file.
 *
 *  @return false if the area is not in that file */
bool layout_file_flash_offset(const struct layout_file *file, const struct otter_layout_area *area,
                              uint32_t *offset);

/** The text that a layout's digest is made from (docs/formats/layout.md).
 *
 *  @return allocated; the caller frees it. NULL without memory */
char *layout_file_canonical_text(const struct layout_file *file);

#endif
