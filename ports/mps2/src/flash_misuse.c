/* SPDX-License-Identifier: Apache-2.0 */

/* The misuse of flash, told on the console. */

#include "flash_misuse.h"

#include "otter/mps2/reset.h"
#include "otter/text.h"

static const char *const words_for[] = {
    [FLASH_NOT_ERASED] = "programmed without an erase before",
    [FLASH_NO_SECTOR] = "erase of what is no sector",
};

_Noreturn void otter_mps2_flash_misused(const struct otter_flash_geometry *geometry,
                                        uint32_t offset, enum flash_misuse misuse)
{
    char message[96];
    struct otter_text text;

    otter_text_init(&text, message, sizeof message);
    otter_text_append(&text, "flash ");
    otter_text_append(&text, geometry->name);
    otter_text_append(&text, " at ");
    otter_text_append_hex32(&text, offset);
    otter_text_append(&text, ": ");
    otter_text_append(&text, words_for[misuse]);
    otter_mps2_panic(message);
}
