/* SPDX-License-Identifier: Apache-2.0 */

/** Two job sources in one: a server that is asked in intervals, and a peer that pushes when it likes
 * (otter/ble_transport.h). The peer goes first: it waits for its answer, the server does not.
 *
 * The agent keeps the timing that suits the server. So that a peer need not wait for the next check, the
 * program calls otter_agent_check_now(), or leaves that wish, whenever the peer was heard. A peer that
 * comes while something else is being fetched is answered when that is over.
 *
 * Bytes come over a router (otter/router.h) with a route to each of the two. */
#ifndef OTTER_EITHER_H
#define OTTER_EITHER_H

#include <stdbool.h>

#include "otter/source.h"

/** Constant while the source lives; everything in it is borrowed. */
struct otter_either_config {
    const struct otter_job_source *asked;
    const struct otter_job_source *pushed;
    /** Does a peer wait for something? Called with the `self` of `pushed`. */
    bool (*has_peer)(void *self);
};

/** Allocate it anywhere; the fields are its own. */
struct otter_either {
    const struct otter_either_config *config;
    const struct otter_identity *identity;
    const struct otter_job_source *chosen; /* whose the present job is; NULL: there is none yet */
    bool is_asking;                        /* the server was asked, and has not answered */
};

/** Reports go to where the job came from; how an update ended after the restart is told to the server,
 * whoever brought it: it has the overview, and the peer may be gone. */
struct otter_job_source otter_either_source(struct otter_either *either,
                                            const struct otter_either_config *config);

#endif
