/* SPDX-License-Identifier: Apache-2.0 */

/* Moving bytes between areas: what every strategy is made of. The watchdog is fed once for each
 * sector erased and each buffer copied. */

#include <string.h>

#include "strategy.h"

/* How often a unit is read before it is given up. */
#define LOOKS 16u

/* Bytes of what was programmed that are read back. */
#define PROOF_SIZE 16u

/* How much is read at once of a device that may have nothing to say. */
#define LISTEN_SIZE 64u

static void feed_watchdog(const struct otter_boot_slots *slots)
{
    slots->config->hooks->feed_watchdog(slots->config->hooks_context);
}

void otter_boot_report(const struct otter_boot_slots *slots, struct otter_boot_event event)
{
    event.image = slots->image;
    slots->config->hooks->report(slots->config->hooks_context, &event);
}

void otter_boot_progress(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                         uint32_t done, uint32_t total)
{
    otter_boot_report(slots, (struct otter_boot_event){ .kind = OTTER_BOOT_PROGRESS,
                                                        .swap_type = move->type,
                                                        .done = done,
                                                        .total = total });
}

/* What was taken out of the primary slot lies at the start of the other one, and so does what comes
 * back from there. */
uint32_t otter_boot_staged_at(const struct otter_boot_slots *slots, enum otter_swap_type type)
{
    return type == OTTER_SWAP_REVERT ? 0 : slots->config->layout->staging_offset;
}

/* Offsets that come here lie inside the area; a sector that is not found can only be a layout that
 * contradicts its device, which misfit() has excluded. */
uint32_t otter_boot_sector_start(const struct otter_area *area, uint32_t offset)
{
    struct otter_sector sector = { 0 };

    (void)otter_area_sector(area, offset, &sector);
    return sector.offset;
}

uint32_t otter_boot_sector_end(const struct otter_area *area, uint32_t offset)
{
    struct otter_sector sector = { .offset = area->size };

    (void)otter_area_sector(area, offset, &sector);
    return sector.offset + sector.size;
}

static enum otter_result erase_sector(const struct otter_boot_slots *slots,
                                      const struct otter_area *area, uint32_t from, uint32_t to)
{
    feed_watchdog(slots);
    return otter_area_erase(area, from, to - from);
}

enum otter_result otter_boot_erase(const struct otter_boot_slots *slots,
                                   const struct otter_area *area, uint32_t from, uint32_t to)
{
    while (from < to) {
        const uint32_t end = otter_boot_sector_end(area, from);
        const enum otter_result result = erase_sector(slots, area, from, end);

        if (result != OTTER_OK) {
            return result;
        }
        from = end;
    }
    return OTTER_OK;
}

enum otter_result otter_boot_erase_tail(const struct otter_boot_slots *slots,
                                        const struct otter_area *area, uint32_t from)
{
    uint32_t end = area->size;

    while (end > from) {
        const uint32_t start = otter_boot_sector_start(area, end - 1);
        const enum otter_result result = erase_sector(slots, area, start, end);

        if (result != OTTER_OK) {
            return result;
        }
        end = start;
    }
    return OTTER_OK;
}

/* Fill up to a whole write unit. The buffer has room: its size is a multiple of every unit. */
static size_t pad(const struct otter_area *to, uint8_t *buffer, size_t len)
{
    const size_t unit = otter_area_write_size(to);
    const size_t padded = (len + unit - 1) / unit * unit;

    memset(buffer + len, otter_area_erased_byte(to), padded - len);
    return padded;
}

static bool can_be_read(const struct otter_area *area, uint32_t offset, uint8_t *bytes, size_t len)
{
    for (unsigned look = 0; look < LOOKS; look++) {
        if (otter_area_read(area, offset, bytes, len) == OTTER_OK) {
            return true;
        }
    }
    return false;
}

/* Can a byte of any sector be read? Else the device is dead, and nothing must be built on it. */
static bool answers(const struct otter_area *area)
{
    uint8_t byte;
    uint32_t at = 0;

    while (at < area->size && otter_area_read(area, at, &byte, 1) != OTTER_OK) {
        at = otter_boot_sector_end(area, at);
    }
    return at < area->size;
}

bool otter_boot_is_damaged(const struct otter_boot_slots *slots, const struct otter_area *area,
                           uint32_t from, uint32_t len)
{
    const size_t room = slots->config->buffer_size;
    const uint32_t end = from + len;
    bool is_whole = true;

    for (uint32_t at = from; is_whole && at < end; at += (uint32_t)room) {
        feed_watchdog(slots);
        is_whole = can_be_read(area, at, slots->config->buffer, end - at < room ? end - at : room);
    }
    return !is_whole && answers(area);
}

/* On a part with ECC, a unit that was torn long ago may lie in what no image uses, or in a program that is
 * damaged anyway. It must not stop a move for ever: what can be read is moved, and whether the image is
 * still good is verified where it arrives. */
static enum otter_result read_what_can_be_read(const struct otter_area *area, uint32_t offset,
                                               uint8_t *buffer, size_t len)
{
    const size_t unit = otter_area_write_size(area);

    if (!answers(area)) {
        return OTTER_ERR_FLASH;
    }
    for (size_t at = 0; at < len; at += unit) {
        const size_t room = len - at < unit ? len - at : unit;

        if (!can_be_read(area, offset + (uint32_t)at, buffer + at, room)) {
            memset(buffer + at, otter_area_erased_byte(area), room);
        }
    }
    return OTTER_OK;
}

bool otter_boot_speaks(const struct otter_boot_slots *slots, const struct otter_area *area)
{
    if (area->flash == NULL) {
        return false;
    }
    const uint32_t unit = otter_area_write_size(area);
    const uint32_t len = unit < LISTEN_SIZE ? LISTEN_SIZE : unit;

    for (uint32_t at = 0; at < area->size; at += len) {
        bool is_erased;

        feed_watchdog(slots);
        if (otter_area_is_erased(area, at, len, &is_erased) == OTTER_OK && !is_erased) {
            return true;
        }
    }
    return false;
}

/* Images leave the secondary slot piece by piece: as long as one is wanted from there, or from the scratch
 * area, something is left in one of them. */
static bool source_speaks(const struct otter_boot_slots *slots, const struct otter_area *from)
{
    return otter_boot_is_primary(slots, from) || otter_boot_speaks(slots, from)
           || otter_boot_speaks(slots, &slots->secondary);
}

enum otter_result otter_boot_program(const struct otter_area *area, uint32_t offset,
                                     const uint8_t *bytes, size_t len)
{
    uint8_t found[PROOF_SIZE];
    const size_t proof = len < sizeof found ? len : sizeof found;
    enum otter_result result = otter_area_program(area, offset, bytes, len);

    if (result == OTTER_OK) {
        result = otter_area_read(area, offset, found, proof);
    }
    return result == OTTER_OK && memcmp(found, bytes, proof) != 0 ? OTTER_ERR_FLASH : result;
}

/* One buffer's worth: read, change, write. */
static enum otter_result copy_piece(const struct otter_boot_slots *slots,
                                    const struct otter_boot_copy *copy, uint32_t done, size_t len)
{
    const struct otter_boot_config *config = slots->config;
    uint8_t *buffer = config->buffer;
    enum otter_result result = otter_area_read(copy->from, copy->from_offset + done, buffer, len);

    if (result == OTTER_ERR_FLASH) {
        result = read_what_can_be_read(copy->from, copy->from_offset + done, buffer, len);
    }

    if (result == OTTER_OK && copy->veil != NULL) {
        result = config->encryption->change(copy->veil, copy->image_offset + done, buffer, len);
    }
    if (result != OTTER_OK) {
        return result;
    }
    return otter_boot_program(copy->to, copy->to_offset + done, buffer, pad(copy->to, buffer, len));
}

enum otter_result otter_boot_copy(const struct otter_boot_slots *slots,
                                  const struct otter_boot_copy *copy)
{
    const size_t room = slots->config->buffer_size;
    uint32_t done = 0;

    while (done < copy->len) {
        const size_t len = copy->len - done < room ? copy->len - done : room;
        const enum otter_result result = copy_piece(slots, copy, done, len);

        if (result != OTTER_OK) {
            return result;
        }
        feed_watchdog(slots);
        done += (uint32_t)len;
    }
    /* Who speaks at the end has spoken all the while. */
    return done == 0 || source_speaks(slots, copy->from) ? OTTER_OK : OTTER_ERR_FLASH;
}

enum otter_result
otter_boot_run_veiled(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                      const struct otter_boot_tracks *tracks,
                      enum otter_result (*run)(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move))
{
    const struct otter_boot_encryption *encryption = slots->config->encryption;

    return encryption == NULL ? run(slots, move) : encryption->run(slots, move, tracks, run);
}
