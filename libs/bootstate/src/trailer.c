/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of a trailer: where each field lies, how it is read, how it is written.
 *
 * Fields are spaced by max_align from the end of the slot downwards, so that each has whole write
 * units of its own and can be written once without touching its neighbours. A field is always
 * programmed as whole write units, filled up with the erased value. */

#include <string.h>

#include "otter/bootstate.h"
#include "otter/bytes.h"

#define MAX_ALIGN_LIMIT 512u
/* How often a field is read before it is believed. */
#define LOOKS 16u
/* MCUboot's first magic, and the only one for fields spaced by 8, has no max_align in it. */
#define CLASSIC_ALIGN 8u

static const uint8_t classic_magic[OTTER_TRAILER_MAGIC_SIZE] = {
    0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80,
};

/* For every other spacing the first two bytes say which. */
static const uint8_t aligned_magic_end[OTTER_TRAILER_MAGIC_SIZE - 2] = {
    0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B, 0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A,
};

static uint32_t align_up(uint32_t value, uint32_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* The status wanders between primary and scratch, so one entry suits both; and one shape suits the
 * trailers of all images. */
static uint16_t widest_unit(const struct otter_layout *layout)
{
    uint16_t widest = 1;

    for (uint8_t i = 0; i < layout->area_count; i++) {
        const struct otter_layout_area *area = &layout->areas[i];
        const uint16_t unit = layout->devices[area->device].write_size;

        if ((area->role == OTTER_AREA_PRIMARY || area->role == OTTER_AREA_SCRATCH)
            && unit > widest) {
            widest = unit;
        }
    }
    return widest;
}

/* Status that has an area of its own has no room in a trailer. */
struct otter_trailer_shape otter_trailer_shape(const struct otter_layout *layout)
{
    return (struct otter_trailer_shape){
        .max_align = layout->max_align,
        .write_size = widest_unit(layout),
        .max_sectors =
            otter_layout_find(layout, OTTER_AREA_STATUS, 0) == NULL ? layout->max_sectors : 0,
        .status_states = layout->staging_offset == 0 ? 3 : 0,
    };
}

static uint32_t magic_room(const struct otter_trailer_shape *shape)
{
    return align_up(OTTER_TRAILER_MAGIC_SIZE, shape->max_align);
}

static uint32_t status_size(const struct otter_trailer_shape *shape)
{
    if (shape->status_states == 0) {
        return OTTER_TRAILER_SEALS * shape->write_size
               + align_up(OTTER_TRAILER_RECORD_SIZE(shape->max_sectors), shape->write_size);
    }
    return (uint32_t)shape->status_states * shape->max_sectors * shape->write_size;
}

uint32_t otter_trailer_size(const struct otter_trailer_shape *shape)
{
    return status_size(shape) + 4u * shape->max_align + magic_room(shape);
}

uint32_t otter_trailer_magic_offset(uint32_t area_size)
{
    return area_size - OTTER_TRAILER_MAGIC_SIZE;
}

uint32_t otter_trailer_image_ok_offset(const struct otter_trailer_shape *shape, uint32_t area_size)
{
    return area_size - magic_room(shape) - shape->max_align;
}

uint32_t otter_trailer_copy_done_offset(const struct otter_trailer_shape *shape, uint32_t area_size)
{
    return otter_trailer_image_ok_offset(shape, area_size) - shape->max_align;
}

uint32_t otter_trailer_swap_info_offset(const struct otter_trailer_shape *shape, uint32_t area_size)
{
    return otter_trailer_copy_done_offset(shape, area_size) - shape->max_align;
}

uint32_t otter_trailer_swap_size_offset(const struct otter_trailer_shape *shape, uint32_t area_size)
{
    return otter_trailer_swap_info_offset(shape, area_size) - shape->max_align;
}

uint32_t otter_trailer_status_offset(const struct otter_trailer_shape *shape, uint32_t area_size)
{
    return area_size - otter_trailer_size(shape);
}

static void make_magic(const struct otter_trailer_shape *shape,
                       uint8_t magic[OTTER_TRAILER_MAGIC_SIZE])
{
    if (shape->max_align == CLASSIC_ALIGN) {
        memcpy(magic, classic_magic, sizeof classic_magic);
        return;
    }
    otter_store_le16(magic, shape->max_align);
    memcpy(magic + 2, aligned_magic_end, sizeof aligned_magic_end);
}

/* The write units that hold a field; nothing else does, as fields are spaced by max_align. */
static bool units_are_erased(const struct otter_area *area, uint32_t offset, uint32_t len)
{
    const uint32_t unit = otter_area_write_size(area);
    const uint32_t start = offset / unit * unit;
    bool erased = false;

    return otter_area_is_erased(area, start, align_up(offset + len - start, unit), &erased)
               == OTTER_OK
           && erased;
}

/* A unit that tore may read differently each time, or be an error to read. One that reads the same
 * all of these times has told what it is: a single loose bit gets through once in 2^15. */
static bool read_steadily(const struct otter_area *area, uint32_t offset, uint8_t *bytes,
                          uint32_t len)
{
    uint8_t again[OTTER_TRAILER_MAGIC_SIZE];

    if (otter_area_read(area, offset, bytes, len) != OTTER_OK) {
        return false;
    }
    for (unsigned look = 1; look < LOOKS; look++) {
        if (otter_area_read(area, offset, again, len) != OTTER_OK
            || memcmp(again, bytes, len) != 0) {
            return false;
        }
    }
    return true;
}

/* SET: something stands there, and @p bytes are it. Unset is a field only if it could be written. */
static enum otter_flag read_field(const struct otter_area *area, uint32_t offset, uint8_t *bytes,
                                  uint32_t len)
{
    if (!read_steadily(area, offset, bytes, len)) {
        return OTTER_FLAG_BAD;
    }
    return units_are_erased(area, offset, len) ? OTTER_FLAG_UNSET : OTTER_FLAG_SET;
}

static enum otter_flag read_expected(const struct otter_area *area, uint32_t offset,
                                     const uint8_t *expected, uint32_t len)
{
    uint8_t bytes[OTTER_TRAILER_MAGIC_SIZE];
    const enum otter_flag state = read_field(area, offset, bytes, len);

    return state == OTTER_FLAG_SET && memcmp(bytes, expected, len) != 0 ? OTTER_FLAG_BAD : state;
}

static enum otter_flag read_magic(const struct otter_area *area,
                                  const struct otter_trailer_shape *shape)
{
    uint8_t magic[OTTER_TRAILER_MAGIC_SIZE];

    make_magic(shape, magic);
    return read_expected(area, otter_trailer_magic_offset(area->size), magic, sizeof magic);
}

static enum otter_flag read_flag(const struct otter_area *area, uint32_t offset)
{
    static const uint8_t set = 1;

    return read_expected(area, offset, &set, sizeof set);
}

static void read_swap_info(const struct otter_area *area, uint32_t offset,
                           struct otter_trailer *trailer)
{
    uint8_t byte;
    uint8_t type;

    trailer->swap_type = OTTER_SWAP_NONE;
    trailer->swap_info = read_field(area, offset, &byte, sizeof byte);
    if (trailer->swap_info != OTTER_FLAG_SET) {
        return;
    }
    type = byte & 0x0Fu;
    if (type < OTTER_SWAP_NONE || type > OTTER_SWAP_FAIL) {
        trailer->swap_info = OTTER_FLAG_BAD;
        return;
    }
    trailer->swap_type = (enum otter_swap_type)type;
    trailer->swap_image = byte >> 4;
}

static uint32_t read_swap_size(const struct otter_area *area, uint32_t offset)
{
    uint8_t bytes[4];

    return read_field(area, offset, bytes, sizeof bytes) == OTTER_FLAG_SET ? otter_load_le32(bytes)
                                                                           : UINT32_MAX;
}

void otter_trailer_read(const struct otter_area *area, const struct otter_trailer_shape *shape,
                        struct otter_trailer *trailer)
{
    const uint32_t size = area->size;

    *trailer = (struct otter_trailer){
        .magic = read_magic(area, shape),
        .copy_done = read_flag(area, otter_trailer_copy_done_offset(shape, size)),
        .image_ok = read_flag(area, otter_trailer_image_ok_offset(shape, size)),
        .swap_size = read_swap_size(area, otter_trailer_swap_size_offset(shape, size)),
    };
    read_swap_info(area, otter_trailer_swap_info_offset(shape, size), trailer);
}

/* Program the write units that hold a field of @p room bytes' spacing, filled up with erased bytes. A
 * write unit wider than the spacing would reach into the neighbour. */
static enum otter_result write_field(const struct otter_area *area, uint32_t offset, uint32_t room,
                                     const uint8_t *value, uint32_t len)
{
    uint8_t units[MAX_ALIGN_LIMIT];
    const uint32_t unit = otter_area_write_size(area);
    const uint32_t before = offset % unit; /* the magic stands at the end of its units */
    const uint32_t padded = align_up(before + len, unit);

    if (padded > room || padded > sizeof units) {
        return OTTER_ERR_ALIGNMENT;
    }
    memset(units, otter_area_erased_byte(area), padded);
    memcpy(units + before, value, len);
    return otter_area_program(area, offset - before, units, padded);
}

enum otter_result otter_trailer_write_magic(const struct otter_area *area,
                                            const struct otter_trailer_shape *shape)
{
    uint8_t magic[OTTER_TRAILER_MAGIC_SIZE];

    make_magic(shape, magic);
    return write_field(area, otter_trailer_magic_offset(area->size), magic_room(shape), magic,
                       sizeof magic);
}

static enum otter_result write_byte(const struct otter_area *area,
                                    const struct otter_trailer_shape *shape, uint32_t offset,
                                    uint8_t value)
{
    return write_field(area, offset, shape->max_align, &value, 1);
}

enum otter_result otter_trailer_write_image_ok(const struct otter_area *area,
                                               const struct otter_trailer_shape *shape)
{
    return write_byte(area, shape, otter_trailer_image_ok_offset(shape, area->size), 1);
}

enum otter_result otter_trailer_write_copy_done(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape)
{
    return write_byte(area, shape, otter_trailer_copy_done_offset(shape, area->size), 1);
}

enum otter_result otter_trailer_write_swap_info(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape,
                                                enum otter_swap_type type, uint8_t image)
{
    return write_byte(area, shape, otter_trailer_swap_info_offset(shape, area->size),
                      (uint8_t)((unsigned)image << 4 | (unsigned)type));
}

enum otter_result otter_trailer_write_swap_size(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape,
                                                uint32_t swap_size)
{
    uint8_t bytes[4];

    otter_store_le32(bytes, swap_size);
    return write_field(area, otter_trailer_swap_size_offset(shape, area->size), shape->max_align,
                       bytes, sizeof bytes);
}

static uint32_t status_entry(const struct otter_area *area, const struct otter_trailer_shape *shape,
                             uint32_t index)
{
    return otter_trailer_status_offset(shape, area->size) + index * shape->write_size;
}

enum otter_result otter_trailer_write_status(const struct otter_area *area,
                                             const struct otter_trailer_shape *shape,
                                             uint32_t index, uint8_t state)
{
    return write_field(area, status_entry(area, shape, index), shape->write_size, &state, 1);
}

static bool entry_is_written(const struct otter_area *area, const struct otter_trailer_shape *shape,
                             uint32_t index)
{
    bool erased = true;

    for (unsigned look = 0; erased && look < LOOKS; look++) {
        if (otter_area_is_erased(area, status_entry(area, shape, index), shape->write_size, &erased)
            != OTTER_OK) {
            return true;
        }
    }
    return !erased;
}

/* From the end: an entry that reads as erased below one that is written was torn, and reads so only
 * now and then. What was done after it still stands, and must neither be done nor recorded twice. */
uint32_t otter_trailer_count_status(const struct otter_area *area,
                                    const struct otter_trailer_shape *shape)
{
    uint32_t count = (uint32_t)shape->status_states * shape->max_sectors;

    while (count > 0 && !entry_is_written(area, shape, count - 1)) {
        count--;
    }
    return count;
}

const char *otter_flag_name(enum otter_flag flag)
{
    static const char *const names[] = {
        [OTTER_FLAG_UNSET] = "unset",
        [OTTER_FLAG_SET] = "set",
        [OTTER_FLAG_BAD] = "bad",
    };
    return names[flag];
}

const char *otter_swap_type_name(enum otter_swap_type type)
{
    static const char *const names[] = {
        [OTTER_SWAP_NONE] = "none",     [OTTER_SWAP_TEST] = "test", [OTTER_SWAP_PERM] = "permanent",
        [OTTER_SWAP_REVERT] = "revert", [OTTER_SWAP_FAIL] = "fail",
    };
    return names[type];
}
