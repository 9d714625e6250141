/* SPDX-License-Identifier: Apache-2.0 */

/** What the stand-in for AWS IoT knows: things, streams, jobs, and what became of each job on each
 * thing. The rules of job executions are here: who may change their state to what, which is next,
 * what happens when time is up. No messages, no files.
 *
 * Times are milliseconds since 1970, 0 for "not yet" or "never". */
#ifndef OTTER_TOOL_AWS_CLOUD_H
#define OTTER_TOOL_AWS_CLOUD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define AWS_NAME_SIZE   129 /* the longest name of a thing or a stream, terminated */
#define AWS_JOB_ID_SIZE 65

/** Files of a stream, and bytes in one. */
#define AWS_STREAM_FILES_MAX 50
#define AWS_FILE_SIZE_MAX    0x1800000u

/** Limits of time-outs in minutes, and of retries of one execution. */
#define AWS_MINUTES_MAX 10080u
#define AWS_RETRIES_MAX 10u

enum aws_status {
    AWS_QUEUED,
    AWS_IN_PROGRESS,
    AWS_SUCCEEDED,
    AWS_FAILED,
    AWS_TIMED_OUT,
    AWS_REJECTED,
    AWS_REMOVED,
    AWS_CANCELED,
    AWS_STATUSES
};

/** Who wants to change the status of an execution. */
enum aws_actor {
    AWS_BY_DEVICE,
    AWS_BY_LENIENT_DEVICE, /* that may also reject what it has begun */
    AWS_BY_CLOCK,
    AWS_BY_OPERATOR,
    AWS_BY_FORCING_OPERATOR,
    AWS_BY_GROUP, /* the thing is not a target any more */
};

/** What each of the documents in the folder has. */
struct aws_document {
    struct aws_document *next;
    char name[AWS_NAME_SIZE]; /* of the file, without ".json" */
    bool is_changed;          /* to be written */
    bool is_there;            /* was seen in the folder when we last looked */
    /* of the file, as we know it */
    struct timespec modified;
    off_t size;
    ino_t inode;
};

struct aws_thing {
    struct aws_document file;
    /* Job executions that the thing was told of last ("JOB#NUMBER"), to know when to tell it again. */
    cJSON *told;
    char told_next[AWS_JOB_ID_SIZE + 21]; /* "": there was none */
};

struct aws_stream_file {
    uint32_t id;
    char path[256]; /* in the folder */
};

struct aws_stream {
    struct aws_document file;
    uint32_t version;
    char description[256];
    char job[AWS_JOB_ID_SIZE]; /* that it was made for and goes with; "": none */
    struct aws_stream_file files[AWS_STREAM_FILES_MAX];
    size_t file_count;
};

/** One job on one thing. */
struct aws_execution {
    struct aws_execution
        *next; /* of the same job; those of one thing come in the order of number */
    char thing[AWS_NAME_SIZE];
    enum aws_status status;
    cJSON *details; /* an object of texts; NULL: none */
    int64_t queued_ms;
    int64_t started_ms;
    int64_t updated_ms;
    int64_t ends_ms;      /* of the in-progress timer */
    int64_t step_ends_ms; /* of the step timer */
    uint64_t version;
    uint64_t number;
};

struct aws_job {
    struct aws_document file;
    cJSON *document; /* what devices get; URLs are still placeholders */
    int64_t created_ms;
    uint32_t timeout_minutes; /* 0: none */
    uint32_t retries_failed;
    uint32_t retries_timed_out;
    uint32_t url_seconds; /* life of a URL in its documents */
    bool is_canceled;
    struct aws_execution *executions;
};

struct aws_cloud {
    struct aws_document *things;
    struct aws_document *streams;
    struct aws_document *jobs;
    int64_t minute_ms; /* how long a minute is; 60,000 but in tests */
};

/** "IN_PROGRESS". */
const char *aws_status_name(enum aws_status status);

/** @return AWS_STATUSES: there is no such status */
enum aws_status aws_status_find(const char *name);

bool aws_status_is_terminal(enum aws_status status);

/** A name of a thing: 1 to 128 of [a-zA-Z0-9:_-]; of a job or a stream: the same without ':'. */
bool aws_is_thing_name(const char *name);
bool aws_is_id(const char *name, size_t longest);

struct aws_thing *aws_find_thing(const struct aws_cloud *cloud, const char *name);
struct aws_stream *aws_find_stream(const struct aws_cloud *cloud, const char *name);
struct aws_job *aws_find_job(const struct aws_cloud *cloud, const char *id);

/** The execution of @p job on @p thing with that number, or the latest one for 0; NULL: none. */
struct aws_execution *aws_find_execution(const struct aws_job *job, const char *thing,
                                         uint64_t number);

/** One execution together with its job. */
struct aws_place {
    struct aws_job *job; /* NULL: there is no such execution */
    struct aws_execution *execution;
};

/** The execution that `$next` stands for: begun before queued, then the one that waits longest. */
struct aws_place aws_next(const struct aws_cloud *cloud, const char *thing);

/** Pending executions of @p thing in one state, in that order. @return how many there are, which may
 * be more than the @p room that was filled */
size_t aws_pending(const struct aws_cloud *cloud, const char *thing, enum aws_status status,
                   struct aws_place *places, size_t room);

/** Queue @p job for @p thing. @return false if there is no memory */
bool aws_queue(struct aws_job *job, const char *thing, uint64_t number, int64_t now_ms);

/** Put an execution behind the others of its job, which owns it from now on. */
void aws_append(struct aws_job *job, struct aws_execution *execution);

/** May an execution go from one status to the other? */
bool aws_may_move(enum aws_status from, enum aws_status to, enum aws_actor actor);

/** Change the status: version, times and timers with it, and queue a retry if one is due.
 *
 *  @return false if @p actor may not do that; nothing has changed then */
bool aws_move(const struct aws_cloud *cloud, struct aws_place place, enum aws_status to,
              enum aws_actor actor, int64_t now_ms);

/** Start the step timer again, or stop it for -1; it never outlasts the in-progress timer. */
void aws_set_step_timer(const struct aws_cloud *cloud, struct aws_execution *execution, int minutes,
                        int64_t now_ms);

/** When the running timer of an execution ends; 0: none runs. */
int64_t aws_deadline(const struct aws_execution *execution);

/** An execution whose time is up; .job is NULL if there is none. */
struct aws_place aws_overdue(const struct aws_cloud *cloud, int64_t now_ms);

/** May the job be deleted without force: has each of its executions ended? */
bool aws_job_has_ended(const struct aws_job *job);

/** "IN_PROGRESS", "COMPLETED" or "CANCELED". */
const char *aws_job_status(const struct aws_job *job);

/** Give up what a thing, stream or job holds, and itself. */
void aws_thing_free(struct aws_document *document);
void aws_stream_free(struct aws_document *document);
void aws_job_free(struct aws_document *document);

#endif
