/* SPDX-License-Identifier: Apache-2.0 */

/* Pauses: intervals, and the back-off after failures of the connection. */

#include "internal.h"

/* The AnyCloud library's documented values. It knows no longest pause; an hour is ours. */
const struct otter_agent_timing otter_agent_default_timing = {
    .initial_check_s = 60,
    .next_check_interval_s = 86400,
    .retry_interval_s = 5,
    .retry_interval_max_s = 3600,
    .job_check_time_s = 30,
    .data_check_time_s = 1200,
    .packet_interval_s = 60,
    .connect_retries = 3,
    .max_download_tries = 3,
};

/* Only a peer that falls silent is waited for no longer than over other transports. */
const struct otter_agent_timing otter_agent_pushed_timing = {
    .packet_interval_s = 60,
    .connect_retries = 1,
    .max_download_tries = 1,
};

static bool is_a_number_of_tries(uint32_t tries)
{
    return tries > 0 && tries <= OTTER_AGENT_TRIES_MAX;
}

bool otter_agent_timing_is_valid(const struct otter_agent_timing *timing)
{
    return timing->initial_check_s <= OTTER_AGENT_INTERVAL_MAX_S
           && timing->next_check_interval_s <= OTTER_AGENT_INTERVAL_MAX_S
           && timing->retry_interval_s <= timing->retry_interval_max_s
           && timing->retry_interval_max_s <= OTTER_AGENT_INTERVAL_MAX_S
           && timing->job_check_time_s <= OTTER_AGENT_INTERVAL_MAX_S
           && timing->data_check_time_s <= OTTER_AGENT_INTERVAL_MAX_S
           && timing->packet_interval_s <= OTTER_AGENT_INTERVAL_MAX_S
           && is_a_number_of_tries(timing->connect_retries)
           && is_a_number_of_tries(timing->max_download_tries);
}

bool otter_agent_has_passed(uint32_t since_ms, uint32_t now_ms, uint32_t limit_s)
{
    return limit_s != 0 && now_ms - since_ms >= 1000 * limit_s;
}

void otter_agent_pause(struct otter_agent *agent, uint32_t now_ms, uint32_t pause_ms)
{
    agent->paused_at_ms = now_ms;
    agent->pause_ms = pause_ms;
}

uint32_t otter_agent_pause_left(const struct otter_agent *agent, uint32_t now_ms)
{
    const uint32_t passed = now_ms - agent->paused_at_ms;

    return passed < agent->pause_ms ? agent->pause_ms - passed : 0;
}

static uint32_t doubled(uint32_t interval_s, uint32_t limit_s, uint8_t times)
{
    while (times-- > 0 && interval_s < limit_s) {
        interval_s *= 2;
    }
    return interval_s < limit_s ? interval_s : limit_s;
}

uint32_t otter_agent_back_off_ms(const struct otter_agent *agent, uint8_t failures)
{
    const struct otter_agent_config *config = agent->config;
    const uint32_t longest_ms =
        1000
        * doubled(config->timing.retry_interval_s, config->timing.retry_interval_max_s,
                  (uint8_t)(failures - 1));
    const uint32_t half_ms = longest_ms / 2;

    return half_ms + config->hooks->random(config->hooks_context) % (longest_ms - half_ms + 1);
}
