/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_push_tests() + run_command_tests() + run_refusal_tests() + run_signed_tests()
           + run_link_tests() + run_cut_tests() + run_either_tests();
}
