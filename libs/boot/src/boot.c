/* SPDX-License-Identifier: Apache-2.0 */

/* The orchestration of one image: finish what a cut interrupted, else decide; judge the staged image
 * before anything is erased; let the strategy move it; verify what is now in the primary slot; end
 * the move; name the program to start. several.c does the same for a set. */

#include <stddef.h>

#include "course.h"

#define BUFFER_SIZE_MIN 256u

static void do_not_feed(void *context)
{
    (void)context;
}

static void do_not_report(void *context, const struct otter_boot_event *event)
{
    (void)context;
    (void)event;
}

const struct otter_boot_hooks otter_boot_no_hooks = {
    .feed_watchdog = do_not_feed,
    .report = do_not_report,
};

/* ---- does the configuration work ------------------------------------------------------------ */

static bool buffer_suits(const struct otter_boot_config *config)
{
    if (config->buffer_size < BUFFER_SIZE_MIN) {
        return false;
    }
    for (uint8_t i = 0; i < config->layout->device_count; i++) {
        if (config->buffer_size % config->layout->devices[i].write_size != 0) {
            return false;
        }
    }
    return true;
}

/* Of the first two, neither works without the other; and a set is started whole or not at all. */
static bool parts_suit(const struct otter_boot_config *config)
{
    return (config->encryption != NULL) == (config->trust.decryption_key != NULL)
           && (config->several != NULL || config->layout->image_count <= 1);
}

/* ---- one image ------------------------------------------------------------------------------ */

/* One round: act, and see what there is to start. */
static enum otter_result go_once(struct otter_boot_course *course)
{
    enum otter_result result = otter_course_find(course);

    if (result != OTTER_OK) {
        return result;
    }
    if (!otter_course_is_interrupted(course)) {
        otter_course_decide(course);
    }
    otter_course_judge(course);
    otter_course_run(course);
    result = otter_course_judge_program(course);
    /* Only what was verified as it lies is started. */
    return otter_course_end(course, result == OTTER_OK) == OTTER_OK
               ? result
               : otter_course_judge_program(course);
}

static enum otter_result go_by_moving(struct otter_boot_course *course)
{
    const enum otter_result result = go_once(course);

    return result != OTTER_OK && otter_course_can_go_back(course) ? go_once(course) : result;
}

static enum otter_result go_in_place(struct otter_boot_course *course)
{
    const struct otter_boot_in_place *in_place = course->slots.config->strategy->in_place;
    const enum otter_result result = in_place->choose(course, 0);

    if (result == OTTER_OK) {
        in_place->begin(course);
    }
    return result;
}

static enum otter_result go_alone(const struct otter_boot_config *config,
                                  struct otter_boot_outcome *outcome)
{
    struct otter_boot_course course;
    const enum otter_result result = otter_course_open(&course, config, 0, outcome);

    if (result != OTTER_OK) {
        return result;
    }
    return config->strategy->in_place == NULL ? go_by_moving(&course) : go_in_place(&course);
}

enum otter_result otter_boot_go(const struct otter_boot_config *config,
                                struct otter_boot_outcome *outcome)
{
    *outcome =
        (struct otter_boot_outcome){ .verdict = OTTER_VERDICT_BAD, .swap_done = OTTER_SWAP_NONE };
    if (!buffer_suits(config) || !parts_suit(config)) {
        return OTTER_ERR_ARGUMENT;
    }
    return config->several == NULL ? go_alone(config, outcome)
                                   : config->several->go(config, outcome);
}
