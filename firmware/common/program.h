/* SPDX-License-Identifier: Apache-2.0 */

/* The frame of a program that updates itself: its flash, its parts, and the loop that steps them. */
#ifndef OTTER_FIRMWARE_PROGRAM_H
#define OTTER_FIRMWARE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/handover.h"
#include "otter/layout.h"
#include "otter/result.h"
#include "otter/settings.h"

/* The watchdog is fed at least this often. */
#define PROGRAM_LONGEST_SLEEP_MS 1000u

/* First thing in main(): console, clock, log and flash. */
void program_begin(void);

/* An area of the board's layout, for image @p image if it is a slot. Panics if there is none. */
struct otter_area program_open_slot(enum otter_area_role role, uint8_t image);
struct otter_area program_open_area(enum otter_area_role role);

/* What the image of the program says of itself: whoever signed it decided on its version. */
struct otter_version program_version(void);

/* @return OTTER_OK, or as otter_settings_load() */
enum otter_result program_load_settings(struct otter_settings *settings);

/* Read what the bootloader left, and compare layouts. Without a record the bootloader is not ours, and
 * nothing is known about its layout.
 *
 * @param handover  all zero without a record
 * @return false: the layouts differ, which was said */
bool program_read_handover(struct otter_handover *handover);

struct program_part {
    const char *name;
    enum otter_result (*start)(void);
};

/* Start them in turn. @return false: one could not be started, which was said, and no further one was */
bool program_start_parts(const struct program_part parts[], size_t count);

/* For the hooks of an agent: say so, with figures if they are wanted, and restart. */
void program_restart(void *context);

/* A step does what is due and says when it wants to be called again, in ms. */
typedef uint32_t program_step(uint32_t now_ms);

/* Steps that share data, or must follow each other. */
struct program_group {
    const char *name;
    program_step *const *steps;
    size_t count;
};

#define PROGRAM_GROUPS_MAX 3

/* Do what is due in a group. @return ms until it wants to be called again */
uint32_t program_step_group(const struct program_group *group);

/* Step all groups for ever. The first is called at once when the network or the button has something;
 * the last, which feeds the watchdog, only while all others are alive.
 *
 * program_loop.c does it in one loop. program_tasks.c makes each group a task of its own: the first has
 * the lowest priority, as it works for longest, and the last the highest. */
_Noreturn void program_run(const struct program_group groups[], size_t count);

#endif
