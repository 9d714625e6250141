/* SPDX-License-Identifier: Apache-2.0 */

/* The documents carry the names that AWS has for these things. Times are seconds with a fraction, as
 * `date` prints them; what is not there yet is left out. */

#include "aws_document.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 9007199254740992.0 /* whole numbers up to here are exact in a JSON number */

/* --- pieces ------------------------------------------------------------------------------------- */

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* A whole number that may be absent. @return false: it is something else, or too large */
static bool read_number(const cJSON *object, const char *key, double most, uint64_t *number)
{
    const cJSON *item = get(object, key);
    const double value = cJSON_GetNumberValue(item);

    *number = 0;
    if (item == NULL) {
        return true;
    }
    if (!cJSON_IsNumber(item) || value < 0 || value > most || value != floor(value)) {
        return false;
    }
    *number = (uint64_t)value;
    return true;
}

static bool read_small(const cJSON *object, const char *key, uint32_t most, uint32_t *number)
{
    uint64_t value = 0;
    const bool is_right = read_number(object, key, most, &value);

    *number = (uint32_t)value;
    return is_right;
}

static bool read_time(const cJSON *object, const char *key, int64_t *ms)
{
    const cJSON *item = get(object, key);
    const double value = cJSON_GetNumberValue(item);

    *ms = 0;
    if (item == NULL) {
        return true;
    }
    if (!cJSON_IsNumber(item) || value < 0 || value > NUMBER_MAX / 1000) {
        return false;
    }
    *ms = (int64_t)round(value * 1000);
    return true;
}

static void write_time(cJSON *object, const char *key, int64_t ms)
{
    if (ms != 0) {
        (void)cJSON_AddNumberToObject(object, key, (double)ms / 1000);
    }
}

/* A text that fits its field. */
static bool read_text(const cJSON *object, const char *key, char *text, size_t size)
{
    const char *value = cJSON_GetStringValue(get(object, key));

    if (value == NULL || strlen(value) >= size) {
        return false;
    }
    (void)snprintf(text, size, "%s", value);
    return true;
}

/* The name in a document is for its reader; it must be that of the file. */
static bool is_named(const cJSON *json, const char *key, const char *name)
{
    const char *value = cJSON_GetStringValue(get(json, key));

    return value != NULL && strcmp(value, name) == 0;
}

/* --- things ------------------------------------------------------------------------------------- */

const char *aws_thing_read(const cJSON *json, struct aws_document *document)
{
    struct aws_thing *thing = (struct aws_thing *)document;

    if (!is_named(json, "thingName", document->name) || !aws_is_thing_name(document->name)) {
        return "its thingName is not the name of the file";
    }
    if (get(json, "toldNext") != NULL
        && !read_text(json, "toldNext", thing->told_next, sizeof thing->told_next)) {
        return "its toldNext is no text";
    }
    if (get(json, "told") != NULL && !cJSON_IsArray(get(json, "told"))) {
        return "its told is no list";
    }
    thing->told = cJSON_Duplicate(get(json, "told"), true);
    return NULL;
}

cJSON *aws_thing_write(const struct aws_document *document)
{
    const struct aws_thing *thing = (const struct aws_thing *)document;
    cJSON *json = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(json, "thingName", document->name);
    (void)cJSON_AddItemToObject(json, "told",
                                thing->told != NULL ? cJSON_Duplicate(thing->told, true)
                                                    : cJSON_CreateArray());
    (void)cJSON_AddStringToObject(json, "toldNext", thing->told_next);
    return json;
}

/* --- streams ------------------------------------------------------------------------------------ */

const char *aws_stream_read(const cJSON *json, struct aws_document *document)
{
    struct aws_stream *stream = (struct aws_stream *)document;
    const cJSON *item;

    if (!is_named(json, "streamId", document->name)) {
        return "its streamId is not the name of the file";
    }
    if (!read_small(json, "streamVersion", UINT16_MAX, &stream->version)) {
        return "its streamVersion is no number up to 65535";
    }
    if (!read_text(json, "description", stream->description, sizeof stream->description)) {
        return "its description is no short text";
    }
    if (get(json, "madeFor") != NULL
        && !read_text(json, "madeFor", stream->job, sizeof stream->job)) {
        return "its madeFor is no name of a job";
    }
    cJSON_ArrayForEach(item, get(json, "files"))
    {
        struct aws_stream_file *file = &stream->files[stream->file_count];

        if (stream->file_count == AWS_STREAM_FILES_MAX) {
            return "it has more than 50 files";
        }
        if (!read_small(item, "fileId", UINT8_MAX, &file->id)
            || !read_text(item, "path", file->path, sizeof file->path)) {
            return "one of its files has no fileId up to 255 and path";
        }
        stream->file_count++;
    }
    return NULL;
}

cJSON *aws_stream_write(const struct aws_document *document)
{
    const struct aws_stream *stream = (const struct aws_stream *)document;
    cJSON *json = cJSON_CreateObject();
    cJSON *files;

    (void)cJSON_AddStringToObject(json, "streamId", document->name);
    (void)cJSON_AddNumberToObject(json, "streamVersion", stream->version);
    (void)cJSON_AddStringToObject(json, "description", stream->description);
    if (stream->job[0] != '\0') {
        (void)cJSON_AddStringToObject(json, "madeFor", stream->job);
    }
    files = cJSON_AddArrayToObject(json, "files");
    for (size_t i = 0; i < stream->file_count; i++) {
        cJSON *file = cJSON_CreateObject();

        (void)cJSON_AddNumberToObject(file, "fileId", stream->files[i].id);
        (void)cJSON_AddStringToObject(file, "path", stream->files[i].path);
        (void)cJSON_AddItemToArray(files, file);
    }
    return json;
}

/* --- jobs --------------------------------------------------------------------------------------- */

static const char *read_execution(const cJSON *json, struct aws_execution *execution)
{
    const char *status = cJSON_GetStringValue(get(json, "status"));

    if (!read_text(json, "thingName", execution->thing, sizeof execution->thing)) {
        return "an execution has no thingName";
    }
    execution->status = status != NULL ? aws_status_find(status) : AWS_STATUSES;
    if (execution->status == AWS_STATUSES) {
        return "an execution has no known status";
    }
    if (!read_time(json, "queuedAt", &execution->queued_ms)
        || !read_time(json, "startedAt", &execution->started_ms)
        || !read_time(json, "lastUpdatedAt", &execution->updated_ms)
        || !read_time(json, "inProgressEndsAt", &execution->ends_ms)
        || !read_time(json, "stepEndsAt", &execution->step_ends_ms)) {
        return "a time of an execution is no number of seconds";
    }
    if (!read_number(json, "versionNumber", NUMBER_MAX, &execution->version)
        || !read_number(json, "executionNumber", NUMBER_MAX, &execution->number)) {
        return "an execution has a strange number";
    }
    if (get(json, "statusDetails") != NULL && !cJSON_IsObject(get(json, "statusDetails"))) {
        return "the statusDetails of an execution are no object";
    }
    execution->details = cJSON_Duplicate(get(json, "statusDetails"), true);
    return NULL;
}

static const char *read_executions(const cJSON *json, struct aws_job *job)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, get(json, "executions"))
    {
        struct aws_execution *execution = calloc(1, sizeof *execution);
        const char *problem;

        if (execution == NULL) {
            return "there is not enough memory";
        }
        problem = read_execution(item, execution);
        aws_append(job, execution);
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

const char *aws_job_read(const cJSON *json, struct aws_document *document)
{
    struct aws_job *job = (struct aws_job *)document;
    const cJSON *retries = get(json, "retries");

    if (!is_named(json, "jobId", document->name)) {
        return "its jobId is not the name of the file";
    }
    if (!cJSON_IsObject(get(json, "document"))) {
        return "its document is no object";
    }
    if (!read_time(json, "createdAt", &job->created_ms)) {
        return "its createdAt is no number of seconds";
    }
    if (!read_small(json, "inProgressTimeoutInMinutes", AWS_MINUTES_MAX, &job->timeout_minutes)) {
        return "its inProgressTimeoutInMinutes is no number up to 10080";
    }
    if (!read_small(retries, "FAILED", AWS_RETRIES_MAX, &job->retries_failed)
        || !read_small(retries, "TIMED_OUT", AWS_RETRIES_MAX, &job->retries_timed_out)) {
        return "its retries are no numbers up to 10";
    }
    if (!read_small(json, "presignedUrlSeconds", UINT32_MAX, &job->url_seconds)) {
        return "its presignedUrlSeconds is no number";
    }
    job->is_canceled = cJSON_IsTrue(get(json, "canceled"));
    job->document = cJSON_Duplicate(get(json, "document"), true);
    return read_executions(json, job);
}

static cJSON *write_execution(const struct aws_execution *execution)
{
    cJSON *json = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(json, "thingName", execution->thing);
    (void)cJSON_AddStringToObject(json, "status", aws_status_name(execution->status));
    if (execution->details != NULL) {
        (void)cJSON_AddItemToObject(json, "statusDetails",
                                    cJSON_Duplicate(execution->details, true));
    }
    write_time(json, "queuedAt", execution->queued_ms);
    write_time(json, "startedAt", execution->started_ms);
    write_time(json, "lastUpdatedAt", execution->updated_ms);
    write_time(json, "inProgressEndsAt", execution->ends_ms);
    write_time(json, "stepEndsAt", execution->step_ends_ms);
    (void)cJSON_AddNumberToObject(json, "versionNumber", (double)execution->version);
    (void)cJSON_AddNumberToObject(json, "executionNumber", (double)execution->number);
    return json;
}

cJSON *aws_job_write(const struct aws_document *document)
{
    const struct aws_job *job = (const struct aws_job *)document;
    cJSON *json = cJSON_CreateObject();
    cJSON *retries;
    cJSON *executions;

    (void)cJSON_AddStringToObject(json, "jobId", document->name);
    write_time(json, "createdAt", job->created_ms);
    (void)cJSON_AddItemToObject(json, "document", cJSON_Duplicate(job->document, true));
    if (job->timeout_minutes > 0) {
        (void)cJSON_AddNumberToObject(json, "inProgressTimeoutInMinutes", job->timeout_minutes);
    }
    retries = cJSON_AddObjectToObject(json, "retries");
    (void)cJSON_AddNumberToObject(retries, "FAILED", job->retries_failed);
    (void)cJSON_AddNumberToObject(retries, "TIMED_OUT", job->retries_timed_out);
    (void)cJSON_AddNumberToObject(json, "presignedUrlSeconds", job->url_seconds);
    (void)cJSON_AddBoolToObject(json, "canceled", job->is_canceled);
    executions = cJSON_AddArrayToObject(json, "executions");
    for (const struct aws_execution *at = job->executions; at != NULL; at = at->next) {
        (void)cJSON_AddItemToArray(executions, write_execution(at));
    }
    return json;
}
