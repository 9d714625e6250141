/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as an archive. Whole or in small pieces, the reader comes to the same end; the files
 * that it finds lie inside, apart from each other, and are those of a manifest. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "otter/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_manifest(const struct otter_manifest *manifest)
{
    demand(manifest->file_count > 0 && manifest->file_count <= OTTER_BUNDLE_FILES_MAX);
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        const struct otter_manifest_file *file = &manifest->files[i];

        demand(memchr(file->name, '\0', sizeof file->name) != NULL && file->name[0] != '\0');
        demand(strchr(file->name, '/') == NULL && file->size > 0);
        demand(otter_manifest_type(file->image) != NULL);
    }
}

static void check_file(const struct otter_bundle *bundle)
{
    const uint32_t size = bundle->manifest.files[bundle->present].size;

    demand(bundle->present < bundle->manifest.file_count);
    demand(bundle->position <= bundle->total && size <= bundle->total - bundle->position);
}

/* @return OTTER_OK: it is a bundle; OTTER_ERR_BUNDLE */
static enum otter_result read_archive(struct otter_bundle *bundle, const uint8_t *data, size_t size,
                                      size_t piece)
{
    otter_bundle_init(bundle, (uint32_t)size);
    for (;;) {
        const size_t left = size - bundle->position;
        size_t taken;
        enum otter_bundle_event event;
        const enum otter_result result = otter_bundle_read(
            bundle, data + bundle->position, left < piece ? left : piece, &taken, &event);

        demand(bundle->position <= size);
        if (result != OTTER_OK) {
            demand(result == OTTER_ERR_BUNDLE && bundle->problem[0] != '\0');
            return result;
        }
        if (event == OTTER_BUNDLE_END) {
            demand(bundle->position == size);
            return OTTER_OK;
        }
        if (event == OTTER_BUNDLE_MANIFEST) {
            check_manifest(&bundle->manifest);
        } else if (event == OTTER_BUNDLE_FILE) {
            check_file(bundle);
            otter_bundle_skip(bundle);
        }
        /* It never waits for bytes that the archive does not have. */
        demand(event != OTTER_BUNDLE_MORE || otter_bundle_wanted(bundle) > 0);
    }
}

static void check_archive(const uint8_t *data, size_t size)
{
    static struct otter_bundle whole;
    static struct otter_bundle pieces;
    const size_t piece = 1 + size % 509;

    demand(read_archive(&whole, data, size, size) == read_archive(&pieces, data, size, piece));
    demand(whole.seen == pieces.seen && whole.manifest_crc == pieces.manifest_crc);
}

/* Make the checksum of a header right, or no changed header would ever come any further. */
static void sign(uint8_t *header)
{
    unsigned sum = 0;

    memset(header + 148, ' ', 8);
    for (unsigned i = 0; i < OTTER_TAR_BLOCK_SIZE; i++) {
        sum += header[i];
    }
    for (unsigned i = 6; i > 0; i--) {
        header[148 + i - 1] = (uint8_t)('0' + sum % 8);
        sum /= 8;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[16384];

    check_archive(data, size);
    if (size > sizeof copy) {
        return 0;
    }
    memcpy(copy, data, size);
    for (size_t at = 0; size - at >= OTTER_TAR_BLOCK_SIZE; at += OTTER_TAR_BLOCK_SIZE) {
        if (memcmp(copy + at + 257, "ustar", 5) == 0) {
            sign(copy + at);
        }
    }
    check_archive(copy, size);
    return 0;
}
