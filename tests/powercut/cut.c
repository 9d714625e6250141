/* SPDX-License-Identifier: Apache-2.0 */

/* Some cuts take a start from a trial without anybody's fault, and no bootloader can know better: they are
 * counted, so that nobody asks for what cannot be. */

#include "cut.h"

#include "golden.h"
#include "otter/bytes.h"

static bool touches(const struct otter_sim_operation *operation, const struct otter_area *area,
                    uint32_t offset)
{
    return area->offset + offset - operation->offset < operation->len;
}

/* The slots, one for each image, of the trial whose trailer the operation is in, if it is in one. */
static const struct otter_area *slots_of_trial(const struct device *device,
                                               const struct otter_sim_flash *flash,
                                               const struct otter_sim_operation *operation)
{
    if (device_slot_at(device, device->primary, flash, operation->offset) != NULL) {
        return device->primary;
    }
    return device->story->subject->in_place
                   && device_slot_at(device, device->secondary, flash, operation->offset) != NULL
               ? device->secondary
               : NULL;
}

static bool lies_in_log(const struct device *device, const struct otter_sim_flash *flash,
                        const struct otter_sim_operation *operation)
{
    const struct otter_area *log = &device->board.status;

    return log->flash == &flash->flash && operation->offset - log->offset < log->size;
}

/* A note that speaks of no move, but of steps (docs/formats/status-area.md, "Attempts"). */
static bool is_tally(const struct device *device, const struct otter_sim_flash *flash,
                     const struct otter_sim_operation *operation, const uint8_t *note)
{
    return lies_in_log(device, flash, operation) && note[8] == OTTER_SWAP_NONE
           && otter_load_le32(note + 16) > 0;
}

/* Where attempts are counted, lower than the fields of the trailer. */
static bool is_count_of_attempts(const struct device *device, const struct otter_sim_flash *flash,
                                 const struct otter_sim_operation *operation)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slot =
        device_slot_at(device, device->secondary, flash, operation->offset);
    uint32_t end;

    if (slot == NULL || story_attempts(device->story) == 1) {
        return false;
    }
    end = otter_trailer_swap_size_offset(shape, slot->size);
    return operation->offset - slot->offset < end
           && operation->offset - slot->offset
                  >= end - (story_attempts(device->story) - 1u) * shape->max_align;
}

/* How many images of the trial have these flags? */
static uint8_t count_flags(const struct device *device, const struct otter_area slots[],
                           enum otter_flag copy_done, enum otter_flag image_ok)
{
    uint8_t count = 0;

    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        struct otter_trailer trailer;

        otter_trailer_read(&slots[image], &device->board.shape, &trailer);
        if (trailer.copy_done == copy_done && trailer.image_ok == image_ok) {
            count++;
        }
    }
    return count;
}

static bool counts_as_unconfirmed(const struct device *device, const struct otter_area slots[])
{
    return count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_UNSET) > 0;
}

/* A set that is moved is on trial when all its images are; one that runs in place when one is. */
static bool counts_as_begun(const struct device *device, const struct otter_area slots[])
{
    const uint8_t confirmed = count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_SET);
    const uint8_t unconfirmed = count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_UNSET);

    return unconfirmed > 0
           && (device->story->subject->in_place
               || confirmed + unconfirmed == story_image_count(device->story));
}

/* The images of a set count a start one after another, and what an earlier cut has torn is renewed in
 * between: a cut there has taken the start from the ones that have counted it. */
static bool is_between_counts(const struct device *device, const struct otter_sim_flash *flash,
                              const struct otter_sim_operation *operation)
{
    if (story_image_count(device->story) == 1) {
        return false;
    }
    if (device->story->subject->in_place) {
        return counts_as_begun(device, device->primary)
               || counts_as_begun(device, device->secondary);
    }
    return story_attempts(device->story) > 1 && lies_in_log(device, flash, operation)
           && counts_as_begun(device, device->primary);
}

/* Some cuts take a start from a trial without anybody's fault, and no bootloader can know better. The
 * write that counts the start arrived whole, but the program did not get to run; or the program did
 * run, and not one bit of its confirmation arrived; or such a bit reads differently each time. */
static bool cut_spent_a_start(struct device *device, const struct otter_sim_flash *flash,
                              const struct otter_sim_operation *operation, const uint8_t *src,
                              bool while_booting)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slots = slots_of_trial(device, flash, operation);
    const struct otter_area *slot;
    bool is_copy_done;

    if (while_booting && is_between_counts(device, flash, operation)) {
        return true;
    }
    if (operation->kind != OTTER_SIM_PROGRAM) {
        return false;
    }
    if (is_count_of_attempts(device, flash, operation) || is_tally(device, flash, operation, src)) {
        return true;
    }
    if (slots == NULL) {
        return false;
    }
    slot = device_slot_at(device, slots, flash, operation->offset);
    is_copy_done = touches(operation, slot, otter_trailer_copy_done_offset(shape, slot->size));
    if (!is_copy_done
        && !touches(operation, slot, otter_trailer_image_ok_offset(shape, slot->size))) {
        return false;
    }
    return otter_sim_flash_is_loose(flash, operation->offset, operation->len)
           || (is_copy_done ? counts_as_begun(device, slots)
                            : counts_as_unconfirmed(device, slots));
}

void device_copy_cut(struct device *device, const struct device *from, uint8_t number,
                     const struct otter_sim_operation *operation, const uint8_t *src,
                     const struct cut *cut)
{
    struct otter_sim_flash *flash = &device->board.devices[number];

    device_copy(device, from);
    device->board.power.noise = cut->seed; /* so that a replay reads what the search has read */
    otter_sim_flash_interrupt(flash, operation, src, cut->damage, cut->seed);
    otter_sim_power_on(&device->board.power);
    if (cut->damage == OTTER_SIM_LOOSE) {
        device->facts.salt = (uint8_t)(cut->seed + 1);
    }
    if (cut_spent_a_start(device, flash, operation, src, from->is_booting)
        && device->facts.spent_starts < story_attempts(device->story)) {
        device->facts.spent_starts++;
    }
    if (story_has_golden(device->story)) {
        golden_note_cut(device, flash, operation);
    }
}
