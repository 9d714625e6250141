/* SPDX-License-Identifier: Apache-2.0 */

/** Bundles for the agent: archives with an image for each of several slots, installed together
 * (docs/formats/bundle.md). A program that does not name otter_agent_bundle_ops does not link them.
 *
 * Nothing of an archive is stored but its images, each in its slot. They are verified when the last
 * one is there, and requested one after the other, that of image 0 last. What makes an installation
 * all or none is that the images name each other as dependencies (docs/formats/several-images.md).
 *
 * An archive is known by its first byte, whatever the job says. */
#ifndef OTTER_AGENT_BUNDLE_H
#define OTTER_AGENT_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/bundle.h"
#include "otter/crypto.h"
#include "otter/flash.h"
#include "otter/slotwriter.h"

struct otter_agent_bundle_ops;

extern const struct otter_agent_bundle_ops otter_agent_bundle_ops;

/** The slots of an image. */
struct otter_agent_slots {
    struct otter_area primary;
    struct otter_area secondary;
    uint32_t max_image_size; /**< bytes; what the bootloader can install from the slot */
};

/** A bundle that is being fetched. Allocate it anywhere; the fields are the agent's. */
struct otter_agent_bundle {
    struct otter_bundle reader;
    struct otter_slotwriter writer; /* of the file that is being written */
    bool is_writing;                /* a file has begun, and is not complete */
    /* Files that end before this byte of the archive are in their slots, and what one that does not
     * has before it: true of the archive whose manifest has this checksum. */
    uint32_t known;
    uint32_t known_crc;
    struct otter_sha256 sha; /* over the archive up to the file that is being written */
};

/** What `bundles` of the agent's configuration points to. Borrowed, as all that it points to. */
struct otter_agent_bundles {
    const struct otter_agent_bundle_ops *ops; /**< &otter_agent_bundle_ops */
    struct otter_agent_bundle *state;
    const struct otter_agent_slots *others; /**< those of image 1, 2 ...; image 0 has the agent's */
    uint8_t other_count;
};

#endif
