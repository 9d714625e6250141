/* SPDX-License-Identifier: Apache-2.0 */

/* Bootloaders that are broken on purpose: one kind of write is missing, or comes later than another;
 * or they trust whom they should not.
 * A harness that finds nothing wrong with them would find nothing at all. */
#ifndef OTTER_POWERCUT_MUTATION_H
#define OTTER_POWERCUT_MUTATION_H

#include "device.h"

/** What a write or an erase is about. */
enum target {
    TARGET_IMAGE, /**< anything below the trailer */
    TARGET_STATUS,
    TARGET_SWAP_SIZE,
    TARGET_SWAP_INFO,
    TARGET_COPY_DONE,
    TARGET_IMAGE_OK,
    TARGET_MAGIC,
    TARGET_TAIL,  /**< an erase of a sector that holds bytes of the trailer */
    TARGET_NOTES, /**< anything in the status area */
    TARGET_BEGUN, /**< the record that a restore has begun */
    TARGET_SETTLED,
    TARGET_RECORD, /**< an erase for either */
    TARGETS,
};

/** What is wrong with it. */
enum deviation {
    MISSING, /**< it does not happen */
    LATE,    /**< it happens after the operation that should follow it */
    DEVIATIONS,
    TRUSTING = DEVIATIONS, /**< no write is wrong; what a stranger has signed is welcome */
};

/** One kind of operation of the bootloader, and what is wrong with it. */
struct mutation {
    enum otter_area_role role;
    enum target target;
    enum otter_sim_operation_kind kind;
    enum deviation deviation;
    bool of_restore; /**< only what going back to the golden image does */
};

const char *mutation_text(const struct mutation *mutation, char *text, size_t size);

/** A bootloader in the middle of a boot that is broken in this way. */
struct mutant {
    const struct mutation *mutation; /**< NULL: nothing is wrong with it */
    uint64_t hits;                   /**< so often it made a difference */
    struct otter_sim_flash *flash;   /* of the operation that is late; NULL: none is */
    struct otter_sim_operation late;
    uint8_t *bytes; /* what is to be programmed then */
    bool is_due;
};

/** The device has been opened, and gets this bootloader. */
void mutant_enter(struct mutant *mutant, struct device *device);

/** The device is about to do an operation.
 *
 *  @return true if it happens now */
bool mutant_lets(struct mutant *mutant, const struct device *device, struct otter_sim_flash *flash,
                 const struct otter_sim_operation *operation, const uint8_t *src);

/** Do what is late; for the end of a boot. */
void mutant_catch_up(struct mutant *mutant);

/** Forget what is late, as a loss of power does. */
void mutant_forget(struct mutant *mutant);

#endif
