/* SPDX-License-Identifier: Apache-2.0 */

/* The agent's context: a peer's offer becomes a job, its writes become chunks, and the agent's report
 * becomes the peer's answer.
 *
 * What the agent takes in hand belongs to one transfer, from the job to the report. If the peer gives
 * that up, the next step tells the agent so; the peer may have announced the next image by then. */

#include <string.h>

#include "ble.h"
#include "otter/bytes.h"

enum otter_result otter_ble_init(struct otter_ble *ble, const struct otter_ble_config *config)
{
    *ble = (struct otter_ble){ .config = config, .detail = "" };
    return config->variant != NULL && config->variant->is_configured(config)
                   && config->stack != NULL && config->buffer != NULL
                   && config->buffer_size >= OTTER_BLE_VALUE_MAX
                   && config->buffer_size <= UINT32_MAX
               ? OTTER_OK
               : OTTER_ERR_ARGUMENT;
}

static const char *explain(void *self)
{
    return ((const struct otter_ble *)self)->detail;
}

/* The job source ------------------------------------------------------------------------------- */

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)now_ms;
    return OTTER_OK;
}

static void describe(const struct otter_ble *ble, struct otter_job *job)
{
    *job = (struct otter_job){
        .is_direct = true,
        .is_versionless = true,
        .is_unread = true,
        .is_pushed = true,
        .has_size = true,
        .has_sha256 = ble->is_resumed,
        .size = otter_ble_image_size(ble),
    };
    memcpy(job->sha256, ble->digest, sizeof job->sha256);
}

static enum otter_result step_job(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_ble *ble = self;
    bool is_offered;

    (void)now_ms;
    otter_ble_enter(ble);
    is_offered = ble->phase == PHASE_OFFERED;
    if (is_offered) {
        describe(ble, job);
        ble->is_in_hand = true;
        ble->is_void = false;
        ble->is_complete = false;
    }
    otter_ble_leave(ble);
    otter_ble_flush(ble);
    return is_offered ? OTTER_OK : OTTER_AGAIN;
}

static bool holds(const struct otter_ble *ble)
{
    return ble->is_in_hand && !ble->is_void;
}

/* Tell the peer how many bytes of the image are here; data may come from there on. */
static void accept(struct otter_ble *ble, uint32_t offset)
{
    ble->received = offset;
    ble->phase = PHASE_RECEIVING;
    otter_ble_reply(ble, STATUS_OK);
    if (ble->is_resumed) {
        otter_store_le32(ble->reply.bytes + 1, offset);
        ble->reply.len = 5;
    }
}

/* An image that was all here already is known to be good before the peer has asked. */
static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct otter_ble *ble = self;

    (void)identity;
    ble->farewell_began_ms = now_ms;
    otter_ble_enter(ble);
    ble->is_outcome_known = holds(ble) && report->result == OTTER_OK && ble->phase == PHASE_OFFERED;
    if (ble->is_outcome_known) {
        accept(ble, otter_ble_image_size(ble));
    } else if (holds(ble)) {
        otter_ble_conclude(ble, report->result);
    }
    otter_ble_leave(ble);
    return OTTER_OK;
}

static bool is_waited_for(const struct otter_ble *ble)
{
    return ble->is_connected && (ble->reply.state != REPLY_NONE || holds(ble));
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    struct otter_ble *ble = self;
    bool goes_on;

    otter_ble_flush(ble);
    otter_ble_enter(ble);
    if (ble->is_outcome_known && holds(ble) && ble->phase == PHASE_VERIFYING) {
        otter_ble_conclude(ble, OTTER_OK);
    }
    goes_on = is_waited_for(ble) && now_ms - ble->farewell_began_ms < ble->config->farewell_ms;
    otter_ble_leave(ble);
    return goes_on ? OTTER_AGAIN : OTTER_OK;
}

/* The agent lays down what it had in hand. If it has not reported by now, the device cannot take an
 * update: one is pending, or on trial. */
static void close_job(void *self)
{
    struct otter_ble *ble = self;

    otter_ble_enter(ble);
    if (holds(ble)) {
        otter_ble_conclude(ble, OTTER_NO_UPDATE);
    }
    ble->is_in_hand = false;
    ble->is_void = false;
    ble->is_outcome_known = false;
    otter_ble_leave(ble);
    otter_ble_flush(ble);
}

struct otter_job_source otter_ble_job_source(struct otter_ble *ble)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step_job,
        .report = report,
        .report_step = report_step,
        .close = close_job,
        .explain = explain,
    };

    return (struct otter_job_source){ &ops, ble };
}

/* The data source ------------------------------------------------------------------------------ */

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
    is_fresh = holds(ble) && ble->phase == PHASE_OFFERED;
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
    accept(ble, offset);
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

static enum otter_result step_data(void *self, uint32_t now_ms, const struct otter_range *missing,
                                   struct otter_chunk *chunk)
{
    struct otter_ble *ble = self;
    enum otter_result result = OTTER_OK;
    bool has_lost;
    bool is_complete;
    uint32_t filled;

    (void)now_ms;
    otter_ble_enter(ble);
    has_lost = !holds(ble);
    if (!has_lost && ble->phase == PHASE_OFFERED) {
        begin(ble, missing->offset);
    }
    is_complete = ble->is_complete;
    filled = ble->filled;
    otter_ble_leave(ble);
    otter_ble_flush(ble);
    if (has_lost) {
        return given_up(ble);
    }
    if (is_complete && !ble->is_released && filled == 1) {
        result = release(ble);
    }
    if (result == OTTER_OK) {
        show_bytes(ble, filled, chunk);
        result = examine(ble, chunk->bytes, chunk->offset + (uint32_t)chunk->len);
    }
    return result == OTTER_OK && chunk->len == 0 ? OTTER_AGAIN : result;
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
        .explain = explain,
    };

    return (struct otter_data_source){ &ops, ble };
}
