/* SPDX-License-Identifier: Apache-2.0 */

/* otter device run: QEMU on a flash file, until it ends, or somebody or a time limit ends it. Every
 * fact is a line, so that a script can wait for it. Keys (on a terminal) and words (one a line,
 * where stdin is a pipe) are commands to the device. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "device_console.h"
#include "flash_image.h"
#include "led_meter.h"
#include "message.h"
#include "qemu.h"
#include "qmp.h"

#define LED_POLL_MS       20
#define QEMU_NOT_STARTED  127
#define STRAP_BUTTON_HELD 0x00

static struct {
    const char *layout;
    const char *bootloader;
    const char *qemu;
    const char *mac;
    const char *log;
    bool button_held;
    uint32_t seconds;
    struct option_list words;
    struct option_list arguments;
} options = { .qemu = "qemu-system-arm", .mac = "52:54:00:12:34:56" };

const struct option_row device_run_options[] = {
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &options.layout, true, "layout file of the board" },
    { "bootloader", 'b', "BOOT.elf", OPTION_TEXT, &options.bootloader, true,
      "the bootloader, which acts as the device's ROM" },
    { "seconds", 's', "N", OPTION_NUMBER, &options.seconds, false,
      "end after this time (default: never)" },
    { "log", 0, "FILE", OPTION_TEXT, &options.log, false, "write all lines to a file as well" },
    { "button-held", 0, NULL, OPTION_FLAG, &options.button_held, false,
      "hold the button while the device boots" },
    { "mac", 0, "ADDRESS", OPTION_TEXT, &options.mac, false,
      "Ethernet address (default: 52:54:00:12:34:56)" },
    { "word", 0, "WORD", OPTION_LIST, &options.words, false,
      "a word for the firmware, by semihosting: for tests" },
    { "qemu", 0, "PATH", OPTION_TEXT, &options.qemu, false,
      "the QEMU to run (default: qemu-system-arm)" },
    { "qemu-argument", 0, "ARGUMENT", OPTION_LIST, &options.arguments, false,
      "one more argument for QEMU, as it is" },
    { 0 },
};

/* Which device it is. */
struct board {
    const struct layout_file *layout;
    const char *flash; /* path of its flash file */
};

/* A device that runs. */
struct session {
    const struct board *board;
    struct device_console console;
    struct qemu qemu;
    struct qmp qmp;
    struct led_meter led;
    struct console_source uart;
    struct console_source errors;
    struct console_source commands; /* lines from a stdin that is no terminal */
    uint32_t led_address;
    uint64_t deadline_ms; /* UINT64_MAX: none */
    uint64_t next_poll_ms;
    unsigned resets;
    bool watchdog_ran_out;
    bool stdin_is_open;
    bool ended; /* QEMU ended by itself */
};

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number)
{
    (void)signal_number;
    stop_requested = 1;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* The emulated board has no button that can be held; a byte in the straps area stands for it. QEMU maps the
 * flash file, so the device sees it change.
 *
 * @return false after a complaint */
static bool set_button(const struct board *board, bool is_held)
{
    struct flash_image flash;
    struct otter_area straps;
    const uint8_t held = STRAP_BUTTON_HELD;

    if (!flash_image_load(&flash, board->layout, board->flash)) {
        return false;
    }
    bool has_straps = flash_image_open(&flash, OTTER_AREA_STRAPS, 0, &straps);
    bool set = !is_held;
    if (!has_straps && is_held) {
        message_error("the layout has no area \"straps\", in which a held button is noted");
    } else if (has_straps) {
        set = flash_image_fill(&straps, "the straps", &held, is_held ? 1 : 0)
              && flash_image_store_area(&flash, &straps, board->flash);
    }
    flash_image_free(&flash);
    return set;
}

static void hold_button(struct session *session)
{
    if (set_button(session->board, true)) {
        device_console_print(&session->console, now_ms(), "button: held");
    }
}

static void release_button(struct session *session)
{
    if (set_button(session->board, false)) {
        device_console_print(&session->console, now_ms(), "button: let go");
    }
}

static void press_button(struct session *session)
{
    (void)write(session->qemu.button, "b", 1);
    device_console_print(&session->console, now_ms(), "button: pressed");
}

static void reset_device(struct session *session)
{
    qmp_reset_device(&session->qmp);
}

static void stop_device(struct session *session)
{
    (void)session;
    stop_requested = 1;
}

static void unplug_network(struct session *session)
{
    qmp_set_link(&session->qmp, false);
    device_console_print(&session->console, now_ms(), "network: unplugged");
}

static void plug_network(struct session *session)
{
    qmp_set_link(&session->qmp, true);
    device_console_print(&session->console, now_ms(), "network: plugged in");
}

/* What can be done to a running device: with a key, or with a word and a line end. */
static const struct control {
    char key;
    const char *word;
    void (*run)(struct session *session);
} controls[] = {
    { 'b', "button", press_button },   { 'h', "hold", hold_button },
    { 'l', "let-go", release_button }, { 'r', "reset", reset_device },
    { 'n', "unplug", unplug_network }, { 'N', "plug", plug_network },
    { 'q', "quit", stop_device },
};

static void take_key(struct session *session, char key)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (controls[i].key == key) {
            controls[i].run(session);
        }
    }
}

static void take_word(struct session *session, const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (strlen(controls[i].word) == length && memcmp(controls[i].word, word, length) == 0) {
            controls[i].run(session);
            return;
        }
    }
    device_console_print(&session->console, now_ms(), "device: \"%.*s\" is no command", (int)length,
                         word);
}

static void take_words(struct session *session, const char *bytes, size_t count)
{
    struct console_source *line = &session->commands;

    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' && line->length > 0) {
            take_word(session, line->line, line->length);
            line->length = 0;
        } else if (bytes[i] != '\n' && line->length < sizeof line->line) {
            line->line[line->length++] = bytes[i];
        }
    }
}

static void read_stdin(struct session *session)
{
    char bytes[64];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);

    if (count <= 0) {
        session->stdin_is_open = false; /* no more commands; the device runs on */
        return;
    }
    if (!session->console.has_keyboard) {
        take_words(session, bytes, (size_t)count);
        return;
    }
    for (ssize_t i = 0; i < count; i++) {
        take_key(session, bytes[i]);
    }
}

/* @return false at the end of the stream */
static bool read_source(struct session *session, int fd, struct console_source *source)
{
    char bytes[4096];
    ssize_t count = read(fd, bytes, sizeof bytes);

    if (count > 0) {
        device_console_feed(&session->console, source, now_ms(), bytes, (size_t)count);
    }
    return count > 0;
}

static void take_reset(struct session *session)
{
    const char *cause = session->watchdog_ran_out ? "watchdog" : "software";

    if (session->qmp.by_host) {
        cause = "by hand";
    }
    session->resets++;
    session->watchdog_ran_out = false;
    led_meter_init(&session->led);
    device_console_flush(&session->console, &session->uart, now_ms());
    device_console_print(&session->console, now_ms(), "reset: %s", cause);
}

static void take_led(struct session *session)
{
    uint64_t now = now_ms();

    if (!led_meter_sample(&session->led, (session->qmp.word & 1u) != 0, now)) {
        return;
    }
    if (session->led.interval_ms == LED_STEADY) {
        device_console_print(&session->console, now, "led: %s", session->led.on ? "on" : "off");
    } else {
        device_console_print(&session->console, now, "led: toggles every %u ms",
                             session->led.interval_ms);
    }
}

static void read_qmp(struct session *session)
{
    enum qmp_event event;

    if (!qmp_receive(&session->qmp)) {
        session->ended = true;
    }
    while ((event = qmp_next(&session->qmp)) != QMP_NOTHING) {
        switch (event) {
        case QMP_WATCHDOG:
            session->watchdog_ran_out = true;
            break;
        case QMP_RESET:
            take_reset(session);
            break;
        case QMP_WORD:
            take_led(session);
            break;
        case QMP_READY:
        case QMP_NOTHING:
            break;
        }
    }
}

static void draw_status(struct session *session)
{
    const struct led_meter *led = &session->led;
    const char *light = led->on ? "\033[32m●\033[0m" : "○";
    char blinking[48] = "";

    if (led->interval_ms != LED_UNKNOWN && led->interval_ms != LED_STEADY) {
        (void)snprintf(blinking, sizeof blinking, " every %u ms", led->interval_ms);
    }
    device_console_status(
        &session->console,
        "LED %s%s   resets %u   b button  h/l hold it, let go  r reset  n/N network  q quit", light,
        blinking, session->resets);
}

static void poll_led(struct session *session)
{
    if (now_ms() >= session->next_poll_ms) {
        session->next_poll_ms = now_ms() + LED_POLL_MS;
        qmp_ask_word(&session->qmp, session->led_address);
        draw_status(session);
    }
}

static void run_once(struct session *session)
{
    enum { UART, ERRORS, QMP, KEYS };
    struct pollfd channels[] = {
        [UART] = { .fd = session->qemu.console, .events = POLLIN },
        [ERRORS] = { .fd = session->qemu.errors, .events = POLLIN },
        [QMP] = { .fd = session->qemu.qmp, .events = POLLIN },
        [KEYS] = { .fd = session->stdin_is_open ? STDIN_FILENO : -1, .events = POLLIN },
    };

    if (poll(channels, sizeof channels / sizeof channels[0], LED_POLL_MS) < 0) {
        return; /* a signal */
    }
    if (channels[UART].revents != 0 && !read_source(session, channels[UART].fd, &session->uart)) {
        session->ended = true;
    }
    if (channels[ERRORS].revents != 0
        && !read_source(session, channels[ERRORS].fd, &session->errors)) {
        session->ended = true;
    }
    if (channels[QMP].revents != 0) {
        read_qmp(session);
    }
    if (channels[KEYS].revents != 0) {
        read_stdin(session);
    }
    poll_led(session);
}

/* What QEMU and the device said in their last moments. */
static void drain(struct session *session)
{
    struct pollfd last[] = {
        { .fd = session->qemu.console, .events = POLLIN },
        { .fd = session->qemu.errors, .events = POLLIN },
    };
    struct console_source *sources[] = { &session->uart, &session->errors };

    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        while (poll(&last[i], 1, 0) == 1 && read_source(session, last[i].fd, sources[i])) {
        }
        device_console_flush(&session->console, sources[i], now_ms());
    }
}

static int run_session(struct session *session)
{
    device_console_print(&session->console, now_ms(), "device: QEMU runs as process %d",
                         (int)session->qemu.pid);
    while (!session->ended && stop_requested == 0 && now_ms() < session->deadline_ms) {
        run_once(session);
    }
    drain(session);
    bool by_itself = session->ended;
    int status = qemu_end(&session->qemu);
    if (!by_itself) {
        device_console_print(&session->console, now_ms(), "device: stopped");
        return COMMAND_DONE;
    }
    device_console_print(&session->console, now_ms(), "device: QEMU ended with status %d", status);
    return status;
}

static void catch_signals(void)
{
    struct sigaction stop = { .sa_handler = request_stop };

    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGHUP, &stop, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static int start_and_run(const struct qemu_machine *machine, const struct board *board)
{
    struct session session = {
        .board = board,
        .uart = { .prefix = "" },
        .errors = { .prefix = "qemu: " },
        .led_address = machine->led_address,
        .deadline_ms = UINT64_MAX,
        .stdin_is_open = true,
    };
    struct qemu_options qemu = {
        .machine = machine,
        .program = options.qemu,
        .bootloader = options.bootloader,
        .flash = board->flash,
        .mac = options.mac,
        .words = &options.words,
        .arguments = &options.arguments,
    };

    catch_signals();
    if (!device_console_open(&session.console, options.log, now_ms())) {
        return COMMAND_WRONG;
    }
    int status = COMMAND_WRONG;
    if (qemu_start(&session.qemu, &qemu)) {
        qmp_init(&session.qmp, session.qemu.qmp);
        led_meter_init(&session.led);
        if (options.seconds > 0) {
            session.deadline_ms = now_ms() + (uint64_t)options.seconds * 1000u;
        }
        status = run_session(&session);
    }
    device_console_close(&session.console);
    return status;
}

/* QEMU would take any file for machine code. */
static bool is_elf(const char *path)
{
    struct file_bytes bytes;

    if (!file_load(path, &bytes)) {
        return false;
    }
    bool is = bytes.size > 4 && memcmp(bytes.bytes, "\177ELF", 4) == 0;
    file_free(&bytes);
    if (!is) {
        message_error("%s is no ELF file", path);
        message_next("Name the bootloader as the linker wrote it, not a binary made from it.");
    }
    return is;
}

enum command_status device_run(int operand_count, char **operands)
{
    struct layout_report report;
    struct layout_file *file = device_load_layout(options.layout, &report);

    (void)operand_count;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    const struct qemu_machine *machine = qemu_machine_of(file->layout.board);
    const struct board board = { .layout = file, .flash = operands[0] };
    bool ready =
        machine != NULL && is_elf(options.bootloader) && set_button(&board, options.button_held);
    int status = ready ? start_and_run(machine, &board) : COMMAND_WRONG;
    layout_file_free(file);
    if (status == QEMU_NOT_STARTED) {
        message_error("%s cannot be started", options.qemu);
        message_next("Run scripts/setup, which installs QEMU, or name it with --qemu.");
    }
    return (enum command_status)status; /* QEMU's own, if it ended by itself */
}
