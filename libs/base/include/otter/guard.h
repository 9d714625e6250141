/* SPDX-License-Identifier: Apache-2.0 */

/** What a platform with threads gives to code that is used by more than one: a lock for a few
 * instructions, and a way to wake the thread that does the work. */
#ifndef OTTER_GUARD_H
#define OTTER_GUARD_H

struct otter_guard {
    /** Keep the others out. Never held for longer than a copy, never taken twice. */
    void (*enter)(void *context);
    void (*leave)(void *context);
    /** Let the working thread step now, whatever it waits for. May be called from any thread. */
    void (*wake)(void *context);
    void *context;
};

#endif
