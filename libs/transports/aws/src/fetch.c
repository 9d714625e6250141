/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: the execution is started, its files are fetched one behind the other, and the
 * progress is told on the way.
 *
 * Each time it is opened over a new connection the service is asked first whether the execution is still
 * the one that it wants: it may have been cancelled meanwhile, and a pre-signed URL lives for minutes
 * only. While bytes come, a notification says the same at once. */

#include "connection.h"
#include "exchange.h"
#include "otter/log.h"
#include "stream.h"
#include "url.h"

enum fetch {
    FETCH_OPENED,
    FETCH_CHECKING, /* whether the execution is still wanted */
    FETCH_STARTING, /* it, or telling that it goes on */
    FETCH_RUNNING,
};

static void close_file(struct otter_aws_transport *transport)
{
    const struct otter_data_source *http = transport->config->http;

    if (transport->is_fetching_http) {
        http->ops->close(http->self);
    }
    transport->is_fetching_http = false;
    transport->is_fetching_stream = false;
    otter_aws_rest(transport);
}

/* The files ---------------------------------------------------------------------------------- */

static bool uses_http(const struct otter_aws_transport *transport)
{
    const struct otter_aws_execution *execution = &transport->execution;

    return execution->offers_http && (transport->config->prefer_http || !execution->offers_mqtt);
}

/* Which file holds the byte at @p offset of the whole? */
static void find_file(struct otter_aws_transport *transport, uint32_t offset)
{
    const struct otter_aws_execution *execution = &transport->execution;

    transport->file = 0;
    transport->file_start = 0;
    while (transport->file + 1 < execution->file_count
           && offset - transport->file_start >= execution->files[transport->file].size) {
        transport->file_start += execution->files[transport->file].size;
        transport->file++;
    }
}

static uint32_t total_of(const struct otter_aws_transport *transport)
{
    uint32_t total = 0;

    for (uint8_t i = 0; i < transport->execution.file_count; i++) {
        total += transport->execution.files[i].size;
    }
    return total;
}

static uint8_t percent_of(const struct otter_aws_transport *transport)
{
    return (uint8_t)(transport->reached / (total_of(transport) / 100 + 1));
}

/* @return OTTER_OK: `http_job` says where the present file is */
static enum otter_result read_place(struct otter_aws_transport *transport)
{
    const struct otter_aws_execution *execution = &transport->execution;
    struct otter_job *job = &transport->http_job;

    if (!otter_aws_read_url(execution->places[transport->file].url, job)) {
        otter_aws_set_detail(transport, "update_data_url", "");
        return OTTER_ERR_JOB_FIELD;
    }
    if (transport->config->client->secure && job->connection == OTTER_JOB_CONNECTION_HTTP) {
        otter_aws_set_detail(transport, "a job that came over TLS does not lead into the clear",
                             "");
        return OTTER_ERR_JOB_REDIRECT;
    }
    job->has_size = true;
    job->size = execution->files[transport->file].size;
    return OTTER_OK;
}

static enum otter_result open_http(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_data_source *http = transport->config->http;
    enum otter_result result = read_place(transport);

    if (result != OTTER_OK) {
        return result;
    }
    result = http->ops->open(http->self, transport->identity, &transport->http_job, now_ms);
    transport->is_fetching_http = result == OTTER_OK;
    if (result != OTTER_OK) {
        otter_aws_set_detail(transport, http->ops->explain(http->self), "");
    }
    return result;
}

static enum otter_result open_file(struct otter_aws_transport *transport, uint32_t offset,
                                   uint32_t now_ms)
{
    close_file(transport);
    find_file(transport, offset);
    if (uses_http(transport)) {
        return open_http(transport, now_ms);
    }
    transport->is_fetching_stream = true;
    otter_aws_open_window(transport, now_ms);
    return OTTER_OK;
}

/* The missing range, as far as it lies in the present file. */
static struct otter_range in_file(const struct otter_aws_transport *transport,
                                  const struct otter_range *missing)
{
    const uint32_t offset = missing->offset - transport->file_start;
    const uint32_t left = transport->execution.files[transport->file].size - offset;

    return (struct otter_range){
        .offset = offset,
        .length = missing->length < left ? missing->length : left,
    };
}

static bool is_open_for(const struct otter_aws_transport *transport, uint32_t offset)
{
    return (transport->is_fetching_http || transport->is_fetching_stream)
           && offset >= transport->file_start
           && offset - transport->file_start < transport->execution.files[transport->file].size;
}

/* Beginning ---------------------------------------------------------------------------------- */

static enum otter_result check_again(struct otter_aws_transport *transport)
{
    close_file(transport);
    otter_aws_ask(transport);
    transport->fetch = FETCH_CHECKING;
    return OTTER_AGAIN;
}

static enum otter_result start(struct otter_aws_transport *transport)
{
    find_file(transport, transport->reached);
    otter_aws_tell(transport, AWS_MOMENT_PROGRESS);
    transport->fetch = FETCH_STARTING;
    return OTTER_AGAIN;
}

static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    struct otter_aws_transport *transport = self;
    const enum otter_result result = otter_aws_connect(transport, now_ms);

    (void)job;
    transport->identity = identity;
    transport->is_renewed = false;
    transport->fetch = FETCH_OPENED;
    return result;
}

/* ---- the steps of a transfer, each until it is done ---- */

static enum otter_result begin(struct otter_aws_transport *transport)
{
    return transport->is_fresh ? start(transport) : check_again(transport);
}

static enum otter_result run_check(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const enum otter_result result = otter_aws_pursue(transport, now_ms);

    if (result != OTTER_OK) {
        return result;
    }
    if (!transport->execution.exists || !transport->is_same) {
        otter_aws_set_detail(transport, "another job is wanted now, or none", "");
        return OTTER_ERR_JOB_CANCELLED;
    }
    return transport->document == OTTER_OK ? start(transport) : transport->document;
}

static enum otter_result run_start(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const enum otter_result result = otter_aws_pursue(transport, now_ms);

    if (result != OTTER_OK) {
        return result;
    }
    transport->fetch = FETCH_RUNNING;
    transport->told_percent = percent_of(transport);
    return OTTER_AGAIN;
}

/* Running ------------------------------------------------------------------------------------- */

static void tell_progress(struct otter_aws_transport *transport)
{
    const uint8_t step = transport->config->progress_percent;
    const uint8_t percent = percent_of(transport);

    if (step != 0 && percent >= transport->told_percent + step
        && !otter_aws_has_question(transport)) {
        transport->told_percent = percent;
        otter_aws_tell(transport, AWS_MOMENT_PROGRESS);
    }
}

/* Whether a word about the progress comes through does not matter, unless its answer says that nobody
 * wants to hear it. */
static enum otter_result pursue_progress(struct otter_aws_transport *transport, uint32_t now_ms)
{
    return otter_aws_has_question(transport)
                   && otter_aws_pursue(transport, now_ms) == OTTER_ERR_JOB_CANCELLED
               ? OTTER_ERR_JOB_CANCELLED
               : OTTER_OK;
}

/* The document that is there may help: with a new URL, or a stream that lives. If it does not, and no
 * byte came since, the failure stands. */
static enum otter_result renew_or_fail(struct otter_aws_transport *transport,
                                       enum otter_result result)
{
    if (transport->is_renewed) {
        return result;
    }
    transport->is_renewed = true;
    otter_log(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, "asking for the job's document anew");
    return check_again(transport);
}

static enum otter_result step_stream(struct otter_aws_transport *transport, uint32_t now_ms,
                                     const struct otter_range *range)
{
    const enum otter_result refusal = transport->refusal;

    if (refusal != OTTER_OK) {
        transport->is_fresh = false;
        return refusal == OTTER_ERR_NOT_FOUND ? renew_or_fail(transport, refusal) : refusal;
    }
    if (transport->left == 0) {
        const enum otter_result result = otter_aws_ask_blocks(transport, range, now_ms);

        return result == OTTER_OK ? OTTER_AGAIN : result;
    }
    return OTTER_OK;
}

/* S3 says 403 or 400 when the URL has expired. */
static bool may_have_expired(enum otter_result result)
{
    return result == OTTER_ERR_REFUSED || result == OTTER_ERR_NOT_FOUND;
}

static enum otter_result step_http(struct otter_aws_transport *transport, uint32_t now_ms,
                                   const struct otter_range *range, struct otter_chunk *chunk)
{
    const struct otter_data_source *http = transport->config->http;
    const enum otter_result result = http->ops->step(http->self, now_ms, range, chunk);

    if (result == OTTER_OK || result == OTTER_AGAIN) {
        return result;
    }
    otter_aws_set_detail(transport, http->ops->explain(http->self), "");
    return may_have_expired(result) ? renew_or_fail(transport, OTTER_ERR_NOT_FOUND) : result;
}

static enum otter_result fetch_bytes(struct otter_aws_transport *transport, uint32_t now_ms,
                                     const struct otter_range *missing, struct otter_chunk *chunk)
{
    const struct otter_range range = in_file(transport, missing);
    enum otter_result result;

    if (transport->is_fetching_http) {
        result = step_http(transport, now_ms, &range, chunk);
        chunk->offset += transport->file_start;
    } else {
        result = step_stream(transport, now_ms, &range);
        *chunk = (struct otter_chunk){
            .offset = transport->offset,
            .bytes = transport->bytes,
            .len = transport->left,
        };
    }
    chunk->total = total_of(transport);
    return result;
}

static enum otter_result run(struct otter_aws_transport *transport, uint32_t now_ms,
                             const struct otter_range *missing, struct otter_chunk *chunk)
{
    enum otter_result result = pursue_progress(transport, now_ms);

    if (result == OTTER_OK && !is_open_for(transport, missing->offset)) {
        result = open_file(transport, missing->offset, now_ms);
    }
    if (result == OTTER_OK) {
        tell_progress(transport);
        result = fetch_bytes(transport, now_ms, missing, chunk);
    }
    if (result == OTTER_OK) {
        transport->is_renewed = false;
    }
    return result;
}

static enum otter_result advance(struct otter_aws_transport *transport, uint32_t now_ms,
                                 const struct otter_range *missing, struct otter_chunk *chunk)
{
    switch (transport->fetch) {
    case FETCH_OPENED:
        return begin(transport);
    case FETCH_CHECKING:
        return run_check(transport, now_ms);
    case FETCH_STARTING:
        return run_start(transport, now_ms);
    default:
        return run(transport, now_ms, missing, chunk);
    }
}

static enum otter_result step(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk)
{
    struct otter_aws_transport *transport = self;
    const enum otter_result result = otter_aws_converse(transport, now_ms);

    transport->reached = missing->offset;
    if (result != OTTER_OK) {
        return result;
    }
    if (transport->is_stale) {
        return check_again(transport);
    }
    if (transport->is_cancelled) {
        otter_aws_set_detail(transport, "another job is wanted now, or none", "");
        return OTTER_ERR_JOB_CANCELLED;
    }
    return advance(transport, now_ms, missing, chunk);
}

static void take(void *self, size_t len)
{
    struct otter_aws_transport *transport = self;
    const struct otter_data_source *http = transport->config->http;

    if (transport->is_fetching_http) {
        http->ops->take(http->self, len);
        return;
    }
    transport->bytes += len;
    transport->left -= len;
    transport->offset += (uint32_t)len;
}

static void close(void *self)
{
    struct otter_aws_transport *transport = self;

    close_file(transport);
    otter_aws_forget_question(transport);
}

struct otter_data_source otter_aws_data_source(struct otter_aws_transport *transport)
{
    static const struct otter_data_source_ops ops = {
        .open = open,
        .step = step,
        .take = take,
        .close = close,
        .explain = otter_aws_explain,
    };

    return (struct otter_data_source){ &ops, transport };
}
