/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_asking_tests(void);
int run_fetching_tests(void);
int run_bad_chunk_tests(void);
int run_way_tests(void);
int run_reporting_tests(void);

#endif
