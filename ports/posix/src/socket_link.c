/* SPDX-License-Identifier: Apache-2.0 */

/* TCP as a link, on non-blocking sockets.
 *
 * A name may stand for several addresses ("localhost" does), and the first may be one where nobody
 * listens: connecting walks the list, and only the last failure is a failure of the link. */

#include "otter/posix_link.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "otter/text.h"

#define PORT_TEXT_SIZE 6

static void explain_failure(struct otter_posix_link *link, const char *reason)
{
    struct otter_text text;

    otter_text_init(&text, link->explanation, sizeof link->explanation);
    otter_text_append(&text, link->endpoint.host);
    otter_text_append(&text, ":");
    otter_text_append_u32(&text, link->endpoint.port);
    otter_text_append(&text, ": ");
    otter_text_append(&text, reason);
}

static void forget_addresses(struct otter_posix_link *link)
{
    if (link->addresses != NULL) {
        freeaddrinfo(link->addresses);
    }
    link->addresses = NULL;
    link->trying = NULL;
}

static void close_socket(struct otter_posix_link *link)
{
    if (link->socket >= 0) {
        (void)close(link->socket);
    }
    link->socket = -1;
}

static void close_link(void *port)
{
    struct otter_posix_link *link = port;

    close_socket(link);
    forget_addresses(link);
}

/* @return 0 or EINPROGRESS if the attempt runs, else the errno that ended it */
static int connect_to(struct otter_posix_link *link, const struct addrinfo *address)
{
    const int at_once = 1;

    link->socket = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->socket < 0) {
        return errno;
    }
    /* Requests are small and wait for their answers: Nagle's algorithm would only delay them. */
    (void)setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return connect(link->socket, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
}

/* Try @p address and those after it until an attempt runs. */
static enum otter_result try_from(struct otter_posix_link *link, const struct addrinfo *address,
                                  int error)
{
    for (; address != NULL; address = address->ai_next) {
        error = connect_to(link, address);
        if (error == 0 || error == EINPROGRESS) {
            link->trying = address;
            return OTTER_AGAIN;
        }
        close_socket(link);
    }
    forget_addresses(link);
    explain_failure(link, strerror(error));
    return OTTER_ERR_HOST;
}

/* Text of @p port, as the resolver wants it. */
static const char *port_text(uint16_t port, char buffer[PORT_TEXT_SIZE])
{
    struct otter_text text;

    otter_text_init(&text, buffer, PORT_TEXT_SIZE);
    otter_text_append_u32(&text, port);
    return buffer;
}

static enum otter_result open_link(void *port, const struct otter_endpoint *endpoint)
{
    struct otter_posix_link *link = port;
    const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    char service[PORT_TEXT_SIZE];

    close_link(link);
    link->endpoint = *endpoint;
    link->explanation[0] = '\0';
    const int error =
        getaddrinfo(endpoint->host, port_text(endpoint->port, service), &wanted, &link->addresses);
    if (error != 0) {
        link->addresses = NULL;
        explain_failure(link, gai_strerror(error));
        return OTTER_ERR_HOST;
    }
    return try_from(link, link->addresses, EADDRNOTAVAIL);
}

/* How the attempt went that poll() calls finished: 0 or an errno. */
static int attempt_error(int socket)
{
    int error = 0;
    socklen_t size = sizeof error;

    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static enum otter_result progress(void *port)
{
    struct otter_posix_link *link = port;
    struct pollfd attempt = { .fd = link->socket, .events = POLLOUT };

    if (link->socket < 0) {
        return OTTER_ERR_LINK;
    }
    if (link->trying == NULL) {
        return OTTER_OK;
    }
    if (poll(&attempt, 1, 0) <= 0) {
        return OTTER_AGAIN;
    }
    const int error = attempt_error(link->socket);
    if (error != 0) {
        close_socket(link);
        return try_from(link, link->trying->ai_next, error);
    }
    forget_addresses(link);
    return OTTER_OK;
}

static bool means_later(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static size_t at_most_int(size_t len)
{
    return len < INT_MAX ? len : INT_MAX;
}

static int send_bytes(void *port, const void *src, size_t len)
{
    const struct otter_posix_link *link = port;
    const ssize_t sent = send(link->socket, src, at_most_int(len), MSG_NOSIGNAL);

    if (sent >= 0) {
        return (int)sent;
    }
    if (means_later(errno)) {
        return 0;
    }
    return errno == EPIPE ? OTTER_ERR_CLOSED : OTTER_ERR_LINK;
}

static int receive_bytes(void *port, void *dst, size_t len)
{
    const struct otter_posix_link *link = port;

    if (len == 0) {
        return 0; /* recv() would answer like an ended stream */
    }
    const ssize_t received = recv(link->socket, dst, at_most_int(len), 0);

    if (received > 0) {
        return (int)received;
    }
    if (received == 0) {
        return OTTER_ERR_CLOSED;
    }
    return means_later(errno) ? 0 : OTTER_ERR_LINK;
}

static const char *explain(void *port)
{
    const struct otter_posix_link *link = port;

    return link->explanation;
}

const struct otter_link_ops otter_posix_link_ops = {
    .open = open_link,
    .progress = progress,
    .send = send_bytes,
    .receive = receive_bytes,
    .close = close_link,
    .explain = explain,
    .secure = false,
};

struct otter_link otter_posix_link_init(struct otter_posix_link *link)
{
    *link = (struct otter_posix_link){ .socket = -1 };
    return (struct otter_link){ .ops = &otter_posix_link_ops, .port = link };
}

int otter_posix_link_socket(const struct otter_posix_link *link)
{
    return link->socket;
}
