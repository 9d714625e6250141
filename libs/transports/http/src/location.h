/* SPDX-License-Identifier: Apache-2.0 */

/** Where a redirect leads (RFC 3986, as far as Location fields use it). */
#ifndef OTTER_HTTP_LOCATION_H
#define OTTER_HTTP_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/http_transport.h"

struct location {
    bool has_server; /* else: the present one, over the same kind of connection */
    bool secure;
    uint16_t port;
    char host[OTTER_HTTP_HOST_SIZE];
    char path[OTTER_HTTP_PATH_SIZE];
};

/** Read @p text, which stood in an answer from @p path.
 *
 *  @param secure  was that answer's connection?
 *  @return false: it is no HTTP place, it is too long, or it names a user */
bool otter_http_read_location(const char *text, const char *path, bool secure,
                              struct location *location);

#endif
