/* SPDX-License-Identifier: Apache-2.0 */

/* Direct-XIP: nothing is moved. Each slot holds a program that was linked for it; the newest that
 * verifies is started where it lies.
 *
 * With revert, the trailer of each slot is about the program in it: a program without a request is
 * still being staged, and one that was tried and not confirmed is not started again. Nothing of it
 * is erased, so that a cut finds nothing half done. docs/formats/trailer.md, "Direct-XIP". */

#include <stddef.h>

#include "course.h"
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

/* A torn flag is repaired by erasing the trailer: no image may share its sectors. */
static uint32_t max_image_size_with_revert(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan;

    (void)otter_swap_plan(layout, image, &plan);
    return smaller(otter_swap_tail_start(&plan.slots, &plan.slots.primary),
                   otter_swap_tail_start(&plan.slots, &plan.slots.secondary));
}

static const char *misfit_with_revert(const struct otter_layout *layout, uint8_t image)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(layout);
    struct otter_swap_plan plan;
    const char *because = otter_swap_plan(layout, image, &plan);

    if (because == NULL
        && (smaller(plan.slots.primary.size, plan.slots.secondary.size) < otter_trailer_size(&shape)
            || max_image_size_with_revert(layout, image) == 0)) {
        because = "the trailer leaves no room for an image";
    }
    return because;
}

/* ---- choosing ------------------------------------------------------------------------------- */

static enum otter_result admit_any(const struct otter_boot_course *course,
                                   const struct otter_area *slot)
{
    (void)course;
    (void)slot;
    return OTTER_OK;
}

static bool was_tried_in_vain(const struct otter_trailer *trailer)
{
    return trailer->copy_done == OTTER_FLAG_SET && trailer->image_ok == OTTER_FLAG_UNSET;
}

static bool has_attempts_left(const struct otter_boot_course *course, const struct otter_area *slot)
{
    const struct otter_boot_attempts *attempts = course->slots.config->attempts;

    return attempts != NULL && attempts->are_left(&course->slots, slot);
}

static enum otter_result admit_requested(const struct otter_boot_course *course,
                                         const struct otter_area *slot)
{
    struct otter_trailer trailer;

    otter_trailer_read(slot, &course->slots.shape, &trailer);
    if (trailer.magic != OTTER_FLAG_SET) {
        return OTTER_ERR_TRAILER;
    }
    return was_tried_in_vain(&trailer) && !has_attempts_left(course, slot) ? OTTER_ERR_NOT_CONFIRMED
                                                                           : OTTER_OK;
}

/* A program that was linked for an address must lie there. */
static bool is_at_home(const struct otter_area *slot, const struct otter_image_header *header)
{
    return (header->flags & OTTER_IMAGE_ROM_FIXED) == 0
           || header->load_address == slot->flash->geometry->address + slot->offset;
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
    if (candidate->result == OTTER_OK && !is_at_home(candidate->slot, &candidate->image.header)) {
        candidate->result = OTTER_ERR_IMAGE_ADDRESS;
    }
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

/* @return OTTER_OK, or what keeps the better of the two from being started */
static enum otter_result choose(struct otter_boot_course *course, unsigned spurned,
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
    return choose(course, spurned, admit_any);
}

static enum otter_result choose_requested(struct otter_boot_course *course, unsigned spurned)
{
    return choose(course, spurned, admit_requested);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static void begin_nothing(const struct otter_boot_course *course)
{
    (void)course;
}

/* What is torn cannot be programmed again, and what it should have said is not known: the program is
 * pending once more. */
static enum otter_result renew_request(const struct otter_boot_course *course,
                                       const struct otter_area *slot)
{
    const struct otter_boot_slots *slots = &course->slots;
    enum otter_result result =
        otter_boot_erase_tail(slots, slot, otter_swap_tail_start(slots, slot));

    if (result == OTTER_OK) {
        result = otter_trailer_write_swap_info(slot, &slots->shape, OTTER_SWAP_TEST, slots->image);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(slot, &slots->shape) : result;
}

/* Neither accepted nor to be given up: the write was cut. */
static bool is_torn(const struct otter_trailer *trailer)
{
    return trailer->image_ok == OTTER_FLAG_BAD || trailer->copy_done == OTTER_FLAG_BAD;
}

/* The program of a slot that cannot be written starts all the same; there is nothing better. */
static void begin_trial(const struct otter_boot_course *course)
{
    const struct otter_boot_slots *slots = &course->slots;
    const struct otter_area *slot = &course->outcome->slot;
    struct otter_trailer trailer;
    enum otter_result result = OTTER_OK;

    otter_trailer_read(slot, &slots->shape, &trailer);
    if (trailer.image_ok == OTTER_FLAG_SET) {
        return; /* accepted, whatever copy_done says */
    }
    if (was_tried_in_vain(&trailer)) {
        (void)slots->config->attempts->count(slots, slot);
        return;
    }
    if (is_torn(&trailer)) {
        result = renew_request(course, slot);
    }
    if (result == OTTER_OK) {
        (void)otter_trailer_write_copy_done(slot, &slots->shape);
    }
}

static const struct otter_boot_in_place newest = {
    .choose = choose_newest,
    .begin = begin_nothing,
};

static const struct otter_boot_in_place newest_requested = {
    .choose = choose_requested,
    .begin = begin_trial,
};

const struct otter_strategy otter_direct_xip = {
    .name = "direct-xip",
    .misfit = misfit,
    .max_image_size = max_image_size,
    .in_place = &newest,
};

const struct otter_strategy otter_direct_xip_revert = {
    .name = "direct-xip-revert",
    .misfit = misfit_with_revert,
    .max_image_size = max_image_size_with_revert,
    .in_place = &newest_requested,
};
