/* SPDX-License-Identifier: Apache-2.0 */

/* Direct-XIP with revert: the trailer of each slot is about the program in it. A program without a
 * request is still being staged, and one that was tried and not confirmed is not started again.
 *
 * A flag that tore cannot be programmed again, so the trailer of that slot is *renewed*: erased and
 * written anew. While it is gone, a note beside the other slot's trailer speaks for it; otherwise a
 * cut would turn a trial, or a confirmation, into a program that nobody asked for.
 * docs/formats/trailer.md, "Direct-XIP". */

#include <stddef.h>

#include "direct_xip.h"
#include "note.h"
#include "swap.h"

/* A note that reads whole so often is whole. */
#define LOOKS 16u
/* So many are looked for; one that is cut costs one more. */
#define NOTES_MAX 16u

/* ---- does a layout fit ---------------------------------------------------------------------- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What is renewed is erased before: no image may share its sectors. */
static uint32_t max_image_size(const struct otter_layout *layout, uint8_t image)
{
    struct otter_swap_plan plan;

    (void)otter_swap_plan(layout, image, &plan);
    return smaller(otter_swap_tail_start(&plan.slots, &plan.slots.primary),
                   otter_swap_tail_start(&plan.slots, &plan.slots.secondary));
}

static const char *misfit(const struct otter_layout *layout, uint8_t image)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(layout);
    struct otter_swap_plan plan;
    const char *because = otter_swap_plan(layout, image, &plan);

    if (because == NULL
        && (smaller(plan.slots.primary.size, plan.slots.secondary.size) < otter_trailer_size(&shape)
            || max_image_size(layout, image) == 0)) {
        because = "the trailer leaves no room for an image";
    }
    return because;
}

/* ---- notes ---------------------------------------------------------------------------------- */

static const struct otter_area *other_slot(const struct otter_boot_slots *slots,
                                           const struct otter_area *slot)
{
    return otter_boot_is_primary(slots, slot) ? &slots->secondary : &slots->primary;
}

/* Below the entries of the slot's own attempts. There may be no room at all. */
static struct otter_boot_places notes_beside(const struct otter_boot_slots *slots,
                                             const struct otter_area *slot)
{
    const uint32_t start = otter_swap_tail_start(slots, slot);
    const uint32_t size = otter_boot_note_room(slot);
    const uint32_t attempts = slots->config->attempts == NULL ? 0 : slots->config->trial_attempts;
    const uint32_t end = otter_trailer_swap_size_offset(&slots->shape, slot->size)
                         - attempts * slots->shape.max_align;

    return (struct otter_boot_places){
        .area = slot,
        .start = start,
        .size = size,
        .count = end > start ? smaller((end - start) / size, NOTES_MAX) : 0,
    };
}

static bool reads_whole(const struct otter_boot_places *places, uint32_t number,
                        struct otter_boot_note *note)
{
    unsigned look = 0;

    while (look < LOOKS
           && otter_boot_note_read(places->area, places->start + number * places->size, note)) {
        look++;
    }
    return look == LOOKS;
}

/* Does the last note beside @p slot say that the trailer of the other one is being renewed? */
static bool announces_renewal(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    struct otter_boot_note note;

    if (slot->flash == NULL) {
        return false;
    }
    const struct otter_boot_places places = notes_beside(slots, slot);

    for (uint32_t i = places.count; i > 0; i--) {
        if (reads_whole(&places, i - 1, &note)) {
            return note.type == OTTER_SWAP_TEST && note.image == slots->image;
        }
    }
    return false;
}

/* @return OTTER_OK; OTTER_ERR_FLASH, also if there is no device; OTTER_ERR_NO_SPACE */
static enum otter_result write_note(const struct otter_boot_slots *slots,
                                    const struct otter_area *slot, enum otter_swap_type type)
{
    const struct otter_boot_note note = { .type = type, .image = slots->image };

    if (slot->flash == NULL) {
        return OTTER_ERR_FLASH;
    }
    const struct otter_boot_places places = notes_beside(slots, slot);

    return otter_boot_note_add(slots, &places, &note);
}

/* ---- choosing ------------------------------------------------------------------------------- */

static bool is_accepted(const struct otter_trailer *trailer)
{
    return trailer->magic == OTTER_FLAG_SET && trailer->image_ok == OTTER_FLAG_SET;
}

/* Neither accepted nor to be given up: the write was cut. */
static bool is_torn(const struct otter_trailer *trailer)
{
    return trailer->magic == OTTER_FLAG_SET
           && (trailer->image_ok == OTTER_FLAG_BAD || trailer->copy_done == OTTER_FLAG_BAD);
}

/* A cut has left less than a renewal ends with. An erase that was cut and left the magic has either
 * taken swap_info with it, or not yet come to a torn flag. */
static bool is_incomplete(const struct otter_trailer *trailer)
{
    return trailer->magic != OTTER_FLAG_SET || trailer->swap_info != OTTER_FLAG_SET;
}

/* An accepted program stays so, whatever copy_done says. */
static bool is_to_be_renewed(const struct otter_boot_slots *slots, const struct otter_area *slot,
                             const struct otter_trailer *trailer)
{
    return !is_accepted(trailer)
           && (is_torn(trailer)
               || (is_incomplete(trailer) && announces_renewal(slots, other_slot(slots, slot))));
}

static bool was_tried_in_vain(const struct otter_trailer *trailer)
{
    return trailer->copy_done == OTTER_FLAG_SET && trailer->image_ok == OTTER_FLAG_UNSET;
}

static bool has_attempts_left(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    const struct otter_boot_attempts *attempts = slots->config->attempts;

    return attempts != NULL && attempts->are_left(slots, slot);
}

static enum otter_result admit(const struct otter_boot_course *course,
                               const struct otter_area *slot)
{
    const struct otter_boot_slots *slots = &course->slots;
    struct otter_trailer trailer;

    otter_trailer_read(slot, &slots->shape, &trailer);
    if (is_to_be_renewed(slots, slot, &trailer)) {
        return OTTER_OK;
    }
    if (trailer.magic != OTTER_FLAG_SET) {
        return OTTER_ERR_TRAILER;
    }
    return was_tried_in_vain(&trailer) && !has_attempts_left(slots, slot) ? OTTER_ERR_NOT_CONFIRMED
                                                                          : OTTER_OK;
}

static enum otter_result choose(struct otter_boot_course *course, unsigned spurned)
{
    return otter_direct_xip_choose(course, spurned, admit);
}

/* ---- beginning ------------------------------------------------------------------------------ */

/* What the torn flag should have said is not known: the program is pending once more. */
static enum otter_result request_anew(const struct otter_boot_slots *slots,
                                      const struct otter_area *slot)
{
    enum otter_result result =
        otter_boot_erase_tail(slots, slot, otter_swap_tail_start(slots, slot));

    if (result == OTTER_OK) {
        result = otter_trailer_write_swap_info(slot, &slots->shape, OTTER_SWAP_TEST, slots->image);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(slot, &slots->shape) : result;
}

static bool is_requested(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    struct otter_trailer trailer = { .magic = OTTER_FLAG_UNSET };

    if (slot->flash != NULL) {
        otter_trailer_read(slot, &slots->shape, &trailer);
    }
    return trailer.magic == OTTER_FLAG_SET;
}

/* A note that an earlier boot wrote may be torn and read as whole by chance, so each boot writes its
 * own. Where that is not possible, the renewal is worth its risk if there is another program to start;
 * else the trailer stays as it is, and is started with. */
static enum otter_result renew(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    const struct otter_area *other = other_slot(slots, slot);
    const enum otter_result result = write_note(slots, other, OTTER_SWAP_TEST);

    return result == OTTER_OK || is_requested(slots, other) ? request_anew(slots, slot) : result;
}

/* Whoever starts here may stage the next image in the other slot: what was said about that slot must
 * not become the new image's request. */
static void close_notes(const struct otter_boot_slots *slots, const struct otter_area *slot)
{
    if (announces_renewal(slots, slot)) {
        (void)write_note(slots, slot, OTTER_SWAP_NONE);
    }
}

/* The program of a slot that cannot be written starts all the same; there is nothing better. */
static void begin(const struct otter_boot_course *course)
{
    const struct otter_boot_slots *slots = &course->slots;
    const struct otter_area *slot = &course->outcome->slot;
    struct otter_trailer trailer;
    enum otter_result result = OTTER_OK;

    otter_trailer_read(slot, &slots->shape, &trailer);
    close_notes(slots, slot);
    if (is_to_be_renewed(slots, slot, &trailer)) {
        result = renew(slots, slot);
    } else if (is_accepted(&trailer)) {
        return;
    } else if (was_tried_in_vain(&trailer)) {
        (void)slots->config->attempts->count(slots, slot);
        return;
    }
    if (result == OTTER_OK) {
        (void)otter_trailer_write_copy_done(slot, &slots->shape);
    }
}

static const struct otter_boot_in_place in_place = {
    .choose = choose,
    .begin = begin,
};

static const struct otter_boot_geometry geometry = {
    .misfit = misfit,
    .max_image_size = max_image_size,
};

const struct otter_strategy otter_direct_xip_revert = {
    .name = "direct-xip-revert",
    .geometry = &geometry,
    .in_place = &in_place,
};

const struct otter_strategy otter_direct_xip_revert_proven = { .name = "direct-xip-revert",
                                                               .in_place = &in_place };
