/* SPDX-License-Identifier: Apache-2.0 */

/** The suites of this program; each returns how many of its tests failed. */
#ifndef OTTER_TEST_BASE_SUITES_H
#define OTTER_TEST_BASE_SUITES_H

int run_button_tests(void);
int run_bytes_tests(void);
int run_log_tests(void);
int run_result_tests(void);
int run_text_tests(void);
int run_version_tests(void);

#endif
