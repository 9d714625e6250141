/* SPDX-License-Identifier: Apache-2.0 */

#include "tests.h"

int main(void)
{
    return test_strategies() + test_updates() + test_refusals() + test_faults() + test_encryption()
           + test_swaps() + test_swap_move() + test_swap_status() + test_swap_offset() + test_torn()
           + test_wear() + test_several() + test_several_cuts() + test_direct_xip()
           + test_failing_devices() + test_recovery() + test_unreadable();
}
