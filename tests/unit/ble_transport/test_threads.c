/* SPDX-License-Identifier: Apache-2.0 */

/* The stack in one thread, the agent in another: transfers of all sizes, some given up half-way. The
 * same program is built with ThreadSanitizer too (unit_ble_transport_tsan). The agent here only stores
 * what it is given; the real one is in the other tests. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "otter/ble_transport.h"
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/posix_thread.h"

#define TRANSFERS  300
#define FILE_MAX   6000u
#define PATIENCE_S 20
#define SLEEP_MS   10000u
#define NO_ANSWER  (-1)

/* What the agent's thread leaves for the stack's. */
struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int answer; /* to a held write */
    int status; /* the last one told */
};

enum doing { ASKING, FETCHING, REPORTING };

struct device {
    struct otter_posix_thread thread;
    struct otter_guard guard;
    uint8_t ring[OTTER_BLE_VALUE_MAX];
    struct otter_ble_config config;
    struct otter_ble ble;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct mailbox mailbox;

    /* the agent's */
    enum doing doing;
    struct otter_job job;
    uint32_t got;
    uint8_t stored[FILE_MAX];
    uint32_t lag; /* steps that the flash takes */
};

/* The mailbox ---------------------------------------------------------------------------------- */

static void leave_mail(struct mailbox *mailbox, int *place, int what)
{
    pthread_mutex_lock(&mailbox->mutex);
    *place = what;
    pthread_cond_signal(&mailbox->changed);
    pthread_mutex_unlock(&mailbox->mutex);
}

static int wait_for_mail(struct mailbox *mailbox, int *place)
{
    struct timespec until;
    int what;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &until), 0);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&mailbox->mutex);
    while (*place == NO_ANSWER) {
        if (pthread_cond_timedwait(&mailbox->changed, &mailbox->mutex, &until) != 0) {
            break;
        }
    }
    what = *place;
    *place = NO_ANSWER;
    pthread_mutex_unlock(&mailbox->mutex);
    assert_int_not_equal(what, NO_ANSWER);
    return what;
}

static enum otter_result on_notify(void *context, const uint8_t *value, size_t len)
{
    struct device *device = context;

    (void)len;
    leave_mail(&device->mailbox, &device->mailbox.status, value[0]);
    return OTTER_OK;
}

/* A stack may pass the confirmation on before this call has returned. */
static enum otter_result on_indicate(void *context, const uint8_t *value, size_t len)
{
    struct device *device = context;

    otter_ble_indication_confirmed(&device->ble);
    return on_notify(context, value, len);
}

static void on_respond(void *context, uint8_t att)
{
    struct device *device = context;

    leave_mail(&device->mailbox, &device->mailbox.answer, att);
}

static const struct otter_ble_stack stack = {
    .notify = on_notify,
    .indicate = on_indicate,
    .respond = on_respond,
};

/* The agent's thread --------------------------------------------------------------------------- */

static void end(struct device *device, enum otter_result result, uint32_t now_ms)
{
    const struct otter_report report = { .stage = OTTER_REPORT_PENDING, .result = result };

    device->data.ops->close(device->data.self);
    (void)device->jobs.ops->report(device->jobs.self, NULL, &report, now_ms);
    device->doing = REPORTING;
}

/* Each says whether there was something to do. */
static bool fetch(struct device *device, uint32_t now_ms)
{
    const struct otter_range missing = { .offset = device->got, .length = UINT32_MAX };
    struct otter_chunk chunk;
    const enum otter_result result =
        device->data.ops->step(device->data.self, now_ms, &missing, &chunk);

    if (result == OTTER_AGAIN) {
        return false;
    }
    if (result == OTTER_OK) {
        memcpy(device->stored + chunk.offset, chunk.bytes, chunk.len);
        device->got = chunk.offset + (uint32_t)chunk.len;
        device->data.ops->take(device->data.self, chunk.len);
        device->lag = device->got % 3;
    }
    if (result != OTTER_OK || device->got == chunk.total) {
        end(device, result, now_ms);
    }
    return true;
}

static bool look_for_job(struct device *device, uint32_t now_ms)
{
    enum otter_result result = device->jobs.ops->step(device->jobs.self, now_ms, &device->job);

    if (result != OTTER_OK) {
        return false;
    }
    device->got = 0;
    device->doing = FETCHING;
    result = device->data.ops->open(device->data.self, NULL, &device->job, now_ms);
    if (result != OTTER_OK) {
        end(device, result, now_ms);
    }
    return true;
}

static bool say_farewell(struct device *device, uint32_t now_ms)
{
    if (device->jobs.ops->report_step(device->jobs.self, now_ms) == OTTER_AGAIN) {
        return false;
    }
    device->jobs.ops->close(device->jobs.self);
    device->doing = ASKING;
    return true;
}

/* With nothing to do it sleeps until the transport wakes it. */
static uint32_t step_agent(void *subject, uint32_t now_ms)
{
    static bool (*const doings[])(struct device * device, uint32_t now_ms) = {
        [ASKING] = look_for_job,
        [FETCHING] = fetch,
        [REPORTING] = say_farewell,
    };
    struct device *device = subject;

    if (device->lag > 0) {
        device->lag--;
        return 0;
    }
    return doings[device->doing](device, now_ms) ? 0 : SLEEP_MS;
}

/* The stack's thread --------------------------------------------------------------------------- */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static int write_value(struct device *device, enum otter_ble_attribute attribute,
                       const uint8_t *value, size_t len)
{
    const uint16_t answer = otter_ble_write(&device->ble, attribute, 0, value, len);

    return answer == OTTER_BLE_LATER ? wait_for_mail(&device->mailbox, &device->mailbox.answer)
                                     : answer;
}

static void command(struct device *device, uint8_t number, uint32_t value)
{
    uint8_t bytes[5] = { number };

    otter_store_le32(bytes + 1, value);
    assert_int_equal(write_value(device, OTTER_BLE_CONTROL, bytes, number == 1 ? 1 : 5), 0);
    assert_int_equal(wait_for_mail(&device->mailbox, &device->mailbox.status), 0);
}

static void connect_peer(struct device *device)
{
    otter_ble_connected(&device->ble);
    assert_int_equal(write_value(device, OTTER_BLE_CONTROL_CCCD, (const uint8_t[]){ 3, 0 }, 2), 0);
}

/* Half of what was begun is given up: by another prepare, or with the link. */
static void transfer(struct device *device, uint32_t *seed)
{
    const uint32_t size = 1 + draw(seed, FILE_MAX);
    const uint32_t stop_at = draw(seed, 2) == 0 ? draw(seed, size) : size;
    uint8_t file[FILE_MAX];

    for (uint32_t i = 0; i < size; i++) {
        file[i] = (uint8_t)draw(seed, 256);
    }
    command(device, 1, 0);
    command(device, 2, size);
    for (uint32_t at = 0, len; at < stop_at; at += len) {
        len = 1 + draw(seed, OTTER_BLE_VALUE_MAX);
        len = len < stop_at - at ? len : stop_at - at;
        assert_int_equal(write_value(device, OTTER_BLE_DATA, file + at, len), 0);
    }
    if (stop_at == size) {
        command(device, 3, otter_crc32(0, file, size));
        assert_memory_equal(device->stored, file, size);
    } else if (draw(seed, 2) == 0) {
        otter_ble_disconnected(&device->ble);
        connect_peer(device);
    }
}

static void two_threads_never_meet(void **state)
{
    static struct device device;
    uint32_t seed = 1;

    (void)state;
    assert_int_equal(otter_posix_thread_init(&device.thread), OTTER_OK);
    device.guard = otter_posix_thread_guard(&device.thread);
    device.config = (struct otter_ble_config){
        .variant = &otter_ble_crc_variant,
        .stack = &stack,
        .stack_context = &device,
        .guard = &device.guard,
        .buffer = device.ring,
        .buffer_size = sizeof device.ring,
        .farewell_ms = 1000,
    };
    device.mailbox = (struct mailbox){ .answer = NO_ANSWER, .status = NO_ANSWER };
    assert_int_equal(pthread_mutex_init(&device.mailbox.mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&device.mailbox.changed, NULL), 0);
    assert_int_equal(otter_ble_init(&device.ble, &device.config), OTTER_OK);
    device.jobs = otter_ble_job_source(&device.ble);
    device.data = otter_ble_data_source(&device.ble);
    assert_int_equal(otter_posix_thread_start(&device.thread, step_agent, &device), OTTER_OK);

    connect_peer(&device);
    for (int i = 0; i < TRANSFERS; i++) {
        transfer(&device, &seed);
    }
    otter_posix_thread_free(&device.thread);
    pthread_cond_destroy(&device.mailbox.changed);
    pthread_mutex_destroy(&device.mailbox.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_never_meet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
