/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as messages of AWS IoT, while a thing asks, fetches and reports. Each message is two bytes of
 * length, one that says on which of the topics it comes that the thing has subscribed to, and the payload;
 * if that one is 255, there is no payload, and the next message comes when the thing has published
 * something. Client tokens are as in a first conversation, so that seeds get through. What is delivered
 * must lie in the file that was announced; what is published must be a message for this thing. */

#include <stdlib.h>
#include <string.h>

#include "byte_messages.h"
#include "otter/aws_transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START       "$aws/things/t/"
#define FILTERS_MAX 16u
#define BLOCK_SIZE  256u
#define PATIENCE    25u

/* A client that has a service of its own, which knows the messages beforehand. */
struct client {
    struct byte_messages messages;
    bool is_connected;
    unsigned patience; /* turns in which nothing comes unless the thing publishes something */
    uint16_t packet;
    uint16_t subscription; /* not confirmed yet; 0: none */
    unsigned filter_count;
    char filters[FILTERS_MAX][OTTER_AWS_TOPIC_SIZE];
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
    client->is_connected = false;
    client->patience = PATIENCE;
    client->subscription = 0;
    client->filter_count = 0;
    return OTTER_OK;
}

static void begin_message(struct client *client, struct otter_mqtt_event *event)
{
    const uint8_t topic = byte_message_begin(&client->messages);

    event->kind = OTTER_MQTT_MESSAGE;
    event->topic = topic < client->filter_count ? client->filters[topic] : START "jobs/other";
    event->payload_size = client->messages.unread;
}

static bool has_message(const struct client *client)
{
    return client->messages.unread == 0 && client->messages.size >= BYTE_MESSAGE_HEAD;
}

static void step(void *self, uint32_t now_ms, struct otter_mqtt_event *event)
{
    struct client *client = self;

    (void)now_ms;
    *event = (struct otter_mqtt_event){ .kind = OTTER_MQTT_NOTHING };
    if (!client->is_connected) {
        client->is_connected = true;
        event->kind = OTTER_MQTT_CONNECTED;
    } else if (client->subscription != 0) {
        event->kind = OTTER_MQTT_SUBSCRIBED;
        event->packet = client->subscription;
        client->subscription = 0;
    } else if (client->patience > 0) {
        client->patience--;
    } else if (has_message(client) && client->messages.bytes[2] == 0xFF) {
        (void)byte_message_begin(&client->messages);
        client->messages.unread = 0;
        client->patience = PATIENCE;
    } else if (has_message(client)) {
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

    demand(strncmp(filter, START, strlen(START)) == 0);
    demand(strpbrk(filter, "+#") == NULL && strlen(filter) < OTTER_AWS_TOPIC_SIZE);
    if (client->filter_count < FILTERS_MAX) {
        strcpy(client->filters[client->filter_count++], filter);
    }
    client->subscription = ++client->packet;
    return client->packet;
}

static int publish(void *self, const char *topic, const void *payload, size_t len)
{
    struct client *client = self;
    const uint8_t *bytes = payload;

    demand(strncmp(topic, START, strlen(START)) == 0 && strpbrk(topic, "+#") == NULL);
    demand(len > 0 && len < OTTER_AWS_MESSAGE_SIZE);
    demand((bytes[0] == '{' && bytes[len - 1] == '}' && memchr(payload, '\0', len) == NULL)
           || bytes[0] == 0xA6);
    client->patience = 0;
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

static uint32_t draw(void *context)
{
    (void)context;
    return 0;
}

static bool is_on_trial(void *context)
{
    const size_t *size = context;

    return *size % 3 == 0;
}

static const struct otter_identity identity = { .board = "b", .version = { 1, 0, 0, 0 } };

static enum otter_result ask(const struct otter_job_source *jobs, struct otter_job *job)
{
    enum otter_result result = jobs->ops->ask(jobs->self, &identity, 0);

    for (uint32_t i = 0; i < 40 && (result == OTTER_OK || result == OTTER_AGAIN); i++) {
        result = jobs->ops->step(jobs->self, i, job);
        if (result == OTTER_OK) {
            return result;
        }
    }
    return result;
}

static uint32_t size_of(const struct otter_job *job)
{
    uint32_t size = 0;

    demand(job->file_count > 0 && job->file_count <= OTTER_AWS_FILES_MAX);
    for (uint8_t i = 0; i < job->file_count; i++) {
        demand(job->files[i].size > 0 && job->files[i].size <= UINT32_MAX - size);
        demand(job->files[i].signature_size <= OTTER_JOB_SIGNATURE_MAX);
        demand(i == 0 || job->files[i - 1].image < job->files[i].image);
        size += job->files[i].size;
    }
    return size;
}

static void fetch(const struct otter_data_source *source, const struct otter_job *job)
{
    const uint32_t total = size_of(job);
    struct otter_range missing = { 0, UINT32_MAX };
    enum otter_result result = source->ops->open(source->self, &identity, job, 0);

    demand(job->size == total);
    for (uint32_t i = 0; i < 300 && (result == OTTER_OK || result == OTTER_AGAIN); i++) {
        struct otter_chunk chunk;

        if (missing.offset == total) {
            break;
        }
        result = source->ops->step(source->self, 10 * i, &missing, &chunk);
        if (result != OTTER_OK) {
            continue;
        }
        demand(chunk.total == total && chunk.len > 0 && chunk.len <= BLOCK_SIZE);
        demand(chunk.offset <= total && chunk.len <= total - chunk.offset);
        if (chunk.offset <= missing.offset && chunk.len > missing.offset - chunk.offset) {
            missing.offset = chunk.offset + (uint32_t)chunk.len;
        }
        source->ops->take(source->self, chunk.len);
    }
    source->ops->close(source->self);
}

static void report(const struct otter_job_source *jobs, enum otter_report_stage stage)
{
    const struct otter_report report = { .stage = stage, .result = OTTER_ERR_IMAGE_HASH };

    if (jobs->ops->report(jobs->self, &identity, &report, 0) == OTTER_OK) {
        for (uint32_t i = 0; i < 20; i++) {
            (void)jobs->ops->report_step(jobs->self, i);
        }
    }
    jobs->ops->close(jobs->self);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[OTTER_AWS_BUFFER_MIN];
    struct client self = { .messages = { .bytes = data, .size = size } };
    const struct otter_mqtt_client client = { &ops, &self, false };
    const struct otter_aws_transport_config config = {
        .client = &client,
        .session = { .endpoint = { .host = "h", .port = 1 } },
        .thing_name = "t",
        .block_size = BLOCK_SIZE,
        .window = 8,
        .blocks_per_request = 4,
        .request_timeout_ms = 1000,
        .request_tries = 2,
        .block_timeout_ms = 100,
        .block_timeout_max_ms = 400,
        .block_tries = 3,
        .progress_percent = 10,
        .is_on_trial = is_on_trial,
        .random = draw,
        .context = &size,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    struct otter_aws_transport transport;
    struct otter_job_source jobs;
    struct otter_data_source source;
    struct otter_job job;

    demand(otter_aws_transport_init(&transport, &config) == OTTER_OK);
    jobs = otter_aws_job_source(&transport);
    source = otter_aws_data_source(&transport);
    if (ask(&jobs, &job) == OTTER_OK) {
        fetch(&source, &job);
    }
    report(&jobs, (enum otter_report_stage)(size % (OTTER_REPORT_REVERTED + 1)));
    return 0;
}
