/* SPDX-License-Identifier: Apache-2.0 */

/* Measures how a LED blinks. Samples are some 20 ms apart and both ends run under the host's
 * scheduler, so an interval is blurred by tens of milliseconds. It is therefore named by the
 * nearest value of a coarse series, and believed once three toggles in a row agree. */

#include "led_meter.h"

#include <stddef.h>

#define AGREEING_TOGGLES 3u

static const uint32_t series_ms[] = { 50, 100, 250, 500, 1000, 2000 };

static uint32_t distance(uint64_t a, uint32_t b)
{
    return (uint32_t)(a > b ? a - b : b - a);
}

static uint32_t nearest_of_series(uint64_t interval_ms)
{
    uint32_t nearest = series_ms[0];

    for (size_t i = 1; i < sizeof series_ms / sizeof series_ms[0]; i++) {
        if (distance(interval_ms, series_ms[i]) < distance(interval_ms, nearest)) {
            nearest = series_ms[i];
        }
    }
    return nearest;
}

void led_meter_init(struct led_meter *meter)
{
    *meter = (struct led_meter){ .interval_ms = LED_UNKNOWN };
}

static bool report(struct led_meter *meter, uint32_t interval_ms)
{
    bool is_news = meter->interval_ms != interval_ms;

    meter->interval_ms = interval_ms;
    return is_news;
}

static bool take_toggle(struct led_meter *meter, uint64_t elapsed_ms)
{
    uint32_t interval_ms = nearest_of_series(elapsed_ms);

    if (!meter->toggled) {
        meter->toggled = true; /* since when it was as it was is not known */
        return false;
    }
    meter->agreeing = interval_ms == meter->candidate_ms ? meter->agreeing + 1 : 1;
    meter->candidate_ms = interval_ms;
    return meter->agreeing >= AGREEING_TOGGLES && report(meter, interval_ms);
}

bool led_meter_sample(struct led_meter *meter, bool on, uint64_t now_ms)
{
    uint64_t elapsed_ms = now_ms - meter->changed_ms;
    bool is_toggle = meter->sampled && on != meter->on;

    if (!meter->sampled || is_toggle) {
        meter->sampled = true;
        meter->on = on;
        meter->changed_ms = now_ms;
        return is_toggle && take_toggle(meter, elapsed_ms);
    }
    return elapsed_ms >= LED_STEADY_MS && report(meter, LED_STEADY);
}
