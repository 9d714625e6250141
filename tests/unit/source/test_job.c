/* SPDX-License-Identifier: Apache-2.0 */

/* Job documents: those that other people's publishers send (jobs/), and those that nobody should. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "otter/job.h"
#include "otter/message.h"
#include "otter/source.h"

static struct otter_job job;
static const char *field;

static enum otter_result parse(const char *json)
{
    return otter_job_parse(json, strlen(json), &job, &field);
}

static size_t read_file(const char *name, char *dst, size_t size)
{
    char path[512];
    FILE *file;
    size_t len;

    (void)snprintf(path, sizeof path, JOBS_FOLDER "%s.json", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(dst, 1, size, file);
    (void)fclose(file);
    return len;
}

static enum otter_result parse_file(const char *name)
{
    char json[2048];
    const size_t len = read_file(name, json, sizeof json);

    return otter_job_parse(json, len, &job, &field);
}

static void the_samples_of_other_projects_are_understood(void **state)
{
    static const struct {
        const char *name;
        const char *version;
        const char *board;
        const char *product;
        enum otter_job_connection connection;
        const char *host;
        uint16_t port;
        const char *file;
    } samples[] = {
        { "library-mqtt", "1.6.0", "CY8CPROTO_062_4343W", "Easy Widgit", OTTER_JOB_CONNECTION_MQTT,
          "", 1883, "" },
        { "library-http", "1.6.0", "CY8CPROTO_062_4343W", "Easy Widgit", OTTER_JOB_CONNECTION_HTTP,
          "10.0.0.88", 80, "/anycloud-ota.bin" },
        { "example-mqtt", "1.0.0", "CY8CPROTO_062_4343W", "EFGH456", OTTER_JOB_CONNECTION_MQTT,
          "192.168.0.1", 8884, "" },
        { "example-https", "1.0.0", "CY8CPROTO_062_4343W", "EFGH456", OTTER_JOB_CONNECTION_HTTPS,
          "192.168.0.10", 4443, "/mtb-example-anycloud-ota-https.bin" },
        { "example-http", "1.0.0", "CY8CPROTO_062_4343W", "EFGH456", OTTER_JOB_CONNECTION_HTTP,
          "192.168.0.10", 8080, "/mtb-example-anycloud-ota-https.bin" },
        { "otter", "1.1.0", "mps2-an386", "demo", OTTER_JOB_CONNECTION_MQTT, "", 0, "" },
        { "device-names", "2.10.300", "CY8CPROTO_062_4343W", "Easy Widgit",
          OTTER_JOB_CONNECTION_SAME, "", 0, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char version[OTTER_VERSION_TEXT_SIZE];

        assert_int_equal(parse_file(samples[i].name), OTTER_OK);
        otter_version_format(&job.version, version);
        assert_string_equal(version, samples[i].version);
        assert_string_equal(job.board, samples[i].board);
        assert_string_equal(job.product, samples[i].product);
        assert_int_equal(job.connection, samples[i].connection);
        assert_string_equal(job.host, samples[i].host);
        assert_int_equal(job.port, samples[i].port);
        assert_string_equal(job.file, samples[i].file);
        assert_string_equal(field, "");
    }
}

static void size_and_digest_are_optional(void **state)
{
    (void)state;
    assert_int_equal(parse_file("library-mqtt"), OTTER_OK);
    assert_false(job.has_size);
    assert_false(job.has_sha256);
    assert_int_equal(parse_file("otter"), OTTER_OK);
    assert_true(job.has_size);
    assert_int_equal(job.size, 12345);
    assert_true(job.has_sha256);
    for (uint8_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        assert_int_equal(job.sha256[i], i);
    }
}

static void no_update_is_an_answer(void **state)
{
    (void)state;
    assert_int_equal(parse_file("no-update"), OTTER_NO_UPDATE);
}

static void a_message_is_recognized(void **state)
{
    char json[2048];
    const size_t len = read_file("received", json, sizeof json);

    (void)state;
    assert_true(otter_job_has_message(json, len, "Result Received"));
    assert_false(otter_job_has_message(json, len, "Update Available"));
    assert_false(otter_job_has_message(json, len - 4, "Result Received"));
    assert_false(otter_job_has_message("", 0, "Result Received"));
    assert_false(otter_job_has_message("{\"Message\":[]}", 14, "Result Received"));
}

static void keys_match_without_case_and_by_full_length(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"VERSION\":\"1.2.3\",\"board\":\"b\",\"pOrT\":\"80\"}"), OTTER_OK);
    assert_int_equal(job.port, 80);
    assert_int_equal(parse("{\"Version\":\"1.2.3\",\"Boards\":\"b\"}"), OTTER_ERR_JOB_FIELD);
    assert_string_equal(field, "Board");
    assert_int_equal(parse("{\"Vers\":\"1.2.3\",\"Board\":\"b\"}"), OTTER_ERR_JOB_FIELD);
    assert_string_equal(field, "Version");
}

static void a_port_may_be_a_string_or_a_number(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":65535}"), OTTER_OK);
    assert_int_equal(job.port, 65535);
    assert_int_equal(parse("{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":\"\"}"), OTTER_OK);
    assert_int_equal(job.port, 0);
}

static void an_empty_server_does_not_undo_a_broker(void **state)
{
    (void)state;
    assert_int_equal(
        parse("{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Broker\":\"here\",\"Server\":\"\"}"),
        OTTER_OK);
    assert_string_equal(job.host, "here");
}

static void malformed_fields_are_named(void **state)
{
    static const struct {
        const char *field;
        const char *json;
    } bad[] = {
        { "Version", "{\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"1.2\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"1.2.3.4\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"1.2.x\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"1.256.0\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"-1.2.0\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":\"\",\"Board\":\"b\"}" },
        { "Version", "{\"Version\":123,\"Board\":\"b\"}" },
        { "Version", "{\"Version\":{\"a\":\"1.2.3\"},\"Board\":\"b\"}" },
        { "Board", "{\"Version\":\"1.2.3\"}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":\"\"}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":null}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":\"a\\u0000b\"}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":\"a\\u00e9b\"}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":\"a\nb\"}" },
        { "Board", "{\"Version\":\"1.2.3\",\"Board\":\"0123456789012345678901234567890123\"}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":\"http\"}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":\"80 \"}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":0}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":-1}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":65536}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":4294967376}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":true}" },
        { "Port", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Port\":[80]}" },
        { "Connection", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Connection\":\"HTT\"}" },
        { "Connection", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"Connection\":\"FTP\"}" },
        { "ImageSize", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"ImageSize\":\"0\"}" },
        { "ImageSize", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"ImageSize\":\"4294967296\"}" },
        { "ImageSha256", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"ImageSha256\":\"\"}" },
        { "ImageSha256", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"ImageSha256\":\"00ff\"}" },
        { "ImageSha256", "{\"Version\":\"1.2.3\",\"Board\":\"b\",\"ImageSha256\":\"0\"}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i].json), OTTER_ERR_JOB_FIELD);
        assert_string_equal(field, bad[i].field);
    }
}

static void what_is_no_object_is_no_job(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "\"text\"",
        "17",
        "{",
        "}",
        "{\"Version\":\"1.2.3\"",
        "{\"Version\"}",
        "{\"Version\",\"1.2.3\"}",
        "{\"a\":\"1\" \"b\":\"2\"} {}",
        "{}{}",
        "{17:\"x\"}",
        "{\"a\":\"\\x\"}",
        "OTAImage",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i]), OTTER_ERR_JOB_SYNTAX);
    }
    assert_int_equal(otter_job_parse("{}\0x", 4, &job, &field), OTTER_ERR_JOB_SYNTAX);
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"Version\":\"1\\u002E2.3\",\"Board\":\"\\\"\\\\\\/\\u0041\\u007a\","
                           "\"File\":\"\\b\\f\\n\\r\\t\"}"),
                     OTTER_OK);
    assert_int_equal(job.version.minor, 2);
    assert_string_equal(job.board, "\"\\/Az");
    assert_string_equal(job.file, "\b\f\n\r\t");
}

static void unknown_keys_are_stepped_over_whatever_they_hold(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"x\":{\"Version\":\"9.9.9\",\"y\":[1,{\"Board\":\"z\"}]},"
                           "\"Version\":\"1.2.3\",\"w\":[],\"Board\":\"b\",\"v\":null}"),
                     OTTER_OK);
    assert_int_equal(job.version.major, 1);
    assert_string_equal(job.board, "b");
}

static void documents_beyond_the_limits_are_too_big(void **state)
{
    char json[OTTER_JOB_DOCUMENT_MAX + 1];

    (void)state;
    memset(json, ' ', sizeof json);
    memcpy(json, "{\"Version\":\"1.2.3\",\"Board\":\"b\"}", 31);
    assert_int_equal(otter_job_parse(json, sizeof json - 1, &job, &field), OTTER_OK);
    assert_int_equal(otter_job_parse(json, sizeof json, &job, &field), OTTER_ERR_JOB_TOO_BIG);

    memset(json, '[', sizeof json);
    assert_int_equal(otter_job_parse(json, 1000, &job, &field), OTTER_ERR_JOB_TOO_BIG);
}

static void a_job_is_held_against_the_version_first_and_then_the_board(void **state)
{
    const struct otter_identity identity = { .board = "here",
                                             .version = { .major = 1, .minor = 2, .revision = 3 } };
    static const struct {
        const char *json;
        enum otter_result result;
    } jobs[] = {
        { "{\"Version\":\"1.2.4\",\"Board\":\"here\"}", OTTER_OK },
        { "{\"Version\":\"2.0.0\",\"Board\":\"here\"}", OTTER_OK },
        { "{\"Version\":\"1.2.3\",\"Board\":\"here\"}", OTTER_ERR_JOB_NOT_NEWER },
        { "{\"Version\":\"1.1.9\",\"Board\":\"elsewhere\"}", OTTER_ERR_JOB_NOT_NEWER },
        { "{\"Version\":\"0.0.0\",\"Board\":\"here\"}", OTTER_ERR_JOB_NOT_NEWER },
        { "{\"Version\":\"1.2.4\",\"Board\":\"elsewhere\"}", OTTER_ERR_JOB_BOARD },
        { "{\"Version\":\"1.2.4\",\"Board\":\"Here\"}", OTTER_ERR_JOB_BOARD },
    };

    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        assert_int_equal(parse(jobs[i].json), OTTER_OK);
        assert_int_equal(otter_job_check(&job, &identity), jobs[i].result);
    }
}

static void the_product_counts_only_where_the_device_insists(void **state)
{
    struct otter_identity insisting = { .board = "B", .product = "Lamp" };

    (void)state;
    assert_int_equal(parse("{\"Version\":\"1.0.0\",\"Board\":\"B\",\"Product\":\"Kettle\"}"),
                     OTTER_OK);
    assert_int_equal(otter_job_check(&job, &insisting), OTTER_OK);
    insisting.product_must_match = true;
    assert_int_equal(otter_job_check(&job, &insisting), OTTER_ERR_JOB_PRODUCT);
    insisting.product = "Kettle";
    assert_int_equal(otter_job_check(&job, &insisting), OTTER_OK);
    insisting.product = "Lamp";
    job.product[0] = '\0';
    assert_int_equal(otter_job_check(&job, &insisting), OTTER_OK);
}

static void a_job_without_a_document_is_judged_once_its_image_is_known(void **state)
{
    const struct otter_identity identity = { .board = "B", .version = { .major = 1 } };
    struct otter_job direct = { .is_direct = true, .is_unread = true };

    (void)state;
    assert_int_equal(otter_job_check(&direct, &identity), OTTER_OK);
    direct.is_unread = false;
    assert_int_equal(otter_job_check(&direct, &identity), OTTER_ERR_JOB_NOT_NEWER);
    direct.version.major = 2;
    assert_int_equal(otter_job_check(&direct, &identity), OTTER_OK);
}

static void a_job_leads_only_to_servers_that_are_allowed(void **state)
{
    static const char *const allowed[] = { "a.example", "B.example:443", NULL };
    static const struct {
        const char *host;
        uint16_t port;
        enum otter_job_place place;
    } cases[] = {
        { "", 0, OTTER_JOB_HERE },
        { "", 1, OTTER_JOB_HERE },
        { "HOME", 0, OTTER_JOB_HERE },
        { "home", 8883, OTTER_JOB_HERE },
        { "home", 1883, OTTER_JOB_FORBIDDEN },
        { "homes", 8883, OTTER_JOB_FORBIDDEN },
        { "hom", 8883, OTTER_JOB_FORBIDDEN },
        { "A.example", 1, OTTER_JOB_ELSEWHERE },
        { "a.example:1", 1, OTTER_JOB_FORBIDDEN },
        { "b.example", 443, OTTER_JOB_ELSEWHERE },
        { "b.example", 44, OTTER_JOB_FORBIDDEN },
        { "b.example", 0, OTTER_JOB_FORBIDDEN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct otter_job there = { .port = cases[i].port };

        strcpy(there.host, cases[i].host);
        assert_int_equal(otter_job_place(&there, "home", 8883, allowed), cases[i].place);
        if (cases[i].place == OTTER_JOB_ELSEWHERE) {
            assert_int_equal(otter_job_place(&there, "home", 8883, NULL), OTTER_JOB_FORBIDDEN);
        }
    }
}

static void a_place_is_named_for_people(void **state)
{
    const struct otter_job there = { .connection = OTTER_JOB_CONNECTION_HTTPS,
                                     .host = "a.example",
                                     .port = 443 };
    char text[64];

    (void)state;
    assert_string_equal(otter_job_place_text(&there, text, sizeof text),
                        "HTTPS server \"a.example\", port 443");
}

static void stages_have_names(void **state)
{
    (void)state;
    assert_string_equal(otter_report_stage_name(OTTER_REPORT_REFUSED), "refused");
    assert_string_equal(otter_report_stage_name(OTTER_REPORT_FAILED), "failed");
    assert_string_equal(otter_report_stage_name(OTTER_REPORT_PENDING), "pending");
    assert_string_equal(otter_report_stage_name(OTTER_REPORT_CONFIRMED), "confirmed");
    assert_string_equal(otter_report_stage_name(OTTER_REPORT_REVERTED), "reverted");
}

static void assert_report(const char *(*meaning)(enum otter_result), const char *end)
{
    const struct otter_identity identity = { .board = "B",
                                             .serial_number = "1",
                                             .meaning = meaning };
    const struct otter_report report = { OTTER_REPORT_FAILED, OTTER_ERR_FLASH, { .major = 2 } };
    char expected[256];
    char buffer[256];
    struct otter_text text;

    (void)snprintf(
        expected, sizeof expected,
        "{\"Message\":\"Failure\",\"File\":\"f\",\"BoardName\":\"B\",\"SerialNumber\":\"1\","
        "\"Version\":\"2.0.0\",\"Stage\":\"failed\",\"Code\":\"-4\"%s}",
        end);
    otter_text_init(&text, buffer, sizeof buffer);
    otter_message_report(&text, &identity, "File", "f", &report);
    assert_string_equal(buffer, expected);
}

static void a_report_has_words_only_from_a_device_that_has_them(void **state)
{
    (void)state;
    assert_report(otter_result_meaning, ",\"Reason\":\"the flash refused an operation\"");
    assert_report(NULL, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_other_projects_are_understood),
        cmocka_unit_test(size_and_digest_are_optional),
        cmocka_unit_test(no_update_is_an_answer),
        cmocka_unit_test(a_message_is_recognized),
        cmocka_unit_test(keys_match_without_case_and_by_full_length),
        cmocka_unit_test(a_port_may_be_a_string_or_a_number),
        cmocka_unit_test(an_empty_server_does_not_undo_a_broker),
        cmocka_unit_test(malformed_fields_are_named),
        cmocka_unit_test(what_is_no_object_is_no_job),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(unknown_keys_are_stepped_over_whatever_they_hold),
        cmocka_unit_test(documents_beyond_the_limits_are_too_big),
        cmocka_unit_test(a_job_is_held_against_the_version_first_and_then_the_board),
        cmocka_unit_test(the_product_counts_only_where_the_device_insists),
        cmocka_unit_test(a_job_without_a_document_is_judged_once_its_image_is_known),
        cmocka_unit_test(a_job_leads_only_to_servers_that_are_allowed),
        cmocka_unit_test(a_place_is_named_for_people),
        cmocka_unit_test(stages_have_names),
        cmocka_unit_test(a_report_has_words_only_from_a_device_that_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
