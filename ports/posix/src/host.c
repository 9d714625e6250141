/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/posix.h"

#include <sys/random.h>
#include <time.h>

uint32_t otter_posix_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

void otter_posix_sleep_ms(uint32_t duration_ms)
{
    const struct timespec duration = {
        .tv_sec = (time_t)(duration_ms / 1000),
        .tv_nsec = (long)(duration_ms % 1000) * 1000000,
    };

    (void)nanosleep(&duration, NULL);
}

enum otter_result otter_posix_random(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    while (len > 0) {
        const ssize_t got = getrandom(bytes, len, 0);

        if (got <= 0) {
            return OTTER_ERR_CRYPTO;
        }
        bytes += got;
        len -= (size_t)got;
    }
    return OTTER_OK;
}

uint32_t otter_posix_random_u32(void *context)
{
    uint32_t number = 0;

    /* Jitter without a random source is a fixed pause: no reason to fail. */
    (void)otter_posix_random(context, (uint8_t *)&number, sizeof number);
    return number;
}
