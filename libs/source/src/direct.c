/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/direct.h"

#include <stddef.h>

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)now_ms;
    return OTTER_OK;
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    const struct otter_direct *direct = self;

    (void)now_ms;
    *job = *direct->place;
    job->is_direct = true;
    job->is_versionless = true;
    job->is_unread = true;
    return OTTER_OK;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    const struct otter_job_source *reports = ((const struct otter_direct *)self)->reports;

    return reports == NULL ? OTTER_OK
                           : reports->ops->report(reports->self, identity, report, now_ms);
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    const struct otter_job_source *reports = ((const struct otter_direct *)self)->reports;

    return reports == NULL ? OTTER_OK : reports->ops->report_step(reports->self, now_ms);
}

static void close(void *self)
{
    const struct otter_job_source *reports = ((const struct otter_direct *)self)->reports;

    if (reports != NULL) {
        reports->ops->close(reports->self);
    }
}

static const char *explain(void *self)
{
    const struct otter_job_source *reports = ((const struct otter_direct *)self)->reports;

    return reports == NULL ? "" : reports->ops->explain(reports->self);
}

struct otter_job_source otter_direct_source(struct otter_direct *direct,
                                            const struct otter_job *place,
                                            const struct otter_job_source *reports)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step,
        .report = report,
        .report_step = report_step,
        .close = close,
        .explain = explain,
    };

    *direct = (struct otter_direct){ .place = place, .reports = reports };
    return (struct otter_job_source){ &ops, direct };
}
