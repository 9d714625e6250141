/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_push_tests(void);
int run_command_tests(void);
int run_refusal_tests(void);
int run_signed_tests(void);
int run_link_tests(void);
int run_cut_tests(void);
int run_either_tests(void);

#endif
