/* SPDX-License-Identifier: Apache-2.0 */

/* Two transports side by side, "MQTT" and "HTTP": a job may come over either and lead to either; its
 * outcome is told where it came from, and a download goes on over the other one. */

#include <string.h>

#include "bench.h"
#include "otter/router.h"
#include "suites.h"

#define PIECE 100u

enum { MQTT, HTTP, TRANSPORTS };

static const enum otter_job_connection connections[TRANSPORTS] = {
    [MQTT] = OTTER_JOB_CONNECTION_MQTT,
    [HTTP] = OTTER_JOB_CONNECTION_HTTP,
};

static const struct bench_image newer = { .version = "1.1.0", .program_size = 7000 };

static struct {
    struct bench bench;
    struct fake_jobs jobs[TRANSPORTS];
    struct otter_job_source job_sources[TRANSPORTS];
    struct fake_data data[TRANSPORTS];
    struct otter_data_source data_sources[TRANSPORTS];
    struct otter_route routes[TRANSPORTS];
    struct otter_router_config router_config;
    struct otter_router router;
    struct otter_data_source routed;
} world;

static void add_transport(int transport)
{
    fake_jobs_init(&world.jobs[transport], &world.job_sources[transport]);
    world.jobs[transport].job = world.bench.jobs.job;
    world.jobs[transport].answer = OTTER_OK;
    fake_data_init(&world.data[transport], &world.data_sources[transport]);
    world.data[transport] = world.bench.data;
    world.routes[transport] = (struct otter_route){ .connection = connections[transport],
                                                    .source = &world.data_sources[transport] };
}

/* A device that asks over the transport @p from; both offer the same image. */
static void set_up(int from)
{
    memset(&world, 0, sizeof world);
    bench_set_up(&world.bench);
    world.bench.data.piece = PIECE;
    bench_offer(&world.bench, &newer);
    add_transport(MQTT);
    add_transport(HTTP);
    world.router_config = (struct otter_router_config){
        .routes = world.routes,
        .route_count = TRANSPORTS,
        .home = connections[from],
    };
    world.routed = otter_router_source(&world.router, &world.router_config);
    world.bench.config.jobs = &world.job_sources[from];
    world.bench.config.data = &world.routed;
    world.bench.config.reboot_upon_completion = false;
    bench_start_agent(&world.bench);
}

static void let_jobs_lead_to(enum otter_job_connection connection)
{
    world.jobs[MQTT].job.connection = connection;
    world.jobs[HTTP].job.connection = connection;
}

static void assert_updated_over(int from, int to)
{
    assert_true(bench_has_request(&world.bench));
    assert_int_equal(world.data[to].taken, world.bench.file_size);
    assert_int_equal(world.data[!to].opens, 0);
    assert_int_equal(world.jobs[from].report_count, 1);
    assert_int_equal(world.jobs[from].reports[0].stage, OTTER_REPORT_PENDING);
    assert_int_equal(world.jobs[!from].report_count, 0);
}

static void a_job_over_either_leads_to_either(void **state)
{
    (void)state;
    for (int from = MQTT; from < TRANSPORTS; from++) {
        for (int to = MQTT; to < TRANSPORTS; to++) {
            set_up(from);
            let_jobs_lead_to(connections[to]);
            bench_run_session(&world.bench);
            assert_updated_over(from, to);
            bench_tear_down(&world.bench);
        }
    }
}

static void a_job_that_does_not_say_leads_to_where_it_came_from(void **state)
{
    (void)state;
    for (int from = MQTT; from < TRANSPORTS; from++) {
        set_up(from);
        let_jobs_lead_to(OTTER_JOB_CONNECTION_SAME);
        bench_run_session(&world.bench);
        assert_updated_over(from, from);
        bench_tear_down(&world.bench);
    }
}

/* The link of the first transport is lost for good; the next job names the other one. */
static void fetch_half_then_go_on_over_the_other(int first, bool restarts)
{
    const unsigned half = world.bench.file_size / PIECE / 2;

    world.data[first].drops = 1000;
    world.data[first].drop_after = half;
    world.bench.config.timing.max_download_tries = 1;
    let_jobs_lead_to(connections[first]);
    bench_run_session(&world.bench);
    assert_false(bench_has_request(&world.bench));
    assert_int_equal(world.data[first].taken, half * PIECE);

    let_jobs_lead_to(connections[!first]);
    if (restarts) {
        bench_start_agent(&world.bench);
    }
    bench_run_session(&world.bench);
    assert_true(bench_has_request(&world.bench));
}

static void a_download_begun_over_one_goes_on_over_the_other(void **state)
{
    (void)state;
    for (int first = MQTT; first < TRANSPORTS; first++) {
        set_up(first);
        fetch_half_then_go_on_over_the_other(first, false);
        assert_int_equal(world.data[first].taken + world.data[!first].taken, world.bench.file_size);
        bench_tear_down(&world.bench);
    }
}

/* What the journal does not know of yet is fetched again: less than two sectors and the buffer. */
static void so_it_does_after_a_restart(void **state)
{
    (void)state;
    for (int first = MQTT; first < TRANSPORTS; first++) {
        set_up(first);
        fetch_half_then_go_on_over_the_other(first, true);
        assert_in_range(world.data[first].taken + world.data[!first].taken, world.bench.file_size,
                        world.bench.file_size + 2 * 1024 + sizeof world.bench.buffer);
        bench_tear_down(&world.bench);
    }
}

int run_route_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_over_either_leads_to_either),
        cmocka_unit_test(a_job_that_does_not_say_leads_to_where_it_came_from),
        cmocka_unit_test(a_download_begun_over_one_goes_on_over_the_other),
        cmocka_unit_test(so_it_does_after_a_restart),
    };
    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
