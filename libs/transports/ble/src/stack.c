/* SPDX-License-Identifier: Apache-2.0 */

/* The stack's context: what the peer writes is held against what it may write now, and left for the
 * agent. What a command needs is a row of a table.
 *
 * Nothing here waits for the agent, and nothing that the agent has in hand is taken from it: if the
 * peer begins anew in the middle of a transfer, that transfer is void, and the next one lies ready
 * until the agent has come back from it. */

#include <string.h>

#include "ble.h"
#include "otter/bytes.h"

#define IN(phase) (1u << (phase))
#define ANYTIME   0xFFu

/* Between two answers: neither an image that the agent judges, nor an outcome, is waited for. */
#define AT_REST (IN(PHASE_IDLE) | IN(PHASE_PREPARED) | IN(PHASE_RECEIVING))

#define NUMBER_SIZE      4u
#define DIGEST_PART_SIZE (OTTER_SHA256_SIZE / 2u)
#define ALL_DIGEST_PARTS 3u
#define CCCD_SIZE        2u

static uint16_t refusal(enum status status)
{
    return (uint16_t)(OTTER_BLE_ATT_SERVICE + status);
}

/* Giving up ------------------------------------------------------------------------------------ */

static void answer_held(struct otter_ble *ble, uint8_t answer)
{
    ble->is_answer_due = ble->is_held;
    ble->answer = answer;
}

static void give_up(struct otter_ble *ble)
{
    ble->is_void = ble->is_in_hand;
    ble->phase = PHASE_IDLE;
    ble->reply.state = REPLY_NONE;
    answer_held(ble, OTTER_BLE_ATT_SERVICE + STATUS_NOT_NOW);
}

/* Commands ------------------------------------------------------------------------------------- */

static uint16_t prepare(struct otter_ble *ble, const uint8_t *payload)
{
    (void)payload;
    give_up(ble);
    ble->phase = PHASE_PREPARED;
    ble->digest_parts = 0;
    otter_ble_reply(ble, STATUS_OK);
    return OTTER_BLE_ATT_OK;
}

static uint16_t offer(struct otter_ble *ble, uint32_t size, bool is_resumed)
{
    if (size <= ble->config->variant->trailer_size) {
        return refusal(STATUS_SIZE);
    }
    ble->size = size;
    ble->is_resumed = is_resumed;
    ble->phase = PHASE_OFFERED;
    return OTTER_BLE_ATT_OK;
}

static uint16_t download(struct otter_ble *ble, const uint8_t *payload)
{
    return offer(ble, otter_load_le32(payload), false);
}

static uint16_t take_digest(struct otter_ble *ble, const uint8_t *payload)
{
    const uint8_t first = payload[0];

    if (first != 0 && first != DIGEST_PART_SIZE) {
        return refusal(STATUS_FAILED);
    }
    memcpy(ble->digest + first, payload + 1, DIGEST_PART_SIZE);
    ble->digest_parts |= first == 0 ? 1u : 2u;
    otter_ble_reply(ble, STATUS_OK);
    return OTTER_BLE_ATT_OK;
}

static uint16_t resume(struct otter_ble *ble, const uint8_t *payload)
{
    return ble->digest_parts == ALL_DIGEST_PARTS ? offer(ble, otter_load_le32(payload), true)
                                                 : refusal(STATUS_NOT_NOW);
}

static uint16_t verify(struct otter_ble *ble, const uint8_t *payload)
{
    if (ble->received < ble->size) {
        return refusal(STATUS_MORE_DATA);
    }
    ble->crc = otter_load_le32(payload);
    ble->is_complete = true;
    ble->phase = PHASE_VERIFYING;
    return OTTER_BLE_ATT_OK;
}

static uint16_t stop(struct otter_ble *ble, const uint8_t *payload)
{
    (void)payload;
    give_up(ble);
    return OTTER_BLE_ATT_OK;
}

static uint16_t get_status(struct otter_ble *ble, const uint8_t *payload)
{
    (void)payload;
    otter_ble_reply(ble, (enum status)ble->status);
    return OTTER_BLE_ATT_OK;
}

static uint16_t get_details(struct otter_ble *ble, const uint8_t *payload)
{
    uint8_t *bytes = ble->reply.bytes;
    const bool is_begun = ble->phase == PHASE_RECEIVING;

    (void)payload;
    bytes[0] = STATUS_OK;
    bytes[1] = ble->status;
    otter_store_le16(bytes + 2, (uint16_t)(int)ble->result);
    otter_store_le32(bytes + 4, is_begun ? ble->received : 0);
    otter_store_le32(bytes + 8, is_begun ? ble->size : 0);
    ble->reply.len = 12;
    ble->reply.is_outcome = false;
    ble->reply.state = REPLY_DUE;
    return OTTER_BLE_ATT_OK;
}

struct row {
    uint8_t command;
    uint8_t payload_min; /* bytes behind the command */
    uint8_t payload_max;
    uint8_t phases;
    bool is_answered; /* on the control point, so the peer must have enabled that */
    uint16_t (*take)(struct otter_ble *ble, const uint8_t *payload);
};

#define ANY_LENGTH (OTTER_BLE_REPLY_MAX - 1u)

/* clang-format off */
static const struct row rows[] = {
    { COMMAND_PREPARE,    0, 0, ANYTIME, true, prepare },
    { COMMAND_DOWNLOAD,   NUMBER_SIZE, NUMBER_SIZE, IN(PHASE_PREPARED), true, download },
    { COMMAND_VERIFY,     NUMBER_SIZE, NUMBER_SIZE, IN(PHASE_RECEIVING), true, verify },
    { COMMAND_ABORT,      0, 0, ANYTIME, false, stop },
    { COMMAND_GET_STATUS, 0, 0, AT_REST, true, get_status },
    { COMMAND_HOST_ABORT, 0, ANY_LENGTH, ANYTIME, false, stop },
    { COMMAND_DIGEST,     1 + DIGEST_PART_SIZE, 1 + DIGEST_PART_SIZE, IN(PHASE_PREPARED), true, take_digest },
    { COMMAND_RESUME,     NUMBER_SIZE, NUMBER_SIZE, IN(PHASE_PREPARED), true, resume },
    { COMMAND_DETAILS,    0, 0, AT_REST, true, get_details },
};
/* clang-format on */

static const struct row *find(uint8_t command)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].command == command) {
            return &rows[i];
        }
    }
    return NULL;
}

/* One that is leaving may have been heard already: the peer can be faster than the call is back. */
static bool owes_reply(const struct otter_ble *ble)
{
    return ble->reply.state == REPLY_DUE;
}

static uint16_t take_command(struct otter_ble *ble, const uint8_t *value, size_t len)
{
    const struct row *row = len > 0 ? find(value[0]) : NULL;

    if (len == 0) {
        return OTTER_BLE_ATT_LENGTH;
    }
    if (row == NULL) {
        return refusal(STATUS_FAILED);
    }
    if (len - 1 < row->payload_min || len - 1 > row->payload_max) {
        return OTTER_BLE_ATT_LENGTH;
    }
    if (row->is_answered && ble->cccd == 0) {
        return OTTER_BLE_ATT_CCCD;
    }
    if (row->phases != ANYTIME && owes_reply(ble)) {
        return OTTER_BLE_ATT_BUSY;
    }
    return (row->phases & IN(ble->phase)) != 0 ? row->take(ble, value + 1)
                                               : refusal(STATUS_NOT_NOW);
}

/* Data ----------------------------------------------------------------------------------------- */

static uint32_t room(const struct otter_ble *ble)
{
    return (uint32_t)ble->config->buffer_size - ble->filled;
}

static void fill(struct otter_ble *ble, const uint8_t *bytes, uint32_t len)
{
    const uint32_t size = (uint32_t)ble->config->buffer_size;
    const uint32_t at = (ble->first + ble->filled) % size;
    const uint32_t before_end = len < size - at ? len : size - at;

    memcpy(ble->config->buffer + at, bytes, before_end);
    memcpy(ble->config->buffer, bytes + before_end, len - before_end);
    ble->filled += len;
}

/* What is behind the image goes elsewhere. */
static void store(struct otter_ble *ble, const uint8_t *bytes, uint32_t len)
{
    const uint32_t image = otter_ble_image_size(ble);
    const uint32_t left = ble->received < image ? image - ble->received : 0;
    const uint32_t of_image = len < left ? len : left;

    fill(ble, bytes, of_image);
    ble->received += of_image;
    if (of_image < len) {
        ble->config->variant->keep_trailer(ble, ble->received - image, bytes + of_image,
                                           len - of_image);
        ble->received += len - of_image;
    }
}

/* The next write must find room, whatever its size; but the last one is followed by none. */
static uint16_t take_data(struct otter_ble *ble, const uint8_t *value, size_t len)
{
    if (len == 0 || len > OTTER_BLE_VALUE_MAX) {
        return OTTER_BLE_ATT_LENGTH;
    }
    if (ble->phase != PHASE_RECEIVING) {
        return refusal(STATUS_NOT_NOW);
    }
    if (ble->is_held || len > room(ble)) {
        return OTTER_BLE_ATT_RESOURCES;
    }
    if (len > ble->size - ble->received) {
        return refusal(STATUS_SIZE);
    }
    store(ble, value, (uint32_t)len);
    ble->is_held = room(ble) < OTTER_BLE_VALUE_MAX && ble->received < ble->size;
    return ble->is_held ? OTTER_BLE_LATER : OTTER_BLE_ATT_OK;
}

/* Client configuration ------------------------------------------------------------------------- */

static uint16_t take_cccd(struct otter_ble *ble, const uint8_t *value, size_t len)
{
    if (len != CCCD_SIZE) {
        return OTTER_BLE_ATT_LENGTH;
    }
    ble->cccd = otter_load_le16(value) & (CCCD_NOTIFY | CCCD_INDICATE);
    return OTTER_BLE_ATT_OK;
}

/* What the stack hears ------------------------------------------------------------------------- */

static uint16_t take(struct otter_ble *ble, enum otter_ble_attribute attribute,
                     const uint8_t *value, size_t len)
{
    if (!ble->is_connected) {
        return refusal(STATUS_NOT_NOW);
    }
    switch (attribute) {
    case OTTER_BLE_CONTROL:
        return take_command(ble, value, len);
    case OTTER_BLE_CONTROL_CCCD:
        return take_cccd(ble, value, len);
    case OTTER_BLE_DATA:
        return take_data(ble, value, len);
    }
    return OTTER_BLE_ATT_NO_WRITE;
}

uint16_t otter_ble_write(struct otter_ble *ble, enum otter_ble_attribute attribute, uint16_t offset,
                         const uint8_t *value, size_t len)
{
    uint16_t answer;

    if (offset != 0) {
        return OTTER_BLE_ATT_OFFSET;
    }
    otter_ble_enter(ble);
    answer = take(ble, attribute, value, len);
    otter_ble_leave(ble);
    otter_ble_wake(ble);
    return answer;
}

uint8_t otter_ble_read(struct otter_ble *ble, enum otter_ble_attribute attribute, uint8_t *value,
                       size_t *len)
{
    *len = 0;
    if (attribute != OTTER_BLE_CONTROL_CCCD) {
        return OTTER_BLE_ATT_NO_READ;
    }
    otter_ble_enter(ble);
    otter_store_le16(value, ble->cccd);
    otter_ble_leave(ble);
    *len = CCCD_SIZE;
    return OTTER_BLE_ATT_OK;
}

void otter_ble_connected(struct otter_ble *ble)
{
    otter_ble_enter(ble);
    ble->is_connected = true;
    ble->cccd = 0;
    otter_ble_leave(ble);
}

/* What is complete needs no peer any more. */
void otter_ble_disconnected(struct otter_ble *ble)
{
    otter_ble_enter(ble);
    const bool goes_on = ble->is_complete && !ble->is_void;

    give_up(ble);
    ble->is_void = ble->is_in_hand && !goes_on;
    ble->is_connected = false;
    ble->is_held = false;
    ble->is_answer_due = false;
    otter_ble_leave(ble);
    otter_ble_wake(ble);
}

void otter_ble_indication_confirmed(struct otter_ble *ble)
{
    otter_ble_enter(ble);
    /* It may come before the call that sent the indication has returned. */
    if (ble->reply.state == REPLY_LEAVING || ble->reply.state == REPLY_UNCONFIRMED) {
        ble->reply.state = REPLY_NONE;
    }
    otter_ble_leave(ble);
    otter_ble_wake(ble);
}
