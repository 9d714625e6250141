/* SPDX-License-Identifier: Apache-2.0 */

/* Ends without return: faults, panics and failed assertions. Each says on the console what and
 * where, leaves its mark for the next boot, and resets: an image on trial is then reverted. */

#include "fault.h"

#include <assert.h>
#include <stdbool.h>

#include "memory.h"
#include "otter/mps2/console.h"
#include "otter/mps2/reset.h"
#include "otter/text.h"
#include "registers.h"

static const char *exception_name(uint32_t number)
{
    static const char *const names[] = {
        [2] = "NMI",       [3] = "hard fault",  [4] = "memory protection fault",
        [5] = "bus fault", [6] = "usage fault",
    };

    return number >= 2 && number < sizeof names / sizeof names[0] ? names[number]
                                                                  : "unexpected exception";
}

/* A fault may come from a stack that ran over; its registers are then in or below the guard. */
static bool is_on_the_stack(const struct stacked_registers *registers)
{
    const uintptr_t address = (uintptr_t)registers;

    return address >= (uintptr_t)otter_ld_stack_bottom + STACK_GUARD_SIZE
           && address <= (uintptr_t)otter_ld_stack_top - sizeof *registers;
}

static void append_fault_address(struct otter_text *text, uint32_t status)
{
    if ((status & SCB_CFSR_MMFAR_IS_VALID) != 0) {
        otter_text_append(text, ", access to ");
        otter_text_append_hex32(text, get(SCB_MMFAR));
    } else if ((status & SCB_CFSR_BFAR_IS_VALID) != 0) {
        otter_text_append(text, ", access to ");
        otter_text_append_hex32(text, get(SCB_BFAR));
    }
}

static _Noreturn void reset_as_fault(uint32_t pc)
{
    otter_ld_retained.pc = pc;
    otter_ld_retained.mark = MARK_FAULT;
    put(SCB_AIRCR, SCB_AIRCR_RESET);
    barrier();
    for (;;) {
    }
}

_Noreturn void otter_mps2_report_fault(const struct stacked_registers *registers)
{
    const uint32_t pc = is_on_the_stack(registers) ? registers->pc : 0;
    char line[128];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, exception_name(get(SCB_ICSR) & SCB_ICSR_ACTIVE_MASK));
    otter_text_append(&text, pc != 0 ? " at " : " by a stack that ran over, at ");
    otter_text_append_hex32(&text, pc);
    append_fault_address(&text, get(SCB_CFSR));
    otter_mps2_console_line("fault: ", line);
    reset_as_fault(pc);
}

_Noreturn void otter_mps2_panic(const char *what)
{
    const uint32_t caller = (uint32_t)(uintptr_t)__builtin_return_address(0);

    otter_mps2_console_line("panic: ", what);
    reset_as_fault(caller);
}

/* newlib's assert() ends here instead of in its own, which would pull in stdio. */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *what)
{
    char message[160];
    struct otter_text text;

    otter_text_init(&text, message, sizeof message);
    otter_text_append(&text, "assertion failed: ");
    otter_text_append(&text, what);
    otter_text_append(&text, ", in ");
    otter_text_append(&text, function != NULL ? function : "?");
    otter_text_append(&text, ", ");
    otter_text_append(&text, file);
    otter_text_append(&text, ":");
    otter_text_append_u32(&text, (uint32_t)line);
    otter_mps2_panic(message);
}
