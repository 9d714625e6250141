/* SPDX-License-Identifier: Apache-2.0 */

/** The slot writer: a stream of pieces of any size becomes legal flash operations.
 *
 * Bytes gather in a buffer of the caller's until whole write units are there. Sectors are erased in
 * order, when the first byte for them or for one behind them arrives; the trailer's sectors are
 * erased first of all, so that nothing left in the slot can be taken for a request while it is being
 * filled.
 *
 * Pieces may come in any order: what comes before its turn is written where it belongs, so a piece
 * that was lost is fetched again alone. After a restart an image is gone on with where the sector
 * begins that holds the first missing byte: the rest of that sector may hold anything. */
#ifndef OTTER_SLOTWRITER_H
#define OTTER_SLOTWRITER_H

#include <stddef.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

/** Runs of bytes, with gaps between them, that the writer can keep apart. */
#define OTTER_SLOTWRITER_RUNS_MAX 8u

struct otter_slotwriter_config {
    struct otter_area slot;
    uint32_t start;     /**< slot offset of the image's first byte; a multiple of the write unit */
    uint32_t capacity;  /**< bytes an image may take: the slot without its trailer; a multiple of
                             the write unit */
    uint8_t *buffer;    /**< gathers write units; the caller's */
    size_t buffer_size; /**< bytes; a multiple of the write unit */
};

/** Bytes of the image from `begin` on, up to before `end`. */
struct otter_slotwriter_run {
    uint32_t begin;
    uint32_t end;
};

/** A write in progress. The fields are the writer's own, and may be read. */
struct otter_slotwriter {
    uint32_t total;     /* bytes of the image being written; 0: none was begun */
    uint32_t accepted;  /* bytes before the first one that is missing */
    uint32_t durable;   /* those of them that survive a cut now */
    uint32_t tail;      /* slot offset from which on begin() has erased the sectors */
    uint32_t erased_to; /* slot offset up to which sectors were erased, where they were not full */
    uint32_t gathered_at; /* where the bytes in the buffer belong */
    uint32_t gathered;    /* how many there are */
    uint8_t run_count;
    struct otter_slotwriter_run runs[OTTER_SLOTWRITER_RUNS_MAX]; /* what is in flash, in order */
    struct otter_slotwriter_config config;
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
 * skipped. A piece that leaves one gap too many, or lies too far ahead, is left out, and a piece
 * ahead loses what does not fill a write unit: that is missing as before. All is durable when the
 * last missing byte was taken.
 *
 *  @return OTTER_OK            see writer->accepted
 *          OTTER_ERR_RANGE     it exceeds the total; nothing was written
 *          OTTER_ERR_FLASH     writer->durable tells how far it got; only begin() helps now, as
 *                              units that failed half-way cannot be programmed again */
enum otter_result otter_slotwriter_write(struct otter_slotwriter *writer, uint32_t offset,
                                         const void *bytes, size_t len);

/** Where the first gap, which begins at writer->accepted, ends. */
uint32_t otter_slotwriter_gap_end(const struct otter_slotwriter *writer);

/** There is no image any more; what lies in the slot is left as it is. */
void otter_slotwriter_forget(struct otter_slotwriter *writer);

#endif
