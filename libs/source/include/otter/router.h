/* SPDX-License-Identifier: Apache-2.0 */

/** A data source that chooses among others by what the job says: found over MQTT, fetched over HTTP,
 * or the other way round. A job that came over TLS never leads to a source in the clear. */
#ifndef OTTER_ROUTER_H
#define OTTER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "otter/source.h"

struct otter_route {
    enum otter_job_connection connection; /**< what a job must say to be led here; never SAME */
    bool secure; /**< it fetches over TLS; or, as with Bluetooth, no job can lead there */
    const struct otter_data_source *source;
};

struct otter_router_config {
    const struct otter_route *routes;
    size_t route_count;
    enum otter_job_connection home; /**< how jobs come: where one leads that does not say */
    bool jobs_are_secure;           /**< jobs come over TLS */
};

/** Allocate it anywhere; the fields are its own. */
struct otter_router {
    const struct otter_router_config *config;
    const struct otter_data_source *chosen; /* NULL: none is open */
    char detail[128];
};

/** @param config  borrowed as long as the router lives */
struct otter_data_source otter_router_source(struct otter_router *router,
                                             const struct otter_router_config *config);

#endif
