/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/either.h"

#include <stddef.h>

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct otter_either *either = self;
    const struct otter_job_source *pushed = either->config->pushed;

    either->identity = identity;
    either->chosen = NULL;
    either->is_asking = false;
    return pushed->ops->ask(pushed->self, identity, now_ms);
}

static void stop_asking(struct otter_either *either)
{
    const struct otter_job_source *asked = either->config->asked;

    if (either->is_asking) {
        asked->ops->close(asked->self);
        either->is_asking = false;
    }
}

static enum otter_result ask_server(struct otter_either *either, uint32_t now_ms)
{
    const struct otter_job_source *asked = either->config->asked;

    return either->is_asking ? OTTER_OK : asked->ops->ask(asked->self, either->identity, now_ms);
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_either *either = self;
    const struct otter_either_config *config = either->config;
    enum otter_result result;

    if (config->has_peer(config->pushed->self)) {
        stop_asking(either);
        either->chosen = config->pushed;
        return config->pushed->ops->step(config->pushed->self, now_ms, job);
    }
    either->chosen = config->asked;
    result = ask_server(either, now_ms);
    either->is_asking = result == OTTER_OK;
    return result == OTTER_OK ? config->asked->ops->step(config->asked->self, now_ms, job) : result;
}

static const struct otter_job_source *reader_of(const struct otter_either *either)
{
    return either->chosen != NULL ? either->chosen : either->config->asked;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    const struct otter_job_source *reader = reader_of(self);

    return reader->ops->report(reader->self, identity, report, now_ms);
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    const struct otter_job_source *reader = reader_of(self);

    return reader->ops->report_step(reader->self, now_ms);
}

static void close(void *self)
{
    struct otter_either *either = self;
    const struct otter_either_config *config = either->config;

    config->pushed->ops->close(config->pushed->self);
    config->asked->ops->close(config->asked->self);
    either->chosen = NULL;
    either->is_asking = false;
}

static const char *explain(void *self)
{
    const struct otter_job_source *reader = reader_of(self);

    return reader->ops->explain(reader->self);
}

struct otter_job_source otter_either_source(struct otter_either *either,
                                            const struct otter_either_config *config)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step,
        .report = report,
        .report_step = report_step,
        .close = close,
        .explain = explain,
    };

    *either = (struct otter_either){ .config = config };
    return (struct otter_job_source){ &ops, either };
}
