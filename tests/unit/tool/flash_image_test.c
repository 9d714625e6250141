/* SPDX-License-Identifier: Apache-2.0 */

/* Flash files: what is programmed is there, padded with erased bytes, and the trailers that the
 * device's own library writes are told in words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "otter/bootstate.h"

#include "device_facts.h"
#include "flash_image.h"

#define MAX_IMAGE_SIZE 0x80000u

struct fixture {
    struct layout_file *file;
    struct flash_image flash;
    struct otter_trailer_shape shape;
    struct otter_area primary;
    struct otter_area secondary;
};

static struct fixture fixture;

static int set_up_layout(void **state, const char *path)
{
    fixture.file = layout_file_load(path);
    *state = &fixture;
    if (fixture.file == NULL || !flash_image_create(&fixture.flash, fixture.file)) {
        return -1;
    }
    fixture.shape = otter_trailer_shape(&fixture.file->layout);
    return flash_image_open(&fixture.flash, OTTER_AREA_PRIMARY, 0, &fixture.primary)
                   && flash_image_open(&fixture.flash, OTTER_AREA_SECONDARY, 0, &fixture.secondary)
               ? 0
               : -1;
}

static int set_up(void **state)
{
    return set_up_layout(state, BOARDS "/mps2-an386/swap-internal.json");
}

static int set_up_with_status_area(void **state)
{
    return set_up_layout(state, BOARDS "/mps2-an386/status-external.json");
}

static int tear_down(void **state)
{
    (void)state;
    flash_image_free(&fixture.flash);
    layout_file_free(fixture.file);
    return 0;
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
    }
}

static struct device_facts read_facts(void)
{
    static const struct image_trust nobody;
    struct device_facts facts;

    device_facts_read(&fixture.flash, MAX_IMAGE_SIZE, &nobody, &facts);
    return facts;
}

static void a_new_flash_is_erased_and_settled(void **state)
{
    struct device_facts facts = read_facts();

    (void)state;
    assert_int_equal(fixture.flash.bytes.size, 16 * 1024 * 1024);
    assert_int_equal(facts.primary.found, OTTER_ERR_EMPTY_SLOT);
    assert_says(facts.primary.standing, "settled");
    assert_says(facts.secondary.standing, "no request");
    assert_false(facts.swap_under_way);
    assert_int_equal(facts.next_boot, OTTER_SWAP_NONE);
    assert_int_equal(facts.record_count, 0);
}

static void a_request_is_told_as_trial_or_for_good(void **state)
{
    (void)state;
    assert_int_equal(otter_bootstate_request(&fixture.secondary, &fixture.shape, 0, false),
                     OTTER_OK);
    assert_says(read_facts().secondary.standing, "pending: the next boot installs it on trial");
    assert_int_equal(read_facts().next_boot, OTTER_SWAP_TEST);
    assert_int_equal(otter_area_erase(&fixture.secondary, 0, fixture.secondary.size), OTTER_OK);
    assert_int_equal(otter_bootstate_request(&fixture.secondary, &fixture.shape, 0, true),
                     OTTER_OK);
    assert_says(read_facts().secondary.standing, "pending: the next boot installs it for good");
}

static void a_trial_a_confirmation_and_a_revert_are_told_apart(void **state)
{
    (void)state;
    (void)otter_trailer_write_swap_info(&fixture.primary, &fixture.shape, OTTER_SWAP_TEST, 0);
    (void)otter_trailer_write_swap_size(&fixture.primary, &fixture.shape, 0x1000);
    (void)otter_trailer_write_magic(&fixture.primary, &fixture.shape);
    assert_false(read_facts().swap_under_way);
    assert_says(read_facts().primary.standing, "not begun");
    (void)otter_trailer_write_status(&fixture.primary, &fixture.shape, 0, 1);
    assert_true(read_facts().swap_under_way);
    assert_int_equal(read_facts().next_boot, OTTER_SWAP_TEST);
    assert_says(read_facts().primary.standing, "a swap is under way");
    (void)otter_trailer_write_copy_done(&fixture.primary, &fixture.shape);
    assert_false(read_facts().swap_under_way);
    assert_says(read_facts().primary.standing, "on trial, not confirmed");
    assert_int_equal(read_facts().next_boot, OTTER_SWAP_REVERT);
    assert_int_equal(otter_bootstate_confirm(&fixture.primary, &fixture.shape), OTTER_OK);
    assert_says(read_facts().primary.standing, "confirmed");
}

/* The example of docs/formats/status-area.md, "A note". */
static void a_swap_that_stands_in_a_status_area_alone_is_told(void **state)
{
    static const uint8_t note[] = { 0x4F, 0x54, 0x53, 0x4E, 0x07, 0x00, 0x00, 0x00,
                                    0x02, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00,
                                    0x03, 0x00, 0x00, 0x00, 0xC8, 0xA8, 0xF3, 0xF7 };
    struct device_facts facts;
    struct otter_area log;

    (void)state;
    assert_true(flash_image_open(&fixture.flash, OTTER_AREA_STATUS, 0, &log));
    assert_true(flash_image_fill(&log, "note", note, sizeof note));
    facts = read_facts();
    assert_true(facts.swap_under_way);
    assert_int_equal(facts.next_boot, OTTER_SWAP_TEST);
    assert_says(facts.because, "the power was cut");
    assert_says(facts.primary.standing, "a swap is under way");
    assert_says(device_decision_text(&facts), "goes on with the swap");
}

static void a_revert_that_was_announced_is_told(void **state)
{
    (void)state;
    (void)otter_trailer_write_swap_info(&fixture.primary, &fixture.shape, OTTER_SWAP_REVERT, 0);
    (void)otter_trailer_write_swap_size(&fixture.primary, &fixture.shape, 0x1000);
    (void)otter_trailer_write_magic(&fixture.primary, &fixture.shape);
    assert_false(read_facts().swap_under_way);
    assert_int_equal(read_facts().next_boot, OTTER_SWAP_REVERT);
    assert_says(read_facts().because, "announced");
}

static void damage_in_a_trailer_is_no_request(void **state)
{
    const uint8_t torn[8] = { 0x77, 0xC2 };

    (void)state;
    assert_int_equal(
        otter_area_program(&fixture.secondary, fixture.secondary.size - 16, torn, sizeof torn),
        OTTER_OK);
    assert_says(read_facts().secondary.standing, "no request: its magic");
    assert_int_equal(read_facts().next_boot, OTTER_SWAP_NONE);
}

static void a_file_of_any_length_fills_an_area_and_the_rest_is_erased(void **state)
{
    const uint8_t old[16] = { 0 };
    const uint8_t bytes[11] = "eleven byte";
    uint8_t read[16];

    (void)state;
    assert_true(flash_image_fill(&fixture.secondary, "old", old, sizeof old));
    assert_true(flash_image_fill(&fixture.secondary, "new", bytes, sizeof bytes));
    assert_int_equal(otter_area_read(&fixture.secondary, 0, read, sizeof read), OTTER_OK);
    assert_memory_equal(read, bytes, sizeof bytes);
    assert_memory_equal(read + 11, "\xFF\xFF\xFF\xFF\xFF", 5);
}

static void an_area_is_written_in_place_and_read_back(void **state)
{
    char path[] = "flash-XXXXXX";
    const uint8_t bytes[8] = "in place";
    struct flash_image again;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    assert_true(file_store(path, fixture.flash.bytes.bytes, fixture.flash.bytes.size));
    assert_true(flash_image_fill(&fixture.primary, "bytes", bytes, sizeof bytes));
    assert_true(flash_image_store_area(&fixture.flash, &fixture.primary, path));
    assert_true(flash_image_load(&again, fixture.file, path));
    assert_memory_equal(again.bytes.bytes, fixture.flash.bytes.bytes, again.bytes.size);
    assert_memory_equal(again.bytes.bytes + 0x18000, bytes, sizeof bytes);
    flash_image_free(&again);
    (void)unlink(path);
}

static void an_area_that_is_not_in_the_file_cannot_be_opened(void **state)
{
    struct otter_area area;

    (void)state;
    assert_false(flash_image_open(&fixture.flash, OTTER_AREA_BOOTLOADER, 0, &area));
    assert_false(flash_image_open(&fixture.flash, OTTER_AREA_GOLDEN, 0, &area));
    assert_false(flash_image_open(&fixture.flash, OTTER_AREA_SECONDARY, 1, &area));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_flash_is_erased_and_settled),
        TEST(a_request_is_told_as_trial_or_for_good),
        TEST(a_trial_a_confirmation_and_a_revert_are_told_apart),
        cmocka_unit_test_setup_teardown(a_swap_that_stands_in_a_status_area_alone_is_told,
                                        set_up_with_status_area, tear_down),
        TEST(a_revert_that_was_announced_is_told),
        TEST(damage_in_a_trailer_is_no_request),
        TEST(a_file_of_any_length_fills_an_area_and_the_rest_is_erased),
        TEST(an_area_is_written_in_place_and_read_back),
        TEST(an_area_that_is_not_in_the_file_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
