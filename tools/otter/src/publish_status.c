/* SPDX-License-Identifier: Apache-2.0 */

/* The table of devices: a line each, and a last line that counts them by state. With --watch it is
 * drawn over itself, as many lines as the terminal has, what happens now first. */

#include "publish_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "message.h"
#include "mqtt_host.h"
#include "record.h"

#define STATES_MAX 16
#define WATCH_MS   1000
#define ALL_LINES  0x7FFFFFFF
#define PERCENT    7 /* what stands around a bar: "[" and "] 100%" */

/* Columns, in characters; the state comes behind them. */
struct columns {
    int board;
    int device;
    int version;
    int bar;
};

static const struct columns wide = { .board = 16, .device = 18, .version = 10, .bar = 20 };
static const struct columns narrow = { .board = 12, .device = 13, .version = 7, .bar = 8 };

/* A terminal with fewer columns gets the narrow ones. */
#define WIDE_TERMINAL 110

/* How many devices are in one state. */
struct tally {
    char state[32];
    unsigned count;
};

struct table {
    const struct columns *columns;
    bool is_json;
    bool has_header;
    cJSON *devices; /* of JSON */
    int lines_left; /* of the terminal, for devices */
    unsigned total;
    unsigned hidden; /* devices that found no room */
    struct tally states[STATES_MAX];
};

/* --- counting ----------------------------------------------------------------------------------- */

/* States that do not fit the array count in the total alone. */
static void count(struct table *table, const char *state)
{
    table->total++;
    for (int i = 0; i < STATES_MAX; i++) {
        struct tally *tally = &table->states[i];

        if (tally->count == 0) {
            (void)snprintf(tally->state, sizeof tally->state, "%s", state);
        }
        if (strncmp(tally->state, state, sizeof tally->state - 1) == 0) {
            tally->count++;
            return;
        }
    }
}

/* --- for people --------------------------------------------------------------------------------- */

static void print_names(const struct columns *columns, const char *board, const char *device,
                        const char *runs, const char *update)
{
    (void)printf("%-*s %-*s %-*s %-*s ", columns->board, board, columns->device, device,
                 columns->version, runs, columns->version, update);
}

/* Above the first line, when it is known that there is something to show. */
static void print_header(struct table *table)
{
    if (table->has_header) {
        return;
    }
    table->has_header = true;
    print_names(table->columns, "BOARD", "DEVICE", "RUNS", "UPDATE");
    (void)printf("%-*s %-6s %s\n", table->columns->bar + PERCENT, "PROGRESS", "HEARD", "STATE");
}

static void print_bar(const struct record_row *row, int width)
{
    int filled;

    if (row->total == 0) {
        (void)printf("%-*s ", width + PERCENT, "");
        return;
    }
    filled = (int)((uint64_t)row->done * (unsigned)width / row->total);
    (void)putchar('[');
    for (int i = 0; i < width; i++) {
        (void)putchar(i < filled ? '#' : '.');
    }
    (void)printf("] %3u%% ", (unsigned)((uint64_t)row->done * 100 / row->total));
}

static const char *or_dash(const char *text)
{
    return *text != '\0' ? text : "-";
}

/* How long ago it was heard, in the largest unit that fits. */
static void print_age(int64_t seen, int64_t now)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
    int64_t age = now > seen ? now - seen : 0;
    char text[32] = "now";

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (age >= units[i].seconds) {
            (void)snprintf(text, sizeof text, "%" PRId64 " %s", age / units[i].seconds,
                           units[i].name);
            break;
        }
    }
    (void)printf("%-6s ", text);
}

/* How the last update ended, where there is more to say than the state. */
static void print_reason(const struct record_row *row)
{
    bool went_wrong = *row->code != '\0' && strcmp(row->code, "0") != 0;

    (void)printf("%s", or_dash(row->state));
    if (strcmp(row->stage, row->state) != 0 && *row->stage != '\0') {
        (void)printf(" (%s before)", row->stage);
    }
    if (went_wrong || (*row->code == '\0' && *row->reason != '\0')) {
        (void)printf(": %s", or_dash(row->reason));
    }
    if (went_wrong) {
        (void)printf(" (code %s)", row->code);
    }
}

static void print_device(const struct columns *columns, const struct record_row *row)
{
    print_names(columns, row->board, row->device, or_dash(row->running), or_dash(row->offered));
    print_bar(row, columns->bar);
    print_age(row->seen, (int64_t)time(NULL));
    print_reason(row);
    (void)putchar('\n');
}

static void print_summary(const struct table *table)
{
    char text[THOUSANDS_TEXT_SIZE];

    if (table->hidden > 0) {
        (void)printf("... and %s more\n", thousands(table->hidden, text));
    }
    (void)printf("%s device%s", thousands(table->total, text), table->total == 1 ? "" : "s");
    for (int i = 0; i < STATES_MAX && table->states[i].count > 0; i++) {
        (void)printf("%s %s %s", i == 0 ? ":" : ",", thousands(table->states[i].count, text),
                     or_dash(table->states[i].state));
    }
    (void)putchar('\n');
}

/* --- for scripts -------------------------------------------------------------------------------- */

static cJSON *json_of(const struct record_row *row)
{
    cJSON *object = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(object, "board", row->board);
    (void)cJSON_AddStringToObject(object, "device", row->device);
    (void)cJSON_AddStringToObject(object, "running", row->running);
    (void)cJSON_AddStringToObject(object, "offered", row->offered);
    (void)cJSON_AddStringToObject(object, "state", row->state);
    (void)cJSON_AddNumberToObject(object, "done", row->done);
    (void)cJSON_AddNumberToObject(object, "bytes", row->total);
    (void)cJSON_AddStringToObject(object, "stage", row->stage);
    (void)cJSON_AddStringToObject(object, "code", row->code);
    (void)cJSON_AddStringToObject(object, "reason", row->reason);
    (void)cJSON_AddNumberToObject(object, "seen", (double)row->seen);
    return object;
}

static void print_json(struct table *table)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *states = cJSON_AddObjectToObject(root, "states");

    for (int i = 0; i < STATES_MAX && table->states[i].count > 0; i++) {
        (void)cJSON_AddNumberToObject(states, table->states[i].state, table->states[i].count);
    }
    (void)cJSON_AddItemToObject(root, "devices", table->devices);
    json_print(root);
}

/* --- the run ------------------------------------------------------------------------------------ */

static void take_row(void *context, const struct record_row *row)
{
    struct table *table = context;

    count(table, row->state);
    if (table->is_json) {
        (void)cJSON_AddItemToArray(table->devices, json_of(row));
    } else if (table->lines_left > 0) {
        table->lines_left--;
        print_header(table);
        print_device(table->columns, row);
    } else {
        table->hidden++;
    }
}

/* What is no terminal, a file or a pipe, has room. */
static const struct columns *columns_of_terminal(void)
{
    struct winsize size = { 0 };

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                   && size.ws_col < WIDE_TERMINAL
               ? &narrow
               : &wide;
}

static bool show(const struct publish_status_options *options, const char *path, int lines)
{
    const struct record_filter filter = { .board = options->board,
                                          .failed = options->failed,
                                          .busy_first = options->watch };
    struct table table = { .columns = columns_of_terminal(),
                           .is_json = options->json,
                           .lines_left = lines };

    if (options->json) {
        table.devices = cJSON_CreateArray();
    }
    if (!record_read(path, &filter, take_row, &table)) {
        cJSON_Delete(table.devices);
        return false;
    }
    if (options->json) {
        print_json(&table);
    } else {
        print_header(&table);
        print_summary(&table);
    }
    return true;
}

/* Header, "... and more", summary and the cursor need a line each. */
static int lines_of_terminal(void)
{
    struct winsize size = { 0 };

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 5 ? size.ws_row - 4
                                                                           : ALL_LINES;
}

static enum command_status watch(const struct publish_status_options *options, const char *path)
{
    const struct timespec pause = { .tv_sec = WATCH_MS / 1000 };

    mqtt_host_catch_signals();
    while (!mqtt_host_is_interrupted()) {
        (void)fputs("\033[H\033[J", stdout);
        if (!show(options, path, lines_of_terminal())) {
            return COMMAND_WRONG;
        }
        (void)fflush(stdout);
        (void)nanosleep(&pause, NULL);
    }
    return COMMAND_DONE;
}

enum command_status publish_status(const struct publish_status_options *options, const char *path)
{
    if (options->watch && (options->json || isatty(STDOUT_FILENO) != 1)) {
        message_error("--watch needs a terminal");
        message_next("Leave it out to print the devices once.");
        return COMMAND_WRONG;
    }
    if (options->watch) {
        return watch(options, path);
    }
    return show(options, path, ALL_LINES) ? COMMAND_DONE : COMMAND_WRONG;
}
