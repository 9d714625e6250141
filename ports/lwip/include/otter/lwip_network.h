/* SPDX-License-Identifier: Apache-2.0 */

/** lwIP without an operating system: one Ethernet interface, its address by DHCP, stepped by the
 * program's loop. lwIP is global, so there is one network per program. */
#ifndef OTTER_LWIP_NETWORK_H
#define OTTER_LWIP_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** Room for an IPv4 address in text, with its terminator. */
#define OTTER_LWIP_ADDRESS_SIZE 16u

/** An Ethernet controller: whole frames without their checksum, never waiting. */
struct otter_lwip_ethernet {
    void (*address)(uint8_t address[6]);
    /** @return bytes of the frame put into @p frame; 0 if there is none */
    size_t (*receive)(uint8_t *frame, size_t size);
    void (*send)(const uint8_t *frame, size_t len);
};

/** Borrowed for good by otter_lwip_start(). */
struct otter_lwip_config {
    const struct otter_lwip_ethernet *ethernet;
    const char *host_name; /**< for the DHCP server */
    uint32_t (*now_ms)(void);
    /** Sequence numbers and ports must differ from those before a reset, as the host may still hold
     * the old connections: true random bytes. */
    enum otter_result (*random)(void *context, uint8_t *bytes, size_t len);
    void *random_context;
};

/** Bring lwIP and the interface up and begin to ask for an address.
 *
 *  @return OTTER_OK, OTTER_ERR_CRYPTO (no random bytes) */
enum otter_result otter_lwip_start(const struct otter_lwip_config *config);

/** Take in the frames that have arrived and run the timers that are due.
 *
 *  @return milliseconds until the next step is needed if no frame arrives; 0: at once */
uint32_t otter_lwip_step(void);

/** Is there an address? */
bool otter_lwip_is_up(void);

/** The address in text. @return @p text */
const char *otter_lwip_address(char text[OTTER_LWIP_ADDRESS_SIZE]);

#endif
