/* SPDX-License-Identifier: Apache-2.0 */

/* What the peer is told. Either context may owe it an answer; only the agent's speaks to the stack,
 * so that a stack is never called from within its own call. */

#include <string.h>

#include "ble.h"
#include "otter/bytes.h"

void otter_ble_enter(const struct otter_ble *ble)
{
    const struct otter_guard *guard = ble->config->guard;

    if (guard != NULL) {
        guard->enter(guard->context);
    }
}

void otter_ble_leave(const struct otter_ble *ble)
{
    const struct otter_guard *guard = ble->config->guard;

    if (guard != NULL) {
        guard->leave(guard->context);
    }
}

void otter_ble_wake(const struct otter_ble *ble)
{
    const struct otter_guard *guard = ble->config->guard;

    if (guard != NULL) {
        guard->wake(guard->context);
    }
}

const char *otter_ble_explain(void *self)
{
    return ((const struct otter_ble *)self)->detail;
}

void otter_ble_reply(struct otter_ble *ble, enum status status)
{
    ble->reply = (struct otter_ble_reply){
        .state = REPLY_DUE,
        .len = 1,
        .bytes = { (uint8_t)status },
    };
}

void otter_ble_accept(struct otter_ble *ble, uint32_t offset)
{
    ble->received = offset;
    ble->phase = PHASE_RECEIVING;
    otter_ble_reply(ble, STATUS_OK);
    if (ble->is_resumed) {
        otter_store_le32(ble->reply.bytes + 1, offset);
        ble->reply.len = 5;
    }
}

void otter_ble_conclude(struct otter_ble *ble, enum otter_result result)
{
    const enum phase phase = (enum phase)ble->phase;
    const enum status status = otter_ble_status(result);

    ble->is_in_hand = false;
    ble->is_complete = false;
    ble->result = result;
    ble->status = (uint8_t)status;
    if (phase < PHASE_OFFERED) {
        return; /* the peer has left */
    }
    ble->phase = PHASE_IDLE;
    ble->is_answer_due = ble->is_held;
    ble->answer = (uint8_t)(OTTER_BLE_ATT_SERVICE + status);
    otter_ble_reply(ble, status);
    ble->reply.is_outcome = phase == PHASE_VERIFYING;
}

/* Sending -------------------------------------------------------------------------------------- */

static bool take_answer(struct otter_ble *ble, uint8_t *answer)
{
    bool is_due;

    otter_ble_enter(ble);
    is_due = ble->is_held && ble->is_answer_due;
    if (is_due) {
        ble->is_held = false;
        ble->is_answer_due = false;
        *answer = ble->answer;
    }
    otter_ble_leave(ble);
    return is_due;
}

static bool take_reply(struct otter_ble *ble, struct otter_ble_reply *reply, uint16_t *cccd)
{
    bool is_due;

    otter_ble_enter(ble);
    is_due = ble->reply.state == REPLY_DUE;
    if (is_due) {
        ble->reply.state = REPLY_LEAVING;
        *reply = ble->reply;
        *cccd = ble->cccd;
    }
    otter_ble_leave(ble);
    return is_due;
}

/* Hosts expect outcomes to be indications, and whatever else to be notifications. */
static bool is_indication(const struct otter_ble_reply *reply, uint16_t cccd)
{
    const uint16_t preferred = reply->is_outcome ? CCCD_INDICATE : CCCD_NOTIFY;

    return (cccd & preferred) != 0 ? reply->is_outcome : !reply->is_outcome;
}

/* An outcome that is notified has left the stack, not the antenna, and nobody confirms it: it counts as
 * unconfirmed until the peer disconnects, so that a restart does not overtake it. */
static enum reply_state state_after(enum otter_result result, bool is_waited_for)
{
    if (result == OTTER_AGAIN) {
        return REPLY_DUE;
    }
    return result == OTTER_OK && is_waited_for ? REPLY_UNCONFIRMED : REPLY_NONE;
}

static void send(struct otter_ble *ble, const struct otter_ble_reply *reply, uint16_t cccd)
{
    const struct otter_ble_config *config = ble->config;
    const bool is_indicated = is_indication(reply, cccd);
    const bool is_waited_for = cccd != 0 && (is_indicated || reply->is_outcome);
    enum otter_result (*const say)(void *context, const uint8_t *value, size_t len) =
        is_indicated ? config->stack->indicate : config->stack->notify;
    /* What the peer does not want to hear it is not told. */
    const enum otter_result result =
        cccd != 0 ? say(config->stack_context, reply->bytes, reply->len) : OTTER_OK;

    otter_ble_enter(ble);
    if (ble->reply.state == REPLY_LEAVING) {
        ble->reply.state = (uint8_t)state_after(result, is_waited_for);
    }
    otter_ble_leave(ble);
}

void otter_ble_flush(struct otter_ble *ble)
{
    struct otter_ble_reply reply;
    uint16_t cccd;
    uint8_t answer;

    if (take_answer(ble, &answer)) {
        ble->config->stack->respond(ble->config->stack_context, answer);
    }
    if (take_reply(ble, &reply, &cccd)) {
        send(ble, &reply, cccd);
    }
}
