/* SPDX-License-Identifier: Apache-2.0 */

/** The lines of a head that mean something to a client that fetches files. */
#ifndef OTTER_HTTP_FIELDS_H
#define OTTER_HTTP_FIELDS_H

#include <stdbool.h>

#include "otter/http.h"

/** Read "HTTP/1.1 206 Partial Content". @return false: not a status line; parser->wrong is set */
bool otter_http_read_status(struct otter_http_parser *parser, const char *line);

/** Read "Name: value" into the response. Names that mean nothing here are passed over.
 *  @return false: no server may send that; parser->wrong is set */
bool otter_http_read_field(struct otter_http_parser *parser, char *line);

#endif
