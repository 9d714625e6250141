/* SPDX-License-Identifier: Apache-2.0 */

/* components.json, in the form that the AnyCloud library's signing script writes. Keys that are not
 * known are stepped over; what is known must be right: a manifest that is understood by halves
 * would install half a release. */

#include "otter/manifest.h"

#include <stdbool.h>
#include <string.h>

#include "otter/json.h"

#define MANIFEST_TYPE "component_list"

/* The first word for an image is the one that we write. */
static const struct {
    const char *word;
    uint8_t image;
} types[] = {
    { "NSPE", 0 }, { "SPE", 1 }, { "FWDB", 1 }, { "IMAGE2", 2 }, { "IMAGE3", 3 },
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

const char *otter_manifest_type(uint8_t image)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].image == image) {
            return types[i].word;
        }
    }
    return NULL;
}

/* ---- members of an object ---- */

static bool read_value(const struct otter_json *json, size_t object, const char *key,
                       struct otter_json_value *value)
{
    const size_t index = otter_json_find(json, object, key);

    return index != 0 && otter_json_value(json, index, value);
}

static bool read_number(const struct otter_json *json, size_t object, const char *key,
                        uint32_t *number)
{
    struct otter_json_value value;

    return read_value(json, object, key, &value) && otter_json_number(&value, UINT32_MAX, number);
}

static bool is_text(const struct otter_json *json, size_t object, const char *key, const char *text)
{
    struct otter_json_value value;

    return read_value(json, object, key, &value) && value.is_text && strcmp(value.text, text) == 0;
}

/* ---- one file ---- */

/* A name is compared, never used to open anything; but who sends a path has something in mind. */
static bool is_plain(const char *name)
{
    for (const char *next = name; *next != '\0'; next++) {
        if (*next <= ' ' || *next > '~' || *next == '/' || *next == '\\') {
            return false;
        }
    }
    return name[0] != '\0' && name[0] != '.' && strcmp(name, OTTER_MANIFEST_NAME) != 0;
}

static bool read_name(const struct otter_json *json, size_t object,
                      struct otter_manifest_file *file)
{
    struct otter_json_value value;

    return read_value(json, object, "fileName", &value)
           && otter_json_copy(&value, file->name, sizeof file->name) && is_plain(file->name);
}

static bool read_image(const struct otter_json *json, size_t object,
                       struct otter_manifest_file *file)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (is_text(json, object, "fileType", types[i].word)) {
            file->image = types[i].image;
            return true;
        }
    }
    return false;
}

static bool read_size(const struct otter_json *json, size_t object,
                      struct otter_manifest_file *file)
{
    return read_number(json, object, "fileSize", &file->size) && file->size > 0;
}

/* @return what is wrong with it, or NULL */
static const char *read_file(const struct otter_json *json, size_t object,
                             struct otter_manifest_file *file)
{
    if (!otter_json_is_object(json, object)) {
        return "a file of the manifest is no object";
    }
    if (!read_name(json, object, file)) {
        return "a file of the manifest has no plain name";
    }
    if (!read_image(json, object, file)) {
        return "a file of the manifest has a type that is not known";
    }
    return read_size(json, object, file) ? NULL : "a file of the manifest has no size";
}

/* ---- all files ---- */

static bool is_of_its_own(const struct otter_manifest *manifest,
                          const struct otter_manifest_file *file)
{
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        if (manifest->files[i].image == file->image
            || strcmp(manifest->files[i].name, file->name) == 0) {
            return false;
        }
    }
    return true;
}

static const char *add_file(const struct otter_json *json, size_t object,
                            struct otter_manifest *manifest)
{
    struct otter_manifest_file file = { .image = 0 };
    const char *problem = read_file(json, object, &file);

    if (problem != NULL) {
        return problem;
    }
    if (!is_of_its_own(manifest, &file)) {
        return "the manifest has two files for one image, or of one name";
    }
    if (manifest->file_count == OTTER_BUNDLE_FILES_MAX) {
        return "the manifest has too many files";
    }
    manifest->files[manifest->file_count++] = file;
    return NULL;
}

static bool is_manifest_itself(const struct otter_json *json, size_t object)
{
    return otter_json_is_object(json, object)
           && is_text(json, object, "fileName", OTTER_MANIFEST_NAME)
           && is_text(json, object, "fileType", MANIFEST_TYPE);
}

/* The first entry is the manifest itself. */
static const char *read_files(const struct otter_json *json, struct otter_manifest *manifest)
{
    const size_t files = otter_json_find(json, 0, "files");
    size_t entry = files + 1;

    if (files == 0 || json->tokens[files].type != JSMN_ARRAY
        || !otter_json_is_inside(json, entry, files) || !is_manifest_itself(json, entry)) {
        return "the manifest's list of files does not begin with itself";
    }
    for (entry = otter_json_next(json, entry); otter_json_is_inside(json, entry, files);
         entry = otter_json_next(json, entry)) {
        const char *problem = add_file(json, entry, manifest);

        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static bool has_application(const struct otter_manifest *manifest)
{
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        if (manifest->files[i].image == 0) {
            return true;
        }
    }
    return false;
}

static bool count_is_right(const struct otter_json *json, const struct otter_manifest *manifest)
{
    uint32_t count = 0;

    return read_number(json, 0, "numberOfComponents", &count) && count == manifest->file_count + 1u;
}

static const char *read_manifest(const struct otter_json *json, struct otter_manifest *manifest)
{
    struct otter_json_value version;
    const char *problem;

    if (!read_value(json, 0, "version", &version)
        || !otter_json_version(&version, &manifest->version)) {
        return "the manifest has no version";
    }
    problem = read_files(json, manifest);
    if (problem != NULL) {
        return problem;
    }
    if (!count_is_right(json, manifest)) {
        return "the manifest names another number of files than it has";
    }
    return has_application(manifest) ? NULL : "the manifest has no application (NSPE)";
}

enum otter_result otter_manifest_parse(const char *text, size_t len,
                                       struct otter_manifest *manifest, const char **problem)
{
    jsmntok_t tokens[OTTER_JSON_TOKENS_MAX];
    struct otter_json json;

    *manifest = (struct otter_manifest){ .file_count = 0 };
    *problem = "the manifest is not a JSON object";
    if (len <= OTTER_MANIFEST_SIZE_MAX
        && otter_json_parse(&json, tokens, OTTER_JSON_TOKENS_MAX, text, len) == OTTER_JSON_OK) {
        *problem = read_manifest(&json, manifest);
    }
    if (*problem != NULL) {
        return OTTER_ERR_BUNDLE;
    }
    *problem = "";
    return OTTER_OK;
}
