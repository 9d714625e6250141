/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_offer_tests() + run_data_tests() + run_turn_tests() + run_request_tests();
}
