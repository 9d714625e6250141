/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_button_tests() + run_bytes_tests() + run_log_tests() + run_result_tests()
           + run_text_tests() + run_version_tests();
}
