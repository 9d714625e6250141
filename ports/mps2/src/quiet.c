/* SPDX-License-Identifier: Apache-2.0 */

/* Ends without return, without words: for programs that have no console. A program that names this
 * library before otter::mps2 gets these in place of fault.c. */

#include <assert.h>

#include "fault.h"
#include "flash_misuse.h"
#include "memory.h"
#include "otter/mps2/reset.h"
#include "registers.h"

static _Noreturn void reset_as_fault(void)
{
    otter_ld_retained.pc = 0; /* it could only be told on a console */
    otter_ld_retained.mark = MARK_FAULT;
    put(SCB_AIRCR, SCB_AIRCR_RESET);
    barrier();
    for (;;) {
    }
}

_Noreturn void otter_mps2_report_fault(const struct stacked_registers *registers)
{
    (void)registers;
    reset_as_fault();
}

_Noreturn void otter_mps2_flash_misused(const struct otter_flash_geometry *geometry,
                                        uint32_t offset, enum flash_misuse misuse)
{
    (void)geometry;
    (void)offset;
    (void)misuse;
    reset_as_fault();
}

_Noreturn void otter_mps2_panic(const char *what)
{
    (void)what;
    reset_as_fault();
}

_Noreturn void __assert_func(const char *file, int line, const char *function, const char *what)
{
    (void)file;
    (void)line;
    (void)function;
    (void)what;
    reset_as_fault();
}
