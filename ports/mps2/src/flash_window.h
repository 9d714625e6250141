/* SPDX-License-Identifier: Apache-2.0 */

/* Where the CPU sees the host's flash file. */
#ifndef OTTER_MPS2_FLASH_WINDOW_H
#define OTTER_MPS2_FLASH_WINDOW_H

#define FLASH_WINDOW_ADDRESS 0x21000000u
#define FLASH_WINDOW_SIZE    0x01000000u

#endif
