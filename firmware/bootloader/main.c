/* SPDX-License-Identifier: Apache-2.0 */

/* The bootloader of the emulated board. This file is the list of what it is made of. */

#include <stddef.h>

#include "console.h"
#include "decryption.h"
#include "otter/board_layout.h"
#include "otter/boot.h"
#include "otter/mbedtls_platform.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/watchdog.h"
#include "product.h"
#include "recovery.h"
#include "start.h"
#include "trusted_keys.h"

static const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];
static uint8_t copy_buffer[4096];
static struct otter_signature_memory signature_memory;
static _Alignas(8) uint8_t crypto_pool[OTTER_MBEDTLS_BOOT_POOL_SIZE];

static void feed_watchdog(void *context)
{
    (void)context;
    otter_mps2_watchdog_feed();
}

static const struct otter_boot_hooks hooks = {
    .feed_watchdog = feed_watchdog,
    .report = console_report,
};

/* In ROM: nothing that goes wrong at run time changes whom the device trusts. */
static const struct otter_boot_config config = {
    .layout = &otter_board_layout,
    .devices = devices,
    .strategy = &PRODUCT_STRATEGY,
    .trust = {
        .crypto = &DECRYPTION_CRYPTO,
        .keys = otter_trusted_keys,
        .key_count = OTTER_TRUSTED_KEY_COUNT,
        .decryption_key = DECRYPTION_KEY,
        .layout_digest = otter_board_layout.digest,
        .memory = &signature_memory, /* an update is verified before and after its move */
    },
    .encryption = PRODUCT_ENCRYPTION,
    .several = PRODUCT_SEVERAL,
    .downgrade = NULL, /* the agent refuses one; a person with a cable may go back */
    .hooks = &hooks,
    .buffer = copy_buffer,
    .buffer_size = sizeof copy_buffer,
};

int main(void)
{
    const struct otter_mps2_reset reset = otter_mps2_reset_take();
    struct otter_boot_outcome outcome = { 0 };

    otter_mps2_stopwatch_start();
    otter_mps2_console_start();
    otter_mbedtls_use_pool(crypto_pool, sizeof crypto_pool);
    otter_mps2_flash_open(config.layout, devices);
    console_banner(&config);
    console_reset_cause(&reset);

    const enum otter_result result = find_program(&config, &reset, &outcome);

    if (result != OTTER_OK) {
        stay_here(result);
    }
    start_program(&config, &outcome, &reset);
}
