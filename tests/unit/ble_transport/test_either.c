/* SPDX-License-Identifier: Apache-2.0 */

/* A device with a server that is asked in intervals, and a peer that may come at any time. */

#include <string.h>

#include "bench.h"
#include "otter/either.h"
#include "otter/router.h"
#include "suites.h"

#define INTERVAL_S 3600u

/* The server: its answer takes a while. */
struct server {
    enum otter_result answer;
    unsigned delay; /* steps */
    unsigned steps;
    unsigned asks;
    unsigned closes;
    struct otter_job job;
    unsigned report_count;
    struct otter_report report;
};

static struct {
    struct bench bench;
    struct server server;
    struct otter_job_source asked;
    struct otter_job_source pushed;
    struct otter_either_config config;
    struct otter_either either;
    struct otter_data_source over_bluetooth;
    struct otter_route routes[1];
    struct otter_router_config router_config;
    struct otter_router router;
} world;

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct server *server = self;

    (void)now_ms;
    assert_string_equal(identity->board, "bench");
    server->asks++;
    server->steps = 0;
    return OTTER_OK;
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct server *server = self;

    (void)now_ms;
    if (server->steps++ < server->delay) {
        return OTTER_AGAIN;
    }
    *job = server->job;
    return server->answer;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct server *server = self;

    (void)identity;
    (void)now_ms;
    server->report_count++;
    server->report = *report;
    return OTTER_OK;
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    (void)self;
    (void)now_ms;
    return OTTER_OK;
}

static void close(void *self)
{
    struct server *server = self;

    server->closes++;
}

static const char *explain(void *self)
{
    (void)self;
    return "the server says so";
}

static const struct otter_job_source_ops server_ops = {
    .ask = ask,
    .step = step,
    .report = report,
    .report_step = report_step,
    .close = close,
    .explain = explain,
};

/* As a program does it after each reset. */
static void start(void)
{
    struct bench *bench = &world.bench;

    world.pushed = bench->jobs;
    world.over_bluetooth = bench->data;
    bench->jobs = otter_either_source(&world.either, &world.config);
    bench->data = otter_router_source(&world.router, &world.router_config);
    assert_int_equal(otter_agent_init(&bench->agent, &bench->config, bench->now_ms), OTTER_OK);
}

static void reset(void)
{
    bench_reset(&world.bench);
    start();
}

static int set_up(void **state)
{
    struct bench *bench = &world.bench;

    (void)state;
    memset(&world, 0, sizeof world);
    bench_set_up(bench, &otter_ble_crc_variant);
    world.server.answer = OTTER_NO_UPDATE;
    world.asked = (struct otter_job_source){ &server_ops, &world.server };
    world.config = (struct otter_either_config){
        .asked = &world.asked,
        .pushed = &world.pushed,
        .has_peer = otter_ble_has_peer,
    };
    world.routes[0] = (struct otter_route){
        .connection = OTTER_JOB_CONNECTION_BLUETOOTH,
        .secure = true,
        .source = &world.over_bluetooth,
    };
    world.router_config = (struct otter_router_config){
        .routes = world.routes,
        .route_count = 1,
        .home = OTTER_JOB_CONNECTION_MQTT,
        .jobs_are_secure = true,
    };
    bench->config.timing = otter_agent_default_timing;
    bench->config.timing.initial_check_s = 0;
    bench->config.timing.next_check_interval_s = INTERVAL_S;
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_tear_down(&world.bench);
    return 0;
}

/* A program that was told of a write wakes the agent; the peer of the bench leaves that out. */
static void announce(uint8_t command, uint32_t number)
{
    struct bench *bench = &world.bench;

    assert_int_equal(command == 1 ? peer_command(bench, command)
                                  : peer_command_number(bench, command, number),
                     OTTER_BLE_ATT_OK);
    otter_agent_check_now(&bench->agent);
    assert_int_equal(peer_hear(bench), 0);
}

static void push(void)
{
    struct bench *bench = &world.bench;

    announce(1, 0);
    announce(2, bench->size);
    assert_int_equal(peer_send(bench, 0, bench->size, 244), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(bench, 3, peer_crc(bench)), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_hear(bench), 0);
    bench_run(bench, 60000);
    assert_int_equal(bench->restarts, 1);
}

static void without_a_peer_the_server_is_asked_in_its_intervals(void **state)
{
    (void)state;
    bench_run(&world.bench, 1000 * (3 * INTERVAL_S + 60));
    assert_int_equal(world.server.asks, 4);
}

static void a_peer_is_served_in_the_middle_of_an_interval(void **state)
{
    const uint32_t began_ms = world.bench.now_ms;

    (void)state;
    bench_run(&world.bench, 1000);
    push();
    assert_true(world.bench.now_ms - began_ms < 1000 * INTERVAL_S);
    assert_int_equal(world.server.report_count, 0);
    reset();
    bench_assert_runs(&world.bench, "1.1.0");
}

static void a_peer_goes_before_a_server_that_is_slow(void **state)
{
    unsigned closes;

    (void)state;
    world.server.delay = 1000000;
    bench_run(&world.bench, 1000);
    assert_int_equal(world.server.asks, 1);
    closes = world.server.closes;
    push();
    assert_true(world.server.closes > closes);
}

/* It has the overview, whoever brought the update. */
static void the_server_hears_how_the_update_of_a_peer_ended(void **state)
{
    (void)state;
    push();
    reset();
    bench_assert_runs(&world.bench, "1.1.0");
    assert_int_equal(otter_agent_confirm(&world.bench.agent), OTTER_OK);
    bench_run(&world.bench, 1000);
    assert_int_equal(world.server.report_count, 1);
    assert_int_equal(world.server.report.stage, OTTER_REPORT_CONFIRMED);
}

static void a_job_of_the_server_is_reported_to_the_server(void **state)
{
    (void)state;
    world.server.answer = OTTER_OK;
    world.server.job = (struct otter_job){ .board = "other", .version = { .major = 2 } };
    bench_run(&world.bench, 1000);
    assert_int_equal(world.server.report_count, 1);
    assert_int_equal(world.server.report.result, OTTER_ERR_JOB_BOARD);
    assert_int_equal(world.bench.peer.reply_count, 0);
}

static void a_server_that_fails_says_why(void **state)
{
    (void)state;
    world.server.answer = OTTER_ERR_REFUSED;
    bench_run(&world.bench, 1000);
    assert_int_equal(world.bench.last_failure, OTTER_ERR_REFUSED);
    assert_string_equal(world.bench.last_detail, "the server says so");
}

/* The route to the peer is for what the peer itself has announced. */
static void no_job_of_the_server_leads_to_the_peer(void **state)
{
    (void)state;
    world.server.answer = OTTER_OK;
    world.server.job = (struct otter_job){ .board = "bench", .version = { .major = 2 } };
    bench_run(&world.bench, 1000);
    assert_int_equal(world.server.report.result, OTTER_ERR_JOB_REDIRECT);
}

int run_either_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_peer_the_server_is_asked_in_its_intervals),
        TEST(a_peer_is_served_in_the_middle_of_an_interval),
        TEST(a_peer_goes_before_a_server_that_is_slow),
        TEST(the_server_hears_how_the_update_of_a_peer_ended),
        TEST(a_job_of_the_server_is_reported_to_the_server),
        TEST(a_server_that_fails_says_why),
        TEST(no_job_of_the_server_leads_to_the_peer),
    };
#undef TEST

    return cmocka_run_group_tests_name("either", tests, NULL, NULL);
}
