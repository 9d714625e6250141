/* SPDX-License-Identifier: Apache-2.0 */

/** What the stand-in does wrong on purpose, so that devices can show what they are made of. Chance is
 * drawn from a seed: the same requests meet the same faults. */
#ifndef OTTER_TOOL_AWS_FAULTS_H
#define OTTER_TOOL_AWS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws_answer.h"
#include "command.h"

struct aws_faults {
    uint32_t seed;
    /* percent of blocks */
    uint32_t lose;
    uint32_t repeat;
    uint32_t swap; /* with the one before */
    uint32_t corrupt;
    uint32_t delay;
    uint32_t wrong_file;
    uint32_t wrong_length;
    uint32_t stale_token;
    uint32_t delay_ms;
    uint32_t silent_after; /* so many blocks; 0: never */
    uint32_t lose_jobs;    /* percent of the messages of Jobs */
    bool is_definite;      /* of streams, all messages */
    bool is_other_order;   /* and of Jobs */
    /* requests that are refused: the first so many of streams, of jobs; 0: all */
    enum aws_code reject;
    enum aws_code reject_jobs;
    uint32_t reject_first;
    /* of pre-signed URLs */
    uint32_t url_seconds;   /* they live so long; 0: as their job says */
    uint32_t http_break;    /* an answer ends after so many bytes; 0: whole */
    uint32_t http_status;   /* every request comes to this; 0: what it deserves */
    bool is_http_whole;     /* 200 and everything, whatever range was asked for */
    const char *http_other; /* a file to send in place of the right one; NULL: none */
};

/** Print a line for each fault. */
void aws_faults_print(void);

/** Read "lose=20", "definite" ... @return false after telling the user what is wrong */
bool aws_faults_read(const struct option_list *list, struct aws_faults *faults);

/** One draw: true in @p percent of all cases. */
bool aws_faults_strike(struct aws_faults *faults, uint32_t percent);

#endif
