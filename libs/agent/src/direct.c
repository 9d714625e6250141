/* SPDX-License-Identifier: Apache-2.0 */

/* Direct flow: no document says what the image is, so its own header is read first. Only when that
 * offers something new is anything erased; a device that finds the version that it runs has cost
 * one chunk and no wear. The header proves nothing, but neither does a job: the signature decides. */

#include <string.h>

#include "internal.h"

bool otter_agent_awaits_head(const struct otter_agent *agent)
{
    return agent->job.is_unread && agent->writer.total == 0 && !agent->is_bundle;
}

enum otter_result otter_agent_learn_version(struct otter_agent *agent,
                                            const struct otter_version *version)
{
    enum otter_result result;

    agent->job.version = *version;
    agent->job.is_unread = false;
    result = otter_agent_judge_job(agent);
    /* What just lies there is offered to all devices, also to those that have it. */
    return result == OTTER_ERR_JOB_NOT_NEWER && agent->job.is_direct && !agent->job.is_pushed
               ? OTTER_NO_UPDATE
               : result;
}

static void gather(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    const size_t known = agent->head_len - chunk->offset;
    const size_t room = sizeof agent->head - agent->head_len;
    size_t len;

    if (chunk->len <= known) {
        return;
    }
    len = chunk->len - known < room ? chunk->len - known : room;
    memcpy(agent->head + agent->head_len, chunk->bytes + known, len);
    agent->head_len = (uint8_t)(agent->head_len + len);
}

enum otter_result otter_agent_take_head(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    struct otter_image_header header;
    enum otter_result result;

    if (chunk->offset <= agent->head_len) {
        gather(agent, chunk);
    }
    if (agent->head_len < sizeof agent->head) {
        return OTTER_AGAIN;
    }
    result = otter_image_parse_header(agent->head, &header);
    return result == OTTER_OK ? otter_agent_learn_version(agent, &header.version) : result;
}
