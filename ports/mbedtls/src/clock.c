/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS's clock: the one that the program names instead of libc's or none. */

#include "otter/mbedtls_platform.h"

#include <mbedtls/platform.h>
#include <time.h>

static int64_t (*program_clock)(void);

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
