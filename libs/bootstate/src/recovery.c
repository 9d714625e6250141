/* SPDX-License-Identifier: Apache-2.0 */

/* The recovery record. Each of two sectors holds at most one, at its start; a new one always goes to
 * the sector that does not hold the newest, and that sector is erased for it. So whatever a cut leaves
 * is torn in a sector that nobody relies on, and nothing is programmed over the remains of a write. */

#include "otter/recovery.h"

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"

#define RECORD_SIZE 16u
#define CRC_OFFSET  (RECORD_SIZE - 4u)
#define MARK        0x4352544Fu /* "OTRC" */
#define UNIT_MAX    512u

/* A record and where it lies. */
struct found {
    struct otter_sector sector;
    uint32_t sequence; /* 0: there is no record in this sector */
    struct otter_recovery_record record;
};

static bool is_record(const uint8_t bytes[RECORD_SIZE])
{
    return otter_load_le32(bytes) == MARK
           && otter_load_le32(bytes + CRC_OFFSET) == otter_crc32(0, bytes, CRC_OFFSET)
           && bytes[8] >= OTTER_RECOVERY_SETTLED && bytes[8] <= OTTER_RECOVERY_BEGUN;
}

/* What cannot be read is as good as not there: on a part with ECC, a torn write looks like that. */
static void read_sector(const struct otter_area *area, struct found *found)
{
    uint8_t bytes[RECORD_SIZE];

    found->sequence = 0;
    found->record = (struct otter_recovery_record){ .state = OTTER_RECOVERY_SETTLED };
    if (otter_area_read(area, found->sector.offset, bytes, sizeof bytes) == OTTER_OK
        && is_record(bytes)) {
        found->sequence = otter_load_le32(bytes + 4);
        found->record.state = (enum otter_recovery_state)bytes[8];
        found->record.failed_starts = bytes[9];
    }
}

/* @p newest and @p other are the first two sectors of the area. */
static enum otter_result find(const struct otter_area *area, struct found *newest,
                              struct found *other)
{
    if (otter_area_sector(area, 0, &newest->sector) != OTTER_OK
        || otter_area_sector(area, newest->sector.size, &other->sector) != OTTER_OK) {
        return OTTER_ERR_ARGUMENT;
    }
    read_sector(area, newest);
    read_sector(area, other);
    if (other->sequence > newest->sequence) {
        const struct found swapped = *newest;

        *newest = *other;
        *other = swapped;
    }
    return OTTER_OK;
}

enum otter_result otter_recovery_read(const struct otter_area *area,
                                      struct otter_recovery_record *record)
{
    struct found newest;
    struct found other;
    const enum otter_result result = find(area, &newest, &other);

    if (result == OTTER_OK) {
        *record = newest.record;
    }
    return result;
}

static void encode(const struct otter_recovery_record *record, uint32_t sequence,
                   uint8_t bytes[RECORD_SIZE])
{
    memset(bytes, 0, RECORD_SIZE);
    otter_store_le32(bytes, MARK);
    otter_store_le32(bytes + 4, sequence);
    bytes[8] = (uint8_t)record->state;
    bytes[9] = record->failed_starts;
    otter_store_le32(bytes + CRC_OFFSET, otter_crc32(0, bytes, CRC_OFFSET));
}

/* Bytes of whole write units that a record takes. */
static uint32_t room_for_record(const struct otter_area *area)
{
    const uint32_t unit = otter_area_write_size(area);

    return (RECORD_SIZE + unit - 1) / unit * unit;
}

static bool can_only_be_settled(const struct otter_area *area, const struct found *found)
{
    bool is_erased = false;

    if (found->sequence > 0) {
        return found->record.state == OTTER_RECOVERY_SETTLED;
    }
    return otter_area_is_erased(area, found->sector.offset, room_for_record(area), &is_erased)
               == OTTER_OK
           && is_erased;
}

bool otter_recovery_is_doubtful(const struct otter_area *area)
{
    struct found newest;
    struct found other;

    return find(area, &newest, &other) != OTTER_OK || !can_only_be_settled(area, &newest)
           || !can_only_be_settled(area, &other);
}

enum otter_result otter_recovery_write(const struct otter_area *area,
                                       const struct otter_recovery_record *record)
{
    uint8_t bytes[UNIT_MAX];
    struct found newest;
    struct found other;
    enum otter_result result = find(area, &newest, &other);

    if (result != OTTER_OK || room_for_record(area) > sizeof bytes) {
        return OTTER_ERR_ARGUMENT;
    }
    memset(bytes, otter_area_erased_byte(area), sizeof bytes);
    encode(record, newest.sequence + 1, bytes);
    result = otter_area_erase(area, other.sector.offset, other.sector.size);
    return result == OTTER_OK
               ? otter_area_program(area, other.sector.offset, bytes, room_for_record(area))
               : result;
}

enum otter_result otter_recovery_request(const struct otter_area *area)
{
    struct otter_recovery_record record;
    const enum otter_result result = otter_recovery_read(area, &record);

    if (result != OTTER_OK) {
        return result;
    }
    record.state = OTTER_RECOVERY_REQUESTED;
    return otter_recovery_write(area, &record);
}

enum otter_result otter_recovery_report_healthy(const struct otter_area *area)
{
    struct otter_recovery_record record;
    const enum otter_result result = otter_recovery_read(area, &record);

    if (result != OTTER_OK || record.failed_starts == 0) {
        return result;
    }
    record.failed_starts = 0;
    return otter_recovery_write(area, &record);
}
