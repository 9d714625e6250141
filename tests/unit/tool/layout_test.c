/* SPDX-License-Identifier: Apache-2.0 */

/* Layout files: what is malformed is refused with its place, what cannot work with its reason, and
 * what is generated says what the file says. The files are in layouts/. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "otter/board_layout.h"

#include "file.h"
#include "layout_check.h"
#include "layout_file.h"
#include "layout_generate.h"
#include "layout_wear.h"

/* A file of layouts/, and what the message about it contains. */
struct expectation {
    const char *name;
    const char *message;
};

/* clang-format off */
static const struct expectation malformed[] = {
    { "no-json", "line 3 is not JSON" },
    { "trailing-text", "is not JSON" },
    { "unknown-key", "unknown key \"header-size\"" },
    { "unknown-area-key", "areas[1]: unknown key \"ofset\"" },
    { "key-twice", "\"max_align\" is there twice" },
    { "key-missing", "areas[0]: \"size\" is missing" },
    { "number-not-hexadecimal", "areas[0]: size is \"0x10G00\"" },
    { "number-negative", "areas[0]: offset is -4096" },
    { "number-with-fraction", "max_align is 8.5" },
    { "number-too-large", "areas[0]: size is \"0x100000000\"" },
    { "number-decimal-text", "areas[0]: size is \"4096\"" },
    { "number-zero", "devices[0]: sector_size is 0" },
    { "name-with-space", "name is \"my layout\"" },
    { "name-too-long", "name is \"" },
    { "unknown-role", "areas[2]: role is \"scrtach\"" },
    { "unknown-device", "areas[0]: device is \"qspi\"" },
    { "areas-no-list", "areas is no list" },
    { "area-no-object", "areas[0]: this is no object" },
    { "too-many-devices", "devices has 5 elements" },
    { "no-sectors", "has not one of \"sector_size\" and \"sectors\"" },
};

static const struct expectation cannot_work[] = {
    { "areas-overlap", "areas \"primary\" and \"secondary\" overlap" },
    { "area-off-sector", "area \"journal\" does not lie on sector boundaries" },
    { "area-leaves-device", "area \"journal\" leaves its device \"flash\"" },
    { "area-offset-wraps", "area \"journal\" leaves its device \"flash\"" },
    { "sectors-do-not-add-up", "the sectors of device \"flash\" do not add up" },
    { "runs-overflow", "the sectors of device \"flash\" do not add up" },
    { "write-unit-odd", "the write unit of device \"flash\" is 6 bytes" },
    { "devices-overlap", "devices \"flash\" and \"more\" overlap" },
    { "device-beyond-4-gib", "device \"flash\" ends beyond 4 GiB" },
    { "same-role-twice", "areas \"scratch\" and \"spare\" have the same role" },
    { "golden-without-record", "the golden image \"golden\" has no record beside the primary slot" },
    { "recovery-of-one-sector", "the recovery \"recovery\" has one sector" },
    { "journal-sectors-too-small", "the sectors of the journal \"journal\" are too small" },
    { "journal-of-one-sector", "the journal \"journal\" has one sector" },
    { "memory-overlaps", "memory \"application\" and \"handover\" overlap" },
    { "handover-too-small", "memory \"handover\" is too small" },
    { "no-secondary", "image 0 has no secondary slot" },
    { "header-size-odd", "header_size is 0x200" },
    { "program-not-aligned", "slot \"primary\" begins at 0x00024200" },
    { "max-align-odd", "max_align is 12" },
    { "write-unit-above-max-align", "has a write unit of 16 bytes, but max_align is 8" },
    { "no-room-for-trailer", "slot \"primary\" has no room for a program" },
    { "max-sectors-too-low", "slot \"primary\" has more sectors than max_sectors" },
    { "slots-unequal", "the slots of image 0 differ in size" },
    { "sectors-do-not-nest", "the sectors of the slots of image 0 do not fit each other" },
    { "no-scratch", "there is no scratch area" },
    { "scratch-too-small", "the scratch area \"scratch\" is too small" },
    { "staging-offset-missing", "staging_offset is 0x0" },
    { "too-many-images", "there are 5 images" },
    { "image-without-slots", "image 1 has no primary slot" },
    { "second-image-without-room", "slot \"xip\" has no room for a program" },
    { "unknown-strategy", "there is no strategy \"swap\"" },
};
/* clang-format on */

static const char *const boards[] = {
    BOARDS "/mps2-an386/offset-internal.json",    BOARDS "/mps2-an386/offset-rows.json",
    BOARDS "/mps2-an386/overwrite-internal.json", BOARDS "/mps2-an386/swap-external.json",
    BOARDS "/mps2-an386/swap-internal.json",      BOARDS "/mps2-an386/xip-external.json",
    BOARDS "/mps2-an386/two-images.json",         BOARDS "/mps2-an386/status-external.json",
    BOARDS "/mps2-an386/move-internal.json",
};

/* The text of layouts/<name>.json; the caller frees it. */
static char *read_text(const char *name)
{
    char path[256];
    struct file_bytes bytes;

    (void)snprintf(path, sizeof path, "%s/%s.json", LAYOUTS, name);
    assert_true(file_load(path, &bytes));
    return (char *)bytes.bytes;
}

static struct layout_file *parse(const char *name, char problem[LAYOUT_PROBLEM_MAX])
{
    char *text = read_text(name);
    struct layout_file *file = layout_file_parse(name, text, problem);

    free(text);
    return file;
}

/* plain.json with one text replaced by another. */
static struct layout_file *parse_changed(const char *from, const char *to)
{
    char problem[LAYOUT_PROBLEM_MAX];
    char changed[4096];
    char *text = read_text("plain");
    char *at = strstr(text, from);

    assert_non_null(at);
    (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to,
                   at + strlen(from));
    free(text);
    struct layout_file *file = layout_file_parse("changed", changed, problem);
    assert_string_equal(problem, "");
    return file;
}

static void assert_contains(const char *name, const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("%s: \"%s\" does not contain \"%s\"", name, text, part);
    }
}

static void a_malformed_layout_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        char problem[LAYOUT_PROBLEM_MAX];

        assert_null(parse(malformed[i].name, problem));
        assert_contains(malformed[i].name, problem, malformed[i].message);
        assert_contains(malformed[i].name, problem, "\n  expected ");
    }
}

static void a_layout_that_cannot_work_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cannot_work / sizeof cannot_work[0]; i++) {
        char problem[LAYOUT_PROBLEM_MAX];
        struct layout_report report;
        struct layout_file *file = parse(cannot_work[i].name, problem);

        assert_string_equal(problem, "");
        layout_check(file, file->strategy, &report);
        assert_true(report.problem_count > 0);
        assert_contains(cannot_work[i].name, report.problems[0].what, cannot_work[i].message);
        assert_string_not_equal(report.problems[0].cure, "");
        assert_int_equal(report.max_image_size[0], 0);
        layout_file_free(file);
    }
}

static void the_layouts_of_all_boards_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
        struct layout_report report;
        struct layout_file *file = layout_file_load(boards[i]);

        assert_non_null(file);
        layout_check(file, file->strategy, &report);
        assert_int_equal(report.problem_count, 0);
        assert_true(report.max_image_size[0] > 700000);
        layout_file_free(file);
    }
}

/* Fixed slots ---------------------------------------------------------------------------------- */

#define PSOC64 BOARDS "/mps2-an386/psoc64.json"

static struct otter_layout_area *slot_of(struct layout_file *file, const char *name)
{
    for (uint8_t i = 0; i < file->layout.area_count; i++) {
        if (strcmp(file->areas[i].name, name) == 0) {
            return &file->areas[i];
        }
    }
    return NULL;
}

static void the_psoc64_layout_has_the_slots_of_its_policy(void **state)
{
    struct layout_file *file = layout_file_load(PSOC64);
    struct layout_report report;

    (void)state;
    assert_non_null(file);
    layout_check(file, file->strategy, &report);
    assert_int_equal(report.problem_count, 0);
    assert_int_equal(file->layout.image_count, 2);
    assert_int_equal(file->fixed_count, 4);
    assert_int_equal(slot_of(file, "primary")->size, 0x50000);
    assert_int_equal(slot_of(file, "primary-1")->size, 0x11C000);
    assert_int_equal(slot_of(file, "secondary")->offset, 0x16C000);
    assert_int_equal(slot_of(file, "secondary-1")->offset, 0x24400);
    layout_file_free(file);
}

enum change { MOVED, SHRUNK, MADE_ANOTHER, CHANGES };

static void change_slot(struct otter_layout_area *slot, enum change change)
{
    switch (change) {
    case MOVED:
        slot->offset += 0x400;
        break;
    case SHRUNK:
        slot->size -= 0x400;
        break;
    case MADE_ANOTHER:
        slot->role = OTTER_AREA_USER;
        break;
    case CHANGES:
        break;
    }
}

static void a_fixed_slot_that_was_changed_is_refused(void **state)
{
    static const char *const slots[] = { "primary", "primary-1", "secondary", "secondary-1" };

    (void)state;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0] * CHANGES; i++) {
        const char *name = slots[i / CHANGES];
        struct layout_file *file = layout_file_load(PSOC64);
        struct layout_report report;
        bool is_named = false;

        change_slot(slot_of(file, name), (enum change)(i % CHANGES));
        layout_check(file, file->strategy, &report);
        for (size_t at = 0; at < report.problem_count; at++) {
            is_named = is_named
                       || (strstr(report.problems[at].what, name) != NULL
                           && strstr(report.problems[at].what, "is fixed") != NULL);
        }
        assert_true(is_named);
        layout_file_free(file);
    }
}

static void an_area_beside_fixed_slots_may_be_changed(void **state)
{
    struct layout_file *file = layout_file_load(PSOC64);
    struct layout_report report;

    (void)state;
    slot_of(file, "journal")->size = 0x1000;
    layout_check(file, file->strategy, &report);
    assert_int_equal(report.problem_count, 0);
    layout_file_free(file);
}

static void a_slot_that_is_not_among_the_fixed_ones_is_refused(void **state)
{
    struct layout_file *file = layout_file_load(PSOC64);
    struct layout_report report;

    (void)state;
    file->fixed_count--;
    layout_check(file, file->strategy, &report);
    assert_int_equal(report.problem_count, 1);
    assert_contains("psoc64", report.problems[0].what, "\"secondary-1\" is fixed");
    assert_contains("psoc64", report.problems[0].facts[1].text, "no such slot");
    layout_file_free(file);
}

static void store_text(const char *path, const char *text)
{
    assert_true(file_store(path, text, strlen(text)));
}

static void a_record_that_is_missing_or_malformed_makes_the_layout_unusable(void **state)
{
    char *text = read_text("plain");
    char changed[4096];
    char *at = strstr(text, "\"max_align\"");

    (void)state;
    (void)snprintf(changed, sizeof changed, "%.*s\"fixed\": \"layout_test.record\", %s",
                   (int)(at - text), text, at);
    free(text);
    store_text("layout_test.json", changed);
    (void)remove("layout_test.record");
    assert_null(layout_file_load("layout_test.json"));
    store_text("layout_test.record", "{ \"about\": \"a test\", \"slots\": [ {} ] }");
    assert_null(layout_file_load("layout_test.json"));
    store_text("layout_test.record",
               "{ \"about\": \"a test\", \"slots\": [ { \"name\": \"p\", \"role\": \"primary\", "
               "\"device\": \"flash\", \"offset\": 0, \"size\": \"0x10000\" } ] }");
    struct layout_file *file = layout_file_load("layout_test.json");
    assert_non_null(file);
    assert_string_equal(file->fixed_about, "a test");
    assert_int_equal(file->fixed_count, 1);
    layout_file_free(file);
}

static void an_image_is_too_big_by_its_first_byte_beyond_the_largest(void **state)
{
    char problem[LAYOUT_PROBLEM_MAX];
    struct layout_report report;
    struct layout_file *file = parse("plain", problem);

    (void)state;
    layout_check(file, file->strategy, &report);
    assert_int_equal(report.problem_count, 0);
    layout_check_image("a.bin", 0, report.max_image_size[0], &report);
    assert_int_equal(report.problem_count, 0);
    layout_check_image("a.bin", 0, (size_t)report.max_image_size[0] + 1, &report);
    assert_int_equal(report.problem_count, 1);
    assert_contains("a.bin", report.problems[0].what, "a.bin does not fit the slots");
    assert_contains("a.bin", report.problems[0].cure, "by 1 bytes");
    layout_file_free(file);
}

/* The example of docs/formats/layout.md. */
static const char canonical[] = "otter-layout 1\n"
                                "board bench\n"
                                "name plain\n"
                                "header_size 1024\n"
                                "max_align 8\n"
                                "max_sectors 16\n"
                                "device flash 0x00000000 0x00040000 8 0xff\n"
                                "sectors 0x00001000 64\n"
                                "area primary primary 0 flash 0x00000000 0x00010000\n"
                                "area secondary secondary 0 flash 0x00010000 0x00010000\n"
                                "area scratch scratch 0 flash 0x00020000 0x00001000\n"
                                "area journal journal 0 flash 0x00021000 0x00002000\n"
                                "handover 0x20008000 0x00000100\n";

static const uint8_t canonical_digest[OTTER_LAYOUT_DIGEST_SIZE] = {
    0x28, 0x8d, 0x5f, 0x9b, 0xe2, 0xc3, 0xc1, 0xf7, 0x57, 0x4f, 0x8b, 0xec, 0x1c, 0x9d, 0x2f, 0xb4,
    0x06, 0xbf, 0x1d, 0xbb, 0x35, 0xea, 0x8a, 0xe6, 0xf2, 0x48, 0xab, 0x8d, 0x1d, 0x2c, 0x18, 0x68,
};

static void the_digest_is_that_of_the_canonical_text(void **state)
{
    char problem[LAYOUT_PROBLEM_MAX];
    struct layout_file *file = parse("plain", problem);
    char *text = layout_file_canonical_text(file);

    (void)state;
    assert_string_equal(text, canonical);
    assert_memory_equal(file->layout.digest, canonical_digest, sizeof canonical_digest);
    free(text);
    layout_file_free(file);
}

static bool has_canonical_digest(struct layout_file *file)
{
    bool same = memcmp(file->layout.digest, canonical_digest, sizeof canonical_digest) == 0;

    layout_file_free(file);
    return same;
}

static void the_digest_covers_what_both_programs_must_agree_on(void **state)
{
    (void)state;
    assert_false(has_canonical_digest(parse_changed("\"plain\"", "\"other\"")));
    assert_false(has_canonical_digest(parse_changed("\"0x400\"", "\"0x800\"")));
    assert_false(has_canonical_digest(parse_changed("\"0x21000\"", "\"0x23000\"")));
    assert_false(has_canonical_digest(parse_changed("\"0x20008000\"", "\"0x20008100\"")));
    assert_false(has_canonical_digest(parse_changed("\"0xFF\"", "\"0x00\"")));
}

static void the_digest_leaves_out_what_is_for_one_program_or_for_people(void **state)
{
    (void)state;
    assert_true(has_canonical_digest(parse_changed("\"swap-scratch\"", "\"overwrite\"")));
    assert_true(has_canonical_digest(parse_changed("\"0x8000\"", "\"0x4000\"")));
    assert_true(has_canonical_digest(
        parse_changed("\"max_align\"", "\"about\": \"For a test\", \"max_align\"")));
    assert_true(has_canonical_digest(parse_changed("\"0x400\"", "1024")));
}

static void assert_same_device(const struct otter_flash_geometry *a,
                               const struct otter_flash_geometry *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->address, b->address);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->write_size, b->write_size);
    assert_int_equal(a->erased_byte, b->erased_byte);
    assert_int_equal(a->run_count, b->run_count);
    for (uint8_t i = 0; i < a->run_count; i++) {
        assert_int_equal(a->runs[i].size, b->runs[i].size);
        assert_int_equal(a->runs[i].count, b->runs[i].count);
    }
}

static void assert_same_area(const struct otter_layout_area *a, const struct otter_layout_area *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->image, b->image);
    assert_int_equal(a->device, b->device);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->size, b->size);
}

/* otter_board_layout was generated from swap-internal.json and compiled into this test. */
static void the_generated_table_says_what_the_file_says(void **state)
{
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/swap-internal.json");
    const struct otter_layout *layout = &file->layout;

    (void)state;
    assert_string_equal(otter_board_layout.board, layout->board);
    assert_string_equal(otter_board_layout.name, layout->name);
    assert_memory_equal(otter_board_layout.digest, layout->digest, sizeof layout->digest);
    assert_int_equal(otter_board_layout.image_count, layout->image_count);
    assert_int_equal(otter_board_layout.max_align, layout->max_align);
    assert_int_equal(otter_board_layout.header_size, layout->header_size);
    assert_int_equal(otter_board_layout.max_sectors, layout->max_sectors);
    assert_int_equal(otter_board_layout.device_count, layout->device_count);
    for (uint8_t i = 0; i < layout->device_count; i++) {
        assert_same_device(&otter_board_layout.devices[i], &layout->devices[i]);
    }
    assert_int_equal(otter_board_layout.area_count, layout->area_count);
    for (uint8_t i = 0; i < layout->area_count; i++) {
        assert_same_area(&otter_board_layout.areas[i], &layout->areas[i]);
    }
    layout_file_free(file);
}

static void an_area_outside_the_flash_file_has_no_place_in_it(void **state)
{
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/swap-internal.json");
    uint32_t offset = 0;

    (void)state;
    assert_false(layout_file_flash_offset(file, layout_file_area(file, "bootloader"), &offset));
    assert_true(layout_file_flash_offset(file, layout_file_area(file, "primary"), &offset));
    assert_int_equal(offset, 0x18000);
    assert_null(layout_file_area(file, "tertiary"));
    layout_file_free(file);
}

static const struct wear_of_area *wear_of(const struct layout_wear *wear, const char *name)
{
    for (size_t i = 0; i < wear->area_count; i++) {
        if (strcmp(wear->areas[i].row->name, name) == 0) {
            return &wear->areas[i];
        }
    }
    fail_msg("nothing was erased in %s", name);
    return NULL;
}

/* 238 sectors in each slot and 4 in the scratch area: 60 pieces. The secondary is erased once to stage
 * the image and once to take the old one. */
static void a_swap_wears_the_scratch_area_once_a_piece(void **state)
{
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/swap-internal.json");
    struct layout_report report;
    struct layout_wear wear;

    (void)state;
    assert_non_null(file);
    layout_check(file, file->strategy, &report);
    assert_true(layout_wear(file, file->strategy, 0, report.max_image_size[0], &wear));
    assert_int_equal(wear.image_size, report.max_image_size[0]);
    assert_int_equal(wear_of(&wear, "scratch")->most, 60);
    assert_int_equal(wear_of(&wear, "scratch")->total, 240);
    assert_int_equal(wear_of(&wear, "primary")->total, 238);
    assert_int_equal(wear_of(&wear, "secondary")->most, 2);
    assert_int_equal(wear.most, 60);
    layout_file_free(file);
}

static void a_small_image_wears_less(void **state)
{
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/swap-internal.json");
    struct layout_wear wear;

    (void)state;
    assert_non_null(file);
    assert_true(layout_wear(file, file->strategy, 0, 16384, &wear));
    assert_int_equal(wear.image_size, 16384);
    assert_in_range(wear.most, 1, 3);
    assert_true(layout_wear(file, "overwrite", 0, 16384, &wear));
    assert_in_range(wear.most, 1, 2);
    layout_file_free(file);
}

/* xip-external.json has two images of different sizes. */
static void each_image_of_a_set_has_its_own_size_and_wear(void **state)
{
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/xip-external.json");
    struct layout_report report;
    struct layout_wear wear;

    (void)state;
    assert_non_null(file);
    layout_check(file, file->strategy, &report);
    assert_int_equal(report.max_image_size[0], 0xF0000 - 40);
    assert_int_equal(report.max_image_size[1], 0x80000 - 40);
    assert_int_equal(report.max_image_size[2], 0);
    assert_true(layout_has_image(file, 1));
    assert_false(layout_has_image(file, 2));
    layout_check_image("b.bin", 1, 0x80000, &report);
    assert_int_equal(report.problem_count, 1);
    assert_true(layout_wear(file, file->strategy, 1, report.max_image_size[1], &wear));
    assert_int_equal(wear.area_count, 2);
    assert_int_equal(wear_of(&wear, "xip")->sectors, 8);
    assert_int_equal(wear_of(&wear, "xip-staged")->most, 2);
    layout_file_free(file);
}

static void each_image_of_a_set_has_its_own_linker_regions(void **state)
{
    static const char *const expected[] = { "ORIGIN = 0x21018400, LENGTH = 0xEFBD8",
                                            "ORIGIN = 0x21200400, LENGTH = 0x7FBD8" };
    static const char *const memory[] = { "ORIGIN = 0x20000000", "ORIGIN = 0x20300000" };
    struct layout_file *file = layout_file_load(BOARDS "/mps2-an386/xip-external.json");

    (void)state;
    assert_non_null(file);
    for (uint8_t image = 0; image < 2; image++) {
        char text[2048] = "";
        FILE *out = fmemopen(text, sizeof text, "w");

        assert_null(layout_generate_obstacle(file, LAYOUT_APPLICATION, image));
        layout_generate_ld(out, file, LAYOUT_APPLICATION, image);
        (void)fclose(out);
        assert_contains("xip-external", text, expected[image]);
        assert_contains("xip-external", text, memory[image]);
    }
    file->memory_count = 0;
    assert_string_equal(layout_generate_obstacle(file, LAYOUT_APPLICATION, 1),
                        "it has no memory of that image's name");
    layout_file_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_malformed_layout_is_refused_with_its_place),
        cmocka_unit_test(a_layout_that_cannot_work_is_refused_with_its_reason),
        cmocka_unit_test(the_layouts_of_all_boards_work),
        cmocka_unit_test(the_psoc64_layout_has_the_slots_of_its_policy),
        cmocka_unit_test(a_fixed_slot_that_was_changed_is_refused),
        cmocka_unit_test(an_area_beside_fixed_slots_may_be_changed),
        cmocka_unit_test(a_slot_that_is_not_among_the_fixed_ones_is_refused),
        cmocka_unit_test(a_record_that_is_missing_or_malformed_makes_the_layout_unusable),
        cmocka_unit_test(an_image_is_too_big_by_its_first_byte_beyond_the_largest),
        cmocka_unit_test(a_swap_wears_the_scratch_area_once_a_piece),
        cmocka_unit_test(a_small_image_wears_less),
        cmocka_unit_test(each_image_of_a_set_has_its_own_size_and_wear),
        cmocka_unit_test(each_image_of_a_set_has_its_own_linker_regions),
        cmocka_unit_test(the_digest_is_that_of_the_canonical_text),
        cmocka_unit_test(the_digest_covers_what_both_programs_must_agree_on),
        cmocka_unit_test(the_digest_leaves_out_what_is_for_one_program_or_for_people),
        cmocka_unit_test(the_generated_table_says_what_the_file_says),
        cmocka_unit_test(an_area_outside_the_flash_file_has_no_place_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
