/* SPDX-License-Identifier: Apache-2.0 */

/* Going back to the golden image.
 *
 * A restore is a revert by overwriting, with the golden area in the place of the secondary
 * slot; nothing is ever written to that area. A record says from before the first erase to after the
 * last check that the restore is under way, so a cut is known for what it was. */

#include "otter/boot_recovery.h"

#include <stddef.h>
#include <string.h>

#include "course.h"
#include "otter/recovery.h"

/* One boot of a bootloader that can go back. */
struct visit {
    const struct otter_boot_config *config;
    const struct otter_boot_recovery *recovery;
    struct otter_area record_area;
    struct otter_recovery_record record;
    struct otter_boot_outcome *outcome;
    enum otter_result result; /* of the boot so far: OTTER_OK if there is a program to start */
};

static void tell(const struct visit *visit, struct otter_boot_event event)
{
    visit->config->hooks->report(visit->config->hooks_context, &event);
}

/* ---- the record ----------------------------------------------------------------------------- */

static enum otter_result note(struct visit *visit, enum otter_recovery_state state)
{
    visit->record.state = state;
    return otter_recovery_write(&visit->record_area, &visit->record);
}

static bool counts(const struct visit *visit, bool last_start_failed)
{
    return last_start_failed && visit->recovery->failed_starts_max > 0
           && visit->record.failed_starts < UINT8_MAX;
}

/* A record that cannot be read says nothing, and one that cannot be written is lost: neither stops a
 * good program. */
static void read_record(struct visit *visit, bool last_start_failed)
{
    struct otter_recovery_record *record = &visit->record;
    bool is_old;

    if (otter_recovery_read(&visit->record_area, record) != OTTER_OK) {
        *record = (struct otter_recovery_record){ .state = OTTER_RECOVERY_SETTLED };
    }
    is_old =
        record->state == OTTER_RECOVERY_SETTLED && otter_recovery_is_doubtful(&visit->record_area);
    if (counts(visit, last_start_failed)) {
        record->failed_starts++;
        is_old = true;
    }
    if (is_old) {
        (void)note(visit, record->state);
    }
}

/* ---- the golden image as an update --------------------------------------------------------- */

/* The restore as an update that overwrites. */
struct restore {
    struct otter_boot_config config;
    struct otter_boot_course product; /* the slots as the product's strategy knows them */
    struct otter_boot_course course;  /* the same with the golden area as the secondary slot */
};

static enum otter_result open_restore(const struct visit *visit, struct restore *restore)
{
    const struct otter_boot_config *config = visit->config;
    struct otter_boot_slots *slots = &restore->course.slots;
    const enum otter_result result =
        otter_course_open(&restore->product, config, 0, visit->outcome);

    if (result != OTTER_OK) {
        return result;
    }
    restore->config = *config;
    restore->config.strategy = &otter_overwrite;
    restore->course = restore->product;
    slots->config = &restore->config;
    /* As in a revert, the image lies at the very start of its area, and may be an older one. */
    restore->course.move.type = OTTER_SWAP_REVERT;
    return otter_layout_open(config->layout, config->devices, OTTER_AREA_GOLDEN, 0,
                             &slots->secondary);
}

static bool read_hash(const struct otter_image *image, uint8_t hash[OTTER_SHA256_SIZE])
{
    size_t size = OTTER_SHA256_SIZE;

    return otter_tlv_read(image, OTTER_TLV_SHA256, false, hash, &size) == OTTER_OK
           && size == OTTER_SHA256_SIZE;
}

/* Copying a program over itself does not mend it, and wears the flash. */
static bool runs_golden_already(const struct visit *visit)
{
    uint8_t hashes[2][OTTER_SHA256_SIZE];
    struct restore restore = { 0 };
    struct otter_image golden;

    return visit->result == OTTER_OK && open_restore(visit, &restore) == OTTER_OK
           && otter_image_open(&restore.course.slots.secondary, 0, UINT32_MAX, &golden) == OTTER_OK
           && read_hash(&golden, hashes[0]) && read_hash(&visit->outcome->image, hashes[1])
           && memcmp(hashes[0], hashes[1], OTTER_SHA256_SIZE) == 0;
}

/* ---- why ------------------------------------------------------------------------------------ */

static bool was_interrupted(const struct visit *visit)
{
    return visit->recovery->resumes && visit->record.state == OTTER_RECOVERY_BEGUN;
}

static bool is_half_restored(const struct visit *visit)
{
    return visit->result == OTTER_OK && visit->record.state == OTTER_RECOVERY_BEGUN;
}

static bool has_nothing_to_start(const struct visit *visit)
{
    return visit->recovery->restores_by_itself && visit->result != OTTER_OK;
}

static bool is_requested(const struct visit *visit)
{
    return visit->record.state == OTTER_RECOVERY_REQUESTED;
}

static bool fails_too_often(const struct visit *visit)
{
    const uint8_t max = visit->recovery->failed_starts_max;

    return max > 0 && visit->record.failed_starts >= max && !runs_golden_already(visit);
}

static bool is_button_held(const struct visit *visit)
{
    return visit->result == OTTER_OK && visit->recovery->is_button_held != NULL
           && visit->recovery->is_button_held(visit->config->hooks_context);
}

static const char interrupted[] = "the power was cut during a restore";

/* Asked in this order; the first that holds is why. */
static const struct reason {
    bool (*holds)(const struct visit *visit);
    const char *because;
} reasons[] = {
    { is_half_restored, interrupted },
    { has_nothing_to_start, "there is nothing else to start" },
    { is_requested, "the program has asked for it" },
    { fails_too_often, "the program has failed too often" },
    { is_button_held, "the button is held" },
};

/* @return NULL if there is no reason to go back */
static const char *find_reason(const struct visit *visit)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].holds(visit)) {
            return reasons[i].because;
        }
    }
    return NULL;
}

/* ---- how ------------------------------------------------------------------------------------ */

static void erase_trailer(const struct otter_boot_slots *slots, const struct otter_area *area)
{
    if (area->flash != NULL) {
        (void)otter_boot_erase_tail(slots, area, area->size - otter_trailer_size(&slots->shape));
    }
}

static void erase_whole(const struct otter_boot_slots *slots, enum otter_area_role role)
{
    const struct otter_boot_config *config = slots->config;
    struct otter_area area;

    if (otter_layout_open(config->layout, config->devices, role, 0, &area) == OTTER_OK) {
        (void)otter_boot_erase_tail(slots, &area, 0);
    }
}

/* A trial that lost its trailer would be a program for good. So what lies in the primary slot is
 * spoilt before anything is forgotten. */
static enum otter_result spoil_program(const struct otter_boot_slots *slots)
{
    return otter_boot_erase(slots, &slots->primary, 0, otter_boot_sector_end(&slots->primary, 0));
}

/* No request and no move that was begun may outlast a restore, or the next boot would go on with it.
 * The primary's trailer goes first: a revert that it asks for would write to what is half erased
 * elsewhere. Another device that fails here cannot be read then either. */
static enum otter_result forget_updates(const struct otter_boot_slots *slots)
{
    const enum otter_result result = otter_boot_erase_tail(
        slots, &slots->primary, slots->primary.size - otter_trailer_size(&slots->shape));

    if (result == OTTER_OK) {
        erase_trailer(slots, &slots->secondary);
        erase_whole(slots, OTTER_AREA_SCRATCH);
        erase_whole(slots, OTTER_AREA_STATUS);
    }
    return result;
}

static enum otter_result replace_program(struct restore *restore)
{
    struct otter_boot_course *course = &restore->course;
    enum otter_result result = spoil_program(&restore->product.slots);

    if (result == OTTER_OK) {
        result = forget_updates(&restore->product.slots);
    }
    if (result == OTTER_OK) {
        result = otter_overwrite.moves->run(&course->slots, &course->move);
    }
    return result == OTTER_OK ? otter_course_judge_program(course) : result;
}

static void settle(struct visit *visit)
{
    if (visit->record.state != OTTER_RECOVERY_SETTLED || visit->record.failed_starts > 0) {
        visit->record.failed_starts = 0;
        (void)note(visit, OTTER_RECOVERY_SETTLED);
    }
}

/* From here on, there is no other program. */
static void make_restore(struct visit *visit, struct restore *restore)
{
    visit->outcome->verdict = OTTER_VERDICT_BAD;
    visit->result = replace_program(restore);
    if (visit->result == OTTER_OK) {
        visit->outcome->restored = true;
        settle(visit);
        tell(visit, (struct otter_boot_event){ .kind = OTTER_BOOT_RESTORED,
                                               .version = visit->outcome->image.header.version });
    }
}

/* Nothing is destroyed for a golden image that is no good. Whoever asked for it is told, once. */
static void refuse(struct visit *visit, const struct restore *restore, enum otter_result reason)
{
    tell(visit, (struct otter_boot_event){ .kind = OTTER_BOOT_NO_GOLDEN,
                                           .result = reason,
                                           .version = restore->course.update.header.version });
    settle(visit);
}

/* What comes of it is in the visit's outcome and result. */
static void go_back(struct visit *visit, const char *because)
{
    struct restore restore = { 0 };
    enum otter_result result;

    tell(visit, (struct otter_boot_event){ .kind = OTTER_BOOT_RESTORING, .because = because });
    result = open_restore(visit, &restore);
    if (result == OTTER_OK) {
        result = otter_course_judge_update(&restore.course);
    }
    if (result == OTTER_OK) {
        result = note(visit, OTTER_RECOVERY_BEGUN);
    }
    if (result != OTTER_OK) {
        refuse(visit, &restore, result);
        return;
    }
    make_restore(visit, &restore);
}

/* ---- one boot ------------------------------------------------------------------------------- */

static enum otter_result open_visit(struct visit *visit)
{
    const struct otter_boot_config *config = visit->config;

    if (config->several != NULL || config->strategy->in_place != NULL
        || otter_layout_find(config->layout, OTTER_AREA_GOLDEN, 0) == NULL
        || otter_layout_find(config->layout, OTTER_AREA_RECOVERY, 0) == NULL) {
        return OTTER_ERR_ARGUMENT;
    }
    return otter_layout_open(config->layout, config->devices, OTTER_AREA_RECOVERY, 0,
                             &visit->record_area);
}

/* An interrupted restore that finds another program all the same had not begun to erase. The golden
 * one may have been copied but for bits that read as they should only now and then. */
static void go(struct visit *visit)
{
    visit->result = otter_boot_go(visit->config, visit->outcome);
    if (is_half_restored(visit) && !runs_golden_already(visit)) {
        (void)note(visit, OTTER_RECOVERY_SETTLED);
    }
}

static bool was_button_pressed(const struct visit *visit)
{
    if (visit->recovery->await_button == NULL) {
        return false;
    }
    tell(visit, (struct otter_boot_event){ .kind = OTTER_BOOT_AWAITING });
    return visit->recovery->await_button(visit->config->hooks_context);
}

static void go_back_for_a_reason(struct visit *visit)
{
    const char *because = find_reason(visit);

    if (because != NULL) {
        go_back(visit, because);
    }
    while (visit->result != OTTER_OK && was_button_pressed(visit)) {
        go_back(visit, "the button was pressed");
    }
}

enum otter_result otter_boot_go_or_recover(const struct otter_boot_config *config,
                                           const struct otter_boot_recovery *recovery,
                                           bool last_start_failed,
                                           struct otter_boot_outcome *outcome)
{
    struct visit visit = { .config = config, .recovery = recovery, .outcome = outcome };
    const enum otter_result result = open_visit(&visit);

    *outcome =
        (struct otter_boot_outcome){ .verdict = OTTER_VERDICT_BAD, .swap_done = OTTER_SWAP_NONE };
    if (result != OTTER_OK) {
        return result;
    }
    read_record(&visit, last_start_failed);
    visit.result = OTTER_ERR_EMPTY_SLOT;
    if (was_interrupted(&visit)) {
        go_back(&visit, interrupted);
    }
    if (visit.result != OTTER_OK) {
        go(&visit);
        go_back_for_a_reason(&visit);
    }
    return visit.result;
}
