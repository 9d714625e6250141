/* SPDX-License-Identifier: Apache-2.0 */

/** The suites of this program; each returns how many of its tests failed. */
#ifndef OTTER_TEST_IMAGE_SUITES_H
#define OTTER_TEST_IMAGE_SUITES_H

int run_header_tests(void);
int run_open_tests(void);
int run_tlv_tests(void);
int run_vector_tests(void);
int run_verify_tests(void);
int run_bad_input_tests(void);
int run_decrypt_tests(void);

#endif
