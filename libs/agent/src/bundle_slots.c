/* SPDX-License-Identifier: Apache-2.0 */

/* The slots of a bundle's images: whether they can take what the manifest announces, and what their trailers
 * ask for. */

#include "bundle.h"

bool otter_agent_has_slots(const struct otter_agent *agent, uint8_t image)
{
    return image <= agent->config->bundles->other_count;
}

struct otter_agent_slots otter_agent_slots_of(const struct otter_agent *agent, uint8_t image)
{
    const struct otter_agent_config *config = agent->config;

    if (image > 0) {
        return config->bundles->others[image - 1];
    }
    return (struct otter_agent_slots){
        .primary = config->primary,
        .secondary = config->secondary,
        .max_image_size = config->max_image_size,
    };
}

enum otter_result otter_agent_open_slot(struct otter_agent *agent, uint8_t image)
{
    const struct otter_agent_slots slots = otter_agent_slots_of(agent, image);

    return otter_agent_prepare_writer(agent, &slots.secondary, slots.max_image_size,
                                      &otter_agent_bundle_state(agent)->writer);
}

enum otter_result otter_agent_check_slots(struct otter_agent *agent)
{
    enum otter_result result = OTTER_OK;

    for (uint8_t image = 1; result == OTTER_OK && otter_agent_has_slots(agent, image); image++) {
        result = otter_agent_open_slot(agent, image);
    }
    return result;
}

/* The manifest ------------------------------------------------------------------------------- */

/* During a trial a secondary slot holds the way back. */
static enum otter_result is_free(struct otter_agent *agent, const struct otter_agent_slots *slots)
{
    enum otter_standing standing = OTTER_STANDING_SETTLED;
    const enum otter_result result =
        otter_bootstate_standing(&slots->primary, &agent->shape, &standing);

    if (result != OTTER_OK || standing != OTTER_STANDING_TRIAL) {
        return result;
    }
    agent->detail = "an image of it is on trial and must be confirmed first";
    return OTTER_NO_UPDATE;
}

static enum otter_result judge_file(struct otter_agent *agent,
                                    const struct otter_manifest_file *file)
{
    struct otter_agent_slots slots;

    if (!otter_agent_has_slots(agent, file->image)) {
        agent->detail = "it has an image for which there is no slot";
        return OTTER_ERR_BUNDLE;
    }
    slots = otter_agent_slots_of(agent, file->image);
    return file->size <= slots.max_image_size ? is_free(agent, &slots) : OTTER_ERR_IMAGE_TOO_BIG;
}

static enum otter_result judge_manifest(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = otter_agent_manifest(agent);
    enum otter_result result = OTTER_OK;

    /* Of files that a job lists, the first image's header is the word, or was, before a restart. */
    if (!otter_agent_bundle_state(agent)->reader.is_listed) {
        result = otter_agent_judge_version(agent, &manifest->version);
    }
    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = judge_file(agent, &manifest->files[i]);
    }
    return result;
}

/* Nothing left in any of the slots may be taken for a request while they are filled. */
static enum otter_result begin_slots(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = otter_agent_manifest(agent);
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    enum otter_result result = otter_agent_erase_progress(agent);

    agent->is_staged = false;
    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = otter_agent_open_slot(agent, manifest->files[i].image);
        if (result == OTTER_OK) {
            result = otter_slotwriter_begin(&bundle->writer, manifest->files[i].size);
        }
    }
    if (result == OTTER_OK && agent->is_trailer_in_doubt) {
        result = otter_agent_forget_attempt(agent);
    }
    agent->is_trailer_in_doubt = agent->is_trailer_in_doubt && result != OTTER_OK;
    bundle->known = bundle->reader.position;
    bundle->known_crc = bundle->reader.manifest_crc;
    return result;
}

/* A cut may have parted the requests of an earlier bundle. An image that comes alone now must not bring
 * those that were left along. */
enum otter_result otter_agent_drop_requests(struct otter_agent *agent)
{
    enum otter_result result = OTTER_OK;

    for (uint8_t image = 1; result == OTTER_OK && otter_agent_has_slots(agent, image); image++) {
        result = otter_agent_open_slot(agent, image);
        if (result == OTTER_OK) {
            result = otter_slotwriter_begin(&otter_agent_bundle_state(agent)->writer, 1);
        }
    }
    return result;
}

/* @return OTTER_OK, OTTER_ERR_RANGE: the image shares sectors with its trailer; OTTER_ERR_FLASH */
static enum otter_result renew_trailer(struct otter_agent *agent,
                                       const struct otter_manifest_file *file)
{
    struct otter_slotwriter *writer = &otter_agent_bundle_state(agent)->writer;
    enum otter_result result = otter_agent_open_slot(agent, file->image);

    if (result == OTTER_OK) {
        result = otter_slotwriter_resume(writer, file->size, file->size);
    }
    if (result == OTTER_OK && otter_slotwriter_before_tail(writer) < file->size) {
        result = OTTER_ERR_RANGE;
    }
    return result == OTTER_OK ? otter_slotwriter_renew_tail(writer) : result;
}

/* A cut in the middle of the requests leaves some of them, and of one of them anything. All are dropped,
 * to be made again. */
static enum otter_result renew_trailers(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = otter_agent_manifest(agent);
    enum otter_result result = OTTER_OK;

    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = renew_trailer(agent, &manifest->files[i]);
    }
    return result;
}

/* What is known is known of an archive with this manifest, or of none. */
enum otter_result otter_agent_take_manifest(struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    enum otter_result result = judge_manifest(agent);

    if (result != OTTER_OK) {
        return result;
    }
    if (bundle->known > 0 && bundle->known_crc == bundle->reader.manifest_crc) {
        result = agent->is_trailer_in_doubt ? renew_trailers(agent) : OTTER_OK;
        if (result != OTTER_ERR_RANGE) {
            return result;
        }
    }
    return begin_slots(agent);
}
