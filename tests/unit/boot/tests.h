/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OTTER_BOOT_TESTS_H
#define OTTER_BOOT_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_direct_xip(void);
int test_encryption(void);
int test_failing_devices(void);
int test_faults(void);
int test_recovery(void);
int test_refusals(void);
int test_several(void);
int test_several_cuts(void);
int test_strategies(void);
int test_swap_move(void);
int test_swap_status(void);
int test_swap_offset(void);
int test_swaps(void);
int test_torn(void);
int test_unreadable(void);
int test_updates(void);
int test_wear(void);

#endif
