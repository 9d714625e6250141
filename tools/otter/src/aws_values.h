/* SPDX-License-Identifier: Apache-2.0 */

/** Values in requests to AWS IoT Jobs: what is there must be right, what is not there is. */
#ifndef OTTER_TOOL_AWS_VALUES_H
#define OTTER_TOOL_AWS_VALUES_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/** A whole number, also in quotes; 0 if @p item is NULL. */
bool aws_read_number(const cJSON *item, double *number);

/** stepTimeoutInMinutes. @param minutes  0: none, -1: stop the timer */
bool aws_read_step_timeout(const cJSON *request, int *minutes);

bool aws_has_valid_token(const cJSON *request);
bool aws_has_valid_details(const cJSON *request);
bool aws_has_valid_flag(const cJSON *request, const char *key);

#endif
