/* SPDX-License-Identifier: Apache-2.0 */

#include "figures.h"

#include "otter/mps2/flash.h"
#include "otter/mps2/semihosting.h"
#include "otter/mps2/stack.h"

bool figures_are_wanted(void)
{
    return otter_mps2_host_argument("figures");
}

void figures_append(struct otter_text *text)
{
    const struct otter_mps2_flash_count count = otter_mps2_flash_count();

    otter_text_append(text, "stack ");
    otter_text_append_u32(text, otter_mps2_stack_used());
    otter_text_append(text, " bytes, flash ");
    otter_text_append_u32(text, count.erased_sectors);
    otter_text_append(text, " erases ");
    otter_text_append_u32(text, count.programs);
    otter_text_append(text, " programs");
}
