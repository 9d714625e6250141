/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aws_answer.h"
#include "aws_cloud.h"

#define DETAIL_KEY_MAX        128
#define DETAIL_TEXT_MAX       1024
#define DETAIL_KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-"

static const cJSON *get(const cJSON *request, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(request, key);
}

bool aws_read_number(const cJSON *item, double *number)
{
    const char *text = cJSON_GetStringValue(item);
    char *end = NULL;

    *number = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (text != NULL && *text != '\0') {
        *number = strtod(text, &end);
    }
    return item == NULL
           || ((cJSON_IsNumber(item) || (end != NULL && *end == '\0')) && isfinite(*number)
               && *number == floor(*number));
}

bool aws_has_valid_token(const cJSON *request)
{
    const cJSON *token = get(request, "clientToken");

    return token == NULL
           || (cJSON_IsString(token) && *token->valuestring != '\0'
               && strlen(token->valuestring) <= AWS_TOKEN_MAX);
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

static bool is_detail(const cJSON *item)
{
    const size_t key_len = strlen(item->string);
    const char *text = cJSON_GetStringValue(item);

    if (key_len == 0 || key_len > DETAIL_KEY_MAX
        || strspn(item->string, DETAIL_KEY_CHARACTERS) != key_len || text == NULL || *text == '\0'
        || characters(text) > DETAIL_TEXT_MAX) {
        return false;
    }
    while ((unsigned char)*text >= 0x20 && *text != 0x7F) {
        text++;
    }
    return *text == '\0';
}

bool aws_has_valid_details(const cJSON *request)
{
    const cJSON *details = get(request, "statusDetails");
    const cJSON *item;

    if (details == NULL || !cJSON_IsObject(details)) {
        return details == NULL;
    }
    cJSON_ArrayForEach(item, details)
    {
        if (!is_detail(item)) {
            return false;
        }
    }
    return true;
}

bool aws_has_valid_flag(const cJSON *request, const char *key)
{
    return get(request, key) == NULL || cJSON_IsBool(get(request, key));
}

bool aws_read_step_timeout(const cJSON *request, int *minutes)
{
    const cJSON *item = get(request, "stepTimeoutInMinutes");
    double number;
    const bool is_number = aws_read_number(item, &number);

    *minutes = is_number && fabs(number) <= AWS_MINUTES_MAX ? (int)number : 0;
    return is_number && (item == NULL || *minutes == -1 || *minutes >= 1);
}
