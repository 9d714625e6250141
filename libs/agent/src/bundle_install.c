/* SPDX-License-Identifier: Apache-2.0 */

/* From a bundle whose images are all in their slots to requests for the bootloader: verification, what
 * the images need of each other, and the requests. */

#include "bundle.h"

static bool has_image(const struct otter_manifest *manifest, uint8_t image)
{
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        if (manifest->files[i].image == image) {
            return true;
        }
    }
    return false;
}

/* Of the program that will run: the bundle's, or the one that is there. */
static enum otter_result read_version(const struct otter_agent *agent, uint8_t number,
                                      struct otter_version *version)
{
    const struct otter_agent_slots slots = otter_agent_slots_of(agent, number);
    const bool is_new = has_image(otter_agent_manifest(agent), number);
    const struct otter_area *slot = is_new ? &slots.secondary : &slots.primary;
    struct otter_image image;
    const enum otter_result result = otter_image_open(
        slot, is_new ? agent->config->layout->staging_offset : 0, slot->size, &image);

    if (result == OTTER_OK) {
        *version = image.header.version;
    }
    return result;
}

static bool is_met(const struct otter_agent *agent, const struct otter_dependency *dependency)
{
    struct otter_version version;

    return otter_agent_has_slots(agent, dependency->image)
           && read_version(agent, dependency->image, &version) == OTTER_OK
           && otter_version_compare(&version, &dependency->at_least) >= 0;
}

/* The bootloader would hold the whole bundle for ever. */
static enum otter_result check_needs(const struct otter_agent *agent,
                                     const struct otter_image *image)
{
    struct otter_tlv_iterator iterator;
    struct otter_dependency dependency;
    enum otter_result result;

    otter_tlv_begin(&iterator, image);
    while ((result = otter_dependency_next(&iterator, &dependency)) == OTTER_OK) {
        if (!is_met(agent, &dependency)) {
            return OTTER_ERR_DEPENDENCY;
        }
    }
    return result == OTTER_ERR_NOT_FOUND ? OTTER_OK : result;
}

static enum otter_result verify_file(struct otter_agent *agent,
                                     const struct otter_manifest_file *file)
{
    const struct otter_agent_slots slots = otter_agent_slots_of(agent, file->image);
    struct otter_image image;
    enum otter_result result =
        otter_agent_open_image(agent, &slots.secondary, slots.max_image_size, file->size, &image);

    if (result == OTTER_OK && file->image == 0) {
        result = otter_agent_judge_version(agent, &image.header.version);
    }
    if (result == OTTER_OK) {
        result = otter_agent_verify_image(agent, image);
    }
    return result == OTTER_OK ? check_needs(agent, &image) : result;
}

/* Images that do without each other may have been moved while only some of them were requested. The
 * digest is one of what lies in the slots now, so it tells. */
static enum otter_result check_unmoved(struct otter_agent *agent)
{
    if (!agent->is_trailer_in_doubt || otter_agent_was_attempted(agent, agent->staged.digest)) {
        return OTTER_OK;
    }
    agent->detail = "its slots are not as they were when it was requested";
    return OTTER_ERR_IMAGE_HASH;
}

/* A job that lists its files has a signature of each; one of an archive has it of the archive. */
static enum otter_result check_signature(struct otter_agent *agent, uint8_t index)
{
    const struct otter_manifest_file *file = &otter_agent_manifest(agent)->files[index];
    const struct otter_agent_slots slots = otter_agent_slots_of(agent, file->image);
    uint8_t digest[OTTER_SHA256_SIZE];
    enum otter_result result;

    if (!otter_agent_bundle_state(agent)->reader.is_listed) {
        return OTTER_OK;
    }
    result = otter_agent_hash_file(agent, &slots.secondary, file->size, digest);
    return result == OTTER_OK ? otter_agent_check_signature(agent, index, digest) : result;
}

static enum otter_result check_archive(struct otter_agent *agent)
{
    enum otter_result result = otter_agent_check_digest(agent, agent->staged.digest);

    if (result == OTTER_OK && !otter_agent_bundle_state(agent)->reader.is_listed) {
        result = otter_agent_check_signature(agent, 0, agent->staged.digest);
    }
    return result == OTTER_OK ? check_unmoved(agent) : result;
}

enum otter_result otter_agent_verify_bundle(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = otter_agent_manifest(agent);
    enum otter_result result = check_archive(agent);

    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = verify_file(agent, &manifest->files[i]);
        if (result == OTTER_OK) {
            result = check_signature(agent, i);
        }
        if (result != OTTER_OK && agent->detail[0] == '\0') {
            agent->detail = otter_manifest_type(manifest->files[i].image);
        }
    }
    return result;
}

/* Image 0 comes last: its request, and its version when it runs, stand for all of them when the
 * agent asks how the update ended. */
enum otter_result otter_agent_request_bundle(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;
    enum otter_result result = OTTER_OK;

    for (uint8_t image = config->bundles->other_count + 1u; result == OTTER_OK && image-- > 0;) {
        const struct otter_agent_slots slots = otter_agent_slots_of(agent, image);

        if (has_image(otter_agent_manifest(agent), image)) {
            result = otter_bootstate_request(&slots.secondary, &agent->shape, image,
                                             !config->validate_after_reboot);
        }
    }
    return result;
}

enum otter_result otter_agent_confirm_others(const struct otter_agent *agent)
{
    const struct otter_agent_bundles *bundles = agent->config->bundles;
    enum otter_result result = OTTER_OK;

    for (uint8_t i = 0; result == OTTER_OK && i < bundles->other_count; i++) {
        result = otter_bootstate_confirm(&bundles->others[i].primary, &agent->shape);
    }
    return result;
}
