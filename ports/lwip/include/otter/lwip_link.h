/* SPDX-License-Identifier: Apache-2.0 */

/** A TCP link (otter/link.h) over lwIP's raw API. In the clear; TLS goes on top of it. */
#ifndef OTTER_LWIP_LINK_H
#define OTTER_LWIP_LINK_H

#include "otter/link.h"

struct pbuf;
struct tcp_pcb;

enum otter_lwip_link_state {
    OTTER_LWIP_CLOSED,
    OTTER_LWIP_WAITING, /* for the interface's own address */
    OTTER_LWIP_RESOLVING,
    OTTER_LWIP_CONNECTING,
    OTTER_LWIP_OPEN,
    OTTER_LWIP_FAILED,
};

/** A link. It must stay where it is while it is open; close it before it goes. */
struct otter_lwip_link {
    enum otter_lwip_link_state state;
    enum otter_result failure;
    const char *because;
    struct otter_endpoint endpoint;
    struct tcp_pcb *pcb;
    struct pbuf *received; /* arrived, not fetched yet; the peer is not told of room for more */
    bool has_ended;        /* the peer will send no more */
};

/** The link behind the interface. Zero-initialise @p link first. */
struct otter_link otter_lwip_as_link(struct otter_lwip_link *link);

#endif
