/* SPDX-License-Identifier: Apache-2.0 */

/** A background thread that steps something, and sleeps in between for as long as that says. */
#ifndef OTTER_POSIX_THREAD_H
#define OTTER_POSIX_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "otter/guard.h"
#include "otter/result.h"

/** Do not move it once its guard was given away. The fields are its own. */
struct otter_posix_thread {
    pthread_mutex_t guard; /* of what the thread shares with others */
    pthread_mutex_t mutex; /* of the fields below */
    pthread_cond_t changed;
    bool is_running;
    bool is_woken;
    bool must_end;
    pthread_t id;
    uint32_t (*step)(void *subject, uint32_t now_ms);
    void *subject;
};

/** Make it ready; no thread runs yet. @return OTTER_OK, OTTER_ERR_NO_SPACE */
enum otter_result otter_posix_thread_init(struct otter_posix_thread *thread);

/** The lock and the alarm of @p thread; good until otter_posix_thread_free(). */
struct otter_guard otter_posix_thread_guard(struct otter_posix_thread *thread);

/** Start it. It calls @p step with the time, sleeps for the milliseconds that this returns or until
 * it is woken, and calls it again. Any thread may start it.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_ARGUMENT  it runs already
 *          OTTER_ERR_NO_SPACE  the system has no thread left */
enum otter_result otter_posix_thread_start(struct otter_posix_thread *thread,
                                           uint32_t (*step)(void *subject, uint32_t now_ms),
                                           void *subject);

/** End it after its present step and wait until it has ended; then it may be started again. Any
 * thread may call this, also several at once, but not the thread itself. Harmless if none runs. */
void otter_posix_thread_stop(struct otter_posix_thread *thread);

/** Stop it, and free what init() took. */
void otter_posix_thread_free(struct otter_posix_thread *thread);

#endif
