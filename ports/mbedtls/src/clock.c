/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS's clock: libc's on a host, on a device the one that the program names, or 1970. */

#define _POSIX_C_SOURCE 200809L /* gmtime_r */

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <time.h>

#include "otter/mbedtls_platform.h"

static int64_t (*program_clock)(void);

time_t otter_mbedtls_no_time(time_t *timer);

time_t otter_mbedtls_no_time(time_t *timer)
{
    if (timer != NULL) {
        *timer = 0;
    }
    return 0;
}

static time_t program_time(time_t *timer)
{
    const time_t now = (time_t)program_clock();

    if (timer != NULL) {
        *timer = now;
    }
    return now;
}

void otter_mbedtls_use_clock(int64_t (*unix_time_s)(void))
{
    program_clock = unix_time_s;
    mbedtls_platform_set_time(program_time);
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *result)
{
    return gmtime_r(time, result);
}
