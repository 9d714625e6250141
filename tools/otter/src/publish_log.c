/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher's log: each kind of event has a row with one function for people and one for
 * scripts. The bar shows one download at a time, the first that runs; with --json there is none. */

#include "publish_log.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "mqtt_host.h"

#define BAR_SILENCE_MS 3000u /* then another download may have the bar */

/* A flood of requests must not fill the disk: so many problems a second get lines of their own. */
#define PROBLEM_LINES     50u
#define PROBLEM_PERIOD_MS 1000u

/* --- for people --------------------------------------------------------------------------------- */

static const char *version_text(const struct otter_version *version,
                                char text[OTTER_VERSION_TEXT_SIZE])
{
    otter_version_format(version, text);
    return text;
}

static const char *running_text(const struct publisher_event *event)
{
    return event->request->has_version ? event->request->version_text : "an unknown version";
}

static unsigned quarters(uint32_t done, uint32_t total)
{
    return (unsigned)((uint64_t)done * 4 / total);
}

/* Every quarter is told, as well as the beginning. */
static bool crosses_a_quarter(const struct publisher_event *event)
{
    return event->before == 0
           || quarters(event->before, event->total) != quarters(event->done, event->total);
}

/* Of a chunk that crosses no quarter: whole percents. Of one that does: the quarter. */
static unsigned percent_of(const struct publisher_event *event)
{
    return crosses_a_quarter(event) ? 25 * quarters(event->done, event->total)
                                    : (unsigned)((uint64_t)event->done * 100 / event->total);
}

static void print_offered(const struct publisher_event *event)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    char bytes[THOUSANDS_TEXT_SIZE];

    (void)printf("runs %s, is offered %s (%s, %s bytes)", running_text(event),
                 version_text(&event->version, version), event->image_name,
                 thousands(event->total, bytes));
}

static void print_nothing(const struct publisher_event *event)
{
    (void)printf("runs %s, no update", running_text(event));
}

static void print_progress(const struct publisher_event *event)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    char done[THOUSANDS_TEXT_SIZE];
    char total[THOUSANDS_TEXT_SIZE];

    (void)printf("gets %s  %3u %%  %s of %s bytes", version_text(&event->version, version),
                 percent_of(event), thousands(event->done, done), thousands(event->total, total));
}

static void print_result(const struct publisher_event *event)
{
    const struct request *request = event->request;

    (void)printf("says %s", request->message);
    if (*request->stage != '\0') {
        (void)printf(": %s %s", request->version_text, request->stage);
    }
    if (strcmp(request->code, "0") == 0) {
        return; /* nothing to explain */
    }
    if (*request->code != '\0') {
        (void)printf(", code %s", request->code);
    }
    if (*request->reason != '\0') {
        (void)printf(", %s", request->reason);
    }
}

static void print_problem(const struct publisher_event *event)
{
    (void)printf("request ignored: %s", event->reason);
}

/* --- for scripts -------------------------------------------------------------------------------- */

static void add_version(cJSON *object, const struct otter_version *version)
{
    char text[OTTER_VERSION_TEXT_SIZE];

    (void)cJSON_AddStringToObject(object, "version", version_text(version, text));
}

static void add_running(cJSON *object, const struct publisher_event *event)
{
    (void)cJSON_AddStringToObject(object, "running", event->request->version_text);
}

static void add_offered(cJSON *object, const struct publisher_event *event)
{
    add_running(object, event);
    add_version(object, &event->version);
    (void)cJSON_AddStringToObject(object, "image", event->image_name);
    (void)cJSON_AddNumberToObject(object, "bytes", event->total);
}

static void add_progress(cJSON *object, const struct publisher_event *event)
{
    add_version(object, &event->version);
    (void)cJSON_AddNumberToObject(object, "percent", percent_of(event));
    (void)cJSON_AddNumberToObject(object, "done", event->done);
    (void)cJSON_AddNumberToObject(object, "bytes", event->total);
}

static void add_result(cJSON *object, const struct publisher_event *event)
{
    const struct request *request = event->request;

    (void)cJSON_AddBoolToObject(object, "success", event->succeeded);
    (void)cJSON_AddStringToObject(object, "version", request->version_text);
    (void)cJSON_AddStringToObject(object, "stage", request->stage);
    (void)cJSON_AddStringToObject(object, "code", request->code);
    (void)cJSON_AddStringToObject(object, "reason", request->reason);
}

static void add_problem(cJSON *object, const struct publisher_event *event)
{
    (void)cJSON_AddStringToObject(object, "reason", event->reason);
}

static const struct {
    const char *name;
    void (*print)(const struct publisher_event *event);
    void (*add)(cJSON *object, const struct publisher_event *event);
} kinds[] = {
    [PUBLISHER_OFFERED] = { "offered", print_offered, add_offered },
    [PUBLISHER_NOTHING] = { "no-update", print_nothing, add_running },
    [PUBLISHER_PROGRESS] = { "progress", print_progress, add_progress },
    [PUBLISHER_RESULT] = { "result", print_result, add_result },
    [PUBLISHER_PROBLEM] = { "problem", print_problem, add_problem },
};

/* --- the bar ------------------------------------------------------------------------------------ */

static void hide_bar(struct publish_log *log)
{
    if (log->shown[0] != '\0') {
        progress_finish(&log->bar);
        log->bar.drawn_ms = 0; /* drawn again with the next piece */
    }
}

/* Draws the download, unless the bar is taken by another one. */
static void draw_bar(struct publish_log *log, const struct publisher_event *event)
{
    uint64_t now = mqtt_host_now_ms();
    char name[sizeof log->shown];

    (void)snprintf(name, sizeof name, "%s %s", event->board, event->device);
    if (strcmp(log->shown, name) != 0) {
        if (log->shown[0] != '\0' && now - log->shown_at_ms < BAR_SILENCE_MS) {
            return;
        }
        memcpy(log->shown, name, sizeof name);
        progress_start(&log->bar, log->shown, event->total);
    }
    log->shown_at_ms = now;
    progress_update(&log->bar, event->done);
    if (event->done == event->total) {
        hide_bar(log);
        log->shown[0] = '\0';
    }
}

/* --- lines -------------------------------------------------------------------------------------- */

static void print_time(void)
{
    time_t now = time(NULL);
    struct tm local;
    char text[16];

    if (localtime_r(&now, &local) != NULL && strftime(text, sizeof text, "%H:%M:%S", &local) > 0) {
        (void)printf("%s  ", text);
    }
}

/* One line an object, so that a script can read along. */
static void print_json_line(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    if (text != NULL) {
        (void)puts(text);
    }
    cJSON_free(text);
    cJSON_Delete(object);
}

static void write_line(const struct publish_log *log, const struct publisher_event *event)
{
    if (log->json) {
        cJSON *object = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(object, "event", kinds[event->kind].name);
        (void)cJSON_AddStringToObject(object, "board", event->board);
        (void)cJSON_AddStringToObject(object, "device", event->device);
        kinds[event->kind].add(object, event);
        print_json_line(object);
        return;
    }
    print_time();
    (void)printf("%s %s  ", event->board, event->device);
    kinds[event->kind].print(event);
    (void)putchar('\n');
}

/* --- floods ------------------------------------------------------------------------------------- */

static void tell_unwritten(struct publish_log *log)
{
    if (log->unwritten == 0) {
        return;
    }
    if (log->json) {
        cJSON *object = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(object, "event", "problems");
        (void)cJSON_AddNumberToObject(object, "count", log->unwritten);
        print_json_line(object);
    } else {
        print_time();
        (void)printf("%u more requests ignored\n", log->unwritten);
    }
    log->unwritten = 0;
}

static bool is_one_too_many(struct publish_log *log)
{
    if (log->problems >= PROBLEM_LINES) {
        log->unwritten++;
        return true;
    }
    log->problems++;
    return false;
}

void publish_log_step(struct publish_log *log)
{
    uint64_t now = mqtt_host_now_ms();

    if (now - log->period_ms >= PROBLEM_PERIOD_MS) {
        log->period_ms = now;
        log->problems = 0;
        tell_unwritten(log);
    }
}

void publish_log_init(struct publish_log *log, bool json, bool verbose)
{
    *log = (struct publish_log){ .json = json, .verbose = verbose };
    /* Whoever reads along must see a line when it happens, also through a pipe. */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
}

void publish_log_event(struct publish_log *log, const struct publisher_event *event)
{
    bool is_between =
        event->kind == PUBLISHER_PROGRESS && !log->verbose && !crosses_a_quarter(event);

    if (event->kind == PUBLISHER_PROBLEM && is_one_too_many(log)) {
        return;
    }
    if (!is_between) {
        hide_bar(log);
        write_line(log, event);
    }
    if (event->kind == PUBLISHER_PROGRESS && !log->json) {
        draw_bar(log, event);
    }
}

void publish_log_ready(struct publish_log *log, const char *where, const char *folder, int images)
{
    if (log->json) {
        cJSON *object = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(object, "event", "ready");
        (void)cJSON_AddStringToObject(object, "broker", where);
        (void)cJSON_AddStringToObject(object, "catalogue", folder);
        (void)cJSON_AddNumberToObject(object, "images", images);
        print_json_line(object);
        return;
    }
    hide_bar(log);
    print_time();
    (void)printf("publishing %d image%s of %s on %s\n", images, images == 1 ? "" : "s", folder,
                 where);
}

void publish_log_end(struct publish_log *log)
{
    hide_bar(log);
    tell_unwritten(log);
}
