/* SPDX-License-Identifier: Apache-2.0 */

/* Bluetooth LE alone: nothing of MQTT, HTTP, JSON or a network (tests/size). */

#include "otter/ble_transport.h"
#include "weigh.h"

static struct otter_job_source jobs;
static struct otter_data_source data;

void weigh(void)
{
    weigh_ble(&otter_ble_crc_service, &otter_ble_crc_variant, NULL, &jobs, &data);
    weigh_agent(&jobs, &data, NULL);
}
