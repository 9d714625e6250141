/* SPDX-License-Identifier: Apache-2.0 */

/* The table of stages itself: includes the agent's private header to walk it. */

#include "internal.h"
#include "suites.h"

static void mark_reachable(bool reached[OTTER_STAGES], enum otter_agent_stage stage)
{
    if (reached[stage]) {
        return;
    }
    reached[stage] = true;
    mark_reachable(reached, otter_agent_rows[stage].on_ok);
    mark_reachable(reached, otter_agent_rows[stage].on_retry);
    mark_reachable(reached, otter_agent_rows[stage].on_error);
}

static void every_stage_can_be_reached(void **state)
{
    bool reached[OTTER_STAGES] = { false };

    (void)state;
    mark_reachable(reached, OTTER_STAGE_IDLE);
    for (unsigned stage = 0; stage < OTTER_STAGES; stage++) {
        assert_true(reached[stage]);
    }
}

static void every_stage_gets_back_to_idle_by_success_alone_and_by_errors_alone(void **state)
{
    (void)state;
    for (unsigned start = 0; start < OTTER_STAGES; start++) {
        enum otter_agent_stage good = (enum otter_agent_stage)start;
        enum otter_agent_stage bad = (enum otter_agent_stage)start;

        for (unsigned i = 0; i < OTTER_STAGES; i++) {
            good = good == OTTER_STAGE_IDLE ? good : otter_agent_rows[good].on_ok;
            bad = bad == OTTER_STAGE_IDLE ? bad : otter_agent_rows[bad].on_error;
        }
        assert_int_equal(good, OTTER_STAGE_IDLE);
        assert_int_equal(bad, OTTER_STAGE_IDLE);
    }
}

static void every_stage_has_work_and_a_name(void **state)
{
    (void)state;
    for (unsigned stage = 0; stage < OTTER_STAGES; stage++) {
        assert_non_null(otter_agent_rows[stage].run);
        assert_non_null(otter_agent_stage_name((enum otter_agent_stage)stage));
    }
}

/* A stage that retries without a limit, or whose failure is lost, would be a trap. */
static void a_stage_that_goes_round_again_has_a_limit(void **state)
{
    (void)state;
    for (unsigned stage = 1; stage < OTTER_STAGES; stage++) {
        const struct otter_agent_row *row = &otter_agent_rows[stage];

        if (row->on_retry != OTTER_STAGE_IDLE) {
            assert_non_null(row->tries_again);
        }
    }
}

static void an_error_after_a_job_is_known_leads_to_a_report(void **state)
{
    (void)state;
    for (unsigned stage = OTTER_STAGE_CHECKING; stage < OTTER_STAGE_REPORTING; stage++) {
        assert_int_equal(otter_agent_rows[stage].on_error, OTTER_STAGE_REPORTING);
        assert_int_not_equal(otter_agent_rows[stage].failure, OTTER_AGENT_UNREPORTED);
    }
}

int run_table_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_can_be_reached),
        cmocka_unit_test(every_stage_gets_back_to_idle_by_success_alone_and_by_errors_alone),
        cmocka_unit_test(every_stage_has_work_and_a_name),
        cmocka_unit_test(a_stage_that_goes_round_again_has_a_limit),
        cmocka_unit_test(an_error_after_a_job_is_known_leads_to_a_report),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
