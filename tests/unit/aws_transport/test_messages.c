/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of streams against the vectors of docs/formats/aws.md, which were checked with two other
 * codecs; base64 and URLs. */

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "block.h"
#include "suites.h"
#include "test_hex.h"
#include "url.h"

/* ---- requests ---- */

static void assert_request(const struct aws_request *request, const char *hex)
{
    uint8_t expected[AWS_REQUEST_SIZE];
    uint8_t message[AWS_REQUEST_SIZE];
    const size_t size = test_from_hex(hex, expected, sizeof expected);

    assert_int_equal(otter_aws_encode_request(request, message), size);
    assert_memory_equal(message, expected, size);
}

static void requests_are_what_awss_own_encoder_makes(void **state)
{
    static const struct {
        struct aws_request request;
        const char *hex;
    } vectors[] = {
        { { "rdy", 0, 4096, 0, 0x1F, 1 }, "a6616363726479616600616c191000616f006162411f616e01" },
        { { "1", 1, 256, 20, 0x800013, 32 },
          "a661636131616601616c190100616f14616243130080616e1820" },
        { { "rdy", 0, 4096, 0, 0x3FF, 8 }, "a6616363726479616600616c191000616f00616242ff03616e08" },
        { { "rdy", 0, 4096, 0, 0x300, 8 }, "a6616363726479616600616c191000616f006162420003616e08" },
        { { "rdy", 0, 4096, 0, 0x308, 8 }, "a6616363726479616600616c191000616f006162420803616e08" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_request(&vectors[i].request, vectors[i].hex);
    }
}

static void the_longest_request_fits(void **state)
{
    const struct aws_request request = {
        "deadbeef-4294967295", 255, 131072, 98304, 0xFFFFFFFF, 32
    };
    uint8_t message[AWS_REQUEST_SIZE];

    (void)state;
    assert_int_equal(strlen(request.token), AWS_TOKEN_SIZE - 1);
    assert_true(otter_aws_encode_request(&request, message) < AWS_REQUEST_SIZE);
}

/* ---- blocks ---- */

static bool decode(const char *hex, struct aws_block *block)
{
    static uint8_t *message; /* of exactly the size, so that reading behind it is seen */
    const size_t size = strlen(hex) / 2;
    bool is_good;

    free(message);
    message = malloc(size + (size == 0));
    assert_non_null(message);
    (void)test_from_hex(hex, message, size);
    is_good = otter_aws_decode_block(message, size, block);
    return is_good;
}

#define D1 "bf616363726479616600616c10616904617050000102030405060708090a0b0c0d0e0fff"
#define D2 "a5616363726479616600616c10616904617050000102030405060708090a0b0c0d0e0f"
#define D3 "bf616600616919012c616c0561636372647961704568656c6c6fff"

static void blocks_come_in_open_and_in_counted_maps(void **state)
{
    static const char *const vectors[] = { D1, D2 };
    struct aws_block block;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(decode(vectors[i], &block));
        assert_int_equal(block.file, 0);
        assert_int_equal(block.number, 4);
        assert_int_equal(block.size, 16);
        assert_int_equal(block.token.len, 3);
        assert_memory_equal(block.token.text, "rdy", 3);
        for (uint8_t k = 0; k < 16; k++) {
            assert_int_equal(block.bytes[k], k);
        }
    }
}

static void keys_come_in_any_order(void **state)
{
    struct aws_block block;

    (void)state;
    assert_true(decode(D3, &block));
    assert_int_equal(block.number, 300);
    assert_memory_equal(block.bytes, "hello", 5);
}

/* D4: c=1 f=1 l=256 i=43 p[k]=(7k+3) mod 256, 279 bytes. */
static void a_block_of_256_bytes_comes_whole(void **state)
{
    char hex[2 * 279 + 1] = "bf61636131616601616c1901006169182b6170590100";
    size_t at = strlen(hex);
    struct aws_block block;

    (void)state;
    for (unsigned k = 0; k < 256; k++, at += 2) {
        static const char digits[] = "0123456789abcdef";
        const unsigned byte = (7 * k + 3) % 256;

        hex[at] = digits[byte / 16];
        hex[at + 1] = digits[byte % 16];
    }
    strcpy(hex + at, "ff");
    assert_int_equal(strlen(hex), 2 * 279);
    assert_true(decode(hex, &block));
    assert_int_equal(block.file, 1);
    assert_int_equal(block.number, 43);
    assert_int_equal(block.size, 256);
    for (unsigned k = 0; k < 256; k++) {
        assert_int_equal(block.bytes[k], (uint8_t)(7 * k + 3));
    }
}

static void what_nobody_knows_is_passed_over_and_the_first_of_two_counts(void **state)
{
    struct aws_block block;

    (void)state;
    /* {_ "x": [1, {"y": 2}], "f": 0, "i": 1, "i": 2, "l": 1, "p": h'aa'} */
    assert_true(decode("bf6178820"
                       "1a1617902"
                       "616600"
                       "616901"
                       "616902"
                       "616c01"
                       "617041aa"
                       "ff",
                       &block));
    assert_int_equal(block.number, 1);
    assert_int_equal(block.token.len, 0);
}

static void malformed_blocks_are_refused(void **state)
{
    static const char *const vectors[] = {
        "",
        "bfff",
        "bf616363726479616600616c11616904617050000102030405060708090a0b0c0d0e0fff", /* l = 17 */
        "a5616363726479616600616c10616904617070000102030405060708090a0b0c0d0e0f",   /* p a text */
        "a5616363726479616600616c10616920617050000102030405060708090a0b0c0d0e0f",   /* i = -1 */
        "bf616600616c1061690461705affffffffff", /* p longer than the message */
        "bf616600616c0061690461705fffff",       /* p in parts */
        "bf616600616c016169046170414100",       /* something behind it */
        "bf61660061690461704141ff",             /* no l */
        "bf616600616c0161704141ff",             /* no i */
        "bf616c016169046170"
        "4141ff",                                         /* no f */
        "bf616600616c01616904ff",                         /* no p */
        "bf61661b0000000100000000616c01616904617041aaff", /* f = 2^32 */
        "bf616600616c016169"
        "1b0000000100000000617041aaff",
        "8561636372647961",     /* no map */
        "7b2263223a2272647922", /* JSON */
    };
    char cut[2 * 40];
    struct aws_block block;

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_false(decode(vectors[i], &block));
    }
    for (size_t len = 0; len < strlen(D1); len += 2) {
        memcpy(cut, D1, len);
        cut[len] = '\0';
        assert_false(decode(cut, &block));
    }
}

/* ---- refusals ---- */

static void refusals_are_read_in_both_spellings(void **state)
{
    static const char long_form[] =
        "bf64636f64656b496e76616c696443626f72616f6b496e76616c696443626f72676d65737361676574496e7661"
        "6c69642043424f52206d657373616765616d74496e76616c69642043424f52206d657373616765ff";
    static const char short_form[] =
        "a3616f74426c6f636b53697a654f75744f66426f756e6473616d781f54686520626c6f636b2073697a65206973"
        "206f7574206f6620626f756e6473616363726479";
    uint8_t message[100];
    struct aws_refusal refusal;

    (void)state;
    assert_true(otter_aws_decode_refusal(message, test_from_hex(long_form, message, sizeof message),
                                         &refusal));
    assert_int_equal(refusal.code.len, strlen("InvalidCbor"));
    assert_memory_equal(refusal.code.text, "InvalidCbor", refusal.code.len);
    assert_int_equal(refusal.token.len, 0);
    assert_memory_equal(refusal.message.text, "Invalid CBOR message", refusal.message.len);
    assert_true(otter_aws_decode_refusal(
        message, test_from_hex(short_form, message, sizeof message), &refusal));
    assert_memory_equal(refusal.code.text, "BlockSizeOutOfBounds", refusal.code.len);
    assert_int_equal(refusal.token.len, 3);
    assert_false(otter_aws_decode_refusal(message, test_from_hex("a0", message, 1), &refusal));
}

/* ---- base64 ---- */

static void base64_is_decoded_as_the_rfc_has_it(void **state)
{
    static const struct {
        const char *text;
        const char *bytes;
    } vectors[] = {
        { "Zg==", "f" },
        { "Zm8=", "fo" },
        { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" },
        { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" },
        { "+/+/", "\xfb\xff\xbf" },
    };
    uint8_t bytes[8];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const size_t size = strlen(vectors[i].bytes);

        assert_int_equal(otter_base64_decode(vectors[i].text, bytes, sizeof bytes), size);
        assert_memory_equal(bytes, vectors[i].bytes, size);
        assert_int_equal(otter_base64_decode(vectors[i].text, bytes, size - 1), 0);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "====", "Z===", "Zm 9", "Zm9v\n", "Zm9-",
    };
    uint8_t bytes[8];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(otter_base64_decode(texts[i], bytes, sizeof bytes), 0);
    }
}

/* ---- URLs ---- */

static void urls_say_where_a_file_is(void **state)
{
    static const char url[] = "https://b.s3.eu-west-1.amazonaws.com/Signed/1?X-Amz-Date=1&c=a%2Fb";
    struct otter_job job;

    (void)state;
    assert_true(otter_aws_read_url(url, &job));
    assert_int_equal(job.connection, OTTER_JOB_CONNECTION_HTTPS);
    assert_string_equal(job.host, "b.s3.eu-west-1.amazonaws.com");
    assert_int_equal(job.port, 443);
    assert_string_equal(job.path, "/Signed/1?X-Amz-Date=1&c=a%2Fb");
    assert_true(otter_aws_read_url("http://127.0.0.1:8080/x", &job));
    assert_int_equal(job.connection, OTTER_JOB_CONNECTION_HTTP);
    assert_int_equal(job.port, 8080);
    assert_string_equal(job.host, "127.0.0.1");
}

static void what_is_no_url_of_a_file_is_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "ftp://a/b",
        "https://",
        "https:///b",
        "https://a",
        "https://a?b",
        "https://a:/b",
        "https://a:0/b",
        "https://a:65536/b",
        "https://a:1x/b",
        "https://u@a/b",
        "https://u:1@a/b",
        "//a/b",
        "https://a#/b",
    };
    struct otter_job job;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        assert_false(otter_aws_read_url(urls[i], &job));
    }
}

int run_message_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_what_awss_own_encoder_makes),
        cmocka_unit_test(the_longest_request_fits),
        cmocka_unit_test(blocks_come_in_open_and_in_counted_maps),
        cmocka_unit_test(keys_come_in_any_order),
        cmocka_unit_test(a_block_of_256_bytes_comes_whole),
        cmocka_unit_test(what_nobody_knows_is_passed_over_and_the_first_of_two_counts),
        cmocka_unit_test(malformed_blocks_are_refused),
        cmocka_unit_test(refusals_are_read_in_both_spellings),
        cmocka_unit_test(base64_is_decoded_as_the_rfc_has_it),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(urls_say_where_a_file_is),
        cmocka_unit_test(what_is_no_url_of_a_file_is_refused),
    };

    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
