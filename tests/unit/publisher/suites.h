/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_offer_tests(void);
int run_data_tests(void);
int run_turn_tests(void);
int run_request_tests(void);

#endif
