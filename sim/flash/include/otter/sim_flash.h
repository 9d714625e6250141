/* SPDX-License-Identifier: Apache-2.0 */

/** A simulated NOR flash device: a port that refuses what a real part would not do, counts what it
 * does, and can lose its power at any program or erase operation.
 *
 * All devices of one simulated board share one power supply, so that operations are numbered, and
 * cut, across devices. Init the power, init the devices, hand otter_sim_flash's `flash` to the code
 * under test. Host only; it allocates. */
#ifndef OTTER_SIM_FLASH_H
#define OTTER_SIM_FLASH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

/** What a cut leaves of the operation it hits. Where it stopped is chosen by the seed: 0 stops at the
 * last unit, 1 at the first, the others anywhere. */
enum otter_sim_damage {
    OTTER_SIM_NOT_STARTED, /**< nothing happened */
    OTTER_SIM_DONE,        /**< everything happened, but nobody knows */
    OTTER_SIM_PARTIAL,     /**< program: the first units; erase: the sector's first part */
    OTTER_SIM_TORN,        /**< program: the first units and some bits of the next one; erase: some
                                bits of the sector */
    OTTER_SIM_NOISE,       /**< program: as torn; erase: the sector holds random bytes */
    OTTER_SIM_DAMAGES,     /* those before it leave bytes that read the same each time */
    OTTER_SIM_LOOSE = OTTER_SIM_DAMAGES, /**< as torn, but the bits that were on their way read
                                              differently each time */
    OTTER_SIM_UNREADABLE, /**< as torn, but to read what is torn is an error, as on parts with ECC */
    OTTER_SIM_ALL_DAMAGES,
};

enum otter_sim_operation_kind { OTTER_SIM_PROGRAM, OTTER_SIM_ERASE };

struct otter_sim_operation {
    const char *device;
    enum otter_sim_operation_kind kind;
    uint32_t offset;
    uint32_t len;
};

struct otter_sim_flash;
struct sim_page;

/** Someone who sees each operation when it begins, after it was counted. */
struct otter_sim_watcher {
    /** @param src  what is programmed; NULL: an erase
     *  @return true to let it happen; false to swallow it, and to say that it was done */
    bool (*begins)(struct otter_sim_watcher *watcher, struct otter_sim_flash *device,
                   const struct otter_sim_operation *operation, const uint8_t *src);
};

/** How many operations the log remembers. */
#define OTTER_SIM_LOG_SIZE 32u

/** The power supply of a simulated board. */
struct otter_sim_power {
    uint32_t operations; /**< programs and erases begun since otter_sim_power_on() */
    bool is_off;         /**< the cut happened */

    uint32_t cut_at; /* the operation to cut, from 1; 0: none */
    enum otter_sim_damage damage;
    uint64_t seed;
    uint64_t noise; /**< state of the generator of what reads differently each time */

    struct otter_sim_watcher *watcher; /**< NULL: nobody */

    /** Where a cut lands, as a reset does. NULL: the operation and all after it return
     * OTTER_ERR_FLASH instead. */
    jmp_buf *reset;

    /** Called when the code under test breaks a rule of NOR flash; must not return. The default
     * prints the rule and the log, and aborts. */
    void (*violation)(struct otter_sim_power *power, const char *rule);
    void *violation_context; /**< for whoever sets `violation` */

    struct otter_sim_operation log[OTTER_SIM_LOG_SIZE];
    uint32_t logged; /* of all time; the log is a ring */
};

struct otter_sim_counters {
    uint32_t reads;
    uint32_t programs;
    uint32_t erases;
    uint64_t bytes_read;
    uint64_t bytes_programmed;
    uint64_t bytes_erased;
};

/** One device. */
struct otter_sim_flash {
    struct otter_flash flash; /**< what the code under test gets */
    struct otter_sim_power *power;
    uint8_t *bytes;         /**< the contents; for a test to look at, or to rot if it neither copies
                              * nor hashes the device */
    uint8_t *units;         /* the state of each write unit */
    uint8_t *loose;         /* of each byte, the bits that read differently each time */
    struct sim_page *pages; /* what has changed since, see pages.c */
    uint32_t *sector_erases; /**< of each sector */
    uint32_t sector_count;
    struct otter_sim_counters counters;

    /** A device that does not answer: these operations return OTTER_ERR_FLASH. */
    bool reads_fail;
    bool programs_fail;
    bool erases_fail;
};

void otter_sim_power_init(struct otter_sim_power *power);

/** Begin a new run: operations are numbered from 1 again, no cut is planned. */
void otter_sim_power_on(struct otter_sim_power *power);

/** Plan a cut at operation number @p operation. Equal seeds make equal damage. */
void otter_sim_power_cut_at(struct otter_sim_power *power, uint32_t operation,
                            enum otter_sim_damage damage, uint64_t seed);

/** Print the last operations to stderr, the newest last. */
void otter_sim_power_print_log(const struct otter_sim_power *power);

/** Make a device, erased throughout.
 *
 *  @param geometry  borrowed; must outlive the device
 *  @return OTTER_OK, OTTER_ERR_NO_SPACE if memory ran out (nothing to free then) */
enum otter_result otter_sim_flash_init(struct otter_sim_flash *device,
                                       struct otter_sim_power *power,
                                       const struct otter_flash_geometry *geometry);
void otter_sim_flash_free(struct otter_sim_flash *device);

/** Leave @p operation as the loss of power leaves it, as if it had just been cut.
 *
 *  @param src  what was being programmed; NULL for an erase */
void otter_sim_flash_interrupt(struct otter_sim_flash *device,
                               const struct otter_sim_operation *operation, const uint8_t *src,
                               enum otter_sim_damage damage, uint64_t seed);

/** May [@p offset, @p offset + @p len) hold units that are loose or unreadable? After
 * otter_sim_flash_hash(), false is certain where nothing weak is left. */
bool otter_sim_flash_is_weak(const struct otter_sim_flash *device, uint32_t offset, uint32_t len);

/** Does [@p offset, @p offset + @p len) hold bits that read differently each time? */
bool otter_sim_flash_is_loose(const struct otter_sim_flash *device, uint32_t offset, uint32_t len);

/** Mix contents and state of the device, but not its wear, into @p hash. Two devices of one geometry
 * with equal hashes behave alike from here on. */
uint64_t otter_sim_flash_hash(const struct otter_sim_flash *device, uint64_t hash);

/** Put @p len bytes at @p offset as a programmer in the factory does: no rule, no count, no cut. */
void otter_sim_flash_load(struct otter_sim_flash *device, uint32_t offset, const void *bytes,
                          uint32_t len);

/** Take over contents and wear of @p from, a device of the same geometry. */
void otter_sim_flash_copy(struct otter_sim_flash *device, const struct otter_sim_flash *from);

/** Zero all counters and the erases of each sector. */
void otter_sim_flash_reset_counters(struct otter_sim_flash *device);

/** Erases of the most erased sector within [@p offset, @p offset + @p len). */
uint32_t otter_sim_flash_worst_sector(const struct otter_sim_flash *device, uint32_t offset,
                                      uint32_t len);

const char *otter_sim_damage_name(enum otter_sim_damage damage);

#endif
