/* SPDX-License-Identifier: Apache-2.0 */

#include "bundle_info.h"

#include <stdio.h>

#include "bundle_file.h"
#include "bundle_needs.h"
#include "image_describe.h"
#include "json.h"
#include "memory_flash.h"
#include "message.h"

/* One file of a bundle, looked at as a device would. Do not move it: the answer refers to the area. */
struct look {
    struct memory_flash memory;
    struct otter_area area;
    struct image_answer answer;
};

static struct look looks[OTTER_BUNDLE_FILES_MAX]; /* large, and a process asks once */

static void look_at(struct look *look, const struct bundle_contents *contents, uint8_t index,
                    const struct image_trust *trust)
{
    look->area = memory_flash_over_file(&look->memory, contents->bytes[index],
                                        contents->manifest.files[index].size);
    image_check(&look->area, UINT32_MAX, trust, &look->answer);
}

/* @return false after telling the user what is wrong with the archive */
static bool read_bundle(const char *path, const struct file_bytes *file,
                        const struct image_trust *trust, struct bundle_contents *contents)
{
    const char *problem;

    if (!bundle_file_read(file, contents, &problem)) {
        message_error("%s is an archive, but not a bundle", path);
        message_fact("found", "%s", problem);
        message_next("Make it with 'otter image bundle'.");
        return false;
    }
    for (uint8_t i = 0; i < contents->manifest.file_count; i++) {
        look_at(&looks[i], contents, i, trust);
    }
    return true;
}

/* ---- info ------------------------------------------------------------------------------------ */

static void print_file(const struct otter_manifest_file *file, const struct look *look,
                       const struct image_trust *trust)
{
    char size[THOUSANDS_TEXT_SIZE];

    (void)printf("\n%s (%s, image %u): %s bytes\n", file->name, otter_manifest_type(file->image),
                 (unsigned)file->image, thousands(file->size, size));
    image_describe(&look->answer, trust);
}

static void add_file(cJSON *list, const struct otter_manifest_file *file, const struct look *look,
                     const struct image_trust *trust)
{
    cJSON *item = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(item, "name", file->name);
    (void)cJSON_AddNumberToObject(item, "image", file->image);
    (void)cJSON_AddNumberToObject(item, "bytes", file->size);
    image_describe_json(item, &look->answer, trust);
    (void)cJSON_AddItemToArray(list, item);
}

static void tell(const char *path, const struct otter_manifest *manifest,
                 const struct image_trust *trust)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&manifest->version, version);
    (void)printf("%s: a bundle of %u images, version %s\n", path, (unsigned)manifest->file_count,
                 version);
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        print_file(&manifest->files[i], &looks[i], trust);
    }
}

static void tell_json(const char *path, const struct otter_manifest *manifest,
                      const struct image_trust *trust)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list;
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&manifest->version, version);
    (void)cJSON_AddStringToObject(root, "file", path);
    (void)cJSON_AddStringToObject(root, "kind", "bundle");
    (void)cJSON_AddStringToObject(root, "version", version);
    list = cJSON_AddArrayToObject(root, "images");
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        add_file(list, &manifest->files[i], &looks[i], trust);
    }
    json_print(root);
}

enum command_status bundle_info(const char *path, const struct file_bytes *file,
                                const struct image_trust *trust, bool json)
{
    struct bundle_contents contents;
    enum command_status status = COMMAND_DONE;

    if (!read_bundle(path, file, trust, &contents)) {
        return COMMAND_NO;
    }
    for (uint8_t i = 0; i < contents.manifest.file_count; i++) {
        status = looks[i].answer.is_image ? status : COMMAND_NO;
    }
    if (json) {
        tell_json(path, &contents.manifest, trust);
    } else {
        tell(path, &contents.manifest, trust);
    }
    return status;
}

/* ---- verify ---------------------------------------------------------------------------------- */

/* The images must be good each; then they are held against each other and the manifest. */
static bool are_good(const struct otter_manifest *manifest, bool json)
{
    bool good = true;

    for (uint8_t i = 0; i < manifest->file_count; i++) {
        if (looks[i].answer.result == OTTER_OK) {
            continue;
        }
        good = false;
        if (!json) {
            image_check_complain(manifest->files[i].name, &looks[i].answer);
        }
    }
    return good;
}

static bool is_release(const struct otter_manifest *manifest, const struct otter_image *first)
{
    char promised[OTTER_VERSION_TEXT_SIZE];
    char found[OTTER_VERSION_TEXT_SIZE];

    if (otter_version_compare(&manifest->version, &first->header.version) == 0) {
        return true;
    }
    otter_version_format(&manifest->version, promised);
    otter_version_format(&first->header.version, found);
    message_error("the manifest promises another version than that of image 0");
    message_fact("expected", "%s", promised);
    message_fact("found", "%s", found);
    message_next("Make the bundle again with 'otter image bundle'.");
    return false;
}

static bool fit_together(const struct otter_manifest *manifest)
{
    struct bundle_images bundle = { 0 };
    uint8_t needs[OTTER_BUNDLE_FILES_MAX];

    for (uint8_t i = 0; i < manifest->file_count; i++) {
        bundle.images[manifest->files[i].image] = &looks[i].answer.image;
        bundle.names[manifest->files[i].image] = manifest->files[i].name;
    }
    return is_release(manifest, bundle.images[0]) && bundle_check_needs(&bundle, needs);
}

static void tell_good(const char *path, const struct otter_manifest *manifest,
                      const struct image_trust *trust)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&manifest->version, version);
    (void)printf("%s: good, bundle %s of %u images, %s\n", path, version,
                 (unsigned)manifest->file_count,
                 trust->key_count > 0 ? "hashes and signatures are right"
                                      : "their hashes are right; give --key to check signatures");
}

static void tell_verdict_json(const char *path, const struct otter_manifest *manifest,
                              const struct image_trust *trust, bool good)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list;
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&manifest->version, version);
    (void)cJSON_AddStringToObject(root, "file", path);
    (void)cJSON_AddStringToObject(root, "version", version);
    (void)cJSON_AddBoolToObject(root, "good", good);
    (void)cJSON_AddBoolToObject(root, "signature_checked", trust->key_count > 0);
    list = cJSON_AddArrayToObject(root, "images");
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        cJSON *item = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(item, "name", manifest->files[i].name);
        (void)cJSON_AddNumberToObject(item, "image", manifest->files[i].image);
        image_check_json(item, &looks[i].answer);
        (void)cJSON_AddItemToArray(list, item);
    }
    json_print(root);
}

enum command_status bundle_verify(const char *path, const struct file_bytes *file,
                                  const struct image_trust *trust, bool json)
{
    struct bundle_contents contents;
    bool good;

    if (!read_bundle(path, file, trust, &contents)) {
        return COMMAND_NO;
    }
    good = are_good(&contents.manifest, json) && fit_together(&contents.manifest);
    if (json) {
        tell_verdict_json(path, &contents.manifest, trust, good);
    } else if (good) {
        tell_good(path, &contents.manifest, trust);
    }
    return good ? COMMAND_DONE : COMMAND_NO;
}
