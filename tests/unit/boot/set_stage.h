/* SPDX-License-Identifier: Apache-2.0 */

/** A board with several images of release 1, and short words for what tests do with them. */
#ifndef OTTER_BOOT_TEST_SET_STAGE_H
#define OTTER_BOOT_TEST_SET_STAGE_H

#include "test_set_board.h"

#define SET_RELEASES 3u /* 1, 2 and, for stories about what comes next, 3 */

struct set_program {
    uint8_t bytes[OTTER_TEST_SET_SLOT_SIZE];
    uint32_t size;
};

struct set_stage {
    struct otter_test_set_board board;
    struct otter_test_signer vendor;
    struct otter_boot_outcome outcome;
    /** Of release r, all images have version r and depend on each other having it. */
    struct set_program programs[SET_RELEASES + 1u][OTTER_BOOT_IMAGES_MAX];
};

extern struct set_stage set;

/** Release 1 in all primary slots. */
void set_open(const struct otter_strategy *strategy, uint8_t image_count, bool is_external);
void set_close(void);

/** Make another program for @p image; its size is about two sectors. */
struct set_program set_make(uint8_t version, const struct otter_test_dependency *dependencies,
                            uint8_t dependency_count);

/** Put a program into the secondary slot of @p image. */
void set_load(uint8_t image, const struct set_program *program);
/** And make it pending. */
void set_request(uint8_t image, const struct set_program *program, bool permanent);
/** The same for all images of a release. */
void set_request_release(uint8_t release, bool permanent);

void set_confirm(uint8_t image);

enum otter_result set_boot(void);

/** Does the primary slot of @p image hold this program? */
bool set_holds(uint8_t image, const struct set_program *program);

/** The release that lies in all primary slots; 0 if they are not of one. */
uint8_t set_release(void);

#endif
