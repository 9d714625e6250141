/* SPDX-License-Identifier: Apache-2.0 */

/* The digest of an image: SHA-256 over header, program and protected TLVs, the program in plain.
 * Mapped flash is hashed where it lies; everything else, and what has to be decrypted for it, is
 * streamed through the caller's buffer. */

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

static enum otter_result hash_streamed(const struct otter_image *image,
                                       const struct otter_crypto *crypto, struct otter_sha256 *sha,
                                       uint8_t *buffer, size_t buffer_size)
{
    uint32_t done = 0;

    while (done < image->hashed_size) {
        const uint32_t left = image->hashed_size - done;
        const size_t step = left < buffer_size ? left : buffer_size;
        enum otter_result result = read_plain(image, done, buffer, step);

        if (result == OTTER_OK) {
            result = crypto->sha256_update(sha, buffer, step);
        }
        if (result != OTTER_OK) {
            return result;
        }
        done += (uint32_t)step;
    }
    return OTTER_OK;
}

static enum otter_result hash_image(const struct otter_image *image,
                                    const struct otter_crypto *crypto, struct otter_sha256 *sha,
                                    uint8_t *buffer, size_t buffer_size)
{
    const void *mapped = NULL;

    if (image->cipher == NULL) {
        mapped = otter_area_map(image->area, image->start, image->hashed_size);
    }
    if (mapped != NULL) {
        return crypto->sha256_update(sha, mapped, image->hashed_size);
    }
    return hash_streamed(image, crypto, sha, buffer, buffer_size);
}

enum otter_result otter_image_digest(const struct otter_image *image,
                                     const struct otter_crypto *crypto, uint8_t *buffer,
                                     size_t buffer_size, uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;
    enum otter_result result = crypto->sha256_start(&sha);
    enum otter_result finished;

    if (result != OTTER_OK) {
        return result;
    }
    result = hash_image(image, crypto, &sha, buffer, buffer_size);
    /* Finished even after an error: a port may hold a hardware block until then. */
    finished = crypto->sha256_finish(&sha, digest);
    return result != OTTER_OK ? result : finished;
}
