/* SPDX-License-Identifier: Apache-2.0 */

/* components.json: the form of the AnyCloud library's signing script, and what is refused. */

#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "otter/manifest.h"
#include "suites.h"

#define SELF "{\"fileName\":\"components.json\",\"fileType\":\"component_list\"}"
#define APP  "{\"fileName\":\"app.bin\",\"fileType\":\"NSPE\",\"fileSize\":\"3000\"}"

static struct otter_manifest manifest;
static const char *problem;

static enum otter_result parse(const char *text)
{
    return otter_manifest_parse(text, strlen(text), &manifest, &problem);
}

static enum otter_result parse_files(const char *count, const char *files)
{
    char text[2048];

    (void)snprintf(text, sizeof text,
                   "{\"numberOfComponents\":\"%s\",\"version\":\"1.2.3\",\"files\":[%s]}", count,
                   files);
    return parse(text);
}

static void the_form_of_the_signing_script_is_understood(void **state)
{
    (void)state;
    assert_int_equal(parse(archive_manifest), OTTER_OK);
    assert_int_equal(manifest.version.major, 1);
    assert_int_equal(manifest.version.revision, 3);
    assert_int_equal(manifest.file_count, 2);
    assert_string_equal(manifest.files[0].name, "app.bin");
    assert_int_equal(manifest.files[0].image, 0);
    assert_int_equal(manifest.files[0].size, 3000);
    assert_string_equal(manifest.files[1].name, "radio.bin");
    assert_int_equal(manifest.files[1].image, 1);
    assert_int_equal(manifest.files[1].size, 700);
}

static void what_is_not_known_is_stepped_over(void **state)
{
    (void)state;
    assert_int_equal(parse_files("2", SELF ",{\"by\":{\"fileSize\":1},\"FILENAME\":\"app.bin\","
                                           "\"fileType\":\"NSPE\",\"fileSize\":3000}"),
                     OTTER_OK);
    assert_int_equal(manifest.files[0].size, 3000);
}

static void each_image_has_a_word(void **state)
{
    (void)state;
    assert_string_equal(otter_manifest_type(0), "NSPE");
    assert_string_equal(otter_manifest_type(1), "SPE");
    assert_string_equal(otter_manifest_type(3), "IMAGE3");
    assert_null(otter_manifest_type(4));
    assert_int_equal(parse_files("3", SELF "," APP ",{\"fileName\":\"r\",\"fileType\":\"FWDB\","
                                           "\"fileSize\":\"1\"}"),
                     OTTER_OK);
    assert_int_equal(manifest.files[1].image, 1);
}

static void assert_refused(const char *count, const char *files, const char *why)
{
    assert_int_equal(parse_files(count, files), OTTER_ERR_BUNDLE);
    assert_string_equal(problem, why);
}

static void names_with_folders_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "/app.bin",
        "../app.bin",
        "a/app.bin",
        ".",
        "..",
        ".app",
        "a\\\\b",
        "components.json",
        "app bin",
        "a\\u0001",
        "\xC3\xA4",
        "n2345678901234567890123456789012345678901234567890123456789012345678901234567890"
        "123456789012345678901",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char files[512];

        (void)snprintf(files, sizeof files,
                       SELF ",{\"fileName\":\"%s\",\"fileType\":\"NSPE\",\"fileSize\":\"1\"}",
                       names[i]);
        assert_refused("2", files, "a file of the manifest has no plain name");
    }
}

static void a_file_needs_its_size_and_a_type_that_is_known(void **state)
{
    static const char *const sizes[] = { "", "0", "-1", "1x", "4294967296", "0x10" };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char files[512];

        (void)snprintf(files, sizeof files,
                       SELF ",{\"fileName\":\"a\",\"fileType\":\"NSPE\",\"fileSize\":\"%s\"}",
                       sizes[i]);
        assert_refused("2", files, "a file of the manifest has no size");
    }
    assert_refused("2", SELF ",{\"fileName\":\"a\",\"fileType\":\"NSPEX\",\"fileSize\":\"1\"}",
                   "a file of the manifest has a type that is not known");
    assert_refused("2", SELF ",{\"fileName\":\"a\",\"fileSize\":\"1\"}",
                   "a file of the manifest has a type that is not known");
    assert_refused("2", SELF ",[]", "a file of the manifest is no object");
    assert_refused("2", SELF ",{\"fileName\"}", "a file of the manifest is no object");
    assert_refused("2", SELF ",{", "the manifest is not a JSON object");
}

static void each_image_and_each_name_comes_once(void **state)
{
    (void)state;
    assert_refused("3", SELF "," APP ",{\"fileName\":\"b\",\"fileType\":\"NSPE\",\"fileSize\":1}",
                   "the manifest has two files for one image, or of one name");
    assert_refused("3",
                   SELF "," APP ",{\"fileName\":\"app.bin\",\"fileType\":\"SPE\","
                        "\"fileSize\":\"1\"}",
                   "the manifest has two files for one image, or of one name");
}

static void the_list_begins_with_the_manifest_and_is_as_long_as_it_says(void **state)
{
    static const char *const first = "the manifest's list of files does not begin with itself";

    (void)state;
    assert_refused("1", APP, first);
    assert_refused("0", "", first);
    assert_refused("2", APP "," SELF, first);
    assert_refused("1", SELF "," APP, "the manifest names another number of files than it has");
    assert_refused("", SELF "," APP, "the manifest names another number of files than it has");
    assert_refused("1", SELF, "the manifest has no application (NSPE)");
    assert_int_equal(parse("{\"version\":\"1.2.3\",\"numberOfComponents\":\"2\",\"files\":{}}"),
                     OTTER_ERR_BUNDLE);
    assert_string_equal(problem, first);
}

static void no_version_is_no_manifest(void **state)
{
    static const char *const versions[] = { "{}", "{\"version\":\"1.2\"}", "{\"version\":[]}" };

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        assert_int_equal(parse(versions[i]), OTTER_ERR_BUNDLE);
        assert_string_equal(problem, "the manifest has no version");
    }
}

static void every_truncation_is_refused(void **state)
{
    const size_t length = strlen(archive_manifest);

    (void)state;
    for (size_t len = 0; len + 1 < length; len++) {
        assert_int_equal(otter_manifest_parse(archive_manifest, len, &manifest, &problem),
                         OTTER_ERR_BUNDLE);
    }
}

int run_manifest_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_the_signing_script_is_understood),
        cmocka_unit_test(what_is_not_known_is_stepped_over),
        cmocka_unit_test(each_image_has_a_word),
        cmocka_unit_test(names_with_folders_are_refused),
        cmocka_unit_test(a_file_needs_its_size_and_a_type_that_is_known),
        cmocka_unit_test(each_image_and_each_name_comes_once),
        cmocka_unit_test(the_list_begins_with_the_manifest_and_is_as_long_as_it_says),
        cmocka_unit_test(no_version_is_no_manifest),
        cmocka_unit_test(every_truncation_is_refused),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
