/* SPDX-License-Identifier: Apache-2.0 */

/* Direct flow: no document, the image itself says what it is. And the seam between sources: where a
 * job came from and where its bytes are have nothing to do with each other. */

#include "bench.h"
#include "otter/direct.h"
#include "otter/router.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };
static const struct otter_job place = { .connection = OTTER_JOB_CONNECTION_HTTP,
                                        .host = "updates.example",
                                        .file = "/image.bin" };

static struct otter_direct direct;
static struct otter_job_source reports;

/* The bench's job source takes the reports, and is never asked. */
static void set_up(struct bench *bench, const struct bench_image *image)
{
    bench_set_up(bench);
    bench_offer(bench, image);
    reports = bench->job_source;
    bench->job_source = otter_direct_source(&direct, &place, &reports);
    otter_sim_power_on(&bench->power);
}

static void an_image_without_a_job_is_installed_and_reported(void **state)
{
    struct bench bench;

    (void)state;
    for (uint32_t piece = 1; piece <= 100; piece += 11) {
        set_up(&bench, &newer);
        bench.data.piece = piece;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        assert_int_equal(bench.data.taken, bench.file_size);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        assert_int_equal(bench.jobs.asks, 0);
        bench_tear_down(&bench);
    }
}

static void the_running_version_costs_one_piece_and_no_flash(void **state)
{
    const struct bench_image same = { .version = "1.0.0" };
    struct bench bench;

    (void)state;
    set_up(&bench, &same);
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    assert_int_equal(bench.data.taken, bench.data.piece);
    assert_int_equal(bench.jobs.report_count, 0);
    bench_assert_logged(&bench, "no update: running 1.0.0, offered 1.0.0");
    bench_tear_down(&bench);
}

/* A version of zero is not "unknown". */
static void the_oldest_version_of_all_is_no_update(void **state)
{
    const struct bench_image oldest = { .version = "0.0.0" };
    struct bench bench;

    (void)state;
    set_up(&bench, &oldest);
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    bench_assert_logged(&bench, "no update");
    bench_tear_down(&bench);
}

static void bytes_that_are_no_image_are_refused_before_anything_is_erased(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, &newer);
    bench.file[0] ^= 1;
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_MAGIC, "0.0.0");
    bench_tear_down(&bench);
}

static void a_file_shorter_than_a_header_does_no_harm(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, &newer);
    bench.data.size = 20;
    bench.data.total = 20;
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_TIMEOUT, "0.0.0");
    bench_tear_down(&bench);
}

static void a_reverted_image_is_refused_at_its_header(void **state)
{
    struct bench bench;
    unsigned taken;

    (void)state;
    set_up(&bench, &newer);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_reset(&bench); /* not confirmed */
    bench_assert_runs(&bench, "1.0.0");
    taken = bench.data.taken;
    bench_run_session(&bench);
    assert_int_equal(bench.data.taken, taken + bench.data.piece);
    bench_assert_logged(&bench, "this version was tried before and reverted");
    bench_tear_down(&bench);
}

/* The secondary slot holds the way back; but the server was reached, so the trial may be passed. */
static void on_trial_only_the_header_is_fetched(void **state)
{
    const struct bench_image newest = { .version = "1.2.0" };
    struct bench bench;

    (void)state;
    set_up(&bench, &newer);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_offer(&bench, &newest);
    assert_false(otter_agent_has_reached_source(&bench.agent));
    otter_sim_power_on(&bench.power);
    bench_run_session(&bench);
    assert_true(otter_agent_has_reached_source(&bench.agent));
    assert_int_equal(bench.power.operations, 0);
    bench_assert_logged(&bench, "on trial and must be confirmed first");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");
    bench_tear_down(&bench);
}

static void an_interrupted_image_goes_on_after_a_restart(void **state)
{
    const struct bench_image large = { .version = "1.1.0", .program_size = 7000 };
    struct bench bench;

    (void)state;
    set_up(&bench, &large);
    bench.config.timing.max_download_tries = 1;
    bench.data.drops = 1;
    bench.data.drop_after = 50;
    bench_run_session(&bench);
    bench.data.taken = 0;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    assert_true(bench.data.taken < 4000);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

/* Sources ------------------------------------------------------------------------------------- */

struct crossroads {
    struct fake_data mqtt;
    struct fake_data http;
    struct otter_data_source mqtt_source;
    struct otter_data_source http_source;
    struct otter_route routes[2];
    struct otter_router_config config;
    struct otter_router router;
};

static void build(struct crossroads *roads, struct bench *bench, bool http_is_secure)
{
    fake_data_init(&roads->mqtt, &roads->mqtt_source);
    fake_data_init(&roads->http, &roads->http_source);
    roads->routes[0] = (struct otter_route){ OTTER_JOB_CONNECTION_MQTT, true, &roads->mqtt_source };
    roads->routes[1] = (struct otter_route){ http_is_secure ? OTTER_JOB_CONNECTION_HTTPS
                                                            : OTTER_JOB_CONNECTION_HTTP,
                                             http_is_secure, &roads->http_source };
    roads->config = (struct otter_router_config){ .routes = roads->routes,
                                                  .route_count = 2,
                                                  .home = OTTER_JOB_CONNECTION_MQTT,
                                                  .jobs_are_secure = true };
    bench->data_source = otter_router_source(&roads->router, &roads->config);
    roads->mqtt.file = roads->http.file = bench->file;
    roads->mqtt.size = roads->http.size = bench->file_size;
    roads->mqtt.total = roads->http.total = bench->file_size;
}

static void a_job_leads_to_the_source_that_it_names(void **state)
{
    static const struct {
        enum otter_job_connection connection;
        bool to_http;
    } cases[] = {
        { OTTER_JOB_CONNECTION_SAME, false },
        { OTTER_JOB_CONNECTION_MQTT, false },
        { OTTER_JOB_CONNECTION_HTTPS, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct crossroads roads;
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        build(&roads, &bench, true);
        bench.jobs.job.connection = cases[i].connection;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        assert_int_equal(roads.http.taken, cases[i].to_http ? bench.file_size : 0);
        assert_int_equal(roads.mqtt.taken, cases[i].to_http ? 0 : bench.file_size);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void a_job_that_came_over_tls_leads_to_no_source_in_the_clear(void **state)
{
    struct crossroads roads;
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    build(&roads, &bench, false);
    bench.jobs.job.connection = OTTER_JOB_CONNECTION_HTTP;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_JOB_REDIRECT, "1.1.0");
    assert_int_equal(roads.http.opens, 0);
    bench_assert_logged(&bench, "HTTP server");

    roads.config.jobs_are_secure = false;
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

int run_direct_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_without_a_job_is_installed_and_reported),
        cmocka_unit_test(the_running_version_costs_one_piece_and_no_flash),
        cmocka_unit_test(the_oldest_version_of_all_is_no_update),
        cmocka_unit_test(bytes_that_are_no_image_are_refused_before_anything_is_erased),
        cmocka_unit_test(a_file_shorter_than_a_header_does_no_harm),
        cmocka_unit_test(a_reverted_image_is_refused_at_its_header),
        cmocka_unit_test(on_trial_only_the_header_is_fetched),
        cmocka_unit_test(an_interrupted_image_goes_on_after_a_restart),
        cmocka_unit_test(a_job_leads_to_the_source_that_it_names),
        cmocka_unit_test(a_job_that_came_over_tls_leads_to_no_source_in_the_clear),
    };
    return cmocka_run_group_tests_name("direct", tests, NULL, NULL);
}
