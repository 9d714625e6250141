/* SPDX-License-Identifier: Apache-2.0 */

/* The network interface: frames between an Ethernet controller and lwIP, and lwIP's clock and
 * random numbers. The controller's interrupt only wakes the program; all work is done in step(). */

#include "otter/lwip_network.h"

#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

_Static_assert(TCP_WND <= 6 * TCP_MSS,
               "a window of more than 6 segments overruns the Ethernet controller's receive FIFO; "
               "it drops frames silently and every window waits for a retransmission");

#define FRAME_MAX       1514u
#define FRAMES_PER_STEP 8

static const struct otter_lwip_config *config;
static struct netif interface;

/* lwIP's LWIP_RAND(): ports, sequence numbers, transaction numbers. */
unsigned int otter_lwip_random(void)
{
    uint8_t bytes[sizeof(unsigned int)] = { 0 };
    unsigned int number;

    /* That the source works was checked at the start; a later failure leaves zeroes, which lwIP
     * mixes with its own counters. */
    (void)config->random(config->random_context, bytes, sizeof bytes);
    memcpy(&number, bytes, sizeof number);
    return number;
}

u32_t sys_now(void)
{
    return config->now_ms();
}

static err_t send_frame(struct netif *netif, struct pbuf *chain)
{
    static uint8_t frame[FRAME_MAX];
    const uint16_t length = (uint16_t)(chain->tot_len - ETH_PAD_SIZE);

    (void)netif;
    if (length > sizeof frame) {
        return ERR_BUF;
    }
    pbuf_copy_partial(chain, frame, length, ETH_PAD_SIZE);
    config->ethernet->send(frame, length);
    return ERR_OK;
}

static err_t init_interface(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hostname = config->host_name;
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = FRAME_MAX - 14;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    config->ethernet->address(netif->hwaddr);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

enum otter_result otter_lwip_start(const struct otter_lwip_config *new_config)
{
    uint8_t probe[1];

    config = new_config;
    if (config->random(config->random_context, probe, sizeof probe) != OTTER_OK) {
        return OTTER_ERR_CRYPTO;
    }
    lwip_init();
    netif_add_noaddr(&interface, NULL, init_interface, ethernet_input);
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    return dhcp_start(&interface) == ERR_OK ? OTTER_OK : OTTER_ERR_NO_SPACE;
}

/* A frame for which there is no buffer is dropped; TCP sends it again. */
static void take_in(const uint8_t *frame, size_t length)
{
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t)(length + ETH_PAD_SIZE), PBUF_POOL);

    if (pbuf == NULL) {
        return;
    }
    pbuf_take_at(pbuf, frame, (u16_t)length, ETH_PAD_SIZE);
    if (interface.input(pbuf, &interface) != ERR_OK) {
        pbuf_free(pbuf);
    }
}

uint32_t otter_lwip_step(void)
{
    static uint8_t frame[FRAME_MAX];
    unsigned taken = 0;

    for (; taken < FRAMES_PER_STEP; taken++) {
        const size_t length = config->ethernet->receive(frame, sizeof frame);

        if (length == 0) {
            break;
        }
        take_in(frame, length);
    }
    sys_check_timeouts();
    return taken == FRAMES_PER_STEP ? 0 : sys_timeouts_sleeptime();
}

bool otter_lwip_is_up(void)
{
    return dhcp_supplied_address(&interface) != 0;
}

const char *otter_lwip_address(char text[OTTER_LWIP_ADDRESS_SIZE])
{
    return ip4addr_ntoa_r(netif_ip4_addr(&interface), text, OTTER_LWIP_ADDRESS_SIZE);
}
