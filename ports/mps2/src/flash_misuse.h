/* SPDX-License-Identifier: Apache-2.0 */

/* What flash does not allow. A part would do something else than it was told, in silence; here the program
 * ends. */
#ifndef OTTER_MPS2_FLASH_MISUSE_H
#define OTTER_MPS2_FLASH_MISUSE_H

#include <stdint.h>

#include "otter/flash.h"

enum flash_misuse { FLASH_NOT_ERASED, FLASH_NO_SECTOR };

_Noreturn void otter_mps2_flash_misused(const struct otter_flash_geometry *geometry,
                                        uint32_t offset, enum flash_misuse misuse);

#endif
