/* SPDX-License-Identifier: Apache-2.0 */

#include "fleet_device.h"

#include <stdio.h>

#include "otter/all_crypto.h"
#include "otter/board_layout.h"
#include "otter/boot.h"
#include "otter/posix.h"

#define INTERNAL_FLASH    1u /* the slots' device in the layout */
#define KEEP_ALIVE_S      60u
#define BROKER_TIMEOUT_MS 30000u
#define JOB_TIMEOUT_MS    30000u
#define CHUNK_TIMEOUT_MS  10000u
#define CHUNK_TRIES       5u
#define RESULT_TIMEOUT_MS 30000u
#define RETRY_INTERVAL_S  1u

/* Network ------------------------------------------------------------------------------------ */

static enum otter_result start_network(struct fleet_device *device,
                                       const struct fleet_config *config)
{
    enum otter_result result;

    device->link = otter_posix_link_init(&device->tcp);
    device->mqtt_config = (struct otter_mqtt_config){
        .link = &device->link,
        .send_buffer = device->send_buffer,
        .send_size = sizeof device->send_buffer,
        .topic_buffer = device->topic_buffer,
        .topic_size = sizeof device->topic_buffer,
    };
    result = otter_mqtt_init(&device->mqtt, &device->mqtt_config);
    if (result != OTTER_OK) {
        return result;
    }
    device->client = otter_mqtt_as_client(&device->mqtt);
    device->transport_config = (struct otter_mqtt_transport_config){
        .client = &device->client,
        .session = { .endpoint = { .host = config->host, .port = config->port },
                     .client_id = device->name,
                     .keep_alive_s = KEEP_ALIVE_S,
                     .timeout_ms = BROKER_TIMEOUT_MS },
        .topic_prefix = config->topic_prefix,
        .fetch = config->fetch,
        .chunk_size = config->chunk_size,
        .window = config->window,
        .job_timeout_ms = JOB_TIMEOUT_MS,
        .chunk_timeout_ms = CHUNK_TIMEOUT_MS,
        .chunk_tries = CHUNK_TRIES,
        .result_timeout_ms = RESULT_TIMEOUT_MS,
        .random = otter_posix_random,
        .buffer = device->transport_buffer,
        .buffer_size = sizeof device->transport_buffer,
    };
    return otter_mqtt_transport_init(&device->transport, &device->transport_config);
}

/* Agent -------------------------------------------------------------------------------------- */

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    struct fleet_device *device = context;

    device->bytes = event->bytes > 0 ? event->bytes : device->bytes;
    if (event->reason == OTTER_REASON_FAILED) {
        device->failures++;
        device->last_failure = event->result;
    }
    return OTTER_ANSWER_CONTINUE;
}

static void on_restart(void *context)
{
    struct fleet_device *device = context;

    device->is_done = true;
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = on_restart,
    .random = otter_posix_random_u32,
};

static struct otter_area open_area(const struct fleet_device *device, enum otter_area_role role)
{
    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX] = { [INTERNAL_FLASH] =
                                                                        &device->flash.flash };
    struct otter_area area = { 0 };

    (void)otter_layout_open(&otter_board_layout, devices, role, 0, &area);
    return area;
}

static enum otter_result start_agent(struct fleet_device *device, const struct fleet_config *config,
                                     uint32_t now_ms)
{
    const struct otter_layout *layout = &otter_board_layout;

    device->jobs = otter_mqtt_job_source(&device->transport);
    device->data = otter_mqtt_data_source(&device->transport);
    device->agent_config = (struct otter_agent_config){
        .identity = { .manufacturer = "Otter",
                      .manufacturer_id = "OTTER",
                      .product = "Fleet",
                      .serial_number = device->name,
                      .board = layout->board,
                      .version = { .major = 1 } },
        .timing = otter_agent_default_timing,
        .layout = layout,
        .primary = open_area(device, OTTER_AREA_PRIMARY),
        .secondary = open_area(device, OTTER_AREA_SECONDARY),
        .journal = open_area(device, OTTER_AREA_JOURNAL),
        .trust = { .crypto = &otter_all_crypto,
                   .keys = &config->key,
                   .key_count = 1,
                   .layout_digest = layout->digest },
        .max_image_size = otter_strategy_max_image_size(&otter_swap_offset, layout, 0, NULL),
        .jobs = &device->jobs,
        .data = &device->data,
        .hooks = &hooks,
        .hooks_context = device,
        .reboot_upon_completion = true,
        .validate_after_reboot = true,
        .buffer = device->agent_buffer,
        .buffer_size = sizeof device->agent_buffer,
    };
    device->agent_config.timing.retry_interval_s = RETRY_INTERVAL_S;
    return otter_agent_init(&device->agent, &device->agent_config, now_ms);
}

/* The device --------------------------------------------------------------------------------- */

enum otter_result fleet_device_start(struct fleet_device *device, const struct fleet_config *config,
                                     unsigned number, uint32_t now_ms)
{
    enum otter_result result = OTTER_ERR_NO_SPACE;

    *device = (struct fleet_device){ .due_ms = now_ms };
    (void)snprintf(device->name, sizeof device->name, "fleet-%05u", number);
    if (sparse_flash_init(&device->flash, &otter_board_layout.devices[INTERNAL_FLASH])) {
        result = start_network(device, config);
    }
    if (result == OTTER_OK) {
        result = start_agent(device, config, now_ms);
    }
    if (result == OTTER_OK) {
        otter_agent_check_now(&device->agent);
    }
    return result;
}

void fleet_device_step(struct fleet_device *device, uint32_t now_ms)
{
    uint32_t wait_ms = 0;

    while (wait_ms == 0 && !device->is_done) {
        wait_ms = otter_agent_step(&device->agent, now_ms);
    }
    device->due_ms = now_ms + wait_ms;
    device->done_ms = now_ms;
}

int fleet_device_socket(const struct fleet_device *device)
{
    return otter_posix_link_socket(&device->tcp);
}

void fleet_device_stop(struct fleet_device *device)
{
    device->client.ops->close(device->client.self);
    sparse_flash_free(&device->flash);
}
