/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_header_tests() + run_open_tests() + run_tlv_tests() + run_vector_tests()
           + run_verify_tests() + run_bad_input_tests() + run_decrypt_tests();
}
