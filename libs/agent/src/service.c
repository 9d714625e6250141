/* SPDX-License-Identifier: Apache-2.0 */

/* What a service that keeps account of the device asks for beyond a publisher: to drop what it cancels,
 * not to install again what it believes installed, and to check the signatures that its jobs have of
 * their files. */

#include "internal.h"
#include "otter/verdict.h"

const struct otter_agent_timing otter_agent_service_timing = {
    .initial_check_s = 60,
    .next_check_interval_s = 86400,
    .retry_interval_s = 5,
    .retry_interval_max_s = 300,
    .job_check_time_s = 30,
    .data_check_time_s = 0,
    .packet_interval_s = 60,
    .connect_retries = 3,
    .max_download_tries = OTTER_AGENT_TRIES_MAX,
};

/* The job ------------------------------------------------------------------------------------ */

/* The service waits to hear how an installation ended: is there one to tell of? */
static enum otter_result is_not_installed(struct otter_agent *agent)
{
    if (!agent->job.is_installed) {
        return OTTER_OK;
    }
    if (agent->is_staged || agent->account_is_due || otter_agent_is_on_trial(agent)) {
        agent->detail = "it was installed, and how that ends is told then";
        return OTTER_NO_UPDATE;
    }
    return OTTER_ERR_JOB_NOT_TRIED;
}

static bool has_all_signatures(const struct otter_job *job)
{
    for (uint8_t i = 0; i < job->file_count; i++) {
        if (job->files[i].signature_size == 0) {
            return false;
        }
    }
    return job->file_count > 0;
}

/* What is image 0 says how the update ended; the slots of others are a bundle's. */
static enum otter_result has_slots(struct otter_agent *agent)
{
    const struct otter_job *job = &agent->job;

    if (job->file_count > 0 && job->files[0].image != 0) {
        agent->detail = "none of its files is image 0";
        return OTTER_ERR_BUNDLE;
    }
    if (job->file_count > 1 && agent->config->bundles == NULL) {
        agent->detail = "it has several files, and this device takes one image";
        return OTTER_ERR_BUNDLE;
    }
    return OTTER_OK;
}

static enum otter_result judge(struct otter_agent *agent)
{
    enum otter_result result = is_not_installed(agent);

    if (result == OTTER_OK) {
        result = has_slots(agent);
    }
    if (result != OTTER_OK || agent->config->service->signing == NULL
        || has_all_signatures(&agent->job)) {
        return result;
    }
    agent->detail = "the job has no signature that this device could check";
    return OTTER_ERR_JOB_SIGNATURE;
}

/* A file has another signature with each signing, so its last bytes stand for the file. */
static void stand_for_files(const struct otter_job *job, uint8_t digest[OTTER_SHA256_SIZE])
{
    for (uint8_t i = 0; i < job->file_count; i++) {
        const struct otter_job_file *file = &job->files[i];

        for (uint8_t k = 0; k < OTTER_SHA256_SIZE && k < file->signature_size; k++) {
            digest[k] ^= file->signature[file->signature_size - 1u - k];
        }
    }
}

/* Signatures --------------------------------------------------------------------------------- */

static enum otter_result check_file(struct otter_agent *agent, uint8_t index,
                                    const uint8_t digest[OTTER_SHA256_SIZE])
{
    const struct otter_agent_service *service = agent->config->service;
    const struct otter_job_file *file = &agent->job.files[index];

    if (service->signing == NULL) {
        return OTTER_OK;
    }
    for (size_t i = 0; i < service->key_count; i++) {
        const volatile enum otter_verdict verdict = service->signing->verify(
            &service->keys[i], digest, file->signature, file->signature_size);

        if (otter_verdict_is_good(&verdict)) {
            return OTTER_OK;
        }
    }
    return OTTER_ERR_JOB_SIGNATURE;
}

/* Cancelled ---------------------------------------------------------------------------------- */

/* First the journal stops to claim a request, then the request goes, then the record of it: a cut in
 * between leaves an update that waits, or a trailer in doubt, and no image that is blamed. */
static enum otter_result withdraw(struct otter_agent *agent)
{
    const struct otter_agent_bundles *bundles = agent->config->bundles;
    enum otter_result result = otter_agent_remember_attempt(agent, false);

    if (result == OTTER_OK && bundles != NULL) {
        result = bundles->ops->drop_requests(agent);
    }
    if (result == OTTER_OK) {
        result = otter_slotwriter_begin(&agent->writer, 1);
    }
    otter_slotwriter_forget(&agent->writer);
    return result == OTTER_OK ? otter_agent_forget_attempt(agent) : result;
}

/* There may be another job, which is why this one was cancelled. Without one in hand it was that of the
 * running program, which is on trial: the next boot undoes it, and it is nobody's fault. */
static void cancel(struct otter_agent *agent)
{
    if (!agent->has_job) {
        agent->restart_is_due = true;
        (void)otter_agent_forget_attempt(agent);
        return;
    }
    agent->is_urgent = true;
    if (agent->stage == OTTER_STAGE_REPORTING && agent->is_staged) {
        agent->restart_is_due = false;
        agent->is_staged = false;
        agent->is_trailer_in_doubt = withdraw(agent) != OTTER_OK;
    }
}

const struct otter_agent_service_ops otter_agent_service_ops = {
    .judge = judge,
    .stand_for_files = stand_for_files,
    .check_file = check_file,
    .cancel = cancel,
};
