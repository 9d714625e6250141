/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: what the peer has written, from the ring in the order of the writes.
 *
 * The last byte stays behind until the peer has said that this is all, and the variant has found that it
 * is what the peer meant. So nothing that is wrong ever lies complete in the slot. */

#include "ble.h"

static enum otter_result fail(struct otter_ble *ble, enum otter_result result, const char *detail)
{
    ble->detail = detail;
    return result;
}

static enum otter_result given_up(struct otter_ble *ble)
{
    return fail(ble, OTTER_ERR_ABANDONED, "");
}

/* A transfer that was begun is not begun again: what the peer has sent is used up. */
static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    struct otter_ble *ble = self;
    bool is_fresh;

    (void)identity;
    (void)now_ms;
    otter_ble_enter(ble);
    is_fresh = otter_ble_has_transfer(ble) && ble->phase == PHASE_OFFERED;
    otter_ble_leave(ble);
    ble->job = job;
    ble->detail = "";
    ble->is_released = false;
    ble->examined = 0;
    return is_fresh ? ble->config->variant->begin(ble) : given_up(ble);
}

static void begin(struct otter_ble *ble, uint32_t offset)
{
    ble->first = 0;
    ble->filled = 0;
    ble->position = offset;
    otter_ble_accept(ble, offset);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What lies in the ring in one piece. The last byte stays behind until it is released. */
static void show_bytes(const struct otter_ble *ble, uint32_t filled, struct otter_chunk *chunk)
{
    const struct otter_ble_config *config = ble->config;
    const uint32_t to_last = ble->job->size - 1 - ble->position;

    *chunk = (struct otter_chunk){
        .offset = ble->position,
        .bytes = config->buffer + ble->first,
        .len = smaller(filled, (uint32_t)config->buffer_size - ble->first),
        .total = ble->job->size,
    };
    if (!ble->is_released && chunk->len > to_last) {
        chunk->len = to_last;
    }
}

/* Show the variant what it has not seen yet. It needs to see nothing of an image that the agent holds
 * against its digest. */
static enum otter_result examine(struct otter_ble *ble, const uint8_t *bytes, uint32_t end)
{
    const uint32_t seen = ble->examined - ble->position;
    const uint32_t len = end - ble->position;

    if (ble->job->has_sha256 || end <= ble->examined) {
        return OTTER_OK;
    }
    ble->examined = end;
    return ble->config->variant->update(ble, bytes + seen, len - seen);
}

/* Only the last byte is left, and the peer says that this is all. */
static enum otter_result release(struct otter_ble *ble)
{
    enum otter_result result = examine(ble, ble->config->buffer + ble->first, ble->position + 1);

    if (result == OTTER_OK) {
        result = ble->config->variant->check(ble);
    }
    ble->is_released = result == OTTER_OK;
    return result == OTTER_OK ? OTTER_OK
                              : fail(ble, result, "what came is not what the peer meant to send");
}

/* What is to be had in one step. */
struct view {
    bool is_lost;     /* the peer has given up */
    bool is_complete; /* the peer has sent all */
    uint32_t filled;  /* bytes in the ring */
};

static struct view look(struct otter_ble *ble, uint32_t missing)
{
    struct view view = { .is_lost = true };

    otter_ble_enter(ble);
    if (otter_ble_has_transfer(ble)) {
        if (ble->phase == PHASE_OFFERED) {
            begin(ble, missing);
        }
        view = (struct view){ .is_complete = ble->is_complete, .filled = ble->filled };
    }
    otter_ble_leave(ble);
    return view;
}

static enum otter_result deliver(struct otter_ble *ble, uint32_t filled, struct otter_chunk *chunk)
{
    enum otter_result result;

    show_bytes(ble, filled, chunk);
    result = examine(ble, chunk->bytes, chunk->offset + (uint32_t)chunk->len);
    return result == OTTER_OK && chunk->len == 0 ? OTTER_AGAIN : result;
}

static enum otter_result step_data(void *self, uint32_t now_ms, const struct otter_range *missing,
                                   struct otter_chunk *chunk)
{
    struct otter_ble *ble = self;
    const struct view view = look(ble, missing->offset);
    enum otter_result result = OTTER_OK;

    (void)now_ms;
    otter_ble_flush(ble);
    if (view.is_lost) {
        return given_up(ble);
    }
    if (view.is_complete && !ble->is_released && view.filled == 1) {
        result = release(ble);
    }
    return result == OTTER_OK ? deliver(ble, view.filled, chunk) : result;
}

static void take(void *self, size_t len)
{
    struct otter_ble *ble = self;
    const uint32_t size = (uint32_t)ble->config->buffer_size;

    otter_ble_enter(ble);
    ble->first = (ble->first + (uint32_t)len) % size;
    ble->filled -= (uint32_t)len;
    ble->position += (uint32_t)len;
    if (ble->is_held && !ble->is_answer_due && size - ble->filled >= OTTER_BLE_VALUE_MAX) {
        ble->is_answer_due = true;
        ble->answer = OTTER_BLE_ATT_OK;
    }
    otter_ble_leave(ble);
    otter_ble_flush(ble);
}

static void close_data(void *self)
{
    (void)self; /* the transfer ends with the report */
}

struct otter_data_source otter_ble_data_source(struct otter_ble *ble)
{
    static const struct otter_data_source_ops ops = {
        .open = open,
        .step = step_data,
        .take = take,
        .close = close_data,
        .explain = otter_ble_explain,
    };

    return (struct otter_data_source){ &ops, ble };
}
