/* SPDX-License-Identifier: Apache-2.0 */

/** A client of QEMU's control protocol (QMP), as far as the emulated device needs it: commands
 * without waiting, events, and words of the device's memory. */
#ifndef OTTER_TOOL_QMP_H
#define OTTER_TOOL_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QMP_LINE_MAX 8192

enum qmp_event {
    QMP_NOTHING,
    QMP_READY,    /**< commands are accepted from now on */
    QMP_WORD,     /**< the answer to qmp_ask_word() is in `word` */
    QMP_RESET,    /**< the device was reset; `by_host` says by whom */
    QMP_WATCHDOG, /**< the watchdog ran out; a reset follows */
};

struct qmp {
    int fd; /* the caller's */
    char line[QMP_LINE_MAX];
    size_t length;
    bool ready;
    bool waiting; /* for the answer to qmp_ask_word() */
    uint32_t word;
    bool by_host;
};

/** @param fd  connected to QEMU; nothing has been read from it yet */
void qmp_init(struct qmp *qmp, int fd);

/** Read what has arrived, without blocking more than once: call it when the descriptor is readable.
 *
 *  @return false at the end of the connection */
bool qmp_receive(struct qmp *qmp);

/** Take the next event out of what was received; QMP_NOTHING if there is none. */
enum qmp_event qmp_next(struct qmp *qmp);

/** Ask for a word of the device's memory; ignored while an answer is on its way. */
void qmp_ask_word(struct qmp *qmp, uint32_t address);

/** Reset the device, as its reset button would. */
void qmp_reset_device(struct qmp *qmp);

/** Plug the network cable in, or pull it out. */
void qmp_set_link(struct qmp *qmp, bool up);

#endif
