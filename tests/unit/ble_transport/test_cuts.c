/* SPDX-License-Identifier: Apache-2.0 */

/* A cut at every flash operation of an update over Bluetooth. After each the bootloader finds a whole
 * program, and a peer that comes back brings the update to its end: from where the device says, or, if
 * it is of the old kind, from the beginning. */

#include "bench.h"
#include "suites.h"

#define CHUNK 244u

/* What a peer does until the power fails. @return was it told that all is well? */
typedef bool (*transfer_function)(struct bench *bench);

static bool is_told_ok(struct bench *bench, uint16_t answer)
{
    return answer == OTTER_BLE_ATT_OK && peer_hear(bench) == 0;
}

static bool push(struct bench *bench)
{
    return is_told_ok(bench, peer_command(bench, 1))
           && is_told_ok(bench, peer_command_number(bench, 2, bench->size))
           && peer_send(bench, 0, bench->size, CHUNK) == OTTER_BLE_ATT_OK
           && is_told_ok(bench, peer_command_number(bench, 3, peer_crc(bench)));
}

static bool resume(struct bench *bench)
{
    const uint32_t offset = peer_resume(bench);

    return peer_send(bench, offset, bench->size, CHUNK) == OTTER_BLE_ATT_OK
           && is_told_ok(bench, peer_command_number(bench, 3, 0));
}

/* A request that was made before the cut installs by itself, and one that was not is made now. */
static void bring_to_its_end(struct bench *bench, transfer_function transfer)
{
    for (unsigned resets = 0; resets < 3; resets++) {
        bench_reset(bench);
        if (bench->outcome.image.header.version.minor == 1) {
            assert_int_equal(otter_agent_confirm(&bench->agent), OTTER_OK);
            bench_run(bench, 1000);
            bench_reset(bench);
            bench_assert_runs(bench, "1.1.0");
            return;
        }
        peer_connect(bench, 3);
        assert_true(transfer(bench));
        bench_run(bench, 60000);
    }
    fail_msg("1.1.0 is not installed");
}

/* @return false if the cut would come after the end */
static bool cut_at(uint32_t operation, enum otter_sim_damage damage,
                   const struct otter_ble_variant *variant, transfer_function transfer)
{
    struct bench bench;
    bool was_cut;

    bench_set_up(&bench, variant);
    bench_run(&bench, 100);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    if (transfer(&bench)) {
        bench_run(&bench, 60000);
    }
    was_cut = bench.power.is_off;
    assert_true(was_cut || bench.restarts == 1);
    bring_to_its_end(&bench, transfer);
    bench_tear_down(&bench);
    return was_cut;
}

static void assert_cuts_only_delay(const struct otter_ble_variant *variant,
                                   transfer_function transfer)
{
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_at(operation, (enum otter_sim_damage)damage, variant, transfer)) {
            operation++;
        }
        assert_true(operation > 20);
    }
}

static void a_cut_at_any_operation_only_delays_an_update(void **state)
{
    (void)state;
    assert_cuts_only_delay(&otter_ble_crc_variant, push);
}

static void so_it_does_for_a_peer_that_goes_on(void **state)
{
    (void)state;
    assert_cuts_only_delay(&otter_ble_crc_variant, resume);
}

static void so_it_does_for_signed_files(void **state)
{
    (void)state;
    assert_cuts_only_delay(&otter_ble_signed_variant, resume);
}

/* What a cut costs is bounded (docs/formats/journal.md). */
static void a_cut_late_in_a_transfer_costs_little(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench_make_file(&bench, "1.1.0", 5000);
    assert_int_equal(peer_resume(&bench), 0);
    assert_int_equal(peer_send(&bench, 0, 5000, CHUNK), OTTER_BLE_ATT_OK);
    bench_reset(&bench);
    peer_connect(&bench, 3);
    assert_int_equal(peer_resume(&bench), 4096);
    bench_tear_down(&bench);
}

int run_cut_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_operation_only_delays_an_update),
        cmocka_unit_test(so_it_does_for_a_peer_that_goes_on),
        cmocka_unit_test(so_it_does_for_signed_files),
        cmocka_unit_test(a_cut_late_in_a_transfer_costs_little),
    };

    return cmocka_run_group_tests_name("cuts", tests, NULL, NULL);
}
