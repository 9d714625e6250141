/* SPDX-License-Identifier: Apache-2.0 */

/* Does the harness see that something is wrong? */
#ifndef OTTER_POWERCUT_SELFTEST_H
#define OTTER_POWERCUT_SELFTEST_H

#include "matrix.h"

/** Break every strategy in every way that there is a mutation for, one at a time, and print what came
 * of it.
 *
 *  @return whether all were caught but those that are known to be harmless */
bool selftest_run(struct selection *selection, uint32_t workers);

#endif
