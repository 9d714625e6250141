/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/bootstate.h"
#include "tests.h"

/* docs/formats/trailer.md, "Decision", written a second time, as prose would have it. */
static enum otter_swap_type specified(const struct otter_trailer *p, const struct otter_trailer *s)
{
    if (s->magic == OTTER_FLAG_SET) {
        return s->image_ok == OTTER_FLAG_SET ? OTTER_SWAP_PERM : OTTER_SWAP_TEST;
    }
    if (p->magic == OTTER_FLAG_SET && p->copy_done == OTTER_FLAG_SET
        && p->image_ok == OTTER_FLAG_UNSET) {
        return OTTER_SWAP_REVERT;
    }
    return OTTER_SWAP_NONE;
}

static void every_combination_of_flags_is_decided_as_specified(void **state)
{
    (void)state;
    for (unsigned combination = 0; combination < 3 * 3 * 3 * 3 * 3 * 3; combination++) {
        const struct otter_trailer primary = {
            .magic = (enum otter_flag)(combination % 3),
            .image_ok = (enum otter_flag)(combination / 3 % 3),
            .copy_done = (enum otter_flag)(combination / 9 % 3),
        };
        const struct otter_trailer secondary = {
            .magic = (enum otter_flag)(combination / 27 % 3),
            .image_ok = (enum otter_flag)(combination / 81 % 3),
            .copy_done = (enum otter_flag)(combination / 243 % 3),
        };
        const char *because = NULL;

        assert_int_equal(otter_swap_decide(&primary, &secondary, &because),
                         specified(&primary, &secondary));
        assert_non_null(because);
    }
}

static void swap_info_has_no_part_in_the_decision(void **state)
{
    const struct otter_trailer primary = { .swap_type = OTTER_SWAP_REVERT };
    const struct otter_trailer secondary = { .swap_type = OTTER_SWAP_PERM };

    (void)state;
    assert_int_equal(otter_swap_decide(&primary, &secondary, NULL), OTTER_SWAP_NONE);
}

int test_decide(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_of_flags_is_decided_as_specified),
        cmocka_unit_test(swap_info_has_no_part_in_the_decision),
    };

    return cmocka_run_group_tests_name("bootstate: decision", tests, NULL, NULL);
}
