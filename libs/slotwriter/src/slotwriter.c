/* SPDX-License-Identifier: Apache-2.0 */

/* Slot writer: gathers a stream in a buffer and programs it in whole write units.
 *
 * The tail, which is every sector that holds a byte of the trailer, is erased when an image is
 * begun; all other sectors are erased in order, up to the one that is about to be programmed.
 *
 * What is durable is a short list of runs. The first one begins with the image; one behind it is
 * what came before its turn, and grows together with its neighbours as the gaps are closed. Only the
 * first one outlives a restart. The buffer holds the end of one run, of whichever grew last.
 *
 * A writer that was resumed has no tail: the image may have reached into it before the cut. What
 * lies behind the image there was erased at the beginning and not touched since. */

#include "otter/slotwriter.h"

#include <stdbool.h>
#include <string.h>

#include "otter/log.h"

/* A piece that lies further behind all others is not taken: erasing all that is between could take
 * longer than a watchdog waits. */
#define LEAP_MAX (64u * 1024)

/* The first sector that begin() erases: the one in which the trailer's room starts. */
static uint32_t find_tail(const struct otter_slotwriter_config *config)
{
    const uint32_t end = config->start + config->capacity;
    struct otter_sector sector = { .offset = config->slot.size };

    if (end < config->slot.size) {
        (void)otter_area_sector(&config->slot, end, &sector);
    }
    return sector.offset;
}

static bool is_possible(const struct otter_slotwriter_config *config)
{
    const uint16_t unit = otter_area_write_size(&config->slot);

    return config->buffer_size > 0 && config->buffer_size % unit == 0
           && otter_area_sector_count(&config->slot) > 0 && config->start <= config->slot.size
           && config->capacity <= config->slot.size - config->start && config->start % unit == 0
           && config->capacity % unit == 0;
}

static void go_on_behind(struct otter_slotwriter *writer, uint32_t total, uint32_t durable)
{
    writer->total = total;
    writer->accepted = durable;
    writer->durable = durable;
    writer->erased_to = writer->config.start + durable;
    writer->gathered_at = durable;
    writer->gathered = 0;
    writer->runs[0] = (struct otter_slotwriter_run){ .begin = 0, .end = durable };
    writer->run_count = 1;
}

void otter_slotwriter_forget(struct otter_slotwriter *writer)
{
    go_on_behind(writer, 0, 0);
}

enum otter_result otter_slotwriter_init(struct otter_slotwriter *writer,
                                        const struct otter_slotwriter_config *config)
{
    *writer = (struct otter_slotwriter){ .config = *config };
    otter_slotwriter_forget(writer);
    return is_possible(config) ? OTTER_OK : OTTER_ERR_ARGUMENT;
}

static enum otter_result erase_sector(const struct otter_area *slot,
                                      const struct otter_sector *sector)
{
    otter_log_number(OTTER_LOG_DEBUG, OTTER_LOG_SLOTWRITER, "erasing the sector at ",
                     sector->offset, "");
    return otter_area_erase(slot, sector->offset, sector->size);
}

/* From the last sector to the first: the magic lies at the very end, so the first of these erases
 * takes a request away whole. In the other order a cut would leave a request without the flags
 * that belong to it. */
static enum otter_result erase_tail(const struct otter_slotwriter *writer)
{
    const struct otter_area *slot = &writer->config.slot;
    uint32_t end = slot->size;

    while (end > writer->tail) {
        struct otter_sector sector;
        enum otter_result result = otter_area_sector(slot, end - 1, &sector);

        if (result == OTTER_OK) {
            result = erase_sector(slot, &sector);
        }
        if (result != OTTER_OK) {
            return result;
        }
        end = sector.offset;
    }
    return OTTER_OK;
}

enum otter_result otter_slotwriter_begin(struct otter_slotwriter *writer, uint32_t total)
{
    if (total == 0) {
        return OTTER_ERR_RANGE;
    }
    if (total > writer->config.capacity) {
        return OTTER_ERR_IMAGE_TOO_BIG;
    }
    otter_log_number(OTTER_LOG_INFO, OTTER_LOG_SLOTWRITER, "beginning an image of ", total,
                     " bytes");
    go_on_behind(writer, total, 0);
    writer->tail = find_tail(&writer->config);
    return erase_tail(writer);
}

/* The part of the image that lies in sectors which hold no byte behind @p durable. */
static uint32_t in_whole_sectors(const struct otter_slotwriter *writer, uint32_t durable)
{
    const struct otter_slotwriter_config *config = &writer->config;
    struct otter_sector sector;

    if (durable == config->slot.size - config->start) {
        return durable;
    }
    (void)otter_area_sector(&config->slot, config->start + durable, &sector);
    return sector.offset > config->start ? sector.offset - config->start : 0;
}

enum otter_result otter_slotwriter_resume(struct otter_slotwriter *writer, uint32_t total,
                                          uint32_t durable)
{
    if (total == 0 || total > writer->config.capacity || durable > total
        || (durable < total && durable != in_whole_sectors(writer, durable))) {
        return OTTER_ERR_RANGE;
    }
    go_on_behind(writer, total, durable);
    writer->tail = writer->config.slot.size;
    return OTTER_OK;
}

uint32_t otter_slotwriter_checkpoint(const struct otter_slotwriter *writer)
{
    return writer->durable == writer->total ? writer->total
                                            : in_whole_sectors(writer, writer->durable);
}

uint32_t otter_slotwriter_before_tail(const struct otter_slotwriter *writer)
{
    const uint32_t tail = find_tail(&writer->config);
    const uint32_t room = tail > writer->config.start ? tail - writer->config.start : 0;

    return writer->durable < room ? writer->durable : room;
}

enum otter_result otter_slotwriter_renew_tail(struct otter_slotwriter *writer)
{
    go_on_behind(writer, writer->total, otter_slotwriter_before_tail(writer));
    writer->tail = find_tail(&writer->config);
    return erase_tail(writer);
}

static enum otter_result erase_up_to(struct otter_slotwriter *writer, uint32_t end)
{
    const struct otter_area *slot = &writer->config.slot;

    while (writer->erased_to < end && writer->erased_to < writer->tail) {
        struct otter_sector sector;
        enum otter_result result = otter_area_sector(slot, writer->erased_to, &sector);

        if (result == OTTER_OK) {
            result = erase_sector(slot, &sector);
        }
        if (result != OTTER_OK) {
            return result;
        }
        writer->erased_to = sector.offset + sector.size;
    }
    return OTTER_OK;
}

/* Runs --------------------------------------------------------------------------------------- */

static void remove_run(struct otter_slotwriter *writer, uint8_t index)
{
    writer->run_count--;
    memmove(&writer->runs[index], &writer->runs[index + 1],
            (writer->run_count - index) * sizeof writer->runs[0]);
}

static void insert_run(struct otter_slotwriter *writer, uint8_t index, uint32_t begin, uint32_t end)
{
    memmove(&writer->runs[index + 1], &writer->runs[index],
            (writer->run_count - index) * sizeof writer->runs[0]);
    writer->runs[index] = (struct otter_slotwriter_run){ .begin = begin, .end = end };
    writer->run_count++;
}

/* The last run that begins at @p offset or before it; there is always the first one. */
static uint8_t run_before(const struct otter_slotwriter *writer, uint32_t offset)
{
    uint8_t index = (uint8_t)(writer->run_count - 1);

    while (writer->runs[index].begin > offset) {
        index--;
    }
    return index;
}

/* Where the next run behind @p offset begins, or the image ends. */
static uint32_t next_run(const struct otter_slotwriter *writer, uint32_t offset)
{
    const uint8_t next = (uint8_t)(run_before(writer, offset) + 1);

    return next < writer->run_count ? writer->runs[next].begin : writer->total;
}

static void note_durable(struct otter_slotwriter *writer, uint32_t begin, uint32_t end)
{
    uint8_t index = run_before(writer, begin);

    if (writer->runs[index].end == begin) {
        writer->runs[index].end = end;
    } else {
        index++;
        insert_run(writer, index, begin, end);
    }
    if (index + 1 < writer->run_count && writer->runs[index + 1].begin == end) {
        writer->runs[index].end = writer->runs[index + 1].end;
        remove_run(writer, (uint8_t)(index + 1));
    }
}

/* The buffer --------------------------------------------------------------------------------- */

static uint32_t gathered_to(const struct otter_slotwriter *writer)
{
    return writer->gathered_at + writer->gathered;
}

static void update_front(struct otter_slotwriter *writer)
{
    writer->durable = writer->runs[0].end;
    writer->accepted =
        writer->gathered_at == writer->durable ? gathered_to(writer) : writer->durable;
}

/* Only whole units can be programmed; the image's last one is padded. @return bytes of the buffer */
static uint32_t make_programmable(struct otter_slotwriter *writer)
{
    const uint32_t unit = otter_area_write_size(&writer->config.slot);
    const uint32_t rest = writer->gathered % unit;

    if (rest == 0 || gathered_to(writer) < writer->total) {
        return writer->gathered - rest;
    }
    memset(writer->config.buffer + writer->gathered, otter_area_erased_byte(&writer->config.slot),
           unit - rest);
    return writer->gathered + unit - rest;
}

/* Program the buffer, and let it begin anew at @p offset. What does not fill a unit is forgotten, and
 * is missing again. */
static enum otter_result settle(struct otter_slotwriter *writer, uint32_t offset)
{
    const uint32_t begin = writer->gathered_at;
    const uint32_t len = make_programmable(writer);
    const uint32_t end = len < writer->total - begin ? begin + len : writer->total;
    const uint32_t place = writer->config.start + begin;
    enum otter_result result = OTTER_OK;

    if (len > 0) {
        result = erase_up_to(writer, place + len);
        if (result == OTTER_OK) {
            result = otter_area_program(&writer->config.slot, place, writer->config.buffer, len);
        }
        if (result == OTTER_OK) {
            note_durable(writer, begin, end);
        }
    }
    writer->gathered_at = offset;
    writer->gathered = 0;
    return result;
}

/* Take as much as the buffer has room for. It is programmed when it is full, and when it closes a gap. */
static enum otter_result gather(struct otter_slotwriter *writer, const uint8_t *bytes, size_t *len)
{
    const size_t room = writer->config.buffer_size - writer->gathered;
    enum otter_result result = OTTER_OK;

    *len = *len < room ? *len : room;
    memcpy(writer->config.buffer + writer->gathered, bytes, *len);
    writer->gathered += (uint32_t)*len;
    if (writer->gathered == writer->config.buffer_size
        || gathered_to(writer) == next_run(writer, writer->gathered_at)) {
        result = settle(writer, gathered_to(writer));
    }
    return result;
}

/* Writing ------------------------------------------------------------------------------------ */

/* How many bytes from @p offset on are here already. */
static uint32_t known_from(const struct otter_slotwriter *writer, uint32_t offset)
{
    const struct otter_slotwriter_run *run = &writer->runs[run_before(writer, offset)];

    if (offset < run->end) {
        return run->end - offset;
    }
    return offset >= writer->gathered_at && offset < gathered_to(writer)
               ? gathered_to(writer) - offset
               : 0;
}

/* A run begins with a write unit. */
static uint32_t up_to_unit(const struct otter_slotwriter *writer, uint32_t offset)
{
    const uint32_t unit = otter_area_write_size(&writer->config.slot);

    return (unit - offset % unit) % unit;
}

/* May a piece at @p offset be written, before or behind those that are here? */
static bool has_room_for_run(const struct otter_slotwriter *writer, uint32_t offset)
{
    const struct otter_slotwriter_run *last = &writer->runs[writer->run_count - 1];
    const bool leaps = offset > last->end && offset - last->end > LEAP_MAX;

    return writer->runs[run_before(writer, offset)].end == offset
           || (writer->run_count < OTTER_SLOTWRITER_RUNS_MAX && !leaps);
}

/* Deal with the first bytes of a piece.
 *  @param len  in: bytes of the piece; out: those that were dealt with */
static enum otter_result take(struct otter_slotwriter *writer, uint32_t offset,
                              const uint8_t *bytes, size_t *len)
{
    const uint32_t known = known_from(writer, offset);
    const bool goes_on = offset == gathered_to(writer);
    const uint32_t passed_over = known > 0 || goes_on ? known : up_to_unit(writer, offset);
    enum otter_result result = OTTER_OK;
    uint32_t gap;

    if (passed_over > 0) {
        *len = *len < passed_over ? *len : passed_over;
        return OTTER_OK;
    }
    if (!goes_on) {
        result = settle(writer, offset);
    }
    gap = next_run(writer, offset) - offset;
    *len = *len < gap ? *len : gap;
    if (result != OTTER_OK || !has_room_for_run(writer, writer->gathered_at)) {
        return result;
    }
    return gather(writer, bytes, len);
}

enum otter_result otter_slotwriter_write(struct otter_slotwriter *writer, uint32_t offset,
                                         const void *bytes, size_t len)
{
    const uint8_t *next = bytes;
    enum otter_result result = OTTER_OK;

    if (offset > writer->total || len > writer->total - offset) {
        return OTTER_ERR_RANGE;
    }
    while (result == OTTER_OK && len > 0) {
        size_t used = len;

        result = take(writer, offset, next, &used);
        next += used;
        offset += (uint32_t)used;
        len -= used;
    }
    update_front(writer);
    return result;
}

uint32_t otter_slotwriter_gap_end(const struct otter_slotwriter *writer)
{
    const uint32_t next = next_run(writer, writer->accepted);
    const bool is_ahead = writer->gathered > 0 && writer->gathered_at > writer->accepted;

    return is_ahead && writer->gathered_at < next ? writer->gathered_at : next;
}
