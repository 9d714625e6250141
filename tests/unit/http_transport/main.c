/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_fetch_tests() + run_job_tests() + run_redirect_tests();
}
