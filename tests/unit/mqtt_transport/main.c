/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_asking_tests() + run_fetching_tests() + run_bad_chunk_tests() + run_way_tests()
           + run_reporting_tests();
}
