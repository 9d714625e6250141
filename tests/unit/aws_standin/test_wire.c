/* SPDX-License-Identifier: Apache-2.0 */

/* The messages of streams, with vectors that two other codecs have agreed on. R1 to R3 and R5 to R7 are
 * byte for byte what AWS's encoder makes; D1 to J2 were decoded by AWS's decoder. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "aws_wire.h"

static const struct aws_style usual;

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
    const size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        unsigned byte;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    return len;
}

static enum aws_code read_hex(const char *hex, struct aws_request *request)
{
    uint8_t bytes[512];
    uint8_t *exact;
    const size_t len = bytes_of(hex, bytes);
    enum aws_code code;

    exact = malloc(len); /* so that the sanitizer sees a byte too many */
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    code = aws_wire_read(AWS_CBOR, exact, len, request);
    free(exact);
    return code;
}

static enum aws_code read_text(const char *text, struct aws_request *request)
{
    return aws_wire_read(AWS_JSON, text, strlen(text), request);
}

static void assert_bytes(const uint8_t *bytes, size_t len, const char *hex)
{
    uint8_t expected[512];

    assert_int_equal(len, bytes_of(hex, expected));
    assert_memory_equal(bytes, expected, len);
}

/* --- requests ----------------------------------------------------------------------------------- */

static const struct {
    const char *hex;
    const char *token;
    unsigned version;
    unsigned file;
    unsigned size;
    unsigned offset;
    unsigned count;
    const char *bitmap; /* NULL: none */
} requests[] = {
    { "a6616363726479616600616c191000616f006162411f616e01", "rdy", 0, 0, 4096, 0, 1, "1f" },
    { "a661636131616601616c190100616f14616243130080616e1820", "1", 0, 1, 256, 20, 32, "130080" },
    { "a6616363726479616600616c190400616f00616245ffffffff03616e08", "rdy", 0, 0, 1024, 0, 8,
      "ffffffff03" },
    { "a6616363726479617301616600616c191000616f1903e8616e04", "rdy", 1, 0, 4096, 1000, 4, NULL },
    { "a6616363726479616600616c191000616f00616242ff03616e08", "rdy", 0, 0, 4096, 0, 8, "ff03" },
    { "a6616363726479616600616c191000616f006162420003616e08", "rdy", 0, 0, 4096, 0, 8, "0003" },
    { "a6616363726479616600616c191000616f006162420803616e08", "rdy", 0, 0, 4096, 0, 8, "0803" },
};

static void the_requests_of_the_agents_are_read(void **state)
{
    struct aws_request request;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(read_hex(requests[i].hex, &request), AWS_ACCEPTED);
        assert_string_equal(request.token, requests[i].token);
        assert_int_equal(request.has_version, requests[i].version != 0);
        assert_int_equal(request.version, requests[i].version);
        assert_int_equal(request.file, requests[i].file);
        assert_int_equal(request.size, requests[i].size);
        assert_int_equal(request.offset, requests[i].offset);
        assert_int_equal(request.count, requests[i].count);
        assert_int_equal(request.has_bitmap, requests[i].bitmap != NULL);
        if (requests[i].bitmap != NULL) {
            assert_bytes(request.bitmap, request.bitmap_len, requests[i].bitmap);
        }
    }
}

static const struct {
    const char *hex;
    enum aws_code code;
} bad_requests[] = {
    { "a1", AWS_INVALID_CBOR },
    { "", AWS_INVALID_CBOR },
    { "7b7d", AWS_INVALID_CBOR },             /* JSON */
    { "a16162644d513d3d", AWS_INVALID_CBOR }, /* b as text */
    { "a1616301", AWS_INVALID_CBOR },         /* c as a number */
    { "a1616620", AWS_INVALID_REQUEST },      /* f = -1 */
    { "a1616cf5", AWS_INVALID_REQUEST },      /* l = true */
    { "a161625affffffff", AWS_INVALID_CBOR }, /* more bytes than there are */
    { "a1616600ff", AWS_INVALID_CBOR },       /* something behind the map */
    { "a1616362fffe", AWS_INVALID_REQUEST },  /* a token that is no UTF-8 */
    { "bf616600", AWS_INVALID_CBOR },         /* no end */
};

static void what_is_no_request_is_refused(void **state)
{
    struct aws_request request;

    (void)state;
    for (size_t i = 0; i < sizeof bad_requests / sizeof bad_requests[0]; i++) {
        assert_int_equal(read_hex(bad_requests[i].hex, &request), bad_requests[i].code);
        assert_false(request.has_token);
    }
}

static void a_request_cut_short_anywhere_is_refused(void **state)
{
    struct aws_request request;
    char hex[128];

    (void)state;
    for (size_t len = 0; len < strlen(requests[1].hex); len += 2) {
        (void)snprintf(hex, sizeof hex, "%.*s", (int)len, requests[1].hex);
        assert_int_equal(read_hex(hex, &request), AWS_INVALID_CBOR);
    }
}

static void the_first_of_two_equal_keys_counts_and_unknown_ones_do_not(void **state)
{
    struct aws_request request;

    (void)state;
    assert_int_equal(read_hex("a5616601616602617883010203617aa1f6f4616c190100", &request),
                     AWS_ACCEPTED);
    assert_int_equal(request.file, 1);
    assert_int_equal(request.size, 256);
}

/* What the newer library sends: base64 text, but as bytes. */
static void a_text_for_a_bitmap_is_read_as_bits(void **state)
{
    struct aws_request request;

    (void)state;
    assert_int_equal(read_hex("a16162444d513d3d", &request), AWS_ACCEPTED);
    assert_bytes(request.bitmap, request.bitmap_len, "4d513d3d");
}

static void a_token_of_64_bytes_is_the_longest(void **state)
{
    struct aws_request request;
    char text[128];

    (void)state;
    (void)snprintf(text, sizeof text, "{\"c\":\"%064d\"}", 0);
    assert_int_equal(read_text(text, &request), AWS_ACCEPTED);
    assert_true(request.has_token);
    (void)snprintf(text, sizeof text, "{\"c\":\"%065d\"}", 0);
    assert_int_equal(read_text(text, &request), AWS_ACCEPTED);
    assert_true(request.has_long_token);
    assert_false(request.has_token);
}

static void json_requests_have_numbers_and_a_bitmap_in_base64(void **state)
{
    struct aws_request request;

    (void)state;
    assert_int_equal(read_text("{\"s\": 1,\"f\":0,\"l\":1024,\"o\":2,\"n\":3}", &request),
                     AWS_ACCEPTED);
    assert_true(request.has_version && request.has_offset && request.has_count);
    assert_int_equal(request.offset, 2);
    assert_int_equal(read_text("{\"f\":0,\"l\":256,\"b\":\"MQ==\"}", &request), AWS_ACCEPTED);
    assert_bytes(request.bitmap, request.bitmap_len, "31");
    assert_int_equal(read_text("{\"f\":0,\"b\":\"0x13\"}", &request), AWS_ACCEPTED);
    assert_int_equal(request.bitmap_len, 3);
    assert_int_equal(read_text("{\"f\":0,\"b\":\"0x1\"}", &request), AWS_INVALID_REQUEST);
    assert_int_equal(read_text("{\"f\":\"0\"}", &request), AWS_INVALID_REQUEST);
    assert_int_equal(read_text("{\"f\":1.5}", &request), AWS_INVALID_REQUEST);
    assert_int_equal(read_text("[]", &request), AWS_INVALID_REQUEST);
    assert_int_equal(read_text("{\"f\":0", &request), AWS_INVALID_JSON);
    assert_int_equal(read_text("{\"f\":0} 1", &request), AWS_INVALID_JSON);
    assert_int_equal(read_text("", &request), AWS_INVALID_JSON);
}

/* --- answers ------------------------------------------------------------------------------------ */

static const uint8_t counting[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const struct aws_block small_block = { "rdy", 0, 16, 4, counting, sizeof counting };

static void a_block_is_an_open_map(void **state)
{
    uint8_t bytes[64];
    const size_t len = aws_wire_block(AWS_CBOR, &usual, &small_block, bytes, sizeof bytes);

    (void)state;
    assert_bytes(bytes, len,
                 "bf616363726479616600616c10616904617050000102030405060708090a0b0c0d0e0fff");
}

static void a_block_can_be_a_definite_map(void **state)
{
    const struct aws_style definite = { .is_definite = true };
    uint8_t bytes[64];
    const size_t len = aws_wire_block(AWS_CBOR, &definite, &small_block, bytes, sizeof bytes);

    (void)state;
    assert_bytes(bytes, len,
                 "a5616363726479616600616c10616904617050000102030405060708090a0b0c0d0e0f");
}

static void the_larger_vector_comes_out_to_the_byte(void **state)
{
    static const char expected[] =
        "d831ea32de07f7099347ff2b09a3f93a7cb0a13981d09edba394f189cb87f55a";
    uint8_t data[256];
    const struct aws_block block = { "1", 1, 256, 43, data, sizeof data };
    uint8_t bytes[512];
    uint8_t digest[32];
    size_t len;

    (void)state;
    for (unsigned k = 0; k < sizeof data; k++) {
        data[k] = (uint8_t)(7 * k + 3);
    }
    len = aws_wire_block(AWS_CBOR, &usual, &block, bytes, sizeof bytes);
    assert_int_equal(len, 279);
    assert_non_null(SHA256(bytes, len, digest));
    assert_bytes(digest, sizeof digest, expected);
}

/* Sizes in published logs of the real service. */
static void blocks_are_as_long_as_those_of_the_service(void **state)
{
    static const struct {
        uint32_t size;
        uint32_t index;
        size_t bytes;
    } seen[] = { { 4096, 0, 4120 }, { 4096, 1054, 4122 }, { 2048, 100, 2073 }, { 1024, 30, 1049 } };
    static const uint8_t data[4096];
    uint8_t bytes[8192];

    (void)state;
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        const struct aws_block block = {
            "rdy", 0, seen[i].size, seen[i].index, data, seen[i].size
        };

        assert_int_equal(aws_wire_block(AWS_CBOR, &usual, &block, bytes, sizeof bytes),
                         seen[i].bytes);
    }
}

static void a_json_block_is_as_long_as_those_of_the_service(void **state)
{
    static const uint8_t data[4096];
    const struct aws_block block = { NULL, 0, 4096, 0, data, sizeof data };
    static const char begin[] = "{\"f\":0,\"l\":4096,\"i\":0,\"p\":\"AAAA";
    uint8_t bytes[8192];

    (void)state;
    assert_int_equal(aws_wire_block(AWS_JSON, &usual, &block, bytes, sizeof bytes), 5493);
    assert_memory_equal(bytes, begin, strlen(begin));
}

static void keys_come_in_another_order_on_demand(void **state)
{
    const struct aws_style other = { .is_other_order = true };
    const struct aws_block block = { "c", 0, 1, 2, counting + 9, 1 };
    uint8_t bytes[64];
    const size_t len = aws_wire_block(AWS_CBOR, &other, &block, bytes, sizeof bytes);

    (void)state;
    assert_bytes(bytes, len,
                 "bf656c61746572781b61206b65792074686174206e6f626f6479206b6e6f777320796574"
                 "61704109616902616c0161660061636163ff");
}

static void errors_have_their_names_twice(void **state)
{
    uint8_t bytes[256];
    const size_t len = aws_wire_error(AWS_CBOR, &usual, AWS_INVALID_CBOR, "Invalid CBOR message",
                                      NULL, bytes, sizeof bytes);

    (void)state;
    assert_bytes(
        bytes, len,
        "bf64636f64656b496e76616c696443626f72616f6b496e76616c696443626f72676d65737361676574"
        "496e76616c69642043424f52206d657373616765616d74496e76616c69642043424f52206d65737361"
        "6765ff");
}

static void a_stream_is_described(void **state)
{
    static const struct aws_described_file files[] = { { 0, 131072 }, { 1, 51200 } };
    const struct aws_description description = { "rdy", 1, "AFR_OTA demo", files, 2 };
    uint8_t bytes[256];
    const size_t len = aws_wire_description(AWS_CBOR, &usual, &description, bytes, sizeof bytes);

    (void)state;
    assert_bytes(bytes, len,
                 "bf61636372647961730161646c4146525f4f54412064656d6f617282a2616600617a1a00020000"
                 "a2616601617a19c800ff");
}

static void what_does_not_fit_is_not_written(void **state)
{
    uint8_t bytes[35];

    (void)state;
    assert_int_equal(aws_wire_block(AWS_CBOR, &usual, &small_block, bytes, sizeof bytes), 0);
    assert_int_equal(aws_wire_block(AWS_JSON, &usual, &small_block, bytes, sizeof bytes), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_requests_of_the_agents_are_read),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_request_cut_short_anywhere_is_refused),
        cmocka_unit_test(the_first_of_two_equal_keys_counts_and_unknown_ones_do_not),
        cmocka_unit_test(a_text_for_a_bitmap_is_read_as_bits),
        cmocka_unit_test(a_token_of_64_bytes_is_the_longest),
        cmocka_unit_test(json_requests_have_numbers_and_a_bitmap_in_base64),
        cmocka_unit_test(a_block_is_an_open_map),
        cmocka_unit_test(a_block_can_be_a_definite_map),
        cmocka_unit_test(the_larger_vector_comes_out_to_the_byte),
        cmocka_unit_test(blocks_are_as_long_as_those_of_the_service),
        cmocka_unit_test(a_json_block_is_as_long_as_those_of_the_service),
        cmocka_unit_test(keys_come_in_another_order_on_demand),
        cmocka_unit_test(errors_have_their_names_twice),
        cmocka_unit_test(a_stream_is_described),
        cmocka_unit_test(what_does_not_fit_is_not_written),
    };

    return cmocka_run_group_tests_name("aws_standin_wire", tests, NULL, NULL);
}
