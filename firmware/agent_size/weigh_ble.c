/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/ble_transport.h"
#include "weigh.h"

static uint8_t buffer[2 * OTTER_BLE_VALUE_MAX];

static struct otter_ble ble;
static struct otter_ble_config config;

/* What the stack would pass on. */
static void hear(void)
{
    uint8_t value[2];
    size_t len;

    otter_ble_connected(&ble);
    weigh_result = otter_ble_write(&ble, OTTER_BLE_DATA, 0, value, sizeof value);
    weigh_result = otter_ble_read(&ble, OTTER_BLE_CONTROL_CCCD, value, &len);
    otter_ble_indication_confirmed(&ble);
    otter_ble_disconnected(&ble);
}

void weigh_ble(const struct otter_ble_service *service, const struct otter_ble_variant *variant,
               struct otter_ble_signer *signer, struct otter_job_source *jobs,
               struct otter_data_source *data)
{
    config.variant = variant;
    config.signer = signer;
    config.buffer = buffer;
    config.buffer_size = sizeof buffer;
    weigh_result = otter_ble_init(&ble, &config);
    weigh_result = service->characteristics->properties;
    hear();
    *jobs = otter_ble_job_source(&ble);
    *data = otter_ble_data_source(&ble);
}
