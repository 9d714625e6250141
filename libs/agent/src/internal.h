/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the agent share: the table of stages, and the helpers of its rows. */
#ifndef OTTER_AGENT_INTERNAL_H
#define OTTER_AGENT_INTERNAL_H

#include "otter/agent.h"
#include "otter/agent_bundle.h"
#include "otter/agent_service.h"

/** A stage that waits for something returns OTTER_AGAIN and is run again after this, or earlier if
 * the program saw bytes arrive. */
#define OTTER_AGENT_POLL_MS 100u
/** How soon the application is asked again after it said "later". */
#define OTTER_AGENT_LATER_MS 1000u

/** Version and digest as they lie in the journal (docs/formats/journal.md, "Kinds"). */
#define OTTER_AGENT_REMEMBERED_SIZE (8u + OTTER_SHA256_SIZE)

/** No report is made of a failure in this stage. */
#define OTTER_AGENT_UNREPORTED (-1)

/** One row for each stage: what it does and where it leads. The interpreter in agent.c follows the
 * rows and knows no stage. */
struct otter_agent_row {
    /** Do the work that can be done now.
     *  @return OTTER_OK (done), OTTER_AGAIN (stay), or why it failed */
    enum otter_result (*run)(struct otter_agent *agent, uint32_t now_ms);
    /** NULL, or: is there anything to do? If not, the stage is passed over without a word. */
    bool (*wanted)(const struct otter_agent *agent);
    /** NULL, or: tidy up, however the stage ended. */
    void (*leave)(struct otter_agent *agent, uint32_t now_ms);
    /** NULL, or: is a failure worth another try? `failures` counts those before it. */
    bool (*tries_again)(const struct otter_agent *agent, enum otter_result result);
    enum otter_agent_stage on_ok;
    enum otter_agent_stage on_retry;
    enum otter_agent_stage on_error;
    int failure;    /**< an enum otter_report_stage, or OTTER_AGENT_UNREPORTED */
    bool is_silent; /**< the application is not told */
};

/** How far the present file is: an image, or a bundle. */
struct otter_agent_extent {
    uint32_t total;    /**< bytes of the whole file; 0: it is not known */
    uint32_t accepted; /**< bytes before the first one that is missing */
    uint32_t durable;  /**< those of them that survive a cut now */
};

/** What the journal is to know of a bundle. */
struct otter_agent_checkpoint {
    uint32_t durable;
    uint32_t crc; /**< of the manifest */
};

/** What is done otherwise if the present file is a bundle. Reached through the configuration, so that
 * a program without bundles does not link them. */
struct otter_agent_bundle_ops {
    /** @return OTTER_OK, OTTER_ERR_ARGUMENT (an area or a size cannot work) */
    enum otter_result (*check_slots)(struct otter_agent *agent);
    /** Nothing but image 0 is to be installed. @return OTTER_OK, OTTER_ERR_FLASH */
    enum otter_result (*drop_requests)(struct otter_agent *agent);
    /** The present file is a bundle of @p total bytes, of which nothing is here. */
    void (*begin)(struct otter_agent *agent, uint32_t total);
    /** The same, but this much is in the slots, as a checkpoint said. */
    void (*resume)(struct otter_agent *agent, uint32_t total, uint32_t durable, uint32_t crc);
    /** The bundle that was resumed is that of the present job. @return OTTER_OK, or as take */
    enum otter_result (*adopt)(struct otter_agent *agent);
    /** Take a piece. @return OTTER_OK, OTTER_AGAIN, or why the bundle cannot be used */
    enum otter_result (*take)(struct otter_agent *agent, const struct otter_chunk *chunk);
    struct otter_agent_extent (*extent)(const struct otter_agent *agent);
    struct otter_agent_checkpoint (*checkpoint)(const struct otter_agent *agent);
    struct otter_range (*missing)(const struct otter_agent *agent);
    /** Check all images in place. @return OTTER_OK, or why one of them is refused */
    enum otter_result (*verify)(struct otter_agent *agent);
    /** Make all of them pending. @return OTTER_OK, OTTER_ERR_TRAILER, OTTER_ERR_FLASH */
    enum otter_result (*request)(struct otter_agent *agent);
    /** Accept the running programs but that of image 0.
     *  @return OTTER_OK, OTTER_ERR_TRAILER, OTTER_ERR_FLASH */
    enum otter_result (*confirm_others)(const struct otter_agent *agent);
};

/** What is done besides if a service keeps account of the device. Reached through the configuration, as
 * with bundles. */
struct otter_agent_service_ops {
    /** Is this job one for the device at all? @return OTTER_OK, or why not */
    enum otter_result (*judge)(struct otter_agent *agent);
    /** Mix what tells the files of @p job from others into a digest. */
    void (*stand_for_files)(const struct otter_job *job, uint8_t digest[OTTER_SHA256_SIZE]);
    /** Does the signature of file number @p index fit what lies in flash?
     *  @return OTTER_OK, OTTER_ERR_JOB_SIGNATURE */
    enum otter_result (*check_file)(struct otter_agent *agent, uint8_t index,
                                    const uint8_t digest[OTTER_SHA256_SIZE]);
    /** The present job is not wanted any more, nor what it brought. */
    void (*cancel)(struct otter_agent *agent);
};

extern const struct otter_agent_row otter_agent_rows[OTTER_STAGES];

/** Forget the present session and wait for the next check. */
void otter_agent_end_session(struct otter_agent *agent, uint32_t now_ms);

/* session.c: talking with the job source */
enum otter_result otter_agent_ask(struct otter_agent *agent, uint32_t now_ms);
enum otter_result otter_agent_check(struct otter_agent *agent, uint32_t now_ms);
/** Hold the present job against this device, as far as it is known what it offers.
 *  @return OTTER_OK, OTTER_NO_UPDATE, OTTER_ERR_JOB_*, OTTER_ERR_IMAGE_TOO_BIG, OTTER_ERR_FLASH */
enum otter_result otter_agent_judge_job(struct otter_agent *agent);
enum otter_result otter_agent_report(struct otter_agent *agent, uint32_t now_ms);
enum otter_result otter_agent_account(struct otter_agent *agent, uint32_t now_ms);
void otter_agent_end_conversation(struct otter_agent *agent, uint32_t now_ms);

/* download.c */
enum otter_result otter_agent_open(struct otter_agent *agent, uint32_t now_ms);
enum otter_result otter_agent_download(struct otter_agent *agent, uint32_t now_ms);
void otter_agent_close_data(struct otter_agent *agent, uint32_t now_ms);

/* direct.c: images without a job document */

/** Is it not known yet which image the present job offers? */
bool otter_agent_awaits_head(const struct otter_agent *agent);
/** Take what @p chunk has of the image's header.
 *  @return OTTER_OK: the job is complete now; OTTER_AGAIN: more is needed; or why it is refused */
enum otter_result otter_agent_take_head(struct otter_agent *agent, const struct otter_chunk *chunk);
/** Complete the job with what an image's header says, and judge it.
 *  @return as otter_agent_judge_job(), but OTTER_NO_UPDATE for a version that is not newer */
enum otter_result otter_agent_learn_version(struct otter_agent *agent,
                                            const struct otter_version *version);

/* install.c */
enum otter_result otter_agent_verify(struct otter_agent *agent, uint32_t now_ms);
enum otter_result otter_agent_make_pending(struct otter_agent *agent, uint32_t now_ms);

/** Find the image of a file of @p size bytes in a secondary slot.
 *  @param limit  bytes that an image may take there */
enum otter_result otter_agent_open_image(struct otter_agent *agent, const struct otter_area *slot,
                                         uint32_t limit, uint32_t size, struct otter_image *image);
/** Is it the version that the job promised? Without a job document, complete and judge the job. */
enum otter_result otter_agent_judge_version(struct otter_agent *agent,
                                            const struct otter_version *version);
/** Check hash and signature in place. */
enum otter_result otter_agent_verify_image(const struct otter_agent *agent,
                                           struct otter_image image);
/** Does the signature that the job has of its file number @p index fit, if a service keeps account? */
enum otter_result otter_agent_check_signature(struct otter_agent *agent, uint8_t index,
                                              const uint8_t digest[OTTER_SHA256_SIZE]);
/** The digest of the first @p size bytes in @p slot. */
enum otter_result otter_agent_hash_file(const struct otter_agent *agent,
                                        const struct otter_area *slot, uint32_t size,
                                        uint8_t digest[OTTER_SHA256_SIZE]);
/** Feed the first @p size bytes of the image in @p slot to a running hash. */
enum otter_result otter_agent_hash(const struct otter_agent *agent, const struct otter_area *slot,
                                   uint32_t size, struct otter_sha256 *sha);
/** Is this the file whose digest the job names, if it names one? */
enum otter_result otter_agent_check_digest(struct otter_agent *agent,
                                           const uint8_t digest[OTTER_SHA256_SIZE]);

/* progress.c */

/** Is the running program on trial? True also if that cannot be read. */
bool otter_agent_is_on_trial(const struct otter_agent *agent);
/** Take over what the journal knows of the download in the slot. */
void otter_agent_recall_progress(struct otter_agent *agent);
/** Forget it, in the journal too. @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_agent_forget_progress(struct otter_agent *agent);
/** Forget it in the journal alone. @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_agent_erase_progress(struct otter_agent *agent);
/** Tell the journal how far the writer has got, if that is worth a record. */
void otter_agent_note_progress(struct otter_agent *agent);
/** Go on with what is in the slot if it belongs to the present job, else start afresh.
 *  @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_agent_adopt_progress(struct otter_agent *agent);
struct otter_agent_extent otter_agent_extent(const struct otter_agent *agent);
bool otter_agent_lacks_bytes(const struct otter_agent *agent);
/** May a piece announce this size of the whole image? */
bool otter_agent_fits_total(const struct otter_agent *agent, uint32_t total);
/** Take @p total for the size of the file from here on; what is there of another size is void. */
void otter_agent_settle_total(struct otter_agent *agent, uint32_t total);

/* memory.c: what the journal holds */

void otter_agent_encode(const struct otter_remembered *remembered,
                        uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE]);
void otter_agent_decode(const uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE],
                        struct otter_remembered *remembered);
/** @return false: there is none, or one of another size */
bool otter_agent_read_record(const struct otter_agent *agent, enum otter_journal_kind kind,
                             uint8_t *bytes, size_t size);

/** Find out how the last update ended. @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_agent_recall(struct otter_agent *agent);
enum otter_result otter_agent_remember_attempt(struct otter_agent *agent, bool requested);
enum otter_result otter_agent_forget_attempt(struct otter_agent *agent);
/** Was the last attempt one of a file with this digest? */
bool otter_agent_was_attempted(const struct otter_agent *agent,
                               const uint8_t digest[OTTER_SHA256_SIZE]);
/** Is this job's image one that was tried and did not stay? */
bool otter_agent_is_rejected(const struct otter_agent *agent, const struct otter_job *job);

/* timing.c */

/** Has a limit of @p limit_s seconds passed since @p since_ms? 0 is no limit. */
bool otter_agent_has_passed(uint32_t since_ms, uint32_t now_ms, uint32_t limit_s);
bool otter_agent_timing_is_valid(const struct otter_agent_timing *timing);
void otter_agent_pause(struct otter_agent *agent, uint32_t now_ms, uint32_t pause_ms);
/** @return milliseconds that are left of the pause; 0: it is over */
uint32_t otter_agent_pause_left(const struct otter_agent *agent, uint32_t now_ms);
/** The pause after failure number @p failures in a row, from 1: doubled, limited, jittered. */
uint32_t otter_agent_back_off_ms(const struct otter_agent *agent, uint8_t failures);

/* agent.c */

/** Prepare a writer for a secondary slot.
 *  @param limit  bytes that an image may take there
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_agent_prepare_writer(const struct otter_agent *agent,
                                             const struct otter_area *slot, uint32_t limit,
                                             struct otter_slotwriter *writer);

/** Did the way fail, and not what came over it? */
bool otter_agent_is_about_the_connection(enum otter_result result);

/** Is it the job that is wrong, and not the way it came? */
bool otter_agent_is_about_a_document(enum otter_result result);

/** How much of the image is durable. */
uint8_t otter_agent_percent(const struct otter_agent *agent);

/** Tell the application. @return what it answers */
enum otter_agent_answer otter_agent_tell(struct otter_agent *agent, enum otter_agent_reason reason,
                                         enum otter_result result, uint32_t retry_ms);

#endif
