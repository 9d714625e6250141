/* SPDX-License-Identifier: Apache-2.0 */

/* Part of Mbed TLS's library: its time before the program names a clock, and the calendar. Mbed
 * TLS's own calendar calls gmtime(), which allocates on newlib-nano. */

#define _POSIX_C_SOURCE 200809L /* gmtime_r */

#include <mbedtls/platform_util.h>
#include <time.h>

time_t otter_mbedtls_no_time(time_t *timer)
{
    if (timer != NULL) {
        *timer = 0;
    }
    return 0;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *result)
{
    return gmtime_r(time, result);
}
