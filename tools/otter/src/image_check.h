/* SPDX-License-Identifier: Apache-2.0 */

/** Asks the device's own library whether it would start an image and, if not, finds out what it
 * found and what it expected at the first check that failed (docs/formats/reasons.md). */
#ifndef OTTER_TOOL_IMAGE_CHECK_H
#define OTTER_TOOL_IMAGE_CHECK_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys.h"
#include "layout_file.h"
#include "otter/image.h"
#include "otter/layout.h"

#define IMAGE_KEYS_MAX      64
#define IMAGE_ADDRESSES_MAX 16
#define IMAGE_FACTS_MAX     (IMAGE_KEYS_MAX + 4)

/** What the device trusts, loaded from files. */
struct image_trust {
    struct key keys[IMAGE_KEYS_MAX];
    const char *key_names[IMAGE_KEYS_MAX]; /* the files */
    uint8_t key_count;
    const struct otter_layout *layout;       /**< NULL: any */
    uint32_t addresses[IMAGE_ADDRESSES_MAX]; /**< where programs run; none: not asked */
    uint8_t address_count;
    uint8_t *decryption_der; /* NULL: encrypted images cannot be looked into */
    struct otter_private_key decryption_key;
};

/** One fact about a check that failed. */
struct image_fact {
    char name[14]; /**< "expected", "found" ... */
    char text[160];
};

struct image_answer {
    enum otter_result result; /**< OTTER_OK: it would start */
    bool is_image;            /**< `image` is set */
    struct otter_image image; /* borrows the area */
    struct image_fact facts[IMAGE_FACTS_MAX];
    size_t fact_count;
    const char *next; /**< what to do about it: a whole sentence */
};

/** Load keys, one file each. @return false after telling the user why; image_trust_free() it anyway */
bool image_trust_load(struct image_trust *trust, const char *const *paths, int count,
                      const char *passphrase_file);

/** Load the key that images are encrypted to. @param path  NULL: there is none. The same rules */
bool image_trust_load_decryption_key(struct image_trust *trust, const char *path,
                                     const char *passphrase_file);

/** Take only what was made for the layout, and what would run where it was linked for. */
void image_trust_use_layout(struct image_trust *trust, const struct layout_file *file);

void image_trust_free(struct image_trust *trust);

/** Check the image at the start of @p area.
 *
 *  @param limit  bytes that it may use at most; UINT32_MAX: as many as the area has, because nothing
 *                but the end of a file limits it */
void image_check(const struct otter_area *area, uint32_t limit, const struct image_trust *trust,
                 struct image_answer *answer);

/** The digest that an image should carry. */
bool image_check_digest(const struct otter_image *image, uint8_t digest[OTTER_SHA256_SIZE]);

/** Print an answer that is no as a whole message. @param name  what to call the image */
void image_check_complain(const char *name, const struct image_answer *answer);

/** Add "result", "meaning", "facts" and "next" to @p object. */
void image_check_json(cJSON *object, const struct image_answer *answer);

/** "encrypted (AES-128), not bootable", or "none". */
#define IMAGE_FLAGS_TEXT_SIZE 256
const char *image_flags_text(uint32_t flags, char text[IMAGE_FLAGS_TEXT_SIZE]);

#endif
