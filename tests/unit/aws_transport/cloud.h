/* SPDX-License-Identifier: Apache-2.0 */

/** AWS IoT Jobs and streams for one thing, behind a scripted broker, with the faults that a test asks
 * for. It shares no code with the transport. */
#ifndef CLOUD_H
#define CLOUD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scripted_broker.h"

#define CLOUD_JOBS_MAX 4u
#define CLOUD_FILE_MAX 60000u

struct cloud_execution {
    char job[65];
    char status[16];
    char details[512]; /* "": none */
    uint32_t version;
    uint32_t number;
    const char *document; /* the jobDocument */
};

struct cloud {
    struct scripted_broker *broker;
    const char *thing;
    struct cloud_execution executions[CLOUD_JOBS_MAX]; /* those pending, in their order */
    unsigned execution_count;

    /* the stream */
    uint8_t file[CLOUD_FILE_MAX];
    uint32_t size;
    const char *stream;
    bool is_definite;        /* blocks come in definite maps */
    uint32_t loses;          /* seed: every fifth block or so is lost; 0: none */
    int32_t lose_block;      /* this block is lost once; -1: none */
    int32_t twice_block;     /* comes twice */
    int32_t late_block;      /* comes behind the next one */
    int32_t bad_block;       /* comes with a size that is not its own */
    bool is_mute;            /* streams send nothing */
    const char *stream_code; /* every request for blocks is refused with this; NULL: none is */
    bool has_other_token;    /* blocks carry somebody else's client token */

    /* the jobs service */
    unsigned ignores;        /* so many questions for executions or updates are not answered */
    unsigned loses_answers;  /* so many updates are done, and the answer is lost */
    const char *refuse_code; /* the next questions are refused with this ... */
    unsigned refusals;       /* ... so many */
    bool refuses_rejected;   /* from IN_PROGRESS, as the service is thought to do */
    bool stale_first;        /* each answer comes behind one with another client token */

    /* what a test looks at */
    unsigned gets, lean_gets, updates, requests;
    unsigned blocks_sent;
    char last_update[800];
    char last_get[200];
    char last_topic[300];
    char ended[512]; /* "job STATUS {details}\n" for each execution that ended */
    uint8_t last_request[100];
    size_t last_request_size;
    uint32_t outstanding_max;
};

void cloud_init(struct cloud *cloud, struct scripted_broker *broker, const char *thing);

/** Queue a job. */
void cloud_queue(struct cloud *cloud, const char *job, const char *document);

/** Cancel the first execution, and say so. */
void cloud_cancel(struct cloud *cloud);

/** Say which execution is the next one. */
void cloud_notify(struct cloud *cloud);

/** Publish a message for the thing; @p topic is what stands behind "$aws/things/<thing>/". */
void cloud_publish(struct cloud *cloud, const char *topic, const void *bytes, size_t len);

#endif
