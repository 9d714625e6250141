/* SPDX-License-Identifier: Apache-2.0 */

/* The TCP link. lwIP calls back from within otter_lwip_step(); the callbacks only note what
 * happened, and the link's functions act on it.
 *
 * Back-pressure: arrived segments are kept in their buffers, and lwIP may announce room to the peer
 * only for bytes that were fetched. A peer therefore can never send more than one window ahead. */

#include "otter/lwip_link.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "otter/lwip_network.h"

struct failure {
    err_t error;
    enum otter_result result;
    const char *because;
};

/* What an error means while connecting, and afterwards. The last row is for all others. */
static const struct failure connect_failures[] = {
    { ERR_RST, OTTER_ERR_HOST, "connection refused: nothing listens on that port" },
    { ERR_ABRT, OTTER_ERR_HOST, "no answer from the host" },
    { ERR_RTE, OTTER_ERR_HOST, "no route to the host" },
    { ERR_MEM, OTTER_ERR_LINK, "out of network buffers" },
    { ERR_OK, OTTER_ERR_LINK, "cannot connect" },
};

static const struct failure open_failures[] = {
    { ERR_RST, OTTER_ERR_LINK, "connection reset by the host" },
    { ERR_ABRT, OTTER_ERR_LINK, "the host stopped answering" },
    { ERR_OK, OTTER_ERR_LINK, "connection lost" },
};

static void fail(struct otter_lwip_link *link, const struct failure *rows, err_t error)
{
    const struct failure *row = rows;

    while (row->error != error && row->error != ERR_OK) {
        row++;
    }
    link->state = OTTER_LWIP_FAILED;
    link->failure = row->result;
    link->because = row->because;
}

/* lwIP has freed the pcb already. */
static void on_error(void *argument, err_t error)
{
    struct otter_lwip_link *link = argument;

    link->pcb = NULL;
    fail(link, link->state == OTTER_LWIP_CONNECTING ? connect_failures : open_failures, error);
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct otter_lwip_link *link = argument;

    (void)error; /* lwIP always passes ERR_OK */
    tcp_nagle_disable(pcb);
    link->state = OTTER_LWIP_OPEN;
    return ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *segment, err_t error)
{
    struct otter_lwip_link *link = argument;

    (void)pcb;
    (void)error; /* lwIP always passes ERR_OK */
    if (segment == NULL) {
        link->has_ended = true;
    } else if (link->received == NULL) {
        link->received = segment;
    } else {
        pbuf_cat(link->received, segment);
    }
    return ERR_OK;
}

static void connect_to(struct otter_lwip_link *link, const ip_addr_t *address)
{
    link->pcb = tcp_new();
    if (link->pcb == NULL) {
        fail(link, connect_failures, ERR_MEM);
        return;
    }
    link->state = OTTER_LWIP_CONNECTING;
    tcp_arg(link->pcb, link);
    tcp_err(link->pcb, on_error);
    tcp_recv(link->pcb, on_received);

    const err_t error = tcp_connect(link->pcb, address, link->endpoint.port, on_connected);

    if (error != ERR_OK) {
        fail(link, connect_failures, error);
    }
}

static void fail_to_resolve(struct otter_lwip_link *link)
{
    link->state = OTTER_LWIP_FAILED;
    link->failure = OTTER_ERR_HOST;
    link->because = "the host's name is not known";
}

/* lwIP cannot take a question back: an answer may come after the link was closed, or opened to
 * another host. The state and the name tell whether it is still wanted. */
static void on_resolved(const char *name, const ip_addr_t *address, void *argument)
{
    struct otter_lwip_link *link = argument;

    if (link->state != OTTER_LWIP_RESOLVING || strcmp(name, link->endpoint.host) != 0) {
        return;
    }
    if (address == NULL) {
        fail_to_resolve(link);
    } else {
        connect_to(link, address);
    }
}

static void resolve(struct otter_lwip_link *link)
{
    ip_addr_t address;

    link->state = OTTER_LWIP_RESOLVING;
    switch (dns_gethostbyname(link->endpoint.host, &address, on_resolved, link)) {
    case ERR_OK:
        connect_to(link, &address);
        break;
    case ERR_INPROGRESS:
        break;
    default:
        fail_to_resolve(link);
        break;
    }
}

static void close_link(void *port)
{
    struct otter_lwip_link *link = port;

    if (link->received != NULL) {
        pbuf_free(link->received);
    }
    if (link->pcb != NULL) {
        tcp_arg(link->pcb, NULL);
        tcp_err(link->pcb, NULL);
        tcp_recv(link->pcb, NULL);
        if (tcp_close(link->pcb) != ERR_OK) {
            tcp_abort(link->pcb);
        }
    }
    /* `because` stays, so that a failure can be explained after the link was closed. */
    *link = (struct otter_lwip_link){ .because = link->because };
}

static enum otter_result open_link(void *port, const struct otter_endpoint *endpoint)
{
    struct otter_lwip_link *link = port;

    close_link(link);
    *link = (struct otter_lwip_link){
        .state = OTTER_LWIP_WAITING,
        .endpoint = *endpoint,
        .because = "",
    };
    return OTTER_AGAIN;
}

static enum otter_result progress(void *port)
{
    struct otter_lwip_link *link = port;

    if (link->state == OTTER_LWIP_WAITING) {
        link->because = "the network has not given this device an address";
        if (otter_lwip_is_up()) {
            link->because = "";
            resolve(link);
        }
    }
    switch (link->state) {
    case OTTER_LWIP_OPEN:
        return OTTER_OK;
    case OTTER_LWIP_FAILED:
        return link->failure;
    case OTTER_LWIP_CLOSED:
        return OTTER_ERR_LINK;
    case OTTER_LWIP_WAITING:
    case OTTER_LWIP_RESOLVING:
    case OTTER_LWIP_CONNECTING:
        break;
    }
    return OTTER_AGAIN;
}

/* What send and receive return on a link that is not open. */
static int state_error(const struct otter_lwip_link *link)
{
    return link->state == OTTER_LWIP_FAILED ? (int)link->failure : (int)OTTER_ERR_LINK;
}

static int send_bytes(void *port, const void *src, size_t len)
{
    struct otter_lwip_link *link = port;

    if (link->state != OTTER_LWIP_OPEN) {
        return state_error(link);
    }

    const size_t room = tcp_sndbuf(link->pcb);
    const u16_t count = (u16_t)(len < room ? len : room);

    /* Refused for want of a buffer: acknowledgements will free some. */
    if (count == 0 || tcp_write(link->pcb, src, count, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return 0;
    }
    (void)tcp_output(link->pcb); /* what it cannot send now goes with lwIP's next timer */
    return count;
}

static int receive_bytes(void *port, void *dst, size_t len)
{
    struct otter_lwip_link *link = port;

    /* What arrived before a failure is still good. */
    if (link->received != NULL) {
        const u16_t wanted = (u16_t)(len < UINT16_MAX ? len : UINT16_MAX);
        const u16_t count = pbuf_copy_partial(link->received, dst, wanted, 0);

        link->received = pbuf_free_header(link->received, count);
        if (link->pcb != NULL) {
            tcp_recved(link->pcb, count);
        }
        return count;
    }
    if (link->state != OTTER_LWIP_OPEN) {
        return state_error(link);
    }
    return link->has_ended ? (int)OTTER_ERR_CLOSED : 0;
}

static const char *explain(void *port)
{
    const struct otter_lwip_link *link = port;

    return link->because != NULL ? link->because : "";
}

static const struct otter_link_ops ops = {
    .open = open_link,
    .progress = progress,
    .send = send_bytes,
    .receive = receive_bytes,
    .close = close_link,
    .explain = explain,
    .secure = false,
};

struct otter_link otter_lwip_as_link(struct otter_lwip_link *link)
{
    return (struct otter_link){ .ops = &ops, .port = link };
}
