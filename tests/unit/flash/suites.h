/* SPDX-License-Identifier: Apache-2.0 */

/** The suites of this program; each returns how many of its tests failed. */
#ifndef OTTER_TEST_FLASH_SUITES_H
#define OTTER_TEST_FLASH_SUITES_H

int run_area_tests(void);
int run_layout_tests(void);

#endif
