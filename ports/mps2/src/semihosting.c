/* SPDX-License-Identifier: Apache-2.0 */

/* Arm semihosting, as QEMU serves it: an operation in r0, its arguments' address in r1. */

#include "otter/mps2/semihosting.h"

#include <stdbool.h>
#include <string.h>

enum operation {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_READ = 0x06,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

#define OPEN_BINARY_READ         1u
#define STOPPED_APPLICATION_EXIT 0x20026u

static int32_t ask_host(enum operation operation, const void *arguments)
{
    register uint32_t r0 __asm__("r0") = (uint32_t)operation;
    register const void *r1 __asm__("r1") = arguments;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

int64_t otter_mps2_host_time(void)
{
    return (uint32_t)ask_host(SYS_TIME, NULL); /* unsigned: good until 2106 */
}

enum otter_result otter_mps2_host_random(void *context, uint8_t *bytes, size_t len)
{
    static const char file[] = "/dev/urandom";
    const uintptr_t open[] = { (uintptr_t)file, OPEN_BINARY_READ, sizeof file - 1 };
    const int32_t handle = ask_host(SYS_OPEN, open);

    (void)context;
    if (handle < 0) {
        return OTTER_ERR_CRYPTO;
    }

    const uintptr_t read[] = { (uintptr_t)handle, (uintptr_t)bytes, len };
    const int32_t left_unread = ask_host(SYS_READ, read);
    const uintptr_t close[] = { (uintptr_t)handle };

    (void)ask_host(SYS_CLOSE, close);
    return left_unread == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

/* Is @p word one of the words of @p line? */
static bool has_word(const char *line, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
        const bool begins = at == line || at[-1] == ' ';
        const bool ends = at[length] == ' ' || at[length] == '\0';

        if (begins && ends) {
            return true;
        }
    }
    return false;
}

bool otter_mps2_host_argument(const char *word)
{
    char line[128] = "";
    const uintptr_t arguments[] = { (uintptr_t)line, sizeof line };

    return ask_host(SYS_GET_CMDLINE, arguments) == 0 && has_word(line, word);
}

_Noreturn void otter_mps2_host_exit(uint32_t status)
{
    const uint32_t arguments[] = { STOPPED_APPLICATION_EXIT, status };

    (void)ask_host(SYS_EXIT_EXTENDED, arguments);
    for (;;) {
    }
}
