/* SPDX-License-Identifier: Apache-2.0 */

#include "byte_link.h"

#include <stdlib.h>
#include <string.h>

void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

size_t smaller_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum otter_result open(void *port, const struct otter_endpoint *endpoint)
{
    (void)port;
    (void)endpoint;
    return OTTER_OK;
}

static enum otter_result progress(void *port)
{
    (void)port;
    return OTTER_OK;
}

static int send(void *port, const void *src, size_t len)
{
    (void)port;
    (void)src;
    return (int)(len > 3 ? len - 1 : len);
}

static int receive(void *port, void *dst, size_t len)
{
    struct byte_link *link = port;
    const size_t taken = smaller_size(smaller_size(len, link->size), link->piece);

    if (link->size == 0) {
        return OTTER_ERR_CLOSED;
    }
    link->is_dry = !link->is_dry;
    if (link->is_dry) {
        return 0;
    }
    memcpy(dst, link->bytes, taken);
    link->bytes += taken;
    link->size -= taken;
    return (int)taken;
}

static void close(void *port)
{
    (void)port;
}

static const char *explain(void *port)
{
    (void)port;
    return "";
}

const struct otter_link_ops byte_link_ops = { .open = open,
                                              .progress = progress,
                                              .send = send,
                                              .receive = receive,
                                              .close = close,
                                              .explain = explain };
