/* SPDX-License-Identifier: Apache-2.0 */

/* Three regions over the default memory map: the ROM and the flash file can only be read, and the
 * lowest bytes of the stack cannot be touched at all. Silicon would enforce the first two by
 * itself; for QEMU all of it is RAM. */

#include "mpu.h"

#include <stddef.h>

#include "flash_window.h"
#include "memory.h"
#include "registers.h"

#define RASR_ENABLE        0x00000001u
#define RASR_NO_ACCESS     0x00000000u
#define RASR_READ_ONLY     0x06000000u
#define RASR_READ_WRITE    0x03000000u
#define RASR_NORMAL        0x00020000u /* cacheable memory, as opposed to a device */
#define RASR_NEVER_EXECUTE 0x10000000u

/* A region of 2^(n+1) bytes has n in the size field. */
#define RASR_SIZE(n)   ((uint32_t)(n) << 1)
#define RASR_256_BYTES RASR_SIZE(7)
#define RASR_4_MIB     RASR_SIZE(21)
#define RASR_16_MIB    RASR_SIZE(23)

#define MPU_CTRL_ENABLE             0x1u
#define MPU_CTRL_DEFAULT_BACKGROUND 0x4u

enum region { REGION_ROM, REGION_FLASH, REGION_STACK_END };

static void set_region(enum region region, uint32_t base, uint32_t attributes)
{
    put(MPU_RNR, (uint32_t)region);
    put(MPU_RBAR, base);
    put(MPU_RASR, attributes | RASR_NORMAL | RASR_ENABLE);
}

void otter_mps2_mpu_start(void)
{
    set_region(REGION_ROM, 0, RASR_READ_ONLY | RASR_4_MIB);
    set_region(REGION_FLASH, FLASH_WINDOW_ADDRESS, RASR_READ_ONLY | RASR_16_MIB);
    set_region(REGION_STACK_END, (uint32_t)(uintptr_t)otter_ld_stack_bottom,
               RASR_NO_ACCESS | RASR_NEVER_EXECUTE | RASR_256_BYTES);
    put(MPU_CTRL, MPU_CTRL_ENABLE | MPU_CTRL_DEFAULT_BACKGROUND);
    barrier();
}

void otter_mps2_mpu_stop(void)
{
    put(MPU_CTRL, 0);
    barrier();
}

void otter_mps2_mpu_open_flash(void)
{
    set_region(REGION_FLASH, FLASH_WINDOW_ADDRESS, RASR_READ_WRITE | RASR_16_MIB);
    barrier();
}

void otter_mps2_mpu_close_flash(void)
{
    set_region(REGION_FLASH, FLASH_WINDOW_ADDRESS, RASR_READ_ONLY | RASR_16_MIB);
    barrier();
}
