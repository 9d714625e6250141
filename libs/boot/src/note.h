/* SPDX-License-Identifier: Apache-2.0 */

/* How far a move is, in one record with a check value: half a note is none. For strategies that keep
 * their progress, or a part of it, beside the trailers (docs/formats/status-area.md, "A note"). */
#ifndef OTTER_BOOT_NOTE_H
#define OTTER_BOOT_NOTE_H

#include "strategy.h"

#define OTTER_BOOT_NOTE_SIZE 24u

struct otter_boot_note {
    uint32_t sequence;         /**< tells the newest of several */
    enum otter_swap_type type; /**< NONE: no move is under way */
    uint8_t image;
    uint32_t size;
    uint32_t steps;    /**< that are done */
    uint16_t doubtful; /**< entries beyond those that may be there by accident (swap_move.c) */
};

/** Equal places in an area, one behind the other, each to be written once between erases. */
struct otter_boot_places {
    const struct otter_area *area;
    uint32_t start;
    uint32_t size; /**< bytes of one; whole write units */
    uint32_t count;
};

/** Places up to the last one that is not erased. One that cannot be read was written to, and so was one
 * that does not read as erased each time. */
uint32_t otter_boot_places_used(const struct otter_boot_places *places);

/** Bytes that a note takes in an area: whole write units. */
uint32_t otter_boot_note_room(const struct otter_area *area);

/** @return false if there is no whole note, or it cannot be read */
bool otter_boot_note_read(const struct otter_area *area, uint32_t offset,
                          struct otter_boot_note *note);

/** Write to an erased place.
 *
 *  @return as otter_area_program() */
enum otter_result otter_boot_note_write(const struct otter_boot_slots *slots,
                                        const struct otter_area *area, uint32_t offset,
                                        const struct otter_boot_note *note);

/** Write a note behind all places that are used.
 *
 *  @return OTTER_ERR_NO_SPACE if that is all of them; or as otter_boot_note_write() */
enum otter_result otter_boot_note_add(const struct otter_boot_slots *slots,
                                      const struct otter_boot_places *places,
                                      const struct otter_boot_note *note);

#endif
