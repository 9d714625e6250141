/* SPDX-License-Identifier: Apache-2.0 */

/* Where a device finds its HTTP server, in the shapes that transport and TLS want. */
#ifndef OTTER_FIRMWARE_HTTP_SETTINGS_H
#define OTTER_FIRMWARE_HTTP_SETTINGS_H

#include <stdbool.h>

#include "otter/link.h"
#include "otter/settings.h"

#define HTTP_SERVERS_MAX 4

struct http_settings {
    struct otter_endpoint endpoint; /* no host: there is no server */
    bool secure;
    bool has_jobs;  /* jobs are asked for here, and not over MQTT */
    const char *ca; /* PEM */
    const char *certificate;
    const char *key;
    const char *job_path;
    const char *result_path;
    const char *image_path;                            /* of direct flow */
    const char *allowed_servers[HTTP_SERVERS_MAX + 1]; /* behind the last one NULL */
};

/* Translate @p settings, whose buffer is borrowed.
 *
 * @return NULL, or the name of a setting that is missing or impossible */
const char *http_settings_read(const struct otter_settings *settings, struct http_settings *http);

#endif
