/* SPDX-License-Identifier: Apache-2.0 */

/* The log in the status area. Each image has its own part, three sectors or more, so that no image's
 * notes are erased for another's. As every note is the whole state, nothing has to be copied when a
 * sector's turn comes, and a sector may be as small as one note. */

#include "status_log.h"

#include <stddef.h>

/* The newest note may be one that a cut tore, and that reads as whole only now and then. So not only its
 * sector must survive what is written next, but also that of the note before it. */
#define SECTORS_MIN 3u

/* Where the sector begins that has @p count sectors before it. */
static uint32_t skip_sectors(const struct otter_area *area, uint32_t count)
{
    uint32_t offset = 0;

    while (count-- > 0) {
        offset = otter_boot_sector_end(area, offset);
    }
    return offset;
}

static uint8_t image_count(const struct otter_layout *layout)
{
    return layout->image_count == 0 ? 1 : layout->image_count;
}

/* The part of the area that belongs to an image. */
static struct otter_area part_of(const struct otter_area *area, uint8_t images, uint8_t image)
{
    const uint32_t sectors = otter_area_sector_count(area) / images;
    const uint32_t start = skip_sectors(area, image * sectors);

    return (struct otter_area){
        .flash = area->flash,
        .offset = area->offset + start,
        .size = skip_sectors(area, (image + 1u) * sectors) - start,
    };
}

static bool sectors_hold_notes(const struct otter_area *area)
{
    uint32_t offset = 0;

    while (offset < area->size) {
        const uint32_t end = otter_boot_sector_end(area, offset);

        if (end - offset < otter_boot_note_room(area)) {
            return false;
        }
        offset = end;
    }
    return true;
}

const char *otter_status_log_misfit(const struct otter_layout *layout)
{
    struct otter_flash flash;
    struct otter_area area;

    if (!otter_boot_plan_area(layout, OTTER_AREA_STATUS, 0, &flash, &area)) {
        return "there is no status area";
    }
    if (otter_area_sector_count(&area) < SECTORS_MIN * image_count(layout)) {
        return "the status area has less than three sectors for each image";
    }
    return sectors_hold_notes(&area) ? NULL : "a sector of the status area has no room for a note";
}

/* Where the place behind the one at @p offset is: in the next sector if this one has no room. */
static uint32_t place_behind(const struct otter_area *area, uint32_t offset)
{
    const uint32_t room = otter_boot_note_room(area);
    const uint32_t end = otter_boot_sector_end(area, offset);

    return end - (offset + room) < room ? end : offset + room;
}

static bool read_note(const struct otter_boot_slots *slots, const struct otter_status_log *log,
                      uint32_t at, struct otter_boot_note *note)
{
    return otter_boot_note_read(&log->area, at, note) && note->image == slots->image;
}

/* The last note of the sector that begins at @p start. Behind one that a cut tore there is none. */
static void follow(const struct otter_boot_slots *slots, struct otter_status_log *log,
                   uint32_t start)
{
    struct otter_boot_note note;

    log->next = otter_boot_sector_end(&log->area, start);
    for (uint32_t at = start; at < log->next && read_note(slots, log, at, &note);
         at = place_behind(&log->area, at)) {
        log->newest = note;
    }
}

/* The newest note is in the sector whose first one is. A torn note that reads as whole only now and
 * then may be as new as that, but no newer. */
static void find_newest(const struct otter_boot_slots *slots, struct otter_status_log *log)
{
    struct otter_boot_note note;
    uint32_t newest = 0;

    for (uint32_t start = 0; start < log->area.size;
         start = otter_boot_sector_end(&log->area, start)) {
        if (read_note(slots, log, start, &note) && note.sequence > log->newest.sequence) {
            log->newest = note;
            newest = start;
        }
    }
    if (log->newest.sequence > 0) {
        follow(slots, log, newest);
    }
}

enum otter_result otter_status_log_open(const struct otter_boot_slots *slots,
                                        struct otter_status_log *log)
{
    const struct otter_boot_config *config = slots->config;
    struct otter_area area;

    *log = (struct otter_status_log){ .newest = { .type = OTTER_SWAP_NONE } };
    if (otter_layout_open(config->layout, config->devices, OTTER_AREA_STATUS, 0, &area)
        != OTTER_OK) {
        return OTTER_ERR_FLASH;
    }
    log->area = part_of(&area, image_count(config->layout), slots->image);
    find_newest(slots, log);
    return OTTER_OK;
}

static uint32_t next_place(const struct otter_status_log *log)
{
    return log->next < log->area.size ? log->next : 0;
}

bool otter_status_log_is_doubtful(const struct otter_boot_slots *slots,
                                  const struct otter_status_log *log)
{
    const uint32_t place = next_place(log);
    struct otter_boot_note note;
    bool is_erased = false;

    if (read_note(slots, log, place, &note)) {
        return note.sequence > log->newest.sequence;
    }
    return otter_area_is_erased(&log->area, place, otter_boot_note_room(&log->area), &is_erased)
               != OTTER_OK
           || !is_erased;
}

enum otter_result otter_status_log_write(const struct otter_boot_slots *slots,
                                         struct otter_status_log *log,
                                         const struct otter_boot_move *move)
{
    const struct otter_boot_note note = {
        .sequence = log->newest.sequence + 1,
        .type = move->type,
        .image = slots->image,
        .size = move->size,
        .steps = move->steps,
    };
    const uint32_t place = next_place(log);
    enum otter_result result = OTTER_OK;

    if (otter_boot_sector_start(&log->area, place) == place) {
        result =
            otter_boot_erase(slots, &log->area, place, otter_boot_sector_end(&log->area, place));
    }
    if (result == OTTER_OK) {
        result = otter_boot_note_write(slots, &log->area, place, &note);
    }
    if (result == OTTER_OK) {
        log->newest = note;
        log->next = place_behind(&log->area, place);
    }
    return result;
}
