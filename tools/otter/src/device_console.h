/* SPDX-License-Identifier: Apache-2.0 */

/** What somebody sees of a running device: lines with their time, and on a terminal a status line
 * below them. */
#ifndef OTTER_TOOL_DEVICE_CONSOLE_H
#define OTTER_TOOL_DEVICE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

/** A line that is longer than this is broken in two. */
#define CONSOLE_LINE_MAX 512

/** Bytes of one source that are not a whole line yet. */
struct console_source {
    const char *prefix; /**< before each line: "" or "qemu: " */
    char line[CONSOLE_LINE_MAX];
    size_t length;
};

struct device_console {
    FILE *log; /* NULL: none */
    uint64_t started_ms;
    bool has_status;   /* stdout is a terminal: there is a status line */
    bool has_keyboard; /* stdin is a terminal, and its mode was changed */
    struct termios terminal;
    char status[256]; /* what the status line shows */
};

/** @param log_path  every line goes there as well; NULL: nowhere. @return false after a complaint */
bool device_console_open(struct device_console *console, const char *log_path, uint64_t now_ms);

/** Take the status line away and give the terminal its mode back. */
void device_console_close(struct device_console *console);

/** Show a line of our own, in the manner of printf. */
__attribute__((format(printf, 3, 4))) void
device_console_print(struct device_console *console, uint64_t now_ms, const char *format, ...);

/** Show each line that becomes whole with @p len more bytes of @p source. */
void device_console_feed(struct device_console *console, struct console_source *source,
                         uint64_t now_ms, const char *bytes, size_t len);

/** Show what is left of a source that has ended. */
void device_console_flush(struct device_console *console, struct console_source *source,
                          uint64_t now_ms);

/** Change the status line; nothing happens where there is none. */
__attribute__((format(printf, 2, 3))) void device_console_status(struct device_console *console,
                                                                 const char *format, ...);

#endif
