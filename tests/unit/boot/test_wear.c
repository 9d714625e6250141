/* SPDX-License-Identifier: Apache-2.0 */

/* What one update costs the flash, on slots of a real size: the figures that docs/figures.md prints
 * must not get worse unnoticed. */

#include "stage.h"
#include "test_cost.h"
#include "tests.h"

#define KIB 1024u

struct limit {
    const struct otter_strategy *strategy;
    const char *geometry;
    uint32_t image;      /* 0: the largest */
    uint32_t largest;    /* image */
    uint32_t erases;     /* of all sectors */
    uint32_t worst;      /* of one sector of the slots */
    uint32_t programmed; /* bytes, at most */
};

/* On sectors of 4 KiB with write units of 8, MCUboot erases 240 and 54 sectors (overwrite), 714 and 155
 * (swap with scratch), 709 and 154 (by move), 474 and 104 (by offset, for 962,560 bytes at most). */
static const struct limit limits[] = {
    { &otter_overwrite, "952k-4k", 0, 974808, 240, 2, 975000 },
    { &otter_overwrite, "952k-4k", 200 * KIB, 974808, 52, 1, 205000 },
    { &otter_swap_scratch, "952k-4k", 0, 969088, 713, 1, 2914000 },
    { &otter_swap_scratch, "952k-4k", 200 * KIB, 969088, 155, 1, 616000 },
    { &otter_swap_move, "952k-4k", 0, 962560, 709, 2, 2894000 },
    { &otter_swap_move, "952k-4k", 200 * KIB, 962560, 154, 2, 616000 },
    { &otter_swap_status, "952k-4k", 0, 974800, 720, 1, 2942000 },
    { &otter_swap_offset, "952k-4k", 0, 966656, 474, 1, 1938000 },
    { &otter_swap_offset, "952k-4k", 962560, 966656, 472, 1, 1930000 },
    { &otter_swap_offset, "952k-4k", 200 * KIB, 966656, 102, 1, 411000 },
    { &otter_swap_offset, "952k-4k-unit512", 0, 962560, 473, 1, 1932000 },
    { &otter_swap_offset, "952k-4k-unit512", 200 * KIB, 962560, 103, 1, 414000 },
    /* Large sectors do not halve the image. */
    { &otter_swap_scratch, "1m-256k", 0, 1048432, 12, 1, 3146000 },
    { &otter_swap_status, "1m-256k", 0, 1048528, 14, 1, 3146000 },
};

/* The image, once; its header and the heads of its TLVs a second time; the rest are trailers and
 * status, whose fields are each read 16 times to find bits that read differently. */
#define IDLE_READS_BESIDE_IMAGE (2u * KIB)

static void an_update_costs_no_more_than_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct limit *limit = &limits[i];
        struct otter_test_cost cost;

        assert_true(otter_test_cost_of_update(
            limit->strategy, otter_test_cost_geometry(limit->geometry), limit->image, &cost));
        assert_int_equal(cost.largest_image, limit->largest);
        assert_int_equal(cost.erases, limit->erases);
        assert_int_equal(cost.worst_of_slots, limit->worst);
        assert_int_equal(cost.erases_beyond, 0);
        assert_true(cost.bytes_programmed <= limit->programmed);
    }
}

static void a_boot_with_nothing_to_do_reads_the_image_once(void **state)
{
    (void)state;
    for (const struct otter_strategy *const *each = otter_strategies; *each != NULL; each++) {
        struct otter_test_cost cost;

        assert_true(otter_test_cost_of_update(*each, otter_test_cost_geometry("952k-4k"), 200 * KIB,
                                              &cost));
        assert_true(cost.idle_bytes_read <= cost.image_size + IDLE_READS_BESIDE_IMAGE);
    }
}

int test_wear(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_costs_no_more_than_recorded),
        cmocka_unit_test(a_boot_with_nothing_to_do_reads_the_image_once),
    };

    return cmocka_run_group_tests_name("boot: wear", tests, NULL, NULL);
}
