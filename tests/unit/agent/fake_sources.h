/* SPDX-License-Identifier: Apache-2.0 */

/** A job source and a data source that follow a script: fakes at the interface that the transports
 * implement. */
#ifndef FAKE_SOURCES_H
#define FAKE_SOURCES_H

#include <stdbool.h>

#include "otter/source.h"

#define FAKE_REPORTS_MAX 32u

struct fake_jobs {
    struct otter_job job;     /* what is offered ... */
    enum otter_result answer; /* ... if this is OTTER_OK */
    unsigned silent_steps;    /* before each answer */
    unsigned failing_asks;    /* connections that fail before one succeeds */
    unsigned failing_reports;
    enum otter_result failure; /* how they fail */

    struct otter_report reports[FAKE_REPORTS_MAX];
    unsigned report_count;
    const char *manufacturer; /* as the last question said */
    unsigned asks;
    unsigned closes;
    unsigned silence; /* steps left */
};

struct fake_data {
    const uint8_t *file;
    uint32_t size;  /* bytes delivered before the source has no more */
    uint32_t total; /* what the pieces announce */
    uint32_t piece; /* bytes in a piece */

    uint32_t disorder; /* seed: pieces are lost, come twice and before their turn; 0: they do not */

    /* The link is lost after this many pieces of a connection, this many times. */
    unsigned drop_after;
    unsigned drops;
    unsigned failing_opens;
    enum otter_result failure;

    /* If set, may change a piece or the result of a step. */
    enum otter_result (*mangle)(struct fake_data *data, struct otter_chunk *chunk);
    unsigned mangles; /* how often it still does */

    unsigned opens;
    unsigned closes;
    unsigned pieces; /* of this connection */
    unsigned taken;
};

void fake_jobs_init(struct fake_jobs *jobs, struct otter_job_source *source);
void fake_data_init(struct fake_data *data, struct otter_data_source *source);

#endif
