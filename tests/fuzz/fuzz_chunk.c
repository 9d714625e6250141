/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as messages to the MQTT transport, while it asks, fetches and reports. Each message is
 * two bytes of length, one byte that says on which topic it comes, and the payload. What is
 * delivered must lie in the image that was announced, and fit what the device lacks. */

#include <stdlib.h>
#include <string.h>

#include "byte_messages.h"
#include "otter/mqtt_transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A client that has a broker of its own, which knows the messages beforehand. */
struct client {
    struct byte_messages messages;
    unsigned step;
    uint16_t packet;
    char topic[OTTER_MQTT_TOPIC_SIZE];
};

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static enum otter_result open(void *self, const struct otter_mqtt_session *session, uint32_t now_ms)
{
    struct client *client = self;

    (void)session;
    (void)now_ms;
    client->step = 0;
    return OTTER_OK;
}

static void begin_message(struct client *client, struct otter_mqtt_event *event)
{
    const bool is_ours = byte_message_begin(&client->messages) % 8 != 7;

    event->kind = OTTER_MQTT_MESSAGE;
    event->topic = is_ours ? client->topic : "another";
    event->payload_size = client->messages.unread;
}

static void step(void *self, uint32_t now_ms, struct otter_mqtt_event *event)
{
    static const enum otter_mqtt_event_kind beginning[] = { OTTER_MQTT_CONNECTED,
                                                            OTTER_MQTT_NOTHING,
                                                            OTTER_MQTT_SUBSCRIBED };
    struct client *client = self;

    (void)now_ms;
    *event = (struct otter_mqtt_event){ .kind = OTTER_MQTT_NOTHING };
    if (client->step < sizeof beginning / sizeof beginning[0]) {
        event->kind = beginning[client->step++];
    } else if (client->messages.unread == 0 && client->messages.size >= BYTE_MESSAGE_HEAD) {
        begin_message(client, event);
    } else if (client->messages.unread == 0) {
        event->kind = OTTER_MQTT_CLOSED;
        event->result = OTTER_ERR_CLOSED;
    }
}

static size_t read(void *self, void *dst, size_t len)
{
    struct client *client = self;

    return byte_message_read(&client->messages, dst, len);
}

static uint32_t unread(void *self)
{
    const struct client *client = self;

    return client->messages.unread;
}

static int subscribe(void *self, const char *filter)
{
    struct client *client = self;

    demand(strlen(filter) < sizeof client->topic);
    strcpy(client->topic, filter);
    return ++client->packet;
}

static int publish(void *self, const char *topic, const void *payload, size_t len)
{
    struct client *client = self;

    demand(strcmp(topic, "p/b/publish_notify") == 0);
    demand(memchr(payload, '\0', len) == NULL);
    return ++client->packet;
}

static void close(void *self)
{
    struct client *client = self;

    client->messages.unread = 0;
}

static const char *explain(void *self)
{
    (void)self;
    return "";
}

static const struct otter_mqtt_client_ops ops = { .open = open,
                                                  .step = step,
                                                  .read = read,
                                                  .unread = unread,
                                                  .subscribe = subscribe,
                                                  .publish = publish,
                                                  .close = close,
                                                  .explain = explain };

static enum otter_result fill_random(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    memset(bytes, 7, len);
    return OTTER_OK;
}

static const struct otter_identity identity = {
    .manufacturer = "m",
    .manufacturer_id = "i",
    .product = "p",
    .serial_number = "s",
    .board = "b",
};

static void ask(const struct otter_job_source *jobs, struct otter_job *job)
{
    enum otter_result result = jobs->ops->ask(jobs->self, &identity, 0);

    for (uint32_t i = 0; i < 20 && result == OTTER_OK; i++) {
        result = jobs->ops->step(jobs->self, i, job);
        result = result == OTTER_AGAIN ? OTTER_OK : result;
    }
}

static void fetch(const struct otter_data_source *source, const struct otter_job *job)
{
    struct otter_range missing = { 0, UINT32_MAX };
    enum otter_result result = source->ops->open(source->self, &identity, job, 0);

    for (uint32_t i = 0; i < 200 && result != OTTER_ERR_CLOSED && result != OTTER_ERR_JOB_REDIRECT;
         i++) {
        struct otter_chunk chunk;

        result = source->ops->step(source->self, i, &missing, &chunk);
        if (result != OTTER_OK) {
            continue;
        }
        demand(chunk.len > 0 && chunk.len <= OTTER_JOB_DOCUMENT_MAX + 1);
        demand(chunk.offset <= chunk.total && chunk.len <= chunk.total - chunk.offset);
        if (chunk.offset <= missing.offset && chunk.len > missing.offset - chunk.offset) {
            missing.offset = chunk.offset + (uint32_t)chunk.len;
        }
        source->ops->take(source->self, chunk.len);
    }
    source->ops->close(source->self);
}

static void report(const struct otter_job_source *jobs)
{
    const struct otter_report failed = { .stage = OTTER_REPORT_FAILED };

    if (jobs->ops->report(jobs->self, &identity, &failed, 0) == OTTER_OK) {
        for (uint32_t i = 0; i < 10; i++) {
            (void)jobs->ops->report_step(jobs->self, i);
        }
    }
    jobs->ops->close(jobs->self);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[OTTER_JOB_DOCUMENT_MAX + 1];
    struct client self = { .messages = { .bytes = data, .size = size } };
    const struct otter_mqtt_client client = { &ops, &self, false };
    const struct otter_mqtt_transport_config config = {
        .client = &client,
        .session = { .endpoint = { .host = "h", .port = 1 } },
        .topic_prefix = "p",
        .fetch = size % 2 == 0 ? OTTER_MQTT_FETCH_CHUNKS : OTTER_MQTT_FETCH_WHOLE,
        .chunk_size = 64,
        .window = 3,
        .job_timeout_ms = 1000,
        .chunk_timeout_ms = 20,
        .chunk_tries = 3,
        .random = fill_random,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    struct otter_mqtt_transport transport;
    struct otter_job_source jobs;
    struct otter_data_source source;
    struct otter_job job = { .version = { 1, 1, 0, 0 } };

    demand(otter_mqtt_transport_init(&transport, &config) == OTTER_OK);
    jobs = otter_mqtt_job_source(&transport);
    source = otter_mqtt_data_source(&transport);
    if (size > 0 && data[size - 1] % 2 == 0) {
        ask(&jobs, &job);
    }
    fetch(&source, &job);
    report(&jobs);
    return 0;
}
