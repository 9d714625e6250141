/* SPDX-License-Identifier: Apache-2.0 */

/* Opening: what flash holds is an image, or there is a reason why not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_builder.h"
#include "otter/bytes.h"
#include "suites.h"

static struct builder builder;
static struct otter_image image;

/* A good unsigned image with one protected TLV: info, entry and 6 bytes. */
static int set_up(void **state)
{
    (void)state;
    builder_start(&builder);
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_BOARD, "qemu-x", 6);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_finish(&builder);
    return 0;
}

static enum otter_result open_image(void)
{
    return otter_image_open(&builder.area, 0, SLOT_SIZE, &image);
}

#define PROTECTED_AT   164u /* header 64, program 100 */
#define PROTECTED_SIZE 14u
#define UNPROTECTED_AT (PROTECTED_AT + PROTECTED_SIZE)

static void an_opened_image_knows_its_sizes(void **state)
{
    (void)state;
    assert_int_equal(open_image(), OTTER_OK);
    assert_int_equal(image.hashed_size, UNPROTECTED_AT);
    assert_int_equal(image.unprotected_tlv_size, 4 + 4 + 32);
    assert_int_equal(image.size, builder.size);
    assert_int_equal(image.header.version.revision, 3);
}

static void an_image_may_begin_anywhere_in_its_area(void **state)
{
    (void)state;
    memmove(builder.slot + 1000, builder.slot, builder.size);
    memset(builder.slot, 0xFF, 1000);
    assert_int_equal(otter_image_open(&builder.area, 1000, SLOT_SIZE - 1000, &image), OTTER_OK);
    assert_int_equal(image.start, 1000);
    assert_int_equal(image.size, builder.size);
    assert_int_equal(open_image(), OTTER_ERR_EMPTY_SLOT);
}

static void an_erased_slot_is_empty_on_either_kind_of_flash(void **state)
{
    (void)state;
    memset(builder.slot, 0xFF, SLOT_SIZE);
    assert_int_equal(open_image(), OTTER_ERR_EMPTY_SLOT);
    memset(builder.slot, 0x00, SLOT_SIZE);
    assert_int_equal(open_image(), OTTER_ERR_IMAGE_MAGIC);
    builder.ram.geometry.erased_byte = 0x00;
    assert_int_equal(open_image(), OTTER_ERR_EMPTY_SLOT);
}

static void an_image_fits_a_limit_of_its_own_size_and_not_one_byte_less(void **state)
{
    (void)state;
    for (uint32_t limit = 0; limit < builder.size; limit++) {
        assert_int_equal(otter_image_open(&builder.area, 0, limit, &image),
                         OTTER_ERR_IMAGE_TOO_BIG);
    }
    assert_int_equal(otter_image_open(&builder.area, 0, builder.size, &image), OTTER_OK);
}

static void a_limit_beyond_the_area_ends_at_the_area(void **state)
{
    const struct otter_area short_area = { builder.area.flash, 0, builder.size - 1 };

    (void)state;
    assert_int_equal(otter_image_open(&short_area, 0, UINT32_MAX, &image), OTTER_ERR_IMAGE_TOO_BIG);
}

static void a_start_outside_of_the_area_is_refused(void **state)
{
    (void)state;
    assert_int_equal(otter_image_open(&builder.area, SLOT_SIZE, 100, &image), OTTER_ERR_RANGE);
    assert_int_equal(otter_image_open(&builder.area, UINT32_MAX, 100, &image), OTTER_ERR_RANGE);
}

static void announced_sizes_beyond_the_slot_are_too_big(void **state)
{
    static const uint32_t sizes[] = { SLOT_SIZE, 0x7FFFFFFF, 0xFFFFFF00 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        otter_store_le32(builder.slot + 12, sizes[i]);
        assert_int_equal(open_image(), OTTER_ERR_IMAGE_TOO_BIG);
    }
}

static void tlv_areas_must_be_where_and_what_the_header_says(void **state)
{
    static const struct {
        uint32_t at;
        uint16_t value;
    } lies[] = {
        { 10, 0 },                                /* the header denies the protected area */
        { 10, 3 },                                /* ... or makes it shorter than its info */
        { 10, PROTECTED_SIZE + 1 },               /* ... or longer than it says itself */
        { 10, PROTECTED_SIZE - 1 },               /* ... or shorter */
        { PROTECTED_AT, 0x6907 },                 /* the wrong magic for its place */
        { PROTECTED_AT + 2, PROTECTED_SIZE - 1 }, /* a size that is not the header's */
        { PROTECTED_AT + 4 + 2, 7 },              /* a TLV that leaves the protected area */
        { PROTECTED_AT + 4 + 2, 5 },              /* a rest too short for an entry */
        { UNPROTECTED_AT, 0x6908 },               /* a second protected area */
        { UNPROTECTED_AT, 0xFFFF },               /* no unprotected area at all */
        { UNPROTECTED_AT + 2, 3 },                /* shorter than its own info */
        { UNPROTECTED_AT + 2, 4 + 3 },            /* a rest too short for an entry */
        { UNPROTECTED_AT + 2, 4 + 4 + 31 },       /* a TLV that leaves the area */
        { UNPROTECTED_AT + 4 + 2, 0xFFFF },       /* a TLV that leaves the slot */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        (void)set_up(NULL);
        otter_store_le16(builder.slot + lies[i].at, lies[i].value);
        assert_int_equal(open_image(), OTTER_ERR_IMAGE_TLV);
    }
}

static void an_area_without_tlvs_is_legal(void **state)
{
    (void)state;
    builder_start(&builder);
    builder_lay_out(&builder);
    builder_finish(&builder);
    assert_int_equal(open_image(), OTTER_OK);
    assert_int_equal(image.unprotected_tlv_size, OTTER_TLV_INFO_SIZE);
}

static void a_flash_that_fails_at_any_read_is_reported(void **state)
{
    uint32_t reads = 0;

    (void)state;
    for (;; reads++) {
        builder.ram.reads_left = reads;
        const enum otter_result result = open_image();

        if (result == OTTER_OK) {
            break;
        }
        assert_int_equal(result, OTTER_ERR_FLASH);
    }
    assert_in_range(reads, 3, 10);
}

int run_open_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_opened_image_knows_its_sizes, set_up),
        cmocka_unit_test_setup(an_image_may_begin_anywhere_in_its_area, set_up),
        cmocka_unit_test_setup(an_erased_slot_is_empty_on_either_kind_of_flash, set_up),
        cmocka_unit_test_setup(an_image_fits_a_limit_of_its_own_size_and_not_one_byte_less, set_up),
        cmocka_unit_test_setup(a_limit_beyond_the_area_ends_at_the_area, set_up),
        cmocka_unit_test_setup(a_start_outside_of_the_area_is_refused, set_up),
        cmocka_unit_test_setup(announced_sizes_beyond_the_slot_are_too_big, set_up),
        cmocka_unit_test_setup(tlv_areas_must_be_where_and_what_the_header_says, set_up),
        cmocka_unit_test_setup(an_area_without_tlvs_is_legal, set_up),
        cmocka_unit_test_setup(a_flash_that_fails_at_any_read_is_reported, set_up),
    };

    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
