/* SPDX-License-Identifier: Apache-2.0 */

#include "bundle_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/bundle.h"

bool bundle_file_is_archive(const struct file_bytes *file)
{
    struct otter_tar_member member;
    const char *problem;

    return file->size >= OTTER_TAR_BLOCK_SIZE
           && otter_tar_parse(file->bytes, &member, &problem) == OTTER_OK
           && member.kind != OTTER_TAR_END;
}

bool bundle_file_read(const struct file_bytes *file, struct bundle_contents *contents,
                      const char **problem)
{
    static struct otter_bundle reader; /* large, and a process reads one at a time */
    enum otter_bundle_event event = OTTER_BUNDLE_MORE;

    otter_bundle_init(&reader, (uint32_t)file->size);
    while (event != OTTER_BUNDLE_END) {
        size_t taken;

        if (otter_bundle_read(&reader, file->bytes + reader.position, file->size - reader.position,
                              &taken, &event)
            != OTTER_OK) {
            *problem = reader.problem;
            return false;
        }
        if (event == OTTER_BUNDLE_FILE) {
            contents->bytes[reader.present] = file->bytes + reader.position;
            otter_bundle_skip(&reader);
        }
    }
    contents->manifest = reader.manifest;
    return true;
}

/* Names need no escapes: a manifest takes only plain ones.
 * @return bytes of the text; as many as there would be if there was room */
static size_t write_manifest(const struct otter_manifest *manifest, char *text, size_t size)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    size_t len;

    otter_version_format(&manifest->version, version);
    len = (size_t)snprintf(text, size,
                           "{\"numberOfComponents\":\"%u\",\"version\":\"%s\",\"files\":[\n"
                           "{\"fileName\":\"" OTTER_MANIFEST_NAME
                           "\",\"fileType\":\"component_list\"}",
                           manifest->file_count + 1u, version);
    for (uint8_t i = 0; i < manifest->file_count && len < size; i++) {
        const struct otter_manifest_file *file = &manifest->files[i];

        len += (size_t)snprintf(text + len, size - len,
                                ",\n{\"fileName\":\"%s\",\"fileType\":\"%s\",\"fileSize\":\"%u\"}",
                                file->name, otter_manifest_type(file->image), (unsigned)file->size);
    }
    if (len < size) {
        len += (size_t)snprintf(text + len, size - len, "]}\n");
    }
    return len;
}

static void append(struct file_bytes *bundle, const char *name, const void *bytes, uint32_t size)
{
    struct otter_tar_member member = { .size = size };
    uint8_t *place = bundle->bytes + bundle->size;

    (void)snprintf(member.name, sizeof member.name, "%s", name);
    otter_tar_encode(&member, place);
    memcpy(place + OTTER_TAR_BLOCK_SIZE, bytes, size);
    bundle->size += OTTER_TAR_BLOCK_SIZE + size + otter_tar_padding(size);
}

/* Headers, padding and the end, generously. */
static size_t room_for(const struct otter_manifest *manifest)
{
    size_t room = OTTER_MANIFEST_SIZE_MAX + 4 * (size_t)OTTER_TAR_BLOCK_SIZE;

    for (uint8_t i = 0; i < manifest->file_count; i++) {
        room += manifest->files[i].size + 2 * (size_t)OTTER_TAR_BLOCK_SIZE;
    }
    return room;
}

bool bundle_file_make(const struct bundle_contents *contents, struct file_bytes *bundle)
{
    const struct otter_manifest *manifest = &contents->manifest;
    char text[OTTER_MANIFEST_SIZE_MAX + 1];
    const size_t len = write_manifest(manifest, text, sizeof text);

    *bundle = (struct file_bytes){ 0 };
    if (len >= sizeof text) {
        return false;
    }
    bundle->bytes = calloc(1, room_for(manifest));
    if (bundle->bytes == NULL) {
        abort();
    }
    append(bundle, OTTER_MANIFEST_NAME, text, (uint32_t)len);
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        append(bundle, manifest->files[i].name, contents->bytes[i], manifest->files[i].size);
    }
    bundle->size += 2 * (size_t)OTTER_TAR_BLOCK_SIZE;
    return true;
}
