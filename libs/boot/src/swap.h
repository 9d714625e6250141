/* SPDX-License-Identifier: Apache-2.0 */

/* What every swap is made of. A swap exchanges the images of two slots in steps, none of which destroys what
 * is not somewhere else as well. A *record* in a trailer says which move is being made; a status entry after
 * each step, how far it is; flags end it. A strategy brings the steps, and composes the rest from here:
 *
 *   misfit          otter_swap_plan() opens the slots of a layout and finds what no swap can work with
 *   max_image_size  otter_swap_plan() again
 *   find            otter_swap_read_record() from each trailer that may hold one; choose the one to
 *                   believe; otter_swap_move_of() makes a move of it
 *   run             before the first step, otter_swap_write_record(); after each step its entry, by
 *                   otter_trailer_write_status()
 *   finish          otter_swap_finish(), which needs to be told how a trailer is written anew
 *
 * docs/formats/trailer.md has the sequences of each strategy and the state after each cut. */
#ifndef OTTER_BOOT_SWAP_H
#define OTTER_BOOT_SWAP_H

#include "strategy.h"

/* ---- geometry ------------------------------------------------------------------------------- */

/** The slots of a layout, for questions about geometry alone. */
struct otter_swap_plan {
    struct otter_flash flash[3];
    struct otter_boot_slots slots;
};

/** Open the slots; other areas are up to the strategy (otter_boot_plan_area(), flash[2]).
 *
 *  @return NULL, or why no swap can work with this layout */
const char *otter_swap_plan(const struct otter_layout *layout, uint8_t image,
                            struct otter_swap_plan *plan);

/** Can an area of the layout hold a trailer, and be erased on its own?
 *
 *  @return NULL, or why not */
const char *otter_swap_misfit_of_area(const struct otter_trailer_shape *shape,
                                      const struct otter_area *area);

/** Have the slots' trailers room for the status of all their sectors?
 *
 *  @return NULL, or why not */
const char *otter_swap_misfit_of_status(const struct otter_boot_slots *slots);

/** The start of the first sector that holds bytes of the slot's trailer. From there to its end is
 * the slot's *tail*. */
uint32_t otter_swap_tail_start(const struct otter_boot_slots *slots, const struct otter_area *slot);

/** Does a sector begin or the area end at @p offset? */
bool otter_swap_is_boundary(const struct otter_area *area, uint32_t offset);

/* ---- records -------------------------------------------------------------------------------- */

/** What one trailer says about a move. */
struct otter_swap_record {
    struct otter_trailer trailer;
    bool is_open;   /**< it speaks of a move that is not finished */
    bool is_torn;   /**< a flag that ends the move, or confirms it, is only half there */
    uint32_t steps; /**< that are done; 0 unless it is open */
};

/** Read the record in the trailer of @p area. An area that is absent or cannot be read has none. */
void otter_swap_read_record(const struct otter_boot_slots *slots, const struct otter_area *area,
                            const struct otter_trailer_shape *shape,
                            struct otter_swap_record *record);

/** The move that @p record speaks of, to be handed to `run`. Before its first step, a revert is one
 * unless the image in the primary slot is confirmed; what the secondary slot requests is not, as
 * long as the request is there to speak for itself.
 *
 *  @param primary  the primary slot's trailer */
struct otter_boot_move otter_swap_move_of(const struct otter_swap_record *record,
                                          const struct otter_trailer *primary);

/** Write the record of @p move into an erased trailer: the entries of the first @p steps, what the
 * move is, and at last the magic that makes it count.
 *
 *  @return as otter_trailer_write_magic() */
enum otter_result otter_swap_write_record(const struct otter_boot_slots *slots,
                                          const struct otter_area *area,
                                          const struct otter_trailer_shape *shape,
                                          const struct otter_boot_move *move, uint32_t steps);

/* ---- the end -------------------------------------------------------------------------------- */

/** End a move whose steps are all done: set the last flags in the primary's trailer. They say what
 * was asked for, but of an update that does not verify, that it is on trial: then it is reverted.
 *
 * A torn flag cannot be programmed again, and what it should have said is known from swap_info.
 * Then the trailer is written anew first.
 *
 *  @param renew  erase the primary's tail and write it again: the bytes of the image in it, the
 *                status entries of the finished move, and its record with no flag set. A cut in it
 *                must leave what `find` finds and `run` repeats.
 *  @return as `finish` of a strategy; OTTER_ERR_TRAILER if the record is not of this image */
enum otter_result otter_swap_finish(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move, bool primary_is_good,
                                    enum otter_result (*renew)(const struct otter_boot_slots *slots,
                                                               const struct otter_boot_move *move));

#endif
