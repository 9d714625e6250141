/* SPDX-License-Identifier: Apache-2.0 */

/* The programs of a story: signed images, made once for all of its cuts. */
#ifndef OTTER_POWERCUT_PROGRAMS_H
#define OTTER_POWERCUT_PROGRAMS_H

#include "device.h"

struct programs {
    uint8_t *bytes[PROGRAMS];  /**< as they run */
    uint8_t *staged[PROGRAMS]; /**< as they come: encrypted, if they are to be */
    uint32_t size[PROGRAMS];
    struct otter_test_signer vendor;     /**< the one that the device trusts */
    struct otter_test_signer stranger;   /**< who signs what is forged */
    struct otter_public_key everyone[2]; /**< the keys of both */
};

/** The largest image of a story; 0 if its layout does not fit its strategy. */
uint32_t programs_largest(const struct story *story);

/** Those of @p story; the ones of another story are gone. */
const struct programs *programs_of(const struct story *story);

#endif
