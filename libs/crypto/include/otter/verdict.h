/* SPDX-License-Identifier: Apache-2.0 */

/** How verdicts are made and used, so that no one skipped instruction makes a bad one good. For ports
 * that check signatures, and for firmware before it starts a program. */
#ifndef OTTER_VERDICT_H
#define OTTER_VERDICT_H

#include <stdbool.h>

#include "otter/crypto.h"

/** What a library's answer means: good only if it is @p right. It is looked at twice, and as it came: if
 * something were computed from it first, skipping that could turn a wrong answer into the right one.
 * Initialize @p answer with a wrong one, for the call that is skipped. */
static inline enum otter_verdict otter_verdict_of_answer(const volatile int *answer, int right)
{
    volatile enum otter_verdict verdict = OTTER_VERDICT_BAD;

    if (*answer == right) {
        verdict = OTTER_VERDICT_GOOD;
    }
    if (*answer != right) {
        verdict = OTTER_VERDICT_BAD;
    }
    return verdict;
}

/** Ask twice, the last time right before what must not happen. Each time the verdict is compared with a
 * value from memory: a compiler that knew it from the branch before would compare the verdict with
 * itself. */
static inline bool otter_verdict_is_good(const volatile enum otter_verdict *verdict)
{
    const volatile enum otter_verdict good = OTTER_VERDICT_GOOD;

    return *verdict == good;
}

#endif
