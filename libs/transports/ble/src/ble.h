/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the transport share. The stack's context (stack.c) and the agent's (jobs.c, fetch.c, reply.c)
 * meet in the guarded fields of struct otter_ble: whatever reads or changes them does it between
 * enter and leave, and calls nobody there. */
#ifndef OTTER_BLE_H
#define OTTER_BLE_H

#include "otter/ble_transport.h"

/** Commands of the peer (docs/formats/ble.md). */
enum command {
    COMMAND_PREPARE = 1,
    COMMAND_DOWNLOAD = 2,
    COMMAND_VERIFY = 3,
    COMMAND_ABORT = 4,
    COMMAND_GET_STATUS = 5,
    COMMAND_HOST_ABORT = 7,
    COMMAND_DIGEST = 0x20,
    COMMAND_RESUME = 0x21,
    COMMAND_DETAILS = 0x22,
};

/** What the peer is told. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_NOT_NOW = 2,
    STATUS_UNVERIFIED = 3,
    STATUS_NO_IMAGE = 4,
    STATUS_SIZE = 5,
    STATUS_MORE_DATA = 6,
    STATUS_OTHER_BOARD = 7,
    STATUS_VERSION = 8,
};

/** Bits of the client characteristic configuration. */
#define CCCD_NOTIFY   1u
#define CCCD_INDICATE 2u

/** How far the peer is. */
enum phase {
    PHASE_IDLE,
    PHASE_PREPARED,
    PHASE_OFFERED,   /* an image is announced; the agent has yet to say whether it wants it */
    PHASE_RECEIVING, /* data may come */
    PHASE_VERIFYING, /* all data has come; the peer waits for the outcome */
};

enum reply_state {
    REPLY_NONE,
    REPLY_DUE,
    REPLY_LEAVING,     /* the stack is being called */
    REPLY_UNCONFIRMED, /* sent; the confirmation has yet to come, or of a notified outcome never does */
};

/** One of the services: how a file proves that it is what the peer meant. */
struct otter_ble_variant {
    uint32_t trailer_size; /**< bytes behind the image that are not stored */
    bool (*is_configured)(const struct otter_ble_config *config);
    /** A transfer from the image's first byte on begins. @return OTTER_OK, OTTER_ERR_CRYPTO */
    enum otter_result (*begin)(struct otter_ble *ble);
    /** The next bytes of the image. @return OTTER_OK, OTTER_ERR_CRYPTO */
    enum otter_result (*update)(struct otter_ble *ble, const uint8_t *bytes, size_t len);
    /** The file is complete. @return OTTER_OK, or why it is refused */
    enum otter_result (*check)(struct otter_ble *ble);
    /** Keep bytes of what is behind the image; guarded. */
    void (*keep_trailer)(struct otter_ble *ble, uint32_t at, const uint8_t *bytes, uint32_t len);
};

void otter_ble_enter(const struct otter_ble *ble);
void otter_ble_leave(const struct otter_ble *ble);
/** Let the agent step. Not while the guard is held. */
void otter_ble_wake(const struct otter_ble *ble);

/** Bytes of the image that the peer has announced. */
static inline uint32_t otter_ble_image_size(const struct otter_ble *ble)
{
    return ble->size - ble->config->variant->trailer_size;
}

/** Has the agent a transfer in hand that the peer has not given up? Guarded. */
static inline bool otter_ble_has_transfer(const struct otter_ble *ble)
{
    return ble->is_in_hand && !ble->is_void;
}

/** Both sources': why the last call failed, for people. */
const char *otter_ble_explain(void *self);

/** The status for why something failed. */
enum status otter_ble_status(enum otter_result result);

/** Owe the peer an answer to its command. Guarded. */
void otter_ble_reply(struct otter_ble *ble, enum status status);

/** The agent's: tell the peer how many bytes of the image are here; data may come from there on. Guarded. */
void otter_ble_accept(struct otter_ble *ble, uint32_t offset);

/** The agent's: the transfer is over, and the peer is told, on all ways on which it may wait. Guarded. */
void otter_ble_conclude(struct otter_ble *ble, enum otter_result result);

/** The agent's: send what is owed to the peer. Not while the guard is held. */
void otter_ble_flush(struct otter_ble *ble);

#endif
