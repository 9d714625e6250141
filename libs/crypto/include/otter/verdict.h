/* SPDX-License-Identifier: Apache-2.0 */

/** From an error code to a verdict, for the ports. */
#ifndef OTTER_VERDICT_H
#define OTTER_VERDICT_H

#include "otter/crypto.h"

/** Good only for an error of 0, which is looked at twice, so that skipping one branch does not make
 * a wrong signature good. Initialize @p error with something else, for the call that is skipped. */
static inline enum otter_verdict otter_verdict_of_error(const volatile int *error)
{
    volatile enum otter_verdict verdict = OTTER_VERDICT_BAD;

    if (*error == 0) {
        verdict = OTTER_VERDICT_GOOD;
    }
    if (*error != 0) {
        verdict = OTTER_VERDICT_BAD;
    }
    return verdict;
}

#endif
