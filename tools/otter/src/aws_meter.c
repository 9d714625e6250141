/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_cloud.h"

/* What is left to one thing. A message is let through while there is something left at all, and what it
 * takes too much is owed: so one that is larger than a second's worth is only slow. */
struct aws_allowance {
    struct aws_allowance *next;
    char thing[AWS_NAME_SIZE];
    double messages;
    double bytes;
    int64_t counted_ms;
};

static struct aws_allowance *find(struct aws_meter *meter, const char *thing, int64_t now_ms)
{
    struct aws_allowance *at = meter->things;

    while (at != NULL && strcmp(at->thing, thing) != 0) {
        at = at->next;
    }
    if (at == NULL && (at = calloc(1, sizeof *at)) != NULL) {
        (void)snprintf(at->thing, sizeof at->thing, "%s", thing);
        at->messages = meter->messages_per_s;
        at->bytes = meter->bytes_per_s;
        at->counted_ms = now_ms;
        at->next = meter->things;
        meter->things = at;
    }
    return at;
}

static double refill(double left, uint32_t per_s, int64_t passed_ms)
{
    const double more = left + (double)per_s * (double)passed_ms / 1000;

    return more < per_s ? more : per_s;
}

/* A clock that was set back gives nothing, and takes nothing away. */
static int64_t passed_since(const struct aws_allowance *left, int64_t now_ms)
{
    return now_ms > left->counted_ms ? now_ms - left->counted_ms : 0;
}

bool aws_meter_take(struct aws_meter *meter, const char *thing, size_t bytes, int64_t now_ms)
{
    struct aws_allowance *left = find(meter, thing, now_ms);
    int64_t passed_ms;

    if (left == NULL) {
        return true;
    }
    passed_ms = passed_since(left, now_ms);
    left->messages = refill(left->messages, meter->messages_per_s, passed_ms);
    left->bytes = refill(left->bytes, meter->bytes_per_s, passed_ms);
    left->counted_ms = now_ms;
    if ((meter->messages_per_s > 0 && left->messages < 1)
        || (meter->bytes_per_s > 0 && bytes > 0 && left->bytes <= 0)) {
        return false;
    }
    left->messages -= 1;
    left->bytes -= (double)bytes;
    return true;
}

void aws_meter_free(struct aws_meter *meter)
{
    while (meter->things != NULL) {
        struct aws_allowance *at = meter->things;

        meter->things = at->next;
        free(at);
    }
}
