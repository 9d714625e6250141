/* SPDX-License-Identifier: Apache-2.0 */

/* Swap with a status area: the pieces of a swap with scratch, but how far it is stands in a log of its
 * own. So the trailers are needed only for what agent and tools have to say and hear; they are small
 * whatever the write unit is, and sectors of the slots may differ in size by as much as one likes.
 *
 * The log outranks everything while it speaks of a move. Once both images are in place and the
 * primary's record is whole, the log is closed, and the flags in the trailer end the move as in any other
 * swap. docs/formats/status-area.md has the sequences and the state after each cut. */

#include <stddef.h>

#include "status_log.h"
#include "swap.h"
#include "swap_pieces.h"

/* ---- geometry ------------------------------------------------------------------------------- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t count_steps(const struct otter_boot_slots *slots, uint32_t size)
{
    return otter_piece_count(slots, size) * OTTER_PIECE_STEPS;
}

/* The steps that a note gives while the primary's trailer is written anew. */
static uint32_t steps_renewing(const struct otter_boot_slots *slots, uint32_t size)
{
    return count_steps(slots, size) + 1;
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    const char *because = otter_status_log_misfit(layout);

    return because == NULL ? otter_piece_misfit(layout, image) : because;
}

/* No trailer has to fit into the scratch area beside a piece. */
static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };

    (void)otter_swap_plan(layout, image, &plan);
    return otter_trailer_status_offset(&plan.slots.shape, plan.slots.primary.size);
}

/* ---- what is known of a move ---------------------------------------------------------------- */

/* Without them nothing can be moved, and there are no pieces to count. */
static bool devices_are_there(const struct otter_boot_slots *slots)
{
    return slots->secondary.flash != NULL && slots->scratch.flash != NULL;
}

static bool is_usable(const struct otter_boot_slots *slots, const struct otter_boot_note *note)
{
    return note->type != OTTER_SWAP_NONE && note->size > 0 && note->size <= slots->max_image_size
           && note->steps > 0
           && (!devices_are_there(slots) || note->steps <= steps_renewing(slots, note->size));
}

/* An open record in the primary speaks of a move that lacks only its last flags, or has torn ones. */
static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct otter_swap_record record;
    struct otter_status_log log;

    if (otter_status_log_open(slots, &log) == OTTER_OK && is_usable(slots, &log.newest)) {
        *move = (struct otter_boot_move){ .type = log.newest.type,
                                          .size = log.newest.size,
                                          .steps = log.newest.steps,
                                          .status_in_scratch = true };
        return OTTER_OK;
    }
    otter_swap_read_record(slots, &slots->primary, &slots->shape, &record);
    record.steps = count_steps(slots, record.trailer.swap_size);
    *move = otter_swap_move_of(&record, &record.trailer);
    return OTTER_OK;
}

static enum otter_result write_log(const struct otter_boot_slots *slots,
                                   struct otter_status_log *log, const struct otter_boot_move *move,
                                   uint32_t steps)
{
    struct otter_boot_move here = *move;

    here.steps = steps;
    return otter_status_log_write(slots, log, &here);
}

/* ---- the three steps of a piece ------------------------------------------------------------- */

/* Where the bytes of a piece end that an image takes. */
static uint32_t used_end(const struct otter_boot_move *move, const struct otter_piece *piece)
{
    return smaller(piece->end, move->size);
}

/* Erase what the piece takes of a slot. The first piece takes the slot's trailer along, which may share
 * a sector with it. */
static enum otter_result clear(const struct otter_boot_slots *slots, const struct otter_area *slot,
                               const struct otter_boot_move *move, const struct otter_piece *piece)
{
    const uint32_t tail = otter_swap_tail_start(slots, slot);
    uint32_t end = otter_boot_sector_end(slot, used_end(move, piece) - 1);
    enum otter_result result = OTTER_OK;

    if (piece->number == 1) {
        result = otter_boot_erase_tail(slots, slot, tail);
        end = smaller(end, tail);
    }
    return result == OTTER_OK ? otter_boot_erase(slots, slot, piece->start, end) : result;
}

static enum otter_result clear_scratch(const struct otter_boot_slots *slots, uint32_t len)
{
    return otter_boot_erase(slots, &slots->scratch, 0,
                            len == 0 ? 0 : otter_boot_sector_end(&slots->scratch, len - 1));
}

/* Step 1: the secondary's bytes go to the scratch area. */
static enum otter_result stage(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move, const struct otter_piece *piece)
{
    const uint32_t len = used_end(move, piece) - piece->start;
    const enum otter_result result = clear_scratch(slots, len);

    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->secondary,
                                                             .from_offset = piece->start,
                                                             .to = &slots->scratch,
                                                             .len = len });
}

/* Step 2: the primary's bytes go to the secondary. With the first piece the request goes; it is not
 * needed any more, as the log has the first step. */
static enum otter_result give(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, const struct otter_piece *piece)
{
    const enum otter_result result = clear(slots, &slots->secondary, move, piece);

    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots,
                           &(struct otter_boot_copy){ .from = &slots->primary,
                                                      .from_offset = piece->start,
                                                      .to = &slots->secondary,
                                                      .to_offset = piece->start,
                                                      .len = used_end(move, piece) - piece->start,
                                                      .veil = slots->outgoing,
                                                      .image_offset = piece->start });
}

/* Step 3: the scratch area's bytes go to the primary. */
static enum otter_result take(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, const struct otter_piece *piece)
{
    const enum otter_result result = clear(slots, &slots->primary, move, piece);

    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots,
                           &(struct otter_boot_copy){ .from = &slots->scratch,
                                                      .to = &slots->primary,
                                                      .to_offset = piece->start,
                                                      .len = used_end(move, piece) - piece->start,
                                                      .veil = slots->incoming,
                                                      .image_offset = piece->start });
}

static enum otter_result (*const steps[OTTER_PIECE_STEPS])(const struct otter_boot_slots *slots,
                                                           const struct otter_boot_move *move,
                                                           const struct otter_piece *piece) = {
    stage,
    give,
    take,
};

static enum otter_result exchange_piece(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move,
                                        const struct otter_piece *piece,
                                        struct otter_status_log *log)
{
    const uint32_t before = (piece->number - 1) * OTTER_PIECE_STEPS;
    enum otter_result result = OTTER_OK;

    for (uint32_t step = otter_piece_steps_done(piece, move);
         result == OTTER_OK && step < OTTER_PIECE_STEPS; step++) {
        result = steps[step](slots, move, piece);
        if (result == OTTER_OK) {
            result = write_log(slots, log, move, before + step + 1);
        }
    }
    return result;
}

/* The note that was found may be a torn one, which reads as whole only now and then; and a torn one may be
 * there where none was found: the first of a move, which speaks of a piece in the scratch area. Before
 * anything is built on either, another one says the same. */
static enum otter_result hold_position(const struct otter_boot_slots *slots,
                                       const struct otter_boot_move *move,
                                       struct otter_status_log *log)
{
    const enum otter_result result = otter_status_log_open(slots, log);

    return result == OTTER_OK
                   && (log->newest.type != OTTER_SWAP_NONE
                       || otter_status_log_is_doubtful(slots, log))
               ? write_log(slots, log, move, move->steps)
               : result;
}

static enum otter_result exchange(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    const uint32_t total = otter_piece_count(slots, move->size);
    struct otter_piece piece = otter_piece_first(slots, move->size);
    struct otter_status_log log;
    enum otter_result result = hold_position(slots, move, &log);

    while (result == OTTER_OK && piece.end > 0) {
        result = exchange_piece(slots, move, &piece, &log);
        if (result == OTTER_OK) {
            otter_boot_progress(slots, move, piece.number, total);
        }
        piece = otter_piece_next(slots, &piece);
    }
    return result;
}

/* ---- the primary's trailer ------------------------------------------------------------------ */

static enum otter_result write_record(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move)
{
    return otter_swap_write_record(slots, &slots->primary, &slots->shape, move, 0);
}

/* Bytes of the image in the sectors of the primary's trailer. */
static uint32_t shared_size(const struct otter_boot_slots *slots,
                            const struct otter_boot_move *move)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);

    return move->size > tail ? move->size - tail : 0;
}

static enum otter_result save_tail(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);
    const uint32_t len = shared_size(slots, move);
    const enum otter_result result = clear_scratch(slots, len);

    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->primary,
                                                             .from_offset = tail,
                                                             .to = &slots->scratch,
                                                             .len = len,
                                                             .veil = slots->outgoing,
                                                             .image_offset = tail });
}

/* From the note on, the scratch area holds what shares sectors with the trailer. */
static enum otter_result restore_tail(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);
    struct otter_status_log log;
    enum otter_result result = otter_status_log_open(slots, &log);

    if (result == OTTER_OK) {
        result = write_log(slots, &log, move, steps_renewing(slots, move->size));
    }
    if (result == OTTER_OK) {
        result = otter_boot_erase_tail(slots, &slots->primary, tail);
    }
    if (result == OTTER_OK) {
        result = otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->scratch,
                                                                   .to = &slots->primary,
                                                                   .to_offset = tail,
                                                                   .len = shared_size(slots, move),
                                                                   .veil = slots->incoming,
                                                                   .image_offset = tail });
    }
    return result == OTTER_OK ? write_record(slots, move) : result;
}

static enum otter_result renew_tail(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move)
{
    const enum otter_result result = save_tail(slots, move);

    return result == OTTER_OK ? restore_tail(slots, move) : result;
}

static struct otter_boot_place locate_in_primary(const struct otter_boot_slots *slots,
                                                 const struct otter_boot_move *move,
                                                 uint32_t offset)
{
    return (struct otter_boot_place){ &slots->primary, offset, move->size - offset };
}

static struct otter_boot_place locate_saved(const struct otter_boot_slots *slots,
                                            const struct otter_boot_move *move, uint32_t offset)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);

    return offset < tail
               ? (struct otter_boot_place){ &slots->primary, offset, tail - offset }
               : (struct otter_boot_place){ &slots->scratch, offset - tail, move->size - offset };
}

/* Nothing is left for the log to say: the primary's record is whole. A log that is closed already may be so by
 * a torn note: it is closed again, before the last flags are written. */
static enum otter_result close_log(const struct otter_boot_slots *slots)
{
    static const struct otter_boot_move over = { .type = OTTER_SWAP_NONE };
    struct otter_status_log log;
    const enum otter_result result = otter_status_log_open(slots, &log);

    return result == OTTER_OK ? otter_status_log_write(slots, &log, &over) : result;
}

static enum otter_result renew(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { locate_in_primary, locate_in_primary };
    const enum otter_result result = otter_boot_run_veiled(slots, move, &tracks, renew_tail);

    return result == OTTER_OK ? close_log(slots) : result;
}

/* The trailer is erased when all steps are made. But if that is found after a cut, the cut may have left
 * half a record, whether it can be seen or not. */
static enum otter_result write_record_at_last(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move)
{
    struct otter_trailer trailer;

    otter_trailer_read(&slots->primary, &slots->shape, &trailer);
    if (trailer.magic == OTTER_FLAG_SET && trailer.swap_type != OTTER_SWAP_NONE) {
        return OTTER_OK;
    }
    return move->steps < count_steps(slots, move->size) ? write_record(slots, move)
                                                        : renew(slots, move);
}

/* ---- running and ending --------------------------------------------------------------------- */

/* Bring both images to their places, or what the scratch area holds of one back to its. */
static enum otter_result bring_home(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks saved = { locate_saved, NULL };
    const uint32_t total = count_steps(slots, move->size);
    struct otter_status_log log;

    if (move->steps < total) {
        return otter_boot_run_veiled(slots, move, &otter_piece_tracks, exchange);
    }
    if (move->steps > total) {
        return otter_boot_run_veiled(slots, move, &saved, restore_tail);
    }
    return hold_position(slots, move, &log);
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    enum otter_result result = devices_are_there(slots) ? bring_home(slots, move) : OTTER_ERR_FLASH;

    if (result == OTTER_OK) {
        result = write_record_at_last(slots, move);
    }
    return result == OTTER_OK ? close_log(slots) : result;
}

static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    return otter_swap_finish(slots, move, primary_is_good, renew);
}

/* ---- attempts ------------------------------------------------------------------------------- */

/* A log that is closed says no steps of a move, but how many attempts were made since. */
static uint32_t read_tally(const struct otter_boot_slots *slots)
{
    struct otter_status_log log;

    return otter_status_log_open(slots, &log) == OTTER_OK && log.newest.type == OTTER_SWAP_NONE
               ? log.newest.steps
               : UINT32_MAX;
}

static enum otter_result add_to_tally(const struct otter_boot_slots *slots)
{
    static const struct otter_boot_move none = { .type = OTTER_SWAP_NONE };
    struct otter_status_log log;
    const enum otter_result result = otter_status_log_open(slots, &log);

    return result == OTTER_OK ? write_log(slots, &log, &none, log.newest.steps + 1) : result;
}

static const struct otter_boot_tally tally = { .read = read_tally, .add = add_to_tally };

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = max_image_size,
};

static const struct otter_boot_moves moves = {
    .exchanges = true,
    .tally = &tally,
    .find = find,
    .run = run,
    .finish = finish,
};

const struct otter_strategy otter_swap_status = {
    .name = "swap-status",
    .geometry = &geometry,
    .moves = &moves,
};

const struct otter_strategy otter_swap_status_proven = { .name = "swap-status", .moves = &moves };
