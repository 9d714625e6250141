/* SPDX-License-Identifier: Apache-2.0 */

/* A line for each execution, in the order in which they were queued. */

#include "aws_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

#define TIME_TEXT_SIZE 32

static bool is_wanted(const struct aws_status_options *options, struct aws_place place)
{
    return (options->thing == NULL || strcmp(options->thing, place.execution->thing) == 0)
           && (options->job == NULL || strcmp(options->job, place.job->file.name) == 0);
}

/* --- for people --------------------------------------------------------------------------------- */

static void print_header(void)
{
    (void)printf("%-18s %-28s %-12s %3s %3s %-15s %s\n", "THING", "JOB", "STATUS", "RUN", "VER",
                 "UPDATED", "DETAILS");
}

static const char *time_text(int64_t ms, char text[TIME_TEXT_SIZE])
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm local;

    (void)localtime_r(&seconds, &local);
    (void)strftime(text, TIME_TEXT_SIZE, "%d %b %H:%M:%S", &local);
    return text;
}

/* "3/10" of receive: as percent too. */
static void print_progress(const char *text)
{
    unsigned done;
    unsigned total;

    if (sscanf(text, "%u/%u", &done, &total) == 2 && total > 0) {
        (void)printf(" (%u %%)", (unsigned)((uint64_t)done * 100 / total));
    }
}

static void print_details(const cJSON *details)
{
    const cJSON *item;
    const char *separator = "";

    cJSON_ArrayForEach(item, details)
    {
        const char *value = cJSON_GetStringValue(item);

        (void)printf("%s%s=%s", separator, item->string, value != NULL ? value : "?");
        if (value != NULL && strcmp(item->string, "receive") == 0) {
            print_progress(value);
        }
        separator = ", ";
    }
}

static void print_row(struct aws_place place)
{
    const struct aws_execution *execution = place.execution;
    char when[TIME_TEXT_SIZE];

    (void)printf("%-18s %-28s %-12s %3" PRIu64 " %3" PRIu64 " %-15s ", execution->thing,
                 place.job->file.name, aws_status_name(execution->status), execution->number,
                 execution->version, time_text(execution->updated_ms, when));
    print_details(execution->details);
    (void)putchar('\n');
}

/* --- for scripts -------------------------------------------------------------------------------- */

static void add_time(cJSON *object, const char *key, int64_t ms)
{
    if (ms != 0) {
        (void)cJSON_AddNumberToObject(object, key, (double)ms / 1000);
    }
}

static cJSON *json_of(struct aws_place place)
{
    const struct aws_execution *execution = place.execution;
    cJSON *object = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(object, "thing", execution->thing);
    (void)cJSON_AddStringToObject(object, "job", place.job->file.name);
    (void)cJSON_AddStringToObject(object, "jobStatus", aws_job_status(place.job));
    (void)cJSON_AddStringToObject(object, "status", aws_status_name(execution->status));
    (void)cJSON_AddItemToObject(object, "statusDetails",
                                execution->details != NULL
                                    ? cJSON_Duplicate(execution->details, true)
                                    : cJSON_CreateObject());
    (void)cJSON_AddNumberToObject(object, "executionNumber", (double)execution->number);
    (void)cJSON_AddNumberToObject(object, "versionNumber", (double)execution->version);
    add_time(object, "queuedAt", execution->queued_ms);
    add_time(object, "startedAt", execution->started_ms);
    add_time(object, "lastUpdatedAt", execution->updated_ms);
    return object;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static int by_time(const void *one, const void *other)
{
    const struct aws_place *a = one;
    const struct aws_place *b = other;

    if (a->execution->queued_ms != b->execution->queued_ms) {
        return a->execution->queued_ms < b->execution->queued_ms ? -1 : 1;
    }
    return strcmp(a->execution->thing, b->execution->thing);
}

/* Executions that were gathered. */
struct gathered {
    struct aws_place *places; /* allocated */
    size_t count;
    size_t room;
};

/* What there is no memory for is left out. */
static void gather(struct gathered *gathered, struct aws_place place)
{
    if (gathered->count == gathered->room) {
        const size_t room = 2 * gathered->room + 16;
        struct aws_place *larger = realloc(gathered->places, room * sizeof place);

        if (larger == NULL) {
            return;
        }
        gathered->places = larger;
        gathered->room = room;
    }
    gathered->places[gathered->count++] = place;
}

static void gather_all(struct gathered *gathered, const struct aws_cloud *cloud,
                       const struct aws_status_options *options)
{
    for (struct aws_document *file = cloud->jobs; file != NULL; file = file->next) {
        struct aws_job *job = (struct aws_job *)file;

        for (struct aws_execution *at = job->executions; at != NULL; at = at->next) {
            const struct aws_place place = { job, at };

            if (is_wanted(options, place)) {
                gather(gathered, place);
            }
        }
    }
}

static void print_table(const struct gathered *gathered)
{
    print_header();
    for (size_t i = 0; i < gathered->count; i++) {
        print_row(gathered->places[i]);
    }
}

static void print_list(const struct gathered *gathered)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < gathered->count; i++) {
        (void)cJSON_AddItemToArray(list, json_of(gathered->places[i]));
    }
    json_print(list);
}

void aws_status_print(const struct aws_cloud *cloud, const struct aws_status_options *options)
{
    struct gathered gathered = { 0 };

    gather_all(&gathered, cloud, options);
    if (gathered.count > 0) {
        qsort(gathered.places, gathered.count, sizeof gathered.places[0], by_time);
    }
    if (options->json) {
        print_list(&gathered);
    } else {
        print_table(&gathered);
    }
    free(gathered.places);
}
