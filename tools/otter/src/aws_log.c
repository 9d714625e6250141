/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_log.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WHAT_WIDTH 12

static void print_time(void)
{
    const time_t now = time(NULL);
    struct tm local;
    char text[16];

    (void)localtime_r(&now, &local);
    (void)strftime(text, sizeof text, "%H:%M:%S", &local);
    (void)printf("%s  ", text);
}

static void print_json(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);

    if (text != NULL) {
        (void)puts(text);
        (void)fflush(stdout);
        cJSON_free(text);
    }
    cJSON_Delete(json);
}

static void add_text(cJSON *json, const char *key, const char *text)
{
    if (text != NULL && *text != '\0') {
        (void)cJSON_AddStringToObject(json, key, text);
    }
}

static void log_json(const struct aws_event *event)
{
    cJSON *json = cJSON_CreateObject();

    add_text(json, "event", event->what);
    add_text(json, "thing", event->thing);
    add_text(json, "subject", event->subject);
    add_text(json, "outcome", event->outcome);
    add_text(json, "detail", event->detail);
    print_json(json);
}

/* What comes from outside may hold anything; a terminal gets only what can be seen. */
static void print_word(const char *text)
{
    if (text == NULL || *text == '\0') {
        return;
    }
    (void)fputs("  ", stdout);
    for (; *text != '\0'; text++) {
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
    }
}

static void log_line(const struct aws_event *event)
{
    print_time();
    (void)printf("%-16s %-*s", event->thing, event->subject != NULL ? WHAT_WIDTH : 0, event->what);
    print_word(event->subject);
    print_word(event->outcome);
    print_word(event->detail);
    (void)putchar('\n');
    (void)fflush(stdout);
}

/* Blocks come by the hundred; what is refused is told always. */
static bool is_routine(const struct aws_event *event)
{
    static const char *const routine[] = { "stream", "describe stream", "GET", "HEAD" };

    for (size_t i = 0; i < sizeof routine / sizeof routine[0]; i++) {
        if (strcmp(event->what, routine[i]) == 0) {
            return strcmp(event->outcome, "accepted") == 0 || event->outcome[0] == '2';
        }
    }
    return false;
}

void aws_log_event(const struct aws_log *log, const struct aws_event *event)
{
    if (!log->is_verbose && is_routine(event)) {
        return;
    }
    if (log->is_json) {
        log_json(event);
    } else {
        log_line(event);
    }
}

void aws_log_ready(const struct aws_log *log, const char *where, const char *files, size_t things,
                   size_t jobs)
{
    cJSON *json;

    if (!log->is_json) {
        print_time();
        (void)printf("answering for %zu thing%s with %zu job%s at %s%s%s\n", things,
                     things == 1 ? "" : "s", jobs, jobs == 1 ? "" : "s", where,
                     files != NULL ? ", files at " : "", files != NULL ? files : "");
        (void)fflush(stdout);
        return;
    }
    json = cJSON_CreateObject();
    add_text(json, "event", "ready");
    add_text(json, "broker", where);
    add_text(json, "files", files);
    (void)cJSON_AddNumberToObject(json, "things", (double)things);
    (void)cJSON_AddNumberToObject(json, "jobs", (double)jobs);
    print_json(json);
}
