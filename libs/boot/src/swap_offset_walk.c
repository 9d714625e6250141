/* SPDX-License-Identifier: Apache-2.0 */

/* The walk of a swap by offset, as numbers: what step moves which bytes from where to where, and
 * where both images are in the middle of it. An update walks upwards and frees the piece above, a
 * revert walks downwards and frees the piece below; everything else is the same. */

#include "otter/crc32.h"
#include "swap_offset.h"

uint32_t otter_offset_piece_size(const struct otter_boot_slots *slots)
{
    return slots->config->layout->staging_offset;
}

static uint32_t count_pieces(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    const uint32_t piece = otter_offset_piece_size(slots);
    const uint32_t size = move->incoming > move->outgoing ? move->incoming : move->outgoing;

    return (size + piece - 1) / piece;
}

uint32_t otter_offset_count_steps(const struct otter_boot_slots *slots,
                                  const struct otter_boot_move *move)
{
    return OTTER_OFFSET_STEPS_PER_PIECE * count_pieces(slots, move);
}

/* Where the images begin in the secondary slot. */
static uint32_t incoming_start(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    return otter_boot_staged_at(slots, move->type);
}

static uint32_t outgoing_start(const struct otter_boot_slots *slots,
                               const struct otter_boot_move *move)
{
    return otter_offset_piece_size(slots) - incoming_start(slots, move);
}

/* The same in both directions: the n-th piece of a walk that goes one way is piece n, of one that
 * goes the other way the n-th from the end. */
static uint32_t mirror(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                       uint32_t piece)
{
    return move->type == OTTER_SWAP_REVERT ? count_pieces(slots, move) - 1 - piece : piece;
}

static uint32_t len_in_piece(const struct otter_boot_slots *slots, uint32_t size, uint32_t start)
{
    const uint32_t piece = otter_offset_piece_size(slots);
    const uint32_t left = size > start ? size - start : 0;

    return left < piece ? left : piece;
}

struct otter_offset_step otter_offset_step(const struct otter_boot_slots *slots,
                                           const struct otter_boot_move *move, uint32_t number)
{
    const uint32_t piece = mirror(slots, move, number / OTTER_OFFSET_STEPS_PER_PIECE);
    const uint32_t start = piece * otter_offset_piece_size(slots);

    if (number % OTTER_OFFSET_STEPS_PER_PIECE == OTTER_OFFSET_GIVE) {
        return (struct otter_offset_step){
            .from = &slots->primary,
            .from_offset = start,
            .to = &slots->secondary,
            .to_offset = start + outgoing_start(slots, move),
            .image_offset = start,
            .len = len_in_piece(slots, move->outgoing, start),
            .veil = slots->outgoing,
        };
    }
    return (struct otter_offset_step){
        .from = &slots->secondary,
        .from_offset = start + incoming_start(slots, move),
        .to = &slots->primary,
        .to_offset = start,
        .image_offset = start,
        .len = len_in_piece(slots, move->incoming, start),
        .veil = slots->incoming,
    };
}

/* ---- where the images are ------------------------------------------------------------------- */

/* How many steps come before the first one of the piece that holds the byte at @p offset. */
static uint32_t steps_before(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move, uint32_t offset)
{
    return OTTER_OFFSET_STEPS_PER_PIECE
           * mirror(slots, move, offset / otter_offset_piece_size(slots));
}

static struct otter_boot_place place(const struct otter_boot_slots *slots,
                                     const struct otter_area *area, uint32_t image_start,
                                     uint32_t offset)
{
    const uint32_t piece = otter_offset_piece_size(slots);

    return (struct otter_boot_place){ .area = area,
                                      .offset = image_start + offset,
                                      .len = piece - offset % piece };
}

struct otter_boot_place otter_offset_incoming(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move, uint32_t offset,
                                              uint32_t done)
{
    if (done > steps_before(slots, move, offset) + 1) {
        return place(slots, &slots->primary, 0, offset);
    }
    return place(slots, &slots->secondary, incoming_start(slots, move), offset);
}

struct otter_boot_place otter_offset_outgoing(const struct otter_boot_slots *slots,
                                              const struct otter_boot_move *move, uint32_t offset,
                                              uint32_t done)
{
    if (done > steps_before(slots, move, offset)) {
        return place(slots, &slots->secondary, outgoing_start(slots, move), offset);
    }
    return place(slots, &slots->primary, 0, offset);
}

/* ---- sums ----------------------------------------------------------------------------------- */

enum otter_result otter_offset_sum_up(const struct otter_boot_slots *slots,
                                      const struct otter_offset_step *step,
                                      struct otter_offset_sums *sums)
{
    const struct otter_boot_config *config = slots->config;
    enum otter_result result = OTTER_OK;
    uint32_t done = 0;

    *sums = (struct otter_offset_sums){ 0 };
    while (result == OTTER_OK && done < step->len) {
        const uint32_t left = step->len - done;
        const size_t len = left < config->buffer_size ? left : config->buffer_size;

        result = otter_area_read(step->from, step->from_offset + done, config->buffer, len);
        sums->source = otter_crc32(sums->source, config->buffer, len);
        if (result == OTTER_OK && step->veil != NULL) {
            result = config->encryption->change(step->veil, step->image_offset + done,
                                                config->buffer, len);
            sums->target = otter_crc32(sums->target, config->buffer, len);
        }
        config->hooks->feed_watchdog(config->hooks_context);
        done += (uint32_t)len;
    }
    if (step->veil == NULL) {
        sums->target = sums->source;
    }
    return result;
}

enum otter_result otter_offset_check(const struct otter_boot_slots *slots,
                                     const struct otter_area *area, uint32_t offset, uint32_t len,
                                     uint32_t sum, bool *is_right)
{
    const struct otter_offset_step as_it_lies = { .from = area, .from_offset = offset, .len = len };
    struct otter_offset_sums found;
    const enum otter_result result =
        area->flash == NULL ? OTTER_ERR_FLASH : otter_offset_sum_up(slots, &as_it_lies, &found);

    *is_right = result == OTTER_OK && found.source == sum;
    return result;
}
