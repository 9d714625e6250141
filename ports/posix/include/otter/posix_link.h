/* SPDX-License-Identifier: Apache-2.0 */

/** A link over a TCP socket. */
#ifndef OTTER_POSIX_LINK_H
#define OTTER_POSIX_LINK_H

#include "otter/link.h"

struct addrinfo;

/** A TCP link. Close it before throwing it away: it holds a socket. The fields are its own. */
struct otter_posix_link {
    int socket; /* -1: none */
    struct otter_endpoint endpoint;
    struct addrinfo *addresses;    /* of the host, while connecting; NULL otherwise */
    const struct addrinfo *trying; /* the one that an attempt runs to; NULL: none */
    char explanation[160];
};

/** The operations; struct otter_posix_link is their port.
 *
 * open resolves the host's name, which may block for as long as the system's resolver takes (an
 * address in text never blocks); everything else returns at once. All addresses of a host are tried
 * in the resolver's order. */
extern const struct otter_link_ops otter_posix_link_ops;

/** Make @p link ready to open; it must live as long as the result is used. */
struct otter_link otter_posix_link_init(struct otter_posix_link *link);

/** The socket of an open link, to wait for with poll() and its like; -1: none. */
int otter_posix_link_socket(const struct otter_posix_link *link);

#endif
