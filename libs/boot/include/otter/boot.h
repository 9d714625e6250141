/* SPDX-License-Identifier: Apache-2.0 */

/** The bootloader: decides what a reset has to do, does it, and names the program to start.
 *
 * The firmware around it provides flash, crypto and a few hooks, calls otter_boot_go() once, and
 * jumps to what the outcome names. After a cut at any moment the next call picks up where the last
 * one stopped; there is always a whole program to start. */
#ifndef OTTER_BOOT_H
#define OTTER_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/bootstate.h"
#include "otter/flash.h"
#include "otter/image.h"
#include "otter/layout.h"
#include "otter/result.h"

/** How an update gets from the secondary into the primary slot. Each is one const table in one
 * file; a program links those that it names. */
struct otter_strategy;

/** Start the newest program where it lies, in either slot; no way back, as no image says whether it
 * works. */
extern const struct otter_strategy otter_direct_xip;
/** The same, but a program that was tried and not confirmed is not started again. */
extern const struct otter_strategy otter_direct_xip_revert;
/** Copy over the primary slot; no way back. */
extern const struct otter_strategy otter_overwrite;
/** Exchange the slots through a scratch area; a trial that is not confirmed is exchanged back. */
extern const struct otter_strategy otter_swap_scratch;
/** The same without a scratch area, for slots whose sectors all have one size: the primary's image makes
 * room by moving up one sector. */
extern const struct otter_strategy otter_swap_move;
/** Exchange the slots through one free sector, the staged image lying above it: least wear. */
extern const struct otter_strategy otter_swap_offset;
/** Swap with scratch that keeps its status in an area of its own: for slots whose sectors differ in size,
 * for large sectors, and for large write units. */
extern const struct otter_strategy otter_swap_status;

/** Each of them without the questions that `otter layout check` asks of a layout, and without their words:
 * for a bootloader whose build has asked them, and puts the answer into max_image_size of the
 * configuration. */
extern const struct otter_strategy otter_direct_xip_proven;
extern const struct otter_strategy otter_direct_xip_revert_proven;
extern const struct otter_strategy otter_overwrite_proven;
extern const struct otter_strategy otter_swap_scratch_proven;
extern const struct otter_strategy otter_swap_move_proven;
extern const struct otter_strategy otter_swap_offset_proven;
extern const struct otter_strategy otter_swap_status_proven;

/** Every strategy in this build, NULL-terminated; for hosts. A firmware names the one it wants. */
extern const struct otter_strategy *const otter_strategies[];

/** The one of that name among them, or NULL. */
const struct otter_strategy *otter_strategy_find(const char *name);

const char *otter_strategy_name(const struct otter_strategy *strategy);

/** What the bootloader tells while it works. */
enum otter_boot_event_kind {
    OTTER_BOOT_DECIDED,   /**< swap_type and because are set; sent once for each image */
    OTTER_BOOT_RESUMED,   /**< an interrupted operation goes on; swap_type is set */
    OTTER_BOOT_PROGRESS,  /**< done of total: pieces of a swap, bytes of a copy; swap_type is set */
    OTTER_BOOT_INSTALLED, /**< the operation is complete; version is the primary slot's now */
    OTTER_BOOT_REFUSED,   /**< the secondary's image is not installed; result and version say why */
    OTTER_BOOT_INVALID,   /**< the primary's image cannot be started; result says why */
    OTTER_BOOT_AWAITING,  /**< a person is asked to press the button (otter/boot_recovery.h) */
    OTTER_BOOT_RESTORING, /**< the golden image is about to be restored; because says why */
    OTTER_BOOT_RESTORED,  /**< it was, and verified; version is its */
    OTTER_BOOT_NO_GOLDEN, /**< it cannot be restored; result and version say why */
};

struct otter_boot_event {
    enum otter_boot_event_kind kind;
    uint8_t image;
    enum otter_swap_type swap_type;
    const char *because;
    enum otter_result result;
    struct otter_version version;
    uint32_t done;
    uint32_t total;
};

/** Called by the bootloader; none may be NULL, otter_boot_no_hooks has ones that do nothing. */
struct otter_boot_hooks {
    /** Between sectors that are erased, and buffers that are copied or hashed: the longest wait is for one
     * of them, or for one signature check. */
    void (*feed_watchdog)(void *context);
    void (*report)(void *context, const struct otter_boot_event *event);
};

extern const struct otter_boot_hooks otter_boot_no_hooks;

/** What it takes to install encrypted images; a program that does not name it does not link it. */
struct otter_boot_encryption;
extern const struct otter_boot_encryption otter_boot_encryption;

/** Which update is a step back and therefore refused; reverts are none. */
struct otter_downgrade_rule;
/** One with an older version than the primary's. */
extern const struct otter_downgrade_rule otter_no_older_version;
/** One with a lower security counter than the primary's, or with none if the primary has one. */
extern const struct otter_downgrade_rule otter_no_lower_counter;

/** What it takes to give a trial more than one attempt. */
struct otter_boot_attempts;
extern const struct otter_boot_attempts otter_boot_attempts;

/** Most images that one bootloader takes care of. */
#define OTTER_BOOT_IMAGES_MAX 4u
/** What it takes to update several images all or none (docs/formats/several-images.md). */
struct otter_boot_several;
extern const struct otter_boot_several otter_boot_several;

/** Everything the bootloader of a product is made of. Constant; nothing here is written. */
struct otter_boot_config {
    const struct otter_layout *layout;
    const struct otter_flash *const
        *devices; /**< in the layout's order; NULL where one is absent */
    const struct otter_strategy *strategy;
    /** Bytes of the largest image, header and TLVs included; only for a strategy of a proven layout. */
    uint32_t max_image_size;
    struct otter_trust trust;
    /** &otter_boot_encryption exactly if `trust` has a decryption key, else NULL. */
    const struct otter_boot_encryption *encryption;
    bool trust_primary; /**< start the primary without checking its hash and signature again, except
                             after an update: faster, and blind to damage (docs/SECURITY.md). Not
                             with direct-XIP, which has no other moment to check them */
    const struct otter_downgrade_rule *downgrade; /**< NULL: any authentic update is welcome */
    /** NULL: a trial that is not confirmed is reverted at the next boot, as in MCUboot. Otherwise
     * &otter_boot_attempts, and `trial_attempts` says how often it is started before. */
    const struct otter_boot_attempts *attempts;
    uint8_t trial_attempts;
    /** &otter_boot_several if the layout has more than one image; NULL: image 0 is all there is. */
    const struct otter_boot_several *several;
    const struct otter_boot_hooks *hooks;
    void *hooks_context;
    uint8_t *buffer;    /**< scratch for copies and hashes */
    size_t buffer_size; /**< bytes; a multiple of every device's write unit, at least 256 */
};

/** What to start and what happened on the way. */
struct otter_boot_outcome {
    struct otter_image image; /**< the program to start; its `area` is `slot` below */
    struct otter_area slot;   /**< where it lies: the primary, with direct-XIP either */
    /** OTTER_VERDICT_GOOD, or do not jump. Check it again right before the jump. */
    enum otter_verdict verdict;
    uint32_t vector_table;          /**< address of the program's first byte after the header */
    enum otter_swap_type swap_done; /**< NONE if this boot moved nothing; of several images, the
                                         first that it moved */
    uint8_t moved_images; /**< bit i: image i was moved; set only where there are several */
    enum otter_result
        refusal; /**< why a staged image was refused, or OTTER_OK; of several, the first */
    uint8_t refused_image;
    struct otter_version refused_version; /**< 0.0.0 if its header could not be read */
    bool restored; /**< this boot put the golden image into the primary slot */
    /** Of all images but the first, if there are several. */
    struct otter_version other_versions[OTTER_BOOT_IMAGES_MAX - 1u];
};

/** Decide, act, and find the program to start. Of several images that is the first; the verdict is on
 * all of them.
 *
 *  @return OTTER_OK             start outcome->image
 *          OTTER_ERR_ARGUMENT   the configuration cannot work with this layout
 *          OTTER_ERR_FLASH      the primary's device failed; or there is nothing bootable, and the
 *                               secondary's device, or that of a move that was begun, does not answer:
 *                               once it does, the next boot goes on
 *          OTTER_ERR_DEPENDENCY each image is good, but one needs another version of another
 *          any OTTER_ERR_IMAGE_*, OTTER_ERR_EMPTY_SLOT   nothing bootable, and why */
enum otter_result otter_boot_go(const struct otter_boot_config *config,
                                struct otter_boot_outcome *outcome);

/** A move that an earlier boot has left. */
struct otter_boot_unfinished {
    enum otter_swap_type type; /**< NONE: there is none */
    bool is_begun;             /**< false: a revert that was announced, and nothing else */
};

/** Look at the flash of a device that does not run: what would the next boot go on with? Nothing is written.
 *
 *  @param config  whom to trust does not matter
 *  @return OTTER_OK; as otter_boot_go() if the configuration cannot work, or the primary be read */
enum otter_result otter_boot_find_unfinished(const struct otter_boot_config *config, uint8_t image,
                                             struct otter_boot_unfinished *unfinished);

/** One line for people about an event, written without printf.
 *
 *  @return @p text, terminated */
const char *otter_boot_event_text(const struct otter_boot_event *event, char *text, size_t size);

/** The largest image, header and TLVs included, that @p strategy can install with @p layout.
 *
 *  @param because  set to the reason if the answer is 0 ("no scratch area" ...); may be NULL
 *  @return bytes; 0 if the layout does not fit the strategy */
uint32_t otter_strategy_max_image_size(const struct otter_strategy *strategy,
                                       const struct otter_layout *layout, uint8_t image,
                                       const char **because);

#endif
