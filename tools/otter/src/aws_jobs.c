/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs. A request comes as a visit, is checked, done, and answered; an operation is a row of a table.
 * Notifications are not sent by what causes them: they follow from comparing what is pending with
 * what the thing was told last. So they are the same whether a device, the clock or a command in
 * another process made the change, and none is lost or repeated when the stand-in is restarted. */

#include "aws_jobs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define PENDING_MAX           256 /* of one thing and status that we tell apart */
#define NOTIFY_MAX            10  /* summaries in one notification */
#define DETAIL_KEY_MAX        128
#define DETAIL_TEXT_MAX       1024
#define DETAIL_KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-"

/* A request on its way through the service. */
struct visit {
    const struct aws_jobs *jobs;
    const struct aws_topic *topic;
    const cJSON *request;
    cJSON *answer;
    int64_t now_ms;
    const char *message;    /* why it is refused; NULL: what the code says */
    struct aws_place place; /* what it is about, if that was found */
    bool wants_state;       /* the refusal carries the state of it */
};

/* --- values of requests ------------------------------------------------------------------------- */

static const cJSON *get(const struct visit *visit, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(visit->request, key);
}

static enum aws_code refuse(struct visit *visit, const char *message)
{
    visit->message = message;
    return AWS_INVALID_REQUEST;
}

/* A whole number, also in quotes. @return false if it is there and is none */
static bool read_number(const cJSON *item, double *number)
{
    const char *text = cJSON_GetStringValue(item);
    char *end = NULL;

    *number = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (text != NULL && *text != '\0') {
        *number = strtod(text, &end);
    }
    return item == NULL
           || ((cJSON_IsNumber(item) || (end != NULL && *end == '\0')) && isfinite(*number)
               && *number == floor(*number));
}

static bool has_valid_token(const struct visit *visit)
{
    const cJSON *token = get(visit, "clientToken");

    return token == NULL
           || (cJSON_IsString(token) && *token->valuestring != '\0'
               && strlen(token->valuestring) <= AWS_TOKEN_MAX);
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

static bool is_detail(const cJSON *item)
{
    const size_t key_len = strlen(item->string);
    const char *text = cJSON_GetStringValue(item);

    if (key_len == 0 || key_len > DETAIL_KEY_MAX
        || strspn(item->string, DETAIL_KEY_CHARACTERS) != key_len || text == NULL || *text == '\0'
        || characters(text) > DETAIL_TEXT_MAX) {
        return false;
    }
    while ((unsigned char)*text >= 0x20 && *text != 0x7F) {
        text++;
    }
    return *text == '\0';
}

static bool has_valid_details(const struct visit *visit)
{
    const cJSON *details = get(visit, "statusDetails");
    const cJSON *item;

    if (details == NULL || !cJSON_IsObject(details)) {
        return details == NULL;
    }
    cJSON_ArrayForEach(item, details)
    {
        if (!is_detail(item)) {
            return false;
        }
    }
    return true;
}

static bool has_valid_flag(const struct visit *visit, const char *key)
{
    return get(visit, key) == NULL || cJSON_IsBool(get(visit, key));
}

/* 0: no change */
static bool read_step_timeout(const struct visit *visit, int *minutes)
{
    const cJSON *item = get(visit, "stepTimeoutInMinutes");
    double number;
    const bool is_number = read_number(item, &number);

    *minutes = is_number && fabs(number) <= AWS_MINUTES_MAX ? (int)number : 0;
    return is_number && (item == NULL || *minutes == -1 || *minutes >= 1);
}

/* --- objects of answers ------------------------------------------------------------------------- */

/* On the wire times are whole seconds. */
static void add_seconds(cJSON *object, const char *key, int64_t ms)
{
    const int64_t seconds = ms / 1000;

    (void)cJSON_AddNumberToObject(object, key, (double)seconds);
}

static void add_time(cJSON *object, const char *key, int64_t ms)
{
    if (ms != 0) {
        add_seconds(object, key, ms);
    }
}

static void add_details(cJSON *object, const struct aws_execution *execution)
{
    if (execution->details != NULL) {
        (void)cJSON_AddItemToObject(object, "statusDetails",
                                    cJSON_Duplicate(execution->details, true));
    }
}

static void add_document(const struct aws_jobs *jobs, cJSON *object, const struct aws_job *job)
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

static void add_execution(const struct aws_jobs *jobs, cJSON *object, struct aws_place place,
                          bool with_document, int64_t now_ms)
{
    cJSON *execution = cJSON_AddObjectToObject(object, "execution");
    const int64_t deadline = aws_deadline(place.execution);

    (void)cJSON_AddStringToObject(execution, "jobId", place.job->file.name);
    (void)cJSON_AddStringToObject(execution, "status", aws_status_name(place.execution->status));
    add_details(execution, place.execution);
    add_times(execution, place.execution);
    if (deadline != 0) {
        add_seconds(execution, "approximateSecondsBeforeTimedOut",
                    deadline > now_ms ? deadline - now_ms + 999 : 0);
    }
    if (with_document) {
        add_document(jobs, execution, place.job);
    }
}

static void add_state(cJSON *object, const struct aws_execution *execution)
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

static cJSON *make_summaries(const struct aws_place *places, size_t count)
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

/* --- operations --------------------------------------------------------------------------------- */

static enum aws_code get_pending(struct visit *visit)
{
    static const struct {
        enum aws_status status;
        const char *key;
    } lists[] = { { AWS_IN_PROGRESS, "inProgressJobs" }, { AWS_QUEUED, "queuedJobs" } };
    struct aws_place places[PENDING_MAX];

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const size_t count = aws_pending(visit->jobs->cloud, visit->topic->thing, lists[i].status,
                                         places, PENDING_MAX);

        (void)cJSON_AddItemToObject(
            visit->answer, lists[i].key,
            make_summaries(places, count < PENDING_MAX ? count : PENDING_MAX));
    }
    return AWS_ACCEPTED;
}

/* Given details replace the old ones, all of them. */
static void take_details(const struct visit *visit)
{
    const cJSON *details = get(visit, "statusDetails");

    if (details != NULL) {
        cJSON_Delete(visit->place.execution->details);
        visit->place.execution->details = cJSON_Duplicate(details, true);
    }
}

static void take_step_timeout(const struct visit *visit, int minutes)
{
    struct aws_execution *execution = visit->place.execution;

    if (minutes != 0 && execution->status == AWS_IN_PROGRESS) {
        aws_set_step_timer(visit->jobs->cloud, execution, minutes, visit->now_ms);
    }
}

/* What is begun already is returned as it is: its details are its own. */
static enum aws_code start_next(struct visit *visit)
{
    int step_minutes;

    if (!has_valid_details(visit)) {
        return refuse(visit, "statusDetails are not valid");
    }
    if (!read_step_timeout(visit, &step_minutes)) {
        return refuse(visit, "stepTimeoutInMinutes is not valid");
    }
    visit->place = aws_next(visit->jobs->cloud, visit->topic->thing);
    if (visit->place.job == NULL) {
        return AWS_ACCEPTED;
    }
    if (visit->place.execution->status == AWS_QUEUED) {
        (void)aws_move(visit->jobs->cloud, visit->place, AWS_IN_PROGRESS, AWS_BY_DEVICE,
                       visit->now_ms);
        take_details(visit);
        take_step_timeout(visit, step_minutes);
    }
    add_execution(visit->jobs, visit->answer, visit->place, true, visit->now_ms);
    return AWS_ACCEPTED;
}

/* Of the job that the topic names, the run that the request names, or else the latest. */
static enum aws_code find_named(struct visit *visit)
{
    double number;

    if (!read_number(get(visit, "executionNumber"), &number) || number < 0 || number > 1e15) {
        return refuse(visit, "executionNumber is not valid");
    }
    visit->place.job = aws_find_job(visit->jobs->cloud, visit->topic->subject);
    if (visit->place.job != NULL) {
        visit->place.execution =
            aws_find_execution(visit->place.job, visit->topic->thing, (uint64_t)number);
    }
    if (visit->place.execution == NULL) {
        visit->place.job = NULL;
        return AWS_RESOURCE_NOT_FOUND;
    }
    return AWS_ACCEPTED;
}

static enum aws_code describe(struct visit *visit)
{
    const bool is_next = strcmp(visit->topic->subject, "$next") == 0;
    enum aws_code code = AWS_ACCEPTED;

    if (!has_valid_flag(visit, "includeJobDocument")) {
        return refuse(visit, "includeJobDocument is not valid");
    }
    if (is_next) {
        visit->place = aws_next(visit->jobs->cloud, visit->topic->thing);
    } else {
        code = find_named(visit);
    }
    if (visit->place.job == NULL) {
        return code; /* of $next: there is none, and that is no error */
    }
    if (aws_status_is_terminal(visit->place.execution->status)) {
        return AWS_TERMINAL_STATE_REACHED;
    }
    add_execution(visit->jobs, visit->answer, visit->place,
                  !cJSON_IsFalse(get(visit, "includeJobDocument")), visit->now_ms);
    return AWS_ACCEPTED;
}

static bool is_settable(enum aws_status status)
{
    return status == AWS_IN_PROGRESS || status == AWS_SUCCEEDED || status == AWS_FAILED
           || status == AWS_REJECTED;
}

/* What an update wants. */
struct update {
    enum aws_status status;
    bool has_version;
    double version;
    int step_minutes;
};

static enum aws_code read_update(struct visit *visit, struct update *update)
{
    const char *status = cJSON_GetStringValue(get(visit, "status"));

    if (status == NULL) {
        return refuse(visit, "status is missing");
    }
    update->status = aws_status_find(status);
    /* QUEUED is a status that an execution can have, but not go back to. */
    if (update->status != AWS_QUEUED
        && (update->status == AWS_STATUSES || !is_settable(update->status))) {
        return refuse(visit, "status is none that a device may set");
    }
    if (!has_valid_details(visit)) {
        return refuse(visit, "statusDetails are not valid");
    }
    update->has_version = get(visit, "expectedVersion") != NULL;
    if (!read_number(get(visit, "expectedVersion"), &update->version)) {
        return refuse(visit, "expectedVersion is no number");
    }
    if (!read_step_timeout(visit, &update->step_minutes)) {
        return refuse(visit, "stepTimeoutInMinutes is not valid");
    }
    if (!has_valid_flag(visit, "includeJobExecutionState")
        || !has_valid_flag(visit, "includeJobDocument")) {
        return refuse(visit, "a flag is neither true nor false");
    }
    return AWS_ACCEPTED;
}

static enum aws_actor device_of(const struct aws_jobs *jobs)
{
    return jobs->is_lenient ? AWS_BY_LENIENT_DEVICE : AWS_BY_DEVICE;
}

static enum aws_code apply(struct visit *visit, const struct update *update)
{
    visit->wants_state = true;
    if (update->has_version && update->version != (double)visit->place.execution->version) {
        return AWS_VERSION_MISMATCH;
    }
    if (!aws_move(visit->jobs->cloud, visit->place, update->status, device_of(visit->jobs),
                  visit->now_ms)) {
        return AWS_INVALID_STATE_TRANSITION;
    }
    take_details(visit);
    take_step_timeout(visit, update->step_minutes);
    return AWS_ACCEPTED;
}

static enum aws_code update(struct visit *visit)
{
    struct update update;
    enum aws_code code = find_named(visit);

    if (code == AWS_ACCEPTED) {
        code = read_update(visit, &update);
    }
    if (code == AWS_ACCEPTED) {
        code = apply(visit, &update);
    }
    if (code != AWS_ACCEPTED) {
        return code;
    }
    if (cJSON_IsTrue(get(visit, "includeJobExecutionState"))) {
        add_state(visit->answer, visit->place.execution);
    }
    if (cJSON_IsTrue(get(visit, "includeJobDocument"))) {
        add_document(visit->jobs, visit->answer, visit->place.job);
    }
    return AWS_ACCEPTED;
}

static enum aws_code (*const operations[AWS_OPERATIONS])(struct visit *) = {
    [AWS_GET_PENDING] = get_pending,
    [AWS_START_NEXT] = start_next,
    [AWS_DESCRIBE] = describe,
    [AWS_UPDATE] = update,
};

/* --- requests ----------------------------------------------------------------------------------- */

static void send_json(const struct aws_jobs *jobs, const char *topic, cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);

    if (text != NULL) {
        jobs->send(jobs->context, topic, text);
        cJSON_free(text);
    }
    cJSON_Delete(json);
}

static void add_refusal(struct visit *visit, enum aws_code code)
{
    (void)cJSON_AddStringToObject(visit->answer, "code", aws_code_name(code));
    (void)cJSON_AddStringToObject(visit->answer, "message",
                                  visit->message != NULL ? visit->message : aws_code_message(code));
}

static void send_answer(struct visit *visit, enum aws_code code)
{
    char topic[AWS_TOPIC_SIZE];
    const cJSON *token = get(visit, "clientToken");

    if (code != AWS_ACCEPTED) {
        add_refusal(visit, code);
    }
    if (token != NULL && has_valid_token(visit)) {
        (void)cJSON_AddStringToObject(visit->answer, "clientToken", token->valuestring);
    }
    add_seconds(visit->answer, "timestamp", visit->now_ms);
    if (code != AWS_ACCEPTED && visit->wants_state) {
        add_state(visit->answer, visit->place.execution);
    }
    aws_topic_answer(visit->topic, code == AWS_ACCEPTED ? "accepted" : "rejected", topic);
    send_json(visit->jobs, topic, visit->answer);
    visit->answer = NULL;
}

/* "IN_PROGRESS receive=3/10 (version 4)" */
static void write_state(const struct aws_execution *execution, char *text, size_t size)
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

static void tell_visit(const struct visit *visit, enum aws_code code)
{
    char state[512] = "no job is pending";
    const char *detail = visit->message != NULL ? visit->message : aws_code_message(code);
    const char *subject = visit->topic->subject;

    if (visit->place.job != NULL) {
        subject = visit->place.job->file.name;
        write_state(visit->place.execution, state, sizeof state);
    }
    if (code == AWS_ACCEPTED) {
        detail = visit->topic->operation != AWS_GET_PENDING ? state : "";
    }
    visit->jobs->tell(visit->jobs->context,
                      &(struct aws_event){ .thing = visit->topic->thing,
                                           .what = aws_operation_name(visit->topic->operation),
                                           .subject = subject,
                                           .outcome = aws_code_name(code),
                                           .detail = detail });
}

/* Nothing at all is as good as an empty object. @return NULL: it is no JSON */
static cJSON *parse(const char *payload, size_t len)
{
    return len > 0 ? json_parse_exactly(payload, len) : cJSON_CreateObject();
}

static enum aws_code decide(struct visit *visit, enum aws_code forced)
{
    if (visit->request == NULL) {
        return AWS_INVALID_JSON;
    }
    if (forced != AWS_ACCEPTED) {
        return forced;
    }
    if (!cJSON_IsObject(visit->request)) {
        return refuse(visit, "the request is no object");
    }
    if (!has_valid_token(visit)) {
        return refuse(visit, "clientToken is not valid");
    }
    if (aws_find_thing(visit->jobs->cloud, visit->topic->thing) == NULL) {
        visit->message = "There is no such thing";
        return AWS_RESOURCE_NOT_FOUND;
    }
    return operations[visit->topic->operation](visit);
}

void aws_jobs_handle(const struct aws_jobs *jobs, const struct aws_topic *topic,
                     const void *payload, size_t len, enum aws_code forced, int64_t now_ms)
{
    cJSON *request = parse(payload, len);
    struct visit visit = {
        .jobs = jobs,
        .topic = topic,
        .request = request,
        .answer = cJSON_CreateObject(),
        .now_ms = now_ms,
    };
    const enum aws_code code = decide(&visit, forced);

    tell_visit(&visit, code);
    send_answer(&visit, code);
    cJSON_Delete(request);
}

/* --- time --------------------------------------------------------------------------------------- */

static void tell_place(const struct aws_jobs *jobs, struct aws_place place, const char *what)
{
    char state[512];

    write_state(place.execution, state, sizeof state);
    jobs->tell(jobs->context, &(struct aws_event){ .thing = place.execution->thing,
                                                   .what = what,
                                                   .subject = place.job->file.name,
                                                   .detail = state });
}

void aws_jobs_step(const struct aws_jobs *jobs, int64_t now_ms)
{
    struct aws_place place;

    while ((place = aws_overdue(jobs->cloud, now_ms)).job != NULL) {
        (void)aws_move(jobs->cloud, place, AWS_TIMED_OUT, AWS_BY_CLOCK, now_ms);
        tell_place(jobs, place, "time is up");
    }
}

/* --- notifications ------------------------------------------------------------------------------ */

/* What is pending for one thing, begun before queued. */
struct pending {
    struct aws_place places[2 * PENDING_MAX];
    size_t begun;
    size_t count;
};

static void collect(const struct aws_cloud *cloud, const char *thing, struct pending *pending)
{
    size_t queued;

    pending->begun = aws_pending(cloud, thing, AWS_IN_PROGRESS, pending->places, PENDING_MAX);
    if (pending->begun > PENDING_MAX) {
        pending->begun = PENDING_MAX;
    }
    queued = aws_pending(cloud, thing, AWS_QUEUED, pending->places + pending->begun, PENDING_MAX);
    pending->count = pending->begun + (queued < PENDING_MAX ? queued : PENDING_MAX);
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
    send_json(jobs, topic, json);
}

static void add_list(cJSON *object, const char *key, const struct aws_place *places, size_t count)
{
    if (count > 0) {
        (void)cJSON_AddItemToObject(object, key, make_summaries(places, count));
    }
}

static void notify(const struct aws_jobs *jobs, const struct aws_thing *thing,
                   const struct pending *pending, int64_t now_ms)
{
    const size_t shown = pending->count < NOTIFY_MAX ? pending->count : NOTIFY_MAX;
    const size_t begun = pending->begun < shown ? pending->begun : shown;
    cJSON *json = cJSON_CreateObject();
    cJSON *lists;

    add_seconds(json, "timestamp", now_ms);
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

    add_seconds(json, "timestamp", now_ms);
    if (pending->count > 0) {
        add_execution(jobs, json, pending->places[0], true, now_ms);
    }
    send_notification(jobs, thing, "notify-next", json);
    if (pending->count > 0) {
        tell_place(jobs, pending->places[0], "notify-next");
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

int64_t aws_jobs_deadline(const struct aws_jobs *jobs)
{
    int64_t nearest = 0;

    for (const struct aws_document *file = jobs->cloud->jobs; file != NULL; file = file->next) {
        const struct aws_job *job = (const struct aws_job *)file;

        for (const struct aws_execution *at = job->executions; at != NULL; at = at->next) {
            const int64_t deadline = aws_deadline(at);

            if (deadline != 0 && (nearest == 0 || deadline < nearest)) {
                nearest = deadline;
            }
        }
    }
    return nearest;
}
