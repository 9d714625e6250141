/* SPDX-License-Identifier: Apache-2.0 */

/* The programs of a story: signed images, made once for all of its cuts. */
#ifndef OTTER_POWERCUT_PROGRAMS_H
#define OTTER_POWERCUT_PROGRAMS_H

#include "device.h"

/** One image of a program. */
struct program_image {
    uint8_t *bytes;  /**< as it runs */
    uint8_t *staged; /**< as it comes: encrypted, if it is to be */
    uint32_t size;
};

/** In a set, the images of one program depend on each other: they are released together. */
struct programs {
    struct program_image images[PROGRAMS][OTTER_BOOT_IMAGES_MAX];
    struct otter_test_signer vendor;     /**< the one that the device trusts */
    struct otter_test_signer stranger;   /**< who signs what is forged */
    struct otter_public_key everyone[2]; /**< the keys of both */
};

/** The largest image of a story; 0 if its layout does not fit its strategy. */
uint32_t programs_largest(const struct story *story);

/** Those of @p story; the ones of another story are gone. */
const struct programs *programs_of(const struct story *story);

#endif
