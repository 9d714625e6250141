/* SPDX-License-Identifier: Apache-2.0 */

/* Flash that loses its power: at the planned operation the whole process ends, between any two
 * instructions of the code under test, as a board would. */
#ifndef SIM_CUT_FLASH_H
#define SIM_CUT_FLASH_H

#include "otter/flash.h"

/** Exit status of a process whose power was cut. */
#define SIM_EXIT_CUT 75

/** The supply of all devices of a board. */
struct cut_supply {
    uint32_t operations; /* programs and erases so far */
    uint32_t cut_at;     /* the one that does not happen any more, from 1; 0: none */
};

/** A device around another one. */
struct cut_flash {
    struct otter_flash flash; /* for the code under test */
    const struct otter_flash *inner;
    struct cut_supply *supply;
};

void cut_flash_init(struct cut_flash *device, const struct otter_flash *inner,
                    struct cut_supply *supply);

#endif
