/* SPDX-License-Identifier: Apache-2.0 */

#include "mutation.h"

#include <stddef.h>

static const char *const names[TARGETS] = {
    [TARGET_IMAGE] = "image",         [TARGET_STATUS] = "status",
    [TARGET_SWAP_SIZE] = "swap-size", [TARGET_SWAP_INFO] = "swap-info",
    [TARGET_COPY_DONE] = "copy-done", [TARGET_IMAGE_OK] = "image-ok",
    [TARGET_MAGIC] = "magic",         [TARGET_TAIL] = "tail",
};

const char *target_name(enum target target)
{
    return names[target];
}

/* The scratch area has a trailer of its own shape. */
static struct otter_trailer_shape shape_of(const struct otter_test_board *board,
                                           enum otter_area_role role)
{
    struct otter_trailer_shape shape = board->shape;

    if (role == OTTER_AREA_SCRATCH) {
        shape.max_sectors = 1;
    }
    return shape;
}

static enum target target_at(const struct otter_trailer_shape *shape, uint32_t size, uint32_t at)
{
    const struct {
        enum target target;
        uint32_t offset;
    } fields[] = {
        { TARGET_IMAGE_OK, otter_trailer_image_ok_offset(shape, size) },
        { TARGET_COPY_DONE, otter_trailer_copy_done_offset(shape, size) },
        { TARGET_SWAP_INFO, otter_trailer_swap_info_offset(shape, size) },
        { TARGET_SWAP_SIZE, otter_trailer_swap_size_offset(shape, size) },
        { TARGET_STATUS, otter_trailer_status_offset(shape, size) },
        { TARGET_IMAGE, 0 },
    };
    size_t i = 0;

    if (at >= otter_trailer_image_ok_offset(shape, size) + shape->max_align) {
        return TARGET_MAGIC;
    }
    while (at < fields[i].offset) {
        i++;
    }
    return fields[i].target;
}

static const struct otter_area *area_with(const struct otter_test_board *board,
                                          enum otter_area_role role)
{
    switch ((int)role) {
    case OTTER_AREA_PRIMARY:
        return &board->primary;
    case OTTER_AREA_SECONDARY:
        return &board->secondary;
    default:
        return &board->scratch;
    }
}

bool mutation_hits(const struct mutation *mutation, const struct device *device,
                   const struct otter_sim_flash *flash, const struct otter_sim_operation *operation)
{
    const struct otter_test_board *board = &device->board;
    const struct otter_area *area = area_with(board, mutation->role);
    const struct otter_trailer_shape shape = shape_of(board, mutation->role);
    const uint32_t at = operation->offset - area->offset;
    enum target target;

    if (!device->is_booting || area->flash != &flash->flash || at >= area->size
        || operation->kind != mutation->kind) {
        return false;
    }
    if (operation->kind == OTTER_SIM_PROGRAM) {
        target = target_at(&shape, area->size, at);
    } else {
        target = at + operation->len > otter_trailer_status_offset(&shape, area->size)
                     ? TARGET_TAIL
                     : TARGET_IMAGE;
    }
    return target == mutation->target;
}
