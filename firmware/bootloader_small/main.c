/* SPDX-License-Identifier: Apache-2.0 */

/* The small bootloader: everything that keeps a device running and nothing that tells of it. It
 * verifies, swaps, reverts and resumes as the other one does, and says in the handover record what
 * it did; there is no console. */

#include <stddef.h>

#include "handover.h"
#include "otter/bearssl_crypto.h"
#include "otter/board_layout.h"
#include "otter/boot.h"
#include "otter/micro_ecc_crypto.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/watchdog.h"
#include "otter/verdict.h"
#include "trusted_keys.h"

/* An application that does not feed it within this time is reset, and reverted if on trial. */
#define WATCHDOG_TIMEOUT_MS 4000u

static const struct otter_signature_ops *const signatures[] = { &PRODUCT_SIGNATURE, NULL };

static const struct otter_crypto crypto = {
    .sha256_start = otter_bearssl_sha256_start,
    .sha256_update = otter_bearssl_sha256_update,
    .sha256_finish = otter_bearssl_sha256_finish,
    .signatures = signatures,
};

static const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];
static uint8_t copy_buffer[1024];
static struct otter_signature_memory signature_memory;

/* Somebody has to program an image and reset the device. */
static _Noreturn void stay_here(void)
{
    for (;;) {
        __asm__ volatile("wfi");
    }
}

static _Noreturn void start_program(const struct otter_boot_outcome *outcome,
                                    enum otter_mps2_reset_cause cause)
{
    if (!otter_verdict_is_good(&outcome->verdict)) {
        stay_here();
    }
    leave_handover(&otter_board_layout, outcome, cause);
    otter_mps2_watchdog_start(WATCHDOG_TIMEOUT_MS);
    if (!otter_verdict_is_good(&outcome->verdict)) {
        stay_here();
    }
    otter_mps2_start(outcome->vector_table);
}

/* In ROM: nothing that goes wrong at run time changes whom the device trusts. */
static const struct otter_boot_config config = {
    .layout = &otter_board_layout,
    .devices = devices,
    .strategy = &PRODUCT_STRATEGY,
    .max_image_size = PRODUCT_MAX_IMAGE_SIZE,
    .trust = {
        .crypto = &crypto,
        .keys = otter_trusted_keys,
        .key_count = OTTER_TRUSTED_KEY_COUNT,
        .layout_digest = otter_board_layout.digest,
        .memory = &signature_memory,
    },
    .hooks = &otter_boot_no_hooks,
    .buffer = copy_buffer,
    .buffer_size = sizeof copy_buffer,
};

int main(void)
{
    const struct otter_mps2_reset reset = otter_mps2_reset_take();
    struct otter_boot_outcome outcome = { 0 };

    otter_mps2_flash_open(config.layout, devices);
    if (otter_boot_go(&config, &outcome) != OTTER_OK) {
        stay_here();
    }
    start_program(&outcome, reset.cause);
}
