/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_faults.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum fault_kind { FAULT_PERCENT, FAULT_NUMBER, FAULT_CODE, FAULT_TEXT, FAULT_FLAG };

static const struct fault {
    const char *name;
    enum fault_kind kind;
    size_t offset;
    const char *help;
} rows[] = {
    { "seed", FAULT_NUMBER, offsetof(struct aws_faults, seed),
      "what chance is drawn from (1): the same requests meet the same faults" },
    { "lose", FAULT_PERCENT, offsetof(struct aws_faults, lose), "blocks are not sent" },
    { "repeat", FAULT_PERCENT, offsetof(struct aws_faults, repeat), "blocks are sent twice" },
    { "swap", FAULT_PERCENT, offsetof(struct aws_faults, swap),
      "blocks are sent before the one in front of them" },
    { "corrupt", FAULT_PERCENT, offsetof(struct aws_faults, corrupt),
      "one bit of the block is wrong" },
    { "delay", FAULT_PERCENT, offsetof(struct aws_faults, delay),
      "blocks wait, and those behind them" },
    { "delay-ms", FAULT_NUMBER, offsetof(struct aws_faults, delay_ms), "so long (1000)" },
    { "wrong-file", FAULT_PERCENT, offsetof(struct aws_faults, wrong_file),
      "blocks say that they are of another file" },
    { "wrong-length", FAULT_PERCENT, offsetof(struct aws_faults, wrong_length),
      "blocks say another length than they have" },
    { "stale-token", FAULT_PERCENT, offsetof(struct aws_faults, stale_token),
      "blocks answer another request" },
    { "silent-after", FAULT_NUMBER, offsetof(struct aws_faults, silent_after),
      "no block is sent after so many" },
    { "definite", FAULT_FLAG, offsetof(struct aws_faults, is_definite),
      "CBOR maps say how long they are" },
    { "other-order", FAULT_FLAG, offsetof(struct aws_faults, is_other_order),
      "keys come the other way round, with one that nobody knows" },
    { "reject", FAULT_CODE, offsetof(struct aws_faults, reject),
      "requests to streams are refused with this code" },
    { "reject-jobs", FAULT_CODE, offsetof(struct aws_faults, reject_jobs), "requests to Jobs are" },
    { "reject-first", FAULT_NUMBER, offsetof(struct aws_faults, reject_first),
      "but only the first so many of each" },
    { "lose-jobs", FAULT_PERCENT, offsetof(struct aws_faults, lose_jobs),
      "answers and notifications of Jobs are not sent" },
    { "url-seconds", FAULT_NUMBER, offsetof(struct aws_faults, url_seconds),
      "pre-signed URLs live so long, whatever their job says" },
    { "http-status", FAULT_NUMBER, offsetof(struct aws_faults, http_status),
      "every request for a file comes to this status" },
    { "http-break", FAULT_NUMBER, offsetof(struct aws_faults, http_break),
      "the connection breaks after so many bytes of a file" },
    { "http-whole", FAULT_FLAG, offsetof(struct aws_faults, is_http_whole),
      "200 and the whole file, whatever range was asked for" },
    { "http-other", FAULT_TEXT, offsetof(struct aws_faults, http_other),
      "this file is sent in place of the right one" },
};

static const char *const arguments[] = {
    [FAULT_PERCENT] = "=PERCENT", [FAULT_NUMBER] = "=NUMBER", [FAULT_CODE] = "=CODE",
    [FAULT_TEXT] = "=FILE",       [FAULT_FLAG] = "",
};

void aws_faults_print(void)
{
    char name[40];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", rows[i].name, arguments[rows[i].kind]);
        (void)printf("  %-22s %s\n", name, rows[i].help);
    }
}

static bool complain(const char *text, const char *expected)
{
    message_error("--fault '%s' cannot be", text);
    message_fact("expected", "%s", expected);
    message_next("See \"otter aws-standin faults\".");
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
