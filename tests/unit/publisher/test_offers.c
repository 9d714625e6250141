/* SPDX-License-Identifier: Apache-2.0 */

/* Which image a device is offered and served, as the folder of images changes. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "otter/bytes.h"
#include "suites.h"
#include "world.h"

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

int run_offer_tests(void)
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
    };

    return cmocka_run_group_tests_name("offers", tests, NULL, NULL);
}
