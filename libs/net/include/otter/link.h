/* SPDX-License-Identifier: Apache-2.0 */

/** A link: a byte stream to a host, in the clear or through TLS. Never blocks.
 *
 * Life cycle: open, progress until it is open, send and receive, close; then it may be opened
 * again. A link over another link (TLS over TCP) owns the lower one while it is open. */
#ifndef OTTER_LINK_H
#define OTTER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** Where to connect. The strings stay valid until the link is closed. */
struct otter_endpoint {
    const char *host; /**< a name or an address in text */
    uint16_t port;
    const char *server_name; /**< the name the server must prove over TLS; NULL: same as host */
};

struct otter_link_ops {
    /** Begin to connect.
     *  @return OTTER_OK or OTTER_AGAIN (go on with progress), OTTER_ERR_HOST, OTTER_ERR_LINK; over
     *          TLS also OTTER_ERR_PEER_UNTRUSTED (it has no name that could be checked) and
     *          OTTER_ERR_CRYPTO */
    enum otter_result (*open)(void *port, const struct otter_endpoint *endpoint);

    /** Go on connecting, handshake included.
     *  @return OTTER_OK when it is open, OTTER_AGAIN meanwhile, OTTER_ERR_HOST, OTTER_ERR_CLOSED,
     *          OTTER_ERR_LINK; over TLS also OTTER_ERR_PEER_UNTRUSTED, OTTER_ERR_REFUSED,
     *          OTTER_ERR_PROTOCOL (it speaks no TLS) and OTTER_ERR_CRYPTO */
    enum otter_result (*progress)(void *port);

    /** @return > 0  that many bytes were taken; may be fewer than asked
     *          = 0  nothing now, the link is still good; never for a link that is gone
     *          < 0  OTTER_ERR_CLOSED or OTTER_ERR_LINK */
    int (*send)(void *port, const void *src, size_t len);

    /** Same values as send; OTTER_ERR_CLOSED when the peer ended the stream in good order. Bytes
     * that are not fetched stay with the peer: this is the back-pressure. */
    int (*receive)(void *port, void *dst, size_t len);

    /** End the connection and free what it holds; harmless if it is not open. */
    void (*close)(void *port);

    /** Why the last open or progress failed, for people, for example "certificate has expired";
     * "" if there is nothing to add to the result. Valid until the next open. */
    const char *(*explain)(void *port);

    bool secure; /**< the peer has proved its name and nobody else can read or change the bytes */
};

struct otter_link {
    const struct otter_link_ops *ops;
    void *port;
};

#endif
