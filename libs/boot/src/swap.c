/* SPDX-License-Identifier: Apache-2.0 */

/* What every swap is made of: the record of a move in a trailer, and the flags that end the move.
 * swap.h shows how a strategy is composed of it. */

#include "swap.h"

#include <stddef.h>

/* ---- geometry ------------------------------------------------------------------------------- */

static const char *open_slots(const struct otter_layout *layout, uint8_t image,
                              struct otter_swap_plan *plan)
{
    struct otter_boot_slots *slots = &plan->slots;

    slots->shape = otter_trailer_shape(layout);
    if (!otter_boot_plan_area(layout, OTTER_AREA_PRIMARY, image, &plan->flash[0],
                              &slots->primary)) {
        return "there is no primary slot";
    }
    if (!otter_boot_plan_area(layout, OTTER_AREA_SECONDARY, image, &plan->flash[1],
                              &slots->secondary)) {
        return "there is no secondary slot";
    }
    return NULL;
}

const char *otter_swap_misfit_of_area(const struct otter_trailer_shape *shape,
                                      const struct otter_area *area)
{
    if (otter_area_sector_count(area) == 0) {
        return "an area does not lie on sector boundaries";
    }
    if (otter_area_write_size(area) > shape->max_align) {
        return "a write unit is larger than max_align";
    }
    return NULL;
}

const char *otter_swap_plan(const struct otter_layout *layout, uint8_t image,
                            struct otter_swap_plan *plan)
{
    const char *because = open_slots(layout, image, plan);

    if (because == NULL) {
        because = otter_swap_misfit_of_area(&plan->slots.shape, &plan->slots.primary);
    }
    if (because == NULL) {
        because = otter_swap_misfit_of_area(&plan->slots.shape, &plan->slots.secondary);
    }
    return because;
}

const char *otter_swap_misfit_of_status(const struct otter_boot_slots *slots)
{
    if (slots->shape.max_sectors == 0) {
        return "with a status area, there is no room for status in the trailers";
    }
    if (otter_area_sector_count(&slots->primary) > slots->shape.max_sectors
        || otter_area_sector_count(&slots->secondary) > slots->shape.max_sectors) {
        return "a slot has more sectors than max_sectors";
    }
    return NULL;
}

uint32_t otter_swap_tail_start(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    return otter_boot_sector_start(slot, otter_trailer_status_offset(&slots->shape, slot->size));
}

bool otter_swap_is_boundary(const struct otter_area *area, uint32_t offset)
{
    return offset == area->size || otter_boot_sector_start(area, offset) == offset;
}

/* ---- records -------------------------------------------------------------------------------- */

/* A confirmation that tore counts as neither given nor refused: the move is opened again, its last
 * flags are renewed, and the trial gets another run. */
static void judge_record(const struct otter_boot_slots *slots, struct otter_swap_record *record)
{
    const struct otter_trailer *trailer = &record->trailer;

    record->is_torn = trailer->copy_done == OTTER_FLAG_BAD || trailer->image_ok == OTTER_FLAG_BAD;
    record->is_open = trailer->magic == OTTER_FLAG_SET && trailer->swap_type >= OTTER_SWAP_TEST
                      && trailer->swap_type <= OTTER_SWAP_REVERT
                      && trailer->swap_image == slots->image
                      && trailer->swap_size <= slots->max_image_size
                      && (trailer->copy_done != OTTER_FLAG_SET || record->is_torn);
}

void otter_swap_read_record(const struct otter_boot_slots *slots, const struct otter_area *area,
                            const struct otter_trailer_shape *shape,
                            struct otter_swap_record *record)
{
    *record = (struct otter_swap_record){ 0 };
    if (area->flash == NULL) {
        return;
    }
    otter_trailer_read(area, shape, &record->trailer);
    judge_record(slots, record);
    if (record->is_open) {
        record->steps = otter_trailer_count_status(area, shape);
    }
}

/* A confirmed image is not reverted, whatever was announced before it was confirmed. */
static bool is_settled(const struct otter_trailer *primary)
{
    return primary->magic == OTTER_FLAG_SET && primary->image_ok == OTTER_FLAG_SET;
}

struct otter_boot_move otter_swap_move_of(const struct otter_swap_record *record,
                                          const struct otter_trailer *primary)
{
    const struct otter_trailer *trailer = &record->trailer;
    const bool is_due =
        record->steps > 0 || (trailer->swap_type == OTTER_SWAP_REVERT && !is_settled(primary));

    if (!record->is_open || !is_due) {
        return (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    }
    return (struct otter_boot_move){
        .type = trailer->swap_type,
        .size = trailer->swap_size,
        .steps = record->steps,
    };
}

static enum otter_result write_steps(const struct otter_area *area,
                                     const struct otter_trailer_shape *shape, uint32_t steps)
{
    enum otter_result result = OTTER_OK;

    for (uint32_t i = 0; result == OTTER_OK && i < steps; i++) {
        result =
            otter_trailer_write_status(area, shape, i, (uint8_t)(i % shape->status_states + 1));
    }
    return result;
}

enum otter_result otter_swap_write_record(const struct otter_boot_slots *slots,
                                          const struct otter_area *area,
                                          const struct otter_trailer_shape *shape,
                                          const struct otter_boot_move *move, uint32_t steps)
{
    enum otter_result result = write_steps(area, shape, steps);

    if (result == OTTER_OK) {
        result = otter_trailer_write_swap_info(area, shape, move->type, slots->image);
    }
    if (result == OTTER_OK) {
        result = otter_trailer_write_swap_size(area, shape, move->size);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(area, shape) : result;
}

/* ---- the end -------------------------------------------------------------------------------- */

static enum otter_result write_last_flags(const struct otter_boot_slots *slots,
                                          const struct otter_boot_move *move,
                                          const struct otter_trailer *trailer)
{
    enum otter_result result = OTTER_OK;

    if (move->type != OTTER_SWAP_TEST && trailer->image_ok == OTTER_FLAG_UNSET) {
        result = otter_trailer_write_image_ok(&slots->primary, &slots->shape);
    }
    if (result == OTTER_OK && trailer->copy_done == OTTER_FLAG_UNSET) {
        result = otter_trailer_write_copy_done(&slots->primary, &slots->shape);
    }
    return result;
}

/* A record that covers less than the image that lies here was written by no bootloader; to renew
 * the trailer by it would cut that image off. */
static bool covers_primary(const struct otter_boot_slots *slots, const struct otter_boot_move *move)
{
    struct otter_image image;

    return otter_image_open(&slots->primary, 0, slots->primary.size, &image) != OTTER_OK
           || image.size <= move->size;
}

/* A trial that was confirmed before the damage was seen is one for good. What arrived damaged is not, even
 * if that was asked for: a trial that is not confirmed goes back. */
static struct otter_boot_move decided(const struct otter_boot_move *move,
                                      const struct otter_trailer *trailer, bool primary_is_good)
{
    struct otter_boot_move result = *move;

    if (move->type == OTTER_SWAP_TEST && trailer->image_ok == OTTER_FLAG_SET) {
        result.type = OTTER_SWAP_PERM;
    }
    if (result.type == OTTER_SWAP_PERM && !primary_is_good) {
        result.type = OTTER_SWAP_TEST;
    }
    return result;
}

static enum otter_result
renew_flags(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
            enum otter_result (*renew)(const struct otter_boot_slots *slots,
                                       const struct otter_boot_move *move))
{
    static const struct otter_trailer no_flags = { .image_ok = OTTER_FLAG_UNSET,
                                                   .copy_done = OTTER_FLAG_UNSET };
    enum otter_result result = renew(slots, move);

    if (result == OTTER_OK) {
        result = write_last_flags(slots, move, &no_flags);
    }
    return result == OTTER_OK ? OTTER_AGAIN : result;
}

enum otter_result otter_swap_finish(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move, bool primary_is_good,
                                    enum otter_result (*renew)(const struct otter_boot_slots *slots,
                                                               const struct otter_boot_move *move))
{
    struct otter_swap_record record;
    struct otter_boot_move known;

    /* A flag that was missing when the move was found, and now is there, reads as it likes. */
    otter_swap_read_record(slots, &slots->primary, &slots->shape, &record);
    known = decided(move, &record.trailer, primary_is_good);
    if (record.is_open && !record.is_torn) {
        return write_last_flags(slots, &known, &record.trailer);
    }
    return covers_primary(slots, move) ? renew_flags(slots, &known, renew) : OTTER_ERR_TRAILER;
}
