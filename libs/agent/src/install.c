/* SPDX-License-Identifier: Apache-2.0 */

/* From a whole file in the secondary slot to a request for the bootloader.
 *
 * Everything is checked in place, on the bytes that the bootloader will read, not on those that
 * came over the wire. An image that fails is left where it lies, and forgotten: without a request it
 * is nothing, and the next download erases it. */

#include <string.h>

#include "internal.h"

enum otter_result otter_agent_hash(const struct otter_agent *agent, const struct otter_area *slot,
                                   uint32_t size, struct otter_sha256 *sha)
{
    const struct otter_agent_config *config = agent->config;
    enum otter_result result = OTTER_OK;

    for (uint32_t done = 0; result == OTTER_OK && done < size;) {
        const uint32_t left = size - done;
        const uint32_t len = left < config->buffer_size ? left : (uint32_t)config->buffer_size;

        result = otter_area_read(slot, config->layout->staging_offset + done, config->buffer, len);
        if (result == OTTER_OK) {
            result = config->trust.crypto->sha256_update(sha, config->buffer, len);
        }
        done += len;
    }
    return result;
}

enum otter_result otter_agent_hash_file(const struct otter_agent *agent,
                                        const struct otter_area *slot, uint32_t size,
                                        uint8_t digest[OTTER_SHA256_SIZE])
{
    const struct otter_crypto *crypto = agent->config->trust.crypto;
    struct otter_sha256 sha;
    enum otter_result result = crypto->sha256_start(&sha);

    if (result == OTTER_OK) {
        result = otter_agent_hash(agent, slot, size, &sha);
    }
    return result == OTTER_OK ? crypto->sha256_finish(&sha, digest) : result;
}

enum otter_result otter_agent_open_image(struct otter_agent *agent, const struct otter_area *slot,
                                         uint32_t limit, uint32_t size, struct otter_image *image)
{
    const enum otter_result result =
        otter_image_open(slot, agent->config->layout->staging_offset, limit, image);

    if (result != OTTER_OK) {
        return result;
    }
    /* Beyond the file lies what the slot held before: never part of this image. */
    if (image->size > size) {
        agent->detail = "the file ends before the image does";
        return OTTER_ERR_IMAGE_TLV;
    }
    return OTTER_OK;
}

enum otter_result otter_agent_judge_version(struct otter_agent *agent,
                                            const struct otter_version *version)
{
    if (agent->job.is_versionless) {
        return otter_agent_learn_version(agent, version);
    }
    return otter_version_compare(version, &agent->job.version) == 0 ? OTTER_OK
                                                                    : OTTER_ERR_VERSION_MISMATCH;
}

enum otter_result otter_agent_check_digest(struct otter_agent *agent,
                                           const uint8_t digest[OTTER_SHA256_SIZE])
{
    if (!agent->job.has_sha256 || memcmp(digest, agent->job.sha256, OTTER_SHA256_SIZE) == 0) {
        return OTTER_OK;
    }
    agent->detail = "the file is not the one whose SHA-256 the job names";
    return OTTER_ERR_IMAGE_HASH;
}

enum otter_result otter_agent_check_signature(struct otter_agent *agent, uint8_t index,
                                              const uint8_t digest[OTTER_SHA256_SIZE])
{
    const struct otter_agent_service *service = agent->config->service;

    return service != NULL ? service->ops->check_file(agent, index, digest) : OTTER_OK;
}

/* An encrypted image stays encrypted in the secondary slot; only the buffer sees its program. */
enum otter_result otter_agent_verify_image(const struct otter_agent *agent,
                                           struct otter_image image)
{
    const struct otter_agent_config *config = agent->config;
    const struct otter_workspace work = { .buffer = config->buffer, .size = config->buffer_size };
    enum otter_verdict verdict = OTTER_VERDICT_BAD;
    struct otter_image_cipher cipher;
    enum otter_result reason =
        config->decrypt != NULL ? config->decrypt(&image, &config->trust, &cipher) : OTTER_OK;

    if (reason == OTTER_OK) {
        verdict = otter_image_verify(&image, &config->trust, &work, &reason);
    }
    otter_image_forget_key(&cipher);
    return verdict == OTTER_VERDICT_GOOD ? OTTER_OK : reason;
}

/* If the application fetched the file itself, it is as big as its image. */
static enum otter_result verify(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;
    const uint32_t total = agent->writer.total;
    struct otter_image image;
    enum otter_result result = otter_agent_open_image(
        agent, &config->secondary, config->max_image_size, total != 0 ? total : UINT32_MAX, &image);

    if (result == OTTER_OK) {
        result = otter_agent_judge_version(agent, &image.header.version);
    }
    if (result == OTTER_OK) {
        result = otter_agent_hash_file(agent, &config->secondary, total != 0 ? total : image.size,
                                       agent->staged.digest);
    }
    if (result == OTTER_OK) {
        result = otter_agent_check_digest(agent, agent->staged.digest);
    }
    if (result == OTTER_OK) {
        result = otter_agent_check_signature(agent, 0, agent->staged.digest);
    }
    return result == OTTER_OK ? otter_agent_verify_image(agent, image) : result;
}

enum otter_result otter_agent_verify(struct otter_agent *agent, uint32_t now_ms)
{
    enum otter_result result;

    (void)now_ms;
    if (otter_agent_lacks_bytes(agent)) {
        /* The application has put its own image where ours was begun. */
        result = otter_agent_forget_progress(agent);
        if (result != OTTER_OK) {
            return result;
        }
    }
    result = agent->is_bundle ? agent->config->bundles->ops->verify(agent) : verify(agent);
    if (result != OTTER_OK) {
        (void)otter_agent_forget_progress(agent);
    }
    return result;
}

static void note_pending(struct otter_agent *agent)
{
    agent->is_staged = true;
    agent->account_is_due = false; /* its record has made room for this attempt */
    agent->restart_is_due = agent->config->reboot_upon_completion;
    agent->report_is_due = !agent->config->do_not_send_result;
    agent->report = (struct otter_report){
        .stage = OTTER_REPORT_PENDING,
        .result = OTTER_OK,
        .version = agent->job.version,
    };
}

static enum otter_result request(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;

    return agent->is_bundle ? config->bundles->ops->request(agent)
                            : otter_bootstate_request(&config->secondary, &agent->shape, 0,
                                                      !config->validate_after_reboot);
}

/* The journal knows of the attempt before the bootloader does: a bad image must not be tried
 * without leaving a trace. The second record tells a request that was made from one that a cut
 * prevented; if it cannot be written, the first one still does its work. */
enum otter_result otter_agent_make_pending(struct otter_agent *agent, uint32_t now_ms)
{
    enum otter_result result;

    (void)now_ms;
    agent->staged.version = agent->job.version;
    result = otter_agent_remember_attempt(agent, false);
    if (result == OTTER_OK) {
        result = request(agent);
    }
    agent->is_trailer_in_doubt = result != OTTER_OK;
    if (result != OTTER_OK) {
        return result;
    }
    (void)otter_agent_remember_attempt(agent, true);
    (void)otter_agent_forget_progress(agent);
    note_pending(agent);
    return OTTER_OK;
}
