/* SPDX-License-Identifier: Apache-2.0 */

/* A simulated device in the middle of a story: its flash, and what the world outside of the flash
 * knows. It can be copied at any moment, which is how a cut is tried without a run of its own. */
#ifndef OTTER_POWERCUT_DEVICE_H
#define OTTER_POWERCUT_DEVICE_H

#include <setjmp.h>

#include "powercut.h"

#define RESETS_MAX       12u
#define SECTORS_MAX      144u
#define COPY_BUFFER_SIZE 16384u

struct mutant;

enum program { OLD, NEW, NEXT, GOLDEN, PROGRAMS, UNKNOWN };

/** What the world outside knows. Only bytes, without gaps: it is hashed. */
struct facts {
    uint8_t requested;    /* bit i: the request of image i returned OTTER_OK */
    uint8_t confirmed;    /* so did its confirmation */
    uint8_t starts;       /* of the new program, up to one more than a trial may have */
    uint8_t spent_starts; /* of a trial, by cuts: see cut_spent_a_start() */
    uint8_t running;
    uint8_t salt; /* chooses how loose bits read */
    /* Of stories that go back to the golden image: */
    uint8_t was_held;      /* the button */
    uint8_t was_forgotten; /* that it was: a cut came before anything was noted of it */
    uint8_t was_restored;  /* the golden program was seen running */
    uint8_t has_failed;    /* the last start ended in a reset by the watchdog */
};

/** Not to be copied but by device_copy(). */
struct device {
    struct otter_test_geometry geometry; /* the story's, with a golden area if it needs one */
    struct otter_test_board board;
    const struct story *story;
    struct otter_area primary[OTTER_BOOT_IMAGES_MAX];
    struct otter_area secondary[OTTER_BOOT_IMAGES_MAX];
    struct facts facts;
    struct otter_signature_memory memory; /**< of one boot */
    /** On large boards; each device has its own, as others boot while one programs from it. */
    uint8_t copy_buffer[COPY_BUFFER_SIZE];
    struct otter_boot_outcome outcome; /**< of the last boot */
    bool runs_from_secondary;          /**< in place */
    bool is_booting;
    uint8_t presses;       /**< of the button, in this boot */
    struct mutant *mutant; /**< what is wrong with its bootloader; NULL: nothing */
    const char *failure;   /**< the first rule that was broken; NULL: none */
    jmp_buf way_out;       /* where a violation of a rule of flash ends */
};

/** Erases of each sector, device after device. */
struct wear {
    uint8_t of[SECTORS_MAX];
};

/** Does the layout fit the strategy, and do the images fit the layout? */
bool device_suits(const struct story *story);

/** Make the board; @p story is borrowed. */
void device_open(struct device *device, const struct story *story);
void device_close(struct device *device);

/** The old program runs, the new one is staged, nothing is asked for yet. */
void device_set_scene(struct device *device);

/** Become a copy of @p from, which tells the same story. */
void device_copy(struct device *device, const struct device *from);

/** Become what is left of @p from if the power is cut at the operation that it is about to do.
 *
 *  @param number  of the flash device it is on
 *  @param src     what is programmed; NULL: an erase */
void device_copy_cut(struct device *device, const struct device *from, uint8_t number,
                     const struct otter_sim_operation *operation, const uint8_t *src,
                     const struct cut *cut);

/** Devices with equal keys have the same future. */
uint64_t device_key(const struct device *device);

/** One reset: the bootloader runs, and then the program that it starts. The invariants are checked.
 *
 *  @return false if nothing was written, or if one was broken: there is nothing to wait for */
bool device_reset(struct device *device);

/** Check what must hold when nothing changes any more. Installs another update: the device is not
 * good for anything afterwards. */
void device_check_end(struct device *device);

/** The area that holds a byte; NULL: none that anything is written to. */
const struct otter_area *device_area_at(const struct device *device,
                                        const struct otter_sim_flash *flash, uint32_t offset);

struct wear device_wear(const struct device *device);

/** The most that the strategy's promise allows in this story. */
struct wear device_wear_allowed(const struct device *device, uint32_t cuts);

#endif
