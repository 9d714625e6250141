/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_table_tests() + run_text_tests() + run_update_tests() + run_bad_input_tests()
           + run_memory_tests() + run_cut_tests() + run_resume_tests() + run_direct_tests()
           + run_bundle_tests() + run_control_tests() + run_route_tests() + run_event_tests()
           + run_service_tests() + run_file_tests() + run_pushed_tests();
}
