/* SPDX-License-Identifier: Apache-2.0 */

/** A QEMU process that runs the emulated device (docs/emulated-device.md). */
#ifndef OTTER_TOOL_QEMU_H
#define OTTER_TOOL_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "command.h"

/** The board as QEMU knows it. */
struct qemu_machine {
    const char *board;    /**< as layouts call it */
    const char *machine;  /**< as QEMU calls it */
    uint32_t flash_size;  /**< the machine wants exactly this much */
    uint32_t led_address; /**< bit 0 is the LED */
};

struct qemu_options {
    const struct qemu_machine *machine;
    const char *program;    /**< "qemu-system-arm", or a path */
    const char *bootloader; /**< ELF file */
    const char *flash;      /**< flash file, written to while the device runs */
    const char *mac;
    const struct option_list *words;     /**< for the firmware, by semihosting */
    const struct option_list *arguments; /**< more for QEMU, as they are */
};

/** A running QEMU. The descriptors are ours. */
struct qemu {
    pid_t pid;
    int console; /**< the device's UART0, both ways */
    int button;  /**< the device's UART1 */
    int qmp;     /**< QEMU's control socket */
    int errors;  /**< what QEMU itself has to say */
};

/** Find the machine of a board. @return NULL after a complaint */
const struct qemu_machine *qemu_machine_of(const char *board);

/** Start QEMU. @return false after a complaint */
bool qemu_start(struct qemu *qemu, const struct qemu_options *options);

/** End QEMU if it still runs, wait for it, and close the descriptors.
 *
 *  @return its exit status; 128 + number if a signal ended it */
int qemu_end(struct qemu *qemu);

#endif
