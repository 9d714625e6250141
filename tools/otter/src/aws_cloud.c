/* SPDX-License-Identifier: Apache-2.0 */

/* Job executions: a table says who may change which status to what; everything else follows from the
 * status that an execution comes to. */

#include "aws_cloud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[AWS_STATUSES] = {
    [AWS_QUEUED] = "QUEUED",   [AWS_IN_PROGRESS] = "IN_PROGRESS", [AWS_SUCCEEDED] = "SUCCEEDED",
    [AWS_FAILED] = "FAILED",   [AWS_TIMED_OUT] = "TIMED_OUT",     [AWS_REJECTED] = "REJECTED",
    [AWS_REMOVED] = "REMOVED", [AWS_CANCELED] = "CANCELED",
};

const char *aws_status_name(enum aws_status status)
{
    return status_names[status];
}

enum aws_status aws_status_find(const char *name)
{
    unsigned status = 0;

    while (status < AWS_STATUSES && strcmp(name, status_names[status]) != 0) {
        status++;
    }
    return (enum aws_status)status;
}

bool aws_status_is_terminal(enum aws_status status)
{
    return status != AWS_QUEUED && status != AWS_IN_PROGRESS;
}

/* --- names -------------------------------------------------------------------------------------- */

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

bool aws_is_id(const char *name, size_t longest)
{
    const size_t len = strlen(name);

    return len > 0 && len <= longest && strspn(name, ID_CHARACTERS) == len;
}

bool aws_is_thing_name(const char *name)
{
    const size_t len = strlen(name);

    return len > 0 && len < AWS_NAME_SIZE && strspn(name, ID_CHARACTERS ":") == len;
}

/* --- finding ------------------------------------------------------------------------------------ */

static struct aws_document *find(struct aws_document *list, const char *name)
{
    while (list != NULL && strcmp(list->name, name) != 0) {
        list = list->next;
    }
    return list;
}

struct aws_thing *aws_find_thing(const struct aws_cloud *cloud, const char *name)
{
    return (struct aws_thing *)find(cloud->things, name);
}

struct aws_stream *aws_find_stream(const struct aws_cloud *cloud, const char *name)
{
    return (struct aws_stream *)find(cloud->streams, name);
}

struct aws_job *aws_find_job(const struct aws_cloud *cloud, const char *id)
{
    return (struct aws_job *)find(cloud->jobs, id);
}

struct aws_execution *aws_find_execution(const struct aws_job *job, const char *thing,
                                         uint64_t number)
{
    struct aws_execution *found = NULL;

    for (struct aws_execution *at = job->executions; at != NULL; at = at->next) {
        if (strcmp(at->thing, thing) == 0 && (number == 0 || at->number == number)) {
            found = at;
        }
    }
    return found;
}

/* --- what is pending ---------------------------------------------------------------------------- */

/* Jobs of one moment go by name, so that the order is the same whenever one asks. */
static bool is_before(struct aws_place one, struct aws_place other)
{
    if (one.execution->queued_ms != other.execution->queued_ms) {
        return one.execution->queued_ms < other.execution->queued_ms;
    }
    return strcmp(one.job->file.name, other.job->file.name) < 0;
}

/* Put one more into its place among those that there is room for. */
static void insert(struct aws_place *places, size_t count, size_t room, struct aws_place place)
{
    size_t at = count < room ? count : room;

    while (at > 0 && is_before(place, places[at - 1])) {
        if (at < room) {
            places[at] = places[at - 1];
        }
        at--;
    }
    if (at < room) {
        places[at] = place;
    }
}

size_t aws_pending(const struct aws_cloud *cloud, const char *thing, enum aws_status status,
                   struct aws_place *places, size_t room)
{
    size_t count = 0;

    for (struct aws_document *file = cloud->jobs; file != NULL; file = file->next) {
        struct aws_job *job = (struct aws_job *)file;
        struct aws_execution *execution = aws_find_execution(job, thing, 0);

        if (execution != NULL && execution->status == status) {
            insert(places, count, room, (struct aws_place){ job, execution });
            count++;
        }
    }
    return count;
}

struct aws_place aws_next(const struct aws_cloud *cloud, const char *thing)
{
    struct aws_place next = { 0 };

    if (aws_pending(cloud, thing, AWS_IN_PROGRESS, &next, 1) == 0) {
        (void)aws_pending(cloud, thing, AWS_QUEUED, &next, 1);
    }
    return next;
}

/* --- changing ----------------------------------------------------------------------------------- */

static const struct transition {
    enum aws_status from;
    enum aws_status to;
    enum aws_actor actor;
} transitions[] = {
    { AWS_QUEUED, AWS_IN_PROGRESS, AWS_BY_DEVICE },
    { AWS_QUEUED, AWS_SUCCEEDED, AWS_BY_DEVICE },
    { AWS_QUEUED, AWS_FAILED, AWS_BY_DEVICE },
    { AWS_QUEUED, AWS_REJECTED, AWS_BY_DEVICE },
    { AWS_IN_PROGRESS, AWS_IN_PROGRESS, AWS_BY_DEVICE },
    { AWS_IN_PROGRESS, AWS_SUCCEEDED, AWS_BY_DEVICE },
    { AWS_IN_PROGRESS, AWS_FAILED, AWS_BY_DEVICE },
    { AWS_IN_PROGRESS, AWS_REJECTED, AWS_BY_LENIENT_DEVICE },
    { AWS_IN_PROGRESS, AWS_TIMED_OUT, AWS_BY_CLOCK },
    { AWS_QUEUED, AWS_CANCELED, AWS_BY_OPERATOR },
    { AWS_IN_PROGRESS, AWS_CANCELED, AWS_BY_FORCING_OPERATOR },
    { AWS_QUEUED, AWS_REMOVED, AWS_BY_GROUP },
    { AWS_IN_PROGRESS, AWS_REMOVED, AWS_BY_GROUP },
};

/* Who may more may also what those below him may. */
static bool includes(enum aws_actor actor, enum aws_actor needed)
{
    return actor == needed || (actor == AWS_BY_LENIENT_DEVICE && needed == AWS_BY_DEVICE)
           || (actor == AWS_BY_FORCING_OPERATOR && needed == AWS_BY_OPERATOR);
}

bool aws_may_move(enum aws_status from, enum aws_status to, enum aws_actor actor)
{
    for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
        const struct transition *row = &transitions[i];

        if (row->from == from && row->to == to && includes(actor, row->actor)) {
            return true;
        }
    }
    return false;
}

void aws_append(struct aws_job *job, struct aws_execution *execution)
{
    struct aws_execution **end = &job->executions;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = execution;
    job->file.is_changed = true;
}

bool aws_queue(struct aws_job *job, const char *thing, uint64_t number, int64_t now_ms)
{
    struct aws_execution *execution = calloc(1, sizeof *execution);

    if (execution == NULL) {
        return false;
    }
    (void)snprintf(execution->thing, sizeof execution->thing, "%s", thing);
    execution->status = AWS_QUEUED;
    execution->queued_ms = now_ms;
    execution->updated_ms = now_ms;
    execution->version = 1;
    execution->number = number;
    aws_append(job, execution);
    return true;
}

/* Each kind of failure has tries of its own; both together are limited. */
static bool retry_is_due(const struct aws_job *job, const struct aws_execution *execution)
{
    uint32_t allowed = 0;
    uint32_t used = 0;

    if (job->is_canceled) {
        return false;
    }
    if (execution->status == AWS_FAILED) {
        allowed = job->retries_failed;
    } else if (execution->status == AWS_TIMED_OUT) {
        allowed = job->retries_timed_out;
    }
    for (const struct aws_execution *at = job->executions; at != NULL; at = at->next) {
        used += strcmp(at->thing, execution->thing) == 0 && at != execution
                && at->status == execution->status;
    }
    return used < allowed && execution->number <= AWS_RETRIES_MAX;
}

static void start(const struct aws_cloud *cloud, struct aws_place place, int64_t now_ms)
{
    place.execution->started_ms = now_ms;
    if (place.job->timeout_minutes > 0) {
        place.execution->ends_ms = now_ms + place.job->timeout_minutes * cloud->minute_ms;
    }
}

static void end(struct aws_place place, int64_t now_ms)
{
    place.execution->ends_ms = 0;
    place.execution->step_ends_ms = 0;
    if (retry_is_due(place.job, place.execution)) {
        (void)aws_queue(place.job, place.execution->thing, place.execution->number + 1, now_ms);
    }
}

bool aws_move(const struct aws_cloud *cloud, struct aws_place place, enum aws_status to,
              enum aws_actor actor, int64_t now_ms)
{
    struct aws_execution *execution = place.execution;
    const enum aws_status from = execution->status;

    if (!aws_may_move(from, to, actor)) {
        return false;
    }
    execution->status = to;
    execution->version++;
    execution->updated_ms = now_ms;
    place.job->file.is_changed = true;
    if (from == AWS_QUEUED && to == AWS_IN_PROGRESS) {
        start(cloud, place, now_ms);
    } else if (aws_status_is_terminal(to)) {
        end(place, now_ms);
    }
    return true;
}

/* --- timers ------------------------------------------------------------------------------------- */

void aws_set_step_timer(const struct aws_cloud *cloud, struct aws_execution *execution, int minutes,
                        int64_t now_ms)
{
    execution->step_ends_ms = minutes < 0 ? 0 : now_ms + minutes * cloud->minute_ms;
}

int64_t aws_deadline(const struct aws_execution *execution)
{
    const int64_t whole = execution->ends_ms;
    const int64_t step = execution->step_ends_ms;

    return whole == 0 || (step != 0 && step < whole) ? step : whole;
}

struct aws_place aws_overdue(const struct aws_cloud *cloud, int64_t now_ms)
{
    for (struct aws_document *file = cloud->jobs; file != NULL; file = file->next) {
        struct aws_job *job = (struct aws_job *)file;

        for (struct aws_execution *at = job->executions; at != NULL; at = at->next) {
            const int64_t deadline = aws_deadline(at);

            if (at->status == AWS_IN_PROGRESS && deadline != 0 && deadline <= now_ms) {
                return (struct aws_place){ job, at };
            }
        }
    }
    return (struct aws_place){ 0 };
}

/* --- jobs as a whole ---------------------------------------------------------------------------- */

bool aws_job_has_ended(const struct aws_job *job)
{
    for (const struct aws_execution *at = job->executions; at != NULL; at = at->next) {
        if (!aws_status_is_terminal(at->status)) {
            return false;
        }
    }
    return true;
}

const char *aws_job_status(const struct aws_job *job)
{
    if (job->is_canceled) {
        return "CANCELED";
    }
    return aws_job_has_ended(job) ? "COMPLETED" : "IN_PROGRESS";
}

/* --- the end ------------------------------------------------------------------------------------ */

void aws_thing_free(struct aws_document *document)
{
    struct aws_thing *thing = (struct aws_thing *)document;

    cJSON_Delete(thing->told);
    free(thing);
}

void aws_stream_free(struct aws_document *document)
{
    free(document);
}

void aws_job_free(struct aws_document *document)
{
    struct aws_job *job = (struct aws_job *)document;

    while (job->executions != NULL) {
        struct aws_execution *execution = job->executions;

        job->executions = execution->next;
        cJSON_Delete(execution->details);
        free(execution);
    }
    cJSON_Delete(job->document);
    free(job);
}
