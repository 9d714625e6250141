/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_faults.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

const char aws_faults_help[] =
    "do something wrong, may be repeated: lose, repeat, swap, corrupt, delay, wrong-file, "
    "wrong-length, stale-token (=PERCENT of blocks); delay-ms, silent-after, seed (=NUMBER); "
    "definite, other-order; reject, reject-jobs (=CODE), reject-first (=NUMBER); url-seconds, "
    "http-break, http-status (=NUMBER); http-whole, http-other=FILE";

enum fault_kind { FAULT_PERCENT, FAULT_NUMBER, FAULT_CODE, FAULT_TEXT, FAULT_FLAG };

static const struct fault {
    const char *name;
    enum fault_kind kind;
    size_t offset;
} rows[] = {
    { "seed", FAULT_NUMBER, offsetof(struct aws_faults, seed) },
    { "lose", FAULT_PERCENT, offsetof(struct aws_faults, lose) },
    { "repeat", FAULT_PERCENT, offsetof(struct aws_faults, repeat) },
    { "swap", FAULT_PERCENT, offsetof(struct aws_faults, swap) },
    { "corrupt", FAULT_PERCENT, offsetof(struct aws_faults, corrupt) },
    { "delay", FAULT_PERCENT, offsetof(struct aws_faults, delay) },
    { "wrong-file", FAULT_PERCENT, offsetof(struct aws_faults, wrong_file) },
    { "wrong-length", FAULT_PERCENT, offsetof(struct aws_faults, wrong_length) },
    { "stale-token", FAULT_PERCENT, offsetof(struct aws_faults, stale_token) },
    { "delay-ms", FAULT_NUMBER, offsetof(struct aws_faults, delay_ms) },
    { "silent-after", FAULT_NUMBER, offsetof(struct aws_faults, silent_after) },
    { "definite", FAULT_FLAG, offsetof(struct aws_faults, is_definite) },
    { "other-order", FAULT_FLAG, offsetof(struct aws_faults, is_other_order) },
    { "reject", FAULT_CODE, offsetof(struct aws_faults, reject) },
    { "reject-jobs", FAULT_CODE, offsetof(struct aws_faults, reject_jobs) },
    { "reject-first", FAULT_NUMBER, offsetof(struct aws_faults, reject_first) },
    { "url-seconds", FAULT_NUMBER, offsetof(struct aws_faults, url_seconds) },
    { "http-break", FAULT_NUMBER, offsetof(struct aws_faults, http_break) },
    { "http-status", FAULT_NUMBER, offsetof(struct aws_faults, http_status) },
    { "http-whole", FAULT_FLAG, offsetof(struct aws_faults, is_http_whole) },
    { "http-other", FAULT_TEXT, offsetof(struct aws_faults, http_other) },
};

static bool complain(const char *text, const char *expected)
{
    message_error("--fault '%s' cannot be", text);
    message_fact("expected", "%s", expected);
    message_next("See \"otter aws-standin run --help\".");
    return false;
}

static bool take_number(const char *text, const char *value, uint32_t most, uint32_t *field)
{
    char *end = NULL;
    const unsigned long number = value != NULL ? strtoul(value, &end, 10) : 0;

    if (value == NULL || *value < '0' || *value > '9' || *end != '\0' || number > most) {
        return complain(text, most == 100 ? "NAME=PERCENT, 0 to 100" : "NAME=NUMBER");
    }
    *field = (uint32_t)number;
    return true;
}

static bool take_code(const char *text, const char *value, enum aws_code *field)
{
    *field = value != NULL ? aws_code_find(value) : AWS_CODES;
    return *field != AWS_CODES || complain(text, "NAME=CODE, such as InternalError");
}

static bool take_value(const struct fault *fault, const char *text, const char *value,
                       struct aws_faults *faults)
{
    void *field = (char *)faults + fault->offset;

    switch (fault->kind) {
    case FAULT_PERCENT:
        return take_number(text, value, 100, field);
    case FAULT_NUMBER:
        return take_number(text, value, INT32_MAX, field);
    case FAULT_CODE:
        return take_code(text, value, field);
    case FAULT_TEXT:
        *(const char **)field = value;
        return value != NULL || complain(text, "NAME=FILE");
    case FAULT_FLAG:
        *(bool *)field = true;
        return value == NULL || complain(text, "NAME alone");
    }
    return false;
}

static bool take(const char *text, struct aws_faults *faults)
{
    const size_t len = strcspn(text, "=");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].name) == len && strncmp(text, rows[i].name, len) == 0) {
            return take_value(&rows[i], text, text[len] == '=' ? text + len + 1 : NULL, faults);
        }
    }
    return complain(text, "the name of a fault");
}

bool aws_faults_read(const struct option_list *list, struct aws_faults *faults)
{
    *faults = (struct aws_faults){ .seed = 1, .delay_ms = 1000 };
    for (int i = 0; i < list->count; i++) {
        if (!take(list->items[i], faults)) {
            return false;
        }
    }
    return true;
}

/* xorshift32; the state must not be 0. */
static uint32_t draw(struct aws_faults *faults)
{
    uint32_t x = faults->seed != 0 ? faults->seed : 1;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    faults->seed = x;
    return x;
}

bool aws_faults_strike(struct aws_faults *faults, uint32_t percent)
{
    return percent > 0 && draw(faults) % 100 < percent;
}
