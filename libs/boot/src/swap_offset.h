/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of swap by offset share: the steps of its walk (swap_offset_walk.c) and what it
 * writes into the trailers (swap_offset_record.c). docs/formats/trailer.md, "Swap by offset". */
#ifndef OTTER_BOOT_SWAP_OFFSET_H
#define OTTER_BOOT_SWAP_OFFSET_H

#include "note.h"
#include "strategy.h"

/* ---- the walk ------------------------------------------------------------------------------- */

/** The steps of each piece, in this order. */
enum { OTTER_OFFSET_GIVE, OTTER_OFFSET_TAKE, OTTER_OFFSET_STEPS_PER_PIECE };

/** One step: so many bytes of one image go from one slot to the other. */
struct otter_offset_step {
    const struct otter_area *from;
    const struct otter_area *to;
    uint32_t from_offset;
    uint32_t to_offset;
    uint32_t image_offset;
    uint32_t len; /**< 0: the image does not reach this piece */
    struct otter_boot_veil *veil;
};

/** The CRC-32 of a step's bytes, as they lie before and after it. */
struct otter_offset_sums {
    uint32_t source;
    uint32_t target;
};

/** Bytes of a piece. */
uint32_t otter_offset_piece_size(const struct otter_boot_slots *slots);

/** How many steps a move has, those that move nothing included. */
uint32_t otter_offset_count_steps(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move);

/** @param number  from 0 */
struct otter_offset_step otter_offset_step(const struct otter_boot_slots *slots,
                                           const struct otter_boot_move *move, uint32_t number);

/** Where the images are while the first @p done steps are done. */
struct otter_boot_place otter_offset_incoming(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move, uint32_t offset,
                                              uint32_t done);
struct otter_boot_place otter_offset_outgoing(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move, uint32_t offset,
                                              uint32_t done);

/** Read what a step that was not begun will move, and sum it up.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH, OTTER_ERR_CRYPTO */
enum otter_result otter_offset_sum_up(const struct otter_boot_slots *slots,
                                      const struct otter_offset_step *step,
                                      struct otter_offset_sums *sums);

/** Do @p len bytes at @p offset have the CRC-32 @p sum?
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH; then they do not */
enum otter_result otter_offset_check(const struct otter_boot_slots *slots,
                                     const struct otter_area *area, uint32_t offset, uint32_t len,
                                     uint32_t sum, bool *is_right);

/* ---- the trailers --------------------------------------------------------------------------- */

/** Start of the first sector with bytes of the trailer. */
uint32_t otter_offset_tail(const struct otter_boot_slots *slots, const struct otter_area *slot);

/** Read what stands in the secondary's trailer while the primary's is being written.
 *
 *  @return false if there is nothing, or the secondary slot cannot be read */
bool otter_offset_read_note(const struct otter_boot_slots *slots, struct otter_boot_note *note);

/** Write @p note; if it stands there already, write it once more, as the first one may have been
 * cut. */
enum otter_result otter_offset_write_note(const struct otter_boot_slots *slots,
                                          const struct otter_boot_note *note);

/** Erase what asks for a move in the secondary's trailer, be it a request or a note. */
enum otter_result otter_offset_clear(const struct otter_boot_slots *slots);

/** Write the record of a move that begins, and the trailer's fields above it, over an erased tail.
 * If there are steps, swap_size is left out: it is written after the last of them.
 *
 *  @return as otter_offset_sum_up() */
enum otter_result otter_offset_write_record(const struct otter_boot_slots *slots,
                                            const struct otter_boot_move *move);

/** Read a whole record that is sealed.
 *
 *  @param move  set to the move, with no step done
 *  @return false if there is none */
bool otter_offset_read_record(const struct otter_boot_slots *slots, struct otter_boot_move *move);

/** What the record says of step @p number. @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_offset_read_sums(const struct otter_boot_slots *slots, uint32_t number,
                                         struct otter_offset_sums *sums);

/** Is there anything where the trailer has its swap_size? */
bool otter_offset_has_landed(const struct otter_boot_slots *slots);

/** Seal the record, or seal it once more, as the last seal may have been cut. */
enum otter_result otter_offset_seal(const struct otter_boot_slots *slots);

#endif
