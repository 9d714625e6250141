/* SPDX-License-Identifier: Apache-2.0 */

/** Jobs of a service that keeps account of each device, as AWS IoT Jobs does: it may cancel a job at
 * any time, waits to hear how an installation ended, and its jobs may have a signature of each file. A
 * program that does not name otter_agent_service_ops does not link what that takes.
 *
 * The signature of a file is apart from those in images. It says who released the file for this job; what
 * may run is decided by the image's own, here and in the bootloader. */
#ifndef OTTER_AGENT_SERVICE_H
#define OTTER_AGENT_SERVICE_H

#include <stddef.h>

#include "otter/agent.h"
#include "otter/crypto.h"

/** For a service that waits for each device, and ends what takes too long itself: a connection that
 * fails never makes an update fail, it is tried again, ever later up to five minutes, for most of a day without one new byte. */
extern const struct otter_agent_timing otter_agent_service_timing;

struct otter_agent_service_ops;

extern const struct otter_agent_service_ops otter_agent_service_ops;

/** What `service` of the agent's configuration points to. Borrowed, as all that it points to. */
struct otter_agent_service {
    const struct otter_agent_service_ops *ops; /**< &otter_agent_service_ops */
    /** How files are signed. A job without a signature of each of its files is refused. NULL: such
     * signatures are not looked at. */
    const struct otter_signature_ops *signing;
    const struct otter_public_key *keys; /**< who may sign them; any of these will do */
    size_t key_count;
};

#endif
