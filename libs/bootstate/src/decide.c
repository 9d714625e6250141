/* SPDX-License-Identifier: Apache-2.0 */

/* The boot decision: the table of docs/formats/trailer.md, "Decision", row by row. */

#include <stddef.h>

#include "otter/bootstate.h"

/* What a row asks of a flag: a set of the flag's states. */
enum wanted {
    UNSET = 1u << OTTER_FLAG_UNSET,
    SET = 1u << OTTER_FLAG_SET,
    BAD = 1u << OTTER_FLAG_BAD,
    ANY = UNSET | SET | BAD,
};

struct rule {
    uint8_t primary_magic;
    uint8_t secondary_magic;
    uint8_t primary_image_ok;
    uint8_t secondary_image_ok;
    uint8_t primary_copy_done;
    enum otter_swap_type type;
    const char *because;
};

/* The primary's magic alone says nothing, and the secondary's magic does not stand in the way of a
 * revert: a request that was cut while it was written must not keep a bad trial alive. */
static const struct rule rules[] = {
    /* magic:         image_ok:              copy_done:
     * prim. second.  primary  secondary     primary */
    { ANY, SET, ANY, UNSET | BAD, ANY, OTTER_SWAP_TEST, "an update is pending, on trial" },
    { ANY, SET, ANY, SET, ANY, OTTER_SWAP_PERM, "an update is pending, for good" },
    { SET, ANY, UNSET, ANY, SET, OTTER_SWAP_REVERT, "the trial was not confirmed" },
    { ANY, ANY, ANY, ANY, ANY, OTTER_SWAP_NONE, "no update is pending" },
};

static bool is_one_of(enum otter_flag flag, unsigned wanted)
{
    return (1u << flag & wanted) != 0;
}

static bool matches(const struct rule *rule, const struct otter_trailer *primary,
                    const struct otter_trailer *secondary)
{
    return is_one_of(primary->magic, rule->primary_magic)
           && is_one_of(secondary->magic, rule->secondary_magic)
           && is_one_of(primary->image_ok, rule->primary_image_ok)
           && is_one_of(secondary->image_ok, rule->secondary_image_ok)
           && is_one_of(primary->copy_done, rule->primary_copy_done);
}

enum otter_swap_type otter_swap_decide(const struct otter_trailer *primary,
                                       const struct otter_trailer *secondary, const char **because)
{
    const struct rule *rule = rules;

    /* The last row matches everything. */
    while (!matches(rule, primary, secondary)) {
        rule++;
    }
    if (because != NULL) {
        *because = rule->because;
    }
    return rule->type;
}
