/* SPDX-License-Identifier: Apache-2.0 */

/* The power-cut test: the real bootloader on the simulated flash, cut at every operation. What is
 * tried: strategies, what happens to them, on which boards, with which programs. */
#ifndef OTTER_POWERCUT_H
#define OTTER_POWERCUT_H

#include "otter/boot_recovery.h"
#include "test_board.h"

/** How often a strategy may erase a sector. A move is one exchange of the slots, or one copy. */
struct promise {
    uint8_t image; /**< in one move, a sector that holds bytes of an image only */
    uint8_t tail;  /**< one that holds bytes of a trailer */
    uint8_t
        scratch_each_piece; /**< a sector of the scratch area, for each piece that goes through it */
    uint8_t scratch;        /**< and for the records that stand there */
    uint8_t notes_each_piece; /**< notes in the status area, where each may cost an erase */
    uint8_t notes;            /**< and those that belong to no piece */
    uint8_t moves_each_cut;   /**< what a cut may add to these two areas */
    uint8_t image_each_cut;   /**< what a cut may add, wherever it lands */
    uint8_t tail_each_cut;    /**< also to a sector of the scratch area */
};

/** A strategy under test. */
struct subject {
    const struct otter_strategy *strategy;
    bool reverts;                  /**< it knows trials */
    bool encrypts;                 /**< it takes encrypted images */
    bool in_place;                 /**< it moves nothing: programs run from either slot */
    bool is_slow;                  /**< the quick set has fewer of its stories */
    enum otter_sim_damage damages; /**< it survives those before this one */
    struct promise promise;
    uint32_t quick_minimum;     /**< the quick set has at least so many cuts of it */
    uint32_t mutations_minimum; /**< and the self-test so many ways to break it */
};

/** Ended by one without a strategy. */
extern const struct subject subjects[];

const struct subject *subject_find(const char *name);

/** Why a story goes back to the golden image. */
enum occasion {
    NO_OCCASION,         /**< it does not */
    EMPTY_DEVICE,        /**< at first there is no program but the golden one */
    BUTTON,              /**< it is held at each boot until the golden program runs */
    BUTTON_ONCE,         /**< it is held once, whatever comes of it */
    BUTTON_WITH_UPDATE,  /**< it is held from when the update has been requested */
    BUTTON_AFTER_UPDATE, /**< it is held from when the new program has had a start */
    PROGRAM_ASKS,
    PROGRAM_FAILS, /**< the watchdog bites whenever the old program runs */
};

/** Bootloaders that go back (golden.c): by the button alone; by the button, but a restore that was begun
 * goes on without it; and without a button. */
extern const struct otter_boot_recovery golden_by_hand;
extern const struct otter_boot_recovery golden_resuming;
extern const struct otter_boot_recovery golden_by_itself;

/** What the running programs do: the user's side of the story. */
struct scenario {
    const char *name;
    bool permanent;        /**< the update is requested for good */
    bool confirms;         /**< the new program confirms itself */
    bool padded;           /**< the old program was programmed with a trailer, as imgtool pads it */
    bool after_revert;     /**< an update was tried and reverted before */
    bool update_is_forged; /**< it must be refused */
    bool trusts_primary;   /**< the bootloader verifies the primary only after a move */
    uint8_t images;        /**< so many are updated together; 0: one */
    uint8_t attempts;      /**< that a trial gets; 0: one, as in MCUboot */
    uint8_t confirms_late; /**< the new program is started so often before it confirms itself */
    uint8_t old_key_size;  /**< 16 or 32: the old program came encrypted; 0: it did not */
    uint8_t new_key_size;  /**< the same of the update, and of the one after it */
    bool ends_with_update; /**< which program must run in the end */
    uint8_t moves;         /**< so many of them, if nothing is cut */
    uint8_t refusals;      /**< and so many requests that are erased without one */
    enum occasion occasion; /**< to go back to the golden image, which it then ends with */
    const struct otter_boot_recovery *recovery; /**< NULL: without an occasion */
};

/** Ended by one without a name. */
extern const struct scenario scenarios[];

const struct scenario *scenario_find(const char *name);

/** How large a program's image is. */
enum extent { SMALLEST, ONE_SECTOR, HALF, LARGEST };

struct sizes {
    const char *name;
    enum extent old_extent;
    enum extent new_extent;
};

/** Ended by one without a name. */
extern const struct sizes all_sizes[];

const struct sizes *sizes_find(const char *name);

/** Boards with sectors of real sizes, whose second cuts are a sample. Ended by one without a name. */
extern const struct otter_test_geometry large_geometries[];

/** Among those of the test board, which are small, and the large ones. */
const struct otter_test_geometry *geometry_find(const char *name);

/** One row of the matrix. */
struct story {
    const struct subject *subject;
    const struct scenario *scenario;
    const struct otter_test_geometry *geometry;
    const struct sizes *sizes;
};

/** Can this happen at all: does the strategy know trials, the layout fit it, the image the layout? */
bool story_is_possible(const struct story *story);

uint8_t story_image_count(const struct story *story);

/** Starts that a trial gets before it is reverted. */
uint8_t story_attempts(const struct story *story);

bool story_has_encryption(const struct story *story);

bool story_has_golden(const struct story *story);

/** Is the board small enough for every pair of cuts? */
bool story_is_small(const struct story *story);

/** A loss of power. */
struct cut {
    uint32_t at; /**< operation, from 1, counted from the cut before it */
    enum otter_sim_damage damage;
    uint32_t seed;
};

#define CUTS_MAX 3u

/** Print the line that replays a story with cuts. */
void print_replay(const struct story *story, const struct cut *cuts, uint32_t count);

#endif
