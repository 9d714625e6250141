/* SPDX-License-Identifier: Apache-2.0 */

/* Header blocks, as other people's tar writes them and as nobody should. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "suites.h"

#define SIZE_FIELD 124

static struct archive archive;
static struct otter_tar_member member;
static const char *problem;

static void make_header(void)
{
    archive.size = 0;
    archive_add_file(&archive, "app.bin", 1234);
}

static enum otter_result parse(void)
{
    return otter_tar_parse(archive.bytes, &member, &problem);
}

static enum otter_result parse_with_size(const void *field, size_t size)
{
    make_header();
    memset(archive.bytes + SIZE_FIELD, 0, 12);
    memcpy(archive.bytes + SIZE_FIELD, field, size);
    archive_sign(&archive, 0);
    return parse();
}

static void what_is_encoded_is_read_again(void **state)
{
    (void)state;
    make_header();
    assert_int_equal(parse(), OTTER_OK);
    assert_int_equal(member.kind, OTTER_TAR_FILE);
    assert_string_equal(member.name, "app.bin");
    assert_int_equal(member.size, 1234);
    assert_memory_equal(archive.bytes + 257, "ustar  ", 8); /* what AnyCloud devices look for */
}

static void a_block_of_zeros_is_the_end(void **state)
{
    (void)state;
    memset(archive.bytes, 0, OTTER_TAR_BLOCK_SIZE);
    assert_int_equal(parse(), OTTER_OK);
    assert_int_equal(member.kind, OTTER_TAR_END);
}

static void a_name_of_100_bytes_has_no_terminator_in_the_header(void **state)
{
    (void)state;
    make_header();
    memset(archive.bytes, 'n', 100);
    archive_sign(&archive, 0);
    assert_int_equal(parse(), OTTER_OK);
    assert_int_equal(strlen(member.name), 100);
}

static void sizes_come_in_octal_digits_or_binary(void **state)
{
    static const struct {
        const char *field;
        size_t length;
        uint32_t size;
    } rows[] = {
        { "00000000017", 12, 15 },         { "17 ", 3, 15 },
        { "         17 ", 12, 15 },        { "000000000017", 12, 15 }, /* without a terminator */
        { "37777777777", 12, UINT32_MAX }, { "\x80\0\0\0\0\0\0\0\xFE\xDC\xBA\x98", 12, 0xFEDCBA98 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse_with_size(rows[i].field, rows[i].length), OTTER_OK);
        assert_int_equal(member.size, rows[i].size);
    }
}

static void sizes_that_are_none_or_too_large_are_refused(void **state)
{
    static const char *const fields[] = {
        "            ",
        "\0\0\0\0\0\0\0\0\0\0\0\0",
        "00000000018\0",
        "-0000000001\0",
        "0x000000001\0",
        "40000000000\0",                                    /* 2^32 */
        "\x80\0\0\0\0\0\0\1\0\0\0\0",                       /* the same */
        "\x81\0\0\0\0\0\0\0\0\0\0\1",                       /* more bits */
        "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", /* -1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        assert_int_equal(parse_with_size(fields[i], 12), OTTER_ERR_BUNDLE);
        assert_string_equal(problem, "the size of a file cannot be read");
    }
}

static void only_plain_files_and_remarks_are_known(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++) {
        const bool is_known = strchr("0xg", type) != NULL; /* finds the terminator too */

        make_header();
        archive.bytes[156] = (uint8_t)type;
        archive_sign(&archive, 0);
        assert_int_equal(parse(), is_known ? OTTER_OK : OTTER_ERR_BUNDLE);
    }
}

static void a_name_with_a_prefix_is_refused(void **state)
{
    (void)state;
    make_header();
    memcpy(archive.bytes + 257, "ustar\00000", 8);
    archive_sign(&archive, 0);
    assert_int_equal(parse(), OTTER_OK);
    archive.bytes[345] = 'p';
    archive_sign(&archive, 0);
    assert_int_equal(parse(), OTTER_ERR_BUNDLE);
    assert_string_equal(problem, "the name of a file is too long");
}

static void no_flipped_bit_of_a_header_goes_unseen(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8 * OTTER_TAR_BLOCK_SIZE; bit++) {
        make_header();
        archive.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (parse() == OTTER_OK) {
            /* Around the checksum's digits, blanks, zeros and NUL may stand for each other. */
            assert_in_range(bit / 8, 148, 148 + 7);
            assert_int_equal(member.size, 1234);
        }
    }
}

int run_tar_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_read_again),
        cmocka_unit_test(a_block_of_zeros_is_the_end),
        cmocka_unit_test(a_name_of_100_bytes_has_no_terminator_in_the_header),
        cmocka_unit_test(sizes_come_in_octal_digits_or_binary),
        cmocka_unit_test(sizes_that_are_none_or_too_large_are_refused),
        cmocka_unit_test(only_plain_files_and_remarks_are_known),
        cmocka_unit_test(a_name_with_a_prefix_is_refused),
        cmocka_unit_test(no_flipped_bit_of_a_header_goes_unseen),
    };
    return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
