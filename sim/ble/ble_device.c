/* SPDX-License-Identifier: Apache-2.0 */

/* The simulated device with another way in: the bootloader of sim/device, and an agent whose only
 * transport is Bluetooth. */

#include "ble_device.h"

#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "otter/agent.h"
#include "otter/board_layout.h"
#include "otter/bootstate.h"
#include "otter/mbedtls_crypto.h"
#include "otter/posix.h"
#include "sim.h"

#define KEY_SIZE_MAX 600u
#define FAREWELL_MS  5000u

struct key {
    uint8_t bytes[KEY_SIZE_MAX];
    struct otter_public_key key;
};

struct ble_device {
    struct ble_device_stack stack;
    struct otter_posix_flash files[OTTER_LAYOUT_DEVICES_MAX];
    struct sim_board board;
    struct key trusted;
    struct otter_boot_outcome outcome;

    struct otter_ble_signer signer;
    struct key author;
    uint8_t ring[4 * OTTER_BLE_VALUE_MAX];
    struct otter_ble_config ble_config;
    struct otter_ble ble;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_agent_config config;
    struct otter_agent agent;
    uint8_t buffer[4096];
    bool wants_restart;
};

/* What the transport and the agent need ------------------------------------------------------- */

static enum otter_result send(const struct ble_device *device, bool is_indication,
                              const uint8_t *value, size_t len)
{
    return device->stack.send(device->stack.context, is_indication, value, len) ? OTTER_OK
                                                                                : OTTER_AGAIN;
}

static enum otter_result notify(void *context, const uint8_t *value, size_t len)
{
    return send(context, false, value, len);
}

static enum otter_result indicate(void *context, const uint8_t *value, size_t len)
{
    return send(context, true, value, len);
}

static void respond(void *context, uint8_t att)
{
    const struct ble_device *device = context;

    device->stack.respond(device->stack.context, att);
}

static const struct otter_ble_stack stack_ops = {
    .notify = notify,
    .indicate = indicate,
    .respond = respond,
};

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    console_say_event(event);
    return OTTER_ANSWER_CONTINUE;
}

static void on_restart(void *context)
{
    struct ble_device *device = context;

    console_say("app", "restarting");
    device->wants_restart = true;
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = on_restart,
    .random = otter_posix_random_u32,
};

/* Opening -------------------------------------------------------------------------------------- */

static bool take_key(struct key *key, const struct ble_device_key *from)
{
    if (from->der_size == 0 || from->der_size > sizeof key->bytes) {
        return false;
    }
    memcpy(key->bytes, from->der, from->der_size);
    key->key = (struct otter_public_key){ .der = key->bytes, .der_size = from->der_size };
    return true;
}

static struct otter_area open_area(const struct ble_device *device, enum otter_area_role role)
{
    struct otter_area area = { 0 };

    (void)otter_layout_open(device->board.layout, device->board.devices, role, 0, &area);
    return area;
}

static void configure(struct ble_device *device, bool is_signed)
{
    device->signer = (struct otter_ble_signer){
        .crypto = &otter_mbedtls_crypto,
        .ecdsa = &otter_mbedtls_ecdsa_p256,
        .key = device->author.key,
    };
    device->ble_config = (struct otter_ble_config){
        .variant = is_signed ? &otter_ble_signed_variant : &otter_ble_crc_variant,
        .signer = is_signed ? &device->signer : NULL,
        .stack = &stack_ops,
        .stack_context = device,
        .buffer = device->ring,
        .buffer_size = sizeof device->ring,
        .farewell_ms = FAREWELL_MS,
    };
    device->config = (struct otter_agent_config){
        .identity = { .board = device->board.layout->board },
        .timing = otter_agent_pushed_timing,
        .layout = device->board.layout,
        .primary = open_area(device, OTTER_AREA_PRIMARY),
        .secondary = open_area(device, OTTER_AREA_SECONDARY),
        .journal = open_area(device, OTTER_AREA_JOURNAL),
        .trust = device->board.trust,
        .max_image_size =
            otter_strategy_max_image_size(&SIM_STRATEGY, device->board.layout, 0, NULL),
        .jobs = &device->jobs,
        .data = &device->data,
        .hooks = &hooks,
        .hooks_context = device,
        .reboot_upon_completion = true,
        .validate_after_reboot = true,
        .buffer = device->buffer,
        .buffer_size = sizeof device->buffer,
    };
}

/* @return what is wrong; NULL: nothing */
static const char *set_up(struct ble_device *device, const char *flash,
                          const struct ble_device_key *trusted, const struct ble_device_key *author)
{
    if (!take_key(&device->trusted, trusted)
        || (author != NULL && !take_key(&device->author, author))) {
        return "a key is not a public key in DER; 'otter key public --format der' makes one";
    }
    device->board.layout = &otter_board_layout;
    device->board.trust = (struct otter_trust){
        .crypto = &otter_mbedtls_crypto,
        .keys = &device->trusted.key,
        .key_count = 1,
        .layout_digest = otter_board_layout.digest,
    };
    if (!sim_open_flash(device->board.layout, flash, device->files, device->board.devices)) {
        return "the file cannot be opened as this board's flash; 'otter device create' makes it";
    }
    configure(device, author != NULL);
    return otter_ble_init(&device->ble, &device->ble_config) == OTTER_OK
               ? NULL
               : "the signed service needs a key of ECDSA P-256";
}

struct ble_device *ble_device_open(const char *flash, const struct ble_device_key *trusted,
                                   const struct ble_device_key *author,
                                   const struct ble_device_stack *stack, char *problem,
                                   size_t problem_size)
{
    struct ble_device *device = calloc(1, sizeof *device);
    struct otter_text text;
    const char *wrong = "there is no memory";

    if (device != NULL) {
        device->stack = *stack;
        wrong = set_up(device, flash, trusted, author);
    }
    if (wrong == NULL) {
        return device;
    }
    otter_text_init(&text, problem, problem_size);
    otter_text_append(&text, wrong);
    ble_device_close(device);
    return NULL;
}

void ble_device_close(struct ble_device *device)
{
    for (size_t i = 0; device != NULL && i < OTTER_LAYOUT_DEVICES_MAX; i++) {
        if (device->board.devices[i] != NULL) {
            otter_posix_flash_close(&device->files[i]);
        }
    }
    free(device);
}

/* Running -------------------------------------------------------------------------------------- */

/* One console for all devices of the process: whoever is at work has it. */
static void take_console(const struct ble_device *device)
{
    console_direct(device->stack.line, device->stack.context);
}

static bool start_agent(struct ble_device *device)
{
    enum otter_result result = otter_ble_init(&device->ble, &device->ble_config);

    device->jobs = otter_ble_job_source(&device->ble);
    device->data = otter_ble_data_source(&device->ble);
    device->wants_restart = false;
    device->config.identity.version = device->outcome.image.header.version;
    device->config.boot_refusal = device->outcome.refusal;
    if (result == OTTER_OK) {
        result = otter_agent_init(&device->agent, &device->config, otter_posix_now_ms());
    }
    if (result != OTTER_OK) {
        console_say_result("app", "update agent", result);
    }
    return result == OTTER_OK;
}

enum ble_device_start ble_device_boot(struct ble_device *device)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    take_console(device);
    device->outcome = (struct otter_boot_outcome){ 0 };
    if (sim_boot(&device->board, &device->outcome) != OTTER_OK) {
        return BLE_DEVICE_FAILS;
    }
    otter_version_format(&device->outcome.image.header.version, version);
    console_say("app", "Otter Bluetooth example %s", version);
    if (sim_program_hangs(&device->outcome)) {
        console_say("app", "this build hangs on purpose to test the revert");
        return BLE_DEVICE_HANGS;
    }
    return start_agent(device) ? BLE_DEVICE_RUNS : BLE_DEVICE_FAILS;
}

uint32_t ble_device_step(struct ble_device *device, uint32_t now_ms)
{
    take_console(device);
    return otter_agent_step(&device->agent, now_ms);
}

bool ble_device_wants_restart(const struct ble_device *device)
{
    return device->wants_restart;
}

int ble_device_confirm(struct ble_device *device)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    const enum otter_result result = otter_agent_confirm(&device->agent);

    take_console(device);
    otter_version_format(&device->config.identity.version, version);
    if (result == OTTER_OK) {
        console_say("app", "%s confirmed", version);
    } else {
        console_say_result("app", "confirmation", result);
    }
    return result;
}

static bool is_on_trial(const struct ble_device *device)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(device->board.layout);
    enum otter_standing standing = OTTER_STANDING_SETTLED;

    (void)otter_bootstate_standing(&device->config.primary, &shape, &standing);
    return standing == OTTER_STANDING_TRIAL;
}

void ble_device_get_status(const struct ble_device *device, uint32_t now_ms,
                           struct ble_device_status *status)
{
    struct otter_agent_status agent;
    struct otter_text stage;

    otter_agent_get_status(&device->agent, now_ms, &agent);
    *status = (struct ble_device_status){
        .bytes = agent.bytes,
        .total = agent.total,
        .last_result = agent.last_result,
        .percent = agent.percent,
        .is_pending = agent.is_pending,
        .is_on_trial = is_on_trial(device),
    };
    otter_text_init(&stage, status->stage, sizeof status->stage);
    otter_text_append(&stage, otter_agent_stage_name(agent.stage));
    otter_version_format(&agent.running, status->running);
}

/* What the stack hears ------------------------------------------------------------------------- */

const struct otter_ble_service *ble_device_service(const struct ble_device *device)
{
    return device->ble_config.signer != NULL ? &otter_ble_signed_service : &otter_ble_crc_service;
}

void ble_device_connected(struct ble_device *device)
{
    otter_ble_connected(&device->ble);
}

void ble_device_disconnected(struct ble_device *device)
{
    otter_ble_disconnected(&device->ble);
}

unsigned ble_device_write(struct ble_device *device, unsigned attribute, unsigned offset,
                          const uint8_t *value, size_t len)
{
    return otter_ble_write(&device->ble, (enum otter_ble_attribute)attribute, (uint16_t)offset,
                           value, len);
}

unsigned ble_device_read(struct ble_device *device, unsigned attribute, uint8_t *value, size_t *len)
{
    return otter_ble_read(&device->ble, (enum otter_ble_attribute)attribute, value, len);
}

void ble_device_indication_confirmed(struct ble_device *device)
{
    otter_ble_indication_confirmed(&device->ble);
}
