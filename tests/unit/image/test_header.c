/* SPDX-License-Identifier: Apache-2.0 */

/* The 32 bytes of the header, and which of them make no header. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_builder.h"
#include "otter/bytes.h"
#include "suites.h"

static void encode(uint8_t bytes[OTTER_IMAGE_HEADER_SIZE])
{
    const struct otter_image_header header = {
        .load_address = 0x21018400,
        .header_size = 0x400,
        .protected_tlv_size = 0x43,
        .program_size = 0x12345678,
        .flags = OTTER_IMAGE_ROM_FIXED,
        .version = { 1, 2, 0x0304, 0x05060708 },
    };

    otter_image_encode_header(&header, bytes);
}

static void each_field_stands_at_its_offset(void **state)
{
    static const uint8_t expected[OTTER_IMAGE_HEADER_SIZE] = {
        0x3D, 0xB8, 0xF3, 0x96, 0x00, 0x84, 0x01, 0x21, 0x00, 0x04, 0x43, 0x00, 0x78, 0x56,
        0x34, 0x12, 0x00, 0x01, 0x00, 0x00, 0x01, 0x02, 0x04, 0x03, 0x08, 0x07, 0x06, 0x05,
    };
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    encode(bytes);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void what_is_encoded_is_parsed_again(void **state)
{
    struct otter_image_header header;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    encode(bytes);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_OK);
    assert_true(header.load_address == 0x21018400);
    assert_int_equal(header.header_size, 0x400);
    assert_int_equal(header.protected_tlv_size, 0x43);
    assert_int_equal(header.program_size, 0x12345678);
    assert_int_equal(header.flags, OTTER_IMAGE_ROM_FIXED);
    assert_int_equal(header.version.major, 1);
    assert_int_equal(header.version.minor, 2);
    assert_int_equal(header.version.revision, 0x0304);
    assert_int_equal(header.version.build, 0x05060708);
}

static void any_other_magic_is_no_image(void **state)
{
    struct otter_image_header header;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        encode(bytes);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_ERR_IMAGE_MAGIC);
    }
}

static void sizes_that_wrap_around_are_refused(void **state)
{
    struct otter_image_header header;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    encode(bytes);
    otter_store_le32(bytes + 12, UINT32_MAX - 0x443);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_OK);
    otter_store_le32(bytes + 12, UINT32_MAX - 0x442);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_ERR_IMAGE_HEADER);
    otter_store_le32(bytes + 12, UINT32_MAX);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_ERR_IMAGE_HEADER);
}

static void a_header_shorter_than_itself_is_refused(void **state)
{
    struct otter_image_header header;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    encode(bytes);
    otter_store_le16(bytes + 8, 31);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_ERR_IMAGE_HEADER);
    otter_store_le16(bytes + 8, 32);
    assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_OK);
}

static void flags_that_exclude_each_other_are_refused(void **state)
{
    static const uint32_t pairs[] = {
        OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256,
        OTTER_IMAGE_COMPRESSED_LZMA1 | OTTER_IMAGE_COMPRESSED_LZMA2,
    };
    struct otter_image_header header;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        encode(bytes);
        otter_store_le32(bytes + 16, pairs[i]);
        assert_int_equal(otter_image_parse_header(bytes, &header), OTTER_ERR_IMAGE_HEADER);
    }
}

int run_header_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_stands_at_its_offset),
        cmocka_unit_test(what_is_encoded_is_parsed_again),
        cmocka_unit_test(any_other_magic_is_no_image),
        cmocka_unit_test(sizes_that_wrap_around_are_refused),
        cmocka_unit_test(a_header_shorter_than_itself_is_refused),
        cmocka_unit_test(flags_that_exclude_each_other_are_refused),
    };

    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
