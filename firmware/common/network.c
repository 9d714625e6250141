/* SPDX-License-Identifier: Apache-2.0 */

#include "network.h"

#include "otter/lwip_link.h"
#include "otter/lwip_network.h"
#include "otter/mbedtls_platform.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/ethernet.h"
#include "otter/mps2/semihosting.h"
#include "otter/tls_link.h"

static _Alignas(8) uint8_t tls_pool[NETWORK_LINKS * OTTER_MBEDTLS_TLS_POOL_SIZE];

struct otter_mbedtls_random network_random;

static const struct otter_lwip_ethernet ethernet = {
    .address = otter_mps2_ethernet_address,
    .receive = otter_mps2_ethernet_receive,
    .send = otter_mps2_ethernet_send,
};

static struct otter_lwip_config network = {
    .ethernet = &ethernet,
    .now_ms = otter_mps2_now_ms,
    .random = otter_mbedtls_random,
    .random_context = &network_random,
};

static struct otter_lwip_link tcp[NETWORK_LINKS];

enum otter_result network_start_random(const char *serial_number)
{
    otter_mbedtls_use_pool(tls_pool, sizeof tls_pool);
    otter_mbedtls_use_clock(otter_mps2_host_time);
    return otter_mbedtls_random_init(&network_random, serial_number);
}

uint32_t network_random_number(void *context)
{
    uint32_t number = 0;

    (void)otter_mbedtls_random(context, (uint8_t *)&number, sizeof number);
    return number;
}

enum otter_result network_start(const char *host_name)
{
    network.host_name = host_name;
    return otter_mps2_ethernet_start() ? otter_lwip_start(&network) : OTTER_ERR_LINK;
}

struct otter_link network_link(unsigned index)
{
    return otter_lwip_as_link(&tcp[index]);
}
