/* SPDX-License-Identifier: Apache-2.0 */

/* What a swap by offset writes into the trailers beside MCUboot's fields: notes in the secondary's,
 * the record and its seals in the primary's.
 *
 * A unit whose programming was cut may read as whole now and not later. So nothing is erased in
 * reliance on a note or a seal that an earlier boot wrote: the next one is written first, which is
 * why there are several of each. */

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "swap_offset.h"

#define UNIT_MAX 512u

#define RECORD_MAGIC  0x5257534Fu /* "OSWR" in flash */
#define RECORD_HEADER 20u
#define SUMS_SIZE     8u
#define CRC_SIZE      4u

#define NOTES 3u

static uint32_t align_up(uint32_t value, uint32_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static struct otter_boot_places seals_of(const struct otter_boot_slots *slots)
{
    const struct otter_area *area = &slots->primary;
    const uint32_t unit = slots->shape.write_size;

    return (struct otter_boot_places){
        .area = area,
        .start =
            otter_trailer_swap_size_offset(&slots->shape, area->size) - OTTER_TRAILER_SEALS * unit,
        .size = unit,
        .count = OTTER_TRAILER_SEALS,
    };
}

static struct otter_boot_places notes_in(const struct otter_boot_slots *slots,
                                         const struct otter_area *area)
{
    const uint32_t size = otter_boot_note_room(area);

    return (struct otter_boot_places){
        .area = area,
        .start = otter_trailer_swap_size_offset(&slots->shape, area->size) - NOTES * size,
        .size = size,
        .count = NOTES,
    };
}

/* In a slot with larger write units than the primary's, the notes may be what takes more room. */
uint32_t otter_offset_tail(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    const uint32_t trailer = otter_trailer_status_offset(&slots->shape, slot->size);
    const uint32_t notes = notes_in(slots, slot).start;

    return otter_boot_sector_start(slot, trailer < notes ? trailer : notes);
}

/* Where attempts are counted right below swap_size, notes keep to the other end. */
static struct otter_boot_places notes_of(const struct otter_boot_slots *slots)
{
    struct otter_boot_places notes = notes_in(slots, &slots->secondary);

    if (slots->config->attempts != NULL) {
        notes.start = otter_offset_tail(slots, &slots->secondary);
    }
    return notes;
}

/* ---- notes ---------------------------------------------------------------------------------- */

static bool is_move_type(uint32_t type)
{
    return type == OTTER_SWAP_TEST || type == OTTER_SWAP_PERM || type == OTTER_SWAP_REVERT;
}

bool otter_offset_read_note(const struct otter_boot_slots *slots, struct otter_boot_note *note)
{
    if (slots->secondary.flash == NULL) {
        return false;
    }
    const struct otter_boot_places notes = notes_of(slots);

    for (uint32_t i = 0; i < notes.count; i++) {
        if (otter_boot_note_read(notes.area, notes.start + i * notes.size, note)
            && is_move_type(note->type) && note->image == slots->image) {
            return true;
        }
    }
    return false;
}

enum otter_result otter_offset_clear(const struct otter_boot_slots *slots)
{
    return otter_boot_erase_tail(slots, &slots->secondary, notes_of(slots).start);
}

static bool note_stands(const struct otter_boot_slots *slots, const struct otter_boot_note *note)
{
    struct otter_boot_note found;

    return otter_offset_read_note(slots, &found) && found.type == note->type
           && found.size == note->size && found.steps == note->steps;
}

/* A revert is announced before the count of attempts is erased: a trial whose count got lost would have
 * more of them. */
static bool stands_beside_count(const struct otter_boot_slots *slots,
                                const struct otter_boot_note *note)
{
    const struct otter_boot_places notes = notes_of(slots);

    return slots->config->attempts != NULL && note->steps == 0
           && otter_boot_places_used(&notes) < notes.count;
}

/* If all places are used up, those notes must do. */
enum otter_result otter_offset_write_note(const struct otter_boot_slots *slots,
                                          const struct otter_boot_note *note)
{
    const struct otter_boot_places notes = notes_of(slots);
    enum otter_result result = OTTER_OK;
    uint32_t used;

    if (!note_stands(slots, note) && !stands_beside_count(slots, note)) {
        result = otter_offset_clear(slots);
    }
    used = otter_boot_places_used(&notes);
    return result == OTTER_OK && used < notes.count
               ? otter_boot_note_write(slots, notes.area, notes.start + used * notes.size, note)
               : result;
}

/* ---- the record ----------------------------------------------------------------------------- */

static uint32_t record_start(const struct otter_boot_slots *slots)
{
    return otter_trailer_status_offset(&slots->shape, slots->primary.size);
}

/* A record on its way into flash, which takes whole units. */
struct writer {
    const struct otter_area *area;
    uint32_t offset;
    uint32_t crc;
    size_t filled;
    uint8_t unit[UNIT_MAX]; /* many units, if they are small */
};

static enum otter_result flush(struct writer *writer)
{
    const size_t len = align_up((uint32_t)writer->filled, otter_area_write_size(writer->area));
    const enum otter_result result =
        otter_area_program(writer->area, writer->offset, writer->unit, len);

    memset(writer->unit, otter_area_erased_byte(writer->area), sizeof writer->unit);
    writer->offset += (uint32_t)len;
    writer->filled = 0;
    return result;
}

static enum otter_result put(struct writer *writer, const uint8_t *bytes, size_t len)
{
    enum otter_result result = OTTER_OK;

    writer->crc = otter_crc32(writer->crc, bytes, len);
    for (size_t i = 0; result == OTTER_OK && i < len; i++) {
        writer->unit[writer->filled++] = bytes[i];
        if (writer->filled == sizeof writer->unit) {
            result = flush(writer);
        }
    }
    return result;
}

static enum otter_result put_header(struct writer *writer, const struct otter_boot_move *move)
{
    uint8_t header[RECORD_HEADER];

    otter_store_le32(header, RECORD_MAGIC);
    otter_store_le32(header + 4, (uint32_t)move->type);
    otter_store_le32(header + 8, move->size);
    otter_store_le32(header + 12, move->incoming);
    otter_store_le32(header + 16, move->outgoing);
    return put(writer, header, sizeof header);
}

static enum otter_result put_sums(struct writer *writer, const struct otter_boot_slots *slots,
                                  const struct otter_offset_step *step)
{
    struct otter_offset_sums sums;
    const enum otter_result result = otter_offset_sum_up(slots, step, &sums);
    uint8_t bytes[SUMS_SIZE];

    if (result != OTTER_OK) {
        return result;
    }
    otter_store_le32(bytes, sums.source);
    otter_store_le32(bytes + 4, sums.target);
    return put(writer, bytes, sizeof bytes);
}

static enum otter_result put_end(struct writer *writer)
{
    uint8_t bytes[CRC_SIZE];
    enum otter_result result;

    otter_store_le32(bytes, writer->crc);
    result = put(writer, bytes, sizeof bytes);
    return result == OTTER_OK && writer->filled > 0 ? flush(writer) : result;
}

static enum otter_result write_sums(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move)
{
    const uint32_t steps = otter_offset_count_steps(slots, move);
    struct writer writer = { .area = &slots->primary, .offset = record_start(slots) };
    enum otter_result result;

    memset(writer.unit, otter_area_erased_byte(writer.area), sizeof writer.unit);
    result = put_header(&writer, move);
    for (uint32_t i = 0; result == OTTER_OK && i < steps; i++) {
        const struct otter_offset_step step = otter_offset_step(slots, move, i);

        result = put_sums(&writer, slots, &step);
    }
    /* Sums of what a mute device says would make the staged image a damaged one. */
    if (result == OTTER_OK && steps > 0 && !otter_boot_speaks(slots, &slots->secondary)) {
        result = OTTER_ERR_FLASH;
    }
    return result == OTTER_OK ? put_end(&writer) : result;
}

/* The image that an update for good or a revert brings needs no confirmation. */
static enum otter_result write_fields(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move)
{
    const struct otter_area *primary = &slots->primary;
    enum otter_result result =
        otter_trailer_write_swap_info(primary, &slots->shape, move->type, slots->image);

    if (result == OTTER_OK && move->type != OTTER_SWAP_TEST) {
        result = otter_trailer_write_image_ok(primary, &slots->shape);
    }
    if (result == OTTER_OK && otter_offset_count_steps(slots, move) == 0) {
        result = otter_trailer_write_swap_size(primary, &slots->shape, move->size);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(primary, &slots->shape) : result;
}

bool otter_offset_has_landed(const struct otter_boot_slots *slots)
{
    const struct otter_area *primary = &slots->primary;
    bool erased = false;

    return otter_area_is_erased(primary,
                                otter_trailer_swap_size_offset(&slots->shape, primary->size),
                                slots->shape.write_size, &erased)
               != OTTER_OK
           || !erased;
}

enum otter_result otter_offset_write_record(const struct otter_boot_slots *slots,
                                            const struct otter_boot_move *move)
{
    const enum otter_result result = write_sums(slots, move);

    return result == OTTER_OK ? write_fields(slots, move) : result;
}

static bool decode_header(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    uint8_t header[RECORD_HEADER];

    if (otter_area_read(&slots->primary, record_start(slots), header, sizeof header) != OTTER_OK) {
        return false;
    }
    *move = (struct otter_boot_move){
        .type = (enum otter_swap_type)otter_load_le32(header + 4),
        .size = otter_load_le32(header + 8),
        .incoming = otter_load_le32(header + 12),
        .outgoing = otter_load_le32(header + 16),
    };
    return otter_load_le32(header) == RECORD_MAGIC && is_move_type(otter_load_le32(header + 4))
           && move->size <= slots->max_image_size && move->incoming <= slots->max_image_size
           && move->outgoing <= slots->max_image_size;
}

static bool crc_is_right(const struct otter_boot_slots *slots, uint32_t len)
{
    const uint32_t start = record_start(slots);
    uint8_t bytes[CRC_SIZE];
    bool is_right = false;

    return otter_area_read(&slots->primary, start + len, bytes, sizeof bytes) == OTTER_OK
           && otter_offset_check(slots, &slots->primary, start, len, otter_load_le32(bytes),
                                 &is_right)
                  == OTTER_OK
           && is_right;
}

bool otter_offset_read_record(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    const struct otter_boot_places seals = seals_of(slots);

    return otter_boot_places_used(&seals) > 0 && decode_header(slots, move)
           && crc_is_right(slots,
                           RECORD_HEADER + SUMS_SIZE * otter_offset_count_steps(slots, move));
}

enum otter_result otter_offset_read_sums(const struct otter_boot_slots *slots, uint32_t number,
                                         struct otter_offset_sums *sums)
{
    uint8_t bytes[SUMS_SIZE];
    const enum otter_result result =
        otter_area_read(&slots->primary, record_start(slots) + RECORD_HEADER + number * SUMS_SIZE,
                        bytes, sizeof bytes);

    sums->source = otter_load_le32(bytes);
    sums->target = otter_load_le32(bytes + 4);
    return result;
}

/* If all are used up, those that are there must do. */
enum otter_result otter_offset_seal(const struct otter_boot_slots *slots)
{
    const struct otter_boot_places seals = seals_of(slots);
    const uint32_t used = otter_boot_places_used(&seals);
    uint8_t unit[UNIT_MAX];

    if (used == seals.count) {
        return OTTER_OK;
    }
    memset(unit, otter_area_erased_byte(seals.area), seals.size);
    unit[0] = 1;
    return otter_area_program(seals.area, seals.start + used * seals.size, unit, seals.size);
}
