/* SPDX-License-Identifier: Apache-2.0 */

/* The fetcher. Both ways to download end in the same one: what is still missing when it has been
 * quiet for a moment is asked for chunk by chunk. */

#include "fetcher.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "otter/text.h"

#define WINDOW         48u   /* requests for chunks on their way, while none of them is lost */
#define QUIET_MS       2000u /* then what is missing is asked for */
#define RESULT_MS      5000u /* wait for the answer to the result; it changes nothing */
#define TOPIC_ID_BYTES 16u
#define IMAGE_MAX      (64u * 1024u * 1024u)

static void fail(struct fetcher *fetcher, const char *problem)
{
    fetcher->stage = FETCHER_FAILED;
    (void)snprintf(fetcher->problem, sizeof fetcher->problem, "%s", problem);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

    return text != NULL ? text : "";
}

/* --- requests ----------------------------------------------------------------------------------- */

static cJSON *new_message(const struct fetcher *fetcher, const char *message, const char *version)
{
    const struct fetcher_config *config = fetcher->config;
    cJSON *json = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(json, "Message", message);
    (void)cJSON_AddStringToObject(json, "Manufacturer", "Otter");
    (void)cJSON_AddStringToObject(json, "ManufacturerID", "OTTER");
    (void)cJSON_AddStringToObject(json, "ProductID", "otter fetch");
    (void)cJSON_AddStringToObject(json, "SerialNumber", config->serial);
    (void)cJSON_AddStringToObject(json, "BoardName", config->board);
    (void)cJSON_AddStringToObject(json, "Version", version);
    return json;
}

static void send_message(struct fetcher *fetcher, cJSON *json)
{
    const struct fetcher_config *config = fetcher->config;
    char *text;

    (void)cJSON_AddStringToObject(json, "UniqueTopicName", fetcher->unique_topic);
    text = cJSON_PrintUnformatted(json);
    if (text != NULL) {
        /* A message that is not sent is a silence, which is dealt with anyway. */
        (void)config->send(config->context, fetcher->request_topic, text, strlen(text));
    }
    cJSON_free(text);
    cJSON_Delete(json);
}

static void send_chunk_request(struct fetcher *fetcher, uint32_t offset, uint32_t size)
{
    cJSON *json = new_message(fetcher, "Request Data Chunk", fetcher->config->version);
    char text[16];

    (void)cJSON_AddStringToObject(json, "Filename", text_of(fetcher->job, "File"));
    (void)snprintf(text, sizeof text, "%u", (unsigned)offset);
    (void)cJSON_AddStringToObject(json, "Offset", text);
    (void)snprintf(text, sizeof text, "%u", (unsigned)size);
    (void)cJSON_AddStringToObject(json, "Size", text);
    send_message(fetcher, json);
}

/* The next byte that is neither here nor asked for; the total if there is none. */
static uint32_t next_missing(const struct fetcher *fetcher)
{
    const uint8_t *found =
        memchr(fetcher->have + fetcher->asked, 0, fetcher->total - fetcher->asked);

    return found != NULL ? (uint32_t)(found - fetcher->have) : fetcher->total;
}

/* Keep the window full. Before the first chunk nobody knows how much there is to ask for. */
static void ask_for_chunks(struct fetcher *fetcher, uint64_t now_ms)
{
    uint32_t size = fetcher->config->chunk_size;

    fetcher->asked_ms = now_ms;
    if (fetcher->total == 0) {
        fetcher->in_flight = 1;
        send_chunk_request(fetcher, 0, size);
        return;
    }
    while (fetcher->in_flight < fetcher->window) {
        uint32_t offset = next_missing(fetcher);

        if (offset == fetcher->total) {
            return;
        }
        offset -= offset % size; /* the header counts chunks of one size */
        send_chunk_request(fetcher, offset, size);
        fetcher->in_flight++;
        fetcher->asked = size < fetcher->total - offset ? offset + size : fetcher->total;
    }
}

static void ask_for_image(struct fetcher *fetcher, uint64_t now_ms)
{
    bool is_direct = fetcher->config->mode == FETCHER_DIRECT;

    fetcher->stage = FETCHER_DOWNLOADING;
    fetcher->heard_ms = now_ms;
    fetcher->asks_chunks = fetcher->config->mode == FETCHER_CHUNKS;
    if (fetcher->asks_chunks) {
        ask_for_chunks(fetcher, now_ms);
        return;
    }
    fetcher->asked_ms = now_ms;
    send_message(fetcher, new_message(fetcher, is_direct ? "Send Direct Update" : "Request Update",
                                      fetcher->config->version));
}

static void ask_for_job(struct fetcher *fetcher, uint64_t now_ms)
{
    fetcher->asked_ms = now_ms;
    send_message(fetcher, new_message(fetcher, "Update Availability", fetcher->config->version));
}

/* --- answers ------------------------------------------------------------------------------------ */

static void take_job(struct fetcher *fetcher, cJSON *job, uint64_t now_ms)
{
    cJSON_Delete(fetcher->job);
    fetcher->job = job;
    if (strcmp(text_of(job, "Message"), "No Update Available") == 0) {
        fetcher->stage = FETCHER_NO_UPDATE;
    } else if (strcmp(text_of(job, "Message"), "Update Available") != 0) {
        fail(fetcher, "the answer is neither a job nor \"No Update Available\"");
    } else if (strcmp(text_of(job, "UniqueTopicName"), fetcher->unique_topic) != 0) {
        fail(fetcher, "the job does not name our unique topic");
    } else if (otter_version_parse(text_of(job, "Version"), &fetcher->version) != OTTER_OK) {
        fail(fetcher, "the job's Version is missing or not like 1.2.3");
    } else if (strcmp(text_of(job, "Board"), fetcher->config->board) != 0) {
        fail(fetcher, "the job is for another board");
    } else {
        ask_for_image(fetcher, now_ms);
    }
}

static bool is_answer_to_report(const struct fetcher *fetcher, const cJSON *json)
{
    return fetcher->stage == FETCHER_REPORTING
           && strcmp(text_of(json, "Message"), "Result Received") == 0;
}

static void handle_json(struct fetcher *fetcher, const void *payload, size_t len, uint64_t now_ms)
{
    cJSON *json = cJSON_ParseWithLength(payload, len);

    if (fetcher->stage == FETCHER_ASKING && cJSON_IsObject(json)) {
        take_job(fetcher, json, now_ms);
        return;
    }
    if (is_answer_to_report(fetcher, json)) {
        fetcher->stage = FETCHER_DONE;
    } else {
        fetcher->foreign++;
    }
    cJSON_Delete(json);
}

/* The first chunk says how large the image is. */
static bool make_room(struct fetcher *fetcher, uint32_t total)
{
    if (total == 0 || total > IMAGE_MAX) {
        fail(fetcher, "the image is empty or larger than 64 MiB");
        return false;
    }
    fetcher->image = malloc(total);
    fetcher->have = calloc(total, 1);
    fetcher->total = total;
    if (fetcher->image == NULL || fetcher->have == NULL) {
        fail(fetcher, "there is not enough memory for the image");
        return false;
    }
    return true;
}

static bool same_version(const struct otter_version *a, const struct otter_version *b)
{
    return otter_version_compare(a, b) == 0;
}

static void keep(struct fetcher *fetcher, const struct chunk_header *header, const uint8_t *data)
{
    uint32_t known = 0;

    for (uint32_t i = 0; i < header->size; i++) {
        known += fetcher->have[header->offset + i];
    }
    fetcher->received += header->size - known;
    memcpy(fetcher->image + header->offset, data, header->size);
    memset(fetcher->have + header->offset, 1, header->size);
}

static void handle_chunk(struct fetcher *fetcher, const void *payload, size_t len, uint64_t now_ms)
{
    struct chunk_header header;
    const uint8_t *data;
    const char *problem = chunk_decode(payload, len, &header, &data);

    if (problem != NULL) {
        (void)snprintf(fetcher->problem, sizeof fetcher->problem, "a chunk is malformed: %s",
                       problem);
        fetcher->stage = FETCHER_FAILED;
        return;
    }
    if (!same_version(&header.version, &fetcher->version)) {
        fail(fetcher, "a chunk's version is not the job's");
        return;
    }
    if (fetcher->total == 0 && !make_room(fetcher, header.total)) {
        return;
    }
    if (header.total != fetcher->total) {
        fail(fetcher, "the chunks do not agree how large the image is");
        return;
    }
    keep(fetcher, &header, data);
    fetcher->heard_ms = now_ms;
    fetcher->in_flight -= fetcher->in_flight > 0;
    if (fetcher->received == fetcher->total) {
        fetcher->stage = FETCHER_COMPLETE;
    } else if (fetcher->asks_chunks) {
        ask_for_chunks(fetcher, now_ms);
    }
}

/* --- the public side ---------------------------------------------------------------------------- */

static bool make_topics(struct fetcher *fetcher)
{
    const struct fetcher_config *config = fetcher->config;
    uint8_t random[TOPIC_ID_BYTES];
    struct otter_text text;
    int len;

    if (RAND_bytes(random, (int)sizeof random) != 1) {
        return false;
    }
    (void)snprintf(fetcher->direct_topic, sizeof fetcher->direct_topic, "%s/%s/OTAImage",
                   config->topic_prefix, config->board); /* shorter than the next one */
    len = snprintf(fetcher->request_topic, sizeof fetcher->request_topic, "%s/%s/publish_notify",
                   config->topic_prefix, config->board);
    otter_text_init(&text, fetcher->unique_topic, sizeof fetcher->unique_topic);
    otter_text_append(&text, config->topic_prefix);
    otter_text_append(&text, "/");
    otter_text_append(&text, config->board);
    otter_text_append(&text, "/OTAImage/");
    otter_text_append_hex(&text, random, sizeof random);
    return len > 0 && (size_t)len < sizeof fetcher->request_topic && !text.truncated;
}

bool fetcher_init(struct fetcher *fetcher, const struct fetcher_config *config, uint64_t now_ms)
{
    *fetcher = (struct fetcher){ .config = config, .window = WINDOW, .heard_ms = now_ms };
    return make_topics(fetcher);
}

void fetcher_start(struct fetcher *fetcher, uint64_t now_ms)
{
    fetcher->heard_ms = now_ms;
    if (fetcher->stage == FETCHER_ASKING) {
        ask_for_job(fetcher, now_ms);
    }
}

void fetcher_handle(struct fetcher *fetcher, const void *payload, size_t len, uint64_t now_ms)
{
    const char *bytes = payload;

    if (len > 0 && bytes[0] == '{') {
        handle_json(fetcher, payload, len, now_ms);
    } else if (fetcher->stage == FETCHER_DOWNLOADING) {
        handle_chunk(fetcher, payload, len, now_ms);
    } else {
        fetcher->foreign++;
    }
}

/* Requests that were not answered may have been too many for the publisher. */
static void fill_gaps(struct fetcher *fetcher, uint64_t now_ms)
{
    fetcher->window = fetcher->window > 1 ? fetcher->window / 2 : 1;
    fetcher->asks_chunks = true;
    fetcher->asked = 0;
    fetcher->in_flight = 0;
    ask_for_chunks(fetcher, now_ms);
}

void fetcher_step(struct fetcher *fetcher, uint64_t now_ms)
{
    uint64_t silence_ms = now_ms - fetcher->heard_ms;

    if (fetcher->stage == FETCHER_REPORTING && silence_ms >= RESULT_MS) {
        fetcher->stage = FETCHER_DONE;
    }
    if (fetcher->stage != FETCHER_ASKING && fetcher->stage != FETCHER_DOWNLOADING) {
        return;
    }
    if (silence_ms >= fetcher->config->patience_ms) {
        fail(fetcher,
             fetcher->stage == FETCHER_ASKING ? "nobody answers" : "the publisher went silent");
    } else if (fetcher->stage == FETCHER_DOWNLOADING && silence_ms >= QUIET_MS
               && now_ms - fetcher->asked_ms >= QUIET_MS) {
        fill_gaps(fetcher, now_ms);
    }
}

void fetcher_report(struct fetcher *fetcher, const char *reason, uint64_t now_ms)
{
    cJSON *json = new_message(fetcher, reason == NULL ? "Success" : "Failure",
                              text_of(fetcher->job, "Version"));

    if (reason != NULL) {
        (void)cJSON_AddStringToObject(json, "Stage", "failed");
        (void)cJSON_AddStringToObject(json, "Reason", reason);
    }
    send_message(fetcher, json);
    fetcher->stage = FETCHER_REPORTING;
    fetcher->heard_ms = now_ms;
}

void fetcher_free(struct fetcher *fetcher)
{
    cJSON_Delete(fetcher->job);
    free(fetcher->image);
    free(fetcher->have);
}
