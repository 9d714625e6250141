/* SPDX-License-Identifier: Apache-2.0 */

/* Moving bytes between areas: what every strategy is made of. The watchdog is fed once for each
 * sector erased and each buffer copied. */

#include <string.h>

#include "strategy.h"

static void feed_watchdog(const struct otter_boot_slots *slots)
{
    slots->config->hooks->feed_watchdog(slots->config->hooks_context);
}

void otter_boot_report(const struct otter_boot_slots *slots, struct otter_boot_event event)
{
    event.image = slots->image;
    slots->config->hooks->report(slots->config->hooks_context, &event);
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

enum otter_result otter_boot_copy(const struct otter_boot_slots *slots,
                                  const struct otter_area *from, uint32_t from_offset,
                                  const struct otter_area *to, uint32_t to_offset, uint32_t len)
{
    uint8_t *buffer = slots->config->buffer;
    uint32_t done = 0;

    while (done < len) {
        const size_t room = slots->config->buffer_size;
        const size_t piece = len - done < room ? len - done : room;
        enum otter_result result = otter_area_read(from, from_offset + done, buffer, piece);

        if (result == OTTER_OK) {
            result = otter_area_program(to, to_offset + done, buffer, pad(to, buffer, piece));
        }
        if (result != OTTER_OK) {
            return result;
        }
        feed_watchdog(slots);
        done += (uint32_t)piece;
    }
    return OTTER_OK;
}
