/* SPDX-License-Identifier: Apache-2.0 */

/* The thread: step, sleep on a condition until the time is over or somebody calls, step again. The
 * lock that users share with the thread is another one than that of the condition, so that a wake
 * never waits for a user. */

#include "otter/posix_thread.h"

#include <time.h>

#include "otter/posix.h"

#define LONGEST_SLEEP_MS 3600000u

enum otter_result otter_posix_thread_init(struct otter_posix_thread *thread)
{
    pthread_condattr_t attributes;
    bool is_made;

    *thread = (struct otter_posix_thread){ .is_running = false };
    if (pthread_condattr_init(&attributes) != 0) {
        return OTTER_ERR_NO_SPACE;
    }
    is_made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0
              && pthread_cond_init(&thread->changed, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!is_made) {
        return OTTER_ERR_NO_SPACE;
    }
    (void)pthread_mutex_init(&thread->guard, NULL);
    (void)pthread_mutex_init(&thread->mutex, NULL);
    return OTTER_OK;
}

static void enter(void *context)
{
    struct otter_posix_thread *thread = context;

    (void)pthread_mutex_lock(&thread->guard);
}

static void leave(void *context)
{
    struct otter_posix_thread *thread = context;

    (void)pthread_mutex_unlock(&thread->guard);
}

static void wake(void *context)
{
    struct otter_posix_thread *thread = context;

    (void)pthread_mutex_lock(&thread->mutex);
    thread->is_woken = true;
    (void)pthread_cond_broadcast(&thread->changed);
    (void)pthread_mutex_unlock(&thread->mutex);
}

struct otter_guard otter_posix_thread_guard(struct otter_posix_thread *thread)
{
    return (struct otter_guard){ .enter = enter, .leave = leave, .wake = wake, .context = thread };
}

static struct timespec after_ms(uint32_t duration_ms)
{
    struct timespec when;

    (void)clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += (time_t)(duration_ms / 1000);
    when.tv_nsec += (long)(duration_ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

/* What is due at once costs no switch to another thread. @return false: the thread must end */
static bool sleep_until_due(struct otter_posix_thread *thread, uint32_t wait_ms)
{
    const struct timespec due = after_ms(wait_ms < LONGEST_SLEEP_MS ? wait_ms : LONGEST_SLEEP_MS);
    bool goes_on;

    (void)pthread_mutex_lock(&thread->mutex);
    while (wait_ms > 0 && !thread->is_woken && !thread->must_end
           && pthread_cond_timedwait(&thread->changed, &thread->mutex, &due) == 0) {
    }
    thread->is_woken = false;
    goes_on = !thread->must_end;
    (void)pthread_mutex_unlock(&thread->mutex);
    return goes_on;
}

static void *run(void *context)
{
    struct otter_posix_thread *thread = context;
    uint32_t wait_ms;

    do {
        wait_ms = thread->step(thread->subject, otter_posix_now_ms());
    } while (sleep_until_due(thread, wait_ms));
    return NULL;
}

enum otter_result otter_posix_thread_start(struct otter_posix_thread *thread,
                                           uint32_t (*step)(void *subject, uint32_t now_ms),
                                           void *subject)
{
    enum otter_result result = OTTER_ERR_ARGUMENT;

    (void)pthread_mutex_lock(&thread->mutex);
    if (!thread->is_running) {
        thread->step = step;
        thread->subject = subject;
        thread->must_end = false;
        result =
            pthread_create(&thread->id, NULL, run, thread) == 0 ? OTTER_OK : OTTER_ERR_NO_SPACE;
        thread->is_running = result == OTTER_OK;
    }
    (void)pthread_mutex_unlock(&thread->mutex);
    return result;
}

/* Of several that stop it at once, one joins it; the others wait for that one. */
void otter_posix_thread_stop(struct otter_posix_thread *thread)
{
    (void)pthread_mutex_lock(&thread->mutex);
    while (thread->is_running && thread->must_end) {
        (void)pthread_cond_wait(&thread->changed, &thread->mutex);
    }
    if (thread->is_running) {
        thread->must_end = true;
        (void)pthread_cond_broadcast(&thread->changed);
        (void)pthread_mutex_unlock(&thread->mutex);
        (void)pthread_join(thread->id, NULL);
        (void)pthread_mutex_lock(&thread->mutex);
        thread->is_running = false;
        (void)pthread_cond_broadcast(&thread->changed);
    }
    (void)pthread_mutex_unlock(&thread->mutex);
}

void otter_posix_thread_free(struct otter_posix_thread *thread)
{
    otter_posix_thread_stop(thread);
    (void)pthread_cond_destroy(&thread->changed);
    (void)pthread_mutex_destroy(&thread->mutex);
    (void)pthread_mutex_destroy(&thread->guard);
}
