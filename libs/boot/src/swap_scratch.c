/* SPDX-License-Identifier: Apache-2.0 */

/* Swap with scratch: the slots are exchanged piece by piece, from their end to their start, each
 * piece through the scratch area in three steps. Every step only destroys what an earlier step has
 * copied, and its status entry is written after it: whichever step a cut hits is simply repeated.
 *
 * The record of all this is the primary's trailer. While that trailer has to be erased itself, the
 * scratch area's trailer stands in for it, and find() decides which of the two to believe.
 * docs/formats/trailer.md, "Swap with scratch", has the sequences and the state after each cut. */

#include "swap.h"
#include "swap_pieces.h"

/* No piece leaves three entries in the scratch trailer: its third is the primary's. So three mean
 * that the primary's trailer is being renewed (see renew()). */
#define STEPS_RENEWING OTTER_PIECE_STEPS

/* ---- which record to believe ---------------------------------------------------------------- */

/* A first piece that reaches the trailer has its first two entries in the scratch area, and only
 * such a piece does. A record that says otherwise was not written by a bootloader. */
static bool is_plausible(const struct otter_boot_slots *slots,
                         const struct otter_swap_record *record, bool in_scratch)
{
    const struct otter_piece first = otter_piece_first(slots, record->trailer.swap_size);

    if (in_scratch) {
        return record->steps == 0 || record->steps == STEPS_RENEWING || first.reaches_trailer;
    }
    return record->steps != 1 || !first.reaches_trailer;
}

static void read_record(const struct otter_boot_slots *slots, bool in_scratch,
                        struct otter_swap_record *record)
{
    const struct otter_trailer_shape for_scratch = otter_piece_scratch_shape(slots);

    otter_swap_read_record(slots, in_scratch ? &slots->scratch : &slots->primary,
                           in_scratch ? &for_scratch : &slots->shape, record);
    record->is_open = record->is_open && is_plausible(slots, record, in_scratch);
}

/* Both may be open. The primary's is erased only while the scratch holds a record with steps in it,
 * the scratch's only after the primary holds one with steps and without a torn flag; so a record of
 * that kind in the primary is whole, and otherwise steps in the scratch count. An erase that was
 * cut cannot fake either: one that leaves the magic has taken swap_info or swap_size first. */
static bool believe_scratch(const struct otter_swap_record *primary,
                            const struct otter_swap_record *scratch)
{
    const bool primary_is_whole = primary->is_open && !primary->is_torn && primary->steps > 0;

    if (!scratch->is_open || primary_is_whole) {
        return false;
    }
    return scratch->steps > 0 || !primary->is_open;
}

static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct otter_swap_record primary;
    struct otter_swap_record scratch;

    read_record(slots, false, &primary);
    read_record(slots, true, &scratch);
    if (believe_scratch(&primary, &scratch)) {
        *move = otter_swap_move_of(&scratch, &primary.trailer);
        move->status_in_scratch = true;
    } else {
        *move = otter_swap_move_of(&primary, &primary.trailer);
    }
    return OTTER_OK;
}

/* ---- writing the records -------------------------------------------------------------------- */

static enum otter_result erase_scratch(const struct otter_boot_slots *slots)
{
    return otter_boot_erase_tail(slots, &slots->scratch, 0);
}

static enum otter_result erase_tail(const struct otter_boot_slots *slots,
                                    const struct otter_area *slot)
{
    return otter_boot_erase_tail(slots, slot, otter_swap_tail_start(slots, slot));
}

/* The record of a move of which @p steps are done, in the erased trailer of the primary slot. */
static enum otter_result record_in_primary(const struct otter_boot_slots *slots,
                                           const struct otter_boot_move *move, uint32_t steps)
{
    return otter_swap_write_record(slots, &slots->primary, &slots->shape, move, steps);
}

static enum otter_result record_in_scratch(const struct otter_boot_slots *slots,
                                           const struct otter_boot_move *move, uint32_t steps)
{
    const struct otter_trailer_shape shape = otter_piece_scratch_shape(slots);

    return otter_swap_write_record(slots, &slots->scratch, &shape, move, steps);
}

static enum otter_result announce_in_scratch(const struct otter_boot_slots *slots,
                                             const struct otter_boot_move *move)
{
    const enum otter_result result = erase_scratch(slots);

    return result == OTTER_OK ? record_in_scratch(slots, move, 0) : result;
}

/* Does the scratch trailer announce this very move, with nothing done yet? */
static bool scratch_announces(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move)
{
    struct otter_swap_record scratch;

    read_record(slots, true, &scratch);
    return scratch.is_open && scratch.steps == 0 && scratch.trailer.swap_type == move->type;
}

/* The primary's old trailer is what says that a trial must be reverted. It may be erased only while
 * the scratch trailer says so too, and an announcement in the scratch trailer only while the
 * primary's does: that is why one which is already there is kept. */
static enum otter_result announce_in_primary(const struct otter_boot_slots *slots,
                                             const struct otter_boot_move *move)
{
    enum otter_result result = OTTER_OK;

    if (!scratch_announces(slots, move)) {
        result = announce_in_scratch(slots, move);
    }
    if (result == OTTER_OK) {
        result = erase_tail(slots, &slots->primary);
    }
    if (result == OTTER_OK) {
        result = record_in_primary(slots, move, 0);
    }
    return result == OTTER_OK ? erase_scratch(slots) : result;
}

/* ---- copying -------------------------------------------------------------------------------- */

/* Bytes of the outgoing image leave the primary slot. */
static enum otter_result copy_out(const struct otter_boot_slots *slots, uint32_t offset,
                                  uint32_t len, const struct otter_area *to, uint32_t to_offset)
{
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->primary,
                                                             .from_offset = offset,
                                                             .to = to,
                                                             .to_offset = to_offset,
                                                             .len = len,
                                                             .veil = slots->outgoing,
                                                             .image_offset = offset });
}

/* Bytes of the incoming image enter it, from the start of the scratch area. */
static enum otter_result copy_in(const struct otter_boot_slots *slots, uint32_t offset,
                                 uint32_t len)
{
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->scratch,
                                                             .to = &slots->primary,
                                                             .to_offset = offset,
                                                             .len = len,
                                                             .veil = slots->incoming,
                                                             .image_offset = offset });
}

/* ---- the three steps of a piece ------------------------------------------------------------- */

/* Make room in a slot for a piece. Where the trailer has to go as well, it goes first. */
static enum otter_result make_room(const struct otter_boot_slots *slots,
                                   const struct otter_area *slot, const struct otter_piece *piece,
                                   bool with_trailer)
{
    const uint32_t tail = with_trailer ? otter_swap_tail_start(slots, slot) : slot->size;
    const uint32_t end = piece->end < tail ? piece->end : tail;
    const enum otter_result result = otter_boot_erase_tail(slots, slot, tail);

    return result == OTTER_OK ? otter_boot_erase(slots, slot, piece->start, end) : result;
}

/* Step 1: the secondary's bytes go to the scratch area. Before the first piece, the move is
 * announced; a piece that reaches the trailer leaves the primary's old trailer alone until step 3. */
static enum otter_result stage(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move, const struct otter_piece *piece)
{
    enum otter_result result;

    if (piece->number > 1) {
        result = erase_scratch(slots);
    } else if (piece->reaches_trailer) {
        result = announce_in_scratch(slots, move);
    } else {
        result = announce_in_primary(slots, move);
    }
    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->secondary,
                                                             .from_offset = piece->start,
                                                             .to = &slots->scratch,
                                                             .len = piece->copy_size });
}

/* Step 2: the primary's bytes go to the secondary. With the first piece the request goes, too; from
 * here on the status entries are what carries the move on. */
static enum otter_result give(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, const struct otter_piece *piece)
{
    const enum otter_result result = make_room(slots, &slots->secondary, piece, piece->number == 1);

    (void)move;
    return result == OTTER_OK
               ? copy_out(slots, piece->start, piece->copy_size, &slots->secondary, piece->start)
               : result;
}

/* Step 3: the scratch area's bytes go to the primary. If the old trailer had to go for it, the
 * record that the scratch trailer kept meanwhile comes back. */
static enum otter_result take(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, const struct otter_piece *piece)
{
    enum otter_result result = make_room(slots, &slots->primary, piece, piece->reaches_trailer);

    if (result == OTTER_OK) {
        result = copy_in(slots, piece->start, piece->copy_size);
    }
    if (result == OTTER_OK && piece->reaches_trailer) {
        result = record_in_primary(slots, move, OTTER_PIECE_STEPS - 1);
    }
    return result;
}

static enum otter_result (*const steps[OTTER_PIECE_STEPS])(const struct otter_boot_slots *slots,
                                                           const struct otter_boot_move *move,
                                                           const struct otter_piece *piece) = {
    stage,
    give,
    take,
};

/* Steps 1 and 2 of a piece that reaches the trailer are recorded in the scratch trailer. */
static enum otter_result write_step_done(const struct otter_boot_slots *slots,
                                         const struct otter_piece *piece, uint32_t step)
{
    const struct otter_trailer_shape for_scratch = otter_piece_scratch_shape(slots);
    const uint32_t index = (piece->number - 1) * OTTER_PIECE_STEPS + step;
    const bool in_scratch = piece->reaches_trailer && step < OTTER_PIECE_STEPS - 1;

    return otter_trailer_write_status(in_scratch ? &slots->scratch : &slots->primary,
                                      in_scratch ? &for_scratch : &slots->shape, index,
                                      (uint8_t)(step + 1));
}

/* With two steps in the primary's own record, writing that was the last thing that happened: the
 * third step is done but for its entry. Repeating it would erase the only good record. */
static bool is_done_but_for_its_entry(const struct otter_boot_move *move,
                                      const struct otter_piece *piece, uint32_t step)
{
    return piece->reaches_trailer && step == OTTER_PIECE_STEPS - 1 && move->steps == step
           && !move->status_in_scratch;
}

static enum otter_result exchange_piece(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move,
                                        const struct otter_piece *piece, uint32_t first_step)
{
    for (uint32_t step = first_step; step < OTTER_PIECE_STEPS; step++) {
        enum otter_result result = OTTER_OK;

        if (!is_done_but_for_its_entry(move, piece, step)) {
            result = steps[step](slots, move, piece);
        }
        if (result == OTTER_OK) {
            result = write_step_done(slots, piece, step);
        }
        if (result != OTTER_OK) {
            return result;
        }
    }
    otter_boot_progress(slots, move, piece->number, otter_piece_count(slots, move->size));
    return OTTER_OK;
}

static enum otter_result exchange(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    struct otter_piece piece = otter_piece_first(slots, move->size);

    while (piece.end > 0) {
        const uint32_t done = otter_piece_steps_done(&piece, move);
        const enum otter_result result =
            done < OTTER_PIECE_STEPS ? exchange_piece(slots, move, &piece, done) : OTTER_OK;

        if (result != OTTER_OK) {
            return result;
        }
        piece = otter_piece_next(slots, &piece);
    }
    return OTTER_OK;
}

/* ---- renewing a torn trailer ---------------------------------------------------------------- */

/* The end of the image bytes that share a sector with the primary's trailer; the start of that
 * sector if there are none. */
static uint32_t shared_end(const struct otter_boot_slots *slots, uint32_t size)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);

    return size > tail ? size : tail;
}

/* Save what lies beside the primary's trailer, and say in the scratch trailer that it is there. */
static enum otter_result save_tail(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);
    enum otter_result result = erase_scratch(slots);

    if (result == OTTER_OK) {
        result = copy_out(slots, tail, shared_end(slots, move->size) - tail, &slots->scratch, 0);
    }
    return result == OTTER_OK ? record_in_scratch(slots, move, STEPS_RENEWING) : result;
}

/* Write the primary's trailer anew, as it is when all pieces are exchanged and no flag is set. */
static enum otter_result restore_tail(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);
    enum otter_result result = erase_tail(slots, &slots->primary);

    if (result == OTTER_OK) {
        result = copy_in(slots, tail, shared_end(slots, move->size) - tail);
    }
    return result == OTTER_OK ? record_in_primary(
               slots, move, otter_piece_count(slots, move->size) * OTTER_PIECE_STEPS)
                              : result;
}

/* A torn flag cannot be programmed again, and what it should have said is known from swap_info. So
 * the trailer is written anew, by way of the scratch area; a cut in here is found by its record. */
static enum otter_result renew_tail(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move)
{
    enum otter_result result = save_tail(slots, move);

    if (result == OTTER_OK) {
        result = restore_tail(slots, move);
    }
    return result == OTTER_OK ? erase_scratch(slots) : result;
}

static struct otter_boot_place locate_in_primary(const struct otter_boot_slots *slots,
                                                 const struct otter_boot_move *move,
                                                 uint32_t offset)
{
    (void)move;
    return (struct otter_boot_place){ .area = &slots->primary,
                                      .offset = offset,
                                      .len = slots->primary.size - offset };
}

/* While a trailer is renewed, what shares its sectors is in the scratch area. */
static struct otter_boot_place locate_renewed(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move, uint32_t offset)
{
    const uint32_t tail = otter_swap_tail_start(slots, &slots->primary);
    const uint32_t end = shared_end(slots, move->size);

    if (offset < tail) {
        return (struct otter_boot_place){ &slots->primary, offset, tail - offset };
    }
    if (offset < end) {
        return (struct otter_boot_place){ &slots->scratch, offset - tail, end - offset };
    }
    return locate_in_primary(slots, move, offset);
}

/* ---- running and ending --------------------------------------------------------------------- */

static bool is_whole(const struct otter_boot_slots *slots, const struct otter_boot_move *move)
{
    return move->steps == otter_piece_count(slots, move->size) * OTTER_PIECE_STEPS;
}

/* No move may end with a record in the scratch area: not one that a cut left there, and not bytes
 * of an image that happen to look like one. But after a cut, a move that lacks only its flags leaves
 * alone what another image of the set has there: pieces of it, with its key, and its record. */
static enum otter_result retire_scratch(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move)
{
    const struct otter_trailer_shape shape = otter_piece_scratch_shape(slots);
    struct otter_trailer trailer;
    bool is_anothers;

    otter_trailer_read(&slots->scratch, &shape, &trailer);
    is_anothers = is_whole(slots, move) && trailer.swap_info == OTTER_FLAG_SET
                  && trailer.swap_image != slots->image;
    return trailer.magic == OTTER_FLAG_SET && !is_anothers ? erase_scratch(slots) : OTTER_OK;
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks renewing = { locate_renewed, NULL };
    const bool is_renewing = move->status_in_scratch && move->steps == STEPS_RENEWING;
    enum otter_result result;

    if (slots->scratch.flash == NULL) {
        return OTTER_ERR_FLASH;
    }
    result = is_renewing ? otter_boot_run_veiled(slots, move, &renewing, restore_tail)
                         : otter_boot_run_veiled(slots, move, &otter_piece_tracks, exchange);

    return result == OTTER_OK ? retire_scratch(slots, move) : result;
}

static enum otter_result renew(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { locate_in_primary, locate_in_primary };

    return otter_boot_run_veiled(slots, move, &tracks, renew_tail);
}

static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    return otter_swap_finish(slots, move, primary_is_good, renew);
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };
    const char *because = otter_piece_misfit(layout, image);

    if (because != NULL) {
        return because;
    }
    (void)otter_swap_plan(layout, image, &plan);
    return otter_swap_misfit_of_status(&plan.slots);
}

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = otter_piece_max_image_size,
};

static const struct otter_boot_moves moves = {
    .exchanges = true,
    .find = find,
    .run = run,
    .finish = finish,
};

const struct otter_strategy otter_swap_scratch = {
    .name = "swap-scratch",
    .geometry = &geometry,
    .moves = &moves,
};

const struct otter_strategy otter_swap_scratch_proven = { .name = "swap-scratch", .moves = &moves };
