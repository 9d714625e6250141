/* SPDX-License-Identifier: Apache-2.0 */

/* Swap by move: the primary's image is moved up by one sector, the last sector first; then, from the
 * first sector on, the secondary's goes to the primary, and the primary's, from one further up, to the
 * secondary. Every step fills one sector from another that no step before it has destroyed, so that
 * the one that a cut hits is simply repeated. It takes no scratch area, but sectors of one size.
 *
 * The record of all this is the primary's trailer, which shares no sector with an image. While that has to be
 * erased itself, a note in the sectors of the secondary's trailer stands in for it.
 * docs/formats/trailer.md, "Swap by move", has the sequences and the state after each cut. */

#include <stddef.h>

#include "note.h"
#include "swap.h"

/* Notes stand one behind the other at the start of the sectors of the secondary's trailer, the newest
 * last. So many are looked for; one cut costs two of them. */
#define NOTES_MAX 16u
#define NOTES_MIN 4u

/* ---- geometry ------------------------------------------------------------------------------- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The size that all sectors of the area have; 0 if they differ. */
static uint32_t uniform_sector_size(const struct otter_area *area)
{
    const uint32_t size = otter_boot_sector_end(area, 0);

    for (uint32_t at = size; at < area->size; at += size) {
        if (otter_boot_sector_end(area, at) - at != size) {
            return 0;
        }
    }
    return size;
}

static uint32_t sector_size(const struct otter_boot_slots *slots)
{
    return otter_boot_sector_end(&slots->primary, 0);
}

/* Sectors that the images take. */
static uint32_t count_sectors(const struct otter_boot_slots *slots, uint32_t size)
{
    return (size + sector_size(slots) - 1) / sector_size(slots);
}

/* One step for each sector that moves up, two for each that is exchanged. */
static uint32_t count_steps(const struct otter_boot_slots *slots, uint32_t size)
{
    return 3u * count_sectors(slots, size);
}

/* The places for notes. */
static struct otter_boot_places notes_of(const struct otter_boot_slots *slots)
{
    const struct otter_area *area = &slots->secondary;
    const uint32_t start = otter_swap_tail_start(slots, area);
    const uint32_t size = otter_boot_note_room(area);
    const uint32_t room = otter_trailer_swap_size_offset(&slots->shape, area->size) - start;

    return (struct otter_boot_places){
        .area = area,
        .start = start,
        .size = size,
        .count = smaller(room / size, NOTES_MAX),
    };
}

/* ---- does a layout fit ---------------------------------------------------------------------- */

static const char *misfit_of_pair(const struct otter_boot_slots *slots)
{
    const uint32_t size = uniform_sector_size(&slots->primary);
    const uint32_t trailer = otter_trailer_size(&slots->shape);

    if (trailer >= slots->primary.size || trailer >= slots->secondary.size) {
        return "the trailer leaves no room for an image";
    }
    if (size == 0 || size != uniform_sector_size(&slots->secondary)) {
        return "the sectors of the slots are not all of one size";
    }
    if (notes_of(slots).count < NOTES_MIN) {
        return "the sectors of the secondary's trailer have no room for notes";
    }
    if (otter_swap_tail_start(slots, &slots->primary) < 2 * size) {
        return "there is no sector to move up into";
    }
    return NULL;
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };
    const char *because = otter_swap_plan(layout, image, &plan);

    if (because == NULL) {
        because = otter_swap_misfit_of_status(&plan.slots);
    }
    return because == NULL ? misfit_of_pair(&plan.slots) : because;
}

/* Images stay clear of the sectors of the trailers, and of one more in the primary. */
static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan = { 0 };
    const struct otter_boot_slots *slots = &plan.slots;

    (void)otter_swap_plan(layout, image, &plan);
    return smaller(otter_swap_tail_start(slots, &slots->primary) - sector_size(slots),
                   otter_swap_tail_start(slots, &slots->secondary));
}

/* ---- what is known of a move ---------------------------------------------------------------- */

/* Status entries of the exchange begin behind room for one entry for each sector. */
static uint32_t entry_of(const struct otter_boot_slots *slots, uint32_t size, uint32_t step)
{
    const uint32_t sectors = count_sectors(slots, size);

    return step < sectors ? step : slots->shape.max_sectors + (step - sectors);
}

/* The steps that so many entries stand for, up to the last one that is written. One more than there are
 * steps may be.
 *
 * @return false if no move of this size leaves that number */
static bool decode_steps(const struct otter_boot_slots *slots, struct otter_swap_record *record)
{
    const uint32_t size = record->trailer.swap_size;
    const uint32_t total = count_steps(slots, size);
    const uint32_t before_exchange = slots->shape.max_sectors;
    const uint32_t entries = record->steps;

    if (entries <= before_exchange) {
        return entries <= count_sectors(slots, size);
    }
    record->steps = smaller(entries - before_exchange + count_sectors(slots, size), total);
    return entries <= entry_of(slots, size, total) + 1;
}

/* The primary's record, with steps instead of entries. One that cannot be right is not open. */
static void read_record(const struct otter_boot_slots *slots, struct otter_swap_record *record)
{
    otter_swap_read_record(slots, &slots->primary, &slots->shape, record);
    record->is_open = record->is_open && decode_steps(slots, record);
}

static bool is_usable(const struct otter_boot_slots *slots, const struct otter_boot_note *note)
{
    return note->image == slots->image && note->type != OTTER_SWAP_NONE && note->size > 0
           && note->size <= slots->max_image_size && note->steps <= count_steps(slots, note->size);
}

/* @return false if there is none */
static bool read_newest_note(const struct otter_boot_slots *slots, struct otter_boot_note *newest)
{
    bool found = false;

    if (slots->secondary.flash == NULL) {
        return false;
    }
    const struct otter_boot_places notes = notes_of(slots);

    for (uint32_t i = 0; i < notes.count; i++) {
        struct otter_boot_note note;

        if (otter_boot_note_read(notes.area, notes.start + i * notes.size, &note)
            && is_usable(slots, &note)) {
            *newest = note;
            found = true;
        }
    }
    return found;
}

/* Has a cut left only a part of the primary's trailer, or none of it? */
static bool is_cut(const struct otter_swap_record *record)
{
    return record->trailer.magic != OTTER_FLAG_SET || record->trailer.swap_type == OTTER_SWAP_NONE;
}

/* Whoever can write the secondary slot can write notes. So one counts only where the primary's
 * trailer leaves room for it: for steps that the entries cannot vouch for, or in place of a trailer that
 * is about to be written anew. */
static bool note_counts(const struct otter_boot_slots *slots,
                        const struct otter_swap_record *record, const struct otter_boot_note *note)
{
    if (record->is_open) {
        return note->type == record->trailer.swap_type && note->size == record->trailer.swap_size
               && note->steps > 0 && record->steps <= note->steps + note->doubtful;
    }
    return is_cut(record) && (note->steps == 0 || note->steps == count_steps(slots, note->size));
}

static struct otter_swap_record record_of(const struct otter_boot_note *note)
{
    return (struct otter_swap_record){
        .trailer = { .swap_type = note->type, .swap_size = note->size },
        .is_open = true,
        .steps = note->steps,
    };
}

static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    struct otter_swap_record primary;
    struct otter_swap_record believed;
    struct otter_boot_note note;

    read_record(slots, &primary);
    believed = primary;
    if (read_newest_note(slots, &note) && note_counts(slots, &primary, &note)) {
        believed = record_of(&note);
    }
    *move = otter_swap_move_of(&believed, &primary.trailer);
    return OTTER_OK;
}

/* ---- notes and records ---------------------------------------------------------------------- */

static enum otter_result erase_tail(const struct otter_boot_slots *slots,
                                    const struct otter_area *slot)
{
    return otter_boot_erase_tail(slots, slot, otter_swap_tail_start(slots, slot));
}

/* Add a note. When all places are taken, they are erased, and the request with them: then the next cut
 * had better spare the few lines below. */
static enum otter_result write_note(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move, uint32_t steps,
                                    uint16_t doubtful)
{
    const struct otter_boot_note note = { .type = move->type,
                                          .image = slots->image,
                                          .size = move->size,
                                          .steps = steps,
                                          .doubtful = doubtful };
    const struct otter_boot_places notes = notes_of(slots);
    enum otter_result result = otter_boot_note_add(slots, &notes, &note);

    if (result == OTTER_ERR_NO_SPACE) {
        result = erase_tail(slots, &slots->secondary);
        if (result == OTTER_OK) {
            result = otter_boot_note_write(slots, notes.area, notes.start, &note);
        }
    }
    return result;
}

/* The primary's old trailer, which may say that a trial must be reverted, is erased only while a note
 * says so as well. An update is known by its request; for it the note is written to find out, before
 * the primary slot is touched, whether the secondary can be written at all. */
static enum otter_result announce(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    enum otter_result result = write_note(slots, move, 0, 0);

    if (result == OTTER_OK) {
        result = erase_tail(slots, &slots->primary);
    }
    return result == OTTER_OK
               ? otter_swap_write_record(slots, &slots->primary, &slots->shape, move, 0)
               : result;
}

/* ---- the steps ------------------------------------------------------------------------------ */

enum kind { SHIFT, TAKE, GIVE };

/* A step fills one sector from another. */
struct step {
    enum kind kind;
    uint32_t sector; /* of the image */
};

static struct step step_at(const struct otter_boot_slots *slots, uint32_t size, uint32_t number)
{
    const uint32_t sectors = count_sectors(slots, size);

    if (number < sectors) {
        return (struct step){ SHIFT, sectors - 1 - number };
    }
    return (struct step){ (number - sectors) % 2 == 0 ? TAKE : GIVE, (number - sectors) / 2 };
}

/* Where a step's bytes come from and go to, before its size is known. */
static struct otter_boot_copy route(const struct otter_boot_slots *slots, const struct step *step)
{
    const uint32_t here = step->sector * sector_size(slots);
    const uint32_t above = here + sector_size(slots);

    switch (step->kind) {
    case TAKE:
        return (struct otter_boot_copy){ .from = &slots->secondary,
                                         .from_offset = here,
                                         .to = &slots->primary,
                                         .to_offset = here,
                                         .veil = slots->incoming,
                                         .image_offset = here };
    case GIVE:
        return (struct otter_boot_copy){ .from = &slots->primary,
                                         .from_offset = above,
                                         .to = &slots->secondary,
                                         .to_offset = here,
                                         .veil = slots->outgoing,
                                         .image_offset = here };
    case SHIFT:
    default:
        return (struct otter_boot_copy){
            .from = &slots->primary, .from_offset = here, .to = &slots->primary, .to_offset = above
        };
    }
}

static enum otter_result fill_sector(const struct otter_boot_slots *slots,
                                     const struct otter_boot_move *move, const struct step *step)
{
    struct otter_boot_copy copy = route(slots, step);
    const enum otter_result result =
        otter_boot_erase(slots, copy.to, copy.to_offset, copy.to_offset + sector_size(slots));

    copy.len = smaller(sector_size(slots), move->size - step->sector * sector_size(slots));
    return result == OTTER_OK ? otter_boot_copy(slots, &copy) : result;
}

static enum otter_result write_entry(const struct otter_boot_slots *slots,
                                     const struct otter_boot_move *move, uint32_t number)
{
    const bool is_give = step_at(slots, move->size, number).kind == GIVE;

    return otter_trailer_write_status(&slots->primary, &slots->shape,
                                      entry_of(slots, move->size, number), is_give ? 2 : 1);
}

/* An entry that a cut tore may read as written today and as erased tomorrow: either the one of the step
 * before the first that is made now, or that of this one. So after a cut notes stand in for
 * both, and entries count again from the next one on. */
static enum otter_result record_step(const struct otter_boot_slots *slots,
                                     const struct otter_boot_move *move, uint32_t number)
{
    const bool is_in_doubt = move->steps > 0 && number == move->steps;
    const bool is_last = number + 1 == count_steps(slots, move->size);
    enum otter_result result = OTTER_OK;

    if (!is_in_doubt) {
        return write_entry(slots, move, number);
    }
    result = write_note(slots, move, number + 1, 0);
    return result == OTTER_OK && is_last ? write_entry(slots, move, number + 1) : result;
}

static enum otter_result make_step(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move, uint32_t number)
{
    const struct step step = step_at(slots, move->size, number);
    enum otter_result result = fill_sector(slots, move, &step);

    if (result == OTTER_OK) {
        result = record_step(slots, move, number);
    }
    if (result == OTTER_OK) {
        otter_boot_progress(slots, move, number + 1, count_steps(slots, move->size));
    }
    return result;
}

static enum otter_result exchange(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    const uint32_t total = count_steps(slots, move->size);
    enum otter_result result =
        move->steps == 0 ? announce(slots, move) : write_note(slots, move, move->steps, 1);

    for (uint32_t number = move->steps; result == OTTER_OK && number < total; number++) {
        result = make_step(slots, move, number);
    }
    return result;
}

/* ---- where the images are ------------------------------------------------------------------- */

static struct otter_boot_place place_in(const struct otter_boot_slots *slots,
                                        const struct otter_area *slot, uint32_t offset,
                                        uint32_t shift)
{
    return (struct otter_boot_place){
        .area = slot,
        .offset = offset + shift,
        .len = sector_size(slots) - offset % sector_size(slots),
    };
}

/* Was the step of this kind and sector made? */
static bool is_made(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                    enum kind kind, uint32_t sector)
{
    const uint32_t sectors = count_sectors(slots, move->size);
    const uint32_t number = kind == SHIFT  ? sectors - 1 - sector
                            : kind == TAKE ? sectors + 2 * sector
                                           : sectors + 2 * sector + 1;

    return move->steps > number;
}

static struct otter_boot_place locate_incoming(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    const uint32_t sector = offset / sector_size(slots);

    return place_in(slots, is_made(slots, move, TAKE, sector) ? &slots->primary : &slots->secondary,
                    offset, 0);
}

static struct otter_boot_place locate_outgoing(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    const uint32_t sector = offset / sector_size(slots);

    if (is_made(slots, move, GIVE, sector)) {
        return place_in(slots, &slots->secondary, offset, 0);
    }
    return place_in(slots, &slots->primary, offset,
                    is_made(slots, move, SHIFT, sector) ? sector_size(slots) : 0);
}

/* ---- running and ending --------------------------------------------------------------------- */

/* Write the primary's trailer as it is when all steps are made and no flag is set: the last entry
 * stands for all. In the meantime a note says that only the end of the move is missing. */
static enum otter_result restore_trailer(const struct otter_boot_slots *slots,
                                         const struct otter_boot_move *move)
{
    const uint32_t total = count_steps(slots, move->size);
    enum otter_result result = write_note(slots, move, total, 0);

    if (result == OTTER_OK) {
        result = erase_tail(slots, &slots->primary);
    }
    if (result == OTTER_OK) {
        result = write_entry(slots, move, total - 1);
    }
    return result == OTTER_OK
               ? otter_swap_write_record(slots, &slots->primary, &slots->shape, move, 0)
               : result;
}

/* All steps are made. If that is known from a note alone, a cut has left no trailer. */
static enum otter_result complete(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    struct otter_swap_record record;

    read_record(slots, &record);
    return is_cut(&record) ? restore_trailer(slots, move) : OTTER_OK;
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { locate_incoming, locate_outgoing };

    return move->steps == count_steps(slots, move->size)
               ? complete(slots, move)
               : otter_boot_run_veiled(slots, move, &tracks, exchange);
}

static enum otter_result renew(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    const enum otter_result result = restore_trailer(slots, move);

    return result == OTTER_OK ? erase_tail(slots, &slots->secondary) : result;
}

/* The request goes first: from copy_done on, it would count again. */
static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    const enum otter_result result = erase_tail(slots, &slots->secondary);

    return result == OTTER_OK ? otter_swap_finish(slots, move, primary_is_good, renew) : result;
}

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = max_image_size,
};

static const struct otter_boot_moves moves = {
    .exchanges = true,
    .find = find,
    .run = run,
    .finish = finish,
};

const struct otter_strategy otter_swap_move = {
    .name = "swap-move",
    .geometry = &geometry,
    .moves = &moves,
};

const struct otter_strategy otter_swap_move_proven = { .name = "swap-move", .moves = &moves };
