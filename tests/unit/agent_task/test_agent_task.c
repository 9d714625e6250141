/* SPDX-License-Identifier: Apache-2.0 */

/* The agent in a thread of its own, and others that want something of it at the same time. The same
 * program is built with ThreadSanitizer too (unit_agent_task_tsan). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/agent_task.h"
#include "otter/log.h"
#include "otter/posix.h"
#include "otter/posix_thread.h"
#include "otter/sim_flash.h"

#define SECTOR_SIZE 1024u
#define USERS       4
#define PATIENCE_MS 20000u

static const struct otter_sector_run runs[] = { { .size = SECTOR_SIZE, .count = 22 } };
static const struct otter_flash_geometry geometry = {
    .name = "internal",
    .size = 22 * SECTOR_SIZE,
    .runs = runs,
    .run_count = 1,
    .write_size = 8,
    .erased_byte = 0xFF,
};
static const struct otter_layout layout = {
    .board = "bench",
    .name = "small",
    .devices = &geometry,
    .device_count = 1,
    .image_count = 1,
    .max_align = 8,
    .header_size = 256,
    .max_sectors = 10,
};
static const struct otter_crypto no_crypto; /* nothing is verified here */

/* The job source: slow, and there is never anything. ------------------------------------------ */

struct counts {
    unsigned asks;
    unsigned closes;
    bool is_asking;
};

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct counts *counts = self;

    (void)identity;
    (void)now_ms;
    counts->asks++;
    counts->is_asking = true;
    return OTTER_OK;
}

static enum otter_result answer(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct counts *counts = self;

    (void)now_ms;
    (void)job;
    counts->is_asking = false;
    return OTTER_NO_UPDATE;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *content, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)content;
    (void)now_ms;
    return OTTER_OK;
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    (void)self;
    (void)now_ms;
    return OTTER_OK;
}

static void close_jobs(void *self)
{
    struct counts *counts = self;

    counts->closes++;
}

static const char *explain(void *self)
{
    (void)self;
    return "";
}

static const struct otter_job_source_ops job_ops = {
    .ask = ask,
    .step = answer,
    .report = report,
    .report_step = report_step,
    .close = close_jobs,
    .explain = explain,
};

static void close_data(void *self)
{
    (void)self;
}

/* Nothing is ever offered, so nothing is ever opened. */
static const struct otter_data_source_ops data_ops = { .close = close_data, .explain = explain };

/* The device ----------------------------------------------------------------------------------- */

struct device {
    struct otter_sim_power power;
    struct otter_sim_flash flash;
    struct counts counts;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_agent_config config;
    struct otter_agent agent;
    struct otter_agent_task task;
    struct otter_posix_thread thread;
    uint8_t buffer[256];
    unsigned events; /* counted in the agent's thread */
};

/* The callback runs in the agent's thread, and may use what any thread may. */
static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    struct device *device = context;
    struct otter_agent_status status;

    (void)event;
    otter_agent_task_get_status(&device->task, &status, NULL);
    device->events++;
    return OTTER_ANSWER_CONTINUE;
}

static void restart(void *context)
{
    (void)context;
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = restart,
    .random = otter_posix_random_u32,
};

static struct otter_area area_at(struct device *device, uint32_t sector, uint32_t count)
{
    return (struct otter_area){ .flash = &device->flash.flash,
                                .offset = sector * SECTOR_SIZE,
                                .size = count * SECTOR_SIZE };
}

static uint32_t step(void *subject, uint32_t now_ms)
{
    return otter_agent_task_step(subject, now_ms);
}

static void set_up(struct device *device)
{
    memset(device, 0, sizeof *device);
    otter_sim_power_init(&device->power);
    assert_int_equal(otter_sim_flash_init(&device->flash, &device->power, &geometry), OTTER_OK);
    otter_sim_power_on(&device->power);
    device->jobs = (struct otter_job_source){ &job_ops, &device->counts };
    device->data = (struct otter_data_source){ &data_ops, device };
    device->config = (struct otter_agent_config){
        .identity = { .board = "bench", .version = { .major = 1 } },
        .timing = otter_agent_default_timing,
        .layout = &layout,
        .primary = area_at(device, 0, 10),
        .secondary = area_at(device, 10, 10),
        .journal = area_at(device, 20, 2),
        .trust = { .crypto = &no_crypto },
        .max_image_size = 8 * SECTOR_SIZE,
        .jobs = &device->jobs,
        .data = &device->data,
        .hooks = &hooks,
        .hooks_context = device,
        .buffer = device->buffer,
        .buffer_size = sizeof device->buffer,
    };
    assert_int_equal(otter_agent_init(&device->agent, &device->config, otter_posix_now_ms()),
                     OTTER_OK);
    assert_int_equal(otter_posix_thread_init(&device->thread), OTTER_OK);
    otter_agent_task_init(&device->task, &device->agent, otter_posix_thread_guard(&device->thread),
                          otter_posix_now_ms());
}

static void start_thread(struct device *device)
{
    assert_int_equal(otter_posix_thread_start(&device->thread, step, &device->task), OTTER_OK);
}

static void tear_down(struct device *device)
{
    otter_posix_thread_free(&device->thread);
    otter_sim_flash_free(&device->flash);
}

static struct otter_agent_status status_of(struct device *device)
{
    struct otter_agent_status status;

    otter_agent_task_get_status(&device->task, &status, NULL);
    return status;
}

static bool is_stopped(struct device *device)
{
    return status_of(device).is_stopped;
}

static bool is_started(struct device *device)
{
    return !status_of(device).is_stopped;
}

static bool has_reached_source(struct device *device)
{
    return status_of(device).reached_source;
}

static bool is_confirmed(struct device *device)
{
    struct otter_agent_status status;
    enum otter_result result;

    otter_agent_task_get_status(&device->task, &status, &result);
    return result == OTTER_OK;
}

static void wait_until(struct device *device, bool (*is_so)(struct device *device))
{
    for (unsigned waited_ms = 0; !is_so(device); waited_ms++) {
        assert_true(waited_ms < PATIENCE_MS);
        otter_posix_sleep_ms(1);
    }
}

/* Tests ---------------------------------------------------------------------------------------- */

static void a_wish_is_carried_out_at_once_though_the_agent_sleeps_for_a_minute(void **state)
{
    static struct device device;

    (void)state;
    set_up(&device);
    start_thread(&device);
    assert_false(has_reached_source(&device));
    otter_agent_task_wish(&device.task, OTTER_WISH_CHECK_NOW);
    wait_until(&device, has_reached_source);
    otter_agent_task_wish(&device.task, OTTER_WISH_CONFIRM);
    wait_until(&device, is_confirmed);
    otter_agent_task_wish(&device.task, OTTER_WISH_STOP);
    wait_until(&device, is_stopped);
    otter_agent_task_wish(&device.task, OTTER_WISH_START);
    wait_until(&device, is_started);
    tear_down(&device);
    assert_int_equal(device.counts.asks, 1);
}

static void a_wish_that_was_taken_back_is_not_carried_out(void **state)
{
    static struct device device;

    (void)state;
    set_up(&device);
    otter_agent_task_wish(&device.task, OTTER_WISH_STOP);
    otter_agent_task_wish(&device.task, OTTER_WISH_START);
    (void)otter_agent_task_step(&device.task, otter_posix_now_ms());
    assert_false(is_stopped(&device));
    otter_agent_task_wish(&device.task, OTTER_WISH_START);
    otter_agent_task_wish(&device.task, OTTER_WISH_STOP);
    (void)otter_agent_task_step(&device.task, otter_posix_now_ms());
    assert_true(is_stopped(&device));
    assert_int_equal(device.counts.closes, 1);
    tear_down(&device);
}

static void a_thread_runs_once_and_may_be_started_again(void **state)
{
    static struct device device;

    (void)state;
    set_up(&device);
    otter_posix_thread_stop(&device.thread);
    start_thread(&device);
    assert_int_equal(otter_posix_thread_start(&device.thread, step, &device.task),
                     OTTER_ERR_ARGUMENT);
    otter_posix_thread_stop(&device.thread);
    otter_posix_thread_stop(&device.thread);
    start_thread(&device);
    otter_agent_task_wish(&device.task, OTTER_WISH_CHECK_NOW);
    wait_until(&device, has_reached_source);
    tear_down(&device);
}

static void *use(void *context)
{
    static const enum otter_agent_wish wishes[] = { OTTER_WISH_CHECK_NOW, OTTER_WISH_STOP,
                                                    OTTER_WISH_START, OTTER_WISH_CONFIRM };
    struct device *device = context;

    for (unsigned i = 0; i < 500; i++) {
        otter_agent_task_wish(&device->task, wishes[i % 4]);
        otter_log_set_level(OTTER_LOG_AGENT, i % 2 == 0 ? OTTER_LOG_DEBUG : OTTER_LOG_OFF);
        (void)status_of(device);
    }
    return NULL;
}

static void *stop(void *context)
{
    struct device *device = context;

    otter_posix_thread_stop(&device->thread);
    return NULL;
}

static void run_together(struct device *device, void *(*work)(void *context))
{
    pthread_t users[USERS];

    for (unsigned i = 0; i < USERS; i++) {
        assert_int_equal(pthread_create(&users[i], NULL, work, device), 0);
    }
    for (unsigned i = 0; i < USERS; i++) {
        assert_int_equal(pthread_join(users[i], NULL), 0);
    }
}

static void many_threads_may_use_it_and_stop_it_at_once(void **state)
{
    static struct device device;

    (void)state;
    set_up(&device);
    start_thread(&device);
    run_together(&device, use);
    otter_agent_task_wish(&device.task, OTTER_WISH_START);
    wait_until(&device, is_started);
    run_together(&device, stop);
    start_thread(&device);
    run_together(&device, stop);
    tear_down(&device);
    assert_true(device.events > 0);
    assert_false(device.counts.is_asking);
}

static void ignore(void *context, enum otter_log_level level, enum otter_log_facility facility,
                   const char *line)
{
    (void)context;
    (void)level;
    (void)facility;
    (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_is_carried_out_at_once_though_the_agent_sleeps_for_a_minute),
        cmocka_unit_test(a_wish_that_was_taken_back_is_not_carried_out),
        cmocka_unit_test(a_thread_runs_once_and_may_be_started_again),
        cmocka_unit_test(many_threads_may_use_it_and_stop_it_at_once),
    };

    otter_log_set_sink(ignore, NULL);
    return cmocka_run_group_tests_name("agent_task", tests, NULL, NULL);
}
