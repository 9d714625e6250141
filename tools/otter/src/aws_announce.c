/* SPDX-License-Identifier: Apache-2.0 */

/* Notifications are not sent by what causes them: they follow from comparing what is pending with
 * what the thing was told last. So they are the same whether a device, the clock or a command in
 * another process made the change, and none is lost or repeated when the stand-in is restarted. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws_objects.h"

#define NOTIFY_MAX 10 /* summaries in one notification */

/* What is pending for one thing, begun before queued. */
struct pending {
    struct aws_place places[2 * AWS_PENDING_MAX];
    size_t begun;
    size_t count;
};

static void collect(const struct aws_cloud *cloud, const char *thing, struct pending *pending)
{
    size_t queued;

    pending->begun = aws_pending(cloud, thing, AWS_IN_PROGRESS, pending->places, AWS_PENDING_MAX);
    if (pending->begun > AWS_PENDING_MAX) {
        pending->begun = AWS_PENDING_MAX;
    }
    queued =
        aws_pending(cloud, thing, AWS_QUEUED, pending->places + pending->begun, AWS_PENDING_MAX);
    pending->count = pending->begun + (queued < AWS_PENDING_MAX ? queued : AWS_PENDING_MAX);
}

/* "JOB#NUMBER": a retry is another execution. */
static void write_name(struct aws_place place, char *text, size_t size)
{
    (void)snprintf(text, size, "%.*s#%" PRIu64, AWS_JOB_ID_SIZE - 1, place.job->file.name,
                   place.execution->number);
}

static cJSON *make_names(const struct pending *pending)
{
    char name[sizeof((struct aws_thing *)NULL)->told_next];
    cJSON *names = cJSON_CreateArray();

    for (size_t i = 0; i < pending->count; i++) {
        write_name(pending->places[i], name, sizeof name);
        (void)cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    return names;
}

static bool contains(const cJSON *names, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, names)
    {
        const char *text = cJSON_GetStringValue(item);

        if (text != NULL && strcmp(text, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The same executions, in whatever order: that one of them was begun changes no list. */
static bool is_same_list(const cJSON *told, const cJSON *names)
{
    const cJSON *item;

    if (cJSON_GetArraySize(told) != cJSON_GetArraySize(names)) {
        return false;
    }
    cJSON_ArrayForEach(item, names)
    {
        if (!contains(told, item->valuestring)) {
            return false;
        }
    }
    return true;
}

static void send_notification(const struct aws_jobs *jobs, const struct aws_thing *thing,
                              const char *level, cJSON *json)
{
    char topic[AWS_TOPIC_SIZE];

    (void)snprintf(topic, sizeof topic, "$aws/things/%s/jobs/%s", thing->file.name, level);
    aws_send_json(jobs, topic, json);
}

static void add_list(cJSON *object, const char *key, const struct aws_place *places, size_t count)
{
    if (count > 0) {
        (void)cJSON_AddItemToObject(object, key, aws_make_summaries(places, count));
    }
}

static void notify(const struct aws_jobs *jobs, const struct aws_thing *thing,
                   const struct pending *pending, int64_t now_ms)
{
    const size_t shown = pending->count < NOTIFY_MAX ? pending->count : NOTIFY_MAX;
    const size_t begun = pending->begun < shown ? pending->begun : shown;
    cJSON *json = cJSON_CreateObject();
    cJSON *lists;

    aws_add_seconds(json, "timestamp", now_ms);
    lists = cJSON_AddObjectToObject(json, "jobs");
    add_list(lists, "IN_PROGRESS", pending->places, begun);
    add_list(lists, "QUEUED", pending->places + begun, shown - begun);
    send_notification(jobs, thing, "notify", json);
    jobs->tell(jobs->context, &(struct aws_event){ .thing = thing->file.name, .what = "notify" });
}

static void notify_next(const struct aws_jobs *jobs, const struct aws_thing *thing,
                        const struct pending *pending, int64_t now_ms)
{
    cJSON *json = cJSON_CreateObject();

    aws_add_seconds(json, "timestamp", now_ms);
    if (pending->count > 0) {
        aws_add_execution(jobs, json, pending->places[0], true, now_ms);
    }
    send_notification(jobs, thing, "notify-next", json);
    if (pending->count > 0) {
        aws_tell_place(jobs, pending->places[0], "notify-next");
    } else {
        jobs->tell(jobs->context, &(struct aws_event){ .thing = thing->file.name,
                                                       .what = "notify-next",
                                                       .detail = "no job is pending" });
    }
}

static void announce(const struct aws_jobs *jobs, struct aws_thing *thing, int64_t now_ms)
{
    struct pending pending;
    char next[sizeof thing->told_next] = "";
    cJSON *names;

    collect(jobs->cloud, thing->file.name, &pending);
    names = make_names(&pending);
    if (pending.count > 0) {
        write_name(pending.places[0], next, sizeof next);
    }
    if (!is_same_list(thing->told, names)) {
        notify(jobs, thing, &pending, now_ms);
        cJSON_Delete(thing->told);
        thing->told = names;
        names = NULL;
        thing->file.is_changed = true;
    }
    if (strcmp(thing->told_next, next) != 0) {
        notify_next(jobs, thing, &pending, now_ms);
        memcpy(thing->told_next, next, sizeof next);
        thing->file.is_changed = true;
    }
    cJSON_Delete(names);
}

void aws_jobs_announce(const struct aws_jobs *jobs, int64_t now_ms)
{
    for (struct aws_document *at = jobs->cloud->things; at != NULL; at = at->next) {
        announce(jobs, (struct aws_thing *)at, now_ms);
    }
}
