/* SPDX-License-Identifier: Apache-2.0 */

/* The bundle reader: an archive is a row of parts, each of a length that is known when it begins.
 * The table says what is done with the bytes of a part and what follows its last one. */

#include "otter/bundle.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"

/* Remarks are a few hundred bytes; they are fetched again after each restart. */
#define REMARK_SIZE_MAX 8192u

static const char cut_short[] = "the archive is cut short";

struct part {
    /* Use bytes of the part. @return OTTER_OK, OTTER_ERR_BUNDLE */
    enum otter_result (*take)(struct otter_bundle *bundle, const uint8_t *bytes, size_t len);
    /* All of it was there. @return OTTER_OK, OTTER_ERR_BUNDLE */
    enum otter_result (*end)(struct otter_bundle *bundle, enum otter_bundle_event *event);
};

static enum otter_result refuse(struct otter_bundle *bundle, const char *problem)
{
    bundle->problem = problem;
    return OTTER_ERR_BUNDLE;
}

static enum otter_result begin(struct otter_bundle *bundle, enum otter_bundle_part part,
                               uint32_t size)
{
    if (size > bundle->total - bundle->position) {
        return refuse(bundle, cut_short);
    }
    bundle->part = part;
    bundle->left = size;
    bundle->padding = 0;
    bundle->gathered = 0;
    return OTTER_OK;
}

/* A part that is followed by padding. */
static enum otter_result begin_member(struct otter_bundle *bundle, enum otter_bundle_part part,
                                      uint32_t size)
{
    const enum otter_result result = begin(bundle, part, size);

    bundle->padding = otter_tar_padding(size);
    if (result == OTTER_OK && bundle->padding > bundle->total - bundle->position - size) {
        return refuse(bundle, cut_short);
    }
    return result;
}

/* What is done with bytes -------------------------------------------------------------------- */

static enum otter_result gather(struct otter_bundle *bundle, const uint8_t *bytes, size_t len)
{
    memcpy(bundle->bytes + bundle->gathered, bytes, len);
    bundle->gathered += (uint32_t)len;
    return OTTER_OK;
}

static enum otter_result pass_over(struct otter_bundle *bundle, const uint8_t *bytes, size_t len)
{
    (void)bundle;
    (void)bytes;
    (void)len;
    return OTTER_OK;
}

/* Zeros, as tar writes them: so the digest of an archive can be made without fetching them again. */
static enum otter_result expect_zeros(struct otter_bundle *bundle, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return refuse(bundle, "there is something between or behind its files");
        }
    }
    return OTTER_OK;
}

/* What a header may announce ----------------------------------------------------------------- */

static enum otter_result begin_manifest(struct otter_bundle *bundle,
                                        const struct otter_tar_member *member)
{
    if (strcmp(member->name, OTTER_MANIFEST_NAME) != 0) {
        return refuse(bundle, "its first file is not " OTTER_MANIFEST_NAME);
    }
    if (member->size > OTTER_MANIFEST_SIZE_MAX) {
        return refuse(bundle, OTTER_MANIFEST_NAME " is too long");
    }
    return begin_member(bundle, OTTER_BUNDLE_IN_MANIFEST, member->size);
}

/* @return the index of the file in the manifest, or file_count */
static uint8_t find_file(const struct otter_manifest *manifest, const char *name)
{
    uint8_t index = 0;

    while (index < manifest->file_count && strcmp(manifest->files[index].name, name) != 0) {
        index++;
    }
    return index;
}

static enum otter_result begin_file(struct otter_bundle *bundle,
                                    const struct otter_tar_member *member)
{
    const uint8_t index = find_file(&bundle->manifest, member->name);
    const uint8_t bit = (uint8_t)(1u << index);

    if (bundle->manifest.file_count == 0) {
        return begin_manifest(bundle, member);
    }
    if (index == bundle->manifest.file_count) {
        return refuse(bundle, "it has a file that its manifest does not name");
    }
    if ((bundle->seen & bit) != 0) {
        return refuse(bundle, "it has a file twice");
    }
    if (member->size != bundle->manifest.files[index].size) {
        return refuse(bundle, "a file has another size than its manifest says");
    }
    bundle->seen |= bit;
    bundle->present = index;
    return begin_member(bundle, OTTER_BUNDLE_IN_FILE, member->size);
}

static enum otter_result begin_remark(struct otter_bundle *bundle,
                                      const struct otter_tar_member *member)
{
    if (member->size > REMARK_SIZE_MAX) {
        return refuse(bundle, "it has a remark that is too long");
    }
    return begin_member(bundle, OTTER_BUNDLE_IN_REMARK, member->size);
}

/* Two blocks of zeros end an archive, and this was one. What follows fills the last record. */
static enum otter_result begin_tail(struct otter_bundle *bundle,
                                    const struct otter_tar_member *member)
{
    const uint32_t rest = bundle->total - bundle->position;

    (void)member;
    if (bundle->manifest.file_count == 0
        || bundle->seen != (1u << bundle->manifest.file_count) - 1) {
        return refuse(bundle, "a file is missing");
    }
    if (rest < OTTER_TAR_BLOCK_SIZE) {
        return refuse(bundle, cut_short);
    }
    return begin(bundle, OTTER_BUNDLE_IN_TAIL, rest);
}

/* What follows a part ------------------------------------------------------------------------ */

static enum otter_result end_header(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    static enum otter_result (*const begins[])(struct otter_bundle *,
                                               const struct otter_tar_member *) = {
        [OTTER_TAR_FILE] = begin_file,
        [OTTER_TAR_REMARK] = begin_remark,
        [OTTER_TAR_END] = begin_tail,
    };
    struct otter_tar_member member;
    const enum otter_result result = otter_tar_parse(bundle->bytes, &member, &bundle->problem);

    (void)event;
    return result == OTTER_OK ? begins[member.kind](bundle, &member) : result;
}

static enum otter_result begin_padding(struct otter_bundle *bundle)
{
    return begin(bundle, OTTER_BUNDLE_IN_PADDING, bundle->padding);
}

static enum otter_result end_manifest(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    const enum otter_result result = otter_manifest_parse(
        (const char *)bundle->bytes, bundle->gathered, &bundle->manifest, &bundle->problem);

    if (result != OTTER_OK) {
        return result;
    }
    bundle->manifest_crc = otter_crc32(0, bundle->bytes, bundle->gathered);
    *event = OTTER_BUNDLE_MANIFEST;
    return begin_padding(bundle);
}

static enum otter_result end_remark(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    (void)event;
    return begin_padding(bundle);
}

static enum otter_result end_padding(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    (void)event;
    return begin(bundle, OTTER_BUNDLE_IN_HEADER, OTTER_TAR_BLOCK_SIZE);
}

static enum otter_result end_tail(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    (void)bundle;
    *event = OTTER_BUNDLE_END;
    return OTTER_OK;
}

/* Without an archive there is nothing to read: what an archive would say was known before. */
static enum otter_result end_start(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    *event = OTTER_BUNDLE_MANIFEST;
    return begin(bundle, OTTER_BUNDLE_IN_LIST, 0);
}

static enum otter_result end_list(struct otter_bundle *bundle, enum otter_bundle_event *event)
{
    if (bundle->position == bundle->total) {
        *event = OTTER_BUNDLE_END;
        return OTTER_OK;
    }
    bundle->present = bundle->seen == 0 ? 0 : (uint8_t)(bundle->present + 1u);
    bundle->seen |= (uint8_t)(1u << bundle->present);
    return begin(bundle, OTTER_BUNDLE_IN_FILE, bundle->manifest.files[bundle->present].size);
}

static const struct part parts[OTTER_BUNDLE_PARTS] = {
    [OTTER_BUNDLE_IN_HEADER] = { gather, end_header },
    [OTTER_BUNDLE_IN_START] = { pass_over, end_start },
    [OTTER_BUNDLE_IN_LIST] = { pass_over, end_list },
    [OTTER_BUNDLE_IN_MANIFEST] = { gather, end_manifest },
    [OTTER_BUNDLE_IN_REMARK] = { pass_over, end_remark },
    [OTTER_BUNDLE_IN_PADDING] = { expect_zeros, end_padding },
    [OTTER_BUNDLE_IN_TAIL] = { expect_zeros, end_tail },
};

/* What a caller asks ------------------------------------------------------------------------- */

/* An archive that begins with no padding begins like one behind some: with a header, if it fits. */
void otter_bundle_init(struct otter_bundle *bundle, uint32_t total)
{
    *bundle = (struct otter_bundle){
        .total = total,
        .part = OTTER_BUNDLE_IN_PADDING,
        .problem = "",
    };
}

static uint32_t checksum(const struct otter_manifest *manifest)
{
    uint32_t crc = 0;

    for (uint8_t i = 0; i < manifest->file_count; i++) {
        uint8_t file[5];

        otter_store_le32(file, manifest->files[i].size);
        file[4] = manifest->files[i].image;
        crc = otter_crc32(crc, file, sizeof file);
    }
    return crc;
}

void otter_bundle_init_listed(struct otter_bundle *bundle, const struct otter_manifest *manifest)
{
    otter_bundle_init(bundle, 0);
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        bundle->total += manifest->files[i].size;
    }
    bundle->part = OTTER_BUNDLE_IN_START;
    bundle->is_listed = true;
    bundle->manifest = *manifest;
    bundle->manifest_crc = checksum(manifest);
}

enum otter_result otter_bundle_read(struct otter_bundle *bundle, const uint8_t *bytes, size_t len,
                                    size_t *taken, enum otter_bundle_event *event)
{
    enum otter_result result = OTTER_OK;

    *taken = 0;
    *event = OTTER_BUNDLE_MORE;
    while (result == OTTER_OK && *event == OTTER_BUNDLE_MORE) {
        const size_t size = bundle->left < len - *taken ? bundle->left : len - *taken;

        if (bundle->part == OTTER_BUNDLE_IN_FILE) {
            *event = OTTER_BUNDLE_FILE;
            return OTTER_OK;
        }
        result = parts[bundle->part].take(bundle, bytes + *taken, size);
        *taken += size;
        bundle->position += (uint32_t)size;
        bundle->left -= (uint32_t)size;
        if (bundle->left > 0) {
            return result;
        }
        if (result == OTTER_OK) {
            result = parts[bundle->part].end(bundle, event);
        }
    }
    return result;
}

void otter_bundle_skip(struct otter_bundle *bundle)
{
    assert(bundle->part == OTTER_BUNDLE_IN_FILE);
    bundle->position += bundle->left;
    bundle->left = bundle->padding;
    bundle->padding = 0;
    bundle->part = bundle->is_listed ? OTTER_BUNDLE_IN_LIST : OTTER_BUNDLE_IN_PADDING;
}

uint32_t otter_bundle_wanted(const struct otter_bundle *bundle)
{
    const uint32_t rest = bundle->total - bundle->position;
    const bool is_last = bundle->part == OTTER_BUNDLE_IN_HEADER
                         || bundle->part == OTTER_BUNDLE_IN_FILE
                         || bundle->part == OTTER_BUNDLE_IN_TAIL;
    const uint32_t wanted = bundle->left + (is_last ? 0 : bundle->padding + OTTER_TAR_BLOCK_SIZE);

    return wanted < rest ? wanted : rest;
}
