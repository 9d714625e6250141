/* SPDX-License-Identifier: Apache-2.0 */

/** The reader of bundles: tar archives with a manifest and several images, as a stream
 * (docs/formats/bundle.md).
 *
 * It takes an archive in pieces of any size and stores nothing of it but one header, or the
 * manifest. The bytes of files never pass through it: it says where a file begins, and the caller,
 * who puts them into a slot, says when they are through. So an archive can be walked through again
 * after a restart without its files: that is how a download is gone on with.
 *
 * Order: the manifest is the first file, then come exactly the files that it names, in any order,
 * each with the size that it states; then zeros up to the end. */
#ifndef OTTER_BUNDLE_H
#define OTTER_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/manifest.h"
#include "otter/result.h"

/** What otter_bundle_read() came to. */
enum otter_bundle_event {
    OTTER_BUNDLE_MORE,     /**< all bytes are used up, and more are needed */
    OTTER_BUNDLE_MANIFEST, /**< `manifest` is known now */
    OTTER_BUNDLE_FILE,     /**< the bytes of file `present` begin here; otter_bundle_skip() them */
    OTTER_BUNDLE_END,      /**< the archive is complete and all its files were there */
};

/** What the reader is in the middle of. */
enum otter_bundle_part {
    OTTER_BUNDLE_IN_HEADER,
    OTTER_BUNDLE_IN_START, /**< before files that come without an archive */
    OTTER_BUNDLE_IN_LIST,  /**< between two files that have nothing between them */
    OTTER_BUNDLE_IN_MANIFEST,
    OTTER_BUNDLE_IN_REMARK,
    OTTER_BUNDLE_IN_FILE,
    OTTER_BUNDLE_IN_PADDING,
    OTTER_BUNDLE_IN_TAIL, /**< the zeros behind the last member */
    OTTER_BUNDLE_PARTS,
};

/** A reader. The fields are its own, and may be read. */
struct otter_bundle {
    uint32_t total;    /* bytes of the archive */
    uint32_t position; /* the next byte that is wanted */
    enum otter_bundle_part part;
    uint32_t left;    /* bytes of this part that are still to come */
    uint32_t padding; /* bytes of zeros behind it */
    uint32_t gathered;
    uint8_t bytes[OTTER_MANIFEST_SIZE_MAX]; /* a header, or the manifest */
    struct otter_manifest manifest;         /* file_count 0: it did not come yet */
    uint32_t manifest_crc;                  /* CRC-32 of its text */
    uint8_t present;                        /* the file that began last: index into the manifest */
    uint8_t seen;                           /* a bit for each file that began */
    bool is_listed;                         /* there is no archive around the files */
    const char *problem;                    /* after an error: what is wrong, for people */
};

/** Begin to read an archive of @p total bytes. */
void otter_bundle_init(struct otter_bundle *bundle, uint32_t total);

/** Begin to read files that come without an archive around them, one behind the other in the order of
 * @p manifest, which somebody else knows; it is copied. Events come as if there were an archive; no byte
 * but those of the files is taken. */
void otter_bundle_init_listed(struct otter_bundle *bundle, const struct otter_manifest *manifest);

/** Take the bytes at `position`.
 *
 *  @param taken  set to how many of them were used; the others belong to what comes next
 *  @return OTTER_OK          see @p event
 *          OTTER_ERR_BUNDLE  see `problem`; only otter_bundle_init() helps now */
enum otter_result otter_bundle_read(struct otter_bundle *bundle, const uint8_t *bytes, size_t len,
                                    size_t *taken, enum otter_bundle_event *event);

/** The bytes of the present file are through: go on behind them. */
void otter_bundle_skip(struct otter_bundle *bundle);

/** How many bytes it certainly needs, from `position` on, before the next file can begin. */
uint32_t otter_bundle_wanted(const struct otter_bundle *bundle);

#endif
