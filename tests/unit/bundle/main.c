/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_tar_tests() + run_manifest_tests() + run_bundle_tests();
}
