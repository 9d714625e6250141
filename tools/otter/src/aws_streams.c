/* SPDX-License-Identifier: Apache-2.0 */

/* Streams. A request becomes a batch: the open file and the numbers of its blocks, after the faults
 * have been at them. A batch is sent to its end even if its job is cancelled or its stream deleted in
 * the meantime: what was asked for before that may arrive after it, and devices must bear that. */

#include "aws_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE_MIN 256u
#define BLOCK_SIZE_MAX 131072u
#define BLOCKS_MAX     98304u
#define STALE_TOKEN    "stale"

/* One block of a batch, and what goes wrong with it. */
struct planned {
    uint32_t index;
    bool is_delayed;
};

struct aws_batch {
    struct aws_batch *next;
    struct aws_topic topic;
    bool has_token;
    char token[AWS_TOKEN_MAX + 1];
    int file;
    uint32_t file_id;
    uint32_t block_size;
    int64_t due_ms;
    size_t count;
    size_t sent;
    struct planned blocks[2 * AWS_REQUEST_BLOCKS_MAX]; /* each may be repeated */
};

static enum aws_format format_of(const struct aws_topic *topic)
{
    return strcmp(topic->format, "cbor") == 0 ? AWS_CBOR : AWS_JSON;
}

static struct aws_style style_of(const struct aws_faults *faults)
{
    return (struct aws_style){ .is_definite = faults->is_definite,
                               .is_other_order = faults->is_other_order };
}

/* --- what a request brings ---------------------------------------------------------------------- */

static enum aws_code check_limits(const struct aws_request *request)
{
    if (!request->has_file || !request->has_size) {
        return AWS_INVALID_REQUEST;
    }
    if (request->size < BLOCK_SIZE_MIN || request->size > BLOCK_SIZE_MAX) {
        return AWS_BLOCK_SIZE_OUT_OF_BOUNDS;
    }
    if (request->offset > BLOCKS_MAX) {
        return AWS_OFFSET_OUT_OF_BOUNDS;
    }
    if (request->has_count && request->count > BLOCKS_MAX) {
        return AWS_BLOCK_COUNT_LIMIT_EXCEEDED;
    }
    return request->bitmap_len < AWS_BITMAP_LIMIT ? AWS_ACCEPTED : AWS_BLOCK_BITMAP_LIMIT_EXCEEDED;
}

/* Blocks that the request can name, wanted or not: bits of the bitmap, or all from the offset on. */
static uint64_t candidates(const struct aws_request *request)
{
    return request->has_bitmap ? 8 * (uint64_t)request->bitmap_len : BLOCKS_MAX;
}

static bool is_wanted(const struct aws_request *request, uint64_t candidate)
{
    return !request->has_bitmap
           || ((unsigned)request->bitmap[candidate / 8] >> candidate % 8 & 1u) != 0;
}

/* The range of the file counts only for what is left after cutting: devices are served that ask for
 * more than there is, but for one block at a time. */
enum aws_code aws_streams_choose(const struct aws_request *request, uint64_t file_size,
                                 uint32_t blocks[AWS_REQUEST_BLOCKS_MAX], size_t *count)
{
    const enum aws_code code = check_limits(request);
    uint64_t most;

    *count = 0;
    if (code != AWS_ACCEPTED) {
        return code;
    }
    most = AWS_REQUEST_BYTES_MAX / request->size;
    if (request->has_count && request->count < most) {
        most = request->count;
    }
    for (uint64_t i = 0; i < candidates(request) && *count < most; i++) {
        const uint64_t block = request->offset + i;

        if (!is_wanted(request, i)) {
            continue;
        }
        if (block * request->size >= file_size) {
            return AWS_INVALID_REQUEST;
        }
        blocks[(*count)++] = (uint32_t)block;
    }
    return AWS_ACCEPTED;
}

/* --- answers ------------------------------------------------------------------------------------ */

static void tell(const struct aws_streams *streams, const struct aws_topic *topic,
                 const char *outcome, const char *detail)
{
    streams->tell(streams->context,
                  &(struct aws_event){ .thing = topic->thing,
                                       .what = aws_operation_name(topic->operation),
                                       .subject = topic->subject,
                                       .outcome = outcome,
                                       .detail = detail });
}

static void refuse(const struct aws_streams *streams, const struct aws_topic *topic,
                   const struct aws_request *request, enum aws_code code, const char *message)
{
    char answer[AWS_TOPIC_SIZE];
    uint8_t bytes[AWS_ENVELOPE_MAX + AWS_TOKEN_MAX];
    const struct aws_style style = style_of(streams->faults);
    const char *text = message != NULL ? message : aws_code_message(code);
    const size_t len =
        aws_wire_error(format_of(topic), &style, code, text,
                       request->has_token ? request->token : NULL, bytes, sizeof bytes);

    tell(streams, topic, aws_code_name(code), text);
    aws_topic_answer(topic, "rejected", answer);
    streams->send(streams->context, answer, bytes, len);
}

/* --- batches ------------------------------------------------------------------------------------ */

static void append(struct aws_streams *streams, struct aws_batch *batch)
{
    struct aws_batch **end = &streams->batches;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = batch;
}

static void add_block(struct aws_batch *batch, uint32_t index, bool is_delayed)
{
    batch->blocks[batch->count++] = (struct planned){ index, is_delayed };
}

static void swap_last_two(struct aws_batch *batch)
{
    if (batch->count >= 2) {
        struct planned *last = &batch->blocks[batch->count - 1];
        const struct planned kept = *last;

        *last = last[-1];
        last[-1] = kept;
    }
}

static void plan(struct aws_faults *faults, struct aws_batch *batch, const uint32_t *blocks,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (aws_faults_strike(faults, faults->lose)) {
            continue;
        }
        add_block(batch, blocks[i], aws_faults_strike(faults, faults->delay));
        if (aws_faults_strike(faults, faults->repeat)) {
            add_block(batch, blocks[i], false);
        }
        if (aws_faults_strike(faults, faults->swap)) {
            swap_last_two(batch);
        }
    }
}

static void tell_batch(const struct aws_streams *streams, const struct aws_batch *batch,
                       const struct aws_request *request, const uint32_t *blocks, size_t count)
{
    char detail[160];

    (void)snprintf(detail, sizeof detail, "file %u: %zu block%s of %u bytes from %u on (%zu sent)",
                   batch->file_id, count, count == 1 ? "" : "s", batch->block_size,
                   count > 0 ? blocks[0] : (unsigned)request->offset, batch->count);
    tell(streams, &batch->topic, "accepted", detail);
}

/* A thing that asks faster than it may be answered would fill our memory. */
static bool is_patient(const struct aws_streams *streams, const char *thing)
{
    unsigned waiting = 0;

    for (const struct aws_batch *at = streams->batches; at != NULL; at = at->next) {
        waiting += strcmp(at->topic.thing, thing) == 0;
    }
    return waiting < AWS_WAITING_MAX;
}

static void queue_batch(struct aws_streams *streams, const struct aws_topic *topic,
                        const struct aws_request *request, int file, const uint32_t *blocks,
                        size_t count)
{
    struct aws_batch *batch = is_patient(streams, topic->thing) ? calloc(1, sizeof *batch) : NULL;

    if (batch == NULL) {
        (void)close(file);
        tell(streams, topic, "not answered", "too many requests are waiting");
        return;
    }
    batch->topic = *topic;
    batch->has_token = request->has_token;
    memcpy(batch->token, request->token, sizeof batch->token);
    batch->file = file;
    batch->file_id = (uint32_t)request->file;
    batch->block_size = (uint32_t)request->size;
    plan(streams->faults, batch, blocks, count);
    tell_batch(streams, batch, request, blocks, count);
    append(streams, batch);
}

/* --- requests ----------------------------------------------------------------------------------- */

/* @return the open file and its size, or -1 */
static int open_file(const struct aws_streams *streams, const char *name, uint64_t *size)
{
    char path[AWS_PATH_SIZE];
    struct stat status;
    int file = -1;

    if (aws_store_path(streams->store, name, path)) {
        file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
        (void)close(file);
        file = -1;
    }
    *size = file >= 0 ? (uint64_t)status.st_size : 0;
    return file;
}

static const struct aws_stream_file *find_file(const struct aws_stream *stream,
                                               const struct aws_request *request)
{
    for (size_t i = 0; i < stream->file_count; i++) {
        if (request->has_file && stream->files[i].id == request->file) {
            return &stream->files[i];
        }
    }
    return NULL;
}

static void get_stream(struct aws_streams *streams, const struct aws_topic *topic,
                       const struct aws_request *request)
{
    const struct aws_stream *stream = aws_find_stream(&streams->store->cloud, topic->subject);
    const struct aws_stream_file *entry = stream != NULL ? find_file(stream, request) : NULL;
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;
    uint64_t size;
    enum aws_code code;
    int file;

    if (stream != NULL && !request->has_file) {
        refuse(streams, topic, request, AWS_INVALID_REQUEST, "f is missing");
        return;
    }
    if (entry == NULL) {
        refuse(streams, topic, request, AWS_RESOURCE_NOT_FOUND, NULL);
        return;
    }
    if (request->has_version && request->version != stream->version) {
        refuse(streams, topic, request, AWS_VERSION_MISMATCH, NULL);
        return;
    }
    file = open_file(streams, entry->path, &size);
    if (file < 0) {
        refuse(streams, topic, request, AWS_UNAUTHORIZED, NULL);
        return;
    }
    code = aws_streams_choose(request, size, blocks, &count);
    if (code != AWS_ACCEPTED) {
        (void)close(file);
        refuse(streams, topic, request, code,
               code == AWS_INVALID_REQUEST && request->has_size
                   ? "The data requested is out of the range of data available."
                   : NULL);
        return;
    }
    queue_batch(streams, topic, request, file, blocks, count);
}

static size_t describe_files(const struct aws_streams *streams, const struct aws_stream *stream,
                             struct aws_described_file files[AWS_STREAM_FILES_MAX])
{
    for (size_t i = 0; i < stream->file_count; i++) {
        const int file = open_file(streams, stream->files[i].path, &files[i].size);

        files[i].id = stream->files[i].id;
        if (file >= 0) {
            (void)close(file);
        }
    }
    return stream->file_count;
}

static void describe_stream(struct aws_streams *streams, const struct aws_topic *topic,
                            const struct aws_request *request)
{
    const struct aws_stream *stream = aws_find_stream(&streams->store->cloud, topic->subject);
    struct aws_described_file files[AWS_STREAM_FILES_MAX];
    const struct aws_style style = style_of(streams->faults);
    struct aws_description description;
    char answer[AWS_TOPIC_SIZE];
    uint8_t bytes[4096];
    size_t len;

    if (stream == NULL) {
        refuse(streams, topic, request, AWS_RESOURCE_NOT_FOUND, NULL);
        return;
    }
    description = (struct aws_description){ .token = request->has_token ? request->token : NULL,
                                            .version = stream->version,
                                            .text = stream->description,
                                            .files = files,
                                            .count = describe_files(streams, stream, files) };
    len = aws_wire_description(format_of(topic), &style, &description, bytes, sizeof bytes);
    tell(streams, topic, "accepted", stream->description);
    aws_topic_answer(topic, "description", answer);
    streams->send(streams->context, answer, bytes, len);
}

static bool is_rejected(struct aws_streams *streams)
{
    const struct aws_faults *faults = streams->faults;

    streams->requests++;
    return faults->reject != AWS_ACCEPTED
           && (faults->reject_first == 0 || streams->requests <= faults->reject_first);
}

static enum aws_code read_request(const struct aws_topic *topic, const void *payload, size_t len,
                                  struct aws_request *request)
{
    enum aws_code code;

    if (strcmp(topic->format, "cbor") != 0 && strcmp(topic->format, "json") != 0) {
        *request = (struct aws_request){ 0 };
        return AWS_INVALID_TOPIC;
    }
    code = aws_wire_read(format_of(topic), payload, len, request);
    return code == AWS_ACCEPTED && request->has_long_token ? AWS_INVALID_REQUEST : code;
}

void aws_streams_handle(struct aws_streams *streams, const struct aws_topic *topic,
                        const void *payload, size_t len)
{
    struct aws_request request;
    const enum aws_code code = read_request(topic, payload, len, &request);

    if (code != AWS_ACCEPTED) {
        refuse(streams, topic, &request, code, NULL);
    } else if (is_rejected(streams)) {
        refuse(streams, topic, &request, streams->faults->reject, NULL);
    } else if (topic->operation == AWS_GET_STREAM) {
        get_stream(streams, topic, &request);
    } else {
        describe_stream(streams, topic, &request);
    }
}

/* --- sending ------------------------------------------------------------------------------------ */

/* @return the bytes of the block, fewer in the last one; -1: the file is not what it was */
static ssize_t read_block(const struct aws_batch *batch, uint32_t index, uint8_t *data)
{
    ssize_t len;

    do {
        len = pread(batch->file, data, batch->block_size, (off_t)index * (off_t)batch->block_size);
    } while (len < 0 && errno == EINTR);
    return len;
}

static void distort(struct aws_faults *faults, struct aws_block *block, uint8_t *data)
{
    if (aws_faults_strike(faults, faults->corrupt)) {
        data[block->index % block->len] ^= 0x01;
    }
    if (aws_faults_strike(faults, faults->wrong_file)) {
        block->file ^= 1;
    }
    if (aws_faults_strike(faults, faults->wrong_length)) {
        block->size ^= 1;
    }
    if (aws_faults_strike(faults, faults->stale_token)) {
        block->token = STALE_TOKEN;
    }
}

static void send_block(struct aws_streams *streams, const struct aws_batch *batch, uint32_t index)
{
    static uint8_t data[BLOCK_SIZE_MAX];
    static uint8_t message[2 * BLOCK_SIZE_MAX + AWS_ENVELOPE_MAX];
    const struct aws_style style = style_of(streams->faults);
    const ssize_t got = read_block(batch, index, data);
    char topic[AWS_TOPIC_SIZE];
    struct aws_block block;
    size_t len;

    if (got <= 0) {
        return;
    }
    block = (struct aws_block){ .token = batch->has_token ? batch->token : NULL,
                                .file = batch->file_id,
                                .size = (uint32_t)got,
                                .index = index,
                                .data = data,
                                .len = (size_t)got };
    distort(streams->faults, &block, data);
    len = aws_wire_block(format_of(&batch->topic), &style, &block, message, sizeof message);
    aws_topic_answer(&batch->topic, "data", topic);
    streams->send(streams->context, topic, message, len);
}

static bool is_silent(const struct aws_streams *streams)
{
    const uint32_t limit = streams->faults->silent_after;

    return limit > 0 && streams->blocks_sent >= limit;
}

/* @return false: the batch has to wait */
static bool send_next(struct aws_streams *streams, struct aws_batch *batch, int64_t now_ms)
{
    struct planned *planned = &batch->blocks[batch->sent];

    if (planned->is_delayed) {
        planned->is_delayed = false;
        batch->due_ms = now_ms + streams->faults->delay_ms;
    }
    if (now_ms < batch->due_ms
        || !aws_meter_take(streams->meter, batch->topic.thing, batch->block_size, now_ms)) {
        return false;
    }
    if (!is_silent(streams)) {
        send_block(streams, batch, planned->index);
        streams->blocks_sent++;
    }
    batch->sent++;
    return true;
}

static void end_batch(struct aws_batch **link)
{
    struct aws_batch *batch = *link;

    *link = batch->next;
    (void)close(batch->file);
    free(batch);
}

bool aws_streams_step(struct aws_streams *streams, int64_t now_ms)
{
    struct aws_batch **link = &streams->batches;

    while (*link != NULL) {
        struct aws_batch *batch = *link;

        while (batch->sent < batch->count && send_next(streams, batch, now_ms)) {
        }
        if (batch->sent == batch->count) {
            end_batch(link);
        } else {
            link = &batch->next;
        }
    }
    return streams->batches != NULL;
}

void aws_streams_free(struct aws_streams *streams)
{
    while (streams->batches != NULL) {
        end_batch(&streams->batches);
    }
}
