/* SPDX-License-Identifier: Apache-2.0 */

#include "tests.h"

int main(void)
{
    return test_trailer() + test_decide() + test_requests() + test_torn() + test_handover()
           + test_recovery();
}
