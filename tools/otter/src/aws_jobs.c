/* SPDX-License-Identifier: Apache-2.0 */

/* Requests to Jobs. One comes as a visit, is checked, done, and answered; an operation is a row of a
 * table. */

#include "aws_jobs.h"

#include <string.h>

#include "aws_objects.h"
#include "aws_values.h"
#include "json.h"

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

static const cJSON *get(const struct visit *visit, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(visit->request, key);
}

static enum aws_code refuse(struct visit *visit, const char *message)
{
    visit->message = message;
    return AWS_INVALID_REQUEST;
}

/* --- operations --------------------------------------------------------------------------------- */

static enum aws_code get_pending(struct visit *visit)
{
    static const struct {
        enum aws_status status;
        const char *key;
    } lists[] = { { AWS_IN_PROGRESS, "inProgressJobs" }, { AWS_QUEUED, "queuedJobs" } };
    struct aws_place places[AWS_PENDING_MAX];

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const size_t count = aws_pending(visit->jobs->cloud, visit->topic->thing, lists[i].status,
                                         places, AWS_PENDING_MAX);

        (void)cJSON_AddItemToObject(
            visit->answer, lists[i].key,
            aws_make_summaries(places, count < AWS_PENDING_MAX ? count : AWS_PENDING_MAX));
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

    if (!aws_has_valid_details(visit->request)) {
        return refuse(visit, "statusDetails are not valid");
    }
    if (!aws_read_step_timeout(visit->request, &step_minutes)) {
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
    aws_add_execution(visit->jobs, visit->answer, visit->place, true, visit->now_ms);
    return AWS_ACCEPTED;
}

/* Of the job that the topic names, the run that the request names, or else the latest. */
static enum aws_code find_named(struct visit *visit)
{
    double number;

    if (!aws_read_number(get(visit, "executionNumber"), &number) || number < 0 || number > 1e15) {
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

    if (!aws_has_valid_flag(visit->request, "includeJobDocument")) {
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
    aws_add_execution(visit->jobs, visit->answer, visit->place,
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
    if (!aws_has_valid_details(visit->request)) {
        return refuse(visit, "statusDetails are not valid");
    }
    update->has_version = get(visit, "expectedVersion") != NULL;
    if (!aws_read_number(get(visit, "expectedVersion"), &update->version)) {
        return refuse(visit, "expectedVersion is no number");
    }
    if (!aws_read_step_timeout(visit->request, &update->step_minutes)) {
        return refuse(visit, "stepTimeoutInMinutes is not valid");
    }
    if (!aws_has_valid_flag(visit->request, "includeJobExecutionState")
        || !aws_has_valid_flag(visit->request, "includeJobDocument")) {
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
        aws_add_state(visit->answer, visit->place.execution);
    }
    if (cJSON_IsTrue(get(visit, "includeJobDocument"))) {
        aws_add_document(visit->jobs, visit->answer, visit->place.job);
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
    if (token != NULL && aws_has_valid_token(visit->request)) {
        (void)cJSON_AddStringToObject(visit->answer, "clientToken", token->valuestring);
    }
    aws_add_seconds(visit->answer, "timestamp", visit->now_ms);
    if (code != AWS_ACCEPTED && visit->wants_state) {
        aws_add_state(visit->answer, visit->place.execution);
    }
    aws_topic_answer(visit->topic, code == AWS_ACCEPTED ? "accepted" : "rejected", topic);
    aws_send_json(visit->jobs, topic, visit->answer);
    visit->answer = NULL;
}

static void tell_visit(const struct visit *visit, enum aws_code code)
{
    char state[512] = "no job is pending";
    const char *detail = visit->message != NULL ? visit->message : aws_code_message(code);
    const char *subject = visit->topic->subject;

    if (visit->place.job != NULL) {
        subject = visit->place.job->file.name;
        aws_write_state(visit->place.execution, state, sizeof state);
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
    if (!aws_has_valid_token(visit->request)) {
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

void aws_jobs_step(const struct aws_jobs *jobs, int64_t now_ms)
{
    struct aws_place place;

    while ((place = aws_overdue(jobs->cloud, now_ms)).job != NULL) {
        (void)aws_move(jobs->cloud, place, AWS_TIMED_OUT, AWS_BY_CLOCK, now_ms);
        aws_tell_place(jobs, place, "time is up");
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
