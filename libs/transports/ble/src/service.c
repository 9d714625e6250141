/* SPDX-License-Identifier: Apache-2.0 */

/* The services, as a stack wants to know them. Both have the same characteristics; a device offers
 * one of them. */

#include "otter/ble_transport.h"

#define CCCD_UUID   0x2902u
#define COMMAND_MAX OTTER_BLE_REPLY_MAX

static const struct otter_ble_descriptor control_cccd = {
    .attribute = OTTER_BLE_CONTROL_CCCD,
    .uuid = CCCD_UUID,
    .permissions = OTTER_BLE_MAY_READ | OTTER_BLE_MAY_WRITE,
};

/* clang-format off */
static const struct otter_ble_characteristic characteristics[OTTER_BLE_CHARACTERISTICS] = {
    { /* a3dd50bf-f7a7-4e99-838e-570a086c661b */
        .attribute = OTTER_BLE_CONTROL,
        .uuid = { { 0x1B, 0x66, 0x6C, 0x08, 0x0A, 0x57, 0x8E, 0x83,
                    0x99, 0x4E, 0xA7, 0xF7, 0xBF, 0x50, 0xDD, 0xA3 } },
        .properties = OTTER_BLE_CAN_WRITE | OTTER_BLE_CAN_NOTIFY | OTTER_BLE_CAN_INDICATE,
        .permissions = OTTER_BLE_MAY_WRITE,
        .value_max = COMMAND_MAX,
        .descriptor = &control_cccd,
    },
    { /* a2e86c7a-d961-4091-b74f-2409e72efe26 */
        .attribute = OTTER_BLE_DATA,
        .uuid = { { 0x26, 0xFE, 0x2E, 0xE7, 0x09, 0x24, 0x4F, 0xB7,
                    0x91, 0x40, 0x61, 0xD9, 0x7A, 0x6C, 0xE8, 0xA2 } },
        .properties = OTTER_BLE_CAN_WRITE,
        .permissions = OTTER_BLE_MAY_WRITE,
        .value_max = OTTER_BLE_VALUE_MAX,
    },
};

const struct otter_ble_service otter_ble_crc_service = {
    /* ae5d1e47-5c13-43a0-8635-82ad38a1381f */
    .uuid = { { 0x1F, 0x38, 0xA1, 0x38, 0xAD, 0x82, 0x35, 0x86,
                0xA0, 0x43, 0x13, 0x5C, 0x47, 0x1E, 0x5D, 0xAE } },
    .characteristics = characteristics,
};

const struct otter_ble_service otter_ble_signed_service = {
    /* c7261110-f425-447a-a1bd-9d7246768bd8 */
    .uuid = { { 0xD8, 0x8B, 0x76, 0x46, 0x72, 0x9D, 0xBD, 0xA1,
                0x7A, 0x44, 0x25, 0xF4, 0x10, 0x11, 0x26, 0xC7 } },
    .characteristics = characteristics,
};
/* clang-format on */
