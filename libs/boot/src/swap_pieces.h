/* SPDX-License-Identifier: Apache-2.0 */

/* The pieces of a swap by scratch: ranges of both slots that go through the scratch area at once,
 * from the end of the slots to their start. A piece begins and ends where sectors do in both. */
#ifndef OTTER_BOOT_SWAP_PIECES_H
#define OTTER_BOOT_SWAP_PIECES_H

#include "strategy.h"

/** From the secondary slot to scratch, from the primary to the secondary, from scratch to the
 * primary. */
#define OTTER_PIECE_STEPS 3u

struct otter_piece {
    uint32_t number; /**< from 1, topmost first */
    uint32_t start;
    uint32_t end;         /**< 0: there is no such piece */
    uint32_t copy_size;   /**< less than the range if that reaches into the primary's trailer */
    bool reaches_trailer; /**< then the scratch trailer keeps the status of this piece */
};

/** The topmost piece of a move of @p size bytes. */
struct otter_piece otter_piece_first(const struct otter_boot_slots *slots, uint32_t size);
/** The piece below @p piece. */
struct otter_piece otter_piece_next(const struct otter_boot_slots *slots,
                                    const struct otter_piece *piece);
/** How many pieces a move of @p size bytes takes; 0 without a scratch area. */
uint32_t otter_piece_count(const struct otter_boot_slots *slots, uint32_t size);

/** How many steps of @p piece are done. */
uint32_t otter_piece_steps_done(const struct otter_piece *piece,
                                const struct otter_boot_move *move);

/** The scratch area has a trailer of its own, with the status of one piece. */
struct otter_trailer_shape otter_piece_scratch_shape(const struct otter_boot_slots *slots);

/** `misfit`, as far as pieces go, and `max_image_size` of the strategy. */
const char *otter_piece_misfit(const struct otter_layout *layout, uint8_t image);
uint32_t otter_piece_max_image_size(const struct otter_layout *layout, uint8_t image);

/** Where the images are between two steps. */
extern const struct otter_boot_tracks otter_piece_tracks;

#endif
