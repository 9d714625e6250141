/* SPDX-License-Identifier: Apache-2.0 */

/* The memory protection unit: what may not be written, and the end of the stack. */
#ifndef OTTER_MPS2_MPU_H
#define OTTER_MPS2_MPU_H

void otter_mps2_mpu_start(void);
void otter_mps2_mpu_stop(void);

/* Between these two the flash file's memory can be written. */
void otter_mps2_mpu_open_flash(void);
void otter_mps2_mpu_close_flash(void);

#endif
