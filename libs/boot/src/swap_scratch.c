/* SPDX-License-Identifier: Apache-2.0 */

/* Swap with scratch: the slots are exchanged piece by piece, from their end to their start, each
 * piece through the scratch area in three steps. Every step only destroys what an earlier step has
 * copied, and its status entry is written after it: whichever step a cut hits is simply repeated.
 *
 * The record of all this is the primary's trailer. While that trailer has to be erased itself, the
 * scratch area's trailer stands in for it, and record() decides which of the two to believe.
 * docs/formats/trailer.md, "Swap with scratch", has the sequences and the state after each cut. */

#include <stddef.h>

#include "strategy.h"

#define STEPS_PER_PIECE 3u
/* No piece leaves three entries in the scratch trailer: its third is the primary's. So three mean
 * that the primary's trailer is being renewed (see renew()). */
#define STEPS_RENEWING STEPS_PER_PIECE

/* A range of both slots that goes through the scratch area at once. */
struct piece {
    uint32_t number; /* from 1, topmost first */
    uint32_t start;
    uint32_t end;
    uint32_t copy_size;   /* less than the range if that reaches into the primary's trailer */
    bool reaches_trailer; /* then the scratch trailer keeps the status of this piece */
};

/* ---- geometry ------------------------------------------------------------------------------- */

static struct otter_trailer_shape scratch_shape(const struct otter_boot_slots *slots)
{
    struct otter_trailer_shape shape = slots->shape;

    shape.max_sectors = 1; /* it only ever holds the status of one piece */
    return shape;
}

/* Start of the first sector that holds bytes of the slot's trailer. */
static uint32_t tail_start(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    return otter_boot_sector_start(slot, otter_trailer_status_offset(&slots->shape, slot->size));
}

static bool is_boundary(const struct otter_area *area, uint32_t offset)
{
    return offset == area->size || otter_boot_sector_start(area, offset) == offset;
}

/* The first offset at or above @p size where sectors end in both slots. */
static uint32_t common_end(const struct otter_boot_slots *slots, uint32_t size)
{
    uint32_t end = 0;

    while (end < slots->primary.size && (end < size || !is_boundary(&slots->secondary, end))) {
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
        if (is_boundary(&slots->secondary, start)) {
            best = start;
        }
    }
    return best;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct piece piece_below(const struct otter_boot_slots *slots, uint32_t end, uint32_t number)
{
    const struct otter_trailer_shape for_scratch = scratch_shape(slots);
    struct piece piece = {
        .number = number,
        .start = piece_start(slots, end),
        .end = end,
        .reaches_trailer = end > tail_start(slots, &slots->primary),
    };

    piece.copy_size = piece.end - piece.start;
    if (piece.reaches_trailer) {
        const uint32_t up_to = otter_trailer_status_offset(&slots->shape, slots->primary.size);

        piece.copy_size =
            smaller(up_to - piece.start, slots->scratch.size - otter_trailer_size(&for_scratch));
    }
    return piece;
}

static uint32_t count_pieces(const struct otter_boot_slots *slots, uint32_t size)
{
    uint32_t count = 0;

    for (uint32_t end = common_end(slots, size); end > 0; end = piece_start(slots, end)) {
        count++;
    }
    return count;
}

/* ---- does a layout fit ---------------------------------------------------------------------- */

/* The slots of a layout, for questions about geometry alone. */
struct plan {
    struct otter_flash flash[3];
    struct otter_boot_slots slots;
};

static const char *make_plan(const struct otter_layout *layout, uint8_t image, struct plan *plan)
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
    if (!otter_boot_plan_area(layout, OTTER_AREA_SCRATCH, 0, &plan->flash[2], &slots->scratch)) {
        return "there is no scratch area";
    }
    return NULL;
}

static const char *misfit_of_area(const struct otter_boot_slots *slots,
                                  const struct otter_area *area)
{
    if (otter_area_sector_count(area) == 0) {
        return "a slot or the scratch area does not lie on sector boundaries";
    }
    if (otter_area_write_size(area) > slots->shape.max_align) {
        return "a write unit is larger than max_align";
    }
    return NULL;
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

static const char *misfit_of_pair(const struct otter_boot_slots *slots)
{
    const struct otter_trailer_shape for_scratch = scratch_shape(slots);

    if (slots->primary.size != slots->secondary.size) {
        return "primary and secondary slot differ in size";
    }
    if (otter_area_sector_count(&slots->primary) > slots->shape.max_sectors
        || otter_area_sector_count(&slots->secondary) > slots->shape.max_sectors) {
        return "a slot has more sectors than max_sectors";
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

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct plan plan = { 0 };
    const struct otter_area *const areas[] = {
        &plan.slots.primary,
        &plan.slots.secondary,
        &plan.slots.scratch,
    };
    const char *because = make_plan(layout, image, &plan);

    for (size_t i = 0; because == NULL && i < sizeof areas / sizeof areas[0]; i++) {
        because = misfit_of_area(&plan.slots, areas[i]);
    }
    return because == NULL ? misfit_of_pair(&plan.slots) : because;
}

/* An image may reach up to the trailer. But if the piece that holds the trailer's first sector has
 * less room behind the image than the scratch trailer takes, the image must leave the difference:
 * the piece and the scratch trailer share the scratch area. */
static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct plan plan = { 0 };
    const struct otter_boot_slots *slots = &plan.slots;

    (void)make_plan(layout, image, &plan);

    const struct otter_trailer_shape for_scratch = scratch_shape(slots);
    const uint32_t limit = otter_trailer_status_offset(&slots->shape, slots->primary.size);
    const uint32_t primary_end = otter_boot_sector_end(&slots->primary, limit);
    const uint32_t secondary_end = otter_boot_sector_end(&slots->secondary, limit);
    const uint32_t behind = (primary_end > secondary_end ? primary_end : secondary_end) - limit;
    const uint32_t needed = otter_trailer_size(&for_scratch);
    const uint32_t lost = needed > behind ? needed - behind : 0;

    return lost < limit ? limit - lost : 0;
}

/* ---- which record to believe ---------------------------------------------------------------- */

/* What one trailer says about a move. */
struct record {
    struct otter_trailer trailer;
    bool is_open; /* it speaks of a move that is not finished */
    bool is_torn; /* a flag that ends the move, or confirms it, is only half there */
    uint32_t steps;
};

/* A confirmation that tore counts as neither given nor refused: the move is opened again, its last
 * flags are renewed, and the trial gets another run. */
static void judge_record(const struct otter_boot_slots *slots, struct record *record)
{
    const struct otter_trailer *trailer = &record->trailer;

    record->is_torn = trailer->copy_done == OTTER_FLAG_BAD || trailer->image_ok == OTTER_FLAG_BAD;
    record->is_open = trailer->magic == OTTER_FLAG_SET && trailer->swap_type != OTTER_SWAP_NONE
                      && trailer->swap_image == slots->image
                      && trailer->swap_size <= slots->max_image_size
                      && (trailer->copy_done != OTTER_FLAG_SET || record->is_torn);
}

static enum otter_result read_record(const struct otter_boot_slots *slots,
                                     const struct otter_area *area,
                                     const struct otter_trailer_shape *shape, struct record *record)
{
    const enum otter_result result = otter_trailer_read(area, shape, &record->trailer);

    if (result != OTTER_OK) {
        return result;
    }
    judge_record(slots, record);
    return record->is_open ? otter_trailer_count_status(area, shape, &record->steps) : OTTER_OK;
}

/* A scratch area that cannot be read holds no record. */
static void read_scratch_record(const struct otter_boot_slots *slots, struct record *record)
{
    const struct otter_trailer_shape shape = scratch_shape(slots);

    if (slots->scratch.flash == NULL
        || read_record(slots, &slots->scratch, &shape, record) != OTTER_OK) {
        *record = (struct record){ 0 };
    }
}

/* Both may be open. The primary's is erased only while the scratch holds a record with steps in it,
 * the scratch's only after the primary holds one with steps and without a torn flag; so a record of
 * that kind in the primary is whole, and otherwise steps in the scratch count. An erase that was
 * cut cannot fake either: one that leaves the magic has taken swap_info or swap_size first. */
static bool believe_scratch(const struct record *primary, const struct record *scratch)
{
    const bool primary_is_whole = primary->is_open && !primary->is_torn && primary->steps > 0;

    if (!scratch->is_open || primary_is_whole) {
        return false;
    }
    return scratch->steps > 0 || !primary->is_open;
}

/* A first piece that reaches the trailer has its first two entries in the scratch area, and only
 * such a piece does. A record that says otherwise was not written by a bootloader. */
static bool is_plausible(const struct otter_boot_slots *slots, const struct record *record,
                         bool in_scratch)
{
    const struct piece first = piece_below(slots, common_end(slots, record->trailer.swap_size), 1);

    if (in_scratch) {
        return record->steps == 0 || record->steps == STEPS_RENEWING || first.reaches_trailer;
    }
    return record->steps != 1 || !first.reaches_trailer;
}

/* A confirmed image is not reverted, whatever was announced before it was confirmed. */
static bool is_settled(const struct otter_trailer *primary)
{
    return primary->magic == OTTER_FLAG_SET && primary->image_ok == OTTER_FLAG_SET;
}

static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct record primary = { 0 };
    struct record scratch = { 0 };
    const enum otter_result result = read_record(slots, &slots->primary, &slots->shape, &primary);

    *move = (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    if (result != OTTER_OK) {
        return result;
    }
    read_scratch_record(slots, &scratch);

    const bool in_scratch = believe_scratch(&primary, &scratch);
    const struct record *record = in_scratch ? &scratch : &primary;

    if (!record->is_open || !is_plausible(slots, record, in_scratch)) {
        return OTTER_OK;
    }
    if (record->steps == 0
        && (record->trailer.swap_type != OTTER_SWAP_REVERT || is_settled(&primary.trailer))) {
        return OTTER_OK;
    }
    *move = (struct otter_boot_move){
        .type = record->trailer.swap_type,
        .size = record->trailer.swap_size,
        .steps = record->steps,
        .status_in_scratch = in_scratch,
    };
    return OTTER_OK;
}

/* ---- writing the records -------------------------------------------------------------------- */

/* What must be in place before the magic; the magic makes the record count. */
static enum otter_result write_record(const struct otter_area *area,
                                      const struct otter_trailer_shape *shape,
                                      const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move, bool image_ok)
{
    enum otter_result result = otter_trailer_write_swap_info(area, shape, move->type, slots->image);

    if (result == OTTER_OK && image_ok) {
        result = otter_trailer_write_image_ok(area, shape);
    }
    if (result == OTTER_OK) {
        result = otter_trailer_write_swap_size(area, shape, move->size);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(area, shape) : result;
}

static enum otter_result write_steps(const struct otter_area *area,
                                     const struct otter_trailer_shape *shape, uint32_t steps)
{
    enum otter_result result = OTTER_OK;

    for (uint32_t i = 0; result == OTTER_OK && i < steps; i++) {
        result = otter_trailer_write_status(area, shape, i, (uint8_t)(i % STEPS_PER_PIECE + 1));
    }
    return result;
}

/* Does the scratch trailer announce this very move, with nothing done yet? */
static bool scratch_announces(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move)
{
    struct record scratch = { 0 };

    read_scratch_record(slots, &scratch);
    return scratch.is_open && scratch.steps == 0 && scratch.trailer.swap_type == move->type;
}

static enum otter_result erase_scratch(const struct otter_boot_slots *slots)
{
    return otter_boot_erase_tail(slots, &slots->scratch, 0);
}

static enum otter_result announce_in_scratch(const struct otter_boot_slots *slots,
                                             const struct otter_boot_move *move)
{
    const struct otter_trailer_shape shape = scratch_shape(slots);
    const enum otter_result result = erase_scratch(slots);

    return result == OTTER_OK
               ? write_record(&slots->scratch, &shape, slots, move, move->type == OTTER_SWAP_PERM)
               : result;
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
        result = otter_boot_erase_tail(slots, &slots->primary, tail_start(slots, &slots->primary));
    }
    if (result == OTTER_OK) {
        result = write_record(&slots->primary, &slots->shape, slots, move,
                              move->type == OTTER_SWAP_PERM);
    }
    return result == OTTER_OK ? erase_scratch(slots) : result;
}

/* ---- the three steps of a piece ------------------------------------------------------------- */

/* Step 1: the secondary's bytes go to the scratch area. Before the first piece, the move is
 * announced; a piece that reaches the trailer leaves the primary's old trailer alone until step 3. */
static enum otter_result stage(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move, const struct piece *piece)
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
                              const struct otter_boot_move *move, const struct piece *piece)
{
    const uint32_t tail = tail_start(slots, &slots->secondary);
    enum otter_result result = OTTER_OK;

    (void)move;
    if (piece->number == 1) {
        result = otter_boot_erase_tail(slots, &slots->secondary, tail);
    }
    if (result == OTTER_OK) {
        result = otter_boot_erase(slots, &slots->secondary, piece->start,
                                  piece->number == 1 ? smaller(piece->end, tail) : piece->end);
    }
    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->primary,
                                                             .from_offset = piece->start,
                                                             .to = &slots->secondary,
                                                             .to_offset = piece->start,
                                                             .len = piece->copy_size,
                                                             .veil = slots->outgoing,
                                                             .image_offset = piece->start });
}

/* Write the trailer that continues the scratch's record in the primary. */
static enum otter_result take_over_record(const struct otter_boot_slots *slots,
                                          const struct otter_boot_move *move)
{
    enum otter_result result = write_steps(&slots->primary, &slots->shape, STEPS_PER_PIECE - 1);

    return result == OTTER_OK ? write_record(&slots->primary, &slots->shape, slots, move,
                                             move->type == OTTER_SWAP_PERM)
                              : result;
}

/* Step 3: the scratch area's bytes go to the primary. */
static enum otter_result take(const struct otter_boot_slots *slots,
                              const struct otter_boot_move *move, const struct piece *piece)
{
    const uint32_t tail = tail_start(slots, &slots->primary);
    enum otter_result result = OTTER_OK;

    if (piece->reaches_trailer) {
        result = otter_boot_erase_tail(slots, &slots->primary, tail);
    }
    if (result == OTTER_OK) {
        result = otter_boot_erase(slots, &slots->primary, piece->start,
                                  piece->reaches_trailer ? smaller(piece->end, tail) : piece->end);
    }
    if (result == OTTER_OK) {
        result = otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->scratch,
                                                                   .to = &slots->primary,
                                                                   .to_offset = piece->start,
                                                                   .len = piece->copy_size,
                                                                   .veil = slots->incoming,
                                                                   .image_offset = piece->start });
    }
    if (result == OTTER_OK && piece->reaches_trailer) {
        result = take_over_record(slots, move);
    }
    return result;
}

static enum otter_result (*const steps[STEPS_PER_PIECE])(const struct otter_boot_slots *slots,
                                                         const struct otter_boot_move *move,
                                                         const struct piece *piece) = {
    stage,
    give,
    take,
};

/* Steps 1 and 2 of a piece that reaches the trailer are recorded in the scratch trailer. */
static enum otter_result write_step_done(const struct otter_boot_slots *slots,
                                         const struct piece *piece, uint32_t step)
{
    const struct otter_trailer_shape for_scratch = scratch_shape(slots);
    const uint32_t index = (piece->number - 1) * STEPS_PER_PIECE + step;
    const uint8_t state = (uint8_t)(step + 1);

    if (piece->reaches_trailer && step < STEPS_PER_PIECE - 1) {
        return otter_trailer_write_status(&slots->scratch, &for_scratch, index, state);
    }
    return otter_trailer_write_status(&slots->primary, &slots->shape, index, state);
}

/* With two steps in the primary's own record, take_over_record() was the last thing that happened:
 * the third step is done but for its entry. Repeating it would erase the only good record. */
static bool is_done_but_for_its_entry(const struct otter_boot_move *move, const struct piece *piece,
                                      uint32_t step)
{
    return piece->reaches_trailer && step == STEPS_PER_PIECE - 1 && move->steps == step
           && !move->status_in_scratch;
}

static enum otter_result exchange_piece(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move,
                                        const struct piece *piece, uint32_t first_step)
{
    for (uint32_t step = first_step; step < STEPS_PER_PIECE; step++) {
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
    return OTTER_OK;
}

static enum otter_result exchange(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    const uint32_t total = count_pieces(slots, move->size);
    uint32_t end = common_end(slots, move->size);

    for (uint32_t number = 1; end > 0; number++) {
        const struct piece piece = piece_below(slots, end, number);
        const uint32_t before = (number - 1) * STEPS_PER_PIECE;

        if (move->steps < before + STEPS_PER_PIECE) {
            const uint32_t first_step = move->steps > before ? move->steps - before : 0;
            const enum otter_result result = exchange_piece(slots, move, &piece, first_step);

            if (result != OTTER_OK) {
                return result;
            }
            otter_boot_report(slots, (struct otter_boot_event){ .kind = OTTER_BOOT_PROGRESS,
                                                                .done = number,
                                                                .total = total });
        }
        end = piece.start;
    }
    return OTTER_OK;
}

/* ---- renewing a torn trailer ---------------------------------------------------------------- */

/* The end of the image bytes that share a sector with the primary's trailer; the start of that
 * sector if there are none. */
static uint32_t shared_end(const struct otter_boot_slots *slots, uint32_t size)
{
    const uint32_t tail = tail_start(slots, &slots->primary);

    return size > tail ? size : tail;
}

/* Save what lies beside the primary's trailer, and say in the scratch trailer that it is there. */
static enum otter_result save_tail(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move)
{
    const struct otter_trailer_shape shape = scratch_shape(slots);
    const uint32_t tail = tail_start(slots, &slots->primary);
    enum otter_result result = erase_scratch(slots);

    if (result == OTTER_OK) {
        result = otter_boot_copy(
            slots, &(struct otter_boot_copy){ .from = &slots->primary,
                                              .from_offset = tail,
                                              .to = &slots->scratch,
                                              .len = shared_end(slots, move->size) - tail,
                                              .veil = slots->outgoing,
                                              .image_offset = tail });
    }
    if (result == OTTER_OK) {
        result = write_steps(&slots->scratch, &shape, STEPS_RENEWING);
    }
    return result == OTTER_OK ? write_record(&slots->scratch, &shape, slots, move, false) : result;
}

/* Write the primary's trailer anew, as it is when all pieces are exchanged and no flag is set. */
static enum otter_result restore_tail(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move)
{
    const uint32_t tail = tail_start(slots, &slots->primary);
    enum otter_result result = otter_boot_erase_tail(slots, &slots->primary, tail);

    if (result == OTTER_OK) {
        result = otter_boot_copy(
            slots, &(struct otter_boot_copy){ .from = &slots->scratch,
                                              .to = &slots->primary,
                                              .to_offset = tail,
                                              .len = shared_end(slots, move->size) - tail,
                                              .veil = slots->incoming,
                                              .image_offset = tail });
    }
    if (result == OTTER_OK) {
        result = write_steps(&slots->primary, &slots->shape,
                             count_pieces(slots, move->size) * STEPS_PER_PIECE);
    }
    return result == OTTER_OK ? write_record(&slots->primary, &slots->shape, slots, move, false)
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

/* ---- where the images are ------------------------------------------------------------------- */

/* The piece that the byte at @p offset travels with, and how many of its steps are done. */
static struct piece piece_at(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move, uint32_t offset, uint32_t *done)
{
    uint32_t end = common_end(slots, move->size);
    struct piece piece = piece_below(slots, end, 1);
    uint32_t before;

    while (piece.start > offset) {
        piece = piece_below(slots, piece.start, piece.number + 1);
    }
    before = (piece.number - 1) * STEPS_PER_PIECE;
    *done = move->steps > before ? move->steps - before : 0;
    return piece;
}

static struct otter_boot_place place_in(const struct otter_area *area, uint32_t area_offset,
                                        const struct piece *piece, uint32_t offset)
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
    uint32_t done;
    const struct piece piece = piece_at(slots, move, offset, &done);

    if (done == 0) {
        return place_in(&slots->secondary, piece.start, &piece, offset);
    }
    return done < STEPS_PER_PIECE ? place_in(&slots->scratch, 0, &piece, offset)
                                  : place_in(&slots->primary, piece.start, &piece, offset);
}

static struct otter_boot_place locate_outgoing(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    uint32_t done;
    const struct piece piece = piece_at(slots, move, offset, &done);

    return place_in(done < STEPS_PER_PIECE - 1 ? &slots->primary : &slots->secondary, piece.start,
                    &piece, offset);
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
    const uint32_t tail = tail_start(slots, &slots->primary);
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

/* No move may end with a record in the scratch area: not one that a cut left there, and not bytes
 * of an image that happen to look like one. */
static enum otter_result retire_scratch(const struct otter_boot_slots *slots)
{
    const struct otter_trailer_shape shape = scratch_shape(slots);
    struct otter_trailer trailer;
    const enum otter_result result = otter_trailer_read(&slots->scratch, &shape, &trailer);

    if (result == OTTER_OK && trailer.magic == OTTER_FLAG_SET) {
        return erase_scratch(slots);
    }
    return result;
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks exchanging = { locate_incoming, locate_outgoing };
    static const struct otter_boot_tracks renewing = { locate_renewed, NULL };
    const bool is_renewing = move->status_in_scratch && move->steps == STEPS_RENEWING;
    const enum otter_result result =
        is_renewing ? otter_boot_run_veiled(slots, move, &renewing, restore_tail)
                    : otter_boot_run_veiled(slots, move, &exchanging, exchange);

    return result == OTTER_OK ? retire_scratch(slots) : result;
}

static enum otter_result renew(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { locate_in_primary, locate_in_primary };

    return otter_boot_run_veiled(slots, move, &tracks, renew_tail);
}

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

/* The flags say what was asked for, whatever came out of it: a trial that does not verify is
 * reverted like any other. */
static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    struct record record = { 0 };
    enum otter_result result = read_record(slots, &slots->primary, &slots->shape, &record);

    (void)primary_is_good;
    if (result != OTTER_OK || !record.is_torn) {
        return result == OTTER_OK ? write_last_flags(slots, move, &record.trailer) : result;
    }
    if (!covers_primary(slots, move)) {
        return OTTER_ERR_TRAILER;
    }
    result = renew(slots, move);
    if (result == OTTER_OK) {
        result = otter_trailer_read(&slots->primary, &slots->shape, &record.trailer);
    }
    if (result == OTTER_OK) {
        result = write_last_flags(slots, move, &record.trailer);
    }
    return result == OTTER_OK ? OTTER_AGAIN : result;
}

const struct otter_strategy otter_swap_scratch = {
    .name = "swap-scratch",
    .exchanges = true,
    .misfit = misfit,
    .max_image_size = max_image_size,
    .find = find,
    .run = run,
    .finish = finish,
};
