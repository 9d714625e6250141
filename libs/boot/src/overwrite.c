/* SPDX-License-Identifier: Apache-2.0 */

/* Overwrite: copy the secondary's image over the primary's. There is no way back, and no progress
 * to keep: until the copy is whole and verified, the request stays in the secondary slot, and the
 * next boot copies from the start again.
 *
 * The image stays in the secondary slot; only the request is erased. */

#include <stddef.h>

#include "strategy.h"

/* The trailer's fields from swap_info to the end are all that this strategy needs of it. */
static uint32_t trailer_start(const struct otter_trailer_shape *shape,
                              const struct otter_area *area)
{
    return otter_trailer_swap_info_offset(shape, area->size);
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct otter_flash flash[2];
    struct otter_area primary;
    struct otter_area secondary;

    if (!otter_boot_plan_area(layout, OTTER_AREA_PRIMARY, image, &flash[0], &primary)) {
        return "there is no primary slot";
    }
    if (!otter_boot_plan_area(layout, OTTER_AREA_SECONDARY, image, &flash[1], &secondary)) {
        return "there is no secondary slot";
    }
    if (otter_area_sector_count(&primary) == 0 || otter_area_sector_count(&secondary) == 0) {
        return "a slot does not lie on sector boundaries";
    }
    if (otter_area_write_size(&primary) > layout->max_align
        || otter_area_write_size(&secondary) > layout->max_align) {
        return "a slot's write unit is larger than max_align";
    }
    return NULL;
}

static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(layout);
    struct otter_flash flash[2];
    struct otter_area primary;
    struct otter_area secondary;

    (void)otter_boot_plan_area(layout, OTTER_AREA_PRIMARY, image, &flash[0], &primary);
    (void)otter_boot_plan_area(layout, OTTER_AREA_SECONDARY, image, &flash[1], &secondary);

    const uint32_t primary_limit = trailer_start(&shape, &primary);
    const uint32_t secondary_limit = trailer_start(&shape, &secondary);

    return primary_limit < secondary_limit ? primary_limit : secondary_limit;
}

static enum otter_result find(const struct otter_boot_slots *slots, struct otter_boot_move *move)
{
    (void)slots;
    *move = (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    return OTTER_OK;
}

/* Erase and fill sector after sector, so that a watcher sees even progress. */
static enum otter_result copy_image(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move)
{
    const uint32_t size = move->size;
    uint32_t at = 0;

    while (at < size) {
        const uint32_t end = otter_boot_sector_end(&slots->primary, at);
        const uint32_t len = (end < size ? end : size) - at;
        enum otter_result result = otter_boot_erase(slots, &slots->primary, at, end);

        if (result == OTTER_OK) {
            result = otter_boot_copy(slots, &(struct otter_boot_copy){ .from = &slots->secondary,
                                                                       .from_offset = at,
                                                                       .to = &slots->primary,
                                                                       .to_offset = at,
                                                                       .len = len,
                                                                       .veil = slots->incoming,
                                                                       .image_offset = at });
        }
        if (result != OTTER_OK) {
            return result;
        }
        at += len;
        otter_boot_progress(slots, move, at, size);
    }
    return OTTER_OK;
}

static enum otter_result overwrite(const struct otter_boot_slots *slots,
                                   const struct otter_boot_move *move)
{
    /* The old trailer goes first: its sector may be one that the new image reaches into. */
    const enum otter_result result = otter_boot_erase_tail(
        slots, &slots->primary, trailer_start(&slots->shape, &slots->primary));

    return result == OTTER_OK ? copy_image(slots, move) : result;
}

/* The image stays in the secondary slot all the while. */
static struct otter_boot_place locate_incoming(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move, uint32_t offset)
{
    (void)move;
    return (struct otter_boot_place){ .area = &slots->secondary,
                                      .offset = offset,
                                      .len = slots->secondary.size - offset };
}

static enum otter_result run(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move)
{
    static const struct otter_boot_tracks tracks = { .incoming = locate_incoming };

    return otter_boot_run_veiled(slots, move, &tracks, overwrite);
}

static enum otter_result finish(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good)
{
    enum otter_result result = OTTER_OK;
    struct otter_trailer trailer;

    (void)move;
    if (!primary_is_good) {
        return OTTER_OK; /* the request is still there: the next boot copies again */
    }
    otter_trailer_read(&slots->primary, &slots->shape, &trailer);
    if (trailer.magic == OTTER_FLAG_UNSET) {
        result = otter_trailer_write_magic(&slots->primary, &slots->shape);
    }
    if (result == OTTER_OK) {
        result = otter_boot_erase_tail(slots, &slots->secondary,
                                       trailer_start(&slots->shape, &slots->secondary));
    }
    return result;
}

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = max_image_size,
};

static const struct otter_boot_moves moves = {
    .exchanges = false,
    .find = find,
    .run = run,
    .finish = finish,
};

const struct otter_strategy otter_overwrite = {
    .name = "overwrite",
    .geometry = &geometry,
    .moves = &moves,
};

const struct otter_strategy otter_overwrite_proven = { .name = "overwrite", .moves = &moves };
