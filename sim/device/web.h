/* SPDX-License-Identifier: Apache-2.0 */

/* Sockets, TLS if it is wanted, HTTP and its transport, wired for one run of the application. */
#ifndef SIM_WEB_H
#define SIM_WEB_H

#include "http_settings.h"
#include "otter/http.h"
#include "otter/http_transport.h"
#include "otter/posix_link.h"
#include "otter/tls_link.h"

/** Do not move it after start; stop it before throwing it away. */
struct sim_web {
    struct otter_posix_link tcp;
    struct otter_tls_config tls_config;
    struct otter_tls_link tls;
    bool has_tls;
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

/** @return OTTER_OK; anything else was said on the console */
enum otter_result sim_web_start(struct sim_web *web, const struct http_settings *settings,
                                const struct otter_identity *identity);

/** Harmless if it was not started. */
void sim_web_stop(struct sim_web *web);

#endif
