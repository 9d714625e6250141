/* SPDX-License-Identifier: Apache-2.0 */

#include "fake_sources.h"

#include "suites.h"

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct fake_jobs *jobs = self;

    (void)now_ms;
    assert_non_null(identity->board);
    jobs->manufacturer = identity->manufacturer;
    jobs->asks++;
    jobs->silence = jobs->silent_steps;
    return OTTER_OK;
}

static enum otter_result ask_step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct fake_jobs *jobs = self;

    (void)now_ms;
    if (jobs->silence > 0) {
        jobs->silence--;
        return OTTER_AGAIN;
    }
    if (jobs->failing_asks > 0) {
        jobs->failing_asks--;
        return jobs->failure;
    }
    *job = jobs->job;
    return jobs->answer;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *content, uint32_t now_ms)
{
    struct fake_jobs *jobs = self;

    (void)identity;
    (void)now_ms;
    if (jobs->failing_reports > 0) {
        jobs->failing_reports--;
        return jobs->failure;
    }
    assert_in_range(jobs->report_count, 0, FAKE_REPORTS_MAX - 1);
    jobs->reports[jobs->report_count++] = *content;
    return OTTER_OK;
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    (void)self;
    (void)now_ms;
    return OTTER_OK;
}

static void close_jobs(void *self)
{
    struct fake_jobs *jobs = self;

    jobs->closes++;
}

static const char *explain(void *self)
{
    (void)self;
    return "the fake says so";
}

void fake_jobs_init(struct fake_jobs *jobs, struct otter_job_source *source)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = ask_step,
        .report = report,
        .report_step = report_step,
        .close = close_jobs,
        .explain = explain,
    };

    *jobs = (struct fake_jobs){ .answer = OTTER_NO_UPDATE, .failure = OTTER_ERR_LINK };
    *source = (struct otter_job_source){ .ops = &ops, .self = jobs };
}

static enum otter_result open_data(void *self, const struct otter_identity *identity,
                                   const struct otter_job *job, uint32_t now_ms)
{
    struct fake_data *data = self;

    (void)identity;
    (void)job;
    (void)now_ms;
    data->opens++;
    data->pieces = 0;
    if (data->failing_opens > 0) {
        data->failing_opens--;
        return data->failure;
    }
    return OTTER_OK;
}

/* Where the next piece comes from: one before the first missing byte up to some behind it. */
static uint32_t choose_offset(struct fake_data *data, uint32_t missing)
{
    uint32_t offset;

    if (data->disorder == 0) {
        return missing;
    }
    data->disorder = data->disorder * 1664525 + 1013904223;
    offset = missing / data->piece * data->piece + (data->disorder >> 16) % 6 * data->piece;
    offset = offset > data->piece ? offset - data->piece : 0;
    return offset < data->size ? offset : missing;
}

static enum otter_result data_step(void *self, uint32_t now_ms, const struct otter_range *missing,
                                   struct otter_chunk *chunk)
{
    struct fake_data *data = self;
    uint32_t offset;
    uint32_t left;

    (void)now_ms;
    if (data->drops > 0 && data->pieces == data->drop_after) {
        data->drops--;
        return data->failure;
    }
    if (missing->offset >= data->size) {
        return OTTER_AGAIN;
    }
    data->pieces++;
    offset = choose_offset(data, missing->offset);
    left = data->size - offset;
    *chunk = (struct otter_chunk){
        .offset = offset,
        .bytes = data->file + offset,
        .len = left < data->piece ? left : data->piece,
        .total = data->total,
    };
    if (data->mangle != NULL && data->mangles > 0) {
        data->mangles--;
        return data->mangle(data, chunk);
    }
    return OTTER_OK;
}

static void take(void *self, size_t len)
{
    struct fake_data *data = self;

    data->taken += (unsigned)len;
}

static void close_data(void *self)
{
    struct fake_data *data = self;

    data->closes++;
}

void fake_data_init(struct fake_data *data, struct otter_data_source *source)
{
    static const struct otter_data_source_ops ops = {
        .open = open_data,
        .step = data_step,
        .take = take,
        .close = close_data,
        .explain = explain,
    };

    *data = (struct fake_data){ .piece = 100, .failure = OTTER_ERR_LINK };
    *source = (struct otter_data_source){ .ops = &ops, .self = data };
}
