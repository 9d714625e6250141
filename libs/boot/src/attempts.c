/* SPDX-License-Identifier: Apache-2.0 */

/* More than one attempt for a trial: how many were made is counted by entries at the end of a
 * trailer's status, where nothing else is while a trial lasts (docs/formats/trailer.md, "Attempts"), or
 * wherever the strategy has room for a tally. The first attempt is the one that copy_done stands for. */

#include <stddef.h>

#include "course.h"

/* The room below swap_size, seen as a status of its own. An entry is as wide as a field: it suits the
 * write unit of any device. */
static struct otter_trailer_shape counting_shape(const struct otter_boot_slots *slots)
{
    struct otter_trailer_shape shape = slots->shape;

    shape.write_size = shape.max_align;
    shape.max_sectors = (uint16_t)(slots->config->trial_attempts - 1u);
    shape.status_states = 1;
    return shape;
}

/* NULL: the strategy has no tally of its own. */
static const struct otter_boot_tally *tally_of(const struct otter_boot_slots *slots)
{
    const struct otter_boot_moves *moves = slots->config->strategy->moves;

    return moves == NULL ? NULL : moves->tally;
}

static bool fit(const struct otter_boot_slots *slots, const struct otter_area *note)
{
    const struct otter_trailer_shape shape = counting_shape(slots);

    if (slots->config->trial_attempts == 0) {
        return false;
    }
    return tally_of(slots) != NULL
           || (otter_area_write_size(note) <= slots->shape.max_align
               && otter_trailer_size(&shape) <= otter_trailer_size(&slots->shape));
}

/* Attempts that were made, but for the first; many if nobody knows. */
static uint32_t count_made(const struct otter_boot_slots *slots, const struct otter_area *note)
{
    const struct otter_boot_tally *tally = tally_of(slots);
    const struct otter_trailer_shape shape = counting_shape(slots);

    if (tally != NULL) {
        return tally->read(slots);
    }
    return note->flash == NULL ? UINT32_MAX : otter_trailer_count_status(note, &shape);
}

static bool are_left(const struct otter_boot_slots *slots, const struct otter_area *note)
{
    return count_made(slots, note) < slots->config->trial_attempts - 1u;
}

static const char *give(struct otter_boot_course *course)
{
    course->tries_again =
        !course->is_out_of_patience && are_left(&course->slots, &course->slots.secondary);
    return course->tries_again ? "the trial was not confirmed, and gets another attempt" : NULL;
}

static enum otter_result count_one(const struct otter_boot_slots *slots,
                                   const struct otter_area *note)
{
    const struct otter_boot_tally *tally = tally_of(slots);
    const struct otter_trailer_shape shape = counting_shape(slots);

    return tally != NULL ? tally->add(slots)
                         : otter_trailer_write_status(note, &shape, count_made(slots, note), 1);
}

const struct otter_boot_attempts otter_boot_attempts = {
    .give = give,
    .are_left = are_left,
    .count = count_one,
    .fit = fit,
};
