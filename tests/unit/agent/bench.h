/* SPDX-License-Identifier: Apache-2.0 */

/** A device on the bench: simulated flash, the real bootloader, an agent with fake sources, and a
 * clock that jumps to wherever the agent wants to be stepped next. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#include "fake_sources.h"
#include "otter/agent.h"
#include "otter/agent_bundle.h"
#include "otter/boot.h"
#include "otter/sim_flash.h"

#define BENCH_FILE_MAX 16384u
#define BENCH_LOG_MAX  8192u

struct bench {
    const struct otter_layout *layout;
    struct otter_sim_power power;
    struct otter_sim_flash device;
    const struct otter_flash *devices[1];
    struct fake_jobs jobs;
    struct fake_data data;
    struct otter_job_source job_source;
    struct otter_data_source data_source;
    struct otter_agent_config config;
    struct otter_agent agent;
    struct otter_agent_slots others[1]; /* of image 1, if the device has it */
    struct otter_agent_bundle bundle;
    struct otter_agent_bundles bundles;
    struct otter_job_file files[2]; /* of a job that lists them */
    uint8_t buffer[256];
    uint8_t boot_buffer[256];
    uint8_t file[BENCH_FILE_MAX];
    uint32_t file_size;

    uint32_t now_ms;
    uint32_t waited_ms; /* by the clock's jumps */
    unsigned restarts;
    bool has_died;           /* the power was cut while the program ran */
    char log[BENCH_LOG_MAX]; /* every event as a line */

    /* What the application answers at this stage and reason; CONTINUE everywhere else. */
    enum otter_agent_stage answer_stage;
    enum otter_agent_reason answer_reason;
    enum otter_agent_answer answer;
    unsigned answers; /* how often */

    /* NULL, or also told each event. */
    void (*watch)(struct bench *bench, const struct otter_agent_event *event);
    uint32_t random; /* what the application draws */

    struct otter_boot_outcome outcome;
};

/** How an image of the bench may be wrong. */
struct bench_image {
    const char *version;
    uint32_t program_size; /* 0: a usual one */
    uint8_t key;           /* 0: the one the device trusts */
    const char *needs;     /* version of the other image that it depends on; NULL: none */
    uint8_t needed;        /* which image that is */
};

/** A device that runs 1.0.0. */
void bench_set_up(struct bench *bench);
void bench_tear_down(struct bench *bench);

/** A device with two images of 1.0.0, which accepts bundles. */
void bench_set_up_two(struct bench *bench);

/** Make a bundle of image 0 and image 1; the rest as below, with the version of image 0. */
void bench_offer_bundle(struct bench *bench, const struct bench_image *first,
                        const struct bench_image *second);

/** Make the same two, one behind the other and without an archive, as a service's job lists them; the
 * files are the bench's. The job names no version. */
void bench_offer_files(struct bench *bench, const struct bench_image *first,
                       const struct bench_image *second);

/** Make an image; the data source delivers it and the job source offers it. */
void bench_offer(struct bench *bench, const struct bench_image *image);

/** Step the agent until the device restarts, the power fails, or @p limit_ms have passed. */
void bench_run(struct bench *bench, uint32_t limit_ms);

/** One session: until the agent is idle again and would wait. */
void bench_run_session(struct bench *bench);

/** Reset: the bootloader runs, then the agent starts anew. */
void bench_reset(struct bench *bench);

/** The agent alone starts anew, as if the program did. */
void bench_start_agent(struct bench *bench);

/** Reset a device with two images and go on until both are confirmed as 1.1.0, whatever came before: at
 * each boot both are old or both are new. */
void bench_bring_both_to_the_end(struct bench *bench);

/** The version that the bootloader started last. */
void bench_assert_runs(const struct bench *bench, const char *version);

/** The last report is this one. */
void bench_assert_reported(const struct bench *bench, enum otter_report_stage stage,
                           enum otter_result result, const char *version);

void bench_assert_logged(const struct bench *bench, const char *text);

/** The version of image 1 that the bootloader found last. */
void bench_assert_other(const struct bench *bench, const char *version);

/** Is there a request in the secondary slot? */
bool bench_has_request(const struct bench *bench);

/** In that of image 1? */
bool bench_has_other_request(const struct bench *bench);

#endif
