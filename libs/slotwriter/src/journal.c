/* SPDX-License-Identifier: Apache-2.0 */

/* Journal: record places of one size, filled in order, in sectors used in turn
 * (docs/formats/journal.md).
 *
 * A sector comes into use by its header, which is programmed last. Until then the sector before it
 * is the journal, and afterwards nobody looks at that one again before it is erased for its next
 * turn. So there is no moment at which a value is in no valid sector. */

#include "otter/journal.h"

#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"

#define HEADER_SIZE      16u
#define HEADER_MAGIC     0x314E4A4Fu /* "OJN1" */
#define RECORD_HEAD_SIZE 8u
#define RECORD_SIZE      (RECORD_HEAD_SIZE + OTTER_JOURNAL_VALUE_MAX)
#define RECORD_MARK      0xA55Au
#define WRITE_SIZE_MAX   512u /* the largest unit that otter/flash.h allows */
#define SEQUENCE_OF_NONE 0u
#define NOWHERE          UINT32_MAX

/* A record as it lies in memory, before padding. */
struct record {
    uint8_t bytes[RECORD_SIZE];
};

enum place { PLACE_FREE, PLACE_VALID, PLACE_TORN };

static uint32_t round_up(const struct otter_area *area, uint32_t size)
{
    const uint32_t unit = otter_area_write_size(area);

    return (size + unit - 1) / unit * unit;
}

static uint32_t place_size(const struct otter_area *area)
{
    return round_up(area, RECORD_SIZE);
}

static uint32_t first_place(const struct otter_area *area, uint32_t sector)
{
    return sector + round_up(area, HEADER_SIZE);
}

static uint32_t sector_end(const struct otter_area *area, uint32_t sector)
{
    struct otter_sector found = { 0 };

    (void)otter_area_sector(area, sector, &found);
    return found.offset + found.size;
}

static bool has_room(const struct otter_area *area, uint32_t sector, uint32_t place)
{
    return place_size(area) <= sector_end(area, sector) - place;
}

/* Records ------------------------------------------------------------------------------------ */

static uint32_t record_crc(const struct record *record)
{
    const uint32_t crc = otter_crc32(0, record->bytes, 4);

    return otter_crc32(crc, record->bytes + RECORD_HEAD_SIZE, record->bytes[1]);
}

static uint8_t record_kind(const struct record *record)
{
    return record->bytes[0];
}

static uint8_t record_len(const struct record *record)
{
    return record->bytes[1];
}

static const uint8_t *record_value(const struct record *record)
{
    return record->bytes + RECORD_HEAD_SIZE;
}

static void make_record(struct record *record, enum otter_journal_kind kind, const void *value,
                        size_t len)
{
    memset(record, 0, sizeof *record);
    record->bytes[0] = (uint8_t)kind;
    record->bytes[1] = (uint8_t)len;
    otter_store_le16(record->bytes + 2, RECORD_MARK);
    if (len > 0) {
        memcpy(record->bytes + RECORD_HEAD_SIZE, value, len);
    }
    otter_store_le32(record->bytes + 4, record_crc(record));
}

static bool is_valid(const struct record *record)
{
    return record_kind(record) > 0 && record_kind(record) < OTTER_JOURNAL_KINDS
           && record_len(record) <= OTTER_JOURNAL_VALUE_MAX
           && otter_load_le16(record->bytes + 2) == RECORD_MARK
           && otter_load_le32(record->bytes + 4) == record_crc(record);
}

/* A place that cannot even be read is what a torn write leaves on flash with error correction. */
static enum place look_at(const struct otter_area *area, uint32_t place, struct record *record)
{
    bool erased;

    if (otter_area_is_erased(area, place, place_size(area), &erased) != OTTER_OK
        || otter_area_read(area, place, record->bytes, sizeof record->bytes) != OTTER_OK) {
        return PLACE_TORN;
    }
    if (erased) {
        return PLACE_FREE;
    }
    return is_valid(record) ? PLACE_VALID : PLACE_TORN;
}

/* Program @p len bytes padded to whole write units. */
static enum otter_result program_padded(const struct otter_area *area, uint32_t offset,
                                        const uint8_t *bytes, uint32_t len)
{
    uint8_t padded[RECORD_SIZE + WRITE_SIZE_MAX];

    memset(padded, otter_area_erased_byte(area), sizeof padded);
    memcpy(padded, bytes, len);
    return otter_area_program(area, offset, padded, round_up(area, len));
}

/* Sectors ------------------------------------------------------------------------------------ */

/* The sequence number in a sector's header, or SEQUENCE_OF_NONE if the header is not valid. */
static uint32_t sector_sequence(const struct otter_area *area, uint32_t sector)
{
    uint8_t header[HEADER_SIZE];

    if (otter_area_read(area, sector, header, sizeof header) != OTTER_OK
        || otter_load_le32(header) != HEADER_MAGIC
        || otter_load_le32(header + 8) != place_size(area)
        || otter_load_le32(header + 12) != otter_crc32(0, header, 12)) {
        return SEQUENCE_OF_NONE;
    }
    return otter_load_le32(header + 4);
}

static enum otter_result write_header(const struct otter_area *area, uint32_t sector,
                                      uint32_t sequence)
{
    uint8_t header[HEADER_SIZE];

    otter_store_le32(header, HEADER_MAGIC);
    otter_store_le32(header + 4, sequence);
    otter_store_le32(header + 8, place_size(area));
    otter_store_le32(header + 12, otter_crc32(0, header, 12));
    return program_padded(area, sector, header, sizeof header);
}

static uint32_t first_free_place(const struct otter_area *area, uint32_t sector)
{
    struct record record;
    uint32_t place = first_place(area, sector);

    while (has_room(area, sector, place) && look_at(area, place, &record) != PLACE_FREE) {
        place += place_size(area);
    }
    return place;
}

bool otter_journal_sectors_suffice(const struct otter_area *area)
{
    const uint32_t needed = round_up(area, HEADER_SIZE) + OTTER_JOURNAL_KINDS * place_size(area);
    uint32_t sector = 0;

    while (sector < area->size) {
        const uint32_t end = sector_end(area, sector);

        if (end - sector < needed) {
            return false;
        }
        sector = end;
    }
    return true;
}

enum otter_result otter_journal_open(struct otter_journal *journal, const struct otter_area *area)
{
    uint32_t sector = 0;

    *journal = (struct otter_journal){ .area = *area, .sequence = SEQUENCE_OF_NONE };
    if (otter_area_sector_count(area) < 2 || otter_area_write_size(area) > WRITE_SIZE_MAX
        || !otter_journal_sectors_suffice(area)) {
        return OTTER_ERR_ARGUMENT;
    }
    while (sector < area->size) {
        const uint32_t sequence = sector_sequence(area, sector);

        if (sequence > journal->sequence) {
            journal->sequence = sequence;
            journal->sector = sector;
        }
        sector = sector_end(area, sector);
    }
    if (journal->sequence != SEQUENCE_OF_NONE) {
        journal->next = first_free_place(area, journal->sector);
    }
    return OTTER_OK;
}

/* Values ------------------------------------------------------------------------------------- */

/* Where the newest record of a kind is, with the record; NOWHERE if there is none. */
static uint32_t find_newest(const struct otter_journal *journal, enum otter_journal_kind kind,
                            struct record *newest)
{
    uint32_t found = NOWHERE;
    uint32_t place = first_place(&journal->area, journal->sector);

    if (journal->sequence == SEQUENCE_OF_NONE) {
        return NOWHERE;
    }
    for (; place < journal->next; place += place_size(&journal->area)) {
        struct record record;

        if (look_at(&journal->area, place, &record) == PLACE_VALID
            && record_kind(&record) == (uint8_t)kind) {
            found = place;
            *newest = record;
        }
    }
    return found;
}

enum otter_result otter_journal_get(const struct otter_journal *journal,
                                    enum otter_journal_kind kind, void *value, size_t *len)
{
    struct record record;
    const size_t room = *len;

    if (find_newest(journal, kind, &record) == NOWHERE || record_len(&record) == 0) {
        return OTTER_ERR_NOT_FOUND;
    }
    *len = record_len(&record);
    if (*len > room) {
        return OTTER_ERR_NO_SPACE;
    }
    memcpy(value, record_value(&record), *len);
    return OTTER_OK;
}

static bool is_there_already(const struct otter_journal *journal, const struct record *wanted)
{
    struct record record;
    const enum otter_journal_kind kind = (enum otter_journal_kind)record_kind(wanted);

    if (find_newest(journal, kind, &record) == NOWHERE) {
        return record_len(wanted) == 0;
    }
    return record_len(&record) == record_len(wanted)
           && memcmp(record_value(&record), record_value(wanted), record_len(wanted)) == 0;
}

/* Program a record at @p place and move on. A place that a failure has spoilt is passed over; one
 * that it left erased is not, because records behind a hole would not be found. */
static enum otter_result append(const struct otter_area *area, const struct record *record,
                                uint32_t *place)
{
    struct record left;
    const enum otter_result result =
        program_padded(area, *place, record->bytes, sizeof record->bytes);

    if (result == OTTER_OK || look_at(area, *place, &left) != PLACE_FREE) {
        *place += place_size(area);
    }
    return result;
}

/* Copy the newest value of each kind, but with @p changed in the place of its own kind. */
static enum otter_result copy_values(const struct otter_journal *journal,
                                     const struct record *changed, uint32_t *place)
{
    for (unsigned kind = 1; kind < OTTER_JOURNAL_KINDS; kind++) {
        struct record record = *changed;
        enum otter_result result;

        if (kind != record_kind(changed)
            && find_newest(journal, (enum otter_journal_kind)kind, &record) == NOWHERE) {
            continue;
        }
        if (record_len(&record) == 0) {
            continue;
        }
        result = append(&journal->area, &record, place);
        if (result != OTTER_OK) {
            return result;
        }
    }
    return OTTER_OK;
}

/* The sector whose turn it is; in a journal without any, the first one. */
static uint32_t next_sector(const struct otter_journal *journal)
{
    uint32_t next;

    if (journal->sequence == SEQUENCE_OF_NONE) {
        return 0;
    }
    next = sector_end(&journal->area, journal->sector);
    return next < journal->area.size ? next : 0;
}

static enum otter_result move_on(struct otter_journal *journal, const struct record *changed)
{
    const uint32_t sector = next_sector(journal);
    uint32_t place = first_place(&journal->area, sector);
    enum otter_result result =
        otter_area_erase(&journal->area, sector, sector_end(&journal->area, sector) - sector);

    if (result == OTTER_OK) {
        result = copy_values(journal, changed, &place);
    }
    if (result == OTTER_OK) {
        result = write_header(&journal->area, sector, journal->sequence + 1);
    }
    if (result == OTTER_OK) {
        journal->sector = sector;
        journal->next = place;
        journal->sequence++;
    }
    return result;
}

enum otter_result otter_journal_put(struct otter_journal *journal, enum otter_journal_kind kind,
                                    const void *value, size_t len)
{
    struct record record;

    if (len > OTTER_JOURNAL_VALUE_MAX) {
        return OTTER_ERR_NO_SPACE;
    }
    make_record(&record, kind, value, len);
    if (is_there_already(journal, &record)) {
        return OTTER_OK;
    }
    if (journal->sequence == SEQUENCE_OF_NONE
        || !has_room(&journal->area, journal->sector, journal->next)) {
        return move_on(journal, &record);
    }
    return append(&journal->area, &record, &journal->next);
}
