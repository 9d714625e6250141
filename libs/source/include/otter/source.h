/* SPDX-License-Identifier: Apache-2.0 */

/** Job sources and data sources: where the agent's work comes from.
 *
 * A job source says whether there is an update and takes the report about it. A data source
 * delivers bytes at offsets, whether the peer pushes them or they are asked for piece by piece. The
 * two are chosen independently. All calls return at once; what is not done yet is OTTER_AGAIN. */
#ifndef OTTER_SOURCE_H
#define OTTER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/job.h"
#include "otter/result.h"

/** What became of an update, for the one who offered it. */
enum otter_report_stage {
    OTTER_REPORT_REFUSED,   /**< the job was not accepted; nothing was downloaded */
    OTTER_REPORT_FAILED,    /**< download or verification failed */
    OTTER_REPORT_PENDING,   /**< verified in place; installed at the next restart */
    OTTER_REPORT_CONFIRMED, /**< it runs and was confirmed */
    OTTER_REPORT_REVERTED,  /**< it was tried, not confirmed, and undone */
};

struct otter_report {
    enum otter_report_stage stage;
    enum otter_result result;     /**< OTTER_OK, or why */
    struct otter_version version; /**< of the update */
};

const char *otter_report_stage_name(enum otter_report_stage stage);

struct otter_job_source_ops {
    /** Begin to ask. @p identity is borrowed until close.
     *  @return OTTER_OK, or why it cannot begin */
    enum otter_result (*ask)(void *self, const struct otter_identity *identity, uint32_t now_ms);

    /** Go on asking.
     *  @return OTTER_OK         there is a job; `job` is filled, nothing about it is checked yet
     *          OTTER_NO_UPDATE  the source has nothing for this device
     *          OTTER_AGAIN      no answer yet
     *          OTTER_ERR_JOB_CANCELLED  (otter/agent_service.h) the job of the program on trial is
     *                           gone: it must not be kept, and the device is restarted
     *          OTTER_ERR_JOB_*  an answer that is not a job
     *          anything else    the connection failed; the source has closed itself */
    enum otter_result (*step)(void *self, uint32_t now_ms, struct otter_job *job);

    /** Begin to report, over a new connection if there is none. `report` is copied.
     *  @return OTTER_OK, or why it cannot begin */
    enum otter_result (*report)(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms);

    /** @return OTTER_OK when the server has it, OTTER_AGAIN, or why it failed;
     *          OTTER_ERR_JOB_CANCELLED: what is pending is not wanted any more */
    enum otter_result (*report_step)(void *self, uint32_t now_ms);

    /** End the conversation and the connection. Harmless if there is none. */
    void (*close)(void *self);

    /** Why the last call failed, for people; "" if there is nothing to add. */
    const char *(*explain)(void *self);
};

struct otter_job_source {
    const struct otter_job_source_ops *ops;
    void *self;
};

/** A range of the image, in bytes. */
struct otter_range {
    uint32_t offset;
    uint32_t length; /**< UINT32_MAX: to the end, wherever that is */
};

/** A piece of the image. */
struct otter_chunk {
    uint32_t offset;      /**< where it belongs in the image */
    const uint8_t *bytes; /**< the source's; valid until the next call to the source */
    size_t len;
    uint32_t total; /**< bytes of the whole image, the same in each piece of a download */
};

struct otter_data_source_ops {
    /** Begin to fetch the image of @p job (borrowed until close).
     *  @return OTTER_OK, or why it cannot begin */
    enum otter_result (*open)(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms);

    /** Go on fetching.
     *
     *  @param missing  the first range that the device still lacks. A source that is asked for
     *                  ranges asks for these; one that is pushed to may deliver others too.
     *  @return OTTER_OK     a piece is in `chunk`; call take() before the next step
     *          OTTER_AGAIN  nothing now
     *          OTTER_ERR_CHUNK_*  a piece that cannot belong here; the session goes on
     *          OTTER_ERR_JOB_CANCELLED  nobody waits for this update any more: it is given up
     *                       without a report, and the job source is asked again at once
     *          anything else      the connection failed or timed out; close it */
    enum otter_result (*step)(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk);

    /** The first @p len bytes of the chunk are used up; the rest is delivered again. */
    void (*take)(void *self, size_t len);

    /** End the transfer. Harmless if there is none. */
    void (*close)(void *self);

    const char *(*explain)(void *self);
};

struct otter_data_source {
    const struct otter_data_source_ops *ops;
    void *self;
};

#endif
