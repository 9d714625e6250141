/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/source.h"

const char *otter_report_stage_name(enum otter_report_stage stage)
{
    static const char *const names[] = {
        [OTTER_REPORT_REFUSED] = "refused",   [OTTER_REPORT_FAILED] = "failed",
        [OTTER_REPORT_PENDING] = "pending",   [OTTER_REPORT_CONFIRMED] = "confirmed",
        [OTTER_REPORT_REVERTED] = "reverted",
    };
    return names[stage];
}
