/* SPDX-License-Identifier: Apache-2.0 */

#include "publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "otter/bytes.h"
#include "suites.h"

struct publisher publisher;

static uint16_t chunk_packet;

void send_bytes(const void *bytes, size_t len)
{
    chunk_packet = (uint16_t)(chunk_packet % 1000 + 1);
    scripted_broker_publish(
        &broker, publisher.answers_on != NULL ? publisher.answers_on : publisher.answer_topic, 1,
        chunk_packet, bytes, len);
}

void send_text(const char *text)
{
    send_bytes(text, strlen(text));
}

void make_chunk(uint8_t *message, uint32_t offset, uint32_t size)
{
    memset(message, 0, HEADER_SIZE);
    memcpy(message, "OTAImage", 8);
    otter_store_le16(message + 8, HEADER_SIZE);
    otter_store_le16(message + 12, 1);
    otter_store_le16(message + 14, 1);
    otter_store_le32(message + 18, publisher.size);
    otter_store_le32(message + 22, offset);
    otter_store_le16(message + 26, (uint16_t)size);
    memcpy(message + HEADER_SIZE, publisher.image + offset, size);
}

static uint8_t message[HEADER_SIZE + IMAGE_MAX];

void send_chunk(uint32_t offset, uint32_t size)
{
    if (size > publisher.size - offset) {
        size = publisher.size - offset;
    }
    make_chunk(message, offset, size);
    send_bytes(message, HEADER_SIZE + size);
}

static uint32_t random_below(uint32_t limit)
{
    publisher.chaos = publisher.chaos * 1664525 + 1013904223;
    return (publisher.chaos >> 16) % limit;
}

static void hold_back(uint32_t offset, uint32_t size)
{
    publisher.held_offset = offset;
    publisher.held_size = size;
}

static void release_held(void)
{
    const uint32_t size = publisher.held_size;

    publisher.held_size = 0;
    if (size > 0) {
        send_chunk(publisher.held_offset, size);
    }
}

/* Well, unless it was told to make a mess of it. */
static void send_on(uint32_t offset, uint32_t size)
{
    const uint32_t fate = publisher.chaos != 0 ? random_below(8) : 7;
    const bool is_free = publisher.held_size == 0;

    publisher.sent++;
    if (fate == 0) {
        return;
    }
    if (is_free
        && (fate == 1 || fate == 2
            || (publisher.holds_back_every != 0
                && publisher.sent % publisher.holds_back_every == 0))) {
        hold_back(offset, size);
        return;
    }
    send_chunk(offset, size);
    if (fate == 3) {
        send_chunk(offset, size);
    }
    release_held();
}

static void send_whole(void)
{
    for (uint32_t offset = 0; offset < publisher.size; offset += 500) {
        if (publisher.bad_request == offset / 500) {
            publisher.misbehave(offset, 500);
        } else {
            send_on(offset, 500);
        }
    }
}

static uint32_t get_number(const char *key)
{
    const char *at = strstr(publisher.last, key);

    assert_non_null(at);
    return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void answer_chunk_request(void)
{
    const uint32_t offset = get_number("\"Offset\":\"");
    const uint32_t size = get_number("\"Size\":\"");
    const unsigned number = publisher.chunks++;

    publisher.largest_end =
        offset + size > publisher.largest_end ? offset + size : publisher.largest_end;
    publisher.longest = size > publisher.longest ? size : publisher.longest;
    if (number == publisher.bad_request) {
        publisher.misbehave(offset, size);
    } else {
        send_on(offset, size > publisher.short_by ? size - publisher.short_by : size);
    }
}

static bool is_message(const char *name)
{
    char start[64];

    (void)snprintf(start, sizeof start, "{\"Message\":\"%s\",", name);
    return strncmp(publisher.last, start, strlen(start)) == 0;
}

void serve(void *context, struct scripted_broker *from, const char *topic, const uint8_t *payload,
           size_t len)
{
    const char *unique;

    (void)context;
    (void)from;
    assert_string_equal(topic, "anycloud/board-1/publish_notify");
    assert_true(len < sizeof publisher.last);
    memcpy(publisher.last, payload, len);
    publisher.last[len] = '\0';
    unique = strstr(publisher.last, "\"UniqueTopicName\":\"");
    assert_non_null(unique);
    assert_int_equal(sscanf(unique, "\"UniqueTopicName\":\"%150[^\"]", publisher.answer_topic), 1);

    if (is_message("Update Availability")) {
        publisher.asked++;
        if (publisher.job != NULL) {
            send_text(publisher.job);
        }
    } else if (is_message("Request Data Chunk")) {
        answer_chunk_request();
    } else if (is_message("Request Update")) {
        publisher.wholes++;
        send_whole();
    } else if (is_message("Send Direct Update")) {
        publisher.wholes++;
        publisher.answers_on = "anycloud/board-1/OTAImage";
        send_whole();
        publisher.answers_on = NULL;
    } else {
        publisher.reports++;
        if (publisher.gives_receipts) {
            send_text("{\"Message\":\"Result Received\"}");
        }
    }
}

void send_nothing(uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
}

void send_half(uint32_t offset, uint32_t size)
{
    send_chunk(offset, size / 2);
}
