/* SPDX-License-Identifier: Apache-2.0 */

/* Any sequence of what a stack may hear and an agent may do. The first byte chooses the service, the
 * size of the buffer, and how often the stack is busy; behind it each step is a byte, and what it needs.
 *
 * What is delivered must be what the peer has written, at the offset where it was written; the last
 * byte only of a file that was right; an answer only to a write that was held back. */

#include <stdlib.h>
#include <string.h>

#include "otter/ble_transport.h"
#include "otter/bytes.h"
#include "otter/crc32.h"

#define FILE_MAX 4096u
#define SUM_SEED 7u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t next(struct input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

enum doing { ASKING, FETCHING, REPORTING };

struct bench {
    struct input input;
    struct otter_ble_config config;
    struct otter_ble_signer signer;
    struct otter_ble ble;
    struct otter_job_source jobs;
    struct otter_data_source data;
    uint8_t busy; /* the stack turns this many sends down */

    /* what the peer knows */
    bool is_connected;
    bool is_held;
    uint16_t cccd;
    uint32_t size;    /* announced last */
    uint32_t written; /* of this transfer's file: taken by the device, or there before */
    uint8_t file[FILE_MAX];

    /* what the agent does */
    enum doing doing;
    struct otter_job job;
    uint32_t position;
    uint32_t now_ms;
};

/* A toy at the crypto interface: sums, and "signatures" whose first number is the digest. ------- */

static enum otter_result sum_start(struct otter_sha256 *sha)
{
    sha->state[0] = SUM_SEED;
    return OTTER_OK;
}

static enum otter_result sum_update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    sha->state[0] = otter_crc32((uint32_t)sha->state[0], bytes, len);
    return OTTER_OK;
}

static void sum_digest(uint32_t sum, uint8_t digest[OTTER_SHA256_SIZE])
{
    memset(digest, 0x55, OTTER_SHA256_SIZE);
    otter_store_le32(digest, sum);
}

static enum otter_result sum_finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    sum_digest((uint32_t)sha->state[0], digest);
    return OTTER_OK;
}

static const struct otter_crypto sums = {
    .sha256_start = sum_start,
    .sha256_update = sum_update,
    .sha256_finish = sum_finish,
};

static enum otter_verdict toy_verify(const struct otter_public_key *key,
                                     const uint8_t digest[OTTER_SHA256_SIZE],
                                     const uint8_t *signature, size_t signature_size)
{
    uint8_t numbers[OTTER_P256_NUMBERS_SIZE];

    (void)key;
    demand(otter_p256_signature_numbers(signature, signature_size, numbers));
    return memcmp(numbers, digest, OTTER_SHA256_SIZE) == 0 ? OTTER_VERDICT_GOOD : OTTER_VERDICT_BAD;
}

static const struct otter_signature_ops toy = { .verify = toy_verify };

/* The stack ------------------------------------------------------------------------------------ */

static enum otter_result hear(struct bench *bench, size_t len)
{
    demand(len >= 1 && len <= OTTER_BLE_REPLY_MAX && bench->is_connected && bench->cccd != 0);
    if (bench->busy > 0) {
        bench->busy--;
        return OTTER_AGAIN;
    }
    return OTTER_OK;
}

static enum otter_result on_notify(void *context, const uint8_t *value, size_t len)
{
    const struct bench *bench = context;

    (void)value;
    demand((bench->cccd & 1) != 0);
    return hear(context, len);
}

static enum otter_result on_indicate(void *context, const uint8_t *value, size_t len)
{
    const struct bench *bench = context;

    (void)value;
    demand((bench->cccd & 2) != 0);
    return hear(context, len);
}

static void on_respond(void *context, uint8_t att)
{
    struct bench *bench = context;

    (void)att;
    demand(bench->is_held && bench->is_connected);
    bench->is_held = false;
}

static const struct otter_ble_stack stack = {
    .notify = on_notify,
    .indicate = on_indicate,
    .respond = on_respond,
};

/* The peer ------------------------------------------------------------------------------------- */

static void note_command(struct bench *bench, const uint8_t *value, size_t len)
{
    if (len == 5 && (value[0] == 2 || value[0] == 0x21)) {
        bench->size = otter_load_le32(value + 1);
    }
}

static void write_control(struct bench *bench, const uint8_t *value, size_t len)
{
    const uint16_t answer = otter_ble_write(&bench->ble, OTTER_BLE_CONTROL, 0, value, len);

    demand(answer <= UINT8_MAX);
    if (answer == OTTER_BLE_ATT_OK) {
        note_command(bench, value, len);
    }
}

static void write_any_command(struct bench *bench)
{
    uint8_t value[32];
    const size_t len = next(&bench->input) % sizeof value;

    for (size_t i = 0; i < len; i++) {
        value[i] = next(&bench->input);
    }
    write_control(bench, value, len);
}

static void announce(struct bench *bench, uint8_t command)
{
    uint8_t value[5] = { command };

    otter_store_le32(value + 1, (uint32_t)(next(&bench->input) << 4) + next(&bench->input));
    write_control(bench, value, sizeof value);
}

static void prepare(struct bench *bench)
{
    static const uint8_t command[] = { 1 };

    write_control(bench, command, sizeof command);
}

static void download(struct bench *bench)
{
    announce(bench, 2);
}

static void step_agent(struct bench *bench);

static void name_and_resume(struct bench *bench)
{
    uint8_t digest[OTTER_SHA256_SIZE];

    sum_digest(next(&bench->input), digest);
    for (uint8_t first = 0; first < sizeof digest; first += 16) {
        uint8_t value[18] = { 0x20, first };

        memcpy(value + 2, digest + first, 16);
        write_control(bench, value, sizeof value);
        step_agent(bench);
    }
    announce(bench, 0x21);
}

static void verify_rightly(struct bench *bench)
{
    uint8_t value[5] = { 3 };

    otter_store_le32(value + 1, otter_crc32(0, bench->file, bench->size % FILE_MAX));
    write_control(bench, value, sizeof value);
}

static void write_bytes(struct bench *bench, const uint8_t *bytes, size_t len)
{
    const uint16_t answer = otter_ble_write(&bench->ble, OTTER_BLE_DATA, 0, bytes, len);

    if (answer != OTTER_BLE_ATT_OK && answer != OTTER_BLE_LATER) {
        return;
    }
    demand(!bench->is_held && len > 0 && len <= OTTER_BLE_VALUE_MAX);
    demand(bench->written <= bench->size && len <= bench->size - bench->written);
    bench->is_held = answer == OTTER_BLE_LATER;
    for (uint32_t i = 0; i < len && bench->written + i < FILE_MAX; i++) {
        bench->file[bench->written + i] = bytes[i];
    }
    bench->written += (uint32_t)len;
}

static void write_data(struct bench *bench)
{
    uint8_t bytes[OTTER_BLE_VALUE_MAX + 1];
    const size_t len = (size_t)(next(&bench->input) * 3) % sizeof bytes;
    const uint8_t first = next(&bench->input);

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(first + i * 7);
    }
    write_bytes(bench, bytes, len);
}

/* All that is missing, and where the service wants it, a signature. */
static void write_rest(struct bench *bench)
{
    uint8_t tail[OTTER_BLE_SIGNATURE_SIZE] = { 0 };
    const bool is_signed = bench->config.signer != NULL;
    uint32_t left = bench->size - bench->written;

    if (is_signed && left == sizeof tail && bench->written < FILE_MAX) {
        sum_digest(otter_crc32(SUM_SEED, bench->file, bench->written), tail);
        write_bytes(bench, tail, sizeof tail);
        return;
    }
    left -= is_signed && left > sizeof tail ? (uint32_t)sizeof tail : 0;
    if (bench->written < bench->size && left <= FILE_MAX - sizeof tail) {
        uint8_t bytes[FILE_MAX];

        memset(bytes, 0xA5, left);
        write_bytes(bench, bytes, left < OTTER_BLE_VALUE_MAX ? left : OTTER_BLE_VALUE_MAX);
    }
}

static void write_cccd(struct bench *bench)
{
    const uint8_t value[2] = { next(&bench->input), 0 };

    if (otter_ble_write(&bench->ble, OTTER_BLE_CONTROL_CCCD, 0, value, sizeof value) == 0) {
        bench->cccd = value[0] & 3;
    }
}

static void write_oddly(struct bench *bench)
{
    const uint8_t attribute = next(&bench->input);
    uint8_t value[2];
    size_t len;

    (void)otter_ble_write(&bench->ble, OTTER_BLE_DATA, (uint16_t)(1 + attribute), value, 0);
    (void)otter_ble_read(&bench->ble, (enum otter_ble_attribute)(attribute % 3), value, &len);
    demand(len <= sizeof value);
}

static void connect_peer(struct bench *bench)
{
    otter_ble_connected(&bench->ble);
    bench->is_connected = true;
    bench->cccd = 0;
}

static void disconnect(struct bench *bench)
{
    otter_ble_disconnected(&bench->ble);
    bench->is_connected = false;
    bench->is_held = false;
}

static void confirm(struct bench *bench)
{
    otter_ble_indication_confirmed(&bench->ble);
}

/* The agent ------------------------------------------------------------------------------------ */

static void end(struct bench *bench, enum otter_result result)
{
    const struct otter_report report = { .result = result };

    bench->data.ops->close(bench->data.self);
    demand(bench->jobs.ops->report(bench->jobs.self, NULL, &report, bench->now_ms) == OTTER_OK);
    bench->doing = REPORTING;
}

static void look_for_job(struct bench *bench)
{
    if (bench->jobs.ops->step(bench->jobs.self, bench->now_ms, &bench->job) != OTTER_OK) {
        return;
    }
    demand(bench->job.is_pushed && bench->job.size > 0);
    bench->position = 0;
    bench->doing = FETCHING;
    if (bench->data.ops->open(bench->data.self, NULL, &bench->job, bench->now_ms) != OTTER_OK) {
        end(bench, OTTER_ERR_ABANDONED);
        return;
    }
    if (bench->job.has_sha256) {
        bench->position = bench->job.size / 2;
    }
    bench->written = bench->position;
    memset(bench->file, 0xEE, sizeof bench->file);
}

/* What the transport may have checked the last byte by: the harness checks it anew. */
static bool is_proven(const struct bench *bench)
{
    const uint32_t size = bench->job.size;
    uint8_t expected[OTTER_SHA256_SIZE];

    if (bench->job.has_sha256 || size > FILE_MAX - OTTER_BLE_SIGNATURE_SIZE) {
        return true;
    }
    if (bench->config.signer == NULL) {
        return bench->ble.crc == otter_crc32(0, bench->file, size);
    }
    sum_digest(otter_crc32(SUM_SEED, bench->file, size), expected);
    return memcmp(bench->file + size, expected, sizeof expected) == 0;
}

static void take(struct bench *bench, const struct otter_chunk *chunk)
{
    const uint32_t end = chunk->offset + (uint32_t)chunk->len;

    demand(chunk->len > 0 && chunk->total == bench->job.size && end <= chunk->total);
    demand(chunk->offset == bench->position);
    demand(end > FILE_MAX || memcmp(bench->file + chunk->offset, chunk->bytes, chunk->len) == 0);
    demand(end < chunk->total || is_proven(bench));
    bench->position = end;
    bench->data.ops->take(bench->data.self, chunk->len);
}

static void fetch(struct bench *bench)
{
    const struct otter_range missing = { .offset = bench->position, .length = UINT32_MAX };
    struct otter_chunk chunk;
    const enum otter_result result =
        bench->data.ops->step(bench->data.self, bench->now_ms, &missing, &chunk);

    if (result == OTTER_OK) {
        take(bench, &chunk);
    }
    if (result != OTTER_AGAIN && (result != OTTER_OK || bench->position == bench->job.size)) {
        end(bench, result);
    }
}

static void say_farewell(struct bench *bench)
{
    if (bench->jobs.ops->report_step(bench->jobs.self, bench->now_ms) == OTTER_OK) {
        bench->jobs.ops->close(bench->jobs.self);
        bench->doing = ASKING;
    }
}

static void step_agent(struct bench *bench)
{
    static void (*const doings[])(struct bench * bench) = { look_for_job, fetch, say_farewell };

    doings[bench->doing](bench);
    bench->now_ms += 10;
}

/* The agent is stopped, or has a reason of its own. */
static void fail_agent(struct bench *bench)
{
    if (bench->doing == FETCHING) {
        end(bench, (enum otter_result) - (int)(next(&bench->input) % 80));
    }
}

static void stop_agent(struct bench *bench)
{
    bench->data.ops->close(bench->data.self);
    bench->jobs.ops->close(bench->jobs.self);
    bench->doing = ASKING;
}

static void hinder_stack(struct bench *bench)
{
    bench->busy = next(&bench->input) % 4;
}

static void (*const steps[])(struct bench *bench) = {
    step_agent, write_data,     write_any_command, prepare,      download,     name_and_resume,
    write_rest, verify_rightly, write_cccd,        write_oddly,  connect_peer, disconnect,
    confirm,    fail_agent,     stop_agent,        hinder_stack,
};

static void set_up(struct bench *bench)
{
    static const uint8_t key[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                     0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                     0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
    static uint8_t ring[2 * OTTER_BLE_VALUE_MAX];
    const uint8_t choice = next(&bench->input);
    const bool is_signed = (choice & 1) != 0;

    bench->signer = (struct otter_ble_signer){
        .crypto = &sums,
        .ecdsa = &toy,
        .key = { key, sizeof key },
    };
    bench->config = (struct otter_ble_config){
        .variant = is_signed ? &otter_ble_signed_variant : &otter_ble_crc_variant,
        .signer = is_signed ? &bench->signer : NULL,
        .stack = &stack,
        .stack_context = bench,
        .buffer = ring,
        .buffer_size = OTTER_BLE_VALUE_MAX + (size_t)choice * 2,
        .farewell_ms = 100,
    };
    demand(otter_ble_init(&bench->ble, &bench->config) == OTTER_OK);
    bench->jobs = otter_ble_job_source(&bench->ble);
    bench->data = otter_ble_data_source(&bench->ble);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;

    bench = (struct bench){ .input = { data, size } };
    set_up(&bench);
    connect_peer(&bench);
    while (bench.input.left > 0) {
        steps[next(&bench.input) % (sizeof steps / sizeof steps[0])](&bench);
    }
    return 0;
}
