/* SPDX-License-Identifier: Apache-2.0 */

#include "cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void cloud_publish(struct cloud *cloud, const char *topic, const void *bytes, size_t len)
{
    char whole[400];

    (void)snprintf(whole, sizeof whole, "$aws/things/%s/%s", cloud->thing, topic);
    scripted_broker_publish(cloud->broker, whole, 0, 0, bytes, len);
}

static void say(struct cloud *cloud, const char *topic, const char *text)
{
    cloud_publish(cloud, topic, text, strlen(text));
}

/* ---- executions ---- */

/* `"execution":{...},` of the first one, or nothing. */
static void write_execution(const struct cloud *cloud, bool with_document, char *text, size_t size)
{
    const struct cloud_execution *first = &cloud->executions[0];
    int len;

    text[0] = '\0';
    if (cloud->execution_count == 0) {
        return;
    }
    len = snprintf(text, size, "\"execution\":{\"jobId\":\"%s\",\"status\":\"%s\",", first->job,
                   first->status);
    if (first->details[0] != '\0') {
        len += snprintf(text + len, size - (size_t)len, "\"statusDetails\":%s,", first->details);
    }
    len += snprintf(text + len, size - (size_t)len,
                    "\"queuedAt\":1717395148,\"lastUpdatedAt\":1717395148,\"versionNumber\":%u,"
                    "\"executionNumber\":%u%s%s},",
                    (unsigned)first->version, (unsigned)first->number,
                    with_document ? ",\"jobDocument\":" : "", with_document ? first->document : "");
    assert_true((size_t)len < size);
}

void cloud_notify(struct cloud *cloud)
{
    static char text[40000];
    static char execution[39000];

    write_execution(cloud, true, execution, sizeof execution);
    (void)snprintf(text, sizeof text, "{%s\"timestamp\":1717395148}", execution);
    say(cloud, "jobs/notify-next", text);
}

void cloud_queue(struct cloud *cloud, const char *job, const char *document)
{
    struct cloud_execution *execution = &cloud->executions[cloud->execution_count++];

    *execution = (struct cloud_execution){
        .status = "QUEUED", .version = 1, .number = 1, .document = document
    };
    (void)snprintf(execution->job, sizeof execution->job, "%s", job);
}

static void drop_first(struct cloud *cloud)
{
    const struct cloud_execution *first = &cloud->executions[0];
    const size_t len = strlen(cloud->ended);

    (void)snprintf(cloud->ended + len, sizeof cloud->ended - len, "%s %s %s\n", first->job,
                   first->status, first->details);
    cloud->execution_count--;
    memmove(&cloud->executions[0], &cloud->executions[1],
            cloud->execution_count * sizeof cloud->executions[0]);
}

void cloud_cancel(struct cloud *cloud)
{
    (void)snprintf(cloud->executions[0].status, sizeof cloud->executions[0].status, "CANCELED");
    drop_first(cloud);
    cloud_notify(cloud);
}

/* ---- JSON, as far as the device writes it ---- */

static void copy_text(const char *json, const char *key, char *text, size_t size)
{
    char start[40];
    const char *at;

    (void)snprintf(start, sizeof start, "\"%s\":\"", key);
    at = strstr(json, start);
    text[0] = '\0';
    if (at != NULL) {
        at += strlen(start);
        (void)snprintf(text, size, "%.*s", (int)strcspn(at, "\""), at);
    }
}

static unsigned number_of(const char *json, const char *key)
{
    char start[40];
    const char *at;

    (void)snprintf(start, sizeof start, "\"%s\":", key);
    at = strstr(json, start);
    assert_non_null(at);
    return (unsigned)strtoul(at + strlen(start), NULL, 10);
}

static void copy_details(const char *json, char *details, size_t size)
{
    const char *at = strstr(json, "\"statusDetails\":{");
    const char *end;

    assert_non_null(at);
    at += strlen("\"statusDetails\":");
    end = strchr(at, '}');
    (void)snprintf(details, size, "%.*s", (int)(end - at) + 1, at);
}

/* ---- answers ---- */

static void answer(struct cloud *cloud, const char *topic, const char *token, const char *body)
{
    static char text[40000];

    if (cloud->stale_first) {
        say(cloud, topic,
            "{\"timestamp\":1,\"clientToken\":\"stale-1\"}"); /* there was no job then */
    }
    (void)snprintf(text, sizeof text, "{%s\"timestamp\":1602795143,\"clientToken\":\"%s\"}", body,
                   token);
    say(cloud, topic, text);
}

static bool refuse_as_told(struct cloud *cloud, const char *topic, const char *token)
{
    char body[200];

    if (cloud->refusals == 0) {
        return false;
    }
    cloud->refusals--;
    (void)snprintf(body, sizeof body, "\"code\":\"%s\",\"message\":\"as you wish\",",
                   cloud->refuse_code);
    answer(cloud, topic, token, body);
    return true;
}

static void on_get(struct cloud *cloud, const char *json)
{
    static char execution[39000];
    const bool is_lean = strstr(json, "\"includeJobDocument\":false") != NULL;
    char token[65];

    cloud->gets++;
    cloud->lean_gets += is_lean ? 1 : 0;
    (void)snprintf(cloud->last_get, sizeof cloud->last_get, "%s", json);
    if (cloud->ignores > 0) {
        cloud->ignores--;
        return;
    }
    copy_text(json, "clientToken", token, sizeof token);
    if (refuse_as_told(cloud, "jobs/$next/get/rejected", token)) {
        return;
    }
    write_execution(cloud, !is_lean, execution, sizeof execution);
    answer(cloud, "jobs/$next/get/accepted", token, execution);
}

static bool is_terminal(const char *status)
{
    return strcmp(status, "QUEUED") != 0 && strcmp(status, "IN_PROGRESS") != 0;
}

static void refuse_state(struct cloud *cloud, const char *topic, const char *token,
                         const char *code, const struct cloud_execution *state)
{
    char body[300];

    (void)snprintf(body, sizeof body,
                   "\"code\":\"%s\",\"message\":\"m\",\"executionState\":{\"status\":\"%s\","
                   "\"statusDetails\":{},\"versionNumber\":%u},",
                   code, state->status, (unsigned)state->version);
    answer(cloud, topic, token, body);
}

static void apply(struct cloud *cloud, const char *json, const char *status)
{
    struct cloud_execution *first = &cloud->executions[0];

    (void)snprintf(first->status, sizeof first->status, "%s", status);
    copy_details(json, first->details, sizeof first->details);
    first->version++;
    if (is_terminal(status)) {
        drop_first(cloud);
        cloud_notify(cloud);
    }
}

static void on_update(struct cloud *cloud, const char *job, const char *json)
{
    struct cloud_execution *first = &cloud->executions[0];
    char accepted[120];
    char rejected[120];
    char token[65];
    char status[16];

    cloud->updates++;
    (void)snprintf(cloud->last_update, sizeof cloud->last_update, "%s", json);
    if (cloud->ignores > 0) {
        cloud->ignores--;
        return;
    }
    copy_text(json, "clientToken", token, sizeof token);
    copy_text(json, "status", status, sizeof status);
    (void)snprintf(accepted, sizeof accepted, "jobs/%s/update/accepted", job);
    (void)snprintf(rejected, sizeof rejected, "jobs/%s/update/rejected", job);
    if (refuse_as_told(cloud, rejected, token)) {
        return;
    }
    if (cloud->execution_count == 0 || strcmp(first->job, job) != 0) {
        answer(cloud, rejected, token, "\"code\":\"ResourceNotFound\",\"message\":\"gone\",");
    } else if (number_of(json, "expectedVersion") != first->version) {
        refuse_state(cloud, rejected, token, "VersionMismatch", first);
    } else if (cloud->refuses_rejected && strcmp(status, "REJECTED") == 0
               && strcmp(first->status, "IN_PROGRESS") == 0) {
        refuse_state(cloud, rejected, token, "InvalidStateTransition", first);
    } else {
        apply(cloud, json, status);
        if (cloud->loses_answers > 0) {
            cloud->loses_answers--;
            return;
        }
        answer(cloud, accepted, token, "");
    }
}

/* ---- streams, in CBOR by hand ---- */

/* A number behind a head of this major type. */
static size_t put_head(uint8_t *bytes, unsigned major, uint32_t value)
{
    const unsigned type = major << 5;

    if (value < 24) {
        bytes[0] = (uint8_t)(type | value);
        return 1;
    }
    if (value < 256) {
        bytes[0] = (uint8_t)(type | 24);
        bytes[1] = (uint8_t)value;
        return 2;
    }
    bytes[0] = (uint8_t)(type | 25);
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)value;
    return 3;
}

static size_t put_text(uint8_t *bytes, const char *text)
{
    const size_t len = strlen(text);
    const size_t head = put_head(bytes, 3, (uint32_t)len);

    memcpy(bytes + head, text, len);
    return head + len;
}

static void send_block(struct cloud *cloud, const char *token, uint32_t size, uint32_t number)
{
    static uint8_t message[CLOUD_FILE_MAX];
    char topic[300];
    const uint32_t start = number * size;
    uint32_t len = size < cloud->size - start ? size : cloud->size - start;
    size_t at = 1;

    if ((int32_t)number == cloud->bad_block) {
        cloud->bad_block = -1;
        len--;
    }
    message[0] = cloud->is_definite ? 0xA5 : 0xBF;
    at += put_text(message + at, "c");
    at += put_text(message + at, cloud->has_other_token ? "ffff-1" : token);
    at += put_text(message + at, "f");
    at += put_head(message + at, 0, 0);
    at += put_text(message + at, "l");
    at += put_head(message + at, 0, len);
    at += put_text(message + at, "i");
    at += put_head(message + at, 0, number);
    at += put_text(message + at, "p");
    at += put_head(message + at, 2, len);
    memcpy(message + at, cloud->file + start, len);
    at += len;
    if (!cloud->is_definite) {
        message[at++] = 0xFF;
    }
    cloud->blocks_sent++;
    (void)snprintf(topic, sizeof topic, "streams/%s/data/cbor", cloud->stream);
    cloud_publish(cloud, topic, message, at);
}

static bool is_lost(struct cloud *cloud, uint32_t number)
{
    if ((int32_t)number == cloud->lose_block) {
        cloud->lose_block = -1;
        return true;
    }
    if (cloud->loses == 0) {
        return false;
    }
    cloud->loses = cloud->loses * 1664525 + 1013904223;
    return (cloud->loses >> 16) % 5 == 0;
}

static void send_blocks(struct cloud *cloud, const char *token, uint32_t size, uint32_t offset,
                        const uint8_t *bitmap, size_t bitmap_size)
{
    int32_t held = -1;

    for (uint32_t k = 0; k < 8 * bitmap_size; k++) {
        const uint32_t number = offset + k;

        if ((bitmap[k / 8] & 1u << k % 8) == 0) {
            continue;
        }
        assert_true(number * size < cloud->size); /* the service refuses such requests */
        if (is_lost(cloud, number)) {
            continue;
        }
        if ((int32_t)number == cloud->late_block) {
            cloud->late_block = -1;
            held = (int32_t)number;
            continue;
        }
        send_block(cloud, token, size, number);
        if ((int32_t)number == cloud->twice_block) {
            send_block(cloud, token, size, number);
        }
        if (held >= 0) {
            send_block(cloud, token, size, (uint32_t)held);
            held = -1;
        }
    }
}

static uint32_t take_number(const uint8_t **at)
{
    const unsigned argument = **at & 0x1F;
    uint32_t value = argument;

    (*at)++;
    if (argument >= 24) {
        value = 0;
        for (unsigned i = 0; i < 1u << (argument - 24); i++) {
            value = value << 8 | *(*at)++;
        }
    }
    return value;
}

static void refuse_stream(struct cloud *cloud, const char *token)
{
    uint8_t message[300] = { 0xBF };
    char topic[300];
    size_t at = 1;

    at += put_text(message + at, "code");
    at += put_text(message + at, cloud->stream_code);
    at += put_text(message + at, "o");
    at += put_text(message + at, cloud->stream_code);
    at += put_text(message + at, "m");
    at += put_text(message + at, "the stream says so");
    at += put_text(message + at, "c");
    at += put_text(message + at, token);
    message[at++] = 0xFF;
    (void)snprintf(topic, sizeof topic, "streams/%s/rejected/cbor", cloud->stream);
    cloud_publish(cloud, topic, message, at);
}

/* {c, f, l, o, b, n}, in this order. */
static void on_stream(struct cloud *cloud, const uint8_t *payload, size_t len)
{
    const uint8_t *at = payload + 1 + 2;
    char token[65] = "";
    uint32_t token_size = take_number(&at);
    uint32_t size, offset, bitmap_size;
    const uint8_t *bitmap;

    assert_int_equal(payload[0], 0xA6);
    assert_true(len <= sizeof cloud->last_request);
    memcpy(cloud->last_request, payload, len);
    cloud->last_request_size = len;
    cloud->requests++;
    memcpy(token, at, token_size);
    at += token_size + 2;
    assert_int_equal(take_number(&at), 0);
    at += 2;
    size = take_number(&at);
    at += 2;
    offset = take_number(&at);
    at += 2;
    bitmap_size = take_number(&at);
    bitmap = at;
    assert_int_not_equal(bitmap[bitmap_size - 1], 0);
    if (cloud->stream_code != NULL) {
        refuse_stream(cloud, token);
    } else if (!cloud->is_mute) {
        send_blocks(cloud, token, size, offset, bitmap, bitmap_size);
    }
}

/* ---- all of it ---- */

static void serve(void *context, struct scripted_broker *broker, const char *topic,
                  const uint8_t *payload, size_t len)
{
    struct cloud *cloud = context;
    char start[300];
    char json[800];
    const char *rest;

    (void)broker;
    (void)snprintf(start, sizeof start, "$aws/things/%s/", cloud->thing);
    assert_memory_equal(topic, start, strlen(start));
    rest = topic + strlen(start);
    (void)snprintf(cloud->last_topic, sizeof cloud->last_topic, "%s", rest);
    if (strncmp(rest, "streams/", 8) == 0) {
        on_stream(cloud, payload, len);
        return;
    }
    assert_true(len < sizeof json);
    memcpy(json, payload, len);
    json[len] = '\0';
    if (strcmp(rest, "jobs/$next/get") == 0) {
        on_get(cloud, json);
    } else {
        char job[65];

        assert_int_equal(sscanf(rest, "jobs/%64[^/]/update", job), 1);
        on_update(cloud, job, json);
    }
}

void cloud_init(struct cloud *cloud, struct scripted_broker *broker, const char *thing)
{
    *cloud = (struct cloud){
        .broker = broker,
        .thing = thing,
        .size = 10000,
        .stream = "AFR_OTA-stream",
        .lose_block = -1,
        .twice_block = -1,
        .late_block = -1,
        .bad_block = -1,
    };
    broker->on_publish = serve;
    broker->context = cloud;
    for (uint32_t i = 0; i < CLOUD_FILE_MAX; i++) {
        cloud->file[i] = (uint8_t)(i * 31 + i / 256);
    }
}
