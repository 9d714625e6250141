/* SPDX-License-Identifier: Apache-2.0 */

/* Judging images: the staged one before anything is erased for it, the primary's before it is
 * started. */

#include "course.h"

struct otter_workspace otter_boot_workspace(const struct otter_boot_config *config)
{
    return (struct otter_workspace){
        .buffer = config->buffer,
        .size = config->buffer_size,
        .feed_watchdog = config->hooks->feed_watchdog,
        .context = config->hooks_context,
    };
}

static enum otter_verdict verify(const struct otter_boot_course *course,
                                 const struct otter_image *image, enum otter_result *reason)
{
    const struct otter_boot_config *config = course->slots.config;
    const struct otter_workspace work = otter_boot_workspace(config);

    return otter_image_verify(image, &config->trust, &work, reason);
}

/* What the header says against running the program from @p slot: it is for no start at all, or it was
 * linked for another address. */
static enum otter_result judge_header(const struct otter_image_header *header,
                                      const struct otter_area *slot)
{
    if ((header->flags & OTTER_IMAGE_NON_BOOTABLE) != 0) {
        return OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    if ((header->flags & OTTER_IMAGE_ROM_FIXED) != 0
        && header->load_address != slot->flash->geometry->address + slot->offset) {
        return OTTER_ERR_IMAGE_ADDRESS;
    }
    return OTTER_OK;
}

/* ---- the staged image ----------------------------------------------------------------------- */

static enum otter_result open_image(const struct otter_boot_course *course,
                                    const struct otter_area *slot, uint32_t start,
                                    struct otter_image *image)
{
    if (slot->flash == NULL) {
        return OTTER_ERR_FLASH;
    }
    return otter_image_open(slot, start, course->slots.max_image_size, image);
}

/* In the secondary slot, encrypted images lie as they came. */
static enum otter_verdict verify_staged(const struct otter_boot_course *course,
                                        const struct otter_image *image, enum otter_result *reason)
{
    const struct otter_boot_encryption *encryption = course->slots.config->encryption;

    return encryption == NULL ? verify(course, image, reason)
                              : encryption->verify_staged(&course->slots, image, reason);
}

/* Does the image in the primary slot, of any size that the slot can hold, verify? */
static bool primary_verifies(const struct otter_boot_course *course, struct otter_image *image)
{
    const struct otter_area *primary = &course->slots.primary;
    enum otter_result reason;

    return otter_image_open(primary, 0, primary->size, image) == OTTER_OK
           && verify(course, image, &reason) == OTTER_VERDICT_GOOD;
}

/* A primary that would not start outranks nobody: otherwise what a cut has left of its header could
 * keep the update out that would repair it. */
static bool is_downgrade(const struct otter_boot_course *course)
{
    const struct otter_downgrade_rule *rule = course->slots.config->downgrade;
    struct otter_image running;

    return rule != NULL
           && otter_image_open(&course->slots.primary, 0, course->slots.primary.size, &running)
                  == OTTER_OK
           && rule->forbids(&running, &course->update) && primary_verifies(course, &running);
}

/* What keeps the image in the primary slot from going to the secondary and coming back.
 *
 * @param opened  what came of opening it; something that is no image may go any way */
static enum otter_result obstacle(const struct otter_boot_course *course,
                                  const struct otter_image *old, enum otter_result opened)
{
    const struct otter_boot_encryption *encryption = course->slots.config->encryption;

    if (opened == OTTER_ERR_IMAGE_TOO_BIG) {
        return OTTER_ERR_NO_SPACE;
    }
    if (opened == OTTER_OK && encryption != NULL) {
        return encryption->check_key(&course->slots, old);
    }
    return OTTER_OK;
}

/* Bytes at the start of the slots that the move concerns. An image in the primary slot that cannot
 * be exchanged is given up only if it could not be started either.
 *
 * @return OTTER_OK, OTTER_ERR_NO_SPACE, or as otter_image_decrypt() for the primary's image */
static enum otter_result size_move(struct otter_boot_course *course)
{
    struct otter_image old;
    enum otter_result result = open_image(course, &course->slots.primary, 0, &old);

    course->move.size = course->update.size;
    if (!course->slots.config->strategy->moves->exchanges) {
        return OTTER_OK;
    }
    if (result == OTTER_OK && old.size > course->move.size) {
        course->move.size = old.size;
    }
    result = obstacle(course, &old, result);
    return result != OTTER_OK && primary_verifies(course, &old) ? result : OTTER_OK;
}

enum otter_result otter_course_judge_update(struct otter_boot_course *course)
{
    struct otter_image *update = &course->update;
    enum otter_result result;

    *update = (struct otter_image){ 0 };
    result = open_image(course, &course->slots.secondary,
                        otter_boot_staged_at(&course->slots, course->move.type), update);
    if (result == OTTER_OK) {
        result = judge_header(&update->header, &course->slots.primary);
    }
    if (result != OTTER_OK) {
        return result;
    }
    if (verify_staged(course, update, &result) != OTTER_VERDICT_GOOD) {
        return result;
    }
    if (course->move.type != OTTER_SWAP_REVERT && is_downgrade(course)) {
        return OTTER_ERR_DOWNGRADE;
    }
    return size_move(course);
}

void otter_course_judge(struct otter_boot_course *course)
{
    enum otter_result reason;

    if (course->move.type == OTTER_SWAP_NONE || otter_course_is_interrupted(course)) {
        return;
    }
    reason = otter_course_judge_update(course);
    if (reason != OTTER_OK) {
        otter_course_refuse(course, reason);
    }
}

/* ---- the program to start ------------------------------------------------------------------- */

/* A product may choose not to verify at every boot. What was just moved is verified all the same.
 * Everything is volatile, so that each question reads all of it anew. */
static bool is_trusted_unseen(const volatile struct otter_boot_course *course)
{
    const volatile struct otter_boot_config *config = course->slots.config;

    return config->trust_primary && course->move.type == OTTER_SWAP_NONE;
}

/* Asked twice: skipping what leads to one answer does not make a program good that was to be
 * verified. */
static enum otter_verdict judge_bytes(const struct otter_boot_course *course,
                                      enum otter_result *reason)
{
    volatile enum otter_verdict verdict = OTTER_VERDICT_BAD;

    if (is_trusted_unseen(course)) {
        verdict = OTTER_VERDICT_GOOD;
    }
    if (!is_trusted_unseen(course)) {
        verdict = verify(course, &course->outcome->image, reason);
    }
    return verdict;
}

/* The verdict starts out bad and is then copied, never decided upon: a skipped call, store or branch
 * leaves a value that is not OTTER_VERDICT_GOOD. */
enum otter_result otter_course_verify_program(struct otter_boot_course *course)
{
    struct otter_boot_outcome *outcome = course->outcome;
    enum otter_result reason;

    outcome->verdict = OTTER_VERDICT_BAD;
    /* An image that was programmed here may be larger than one that can be installed. */
    reason = otter_image_open(&outcome->slot, 0, outcome->slot.size, &outcome->image);
    if (reason == OTTER_OK) {
        reason = judge_header(&outcome->image.header, &outcome->slot);
    }
    if (reason != OTTER_OK) {
        return reason;
    }
    outcome->vector_table = outcome->slot.flash->geometry->address + outcome->slot.offset
                            + outcome->image.header.header_size;
    outcome->verdict = judge_bytes(course, &reason);
    return reason;
}

enum otter_result otter_course_judge_program(struct otter_boot_course *course)
{
    enum otter_result result;

    course->outcome->slot = course->slots.primary;
    result = otter_course_verify_program(course);
    if (result == OTTER_OK) {
        return OTTER_OK;
    }
    if (course->obstacle != OTTER_OK) {
        result = course->obstacle;
        course->outcome->refusal = result;
    }
    otter_course_tell(course, OTTER_BOOT_INVALID, result, NULL);
    return result;
}
