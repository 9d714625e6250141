/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_update_tests(void);
int run_bad_input_tests(void);
int run_memory_tests(void);
int run_cut_tests(void);
int run_resume_tests(void);
int run_direct_tests(void);
int run_bundle_tests(void);
int run_control_tests(void);
int run_table_tests(void);
int run_text_tests(void);
int run_route_tests(void);
int run_event_tests(void);
int run_service_tests(void);
int run_file_tests(void);
int run_pushed_tests(void);

#endif
