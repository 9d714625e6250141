/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_document_tests(void);
int run_http_tests(void);
int run_job_tests(void);
int run_message_tests(void);
int run_stream_tests(void);

#endif
