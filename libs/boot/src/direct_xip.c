/* SPDX-License-Identifier: Apache-2.0 */

/* Direct-XIP: nothing is moved. Each slot holds a program that was linked for it; the newest that
 * verifies is started where it lies. direct_xip_revert.c knows trials as well.
 * docs/formats/trailer.md, "Direct-XIP". */

#include <stddef.h>

#include "direct_xip.h"
#include "swap.h"

#define SLOTS 2u

/* ---- does a layout fit ---------------------------------------------------------------------- */

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan;

    return otter_swap_plan(layout, image, &plan);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(layout);
    struct otter_swap_plan plan;

    (void)otter_swap_plan(layout, image, &plan);
    return smaller(otter_trailer_swap_info_offset(&shape, plan.slots.primary.size),
                   otter_trailer_swap_info_offset(&shape, plan.slots.secondary.size));
}

/* ---- choosing ------------------------------------------------------------------------------- */

static enum otter_result admit_any(const struct otter_boot_course *course,
                                   const struct otter_area *slot)
{
    (void)course;
    (void)slot;
    return OTTER_OK;
}

/* What may be started. */
struct candidate {
    const struct otter_area *slot;
    struct otter_image image;
    enum otter_result result; /* what keeps it from being started */
};

static void open_candidate(const struct otter_boot_course *course, struct candidate *candidate)
{
    const struct otter_area *slot = candidate->slot;

    candidate->result =
        slot->flash == NULL
            ? OTTER_ERR_FLASH
            : otter_image_open(slot, 0, course->slots.max_image_size, &candidate->image);
}

/* A slot without a request is no news: somebody is about to fill it. */
static void tell(struct otter_boot_course *course, const struct candidate *candidate)
{
    const struct otter_version *version = &candidate->image.header.version;

    if (candidate->result == OTTER_ERR_TRAILER) {
        return;
    }
    course->outcome->refusal = candidate->result;
    course->outcome->refused_image = course->slots.image;
    course->outcome->refused_version = *version;
    otter_course_tell(course, OTTER_BOOT_REFUSED, candidate->result, version);
}

/* Name the candidate as the program to start, if nothing speaks against it. */
static void judge(struct otter_boot_course *course, struct candidate *candidate,
                  enum otter_result (*admit)(const struct otter_boot_course *course,
                                             const struct otter_area *slot))
{
    if (candidate->result != OTTER_OK) {
        return;
    }
    candidate->result = admit(course, candidate->slot);
    if (candidate->result == OTTER_OK) {
        course->outcome->slot = *candidate->slot;
        candidate->result = otter_course_verify_program(course);
    }
    if (candidate->result != OTTER_OK) {
        tell(course, candidate);
    }
}

/* Of two equals, the first. */
static bool is_newer(const struct candidate *candidate, const struct candidate *other)
{
    if (candidate->result != OTTER_OK || other->result != OTTER_OK) {
        return other->result != OTTER_OK;
    }
    return otter_version_compare(&candidate->image.header.version, &other->image.header.version)
           > 0;
}

enum otter_result
otter_direct_xip_choose(struct otter_boot_course *course, unsigned spurned,
                        enum otter_result (*admit)(const struct otter_boot_course *course,
                                                   const struct otter_area *slot))
{
    struct candidate candidates[SLOTS] = { { .slot = &course->slots.primary },
                                           { .slot = &course->slots.secondary } };
    struct candidate *better;
    struct candidate *other;

    if (course->slots.config->trust_primary) {
        return OTTER_ERR_ARGUMENT; /* nobody else verifies what was staged */
    }
    course->move.type = OTTER_SWAP_NONE;
    for (size_t i = 0; i < SLOTS; i++) {
        open_candidate(course, &candidates[i]);
        if ((spurned & 1u << i) != 0) {
            candidates[i].result = OTTER_ERR_DEPENDENCY;
        }
    }
    better = is_newer(&candidates[1], &candidates[0]) ? &candidates[1] : &candidates[0];
    other = better == candidates ? &candidates[1] : &candidates[0];
    judge(course, better, admit);
    if (better->result != OTTER_OK) {
        judge(course, other, admit);
    }
    return other->result == OTTER_OK && better->result != OTTER_OK ? OTTER_OK : better->result;
}

static enum otter_result choose_newest(struct otter_boot_course *course, unsigned spurned)
{
    return otter_direct_xip_choose(course, spurned, admit_any);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static void begin_nothing(const struct otter_boot_course *course)
{
    (void)course;
}

static const struct otter_boot_in_place newest = {
    .choose = choose_newest,
    .begin = begin_nothing,
};

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = max_image_size,
};

const struct otter_strategy otter_direct_xip = {
    .name = "direct-xip",
    .geometry = &geometry,
    .in_place = &newest,
};

const struct otter_strategy otter_direct_xip_proven = { .name = "direct-xip", .in_place = &newest };
