/* SPDX-License-Identifier: Apache-2.0 */

/* TLVs: written, walked and found. */

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

/* Protected: board "one", counter. Unprotected: hash, board "two". */
static int set_up(void **state)
{
    const uint8_t counter[4] = { 7, 0, 0, 0 };

    (void)state;
    builder_start(&builder);
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_BOARD, "one", 3);
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_SECURITY_COUNTER, counter, 4);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_BOARD, "two", 3);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_PUBKEY, "", 0);
    builder_finish(&builder);
    return (int)otter_image_open(&builder.area, 0, SLOT_SIZE, &image);
}

static void a_walk_meets_all_tlvs_the_protected_ones_first(void **state)
{
    static const struct {
        uint16_t type;
        uint16_t size;
        bool is_protected;
    } expected[] = {
        { OTTER_TLV_BOARD, 3, true },    { OTTER_TLV_SECURITY_COUNTER, 4, true },
        { OTTER_TLV_SHA256, 32, false }, { OTTER_TLV_BOARD, 3, false },
        { OTTER_TLV_PUBKEY, 0, false },
    };
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    (void)state;
    otter_tlv_begin(&iterator, &image);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_OK);
        assert_int_equal(tlv.type, expected[i].type);
        assert_int_equal(tlv.size, expected[i].size);
        assert_int_equal(tlv.is_protected, expected[i].is_protected);
    }
    assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_ERR_NOT_FOUND);
    assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_ERR_NOT_FOUND);
}

static void the_first_tlv_of_a_type_is_read(void **state)
{
    uint8_t value[8];
    size_t size = sizeof value;

    (void)state;
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_BOARD, false, value, &size), OTTER_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(value, "one", 3);
}

static void a_search_of_the_protected_area_does_not_leave_it(void **state)
{
    uint8_t value[32];
    size_t size = sizeof value;

    (void)state;
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_SHA256, true, value, &size),
                     OTTER_ERR_NOT_FOUND);
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_SHA256, false, value, &size), OTTER_OK);
}

static void a_protected_search_of_an_image_without_protected_area_finds_nothing(void **state)
{
    uint8_t value[32];
    size_t size = sizeof value;

    (void)state;
    builder_make(&builder, NULL);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_SHA256, true, value, &size),
                     OTTER_ERR_NOT_FOUND);
}

static void a_value_that_does_not_fit_says_how_much_it_needs(void **state)
{
    uint8_t value[31] = { 0xAA };
    size_t size = sizeof value;

    (void)state;
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_SHA256, false, value, &size),
                     OTTER_ERR_NO_SPACE);
    assert_int_equal(size, 32);
    assert_int_equal(value[0], 0xAA);
}

static void an_empty_value_is_found(void **state)
{
    uint8_t value;
    size_t size = 0;

    (void)state;
    assert_int_equal(otter_tlv_read(&image, OTTER_TLV_PUBKEY, false, &value, &size), OTTER_OK);
    assert_int_equal(size, 0);
}

static void flash_that_changes_after_opening_is_noticed(void **state)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    (void)state;
    otter_store_le16(builder.slot + image.hashed_size + 4 + 2, 0xFFFF);
    otter_tlv_begin(&iterator, &image);
    assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_OK);
    assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_OK);
    assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_ERR_IMAGE_TLV);
}

/* ---- any areas at all ------------------------------------------------------------------------ */

#define MANY      500
#define TLVS_MAX  15
#define VALUE_MAX 60u

struct random_tlv {
    uint16_t type;
    uint16_t size;
    bool is_protected;
    uint8_t value[VALUE_MAX];
};

struct random_areas {
    struct random_tlv tlvs[TLVS_MAX];
    size_t count;
    size_t protected_count;
};

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void make_random_areas(struct random_areas *areas, uint32_t *chance)
{
    builder_start(&builder);
    areas->count = draw(chance) % (TLVS_MAX + 1);
    areas->protected_count = areas->count > 0 ? draw(chance) % (areas->count + 1) : 0;
    for (size_t i = 0; i < areas->count; i++) {
        struct random_tlv *tlv = &areas->tlvs[i];

        tlv->type = (uint16_t)draw(chance);
        tlv->size = (uint16_t)(draw(chance) % (VALUE_MAX + 1));
        tlv->is_protected = i < areas->protected_count;
        for (size_t byte = 0; byte < tlv->size; byte++) {
            tlv->value[byte] = (uint8_t)draw(chance);
        }
        otter_tlv_writer_add(tlv->is_protected ? &builder.protected_writer
                                               : &builder.unprotected_writer,
                             tlv->type, tlv->value, tlv->size);
    }
    builder_lay_out(&builder);
    builder_finish(&builder);
}

static void whatever_is_written_is_walked_in_the_same_order_with_the_same_bytes(void **state)
{
    struct otter_tlv_iterator iterator;
    struct random_areas areas;
    struct otter_tlv tlv;
    uint32_t chance = 1;

    (void)state;
    for (int round = 0; round < MANY; round++) {
        make_random_areas(&areas, &chance);
        assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
        otter_tlv_begin(&iterator, &image);
        for (size_t i = 0; i < areas.count; i++) {
            assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_OK);
            assert_int_equal(tlv.type, areas.tlvs[i].type);
            assert_int_equal(tlv.size, areas.tlvs[i].size);
            assert_int_equal(tlv.is_protected, areas.tlvs[i].is_protected);
            assert_memory_equal(builder.slot + tlv.offset, areas.tlvs[i].value, tlv.size);
        }
        assert_int_equal(otter_tlv_next(&iterator, &tlv), OTTER_ERR_NOT_FOUND);
    }
}

static uint32_t size_of(const struct random_areas *areas, size_t from, size_t to)
{
    uint32_t size = 0;

    for (size_t i = from; i < to; i++) {
        size += OTTER_TLV_ENTRY_SIZE + areas->tlvs[i].size;
    }
    return size;
}

/* Give the TLV @p victim a size that leads out of its area. */
static void lead_out(const struct random_areas *areas, size_t victim, uint32_t too_far)
{
    const struct otter_image_header *header = &builder.header;
    const bool is_protected = areas->tlvs[victim].is_protected;
    const size_t first = is_protected ? 0 : areas->protected_count;
    const size_t end = is_protected ? areas->protected_count : areas->count;
    const uint32_t area = header->header_size + header->program_size
                          + (is_protected ? 0 : header->protected_tlv_size);
    const uint32_t at = area + OTTER_TLV_INFO_SIZE + size_of(areas, first, victim);
    const uint32_t room = size_of(areas, victim, end) - OTTER_TLV_ENTRY_SIZE;

    otter_store_le16(builder.slot + at + 2, (uint16_t)(room + too_far));
}

static void one_size_too_large_for_its_area_spoils_any_image(void **state)
{
    struct random_areas areas;
    uint32_t chance = 2;

    (void)state;
    for (int round = 0; round < MANY; round++) {
        make_random_areas(&areas, &chance);
        if (areas.count > 0) {
            lead_out(&areas, draw(&chance) % areas.count, 1 + draw(&chance) % 1000);
            assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image),
                             OTTER_ERR_IMAGE_TLV);
        }
    }
}

static void a_writer_never_writes_beyond_its_room(void **state)
{
    uint8_t bytes[32];

    (void)state;
    for (size_t room = 0; room < 20; room++) {
        struct otter_tlv_writer writer;

        memset(bytes, 0xAA, sizeof bytes);
        otter_tlv_writer_init(&writer, bytes, room);
        otter_tlv_writer_add(&writer, 0x10, "12345678", 8);
        otter_tlv_writer_add(&writer, 0x11, "", 0);
        assert_int_equal(otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC),
                         OTTER_ERR_NO_SPACE);
        for (size_t i = room; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], 0xAA);
        }
    }
}

static void an_area_that_just_fits_is_whole(void **state)
{
    static const uint8_t expected[] = { 0x07, 0x69, 0x0B, 0x00, 0xA0, 0x4F, 0x03, 0x00, 1, 2, 3 };
    uint8_t bytes[sizeof expected];
    struct otter_tlv_writer writer;

    (void)state;
    otter_tlv_writer_init(&writer, bytes, sizeof bytes);
    otter_tlv_writer_add(&writer, OTTER_TLV_LAYOUT, expected + 8, 3);
    assert_int_equal(otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC), OTTER_OK);
    assert_int_equal(writer.length, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void an_area_longer_than_its_length_field_can_say_is_refused(void **state)
{
    static uint8_t bytes[3 * UINT16_MAX];
    static const uint8_t value[UINT16_MAX - 8];
    struct otter_tlv_writer writer;

    (void)state;
    otter_tlv_writer_init(&writer, bytes, sizeof bytes);
    otter_tlv_writer_add(&writer, 0x10, value, sizeof value);
    assert_false(writer.overflow);
    otter_tlv_writer_add(&writer, 0x11, "", 0);
    assert_int_equal(otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC), OTTER_ERR_NO_SPACE);
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(otter_tlv_type_name(OTTER_TLV_LAYOUT), "layout");
    assert_string_equal(otter_tlv_type_name(0x4FFF), "unknown");
}

int run_tlv_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_walk_meets_all_tlvs_the_protected_ones_first, set_up),
        cmocka_unit_test_setup(the_first_tlv_of_a_type_is_read, set_up),
        cmocka_unit_test_setup(a_search_of_the_protected_area_does_not_leave_it, set_up),
        cmocka_unit_test_setup(a_protected_search_of_an_image_without_protected_area_finds_nothing,
                               set_up),
        cmocka_unit_test_setup(a_value_that_does_not_fit_says_how_much_it_needs, set_up),
        cmocka_unit_test_setup(an_empty_value_is_found, set_up),
        cmocka_unit_test_setup(flash_that_changes_after_opening_is_noticed, set_up),
        cmocka_unit_test(whatever_is_written_is_walked_in_the_same_order_with_the_same_bytes),
        cmocka_unit_test(one_size_too_large_for_its_area_spoils_any_image),
        cmocka_unit_test(a_writer_never_writes_beyond_its_room),
        cmocka_unit_test(an_area_that_just_fits_is_whole),
        cmocka_unit_test(an_area_longer_than_its_length_field_can_say_is_refused),
        cmocka_unit_test(types_have_names),
    };

    return cmocka_run_group_tests_name("TLVs", tests, NULL, NULL);
}
