/* SPDX-License-Identifier: Apache-2.0 */

#include "bundle_info.h"

#include <stdio.h>

#include "bundle_file.h"
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

static enum command_status refuse(const char *path, const char *problem)
{
    message_error("%s is an archive, but not a bundle", path);
    message_fact("found", "%s", problem);
    message_next("Make it with 'otter image bundle'.");
    return COMMAND_NO;
}

enum command_status bundle_info(const char *path, const struct file_bytes *file,
                                const struct image_trust *trust, bool json)
{
    struct bundle_contents contents;
    enum command_status status = COMMAND_DONE;
    const char *problem;

    if (!bundle_file_read(file, &contents, &problem)) {
        return refuse(path, problem);
    }
    for (uint8_t i = 0; i < contents.manifest.file_count; i++) {
        look_at(&looks[i], &contents, i, trust);
        status = looks[i].answer.is_image ? status : COMMAND_NO;
    }
    if (json) {
        tell_json(path, &contents.manifest, trust);
    } else {
        tell(path, &contents.manifest, trust);
    }
    return status;
}
