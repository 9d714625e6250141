/* SPDX-License-Identifier: Apache-2.0 */

/* The time that an image on trial has to prove itself. Once it is over the watchdog is no longer
 * fed: the reset that follows makes the bootloader revert the image. */
#ifndef OTTER_FIRMWARE_TRIAL_H
#define OTTER_FIRMWARE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

struct trial {
    bool is_running; /* on trial, neither confirmed nor given up */
    bool has_failed;
    uint32_t started_ms;
    uint32_t limit_ms;
};

void trial_init(struct trial *trial, bool on_trial, uint32_t limit_ms, uint32_t now_ms);

/* The image was confirmed. */
void trial_pass(struct trial *trial);

/* @return true at the one step at which the time runs out */
bool trial_step(struct trial *trial, uint32_t now_ms);

#endif
