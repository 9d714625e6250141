/* SPDX-License-Identifier: Apache-2.0 */

/** The server's side of updates over HTTP (docs/formats/http-protocol.md): the files of a catalogue
 * in ranges, jobs made from it, and results taken. */
#ifndef OTTER_TOOL_WEB_SERVER_H
#define OTTER_TOOL_WEB_SERVER_H

#include <stdbool.h>

#include "catalogue.h"
#include "publisher.h"
#include "web_host.h"

struct web_server {
    struct catalogue *catalogue;
    bool secure; /* jobs lead to HTTPS */
    void (*event)(void *context, const struct publisher_event *event);
    void *context;
};

/** Answer one request; fits struct web_host. @param context  a struct web_server */
void web_server_answer(void *context, const struct web_request *request, struct web_answer *answer);

#endif
