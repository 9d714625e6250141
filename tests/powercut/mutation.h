/* SPDX-License-Identifier: Apache-2.0 */

/* Bootloaders that are broken on purpose: one kind of write is missing or comes late. A harness that
 * finds nothing wrong with them would find nothing at all. */
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
    TARGET_TAIL, /**< an erase of a sector that holds bytes of the trailer */
    TARGETS,
};

/** One kind of operation of the bootloader. */
struct mutation {
    enum otter_area_role role;
    enum target target;
    enum otter_sim_operation_kind kind;
};

/** Is @p operation, which @p flash is about to do, of the kind that the mutation is about? */
bool mutation_hits(const struct mutation *mutation, const struct device *device,
                   const struct otter_sim_flash *flash,
                   const struct otter_sim_operation *operation);

const char *target_name(enum target target);

#endif
