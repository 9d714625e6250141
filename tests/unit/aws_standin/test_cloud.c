/* SPDX-License-Identifier: Apache-2.0 */

/* The rules of job executions: who may change which status, what is next, when time is up. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws_cloud.h"

#define NOW 1717395148123

struct fixture {
    struct aws_cloud cloud;
    struct aws_job jobs[3];
};

static void begin(struct fixture *fixture)
{
    *fixture = (struct fixture){ .cloud = { .minute_ms = 60000 } };
    for (int i = 0; i < 3; i++) {
        (void)snprintf(fixture->jobs[i].file.name, AWS_NAME_SIZE, "job-%d", i);
        fixture->jobs[i].file.next = i < 2 ? &fixture->jobs[i + 1].file : NULL;
    }
    fixture->cloud.jobs = &fixture->jobs[0].file;
}

static void end(struct fixture *fixture)
{
    for (int i = 0; i < 3; i++) {
        while (fixture->jobs[i].executions != NULL) {
            struct aws_execution *next = fixture->jobs[i].executions->next;

            free(fixture->jobs[i].executions);
            fixture->jobs[i].executions = next;
        }
    }
}

static struct aws_place queue(struct fixture *fixture, int job, int64_t now_ms)
{
    assert_true(aws_queue(&fixture->jobs[job], "thing", 1, now_ms));
    return (struct aws_place){ &fixture->jobs[job],
                               aws_find_execution(&fixture->jobs[job], "thing", 0) };
}

static bool start(struct fixture *fixture, struct aws_place place, int64_t now_ms)
{
    return aws_move(&fixture->cloud, place, AWS_IN_PROGRESS, AWS_BY_DEVICE, now_ms);
}

/* --- transitions -------------------------------------------------------------------------------- */

/* One letter for each status that the row's one may become: by a device, a lenient device, the clock,
 * an operator, a forcing operator, the group. */
static const struct {
    const char *from;
    const char *to_by_device;
    const char *to_by_lenient_device;
    const char *to_by_clock;
    const char *to_by_operator;
    const char *to_by_force;
    const char *to_by_group;
} expected[AWS_STATUSES] = {
    { "QUEUED", "I S F R", "I S F R", "", "C", "C", "X" },
    { "IN_PROGRESS", "I S F", "I S F R", "T", "", "C", "X" },
    { "SUCCEEDED", "", "", "", "", "", "" },
    { "FAILED", "", "", "", "", "", "" },
    { "TIMED_OUT", "", "", "", "", "", "" },
    { "REJECTED", "", "", "", "", "", "" },
    { "REMOVED", "", "", "", "", "", "" },
    { "CANCELED", "", "", "", "", "", "" },
};

static const char letters[AWS_STATUSES] = { 'Q', 'I', 'S', 'F', 'T', 'R', 'X', 'C' };

static void check_row(enum aws_status from, enum aws_actor actor, const char *allowed)
{
    for (int to = 0; to < AWS_STATUSES; to++) {
        const bool is_allowed = strchr(allowed, letters[to]) != NULL;

        if (aws_may_move(from, (enum aws_status)to, actor) != is_allowed) {
            fail_msg("%s to %s by %d", aws_status_name(from), aws_status_name((enum aws_status)to),
                     actor);
        }
    }
}

static void each_status_goes_where_its_row_says(void **state)
{
    (void)state;
    for (int i = 0; i < AWS_STATUSES; i++) {
        const enum aws_status from = aws_status_find(expected[i].from);

        check_row(from, AWS_BY_DEVICE, expected[i].to_by_device);
        check_row(from, AWS_BY_LENIENT_DEVICE, expected[i].to_by_lenient_device);
        check_row(from, AWS_BY_CLOCK, expected[i].to_by_clock);
        check_row(from, AWS_BY_OPERATOR, expected[i].to_by_operator);
        check_row(from, AWS_BY_FORCING_OPERATOR, expected[i].to_by_force);
        check_row(from, AWS_BY_GROUP, expected[i].to_by_group);
    }
}

static void what_is_not_allowed_changes_nothing(void **state)
{
    struct fixture fixture;
    struct aws_place place;

    (void)state;
    begin(&fixture);
    place = queue(&fixture, 0, NOW);
    assert_false(aws_move(&fixture.cloud, place, AWS_TIMED_OUT, AWS_BY_CLOCK, NOW + 5));
    assert_int_equal(place.execution->status, AWS_QUEUED);
    assert_int_equal(place.execution->version, 1);
    assert_int_equal(place.execution->updated_ms, NOW);
    end(&fixture);
}

static void each_accepted_change_counts_the_version(void **state)
{
    struct fixture fixture;
    struct aws_place place;

    (void)state;
    begin(&fixture);
    place = queue(&fixture, 0, NOW);
    assert_int_equal(place.execution->started_ms, 0);
    assert_true(start(&fixture, place, NOW + 1000));
    assert_true(start(&fixture, place, NOW + 2000));
    assert_int_equal(place.execution->version, 3);
    assert_int_equal(place.execution->started_ms, NOW + 1000);
    assert_int_equal(place.execution->updated_ms, NOW + 2000);
    end(&fixture);
}

/* --- what is next ------------------------------------------------------------------------------- */

static void the_oldest_is_next_until_another_is_begun(void **state)
{
    struct fixture fixture;
    struct aws_place first;
    struct aws_place second;

    (void)state;
    begin(&fixture);
    assert_null(aws_next(&fixture.cloud, "thing").job);
    second = queue(&fixture, 0, NOW + 10);
    first = queue(&fixture, 1, NOW);
    assert_ptr_equal(aws_next(&fixture.cloud, "thing").execution, first.execution);
    assert_null(aws_next(&fixture.cloud, "another").job);
    assert_true(start(&fixture, second, NOW + 20));
    assert_ptr_equal(aws_next(&fixture.cloud, "thing").execution, second.execution);
    assert_true(aws_move(&fixture.cloud, second, AWS_SUCCEEDED, AWS_BY_DEVICE, NOW + 30));
    assert_ptr_equal(aws_next(&fixture.cloud, "thing").execution, first.execution);
    end(&fixture);
}

static void pending_ones_come_in_the_order_of_their_time_even_if_there_is_no_room(void **state)
{
    static const int64_t times[] = { 30, 10, 20 };
    struct fixture fixture;
    struct aws_place places[2];

    (void)state;
    begin(&fixture);
    for (int i = 0; i < 3; i++) {
        (void)queue(&fixture, i, NOW + times[i]);
    }
    assert_int_equal(aws_pending(&fixture.cloud, "thing", AWS_QUEUED, places, 2), 3);
    assert_string_equal(places[0].job->file.name, "job-1");
    assert_string_equal(places[1].job->file.name, "job-2");
    end(&fixture);
}

/* --- timers ------------------------------------------------------------------------------------- */

static void the_nearer_timer_ends_an_execution(void **state)
{
    struct fixture fixture;
    struct aws_place place;

    (void)state;
    begin(&fixture);
    fixture.jobs[0].timeout_minutes = 2;
    place = queue(&fixture, 0, NOW);
    assert_int_equal(aws_deadline(place.execution), 0);
    assert_true(start(&fixture, place, NOW));
    assert_int_equal(aws_deadline(place.execution), NOW + 120000);
    aws_set_step_timer(&fixture.cloud, place.execution, 1, NOW);
    assert_int_equal(aws_deadline(place.execution), NOW + 60000);
    aws_set_step_timer(&fixture.cloud, place.execution, 3, NOW);
    assert_int_equal(aws_deadline(place.execution), NOW + 120000);
    aws_set_step_timer(&fixture.cloud, place.execution, -1, NOW);
    assert_int_equal(aws_deadline(place.execution), NOW + 120000);
    assert_null(aws_overdue(&fixture.cloud, NOW + 119999).job);
    assert_ptr_equal(aws_overdue(&fixture.cloud, NOW + 120000).execution, place.execution);
    end(&fixture);
}

static void an_update_does_not_restart_the_timer_and_the_end_stops_it(void **state)
{
    struct fixture fixture;
    struct aws_place place;

    (void)state;
    begin(&fixture);
    fixture.jobs[0].timeout_minutes = 2;
    place = queue(&fixture, 0, NOW);
    assert_true(start(&fixture, place, NOW));
    assert_true(start(&fixture, place, NOW + 50000));
    assert_int_equal(aws_deadline(place.execution), NOW + 120000);
    assert_true(aws_move(&fixture.cloud, place, AWS_SUCCEEDED, AWS_BY_DEVICE, NOW + 60000));
    assert_int_equal(aws_deadline(place.execution), 0);
    end(&fixture);
}

/* --- retries ------------------------------------------------------------------------------------ */

/* End the latest execution so. @return the number of the execution that is the latest then */
static unsigned fail_once(struct fixture *fixture, enum aws_status how)
{
    const struct aws_place place = { &fixture->jobs[0],
                                     aws_find_execution(&fixture->jobs[0], "thing", 0) };
    const enum aws_actor actor = how == AWS_TIMED_OUT ? AWS_BY_CLOCK : AWS_BY_DEVICE;

    assert_true(start(fixture, place, NOW));
    assert_true(aws_move(&fixture->cloud, place, how, actor, NOW));
    return (unsigned)aws_find_execution(&fixture->jobs[0], "thing", 0)->number;
}

static void each_kind_of_failure_has_its_own_tries(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture);
    fixture.jobs[0].retries_failed = 2;
    fixture.jobs[0].retries_timed_out = 1;
    (void)queue(&fixture, 0, NOW);
    assert_int_equal(fail_once(&fixture, AWS_FAILED), 2);
    assert_int_equal(aws_find_execution(&fixture.jobs[0], "thing", 0)->version, 1);
    assert_int_equal(fail_once(&fixture, AWS_TIMED_OUT), 3);
    assert_int_equal(fail_once(&fixture, AWS_FAILED), 4);
    assert_int_equal(fail_once(&fixture, AWS_TIMED_OUT), 4);
    assert_true(aws_job_has_ended(&fixture.jobs[0]));
    end(&fixture);
}

static void there_are_ten_retries_at_most(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture);
    fixture.jobs[0].retries_failed = 10;
    fixture.jobs[0].retries_timed_out = 10;
    (void)queue(&fixture, 0, NOW);
    for (unsigned number = 2; number <= 11; number++) {
        assert_int_equal(fail_once(&fixture, number % 2 == 0 ? AWS_FAILED : AWS_TIMED_OUT), number);
    }
    assert_int_equal(fail_once(&fixture, AWS_FAILED), 11);
    end(&fixture);
}

static void a_cancelled_job_is_not_tried_again(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture);
    fixture.jobs[0].retries_failed = 2;
    fixture.jobs[0].is_canceled = true;
    (void)queue(&fixture, 0, NOW);
    assert_int_equal(fail_once(&fixture, AWS_FAILED), 1);
    end(&fixture);
}

/* --- names -------------------------------------------------------------------------------------- */

static void names_are_as_long_and_as_plain_as_the_service_wants_them(void **state)
{
    char name[AWS_NAME_SIZE + 1];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[AWS_NAME_SIZE] = '\0';
    assert_false(aws_is_thing_name(name));
    name[AWS_NAME_SIZE - 1] = '\0';
    assert_true(aws_is_thing_name(name));
    assert_true(aws_is_thing_name("a:b_c-9"));
    assert_false(aws_is_thing_name(""));
    assert_false(aws_is_thing_name("a/b"));
    assert_false(aws_is_thing_name("a+"));
    assert_false(aws_is_id("a:b", 64));
    assert_true(aws_is_id("AFR_OTA-1", 9));
    assert_false(aws_is_id("AFR_OTA-1", 8));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_goes_where_its_row_says),
        cmocka_unit_test(what_is_not_allowed_changes_nothing),
        cmocka_unit_test(each_accepted_change_counts_the_version),
        cmocka_unit_test(the_oldest_is_next_until_another_is_begun),
        cmocka_unit_test(pending_ones_come_in_the_order_of_their_time_even_if_there_is_no_room),
        cmocka_unit_test(the_nearer_timer_ends_an_execution),
        cmocka_unit_test(an_update_does_not_restart_the_timer_and_the_end_stops_it),
        cmocka_unit_test(each_kind_of_failure_has_its_own_tries),
        cmocka_unit_test(there_are_ten_retries_at_most),
        cmocka_unit_test(a_cancelled_job_is_not_tried_again),
        cmocka_unit_test(names_are_as_long_and_as_plain_as_the_service_wants_them),
    };

    return cmocka_run_group_tests_name("aws_standin_cloud", tests, NULL, NULL);
}
