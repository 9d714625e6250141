/* SPDX-License-Identifier: Apache-2.0 */

/** The slot writer: a stream of pieces of any size becomes legal flash operations.
 *
 * Bytes gather in a buffer of the caller's until whole write units are there. Sectors are erased
 * only when the first byte for them arrives; the trailer's sectors are erased first of all, so that
 * nothing left in the slot can be taken for a request while it is being filled.
 *
 * After a restart an image is gone on with where the sector begins in which it was cut off: the rest
 * of that sector may hold anything. */
#ifndef OTTER_SLOTWRITER_H
#define OTTER_SLOTWRITER_H

#include <stddef.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

struct otter_slotwriter_config {
    struct otter_area slot;
    uint32_t start;     /**< slot offset of the image's first byte; a multiple of the write unit */
    uint32_t capacity;  /**< bytes an image may take: the slot without its trailer; a multiple of
                             the write unit */
    uint8_t *buffer;    /**< gathers write units; the caller's */
    size_t buffer_size; /**< bytes; a multiple of the write unit */
};

/** A write in progress. The fields are the writer's own, and may be read. */
struct otter_slotwriter {
    struct otter_slotwriter_config config;
    uint32_t tail;      /* slot offset from which on begin() has erased the sectors */
    uint32_t total;     /* bytes of the image being written; 0: none was begun */
    uint32_t accepted;  /* bytes taken from the caller */
    uint32_t durable;   /* bytes that survive a cut now */
    uint32_t erased_to; /* slot offset up to which sectors are known to be erased */
};

/** @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_slotwriter_init(struct otter_slotwriter *writer,
                                        const struct otter_slotwriter_config *config);

/** Go on with an image of @p total bytes, after a restart.
 *
 *  @param durable  what otter_slotwriter_checkpoint() returned before; the slot was not touched since
 *  @return OTTER_OK, OTTER_ERR_RANGE (no such checkpoint is possible; nothing was begun) */
enum otter_result otter_slotwriter_resume(struct otter_slotwriter *writer, uint32_t total,
                                          uint32_t durable);

/** How many bytes of the image otter_slotwriter_resume() can go on behind: all of a finished image,
 * else what is durable in whole sectors. */
uint32_t otter_slotwriter_checkpoint(const struct otter_slotwriter *writer);

/** How many bytes of the image otter_slotwriter_renew_tail() leaves in the slot. */
uint32_t otter_slotwriter_before_tail(const struct otter_slotwriter *writer);

/** Erase the sectors of the trailer again, because something was begun to be written there. The image
 * goes on behind what is left of it.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH (try again) */
enum otter_result otter_slotwriter_renew_tail(struct otter_slotwriter *writer);

/** Begin a new image of @p total bytes: drops any request in the slot's trailer.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_RANGE          an image of no bytes; nothing was erased
 *          OTTER_ERR_IMAGE_TOO_BIG  nothing was erased
 *          OTTER_ERR_FLASH          begin again */
enum otter_result otter_slotwriter_begin(struct otter_slotwriter *writer, uint32_t total);

/** Take the piece of @p len bytes that belongs at @p offset of the image. What is there already is
 * skipped; a piece that begins beyond the accepted bytes is not taken.
 *
 *  @return OTTER_OK            see writer->accepted
 *          OTTER_ERR_RANGE     it leaves a gap or exceeds the total; nothing was written
 *          OTTER_ERR_FLASH     writer->durable tells how far it got; only begin() helps now, as
 *                              units that failed half-way cannot be programmed again */
enum otter_result otter_slotwriter_write(struct otter_slotwriter *writer, uint32_t offset,
                                         const void *bytes, size_t len);

/** Flush what is left in the buffer, padded to a whole write unit.
 *
 *  @return OTTER_OK, OTTER_ERR_RANGE if bytes are missing, OTTER_ERR_FLASH */
enum otter_result otter_slotwriter_finish(struct otter_slotwriter *writer);

#endif
