/* SPDX-License-Identifier: Apache-2.0 */

/* Dependencies between images: which version of another an image asks for, and whether the set that
 * would come of the moves that are due has it. docs/formats/several-images.md. */

#include "set.h"

/* The program that will run once the move that is due is made. */
static enum otter_result open_prospect(const struct otter_set *set,
                                       const struct otter_boot_course *course,
                                       struct otter_image *image)
{
    if (set->is_settled) {
        *image = course->outcome->image;
        return OTTER_OK;
    }
    if (course->move.type != OTTER_SWAP_NONE && !course->move_is_whole) {
        *image = course->update;
        return OTTER_OK;
    }
    return otter_image_open(&course->slots.primary, 0, course->slots.primary.size, image);
}

static bool is_met(const struct otter_set *set, const struct otter_dependency *dependency)
{
    struct otter_image other;

    return dependency->image < set->end - set->courses
           && open_prospect(set, &set->courses[dependency->image], &other) == OTTER_OK
           && otter_version_compare(&other.header.version, &dependency->at_least) >= 0;
}

/* A slot without an image depends on nothing; whether it may be empty is not asked here. */
static bool is_content(const struct otter_set *set, const struct otter_boot_course *course)
{
    struct otter_tlv_iterator iterator;
    struct otter_dependency dependency;
    struct otter_image image;
    enum otter_result result;

    if (open_prospect(set, course, &image) != OTTER_OK) {
        return true;
    }
    otter_tlv_begin(&iterator, &image);
    while ((result = otter_dependency_next(&iterator, &dependency)) == OTTER_OK) {
        if (!is_met(set, &dependency)) {
            return false;
        }
    }
    return result == OTTER_ERR_NOT_FOUND;
}

struct otter_boot_course *otter_set_find_discontent(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (!is_content(set, course)) {
            return course;
        }
    }
    return NULL;
}

enum otter_result otter_set_find_obstacle(const struct otter_set *set)
{
    for (const struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (course->obstacle != OTTER_OK) {
            return course->obstacle;
        }
    }
    return OTTER_OK;
}
