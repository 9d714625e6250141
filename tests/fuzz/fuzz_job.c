/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a job document. What is accepted must be a job: terminated texts, a board. */

#include <stdlib.h>
#include <string.h>

#include "otter/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct otter_identity identity = { .board = "b" };
    struct otter_job job;
    const char *field = NULL;
    const enum otter_result result = otter_job_parse((const char *)data, size, &job, &field);

    demand((result == OTTER_ERR_JOB_FIELD) == (field[0] != '\0'));
    (void)otter_job_has_message((const char *)data, size, "Result Received");
    if (result != OTTER_OK) {
        return 0;
    }
    demand(memchr(job.board, '\0', sizeof job.board) != NULL && job.board[0] != '\0');
    demand(memchr(job.product, '\0', sizeof job.product) != NULL);
    demand(memchr(job.host, '\0', sizeof job.host) != NULL);
    demand(memchr(job.file, '\0', sizeof job.file) != NULL);
    demand(!job.has_size || job.size > 0);
    (void)otter_job_check(&job, &identity);
    return 0;
}
