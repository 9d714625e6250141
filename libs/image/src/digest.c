/* SPDX-License-Identifier: Apache-2.0 */

/* The digest of an image: SHA-256 over header, program and protected TLVs, the program in plain.
 * Mapped flash is hashed where it lies; everything else, and what has to be decrypted for it, is
 * streamed through the caller's buffer. A large image takes a slow part seconds, so the watchdog is fed
 * on the way. */

#include "otter/image.h"

static enum otter_result read_plain(const struct otter_image *image, uint32_t offset,
                                    uint8_t *bytes, size_t len)
{
    const enum otter_result result =
        otter_area_read(image->area, image->start + offset, bytes, len);

    if (result != OTTER_OK || image->cipher == NULL) {
        return result;
    }
    return otter_image_crypt(image->cipher, offset, bytes, len);
}

/* One workspace full, wherever it lies. */
static enum otter_result hash_piece(const struct otter_image *image, uint32_t offset, size_t len,
                                    const struct otter_crypto *crypto, struct otter_sha256 *sha,
                                    uint8_t *buffer)
{
    const void *bytes =
        image->cipher == NULL ? otter_area_map(image->area, image->start + offset, len) : NULL;
    enum otter_result result = OTTER_OK;

    if (bytes == NULL) {
        result = read_plain(image, offset, buffer, len);
        bytes = buffer;
    }
    return result == OTTER_OK ? crypto->sha256_update(sha, bytes, len) : result;
}

static enum otter_result hash_image(const struct otter_image *image,
                                    const struct otter_crypto *crypto, struct otter_sha256 *sha,
                                    const struct otter_workspace *work)
{
    enum otter_result result = OTTER_OK;
    uint32_t done = 0;

    while (result == OTTER_OK && done < image->hashed_size) {
        const uint32_t left = image->hashed_size - done;
        const size_t len = left < work->size ? left : work->size;

        result = hash_piece(image, done, len, crypto, sha, work->buffer);
        if (work->feed_watchdog != NULL) {
            work->feed_watchdog(work->context);
        }
        done += (uint32_t)len;
    }
    return result;
}

enum otter_result otter_image_digest(const struct otter_image *image,
                                     const struct otter_crypto *crypto,
                                     const struct otter_workspace *work,
                                     uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;
    enum otter_result result = crypto->sha256_start(&sha);
    enum otter_result finished;

    if (result != OTTER_OK) {
        return result;
    }
    result = hash_image(image, crypto, &sha, work);
    /* Finished even after an error: a port may hold a hardware block until then. */
    finished = crypto->sha256_finish(&sha, digest);
    return result != OTTER_OK ? result : finished;
}
