/* SPDX-License-Identifier: Apache-2.0 */

/* The reader: any pieces become the same files; nothing but a whole archive is one. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "otter/bundle.h"
#include "suites.h"

#define MANIFEST_DATA OTTER_TAR_BLOCK_SIZE
#define APP_HEADER    (2 * OTTER_TAR_BLOCK_SIZE)
#define APP_DATA      (APP_HEADER + OTTER_TAR_BLOCK_SIZE)
#define RADIO_HEADER  (APP_DATA + 3072u)
#define RADIO_DATA    (RADIO_HEADER + OTTER_TAR_BLOCK_SIZE)

static struct archive archive;
static struct otter_bundle bundle;

/* What came of reading: where the files lay, by their index in the manifest. */
static struct {
    bool has_manifest;
    bool has_ended;
    uint32_t file_at[OTTER_BUNDLE_FILES_MAX];
} found;

static void note(enum otter_bundle_event event)
{
    if (event == OTTER_BUNDLE_MANIFEST) {
        found.has_manifest = true;
    } else if (event == OTTER_BUNDLE_FILE) {
        found.file_at[bundle.present] = bundle.position;
        otter_bundle_skip(&bundle);
    } else if (event == OTTER_BUNDLE_END) {
        found.has_ended = true;
    }
}

/* Feed the archive in pieces that end at multiples of @p piece, and at @p split. */
static enum otter_result read_in_pieces(uint32_t piece, uint32_t split)
{
    memset(&found, 0, sizeof found);
    otter_bundle_init(&bundle, archive.size);
    while (!found.has_ended) {
        const uint32_t at = bundle.position;
        uint32_t end = at + piece - at % piece;
        size_t taken;
        enum otter_bundle_event event;
        enum otter_result result;

        end = at < split && split < end ? split : end;
        end = end < archive.size ? end : archive.size;
        result = otter_bundle_read(&bundle, archive.bytes + at, end - at, &taken, &event);
        if (result != OTTER_OK) {
            return result;
        }
        assert_true(taken > 0 || event != OTTER_BUNDLE_MORE);
        note(event);
    }
    assert_int_equal(bundle.position, archive.size);
    return OTTER_OK;
}

static enum otter_result read_whole(void)
{
    return read_in_pieces(ARCHIVE_MAX, 0);
}

static void assert_refused(const char *problem)
{
    assert_int_equal(read_whole(), OTTER_ERR_BUNDLE);
    assert_string_equal(bundle.problem, problem);
}

static void assert_both_files_found(void)
{
    assert_true(found.has_manifest);
    assert_int_equal(found.file_at[0], APP_DATA);
    assert_int_equal(found.file_at[1], RADIO_DATA);
}

static void every_split_of_the_stream_gives_the_same_files(void **state)
{
    (void)state;
    archive_make(&archive);
    for (uint32_t split = 0; split <= archive.size; split++) {
        assert_int_equal(read_in_pieces(ARCHIVE_MAX, split), OTTER_OK);
        assert_both_files_found();
    }
}

static void pieces_of_every_size_give_the_same_files(void **state)
{
    (void)state;
    archive_make(&archive);
    for (uint32_t piece = 1; piece <= 1100; piece += piece < 20 ? 1 : 37) {
        assert_int_equal(read_in_pieces(piece, 0), OTTER_OK);
        assert_both_files_found();
    }
}

/* Nobody may wait for bytes that do not exist: what is cut short is refused with its last byte. */
static void every_truncation_is_refused(void **state)
{
    uint32_t whole;

    (void)state;
    archive_make(&archive);
    whole = archive.size;
    for (archive.size = 0; archive.size < whole; archive.size++) {
        assert_refused("the archive is cut short");
    }
}

/* A bit of a file is not the reader's business; any other either is seen or changes nothing. */
static void no_flipped_bit_outside_the_files_changes_what_is_found(void **state)
{
    (void)state;
    archive_make(&archive);
    /* Of the largest file a few bytes will do. */
    for (uint32_t at = 0; at < archive.size; at += at >= APP_DATA && at < RADIO_HEADER ? 61 : 1) {
        for (unsigned bit = 0; bit < 8; bit++) {
            archive.bytes[at] ^= (uint8_t)(1u << bit);
            if (read_whole() == OTTER_OK) {
                assert_both_files_found();
                assert_int_equal(bundle.manifest.files[0].image, 0);
            } else {
                assert_false(at >= APP_DATA && at < APP_DATA + 3000);
                assert_string_not_equal(bundle.problem, "");
            }
            archive.bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
}

static void files_may_come_in_another_order_than_the_manifest_has_them(void **state)
{
    (void)state;
    archive.size = 0;
    archive_add(&archive, "components.json", archive_manifest, (uint32_t)strlen(archive_manifest));
    archive_add_file(&archive, "radio.bin", 700);
    archive_add_file(&archive, "app.bin", 3000);
    archive_add_zeros(&archive, 7);
    assert_int_equal(read_whole(), OTTER_OK);
    assert_int_equal(found.file_at[1], APP_DATA);
    assert_int_equal(found.file_at[0], APP_DATA + 1024 + OTTER_TAR_BLOCK_SIZE);
}

static void remarks_are_passed_over(void **state)
{
    static const char remark[] = "30 mtime=1700000000.123456789\n";

    (void)state;
    archive.size = 0;
    for (int i = 0; i < 2; i++) {
        const uint32_t at = archive.size;

        archive_add(&archive, "././@PaxHeader", remark, sizeof remark - 1);
        archive.bytes[at + 156] = i == 0 ? 'g' : 'x';
        archive_sign(&archive, at);
    }
    archive_add(&archive, "components.json", archive_manifest, (uint32_t)strlen(archive_manifest));
    archive_add_file(&archive, "app.bin", 3000);
    archive_add_file(&archive, "radio.bin", 700);
    archive_add_zeros(&archive, 2);
    assert_int_equal(read_whole(), OTTER_OK);
    assert_int_equal(found.file_at[0], 4 * OTTER_TAR_BLOCK_SIZE + APP_DATA);
}

static void a_remark_that_is_too_long_is_refused(void **state)
{
    (void)state;
    archive.size = 0;
    archive_add_file(&archive, "pax", 8193);
    archive.bytes[156] = 'x';
    archive_sign(&archive, 0);
    assert_refused("it has a remark that is too long");
}

static void the_manifest_comes_first(void **state)
{
    (void)state;
    archive.size = 0;
    archive_add_file(&archive, "app.bin", 3000);
    archive_add(&archive, "components.json", archive_manifest, (uint32_t)strlen(archive_manifest));
    archive_add_zeros(&archive, 2);
    assert_refused("its first file is not components.json");
    archive.size = 0;
    archive_add_zeros(&archive, 2);
    assert_refused("a file is missing");
    archive.size = 0;
    archive_add_file(&archive, "components.json", 1025);
    assert_refused("components.json is too long");
}

static void start_of_archive(void)
{
    archive.size = 0;
    archive_add(&archive, "components.json", archive_manifest, (uint32_t)strlen(archive_manifest));
}

static void the_files_are_those_of_the_manifest(void **state)
{
    static const struct {
        const char *name;
        uint32_t size;
        const char *problem;
    } rows[] = {
        { "app.bin", 2999, "a file has another size than its manifest says" },
        { "app.bin", 3001, "a file has another size than its manifest says" },
        { "app.bi", 3000, "it has a file that its manifest does not name" },
        { "./app.bin", 3000, "it has a file that its manifest does not name" },
        { "components.json", 3000, "it has a file that its manifest does not name" },
        { "", 3000, "it has a file that its manifest does not name" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start_of_archive();
        archive_add_file(&archive, rows[i].name, rows[i].size);
        archive_add_zeros(&archive, 2);
        assert_refused(rows[i].problem);
    }
}

static void each_file_comes_once(void **state)
{
    (void)state;
    start_of_archive();
    archive_add_file(&archive, "app.bin", 3000);
    archive_add_file(&archive, "app.bin", 3000);
    archive_add_zeros(&archive, 2);
    assert_refused("it has a file twice");
    start_of_archive();
    archive_add_file(&archive, "app.bin", 3000);
    archive_add_zeros(&archive, 2);
    assert_refused("a file is missing");
}

static void nothing_may_lie_between_or_behind_the_files(void **state)
{
    static const uint32_t places[] = { APP_HEADER - 1, RADIO_HEADER - 1 };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        archive_make(&archive);
        archive.bytes[places[i]] = 1;
        assert_refused("there is something between or behind its files");
    }
    archive_make(&archive);
    archive.bytes[archive.size - 1] = 1;
    assert_refused("there is something between or behind its files");
    archive_make(&archive);
    archive_add_file(&archive, "more.bin", 1);
    assert_refused("there is something between or behind its files");
}

/* A file of 4 GiB in an archive of a few blocks. */
static void a_size_beyond_the_archive_is_refused(void **state)
{
    static const char manifest[] =
        "{\"numberOfComponents\":\"2\",\"version\":\"1.2.3\",\"files\":["
        "{\"fileName\":\"components.json\",\"fileType\": \"component_list\"},"
        "{\"fileName\":\"app.bin\",\"fileType\": \"NSPE\",\"fileSize\":\"4294967295\"}]}";
    struct otter_tar_member member = { .name = "app.bin", .size = UINT32_MAX };

    (void)state;
    archive.size = 0;
    archive_add(&archive, "components.json", manifest, sizeof manifest - 1);
    otter_tar_encode(&member, archive.bytes + archive.size);
    archive.size += OTTER_TAR_BLOCK_SIZE;
    archive_add_zeros(&archive, 2);
    assert_refused("the archive is cut short");
}

/* What a walk through an archive fetches, if its files are there already. */
static void a_walk_wants_headers_and_manifest_but_no_file(void **state)
{
    uint32_t fetched = 0;
    uint32_t requests = 0;

    (void)state;
    archive_make(&archive);
    memset(&found, 0, sizeof found);
    otter_bundle_init(&bundle, archive.size);
    while (!found.has_ended) {
        const uint32_t wanted = otter_bundle_wanted(&bundle);
        size_t done = 0;

        requests++;
        fetched += wanted;
        assert_true(wanted > 0);
        while (done < wanted && bundle.part != OTTER_BUNDLE_IN_FILE) {
            size_t taken;
            enum otter_bundle_event event;

            assert_int_equal(otter_bundle_read(&bundle, archive.bytes + bundle.position,
                                               wanted - done, &taken, &event),
                             OTTER_OK);
            done += taken;
            note(event);
        }
    }
    assert_both_files_found();
    assert_true(requests <= 6);
    assert_true(fetched <= archive.size - 3000 - 700);
}

/* A job may list files; their bytes are all there is. */
static void listed_files_are_walked_like_those_of_an_archive(void **state)
{
    static const struct otter_manifest manifest = {
        .files = { { .size = 3000 }, { .size = 700, .image = 1 } },
        .file_count = 2,
    };
    static const enum otter_bundle_event expected[] = { OTTER_BUNDLE_MANIFEST, OTTER_BUNDLE_FILE,
                                                        OTTER_BUNDLE_FILE, OTTER_BUNDLE_END };
    static const uint8_t no_byte[1] = { 0 };
    uint32_t crc;

    (void)state;
    otter_bundle_init_listed(&bundle, &manifest);
    assert_int_equal(bundle.total, 3700);
    crc = bundle.manifest_crc;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        enum otter_bundle_event event;
        size_t taken;

        assert_int_equal(otter_bundle_read(&bundle, no_byte, 0, &taken, &event), OTTER_OK);
        assert_int_equal(event, expected[i]);
        assert_int_equal(taken, 0);
        if (event == OTTER_BUNDLE_FILE) {
            assert_int_equal(bundle.present, i - 1);
            otter_bundle_skip(&bundle);
        }
    }
    assert_int_equal(bundle.position, 3700);

    struct otter_manifest other = manifest;

    other.files[1].size++;
    otter_bundle_init_listed(&bundle, &other);
    assert_int_not_equal(bundle.manifest_crc, crc);
}

int run_bundle_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_of_the_stream_gives_the_same_files),
        cmocka_unit_test(pieces_of_every_size_give_the_same_files),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(no_flipped_bit_outside_the_files_changes_what_is_found),
        cmocka_unit_test(files_may_come_in_another_order_than_the_manifest_has_them),
        cmocka_unit_test(remarks_are_passed_over),
        cmocka_unit_test(a_remark_that_is_too_long_is_refused),
        cmocka_unit_test(the_manifest_comes_first),
        cmocka_unit_test(the_files_are_those_of_the_manifest),
        cmocka_unit_test(each_file_comes_once),
        cmocka_unit_test(nothing_may_lie_between_or_behind_the_files),
        cmocka_unit_test(a_size_beyond_the_archive_is_refused),
        cmocka_unit_test(a_walk_wants_headers_and_manifest_but_no_file),
        cmocka_unit_test(listed_files_are_walked_like_those_of_an_archive),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
