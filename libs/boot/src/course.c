/* SPDX-License-Identifier: Apache-2.0 */

/* One image's part of a boot: finish what a cut interrupted, else decide; let the strategy move
 * what was judged (judge.c); end the move.
 *
 * Trouble with the secondary slot or the scratch area never ends the boot. Whether there is a
 * program to start depends on the primary's image alone. */

#include "course.h"

#include <stddef.h>

static const struct otter_boot_moves *moves_of(const struct otter_boot_course *course)
{
    return course->slots.config->strategy->moves;
}

void otter_course_tell(const struct otter_boot_course *course, enum otter_boot_event_kind kind,
                       enum otter_result result, const struct otter_version *version)
{
    struct otter_boot_event event = {
        .kind = kind,
        .swap_type = course->move.type,
        .because = course->because,
        .result = result,
    };

    if (version != NULL) {
        event.version = *version;
    }
    otter_boot_report(&course->slots, event);
}

/* ---- opening -------------------------------------------------------------------------------- */

/* An area whose device is absent is left without a flash; whoever needs it reports the failure. */
static void open_if_there(struct otter_boot_slots *slots, enum otter_area_role role, uint8_t image,
                          struct otter_area *area)
{
    const struct otter_boot_config *config = slots->config;

    if (otter_layout_open(config->layout, config->devices, role, image, area) != OTTER_OK) {
        *area = (struct otter_area){ 0 };
    }
}

static bool attempts_suit(const struct otter_boot_slots *slots)
{
    const struct otter_boot_attempts *attempts = slots->config->attempts;

    return attempts == NULL || slots->secondary.flash == NULL
           || attempts->fit(slots, &slots->secondary);
}

static uint32_t max_image_size(const struct otter_boot_config *config, uint8_t image)
{
    return config->strategy->geometry == NULL
               ? config->max_image_size
               : otter_strategy_max_image_size(config->strategy, config->layout, image, NULL);
}

enum otter_result otter_course_open(struct otter_boot_course *course,
                                    const struct otter_boot_config *config, uint8_t image,
                                    struct otter_boot_outcome *outcome)
{
    struct otter_boot_slots *slots = &course->slots;

    *course = (struct otter_boot_course){ .slots = { .config = config, .image = image },
                                          .outcome = outcome };
    slots->max_image_size = max_image_size(config, image);
    if (slots->max_image_size == 0) {
        return OTTER_ERR_ARGUMENT;
    }
    slots->shape = otter_trailer_shape(config->layout);
    open_if_there(slots, OTTER_AREA_SECONDARY, image, &slots->secondary);
    open_if_there(slots, OTTER_AREA_SCRATCH, 0, &slots->scratch);
    if (!attempts_suit(slots)) {
        return OTTER_ERR_ARGUMENT;
    }
    return otter_layout_open(config->layout, config->devices, OTTER_AREA_PRIMARY, image,
                             &slots->primary);
}

/* ---- deciding ------------------------------------------------------------------------------- */

enum otter_result otter_course_find(struct otter_boot_course *course)
{
    course->move_is_whole = false;
    course->tries_again = false;
    course->obstacle = OTTER_OK;
    return moves_of(course)->find(&course->slots, &course->move);
}

/* A slot that does not answer asks for nothing. It may hold what would help, if there is nothing to
 * start. */
static void read_request(struct otter_boot_course *course, struct otter_trailer *request)
{
    const struct otter_area *secondary = &course->slots.secondary;
    uint8_t byte;

    *request = (struct otter_trailer){ .swap_type = OTTER_SWAP_NONE };
    if (otter_area_read(secondary, otter_trailer_magic_offset(secondary->size), &byte, 1)
        != OTTER_OK) {
        course->obstacle = OTTER_ERR_FLASH;
        return;
    }
    otter_trailer_read(secondary, &course->slots.shape, request);
}

/* A revert that is due by the trailers may have to wait.
 *
 * @return why it does, or NULL */
static const char *postpone_revert(struct otter_boot_course *course)
{
    const struct otter_boot_attempts *attempts = course->slots.config->attempts;

    if (course->no_revert_because != NULL || attempts == NULL) {
        return course->no_revert_because;
    }
    return attempts->give(course);
}

/* A revert that was announced is one, whatever the trailers say: they may have been erased for it. */
static enum otter_swap_type decide(struct otter_boot_course *course,
                                   const struct otter_trailer *own,
                                   const struct otter_trailer *request)
{
    const enum otter_swap_type announced = course->move.type;
    const enum otter_swap_type type = otter_swap_decide(own, request, &course->because);
    const char *why_not;

    if (type == OTTER_SWAP_NONE && announced != OTTER_SWAP_NONE) {
        course->because = "a revert was announced before the power was cut";
        return announced;
    }
    if (type != OTTER_SWAP_REVERT || announced != OTTER_SWAP_NONE) {
        return type;
    }
    why_not = postpone_revert(course);
    if (why_not == NULL) {
        return OTTER_SWAP_REVERT;
    }
    course->because = why_not;
    return OTTER_SWAP_NONE;
}

void otter_course_decide(struct otter_boot_course *course)
{
    struct otter_trailer own;
    struct otter_trailer request;

    otter_trailer_read(&course->slots.primary, &course->slots.shape, &own);
    read_request(course, &request);
    course->move = (struct otter_boot_move){ .type = decide(course, &own, &request) };
    otter_course_tell(course, OTTER_BOOT_DECIDED, OTTER_OK, NULL);
}

/* The image may be sound and only its device, the crypto provider or the rest of its set in trouble:
 * ask again then. Of a device in which it is damaged, there is nothing else to wait for. */
static bool is_final(const struct otter_boot_course *course, enum otter_result reason)
{
    const struct otter_boot_slots *slots = &course->slots;

    if (reason == OTTER_ERR_FLASH) {
        return slots->secondary.flash != NULL
               && otter_boot_is_damaged(slots, &slots->secondary,
                                        otter_boot_staged_at(slots, course->move.type),
                                        slots->max_image_size);
    }
    return reason != OTTER_ERR_CRYPTO && reason != OTTER_ERR_DEPENDENCY;
}

/* So that it is not judged again at every boot, a refused image loses its request, and gets a note of
 * why. A note that cannot be written is one that nobody reads. */
static void withdraw_request(const struct otter_boot_slots *slots, enum otter_result reason)
{
    const struct otter_area *secondary = &slots->secondary;
    const uint32_t from = otter_trailer_swap_info_offset(&slots->shape, secondary->size);

    if (otter_boot_erase_tail(slots, secondary, from) == OTTER_OK) {
        (void)otter_bootstate_note_refusal(secondary, &slots->shape, slots->image, reason);
    }
}

static void tell_refusal(struct otter_boot_course *course, enum otter_result reason)
{
    const struct otter_version *version = &course->update.header.version;

    otter_course_tell(course, OTTER_BOOT_REFUSED, reason, version);
    course->outcome->refusal = reason;
    course->outcome->refused_image = course->slots.image;
    course->outcome->refused_version = *version;
}

/* A revert has no request: it stays wanted until the trial is confirmed. */
void otter_course_refuse(struct otter_boot_course *course, enum otter_result reason)
{
    tell_refusal(course, reason);
    if (course->move.type != OTTER_SWAP_REVERT && is_final(course, reason)) {
        withdraw_request(&course->slots, reason);
    }
    course->move.type = OTTER_SWAP_NONE;
}

/* ---- acting --------------------------------------------------------------------------------- */

/* Every move takes the secondary slot. */
static enum otter_result run(const struct otter_boot_course *course)
{
    return course->slots.secondary.flash == NULL
               ? OTTER_ERR_FLASH
               : moves_of(course)->run(&course->slots, &course->move);
}

void otter_course_run(struct otter_boot_course *course)
{
    if (course->move.type == OTTER_SWAP_NONE) {
        return;
    }
    if (otter_course_is_interrupted(course)) {
        otter_course_tell(course, OTTER_BOOT_RESUMED, OTTER_OK, NULL);
    }
    course->obstacle = run(course);
    course->move_is_whole = course->obstacle == OTTER_OK;
    if (!course->move_is_whole) {
        tell_refusal(course, course->obstacle);
    }
}

/* An attempt that cannot be counted begins all the same: a failing secondary device stops nobody. */
static void begin_attempt(const struct otter_boot_course *course)
{
    const struct otter_boot_slots *slots = &course->slots;

    if (course->tries_again) {
        (void)slots->config->attempts->count(slots, &slots->secondary);
    }
}

enum otter_result otter_course_end(struct otter_boot_course *course, bool is_good)
{
    enum otter_result result;

    if (!course->move_is_whole) {
        if (is_good) {
            begin_attempt(course);
        }
        return OTTER_OK;
    }
    if (is_good) {
        otter_course_tell(course, OTTER_BOOT_INSTALLED, OTTER_OK,
                          &course->outcome->image.header.version);
    }
    course->outcome->swap_done = course->move.type;
    result = moves_of(course)->finish(&course->slots, &course->move, is_good);
    if (result != OTTER_AGAIN) {
        course->obstacle = result;
    }
    return result;
}

bool otter_course_can_go_back(struct otter_boot_course *course)
{
    course->is_out_of_patience = true;
    return course->tries_again || (course->move_is_whole && course->move.type != OTTER_SWAP_REVERT);
}
