/* SPDX-License-Identifier: Apache-2.0 */

/* What a document does not say, the file does: an image its version and, if it is one of ours, its
 * board; a bundle its version in the manifest and its board in image 0. */

#include "lone_job.h"

#include <stdint.h>
#include <unistd.h>

#include "bundle_file.h"
#include "image_file.h"
#include "job_file.h"
#include "memory_flash.h"

/* What a file says of itself. */
struct facts {
    struct otter_version version;
    char board[UINT8_MAX]; /* "": it does not say */
};

static bool read_image(uint8_t *bytes, size_t size, struct facts *facts)
{
    struct memory_flash memory;
    struct otter_area area;
    struct otter_image image;

    if (size == 0) {
        return false;
    }
    area = memory_flash_over_file(&memory, bytes, size);
    if (otter_image_open(&area, 0, area.size, &image) != OTTER_OK) {
        return false;
    }
    facts->version = image.header.version;
    if (image_text(&image, OTTER_TLV_BOARD, facts->board, sizeof facts->board) == NULL) {
        facts->board[0] = '\0';
    }
    return true;
}

static bool read_bundle(const struct file_bytes *file, struct facts *facts)
{
    struct bundle_contents contents;
    const char *problem;

    if (!bundle_file_read(file, &contents, &problem)) {
        return false;
    }
    for (uint8_t i = 0; i < contents.manifest.file_count; i++) {
        const struct otter_manifest_file *member = &contents.manifest.files[i];

        if (member->image == 0 && !read_image(contents.bytes[i], member->size, facts)) {
            return false;
        }
    }
    facts->version = contents.manifest.version;
    return true;
}

static bool read_facts(const char *path, struct facts *facts)
{
    struct file_bytes file;
    bool are_known;

    if (access(path, R_OK) != 0 || !file_load(path, &file)) {
        return false; /* it may come back */
    }
    are_known = bundle_file_is_archive(&file) ? read_bundle(&file, facts)
                                              : read_image(file.bytes, file.size, facts);
    file_free(&file);
    return are_known;
}

static void set_text(cJSON *job, const char *key, const char *text)
{
    cJSON_DeleteItemFromObject(job, key);
    (void)cJSON_AddStringToObject(job, key, text);
}

static void set_missing(cJSON *job, const char *key, const char *text)
{
    if (!cJSON_HasObjectItem(job, key)) {
        set_text(job, key, text);
    }
}

const char *lone_job_complete(cJSON *job, const char *path, const char *board)
{
    struct facts facts = { 0 };
    char version[OTTER_VERSION_TEXT_SIZE];

    set_text(job, "File", last_part(path));
    set_missing(job, "Connection", "MQTT");
    if (board != NULL) {
        set_text(job, "Board", board);
    }
    if (cJSON_HasObjectItem(job, "Version") && cJSON_HasObjectItem(job, "Board")) {
        return NULL;
    }
    if (!read_facts(path, &facts)) {
        return cJSON_HasObjectItem(job, "Version") ? "nothing says for which board it is"
                                                   : "it is neither an image nor a bundle";
    }
    otter_version_format(&facts.version, version);
    set_missing(job, "Version", version);
    if (facts.board[0] != '\0') {
        set_missing(job, "Board", facts.board);
    }
    return cJSON_HasObjectItem(job, "Board") ? NULL : "it does not say for which board it is";
}
