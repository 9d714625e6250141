/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SUITES_H
#define SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_tar_tests(void);
int run_manifest_tests(void);
int run_bundle_tests(void);

#endif
