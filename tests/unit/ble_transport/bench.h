/* SPDX-License-Identifier: Apache-2.0 */

/** A device on the bench that is updated over Bluetooth: simulated flash, the real bootloader, the real
 * agent with the transport; and a peer at the place where the stack would be. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#include "otter/agent.h"
#include "otter/ble_transport.h"
#include "otter/boot.h"
#include "otter/bytes.h"
#include "otter/sim_flash.h"
#include "test_image.h"

#define BENCH_FILE_MAX    8192u
#define BENCH_REPLIES_MAX 8u

struct bench_reply {
    bool is_indication;
    size_t len;
    uint8_t bytes[OTTER_BLE_REPLY_MAX];
};

/** What the peer has heard. */
struct bench_peer {
    unsigned reply_count;
    struct bench_reply replies[BENCH_REPLIES_MAX];
    bool was_answered; /* a held write */
    uint8_t answer;
    unsigned held;          /* writes that were held */
    unsigned stack_is_full; /* sends that the stack turns down */
    bool never_confirms;
    bool is_deaf; /* the stack cannot send at all */
};

struct bench {
    struct otter_sim_power power;
    struct otter_sim_flash device;
    const struct otter_flash *devices[1];
    struct otter_test_signer signer; /* of images */
    struct otter_test_signer author; /* of files, for the signed service */
    struct otter_ble_signer ble_signer;
    uint8_t ring[2 * OTTER_BLE_VALUE_MAX];
    struct otter_guard guard;
    unsigned guarded; /* depth */
    struct otter_ble_config ble_config;
    struct otter_ble ble;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_agent_config config;
    struct otter_agent agent;
    uint8_t buffer[256];
    uint8_t boot_buffer[256];
    struct otter_boot_outcome outcome;

    uint8_t file[BENCH_FILE_MAX];
    uint32_t size;
    struct bench_peer peer;
    uint32_t now_ms;
    unsigned restarts;
    enum otter_result last_failure; /* that the agent told the application */
    const char *last_detail;
};

/** A device that runs 1.0.0, with a peer that has connected and enabled what hosts enable. */
void bench_set_up(struct bench *bench, const struct otter_ble_variant *variant);
void bench_tear_down(struct bench *bench);

/** The same for cmocka: the state is the bench. */
int bench_set_up_crc(void **state);
int bench_set_up_signed(void **state);
int bench_tear_down_state(void **state);

/** Make the file that the peer sends; in the signed service with its signature. */
void bench_make_file(struct bench *bench, const char *version, uint32_t program_size);
/** Sign what lies in the file anew. */
void bench_sign_file(struct bench *bench, const struct otter_test_signer *author);

/** Step the agent for @p limit_ms, or until it restarts the device or the power fails. */
void bench_run(struct bench *bench, uint32_t limit_ms);
/** Reset: the bootloader runs, the agent starts anew, the peer is gone. */
void bench_reset(struct bench *bench);
void bench_assert_runs(const struct bench *bench, const char *version);
/** The agent restarts the device, and this version runs then. */
void bench_assert_installs(struct bench *bench, const char *version);
bool bench_has_request(const struct bench *bench);

/** The link is made, and the client configuration written. */
void peer_connect(struct bench *bench, uint16_t cccd);
void peer_disconnect(struct bench *bench);

/** @return the ATT code, be it held back for a time */
uint16_t peer_write(struct bench *bench, enum otter_ble_attribute attribute, const void *value,
                    size_t len);
/** Write a command with a number behind it. */
uint16_t peer_command(struct bench *bench, uint8_t command);
uint16_t peer_command_number(struct bench *bench, uint8_t command, uint32_t number);
/** The status of the last reply, once there is one; it is used up. -1: none comes. */
int peer_hear(struct bench *bench);
/** Demand that a command is taken, and answered by @p status. */
void peer_demands(struct bench *bench, uint8_t command, int status);
void peer_demands_number(struct bench *bench, uint8_t command, uint32_t number, int status);

/** Prepare and download: the device waits for the file. */
void peer_begin(struct bench *bench);
/** Send bytes of the file in writes of @p chunk bytes. @return the first code that is not OK */
uint16_t peer_send(struct bench *bench, uint32_t from, uint32_t to, uint32_t chunk);
/** Announce the file by its digest. @return how many bytes the device has */
uint32_t peer_resume(struct bench *bench);
uint32_t peer_crc(const struct bench *bench);
/** The whole of it, as the hosts of the AnyCloud library do. @return the outcome */
int peer_push(struct bench *bench, uint32_t chunk);

#endif
