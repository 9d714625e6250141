/* SPDX-License-Identifier: Apache-2.0 */

/* A program that tells what it took to start it, whichever bootloader did: the instructions since
 * the reset, and how much of the bootloader's stack was never used. scripts/bench makes it as large
 * as the image that it measures with, and has QEMU count (-icount). */

#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/semihosting.h"
#include "otter/mps2/stack.h"
#include "otter/text.h"

/* The bootloader's stack is the lowest part of its memory (ports/mps2/ld/program.ld). */
#define BOOTLOADER_STACK 0x20380000u
#define LARGEST_STACK    0x10000u

int main(void)
{
    const uint32_t ticks = otter_mps2_stopwatch_ticks(); /* it counts from the reset on */
    char line[80];
    struct otter_text text;

    otter_mps2_console_start();
    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "started after ");
    otter_text_append_u32(&text, ticks);
    otter_text_append(&text, " ticks, stack untouched ");
    otter_text_append_u32(
        &text, otter_mps2_stack_untouched(BOOTLOADER_STACK, BOOTLOADER_STACK + LARGEST_STACK));
    otter_text_append(&text, " bytes");
    otter_mps2_console_line("figures: ", line);
    otter_mps2_host_exit(0);
}
