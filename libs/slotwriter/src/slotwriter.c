/* SPDX-License-Identifier: Apache-2.0 */

/* Slot writer: gathers a stream in a buffer and programs it in whole write units.
 *
 * The tail, which is every sector that holds a byte of the trailer, is erased when an image is
 * begun; all other sectors are erased when the first byte for them is about to be programmed. The
 * bytes between `durable` and `accepted` are those in the buffer.
 *
 * A writer that was resumed has no tail: the image may have reached into it before the cut. What
 * lies behind the image there was erased at the beginning and not touched since. */

#include "otter/slotwriter.h"

#include <stdbool.h>
#include <string.h>

#include "otter/log.h"

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

enum otter_result otter_slotwriter_init(struct otter_slotwriter *writer,
                                        const struct otter_slotwriter_config *config)
{
    *writer = (struct otter_slotwriter){ .config = *config };
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

static void go_on_behind(struct otter_slotwriter *writer, uint32_t total, uint32_t durable)
{
    writer->total = total;
    writer->accepted = durable;
    writer->durable = durable;
    writer->erased_to = writer->config.start + durable;
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

/* Program the first @p len bytes of the buffer, which are whole write units. */
static enum otter_result flush(struct otter_slotwriter *writer, uint32_t len)
{
    const uint32_t offset = writer->config.start + writer->durable;
    enum otter_result result = erase_up_to(writer, offset + len);

    if (result == OTTER_OK) {
        result = otter_area_program(&writer->config.slot, offset, writer->config.buffer, len);
    }
    if (result == OTTER_OK) {
        writer->durable = writer->accepted;
    }
    return result;
}

/* Take as much as the buffer has room for, and flush it when it is full. */
static enum otter_result gather(struct otter_slotwriter *writer, const uint8_t *bytes, size_t len,
                                size_t *taken)
{
    const size_t gathered = writer->accepted - writer->durable;
    const size_t room = writer->config.buffer_size - gathered;

    *taken = len < room ? len : room;
    memcpy(writer->config.buffer + gathered, bytes, *taken);
    writer->accepted += (uint32_t)*taken;
    if (*taken < room) {
        return OTTER_OK;
    }
    return flush(writer, (uint32_t)writer->config.buffer_size);
}

enum otter_result otter_slotwriter_write(struct otter_slotwriter *writer, uint32_t offset,
                                         const void *bytes, size_t len)
{
    const uint8_t *next = bytes;
    uint32_t known;

    if (offset > writer->accepted || len > writer->total - offset) {
        return OTTER_ERR_RANGE;
    }
    known = writer->accepted - offset;
    if (known >= len) {
        return OTTER_OK;
    }
    next += known;
    len -= known;
    while (len > 0) {
        size_t taken;
        const enum otter_result result = gather(writer, next, len, &taken);

        if (result != OTTER_OK) {
            return result;
        }
        next += taken;
        len -= taken;
    }
    return OTTER_OK;
}

enum otter_result otter_slotwriter_finish(struct otter_slotwriter *writer)
{
    const uint32_t unit = otter_area_write_size(&writer->config.slot);
    const uint32_t gathered = writer->accepted - writer->durable;
    const uint32_t padding = (unit - gathered % unit) % unit;

    if (writer->accepted != writer->total) {
        return OTTER_ERR_RANGE;
    }
    if (gathered == 0) {
        return OTTER_OK;
    }
    memset(writer->config.buffer + gathered, otter_area_erased_byte(&writer->config.slot), padding);
    return flush(writer, gathered + padding);
}
