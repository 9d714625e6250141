/* SPDX-License-Identifier: Apache-2.0 */

/* The geometry of a swap by scratch: how the slots divide into pieces, which layouts allow it, and
 * where the bytes of the two images are while their pieces travel. Nothing here touches flash. */

#include "swap_pieces.h"

#include <stddef.h>

#include "swap.h"

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

struct otter_trailer_shape otter_piece_scratch_shape(const struct otter_boot_slots *slots)
{
    struct otter_trailer_shape shape = slots->shape;

    shape.max_sectors =
        (uint16_t)smaller(shape.max_sectors, 1); /* it only ever holds the status of one piece */
    return shape;
}

/* ---- dividing the slots --------------------------------------------------------------------- */

/* The first offset at or above @p size where sectors end in both slots. */
static uint32_t common_end(const struct otter_boot_slots *slots, uint32_t size)
{
    uint32_t end = 0;

    while (end < slots->primary.size
           && (end < size || !otter_swap_is_boundary(&slots->secondary, end))) {
        end = otter_boot_sector_end(&slots->primary, end);
    }
    return end;
}

/* The lowest common boundary from which everything up to @p end fits the scratch area; @p end
 * itself if there is none. */
static uint32_t piece_start(const struct otter_boot_slots *slots, uint32_t end)
{
    uint32_t best = end;
    uint32_t start = end;

    while (start > 0) {
        start = otter_boot_sector_start(&slots->primary, start - 1);
        if (end - start > slots->scratch.size) {
            break;
        }
        if (otter_swap_is_boundary(&slots->secondary, start)) {
            best = start;
        }
    }
    return best;
}

static struct otter_piece piece_below(const struct otter_boot_slots *slots, uint32_t end,
                                      uint32_t number)
{
    const struct otter_trailer_shape for_scratch = otter_piece_scratch_shape(slots);
    struct otter_piece piece = {
        .number = number,
        .start = piece_start(slots, end),
        .end = end,
        .reaches_trailer = end > otter_swap_tail_start(slots, &slots->primary),
    };

    piece.copy_size = piece.end - piece.start;
    if (piece.reaches_trailer) {
        const uint32_t up_to = otter_trailer_status_offset(&slots->shape, slots->primary.size);

        piece.copy_size =
            smaller(up_to - piece.start, slots->scratch.size - otter_trailer_size(&for_scratch));
    }
    return piece;
}

struct otter_piece otter_piece_first(const struct otter_boot_slots *slots, uint32_t size)
{
    return piece_below(slots, common_end(slots, size), 1);
}

struct otter_piece otter_piece_next(const struct otter_boot_slots *slots,
                                    const struct otter_piece *piece)
{
    return piece_below(slots, piece->start, piece->number + 1);
}

uint32_t otter_piece_count(const struct otter_boot_slots *slots, uint32_t size)
{
    uint32_t end = common_end(slots, size);
    uint32_t start = piece_start(slots, end);
    uint32_t count = 0;

    while (start < end) {
        count++;
        end = start;
        start = piece_start(slots, end);
    }
    return count;
}

uint32_t otter_piece_steps_done(const struct otter_piece *piece, const struct otter_boot_move *move)
{
    const uint32_t before = (piece->number - 1) * OTTER_PIECE_STEPS;

    return move->steps > before ? smaller(move->steps - before, OTTER_PIECE_STEPS) : 0;
}

/* ---- does a layout fit ---------------------------------------------------------------------- */

static const char *make_plan(const struct otter_layout *layout, uint8_t image,
                             struct otter_swap_plan *plan)
{
    struct otter_boot_slots *slots = &plan->slots;
    const char *because = otter_swap_plan(layout, image, plan);

    if (because != NULL) {
        return because;
    }
    if (!otter_boot_plan_area(layout, OTTER_AREA_SCRATCH, 0, &plan->flash[2], &slots->scratch)) {
        return "there is no scratch area";
    }
    return otter_swap_misfit_of_area(&slots->shape, &slots->scratch);
}

/* Each piece must hold at least a sector of each slot. */
static bool pieces_fit(const struct otter_boot_slots *slots)
{
    uint32_t end = slots->primary.size;

    while (end > 0 && piece_start(slots, end) < end) {
        end = piece_start(slots, end);
    }
    return end == 0;
}

static const char *misfit_of_slots(const struct otter_boot_slots *slots)
{
    const struct otter_trailer_shape for_scratch = otter_piece_scratch_shape(slots);

    if (slots->primary.size != slots->secondary.size) {
        return "primary and secondary slot differ in size";
    }
    if (!pieces_fit(slots)) {
        return "the sectors of the slots do not line up within the size of the scratch area";
    }
    if (otter_trailer_size(&slots->shape) >= slots->primary.size
        || otter_trailer_size(&for_scratch) >= slots->scratch.size) {
        return "the trailer leaves no room for an image";
    }
    return NULL;
}

const char *otter_piece_misfit(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };
    const char *because = make_plan(layout, image, &plan);

    return because == NULL ? misfit_of_slots(&plan.slots) : because;
}

/* An image may reach up to the trailer. But if the piece that holds the trailer's first sector has
 * less room behind the image than the scratch trailer takes, the image must leave the difference:
 * the piece and the scratch trailer share the scratch area. */
uint32_t otter_piece_max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };
    const struct otter_boot_slots *slots = &plan.slots;

    (void)make_plan(layout, image, &plan);

    const struct otter_trailer_shape for_scratch = otter_piece_scratch_shape(slots);
    const uint32_t limit = otter_trailer_status_offset(&slots->shape, slots->primary.size);
    const uint32_t primary_end = otter_boot_sector_end(&slots->primary, limit);
    const uint32_t secondary_end = otter_boot_sector_end(&slots->secondary, limit);
    const uint32_t behind = (primary_end > secondary_end ? primary_end : secondary_end) - limit;
    const uint32_t needed = otter_trailer_size(&for_scratch);
    const uint32_t lost = needed > behind ? needed - behind : 0;

    return lost < limit ? limit - lost : 0;
}

/* ---- where the images are ------------------------------------------------------------------- */

/* The piece that the byte at @p offset travels with. */
static struct otter_piece piece_at(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move, uint32_t offset)
{
    struct otter_piece piece = otter_piece_first(slots, move->size);

    while (piece.start > offset) {
        piece = otter_piece_next(slots, &piece);
    }
    return piece;
}

static struct otter_boot_place place_in(const struct otter_area *area, uint32_t area_offset,
                                        const struct otter_piece *piece, uint32_t offset)
{
    return (struct otter_boot_place){
        .area = area,
        .offset = area_offset + (offset - piece->start),
        .len = piece->end - offset,
    };
}

/* Secondary, then scratch, then primary: a piece is at its new place once the step that copies it
 * is recorded, and not before. */
static struct otter_boot_place locate_incoming(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    const struct otter_piece piece = piece_at(slots, move, offset);
    const uint32_t done = otter_piece_steps_done(&piece, move);

    if (done == 0) {
        return place_in(&slots->secondary, piece.start, &piece, offset);
    }
    return done < OTTER_PIECE_STEPS ? place_in(&slots->scratch, 0, &piece, offset)
                                    : place_in(&slots->primary, piece.start, &piece, offset);
}

static struct otter_boot_place locate_outgoing(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    const struct otter_piece piece = piece_at(slots, move, offset);
    const bool is_here = otter_piece_steps_done(&piece, move) < OTTER_PIECE_STEPS - 1;

    return place_in(is_here ? &slots->primary : &slots->secondary, piece.start, &piece, offset);
}

const struct otter_boot_tracks otter_piece_tracks = { locate_incoming, locate_outgoing };
