/* SPDX-License-Identifier: Apache-2.0 */

/* Swap by offset: the staged image lies one piece above the start of the secondary slot, and both
 * images change places piece by piece through the one that is free. Each sector is erased once.
 *
 * Nothing is written between the steps. Before the first one, the primary's trailer gets the CRC of
 * every piece of both images, and after a cut the pieces themselves tell how far it got. One thing
 * they cannot tell: whether the last unit of a step that reads right was programmed to its end. As
 * long as the step's source is whole, the step is therefore done again.
 *
 * While the primary's trailer is written, the secondary's says what for: the request of an update, or
 * a note. docs/formats/trailer.md, "Swap by offset", has the sequences and the state after each cut. */

#include "swap_offset.h"

#include <stddef.h>

#include "swap.h"

/* What find() says if nothing but the primary's trailer is left to do. */
#define STEPS_TRAILER_ONLY UINT32_MAX

/* The trailer was written anew, but what asked for that may still be there. */
#define STEPS_CLEAR_ONLY (UINT32_MAX - 2)

/* The walk was begun, but a slot that does not answer hides how far it got. */
#define STEPS_UNKNOWN (UINT32_MAX - 1)

/* What reads right so often was not begun to be erased. */
#define READS_TO_BE_SURE 3u

/* ---- does a layout fit ---------------------------------------------------------------------- */

/* The slots of a layout; how large a piece is stands in the layout. */
struct plan {
    struct otter_boot_config config;
    struct otter_swap_plan of_swap;
};

static const char *make_plan(const struct otter_layout *layout, uint8_t image, struct plan *plan)
{
    *plan = (struct plan){ .config = { .layout = layout } };
    plan->of_swap.slots.config = &plan->config;
    return otter_swap_plan(layout, image, &plan->of_swap);
}

static uint32_t largest_sector(const struct otter_area *area)
{
    struct otter_sector sector;
    uint32_t largest = 0;

    for (uint32_t at = 0; otter_area_sector(area, at, &sector) == OTTER_OK; at += sector.size) {
        largest = sector.size > largest ? sector.size : largest;
    }
    return largest;
}

static bool pieces_end_with_sectors(const struct otter_area *slot, uint32_t piece)
{
    uint32_t at = 0;

    while (at < slot->size && otter_swap_is_boundary(slot, at)) {
        at += piece;
    }
    return at >= slot->size;
}

static const char *misfit_of_slot(const struct otter_boot_slots *slots,
                                  const struct otter_area *slot)
{
    if (otter_area_sector_count(slot) > slots->shape.max_sectors) {
        return "a slot has more sectors than max_sectors";
    }
    if (!pieces_end_with_sectors(slot, otter_offset_piece_size(slots))) {
        return "the sectors of the slots do not line up";
    }
    if (otter_trailer_size(&slots->shape) >= slot->size) {
        return "the trailer leaves no room for an image";
    }
    return NULL;
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct plan plan;
    const struct otter_boot_slots *slots = &plan.of_swap.slots;
    const char *because = make_plan(layout, image, &plan);

    if (because != NULL) {
        return because;
    }
    const uint32_t primary_sector = largest_sector(&slots->primary);
    const uint32_t secondary_sector = largest_sector(&slots->secondary);

    if (layout->staging_offset == 0
        || layout->staging_offset
               != (primary_sector > secondary_sector ? primary_sector : secondary_sector)) {
        return "staging_offset is not the size of the largest sector of both slots";
    }
    because = misfit_of_slot(slots, &slots->primary);
    return because == NULL ? misfit_of_slot(slots, &slots->secondary) : because;
}

static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct plan plan;
    const struct otter_boot_slots *slots = &plan.of_swap.slots;

    (void)make_plan(layout, image, &plan);

    const uint32_t primary_limit = otter_offset_tail(slots, &slots->primary);
    const uint32_t tail = otter_offset_tail(slots, &slots->secondary);
    const uint32_t secondary_limit =
        tail > layout->staging_offset ? tail - layout->staging_offset : 0;

    return primary_limit < secondary_limit ? primary_limit : secondary_limit;
}

/* ---- how far did it get --------------------------------------------------------------------- */

/* Is this step still to be done? Of what is right in neither place nothing is left to move, and the image is
 * found bad in the end; unless it is the device that does not answer now, and may later. */
static enum otter_result is_due(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, uint32_t number, bool *due)
{
    const struct otter_offset_step step = otter_offset_step(slots, move, number);
    struct otter_offset_sums sums;
    enum otter_result result = otter_offset_read_sums(slots, number, &sums);
    bool is_done = false;

    *due = false;
    if (result != OTTER_OK || step.len == 0) {
        return result;
    }
    (void)otter_offset_check(slots, step.to, step.to_offset, step.len, sums.target, &is_done);
    if (!is_done) {
        (void)otter_offset_check(slots, step.from, step.from_offset, step.len, sums.source, due);
    }
    return is_done || *due || otter_boot_speaks(slots, &slots->secondary) ? OTTER_OK
                                                                          : OTTER_ERR_FLASH;
}

static bool source_is_surely_whole(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move, uint32_t number)
{
    const struct otter_offset_step step = otter_offset_step(slots, move, number);
    struct otter_offset_sums sums;
    bool is_whole = otter_offset_read_sums(slots, number, &sums) == OTTER_OK;

    for (uint32_t i = 0; is_whole && i < READS_TO_BE_SURE; i++) {
        (void)otter_offset_check(slots, step.from, step.from_offset, step.len, sums.source,
                                 &is_whole);
    }
    return is_whole;
}

/* The first step from @p number on that moves something, or the end. */
static uint32_t next_step(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                          uint32_t number)
{
    const uint32_t end = otter_offset_count_steps(slots, move);

    while (number < end && otter_offset_step(slots, move, number).len == 0) {
        number++;
    }
    return number;
}

/* If the step before @p number can be done again, it is: it may have been cut in its last unit. */
static uint32_t step_back(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                          uint32_t number)
{
    uint32_t before = number;

    while (before > 0 && otter_offset_step(slots, move, before - 1).len == 0) {
        before--;
    }
    return before > 0 && source_is_surely_whole(slots, move, before - 1) ? before - 1 : number;
}

/* Find out how many steps are done of the move that the record speaks of, and set them in it. */
static enum otter_result find_frontier(const struct otter_boot_slots *slots,
                                       struct otter_boot_move *move)
{
    const uint32_t end = otter_offset_count_steps(slots, move);
    uint32_t number = 0;
    bool due = false;
    enum otter_result result = OTTER_OK;

    while (result == OTTER_OK && !due && number < end) {
        result = is_due(slots, move, number, &due);
        number += due ? 0 : 1;
    }
    if (number == end && otter_offset_has_landed(slots)) {
        move->steps = STEPS_TRAILER_ONLY;
    } else {
        move->steps = 1 + step_back(slots, move, number); /* the announcement counts as a step */
    }
    return result;
}

/* ---- what was begun ------------------------------------------------------------------------- */

/* The trailers, as far as a move that was begun is concerned. */
struct state {
    struct otter_trailer primary;
    struct otter_boot_move record; /* with type NONE: there is none */
    struct otter_boot_note note;   /* with type NONE: there is none */
};

/* What a trial lacks until it runs, and nobody else confirms. */
static bool is_confirmed_trial(const struct otter_trailer *primary)
{
    return primary->swap_type == OTTER_SWAP_TEST && primary->image_ok == OTTER_FLAG_SET;
}

static bool may_be_walking(const struct otter_trailer *primary)
{
    return primary->magic == OTTER_FLAG_SET && primary->copy_done == OTTER_FLAG_UNSET
           && !is_confirmed_trial(primary);
}

/* The record of a move that is over is long, and says nothing any more. */
static void read_state(const struct otter_boot_slots *slots, struct state *state)
{
    otter_trailer_read(&slots->primary, &slots->shape, &state->primary);
    if (!may_be_walking(&state->primary) || !otter_offset_read_record(slots, &state->record)) {
        state->record = (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    }
    if (!otter_offset_read_note(slots, &state->note)) {
        state->note = (struct otter_boot_note){ .type = OTTER_SWAP_NONE };
    }
}

/* A note of another type is about the trailer that shall come, not about the record in this one. */
static bool is_walking(const struct state *state)
{
    return state->record.type != OTTER_SWAP_NONE
           && (state->note.type == OTTER_SWAP_NONE || state->note.type == state->record.type);
}

/* A confirmed image is not reverted, whatever was announced before it was confirmed. */
static bool is_confirmed(const struct otter_trailer *primary)
{
    return primary->magic == OTTER_FLAG_SET && primary->copy_done == OTTER_FLAG_SET
           && primary->image_ok == OTTER_FLAG_SET;
}

static bool is_torn(const struct otter_trailer *primary)
{
    return primary->magic == OTTER_FLAG_SET && primary->swap_type != OTTER_SWAP_NONE
           && !is_confirmed_trial(primary)
           && (primary->copy_done == OTTER_FLAG_BAD || primary->image_ok == OTTER_FLAG_BAD);
}

static bool is_requested(const struct otter_boot_slots *slots)
{
    struct otter_trailer secondary;

    if (slots->secondary.flash == NULL) {
        return false;
    }
    otter_trailer_read(&slots->secondary, &slots->shape, &secondary);
    return secondary.magic == OTTER_FLAG_SET;
}

static bool incoming_is_in_place(const struct otter_boot_slots *slots,
                                 const struct otter_boot_move *move)
{
    const uint32_t end = otter_offset_count_steps(slots, move);
    bool in_place = true;

    for (uint32_t number = OTTER_OFFSET_TAKE; in_place && number < end;
         number += OTTER_OFFSET_STEPS_PER_PIECE) {
        const struct otter_offset_step step = otter_offset_step(slots, move, number);
        struct otter_offset_sums sums = { 0 };

        (void)otter_offset_read_sums(slots, number, &sums);
        (void)otter_offset_check(slots, step.to, step.to_offset, step.len, sums.target, &in_place);
    }
    return in_place;
}

/* Once the record of a renewal, which has no image in it, is sealed, the note is erased. A cut in that
 * erase may leave a note that reads as whole, but no place beside it that takes another one. */
static bool was_renewed(const struct otter_boot_slots *slots, const struct state *state)
{
    return state->note.type != OTTER_SWAP_NONE && otter_offset_has_landed(slots)
           && otter_offset_count_steps(slots, &state->record) == 0;
}

static void find_in_walk(const struct otter_boot_slots *slots, const struct state *state,
                         struct otter_boot_move *move)
{
    /* A request that came after the end: copy_done was cut, and reads as it likes. */
    if (is_requested(slots) && incoming_is_in_place(slots, &state->record)) {
        return;
    }
    *move = state->record;
    if (was_renewed(slots, state)) {
        move->steps = STEPS_CLEAR_ONLY;
    } else if (find_frontier(slots, move) != OTTER_OK) {
        move->steps = STEPS_UNKNOWN;
    }
}

static void find_note(const struct state *state, struct otter_boot_move *move)
{
    if (state->note.steps > 0 || !is_confirmed(&state->primary)) {
        *move = (struct otter_boot_move){ .type = state->note.type,
                                          .size = state->note.size,
                                          .steps = state->note.steps };
    }
}

static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct state state;

    *move = (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    read_state(slots, &state);
    if (is_walking(&state)) {
        find_in_walk(slots, &state, move);
    } else if (state.note.type != OTTER_SWAP_NONE) {
        find_note(&state, move);
    } else if (is_torn(&state.primary) && !is_requested(slots)) {
        *move = (struct otter_boot_move){ .type = state.primary.swap_type,
                                          .size = state.primary.swap_size,
                                          .steps = STEPS_TRAILER_ONLY };
    }
    return OTTER_OK;
}

/* ---- announcing ----------------------------------------------------------------------------- */

/* Write the primary's trailer anew. All the while the secondary's says what it shall be. */
static enum otter_result announce(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    enum otter_result result =
        otter_boot_erase_tail(slots, &slots->primary, otter_offset_tail(slots, &slots->primary));

    if (result == OTTER_OK) {
        result = otter_offset_write_record(slots, move);
    }
    if (result == OTTER_OK) {
        result = otter_offset_seal(slots);
    }
    return result == OTTER_OK ? otter_offset_clear(slots) : result;
}

/* An update has its request in place of a note. */
static enum otter_result announce_walk(const struct otter_boot_slots *slots,
                                       const struct otter_boot_move *move)
{
    const struct otter_boot_note note = { .type = move->type,
                                          .image = slots->image,
                                          .size = move->size };
    const enum otter_result result =
        move->type == OTTER_SWAP_REVERT ? otter_offset_write_note(slots, &note) : OTTER_OK;

    return result == OTTER_OK ? announce(slots, move) : result;
}

/* The record stands, but nobody knows whether what it was made from has been erased. */
static enum otter_result announce_again(const struct otter_boot_slots *slots)
{
    const enum otter_result result = otter_offset_seal(slots);

    return result == OTTER_OK ? otter_offset_clear(slots) : result;
}

/* A flag that was cut cannot be programmed again, so the trailer is written anew. The new record has
 * no image in it: both are in place. */
static enum otter_result renew_trailer(const struct otter_boot_slots *slots,
                                       const struct otter_boot_move *move)
{
    const struct otter_boot_move trailer_only = { .type = move->type, .size = move->size };
    const struct otter_boot_note note = {
        .type = move->type, .image = slots->image, .size = move->size, .steps = STEPS_TRAILER_ONLY
    };
    const enum otter_result result = otter_offset_write_note(slots, &note);

    return result == OTTER_OK ? announce(slots, &trailer_only) : result;
}

/* ---- walking -------------------------------------------------------------------------------- */

/* Only sectors that the image reaches are erased. */
static enum otter_result take_step(const struct otter_boot_slots *slots,
                                   const struct otter_offset_step *step)
{
    const enum otter_result result =
        otter_boot_erase(slots, step->to, step->to_offset, step->to_offset + step->len);

    return result == OTTER_OK ? otter_boot_copy(
               slots, &(struct otter_boot_copy){ .from = step->from,
                                                 .from_offset = step->from_offset,
                                                 .to = step->to,
                                                 .to_offset = step->to_offset,
                                                 .len = step->len,
                                                 .veil = step->veil,
                                                 .image_offset = step->image_offset })
                              : result;
}

/* In a walk that is made in one go, all steps are due. In one that was interrupted, the first is what
 * find_frontier() found; whether the others are due is asked, as pieces that are equal in both images
 * may have misled it. One of them may be the one that was cut, and read right only this time. */
static enum otter_result walk(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, uint32_t first, bool is_resumed)
{
    const uint32_t end = otter_offset_count_steps(slots, move);
    enum otter_result result = OTTER_OK;

    for (uint32_t number = first; result == OTTER_OK && number < end; number++) {
        const struct otter_offset_step step = otter_offset_step(slots, move, number);
        bool due = step.len > 0;

        if (is_resumed && number > first) {
            result = is_due(slots, move, number, &due);
            due = due || (step.len > 0 && source_is_surely_whole(slots, move, number));
        }
        if (result == OTTER_OK && due) {
            result = take_step(slots, &step);
        }
        otter_boot_progress(slots, move, number + 1, end);
    }
    return result;
}

static enum otter_result begin(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    const enum otter_result result = announce_walk(slots, move);

    return result == OTTER_OK ? walk(slots, move, 0, false) : result;
}

static enum otter_result resume(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move)
{
    const uint32_t first = next_step(slots, move, move->steps - 1);
    const enum otter_result result = move->steps == 1 ? announce_again(slots) : OTTER_OK;

    return result == OTTER_OK ? walk(slots, move, first, true) : result;
}

/* ---- where the images are ------------------------------------------------------------------- */

static uint32_t steps_walked(const struct otter_boot_move *move)
{
    return move->steps > 0 ? move->steps - 1 : 0;
}

static struct otter_boot_place locate_incoming(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    return otter_offset_incoming(slots, move, offset, steps_walked(move));
}

static struct otter_boot_place locate_outgoing(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    return otter_offset_outgoing(slots, move, offset, steps_walked(move));
}

/* ---- running and ending --------------------------------------------------------------------- */

/* An image that cannot be read to its end would stop every update for ever. It is given up: it
 * could not be started either. */
static bool is_readable(const struct otter_boot_slots *slots, const struct otter_image *image)
{
    const struct otter_offset_step all = { .from = image->area,
                                           .from_offset = image->start,
                                           .len = image->size };
    struct otter_offset_sums sums;

    return otter_offset_sum_up(slots, &all, &sums) == OTTER_OK;
}

/* The images as they lie before the first step. */
static enum otter_result measure(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct otter_image image;
    const enum otter_result result = otter_image_open(
        &slots->secondary, otter_boot_staged_at(slots, move->type), slots->max_image_size, &image);

    if (result != OTTER_OK) {
        return result;
    }
    move->incoming = image.size;
    move->outgoing = 0;
    if (otter_image_open(&slots->primary, 0, slots->max_image_size, &image) == OTTER_OK
        && is_readable(slots, &image)) {
        move->outgoing = image.size;
    }
    return OTTER_OK;
}

/* After a revert the refused image lies at the staging offset, and what is left of the other one in
 * front of it must not be taken for an image. */
static enum otter_result tidy(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move)
{
    return move->type == OTTER_SWAP_REVERT
               ? otter_boot_erase(slots, &slots->secondary, 0, otter_offset_piece_size(slots))
               : OTTER_OK;
}

/* Was at most the last step left when the move was found? Then the cut may have hit swap_size. */
static bool may_have_landed(const struct otter_boot_slots *slots,
                            const struct otter_boot_move *move)
{
    return move->steps > 0
           && next_step(slots, move, next_step(slots, move, move->steps - 1) + 1)
                  >= otter_offset_count_steps(slots, move);
}

/* All is in place, and only now the trailer says how much was moved: who finds that does not do the
 * last step again, however copy_done may read. */
static enum otter_result land(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move)
{
    return may_have_landed(slots, move) || otter_offset_has_landed(slots)
               ? renew_trailer(slots, move)
               : otter_trailer_write_swap_size(&slots->primary, &slots->shape, move->size);
}

static enum otter_result move_images(const struct otter_boot_slots *slots,
                                     const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { locate_incoming, locate_outgoing };
    enum otter_result result =
        otter_boot_run_veiled(slots, move, &tracks, move->steps == 0 ? begin : resume);

    if (result == OTTER_OK) {
        result = tidy(slots, move);
    }
    return result == OTTER_OK ? land(slots, move) : result;
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    struct otter_boot_move measured = *move;
    enum otter_result result = OTTER_OK;

    if (move->steps == STEPS_UNKNOWN) {
        return OTTER_ERR_FLASH;
    }
    if (move->steps == STEPS_CLEAR_ONLY) {
        return announce_again(slots);
    }
    if (move->steps == STEPS_TRAILER_ONLY) {
        return renew_trailer(slots, move);
    }
    if (move->steps == 0) {
        result = measure(slots, &measured);
    }
    return result == OTTER_OK ? move_images(slots, &measured) : result;
}

/* The flag says that the move is over, whatever came out of it: a trial that does not verify is
 * reverted like any other. What arrived damaged is a trial, even if it was to be for good. */
static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    const struct otter_boot_move trial = { .type = OTTER_SWAP_TEST, .size = move->size };
    enum otter_result result = OTTER_OK;

    if (move->type == OTTER_SWAP_PERM && !primary_is_good) {
        result = renew_trailer(slots, &trial);
    }
    return result == OTTER_OK ? otter_trailer_write_copy_done(&slots->primary, &slots->shape)
                              : result;
}

static const struct otter_boot_geometry geometry = {
    .stages_above = true,
    .misfit = misfit,
    .max_image_size = max_image_size,
};

static const struct otter_boot_moves moves = {
    .exchanges = true,
    .find = find,
    .run = run,
    .finish = finish,
};

const struct otter_strategy otter_swap_offset = {
    .name = "swap-offset",
    .geometry = &geometry,
    .moves = &moves,
};

const struct otter_strategy otter_swap_offset_proven = { .name = "swap-offset", .moves = &moves };
