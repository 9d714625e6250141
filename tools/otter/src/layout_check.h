/* SPDX-License-Identifier: Apache-2.0 */

/** Can a layout work? Each reason why it cannot comes with facts and a cure. */
#ifndef OTTER_TOOL_LAYOUT_CHECK_H
#define OTTER_TOOL_LAYOUT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "layout_file.h"

#define LAYOUT_FACTS_MAX    3
#define LAYOUT_PROBLEMS_MAX 16
#define LAYOUT_IMAGES_MAX   4 /* what a bootloader takes care of */

struct layout_fact {
    char name[14];
    char text[112];
};

/** One reason. */
struct layout_problem {
    char what[160];
    struct layout_fact facts[LAYOUT_FACTS_MAX];
    size_t fact_count;
    char cure[224];
};

struct layout_report {
    struct layout_problem problems[LAYOUT_PROBLEMS_MAX];
    size_t problem_count;  /**< 0: it can work */
    uint32_t trailer_size; /**< bytes at the end of each slot */
    /** Bytes with header and TLVs, of each image; 0 if it cannot work. */
    uint32_t max_image_size[LAYOUT_IMAGES_MAX];
};

/** Check @p file against itself and against @p strategy (its own: file->strategy). */
void layout_check(const struct layout_file *file, const char *strategy,
                  struct layout_report *report);

/** Add a problem if an image of @p size bytes is larger than report->max_image_size[number].
 *
 *  @param name  what to call it */
void layout_check_image(const char *name, uint8_t number, size_t size,
                        struct layout_report *report);

/** Tell the user if the layout has no image of this number.
 *
 *  @return false if so */
bool layout_has_image(const struct layout_file *file, uint32_t number);

#endif
