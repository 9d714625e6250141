/* SPDX-License-Identifier: Apache-2.0 */

/** Updates over Bluetooth LE: a phone or a PC connects and pushes an image, with the service and the
 * commands of the AnyCloud library (docs/formats/ble.md).
 *
 * There is no Bluetooth stack here. A program hands the table of attributes to the stack that its
 * chip brings, passes what the stack hears to five functions, and gives the transport three
 * functions to answer with. To the agent all of it is a job source and a data source: a peer that
 * announces an image is the job, and what it writes are bytes at offsets. Nothing is allocated.
 *
 * Two contexts meet here, and each call belongs to one of them:
 *
 * - **The stack's**: otter_ble_connected(), otter_ble_disconnected(), otter_ble_write(),
 *   otter_ble_read(), otter_ble_indication_confirmed(). They copy, decide and return; none of them
 *   touches the flash, computes a hash or calls the stack.
 * - **The agent's**: the two sources, which the agent steps. From there, and from nowhere else, the
 *   functions of struct otter_ble_stack are called.
 *
 * Where the two are different tasks, `guard` of the configuration keeps them apart. Where one loop
 * runs both, it is NULL.
 *
 * A slow flash slows the peer down: a write to the data characteristic is answered when there is
 * room for another one. Until then otter_ble_write() returns OTTER_BLE_LATER, and the answer
 * comes through `respond`. A peer has one request under way at a time, so nothing is ever lost.
 *
 * One peer is served at a time; whatever is written by another connection the program refuses. */
#ifndef OTTER_BLE_TRANSPORT_H
#define OTTER_BLE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/guard.h"
#include "otter/key_forms.h"
#include "otter/result.h"
#include "otter/source.h"

/* The attributes ------------------------------------------------------------------------------ */

/** What a peer can write to. The stack's glue keeps this with each attribute that it registers. */
enum otter_ble_attribute {
    OTTER_BLE_CONTROL,      /**< value of the control point */
    OTTER_BLE_CONTROL_CCCD, /**< its client characteristic configuration */
    OTTER_BLE_DATA,         /**< value of the data characteristic */
};

/** Of a characteristic, as the Bluetooth core specification numbers them (volume 3, part G, 3.3.1.1). */
enum otter_ble_property {
    OTTER_BLE_CAN_WRITE = 0x08, /**< with response */
    OTTER_BLE_CAN_NOTIFY = 0x10,
    OTTER_BLE_CAN_INDICATE = 0x20,
};

/** What a peer may do to an attribute. Whether the link must be encrypted for it is the program's
 * choice: peers pair when they are told that it must. */
enum otter_ble_permission {
    OTTER_BLE_MAY_READ = 1,
    OTTER_BLE_MAY_WRITE = 2,
};

#define OTTER_BLE_UUID_SIZE 16u

/** As it goes over the air: the last byte of the text comes first. */
struct otter_ble_uuid {
    uint8_t bytes[OTTER_BLE_UUID_SIZE];
};

struct otter_ble_descriptor {
    enum otter_ble_attribute attribute;
    uint16_t uuid; /**< 0x2902: client characteristic configuration */
    uint8_t permissions;
};

struct otter_ble_characteristic {
    enum otter_ble_attribute attribute; /**< its value */
    struct otter_ble_uuid uuid;
    uint8_t properties;
    uint8_t permissions;                           /**< of its value */
    uint16_t value_max;                            /**< bytes; the length is variable */
    const struct otter_ble_descriptor *descriptor; /**< its only one; NULL: it has none */
};

#define OTTER_BLE_CHARACTERISTICS 2u

/** A primary service. */
struct otter_ble_service {
    struct otter_ble_uuid uuid;
    const struct otter_ble_characteristic
        *characteristics; /**< OTTER_BLE_CHARACTERISTICS of them */
};

/** The image is checked by its CRC-32 when it has arrived. */
extern const struct otter_ble_service otter_ble_crc_service;
/** The image is followed by a signature over it. */
extern const struct otter_ble_service otter_ble_signed_service;

/** Longest value that a peer may write, and longest that it is sent; the latter fits every MTU. */
#define OTTER_BLE_VALUE_MAX 512u
#define OTTER_BLE_REPLY_MAX 20u

/* Answers to writes and reads ----------------------------------------------------------------- */

/** ATT error codes. 0x80 + a status of docs/formats/ble.md is an error of this service. */
enum otter_ble_att {
    OTTER_BLE_ATT_OK = 0x00,
    OTTER_BLE_ATT_NO_READ = 0x02,
    OTTER_BLE_ATT_NO_WRITE = 0x03,
    OTTER_BLE_ATT_OFFSET = 0x07,
    OTTER_BLE_ATT_LENGTH = 0x0D,
    OTTER_BLE_ATT_RESOURCES = 0x11,
    OTTER_BLE_ATT_SERVICE = 0x80,
    OTTER_BLE_ATT_CCCD = 0xFD, /**< neither notifications nor indications are enabled */
    OTTER_BLE_ATT_BUSY = 0xFE, /**< the command before is not answered yet */
};

/** No ATT code: the write is taken, and `respond` will answer it. A stack that cannot hold an answer
 * back waits for it here, in its own context. */
#define OTTER_BLE_LATER 0x100u

/** What the stack does for the transport. Called in the agent's context only, never while the guard
 * is held. */
struct otter_ble_stack {
    /** Send the control point's value as a notification.
     *  @param value  borrowed during the call; at most OTTER_BLE_REPLY_MAX bytes
     *  @return OTTER_OK, OTTER_AGAIN (no room now; the next step asks again), or why it cannot be
     *          sent at all, for example as the link is gone */
    enum otter_result (*notify)(void *context, const uint8_t *value, size_t len);
    /** The same as an indication; the confirmation comes by otter_ble_indication_confirmed(). */
    enum otter_result (*indicate)(void *context, const uint8_t *value, size_t len);
    /** Answer the write for which otter_ble_write() returned OTTER_BLE_LATER. May come before that
     * call has returned, if stack and agent are different tasks. */
    void (*respond)(void *context, uint8_t att);
};

/* Configuration ------------------------------------------------------------------------------- */

#define OTTER_BLE_SIGNATURE_SIZE OTTER_P256_NUMBERS_SIZE

/** Who must have signed what is sent to the signed service: ECDSA P-256 over the SHA-256 of the
 * image. Allocate it anywhere; what follows `key` is the transport's. */
struct otter_ble_signer {
    const struct otter_crypto *crypto;
    const struct otter_signature_ops *ecdsa; /**< that of ECDSA P-256 */
    struct otter_public_key key;             /**< SubjectPublicKeyInfo */

    struct otter_sha256 sha;
    uint8_t signature[OTTER_BLE_SIGNATURE_SIZE];
};

struct otter_ble_variant;

/** Which of the services it is; a program links only the one that it names. */
extern const struct otter_ble_variant otter_ble_crc_variant;
extern const struct otter_ble_variant otter_ble_signed_variant;

/** Constant while the transport lives; everything in it is borrowed. */
struct otter_ble_config {
    const struct otter_ble_variant *variant;
    struct otter_ble_signer *signer; /**< of otter_ble_signed_variant; else NULL */
    const struct otter_ble_stack *stack;
    void *stack_context;
    /** Between stack and agent; its `wake` lets the agent step. NULL: both are in one loop. */
    const struct otter_guard *guard;
    uint8_t *buffer;      /**< what was written and not stored yet */
    size_t buffer_size;   /**< bytes; at least OTTER_BLE_VALUE_MAX. Twice as much lets the peer send
                             while the flash is written */
    uint32_t farewell_ms; /**< wait for the peer to confirm the outcome, or to leave, before the
                               agent goes on, and restarts; 5000 */
};

/* The transport ------------------------------------------------------------------------------- */

/** A status or outcome that is on its way to the peer. Part of the transport. */
struct otter_ble_reply {
    uint8_t state; /* enum reply_state in src/ble.h */
    bool is_outcome;
    uint8_t len;
    uint8_t bytes[OTTER_BLE_REPLY_MAX];
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_ble {
    const struct otter_ble_config *config;

    /* Both contexts touch these, under the guard. The peer is in a phase; the agent has something in
     * hand. What the peer gives up is void until the agent has laid it down. */
    bool is_connected;
    bool is_resumed;    /* the image was named by its digest */
    bool is_in_hand;    /* the agent has the transfer */
    bool is_void;       /* and the peer has given that up */
    bool is_complete;   /* and the peer has sent all of it */
    bool is_held;       /* a write waits for its answer */
    bool is_answer_due; /* that answer is known: */
    uint8_t answer;
    uint8_t phase;        /* enum phase in src/ble.h */
    uint8_t status;       /* the last one that the peer was told, or will be */
    uint8_t digest_parts; /* a bit for each half that has come */
    uint16_t cccd;
    uint32_t size;            /* bytes of the file, with what is behind the image */
    uint32_t received;        /* bytes of it that need not come any more */
    uint32_t crc;             /* as the peer names it */
    uint32_t first;           /* in the buffer, which is a ring: where its first byte is */
    uint32_t filled;          /* and how many there are */
    enum otter_result result; /* of the last transfer */
    struct otter_ble_reply reply;
    uint8_t digest[OTTER_SHA256_SIZE];

    /* The agent's. */
    bool is_released;      /* the last byte may be delivered */
    bool is_outcome_known; /* all of the image was here before the peer sent anything */
    const struct otter_job *job;
    uint32_t position;    /* where the first byte of the ring belongs in the image */
    uint32_t examined;    /* up to where the variant has seen the image */
    uint32_t running_crc; /* over that */
    uint32_t farewell_began_ms;
    const char *detail;
};

/** Check the configuration and prepare a transport.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_ble_init(struct otter_ble *ble, const struct otter_ble_config *config);

/** A peer that announces an image is a job; the image's own header says which version it is. A report
 * becomes the answer that the peer waits for. What became of the image after the restart is for the
 * peer to ask: such a report is taken, and told to nobody.
 *
 * The agent's timing is otter_agent_pushed_timing, or another that always asks; do_not_send_result of its
 * configuration is false, as the peer waits for the report. */
struct otter_job_source otter_ble_job_source(struct otter_ble *ble);

/** Does a peer wait for the agent? For otter/either.h, where a server is asked too.
 *  @param ble  a struct otter_ble; in either context */
bool otter_ble_has_peer(void *ble);

/** What the peer writes. It never asks for anything, and goes on where the last transfer stopped only
 * if the peer names the image by its digest. The last byte is delivered when the whole file has
 * proved to be what the peer meant to send: what is damaged on the way, or signed by a stranger,
 * never becomes an image that lies complete in the slot. */
struct otter_data_source otter_ble_data_source(struct otter_ble *ble);

/* What the stack hears ------------------------------------------------------------------------ */

/** A peer has connected. Its client configuration is off until it is written, or until the program
 * passes on, as a write, what it remembers of a bonded peer. */
void otter_ble_connected(struct otter_ble *ble);

/** The link is gone. A transfer is over, but what has arrived stays; one that was complete is
 * installed all the same. A held write is not answered any more. */
void otter_ble_disconnected(struct otter_ble *ble);

/** The peer writes, with a write request.
 *
 *  @param offset  of a long write that the stack does not put together itself; anything but 0 is
 *                 refused, as pieces must be put together before they mean something
 *  @return what to answer: an ATT code, or OTTER_BLE_LATER (data only) */
uint16_t otter_ble_write(struct otter_ble *ble, enum otter_ble_attribute attribute, uint16_t offset,
                         const uint8_t *value, size_t len);

/** The peer reads.
 *
 *  @param value  room for 2 bytes
 *  @param len    set to the bytes of the value
 *  @return an ATT code */
uint8_t otter_ble_read(struct otter_ble *ble, enum otter_ble_attribute attribute, uint8_t *value,
                       size_t *len);

/** The peer has confirmed the last indication. */
void otter_ble_indication_confirmed(struct otter_ble *ble);

#endif
