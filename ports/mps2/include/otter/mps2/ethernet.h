/* SPDX-License-Identifier: Apache-2.0 */

/** The LAN9118 Ethernet controller: raw frames in and out, without their checksum. */
#ifndef OTTER_MPS2_ETHERNET_H
#define OTTER_MPS2_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest frame that is received or sent, in bytes. */
#define OTTER_MPS2_FRAME_MAX 1514u

/** Reset the controller and switch receiver, transmitter and interrupt on.
 *
 *  @return false if there is no such controller */
bool otter_mps2_ethernet_start(void);

/** The address that the controller was given (QEMU: -nic ...,mac=). */
void otter_mps2_ethernet_address(uint8_t address[6]);

/** Take the next frame out of the controller.
 *
 *  @return its bytes; 0 if there is none. A damaged frame, or one longer than @p size, is
 *          dropped. */
size_t otter_mps2_ethernet_receive(uint8_t *frame, size_t size);

/** Send a frame of at most OTTER_MPS2_FRAME_MAX bytes. */
void otter_mps2_ethernet_send(const uint8_t *frame, size_t len);

/** Let the next frame interrupt the CPU's sleep again. The handler only wakes; the work is the
 * main loop's. */
void otter_mps2_ethernet_listen(void);

/** Is there a frame to receive? */
bool otter_mps2_ethernet_is_waiting(void);

#endif
