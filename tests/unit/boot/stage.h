/* SPDX-License-Identifier: Apache-2.0 */

/** A board with one program in its primary slot, and short words for what tests do with it. */
#ifndef OTTER_BOOT_TEST_STAGE_H
#define OTTER_BOOT_TEST_STAGE_H

#include "test_board.h"

#define STAGE_SLOT_MAX (20u * 1024u)

struct stage {
    struct otter_test_board board;
    struct otter_test_signer vendor;
    struct otter_test_signer stranger;
    struct otter_boot_outcome outcome;
    uint8_t old_image[STAGE_SLOT_MAX];
    uint8_t new_image[STAGE_SLOT_MAX];
    uint32_t old_size;
    uint32_t new_size;
    struct otter_boot_event events[64];
    uint32_t event_count;
    uint32_t feeds;
};

extern struct stage stage;

/** Version 1.0.0 in the primary slot; fake signatures. */
void stage_open(const struct otter_strategy *strategy, const char *geometry);
/** The same on a board of the caller's own.
 *
 *  @return false if that does not suit the strategy: there is nothing to close */
bool stage_open_on(const struct otter_strategy *strategy,
                   const struct otter_test_geometry *geometry);
/** As stage_open(), with ECDSA P-256. */
void stage_open_ecdsa(const struct otter_strategy *strategy, const char *geometry);
void stage_close(void);

/** What the next update shall be: 1.1.0, signed by the vendor, largest size; change as needed. */
struct otter_test_image stage_update(void);
/** Put it into the secondary slot, and make it pending. */
void stage_request(const struct otter_test_image *update, bool permanent);
/** The same with stage_update() as it is. */
void stage_request_update(bool permanent);

/** A program and a pending update, for good, of @p size bytes each, much less than the slots. */
void stage_open_small(const struct otter_strategy *strategy, const char *geometry, uint32_t size);
/** Bytes of the programmer's that no update has asked to be moved, from @p from to @p to of a slot. */
void stage_mark(const struct otter_area *slot, uint32_t from, uint32_t to);
bool stage_is_marked(const struct otter_area *slot, uint32_t from, uint32_t to);

/** The strategy takes images of so many bytes on this board; of 0, for this reason. */
void stage_assert_limit(const struct otter_strategy *strategy, uint32_t bytes, const char *because);

/** Does the strategy move images at all? */
bool stage_moves(const struct otter_strategy *strategy);
/** And back again? */
bool stage_swaps(const struct otter_strategy *strategy);
/** Run a test with each strategy that moves images. */
void stage_with_every_move(void (*test)(const struct otter_strategy *strategy));

enum otter_result stage_boot(void);
bool stage_runs_old(void);
bool stage_runs_new(void);
bool stage_holds_old(const struct otter_area *slot);
struct otter_trailer stage_trailer(const struct otter_area *slot);
bool stage_reported(enum otter_boot_event_kind kind);

#endif
