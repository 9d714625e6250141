/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_slotwriter_tests() + run_journal_tests();
}
