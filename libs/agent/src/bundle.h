/* SPDX-License-Identifier: Apache-2.0 */

/* What the files about bundles share. */
#ifndef OTTER_AGENT_SRC_BUNDLE_H
#define OTTER_AGENT_SRC_BUNDLE_H

#include "internal.h"
#include "otter/agent_bundle.h"

static inline struct otter_agent_bundle *otter_agent_bundle_state(const struct otter_agent *agent)
{
    return agent->config->bundles->state;
}

static inline const struct otter_manifest *otter_agent_manifest(const struct otter_agent *agent)
{
    return &otter_agent_bundle_state(agent)->reader.manifest;
}

/* bundle_slots.c */

/** Has the device slots for that image? */
bool otter_agent_has_slots(const struct otter_agent *agent, uint8_t image);
struct otter_agent_slots otter_agent_slots_of(const struct otter_agent *agent, uint8_t image);

/** Have the bundle's writer write into that image's slot. @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_agent_open_slot(struct otter_agent *agent, uint8_t image);

/** The manifest is here: judge it, and make the slots ready for what is missing.
 *  @return OTTER_OK, or why the bundle is not wanted */
enum otter_result otter_agent_take_manifest(struct otter_agent *agent);

/* rows of struct otter_agent_bundle_ops */
enum otter_result otter_agent_check_slots(struct otter_agent *agent);
enum otter_result otter_agent_drop_requests(struct otter_agent *agent);

/* bundle_install.c: rows of struct otter_agent_bundle_ops */
enum otter_result otter_agent_verify_bundle(struct otter_agent *agent);
enum otter_result otter_agent_request_bundle(struct otter_agent *agent);
enum otter_result otter_agent_confirm_others(const struct otter_agent *agent);

#endif
