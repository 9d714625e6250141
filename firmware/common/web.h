/* SPDX-License-Identifier: Apache-2.0 */

/* TLS if it is wanted, HTTP and its transport, wired over a link of the platform's. */
#ifndef OTTER_FIRMWARE_WEB_H
#define OTTER_FIRMWARE_WEB_H

#include "http_settings.h"
#include "otter/http.h"
#include "otter/http_transport.h"
#include "otter/tls_link.h"

/* Do not move it after start; stop it before throwing it away. */
struct web {
    struct otter_tls_config tls_config;
    struct otter_tls_link tls;
    bool has_tls;
    const char *problem; /* what a failed start was about */
    struct otter_link link;
    struct otter_http_config http_config;
    struct otter_http http;
    struct otter_http_client client;
    struct otter_http_transport_config transport_config;
    struct otter_http_transport transport;
    char user_agent[64];
    uint8_t send_buffer[2048];
    uint8_t transport_buffer[4096];
};

/* Fill in lower, random and random_context of web->tls_config first: what the platform has.
 *
 * @return OTTER_OK; or why TLS or the transport cannot work */
enum otter_result web_start(struct web *web, const struct http_settings *settings,
                            const struct otter_identity *identity);

/* Harmless if it was not started. */
void web_stop(struct web *web);

#endif
