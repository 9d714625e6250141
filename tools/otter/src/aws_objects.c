/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_objects.h"

#include <inttypes.h>
#include <stdio.h>

void aws_add_seconds(cJSON *object, const char *key, int64_t ms)
{
    const int64_t seconds = ms / 1000;

    (void)cJSON_AddNumberToObject(object, key, (double)seconds);
}

static void add_time(cJSON *object, const char *key, int64_t ms)
{
    if (ms != 0) {
        aws_add_seconds(object, key, ms);
    }
}

static void add_details(cJSON *object, const struct aws_execution *execution)
{
    if (execution->details != NULL) {
        (void)cJSON_AddItemToObject(object, "statusDetails",
                                    cJSON_Duplicate(execution->details, true));
    }
}

void aws_add_document(const struct aws_jobs *jobs, cJSON *object, const struct aws_job *job)
{
    cJSON *document = cJSON_Duplicate(job->document, true);

    jobs->deliver(jobs->context, job, document);
    (void)cJSON_AddItemToObject(object, "jobDocument", document);
}

/* The keys that an execution and a summary share, from queuedAt on. */
static void add_times(cJSON *object, const struct aws_execution *execution)
{
    add_time(object, "queuedAt", execution->queued_ms);
    add_time(object, "startedAt", execution->started_ms);
    add_time(object, "lastUpdatedAt", execution->updated_ms);
    (void)cJSON_AddNumberToObject(object, "versionNumber", (double)execution->version);
    (void)cJSON_AddNumberToObject(object, "executionNumber", (double)execution->number);
}

void aws_add_execution(const struct aws_jobs *jobs, cJSON *object, struct aws_place place,
                       bool with_document, int64_t now_ms)
{
    cJSON *execution = cJSON_AddObjectToObject(object, "execution");
    const int64_t deadline = aws_deadline(place.execution);

    (void)cJSON_AddStringToObject(execution, "jobId", place.job->file.name);
    (void)cJSON_AddStringToObject(execution, "status", aws_status_name(place.execution->status));
    add_details(execution, place.execution);
    add_times(execution, place.execution);
    if (deadline != 0) {
        aws_add_seconds(execution, "approximateSecondsBeforeTimedOut",
                        deadline > now_ms ? deadline - now_ms + 999 : 0);
    }
    if (with_document) {
        aws_add_document(jobs, execution, place.job);
    }
}

void aws_add_state(cJSON *object, const struct aws_execution *execution)
{
    cJSON *state = cJSON_AddObjectToObject(object, "executionState");

    (void)cJSON_AddStringToObject(state, "status", aws_status_name(execution->status));
    if (execution->details != NULL) {
        add_details(state, execution);
    } else {
        (void)cJSON_AddObjectToObject(state, "statusDetails");
    }
    (void)cJSON_AddNumberToObject(state, "versionNumber", (double)execution->version);
}

cJSON *aws_make_summaries(const struct aws_place *places, size_t count)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < count; i++) {
        cJSON *summary = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(summary, "jobId", places[i].job->file.name);
        add_times(summary, places[i].execution);
        (void)cJSON_AddItemToArray(list, summary);
    }
    return list;
}

/* --- on their way ------------------------------------------------------------------------------- */

/* Objects are as deep as the service makes them, and as the parser of job documents goes. */
static void turn_round(cJSON *value)
{
    cJSON turned = { .type = cJSON_Object };
    cJSON *item;

    cJSON_ArrayForEach(item, value)
    {
        turn_round(item);
    }
    if (!cJSON_IsObject(value)) {
        return;
    }
    (void)cJSON_AddStringToObject(&turned, "later", "a key that nobody knows yet");
    while (value->child != NULL) {
        item = cJSON_DetachItemViaPointer(value, value->child->prev); /* the last */
        (void)cJSON_AddItemToObject(&turned, item->string, item);
    }
    value->child = turned.child;
}

void aws_send_json(const struct aws_jobs *jobs, const char *topic, cJSON *json)
{
    char *text;

    if (jobs->is_other_order) {
        turn_round(json);
    }
    text = cJSON_PrintUnformatted(json);

    if (text != NULL) {
        jobs->send(jobs->context, topic, text);
        cJSON_free(text);
    }
    cJSON_Delete(json);
}

void aws_write_state(const struct aws_execution *execution, char *text, size_t size)
{
    int len = snprintf(text, size, "%s", aws_status_name(execution->status));
    const cJSON *item;

    cJSON_ArrayForEach(item, execution->details)
    {
        const char *value = cJSON_GetStringValue(item);

        if (value != NULL && len > 0 && (size_t)len < size) {
            len += snprintf(text + len, size - (size_t)len, " %s=%s", item->string, value);
        }
    }
    if (len > 0 && (size_t)len < size) {
        (void)snprintf(text + len, size - (size_t)len, " (version %" PRIu64 ")",
                       execution->version);
    }
}

void aws_tell_place(const struct aws_jobs *jobs, struct aws_place place, const char *what)
{
    char state[512];

    aws_write_state(place.execution, state, sizeof state);
    jobs->tell(jobs->context, &(struct aws_event){ .thing = place.execution->thing,
                                                   .what = what,
                                                   .subject = place.job->file.name,
                                                   .detail = state });
}
