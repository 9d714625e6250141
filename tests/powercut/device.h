/* SPDX-License-Identifier: Apache-2.0 */

/* A simulated device in the middle of a story: its flash, and what the world outside of the flash
 * knows. It can be copied at any moment, which is how a cut is tried without a run of its own. */
#ifndef OTTER_POWERCUT_DEVICE_H
#define OTTER_POWERCUT_DEVICE_H

#include <setjmp.h>

#include "powercut.h"

#define RESETS_MAX       12u
#define SECTORS_MAX      320u
#define COPY_BUFFER_SIZE 16384u

struct mutant;
struct program_image;

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

/** Make the board; @p story is borrowed. */
void device_open(struct device *device, const struct story *story);
void device_close(struct device *device);

/** Become a copy of @p from, which tells the same story. */
void device_copy(struct device *device, const struct device *from);

/** Devices with equal keys have the same future. */
uint64_t device_key(const struct device *device);

/** May a unit be left that is loose or unreadable? */
bool device_is_weak(const struct device *device);

/** Note the first rule that was broken. */
void device_fail(struct device *device, const char *failure);

/** The scenery itself must work: abort if it does not. */
void device_demand(const struct device *device, bool condition);

/** What @p program is made of. */
const struct program_image *device_image(const struct device *device, enum program program,
                                         uint8_t image);

/** Run the bootloader. After a reset, RAM holds nothing that is known of a signature. */
enum otter_result device_start(struct device *device, struct otter_boot_outcome *outcome);

/** The slot, of those in a row, that holds a byte; NULL: none. */
const struct otter_area *device_slot_at(const struct device *device,
                                        const struct otter_area slots[],
                                        const struct otter_sim_flash *flash, uint32_t offset);

/** The area that holds a byte; NULL: none that anything is written to. */
const struct otter_area *device_area_at(const struct device *device,
                                        const struct otter_sim_flash *flash, uint32_t offset);

uint32_t device_sector_count(const struct device *device);

struct wear device_wear(const struct device *device);

/** The most that the strategy's promise allows in this story. */
struct wear device_wear_allowed(const struct device *device, uint32_t cuts);

/** Is any sector more worn than allowed? */
bool device_wear_exceeds(const struct wear *wear, const struct wear *allowed);

#endif
