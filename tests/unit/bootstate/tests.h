/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OTTER_BOOTSTATE_TESTS_H
#define OTTER_BOOTSTATE_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_decide(void);
int test_handover(void);
int test_recovery(void);
int test_requests(void);
int test_torn(void);
int test_trailer(void);

#endif
