/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher's protocol core without a broker: a recorder stands for it and keeps what was sent
 * and what was told. The catalogue is a real folder. */

/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunk.h"
#include "otter/bytes.h"
#include "publisher.h"

#define REQUESTS   "acme/kit/publish_notify"
#define DEVICE     "acme/kit/OTAImage/0123"
#define IMAGE_SIZE 10000u
#define CHUNK_SIZE 1000u
#define MESSAGES   256

/* --- a broker that records ---------------------------------------------------------------------- */

struct sent {
    char topic[128];
    uint8_t bytes[CHUNK_HEADER_SIZE + 4096];
    size_t len;
};

static struct {
    char folder[64];
    struct catalogue catalogue;
    struct publisher_config config;
    struct publisher publisher;
    struct sent sent[MESSAGES];
    int sent_count;
    int acknowledged;
    bool is_broken;
    struct publisher_event event; /* the last one but progress */
    char reason[128];
    int progress;
} world;

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

static void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static uint8_t image_byte(size_t at)
{
    return (uint8_t)(at * 7u + at / 256u);
}

static void write_image(const char *name, uint8_t change)
{
    static uint8_t image[IMAGE_SIZE];

    for (size_t i = 0; i < sizeof image; i++) {
        image[i] = image_byte(i) ^ change;
    }
    write_file(name, image, sizeof image);
}

static void release(const char *version, const char *more_keys)
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

static void receive_bytes(const char *topic, const void *bytes, size_t len)
{
    world.sent_count = 0;
    world.acknowledged = 0;
    memset(&world.event, 0xFF, sizeof world.event);
    world.reason[0] = '\0';
    publisher_handle(&world.publisher, topic, bytes, len);
}

static void receive(const char *text)
{
    receive_bytes(REQUESTS, text, strlen(text));
}

/* A message of the usual kind, with more keys of its own. */
static void ask(const char *message, const char *more_keys)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"Message\":\"%s\",\"UniqueTopicName\":\"" DEVICE
                   "\",\"SerialNumber\":\"S1\"%s}",
                   message, more_keys);
    receive(text);
}

/* The same from one of many devices; what was sent so far stays. */
static void ask_from(int device, const char *message, const char *more_keys)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"Message\":\"%s\",\"UniqueTopicName\":\"acme/kit/u/%d\"%s}", message, device,
                   more_keys);
    publisher_handle(&world.publisher, REQUESTS, text, strlen(text));
}

static void ask_for_chunk_from(int device, uint32_t offset)
{
    char keys[64];

    (void)snprintf(keys, sizeof keys, ",\"Offset\":%u,\"Size\":%u", (unsigned)offset, CHUNK_SIZE);
    ask_from(device, "Request Data Chunk", keys);
}

/* Messages to that device. */
static int sent_to(int device)
{
    char topic[64];
    int count = 0;

    (void)snprintf(topic, sizeof topic, "acme/kit/u/%d", device);
    for (int i = 0; i < world.sent_count; i++) {
        count += strcmp(world.sent[i].topic, topic) == 0;
    }
    return count;
}

static void acknowledge_all(void)
{
    while (world.acknowledged < world.sent_count) {
        publisher_acknowledged(&world.publisher, world.acknowledged++, true);
    }
}

static const char *answer_text(const char *key)
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

static void assert_chunk(int number, uint32_t offset, uint32_t size, uint16_t index, uint16_t count)
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

static void assert_problem(const char *reason)
{
    assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
    assert_string_equal(world.reason, reason);
}

static int begin(void **state)
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

static int end(void **state)
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

/* --- jobs --------------------------------------------------------------------------------------- */

static void a_device_is_offered_the_newest_image_that_is_newer(void **state)
{
    (void)state;
    release("1.1.0", "");
    release("1.10.0", "");
    release("1.2.0", "");
    ask("Update Availability", ",\"Version\":\"1.1.0\"");
    assert_string_equal(answer_text("Message"), "Update Available");
    assert_string_equal(answer_text("Version"), "1.10.0");
    assert_int_equal(world.event.kind, PUBLISHER_OFFERED);
}

static void a_device_that_runs_the_newest_is_told_so(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", ",\"Version\":\"1.1.0\"");
    assert_string_equal(answer_text("Message"), "No Update Available");
    assert_string_equal(answer_text("UniqueTopicName"), DEVICE);
    assert_int_equal(world.event.kind, PUBLISHER_NOTHING);
}

static void offer_always_ignores_what_the_device_runs(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.config.offer_always = true;
    ask("Update Availability", ",\"Version\":\"9.0.0\"");
    assert_string_equal(answer_text("Version"), "1.1.0");
}

static void an_image_for_another_board_is_not_offered(void **state)
{
    static const char request[] = "{\"Message\":\"Update Availability\","
                                  "\"UniqueTopicName\":\"acme/other/OTAImage/1\"}";

    (void)state;
    release("1.1.0", "");
    receive_bytes("acme/other/publish_notify", request, strlen(request));
    assert_int_equal(world.event.kind, PUBLISHER_NOTHING);
}

static void a_file_that_appears_is_on_offer_at_once(void **state)
{
    (void)state;
    ask("Update Availability", ",\"Version\":\"1.0.0\"");
    assert_string_equal(answer_text("Message"), "No Update Available");
    release("1.1.0", "");
    ask("Update Availability", ",\"Version\":\"1.0.0\"");
    assert_string_equal(answer_text("Message"), "Update Available");
}

static void a_job_has_size_and_digest_and_no_empty_places(void **state)
{
    (void)state;
    release("1.1.0", ",\"Product\":\"Widget\"");
    ask("Update Availability", "");
    assert_string_equal(answer_text("ImageSize"), "10000");
    assert_int_equal(strlen(answer_text("ImageSha256")), 64);
    assert_string_equal(answer_text("Product"), "Widget");
    assert_string_equal(answer_text("Broker"), "(none)");
    assert_string_equal(answer_text("Port"), "(none)");
}

static void what_the_file_says_about_size_stands(void **state)
{
    (void)state;
    release("1.1.0", ",\"ImageSize\":\"7\"");
    ask("Update Availability", "");
    assert_string_equal(answer_text("ImageSize"), "7");
}

static void a_job_too_long_for_a_device_is_not_sent(void **state)
{
    char keys[1100];

    (void)state;
    memset(keys, 'x', sizeof keys);
    memcpy(keys, ",\"Product\":\"", 12);
    (void)strcpy(keys + sizeof keys - 2, "\"");
    release("1.1.0", keys);
    ask("Update Availability", "");
    assert_string_equal(answer_text("Message"), "No Update Available");
}

static void unusable_files_do_not_hide_the_good_ones(void **state)
{
    (void)state;
    write_text("a.json", "{");
    write_text("b.json", "[]");
    write_text("c.json", "{\"Board\":\"kit\",\"Version\":\"9.0.0\",\"File\":\"../c.bin\"}");
    write_text("d.json", "{\"Board\":\"kit\",\"Version\":\"9.0.0\",\"File\":\"none.bin\"}");
    write_text("e.json", "{\"Board\":\"kit\",\"Version\":\"nine\",\"File\":\"a.json\"}");
    write_text("f.json", "");
    release("1.1.0", "");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Version"), "1.1.0");
    assert_int_equal(catalogue_count(&world.catalogue), 1);
}

/* --- data --------------------------------------------------------------------------------------- */

static void a_whole_image_comes_in_order_and_within_the_window(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    ask("Request Update", ",\"Version\":\"1.0.0\"");
    assert_int_equal(world.sent_count, SESSION_WINDOW);
    acknowledge_all();
    assert_int_equal(world.sent_count, 10);
    for (uint16_t i = 0; i < 10; i++) {
        assert_chunk(i, i * CHUNK_SIZE, CHUNK_SIZE, i, 10);
    }
    assert_int_equal(world.progress, 10);
}

static void the_last_chunk_is_shorter(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    ask("Request Update", "");
    assert_int_equal(world.sent_count, 3);
    assert_chunk(2, 8192, 1808, 2, 3);
}

static void a_download_sees_one_file_to_its_end(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    release("1.2.0", "");
    ask("Request Update", "");
    assert_int_equal(otter_load_le16(world.sent[0].bytes + 14), 1);
}

static void a_chunk_is_cut_at_the_end_of_the_image(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":\"8192\",\"Size\":\"4096\"");
    assert_int_equal(world.sent_count, 1);
    assert_chunk(0, 8192, 1808, 2, 3);
}

static void numbers_may_be_numbers(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":4096,\"Size\":4096");
    assert_chunk(0, 4096, 4096, 1, 3);
}

static void size_minus_one_is_the_rest_as_old_devices_mean_it(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":\"8192\",\"Size\":\"-1\"");
    assert_chunk(0, 8192, 1808, 2, 3);
}

static void impossible_chunks_are_refused(void **state)
{
    static const char *const requests[] = {
        ",\"Offset\":\"10000\",\"Size\":\"4096\"",
        ",\"Offset\":\"-1\",\"Size\":\"4096\"",
        ",\"Offset\":\"0\",\"Size\":\"0\"",
        ",\"Offset\":\"0\",\"Size\":\"65536\"",
        ",\"Offset\":\"0\"",
        ",\"Size\":\"4096\"",
        ",\"Offset\":\"99999999999999999999\",\"Size\":\"1\"",
        ",\"Offset\":1e300,\"Size\":1",
        ",\"Offset\":0.5,\"Size\":1",
        ",\"Offset\":\"4x\",\"Size\":\"1\"",
        ",\"Offset\":[],\"Size\":{}",
    };

    (void)state;
    release("1.1.0", "");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ask("Request Data Chunk", requests[i]);
        assert_int_equal(world.sent_count, 0);
        assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
    }
}

static void a_direct_update_goes_to_everybody(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    receive("{\"Message\":\"Send Direct Update\"}");
    assert_int_equal(world.sent_count, 3);
    assert_string_equal(world.sent[0].topic, "acme/kit/OTAImage");
}

static void who_comes_late_to_a_direct_update_gets_another_one(void **state)
{
    (void)state;
    release("1.1.0", "");
    receive("{\"Message\":\"Send Direct Update\"}");
    publisher_handle(&world.publisher, REQUESTS, "{\"Message\":\"Send Direct Update\"}", 32);
    acknowledge_all();
    assert_int_equal(world.sent_count, 20);
    assert_chunk(10, 0, CHUNK_SIZE, 0, 10);
}

static void a_new_question_ends_the_stream_to_that_device(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    ask("Update Availability", "");
    acknowledge_all();
    assert_int_equal(world.sent_count, 1);
}

static void a_stream_that_cannot_be_sent_ends_with_a_message(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    world.is_broken = true;
    publisher_acknowledged(&world.publisher, 0, true);
    assert_problem("the image cannot be sent any more");
    world.is_broken = false;
    ask("Request Update", "");
    acknowledge_all();
    assert_int_equal(world.sent_count, 10);
}

static void a_request_without_an_image_is_a_problem_not_an_end(void **state)
{
    (void)state;
    ask("Request Update", "");
    assert_problem("there is no image for its board");
}

/* --- which image -------------------------------------------------------------------------------- */

static void a_job_says_which_file_and_bytes_it_is_about(void **state)
{
    char id[64];

    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    (void)snprintf(id, sizeof id, "app-1.1.0.bin@%.16s", answer_text("ImageSha256"));
    assert_string_equal(answer_text("File"), id);
}

static void what_a_request_names_is_served_by_a_publisher_that_never_offered_it(void **state)
{
    char keys[256];

    (void)state;
    release("1.1.0", "");
    release("1.2.0", "");
    (void)snprintf(keys, sizeof keys, ",\"Filename\":\"app-1.1.0.bin\",\"Offset\":0,\"Size\":4096");
    ask("Request Data Chunk", keys);
    assert_chunk(0, 0, 4096, 0, 3);
    assert_int_equal(otter_load_le16(world.sent[0].bytes + 14), 1);
}

static void the_image_that_was_offered_is_served_when_another_has_its_name(void **state)
{
    char keys[512];

    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    (void)snprintf(keys, sizeof keys, ",\"Filename\":\"%s\",\"Offset\":0,\"Size\":4096",
                   answer_text("File"));
    write_image("app-1.1.0.bin", 0xFF);
    assert_int_equal(catalogue_count(&world.catalogue), 1);
    session_reset(
        &world.publisher.sessions,
        session_find(&world.publisher.sessions, DEVICE)); /* as if it were another publisher */
    ask("Request Data Chunk", keys);
    assert_chunk(0, 0, 4096, 0, 3);
}

static void other_bytes_than_those_that_were_offered_are_never_sent(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Data Chunk",
        ",\"Filename\":\"app-1.1.0.bin@0123456789abcdef\",\"Offset\":0,\"Size\":4096");
    assert_problem("the image that it was offered is not in the catalogue any more");
    assert_int_equal(world.sent_count, 0);
}

static void a_download_sees_one_image_though_its_file_is_overwritten(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    write_image("app-1.1.0.bin", 0xFF);
    acknowledge_all();
    assert_int_equal(world.sent_count, 10);
    for (uint16_t i = 0; i < 10; i++) {
        assert_chunk(i, i * CHUNK_SIZE, CHUNK_SIZE, i, 10);
    }
}

static void an_image_that_changes_is_offered_as_it_is_now(void **state)
{
    char before[80];

    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    (void)snprintf(before, sizeof before, "%s", answer_text("ImageSha256"));
    write_image("app-1.1.0.bin", 0xFF);
    ask("Update Availability", "");
    assert_string_not_equal(answer_text("ImageSha256"), before);
}

static void a_job_that_changes_is_read_anew(void **state)
{
    (void)state;
    release("1.1.0", ",\"Product\":\"Widget\"");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Product"), "Widget");
    release("1.1.0", ",\"Product\":\"Gadget\"");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Product"), "Gadget");
}

static void an_image_that_is_removed_is_no_longer_offered(void **state)
{
    char path[512];

    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    (void)snprintf(path, sizeof path, "%s/app-1.1.0.json", world.folder);
    assert_int_equal(unlink(path), 0);
    ask("Update Availability", "");
    assert_string_equal(answer_text("Message"), "No Update Available");
}

static void a_job_for_another_server_is_passed_on_as_it_is(void **state)
{
    (void)state;
    write_text("http.json", "{\"Board\":\"kit\",\"Version\":\"2.0.0\",\"Connection\":\"HTTPS\","
                            "\"Server\":\"files.example\",\"Port\":\"443\",\"File\":\"/a/b.bin\"}");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Connection"), "HTTPS");
    assert_string_equal(answer_text("Server"), "files.example");
    assert_string_equal(answer_text("Port"), "443");
    assert_string_equal(answer_text("File"), "/a/b.bin");
    assert_string_equal(answer_text("ImageSize"), "(none)");
    ask("Request Update", "");
    assert_problem("its job sends it to another server");
}

static void a_job_for_another_broker_may_have_its_image_elsewhere(void **state)
{
    (void)state;
    write_text("b.json", "{\"Board\":\"kit\",\"Version\":\"2.0.0\",\"Connection\":\"MQTT\","
                         "\"Broker\":\"other.example\",\"Port\":\"8883\",\"File\":\"x.bin\"}");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Broker"), "other.example");
    assert_string_equal(answer_text("File"), "x.bin");
}

static void a_job_over_http_needs_a_server(void **state)
{
    (void)state;
    write_text("http.json", "{\"Board\":\"kit\",\"Version\":\"2.0.0\",\"Connection\":\"HTTP\","
                            "\"File\":\"/b.bin\"}");
    assert_int_equal(catalogue_count(&world.catalogue), 0);
}

static void one_image_can_be_offered_without_a_catalogue(void **state)
{
    char image[512];
    char job[512];

    (void)state;
    write_image("any.bin", 0);
    write_text("ota_update.json", "{\"Board\":\"cat\",\"Version\":\"1.6.0\",\"Product\":\"P\"}");
    (void)snprintf(image, sizeof image, "%s/any.bin", world.folder);
    (void)snprintf(job, sizeof job, "%s/ota_update.json", world.folder);
    catalogue_init_single(&world.catalogue, image, job, "kit");
    ask("Update Availability", "");
    assert_string_equal(answer_text("Version"), "1.6.0");
    assert_string_equal(answer_text("Board"), "kit");
    assert_string_equal(answer_text("ImageSize"), "10000");
    ask("Request Data Chunk", ",\"Offset\":0,\"Size\":4096");
    assert_chunk(0, 0, 4096, 0, 3);
}

/* --- turns -------------------------------------------------------------------------------------- */

static void devices_that_download_take_turns(void **state)
{
    enum { DEVICES = 20 };

    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (int i = 0; i < DEVICES; i++) {
        ask_from(i, "Request Update", "");
    }
    assert_int_equal(world.sent_count, PUBLISHER_WINDOW);
    while (world.acknowledged < world.sent_count) {
        int most = 0;
        int least = IMAGE_SIZE / CHUNK_SIZE;

        for (int i = PUBLISHER_WINDOW / SESSION_WINDOW; i < DEVICES; i++) {
            most = sent_to(i) > most ? sent_to(i) : most;
            least = sent_to(i) < least ? sent_to(i) : least;
        }
        assert_true(most - least <= 1);
        publisher_acknowledged(&world.publisher, world.acknowledged++, true);
    }
    assert_int_equal(world.sent_count, DEVICES * IMAGE_SIZE / CHUNK_SIZE);
}

static void a_flood_of_requests_from_one_device_does_not_hold_up_another(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        ask_for_chunk_from(1, i % IMAGE_SIZE);
    }
    assert_problem("it asks for chunks faster than the broker takes them");
    assert_int_equal(world.sent_count, SESSION_WINDOW);
    ask_for_chunk_from(2, 0);
    assert_int_equal(sent_to(2), 1);
    acknowledge_all();
    assert_int_equal(sent_to(1), SESSION_WINDOW + SESSION_WANTED);
}

static void a_chunk_that_waits_for_its_turn_is_not_queued_twice(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (uint32_t i = 0; i < SESSION_WINDOW; i++) {
        ask_for_chunk_from(1, i);
    }
    for (int i = 0; i < 100; i++) {
        ask_for_chunk_from(1, 9000);
    }
    acknowledge_all();
    assert_int_equal(world.sent_count, SESSION_WINDOW + 1);
}

static void a_device_that_asks_too_often_is_not_answered(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (int i = 0; i < 100; i++) {
        ask_from(1, "Update Availability", "");
    }
    assert_int_equal(world.sent_count, SESSION_ANSWERS);
    assert_problem("it asks too often");
    publisher_step(&world.publisher, 2 * SESSION_ANSWER_MS);
    for (int i = 0; i < 100; i++) {
        ask_from(1, "Update Availability", "");
    }
    assert_int_equal(world.sent_count, SESSION_ANSWERS + 2);
}

static void when_the_broker_does_not_keep_up_requests_are_dropped(void **state)
{
    (void)state;
    world.publisher.in_flight = PUBLISHER_IN_FLIGHT_MAX;
    ask("Update Availability", "");
    assert_problem("the broker does not keep up");
    assert_int_equal(world.sent_count, 0);
}

static void a_device_that_left_is_not_sent_the_rest(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    publisher_acknowledged(&world.publisher, 0, false);
    assert_problem("it has left before it had the image");
    acknowledge_all();
    assert_int_equal(world.sent_count, SESSION_WINDOW);
}

static void a_stream_goes_on_where_it_was_when_the_broker_was_lost(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    publisher_acknowledged(&world.publisher, 0, true); /* one is there, eight are on their way */
    publisher_disconnected(&world.publisher);
    world.sent_count = 0;
    world.acknowledged = 0;
    publisher_acknowledged(&world.publisher, 1, true); /* of the old connection */
    assert_int_equal(world.sent_count, 0);
    publisher_connected(&world.publisher);
    acknowledge_all();
    assert_int_equal(world.sent_count, 9);
    assert_chunk(0, CHUNK_SIZE, CHUNK_SIZE, 1, 10);
}

static void a_device_that_went_silent_is_forgotten(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    publisher_step(&world.publisher, SESSION_SILENCE_MS);
    assert_non_null(session_find(&world.publisher.sessions, DEVICE));
    publisher_step(&world.publisher, SESSION_SILENCE_MS + 1);
    assert_null(session_find(&world.publisher.sessions, DEVICE));
}

/* --- results ------------------------------------------------------------------------------------ */

static void every_result_is_answered(void **state)
{
    (void)state;
    ask("Success", ",\"Stage\":\"confirmed\"");
    assert_string_equal(answer_text("Message"), "Result Received");
    assert_true(world.event.succeeded);
    ask("Failure", ",\"Stage\":\"failed\",\"Code\":\"-25\"");
    assert_string_equal(answer_text("Message"), "Result Received");
    assert_false(world.event.succeeded);
}

/* --- hostile messages --------------------------------------------------------------------------- */

#define BYTES(literal) (literal), sizeof(literal) - 1

static void bytes_that_are_no_request_are_problems(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
    } cases[] = {
        { BYTES(""), "it is empty" },
        { BYTES("\xFF\xFE"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xC0\xAF\"}"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xED\xA0\x80\"}"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xE2\x82"), "it is not UTF-8 text" },
        { BYTES("{}\0"), "it is not UTF-8 text" },
        { BYTES("{"), "it is not a JSON object" },
        { BYTES("hello"), "it is not a JSON object" },
        { BYTES("[1]"), "it is not a JSON object" },
        { BYTES("{}"), "its Message is missing" },
        { BYTES("{\"Message\":7}"), "its Message is missing" },
        { BYTES("{\"Message\":\"Sing\"}"), "its Message is none of the protocol's" },
        { BYTES("{\"Message\":\"Success\"}"), "its UniqueTopicName is missing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        receive_bytes(REQUESTS, cases[i].bytes, cases[i].len);
        assert_problem(cases[i].reason);
        assert_int_equal(world.sent_count, 0);
    }
}

static void a_request_that_is_too_long_is_a_problem(void **state)
{
    static char request[REQUEST_BYTES_MAX + 1];

    (void)state;
    memset(request, ' ', sizeof request);
    receive_bytes(REQUESTS, request, sizeof request);
    assert_problem("it is too long for a request");
}

static void nothing_is_sent_to_topics_outside_the_board(void **state)
{
    static const char *const topics[] = {
        "acme/kit/#",
        "acme/+/x",
        "acme/other/x",
        "acme/kit",
        "acme/kit/publish_notify",
        "acme/kitchen/x",
        "$SYS/broker",
        "",
        "acme/kit/OTAImage",
    };
    char request[256];

    (void)state;
    release("1.1.0", "");
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        (void)snprintf(request, sizeof request,
                       "{\"Message\":\"Update Availability\",\"UniqueTopicName\":\"%s\"}",
                       topics[i]);
        receive(request);
        assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
        assert_int_equal(world.sent_count, 0);
    }
}

static void a_request_on_a_foreign_topic_is_a_problem(void **state)
{
    (void)state;
    receive_bytes("acme/kit/other", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
    receive_bytes("acme//publish_notify", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
    receive_bytes("acmes/kit/publish_notify", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
}

static void texts_of_devices_cannot_steer_a_terminal(void **state)
{
    struct request request;
    static const char text[] = "{\"Message\":\"Failure\",\"Reason\":\"a\\u001b[2Jb\\nc\"}";

    (void)state;
    assert_null(request_parse(text, strlen(text), &request));
    assert_string_equal(request.reason, "a?[2Jb?c");
}

static void a_code_without_words_is_known_by_its_number(void **state)
{
    static const struct {
        const char *keys;
        const char *reason;
    } cases[] = {
        { "\"Code\":\"-4\"", "the flash refused an operation" },
        { "\"Code\":\"-4\",\"Reason\":\"worn\"", "worn" },
        { "\"Code\":\"-4x\"", "" },
        { "\"Code\":\"\"", "" },
        { "\"Code\":\"4\"", "" },
        { "\"Code\":\"-99999999999999999999\"", "" },
    };
    char text[128];
    struct request request;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int len = snprintf(text, sizeof text, "{\"Message\":\"Failure\",%s}", cases[i].keys);

        assert_null(request_parse(text, (size_t)len, &request));
        assert_string_equal(request.reason, cases[i].reason);
    }
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct request request;
    char text[200];

    (void)state;
    (void)snprintf(text, sizeof text, "{\"Stage\":\"123456789012345\xC3\xA4\"}");
    assert_null(request_parse(text, strlen(text), &request));
    assert_string_equal(request.stage, "123456789012345");
}

static void more_devices_than_rows_push_out_the_longest_silent(void **state)
{
    char request[256];

    (void)state;
    release("1.1.0", "");
    for (int i = 0; i < SESSION_COUNT + 10; i++) {
        (void)snprintf(
            request, sizeof request,
            "{\"Message\":\"Update Availability\",\"UniqueTopicName\":\"acme/kit/u/%d\"}", i);
        receive(request);
        assert_int_equal(world.event.kind, PUBLISHER_OFFERED);
    }
    assert_null(session_find(&world.publisher.sessions, "acme/kit/u/0"));
    assert_non_null(session_find(&world.publisher.sessions, "acme/kit/u/10"));
}

/* --- chunk headers ------------------------------------------------------------------------------ */

static void a_header_is_laid_out_as_on_the_wire(void **state)
{
    static const uint8_t expected[CHUNK_HEADER_SIZE] = {
        'O', 'T', 'A',  'I',  'm', 'a', 'g', 'e',  0x20, 0, 0, 0,    1, 0, 6, 0,
        0,   0,   0x20, 0x4E, 0,   0,   0,   0x10, 0,    0, 0, 0x10, 5, 0, 1, 0,
    };
    const struct chunk_header header = { .version = { .major = 1, .minor = 6 },
                                         .total = 20000,
                                         .offset = 4096,
                                         .size = 4096,
                                         .count = 5,
                                         .index = 1 };
    uint8_t bytes[CHUNK_HEADER_SIZE];

    (void)state;
    chunk_encode(&header, bytes);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void chunks_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t value;
    } damages[] = { { 0, 'o' }, { 8, 0x21 }, { 18, 9 }, { 22, 0xFF }, { 26, 11 }, { 27, 1 } };
    const struct chunk_header header = {
        .total = 20, .offset = 10, .size = 10, .count = 2, .index = 1
    };
    uint8_t message[CHUNK_HEADER_SIZE + 10] = { 0 };
    struct chunk_header decoded;
    const uint8_t *data;

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        chunk_encode(&header, message);
        assert_null(chunk_decode(message, sizeof message, &decoded, &data));
        message[damages[i].at] = damages[i].value;
        assert_non_null(chunk_decode(message, sizeof message, &decoded, &data));
    }
    assert_non_null(chunk_decode(message, CHUNK_HEADER_SIZE - 1, &decoded, &data));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_device_is_offered_the_newest_image_that_is_newer),
        CASE(a_device_that_runs_the_newest_is_told_so),
        CASE(offer_always_ignores_what_the_device_runs),
        CASE(an_image_for_another_board_is_not_offered),
        CASE(a_file_that_appears_is_on_offer_at_once),
        CASE(a_job_has_size_and_digest_and_no_empty_places),
        CASE(what_the_file_says_about_size_stands),
        CASE(a_job_too_long_for_a_device_is_not_sent),
        CASE(unusable_files_do_not_hide_the_good_ones),
        CASE(a_whole_image_comes_in_order_and_within_the_window),
        CASE(the_last_chunk_is_shorter),
        CASE(a_download_sees_one_file_to_its_end),
        CASE(a_chunk_is_cut_at_the_end_of_the_image),
        CASE(numbers_may_be_numbers),
        CASE(size_minus_one_is_the_rest_as_old_devices_mean_it),
        CASE(impossible_chunks_are_refused),
        CASE(a_direct_update_goes_to_everybody),
        CASE(who_comes_late_to_a_direct_update_gets_another_one),
        CASE(a_new_question_ends_the_stream_to_that_device),
        CASE(a_stream_that_cannot_be_sent_ends_with_a_message),
        CASE(a_request_without_an_image_is_a_problem_not_an_end),
        CASE(a_job_says_which_file_and_bytes_it_is_about),
        CASE(what_a_request_names_is_served_by_a_publisher_that_never_offered_it),
        CASE(the_image_that_was_offered_is_served_when_another_has_its_name),
        CASE(other_bytes_than_those_that_were_offered_are_never_sent),
        CASE(a_download_sees_one_image_though_its_file_is_overwritten),
        CASE(an_image_that_changes_is_offered_as_it_is_now),
        CASE(a_job_that_changes_is_read_anew),
        CASE(an_image_that_is_removed_is_no_longer_offered),
        CASE(a_job_for_another_server_is_passed_on_as_it_is),
        CASE(a_job_for_another_broker_may_have_its_image_elsewhere),
        CASE(a_job_over_http_needs_a_server),
        CASE(one_image_can_be_offered_without_a_catalogue),
        CASE(devices_that_download_take_turns),
        CASE(a_flood_of_requests_from_one_device_does_not_hold_up_another),
        CASE(a_chunk_that_waits_for_its_turn_is_not_queued_twice),
        CASE(a_device_that_asks_too_often_is_not_answered),
        CASE(when_the_broker_does_not_keep_up_requests_are_dropped),
        CASE(a_device_that_left_is_not_sent_the_rest),
        CASE(a_stream_goes_on_where_it_was_when_the_broker_was_lost),
        CASE(a_device_that_went_silent_is_forgotten),
        CASE(every_result_is_answered),
        CASE(bytes_that_are_no_request_are_problems),
        CASE(a_request_that_is_too_long_is_a_problem),
        CASE(nothing_is_sent_to_topics_outside_the_board),
        CASE(a_request_on_a_foreign_topic_is_a_problem),
        CASE(texts_of_devices_cannot_steer_a_terminal),
        CASE(a_code_without_words_is_known_by_its_number),
        CASE(a_long_text_is_cut_between_characters),
        CASE(more_devices_than_rows_push_out_the_longest_silent),
        CASE(a_header_is_laid_out_as_on_the_wire),
        CASE(chunks_that_contradict_themselves_are_refused),
    };

    return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
