/* SPDX-License-Identifier: Apache-2.0 */

/* The recorder keeps what was sent and what was told. */

#include "world.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"

struct world world;

static int record_message(void *context, const char *topic, const void *bytes, size_t len)
{
    struct sent *sent = &world.sent[world.sent_count];

    (void)context;
    if (world.is_broken) {
        return -1;
    }
    assert_true(world.sent_count < MESSAGES);
    assert_true(len <= sizeof sent->bytes);
    (void)snprintf(sent->topic, sizeof sent->topic, "%s", topic);
    memcpy(sent->bytes, bytes, len);
    sent->len = len;
    return world.sent_count++;
}

static void record_event(void *context, const struct publisher_event *event)
{
    (void)context;
    if (event->kind == PUBLISHER_PROGRESS) {
        assert_true(event->done > event->before && event->done <= event->total);
        world.progress++;
        return;
    }
    world.event = *event;
    (void)snprintf(world.reason, sizeof world.reason, "%s",
                   event->reason != NULL ? event->reason : "");
}

/* --- helpers ------------------------------------------------------------------------------------ */

static void write_file(const char *name, const void *bytes, size_t len)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", world.folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static uint8_t image_byte(size_t at)
{
    return (uint8_t)(at * 7u + at / 256u);
}

void write_image(const char *name, uint8_t change)
{
    static uint8_t image[IMAGE_SIZE];

    for (size_t i = 0; i < sizeof image; i++) {
        image[i] = image_byte(i) ^ change;
    }
    write_file(name, image, sizeof image);
}

void release(const char *version, const char *more_keys)
{
    char name[64];
    char job[2048];

    (void)snprintf(name, sizeof name, "app-%s.bin", version);
    write_image(name, 0);
    (void)snprintf(job, sizeof job,
                   "{\"Board\":\"kit\",\"Version\":\"%s\",\"Connection\":\"MQTT\",\"Broker\":\"\","
                   "\"Port\":\"\",\"File\":\"%s\"%s}",
                   version, name, more_keys);
    (void)snprintf(name, sizeof name, "app-%s.json", version);
    write_text(name, job);
}

void receive_bytes(const char *topic, const void *bytes, size_t len)
{
    world.sent_count = 0;
    world.acknowledged = 0;
    memset(&world.event, 0xFF, sizeof world.event);
    world.reason[0] = '\0';
    publisher_handle(&world.publisher, topic, bytes, len);
}

void receive(const char *text)
{
    receive_bytes(REQUESTS, text, strlen(text));
}

void ask(const char *message, const char *more_keys)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"Message\":\"%s\",\"UniqueTopicName\":\"" DEVICE
                   "\",\"SerialNumber\":\"S1\"%s}",
                   message, more_keys);
    receive(text);
}

void ask_from(int device, const char *message, const char *more_keys)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"Message\":\"%s\",\"UniqueTopicName\":\"acme/kit/u/%d\"%s}", message, device,
                   more_keys);
    publisher_handle(&world.publisher, REQUESTS, text, strlen(text));
}

void ask_for_chunk_from(int device, uint32_t offset)
{
    char keys[64];

    (void)snprintf(keys, sizeof keys, ",\"Offset\":%u,\"Size\":%u", (unsigned)offset, CHUNK_SIZE);
    ask_from(device, "Request Data Chunk", keys);
}

int sent_to(int device)
{
    char topic[64];
    int count = 0;

    (void)snprintf(topic, sizeof topic, "acme/kit/u/%d", device);
    for (int i = 0; i < world.sent_count; i++) {
        count += strcmp(world.sent[i].topic, topic) == 0;
    }
    return count;
}

void acknowledge_all(void)
{
    while (world.acknowledged < world.sent_count) {
        publisher_acknowledged(&world.publisher, world.acknowledged++, true);
    }
}

const char *answer_text(const char *key)
{
    static char text[256];
    cJSON *json;
    const char *value;

    assert_int_equal(world.sent_count, 1);
    assert_string_equal(world.sent[0].topic, DEVICE);
    json = cJSON_ParseWithLength((const char *)world.sent[0].bytes, world.sent[0].len);
    assert_non_null(json);
    value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    (void)snprintf(text, sizeof text, "%s", value != NULL ? value : "(none)");
    cJSON_Delete(json);
    return text;
}

void assert_chunk(int number, uint32_t offset, uint32_t size, uint16_t index, uint16_t count)
{
    const struct sent *sent = &world.sent[number];
    struct chunk_header header;
    const uint8_t *data;

    assert_true(number < world.sent_count);
    assert_null(chunk_decode(sent->bytes, sent->len, &header, &data));
    assert_int_equal(header.total, IMAGE_SIZE);
    assert_int_equal(header.offset, offset);
    assert_int_equal(header.size, size);
    assert_int_equal(header.index, index);
    assert_int_equal(header.count, count);
    for (uint32_t i = 0; i < size; i++) {
        assert_int_equal(data[i], image_byte(offset + i));
    }
}

void assert_problem(const char *reason)
{
    assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
    assert_string_equal(world.reason, reason);
}

int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    (void)strcpy(world.folder, "/tmp/otter-unit-publisher-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    world.config = (struct publisher_config){ .topic_prefix = "acme",
                                              .chunk_size = CHUNK_SIZE,
                                              .send = record_message,
                                              .event = record_event };
    catalogue_init(&world.catalogue, world.folder);
    assert_true(publisher_init(&world.publisher, &world.config, &world.catalogue));
    publisher_connected(&world.publisher);
    return 0;
}

int end(void **state)
{
    DIR *folder = opendir(world.folder);
    const struct dirent *entry;
    char path[512];

    (void)state;
    publisher_free(&world.publisher);
    catalogue_free(&world.catalogue);
    while ((entry = readdir(folder)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", world.folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(folder);
    return rmdir(world.folder);
}
