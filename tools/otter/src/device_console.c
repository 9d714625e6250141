/* SPDX-License-Identifier: Apache-2.0 */

/* The console of a running device. A line is always printed whole: the status line is wiped, the
 * line printed, and the status line drawn again below it. */

#include "device_console.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

#define WIPE_LINE "\r\033[K"

static bool take_keyboard(struct device_console *console)
{
    struct termios raw;

    if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &console->terminal) != 0) {
        return false;
    }
    raw = console->terminal;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

bool device_console_open(struct device_console *console, const char *log_path, uint64_t now_ms)
{
    *console = (struct device_console){ .started_ms = now_ms };
    if (log_path != NULL) {
        console->log = fopen(log_path, "w");
        if (console->log == NULL) {
            message_system("write", log_path);
            return false;
        }
    }
    console->has_status = isatty(STDOUT_FILENO) == 1;
    console->has_keyboard = take_keyboard(console);
    return true;
}

static void wipe_status(const struct device_console *console)
{
    if (console->has_status && console->status[0] != '\0') {
        (void)fputs(WIPE_LINE, stdout);
    }
}

static void draw_status(const struct device_console *console)
{
    if (console->has_status) {
        (void)fputs(console->status, stdout);
    }
    (void)fflush(stdout);
}

void device_console_close(struct device_console *console)
{
    wipe_status(console);
    (void)fflush(stdout);
    if (console->has_keyboard) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &console->terminal);
    }
    if (console->log != NULL) {
        (void)fclose(console->log);
    }
}

static void put_line(FILE *out, uint64_t time_ms, const char *prefix, const char *line, size_t len)
{
    (void)fprintf(out, "[%4u.%03u] %s", (unsigned)(time_ms / 1000), (unsigned)(time_ms % 1000),
                  prefix);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)line[i];

        /* A device gone mad must not drive the terminal. */
        (void)fputc((byte < ' ' && byte != '\t') || byte == 0x7F ? '?' : byte, out);
    }
    (void)fputc('\n', out);
}

static void show_line(struct device_console *console, uint64_t now_ms, const char *prefix,
                      const char *line, size_t len)
{
    uint64_t time_ms = now_ms - console->started_ms;

    wipe_status(console);
    put_line(stdout, time_ms, prefix, line, len);
    draw_status(console);
    if (console->log != NULL) {
        put_line(console->log, time_ms, prefix, line, len);
        (void)fflush(console->log);
    }
}

void device_console_print(struct device_console *console, uint64_t now_ms, const char *format, ...)
{
    char line[CONSOLE_LINE_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    show_line(console, now_ms, "", line, strlen(line));
}

void device_console_flush(struct device_console *console, struct console_source *source,
                          uint64_t now_ms)
{
    if (source->length > 0) {
        show_line(console, now_ms, source->prefix, source->line, source->length);
        source->length = 0;
    }
}

void device_console_feed(struct device_console *console, struct console_source *source,
                         uint64_t now_ms, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\r') {
            continue;
        }
        if (bytes[i] == '\n' || source->length == sizeof source->line) {
            device_console_flush(console, source, now_ms);
        }
        if (bytes[i] != '\n') {
            source->line[source->length++] = bytes[i];
        }
    }
}

void device_console_status(struct device_console *console, const char *format, ...)
{
    char status[sizeof console->status];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(status, sizeof status, format, arguments);
    va_end(arguments);
    if (console->has_status && strcmp(status, console->status) != 0) {
        wipe_status(console);
        memcpy(console->status, status, sizeof status);
        draw_status(console);
    }
}
