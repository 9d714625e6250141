/* SPDX-License-Identifier: Apache-2.0 */

/** The update agent: asks for jobs, downloads, verifies in place, makes pending, reports, restarts.
 *
 * A value that is stepped. It never sleeps, opens sockets or reads a clock: the program around it
 * calls otter_agent_step() with the time, from a super-loop, an RTOS task or a thread. It never
 * sees the bootloader; the two meet in the trailers (otter/bootstate.h). Its states are one table,
 * docs/DESIGN.md shows them as a picture. */
#ifndef OTTER_AGENT_H
#define OTTER_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/bootstate.h"
#include "otter/image.h"
#include "otter/job.h"
#include "otter/journal.h"
#include "otter/result.h"
#include "otter/slotwriter.h"
#include "otter/source.h"

/** What the agent is doing. */
enum otter_agent_stage {
    OTTER_STAGE_IDLE,        /**< waits until the next check is due */
    OTTER_STAGE_ACCOUNTING,  /**< tells the job source how the last update ended, if it must know */
    OTTER_STAGE_ASKING,      /**< asks the job source */
    OTTER_STAGE_CHECKING,    /**< holds the job against this device */
    OTTER_STAGE_OPENING,     /**< opens the data source */
    OTTER_STAGE_DOWNLOADING, /**< fetches the image into the secondary slot */
    OTTER_STAGE_VERIFYING,   /**< checks hash and signature in place */
    OTTER_STAGE_PENDING,     /**< writes the request into the trailer */
    OTTER_STAGE_REPORTING,   /**< tells the job source what became of it */
    OTTER_STAGE_RESTARTING,  /**< asks the program to restart */
    OTTER_STAGES,
};

/** Why the callback is called. */
enum otter_agent_reason {
    OTTER_REASON_BEGIN,    /**< the stage is about to do its work; the answer matters */
    OTTER_REASON_PROGRESS, /**< bytes of the download became durable */
    OTTER_REASON_DONE,     /**< the stage succeeded; result may be OTTER_NO_UPDATE */
    OTTER_REASON_FAILED,   /**< the stage failed; result says why */
};

/** What the application answers. */
enum otter_agent_answer {
    OTTER_ANSWER_CONTINUE,   /**< go on */
    OTTER_ANSWER_STOP,       /**< give this update up; the agent lives on */
    OTTER_ANSWER_DONE_BY_ME, /**< the application did this stage's work itself (BEGIN only) */
    OTTER_ANSWER_LATER,      /**< not now: ask again at the next step (BEGIN only) */
};

struct otter_agent_event {
    enum otter_agent_stage stage;
    enum otter_agent_reason reason;
    enum otter_result result;
    const char *detail;          /**< what else is known, for people; "" if nothing */
    const struct otter_job *job; /**< NULL before there is one */
    struct otter_version running;
    const struct otter_report *report; /**< ACCOUNTING and REPORTING: what is told; else NULL */
    uint32_t retry_ms; /**< FAILED: pause before the same is tried again; 0: it is not */
    uint32_t bytes;    /**< durable bytes of the file: the image, or the bundle with all images */
    uint32_t total;    /**< bytes of the whole file; 0 if not known yet */
    uint8_t percent;
};

/** Longest interval that a timing may name, in seconds (23 days); the agent counts milliseconds in
 * 32 bits that may wrap. */
#define OTTER_AGENT_INTERVAL_MAX_S 2000000u

/** Timers, tries and back-off, with the AnyCloud library's names and meanings where it has them.
 * otter_agent_default_timing holds its documented values. Each pause after a failure is chosen at
 * random between half and the whole of its length, so that a fleet does not return all at once. */
struct otter_agent_timing {
    uint32_t initial_check_s;       /**< from the start to the first check */
    uint32_t next_check_interval_s; /**< from the end of a session to the next check */
    uint32_t retry_interval_s;      /**< first pause after a failed connection; doubles */
    uint32_t retry_interval_max_s;  /**< longest pause between tries */
    uint32_t job_check_time_s;      /**< wait for a job; 0: no limit */
    uint32_t data_check_time_s;     /**< whole download; 0: no limit */
    uint32_t packet_interval_s;     /**< silence in a download before it is begun again; 0: off */
    uint32_t connect_retries;       /**< tries to connect before waiting for the next check */
    uint32_t max_download_tries;    /**< tries without one new byte before the update has failed */
};

/** Most tries that a timing may name. */
#define OTTER_AGENT_TRIES_MAX 250u

extern const struct otter_agent_timing otter_agent_default_timing;

/** For a job source that says nothing before a peer pushes something (otter/ble_transport.h): the
 * agent always waits for it, and leaves it to the peer to try again. */
extern const struct otter_agent_timing otter_agent_pushed_timing;

/** What the agent needs from the program around it; none may be NULL. */
struct otter_agent_hooks {
    /** Called at each stage. See enum otter_agent_answer. When ASKING begins, the application may
     * change the texts of the identity but the board: the question and what follows carry them. */
    enum otter_agent_answer (*event)(void *context, const struct otter_agent_event *event);
    /** Restart the device now. May return, if the program restarts a little later. */
    void (*restart)(void *context);
    /** A random number, for the jitter of pauses. */
    uint32_t (*random)(void *context);
};

struct otter_agent_bundles;
struct otter_agent_service;

/** Everything the agent of a product is made of. Constant while it runs. */
struct otter_agent_config {
    struct otter_identity identity;
    struct otter_agent_timing timing;
    const struct otter_layout *layout;
    struct otter_area primary;   /**< where the running program is */
    struct otter_area secondary; /**< where updates are staged */
    struct otter_area journal;
    struct otter_trust trust; /**< an update must satisfy it before it becomes pending */
    /** otter_image_decrypt, with trust.decryption_key; NULL: encrypted images are refused. */
    enum otter_result (*decrypt)(struct otter_image *image, const struct otter_trust *trust,
                                 struct otter_image_cipher *cipher);
    uint32_t max_image_size; /**< bytes; what the bootloader can install from the slot */
    /** Why the bootloader refused the staged image, from the handover; OTTER_OK if it did not. */
    enum otter_result boot_refusal;
    const struct otter_job_source *jobs;
    const struct otter_data_source *data;
    const struct otter_agent_bundles *bundles; /**< otter/agent_bundle.h; NULL: an update is always
                                                    one image */
    const struct otter_agent_service
        *service; /**< otter/agent_service.h; NULL: nobody keeps account
                                                    of this device's updates */
    const struct otter_agent_hooks *hooks;
    void *hooks_context;
    bool reboot_upon_completion; /**< restart when an update is pending; else the program does */
    bool validate_after_reboot;  /**< on trial, to be confirmed; else it is installed for good */
    bool do_not_send_result;
    uint8_t *buffer;    /**< gathers write units, then streams the verification */
    size_t buffer_size; /**< bytes; a multiple of the write units, at least 256 */
};

/** An image as the journal remembers it: one that was tried and did not stay (it is refused when it
 * is offered again), the one that is being tried, or the one that is being fetched. */
struct otter_remembered {
    struct otter_version version;
    uint8_t digest[OTTER_SHA256_SIZE]; /**< of the image file; zero: not known */
};

/** An agent. Allocate it anywhere; the fields are its own. */
struct otter_agent {
    const struct otter_agent_config *config;

    /* Flags first, then numbers, then what is large: code reaches the first bytes of a struct with
     * shorter instructions. */
    enum otter_agent_stage stage;
    bool begun;      /* the application was asked about this stage */
    bool working;    /* this stage's conversation has begun */
    bool is_stopped; /* until otter_agent_start() */
    bool is_urgent;  /* the next session follows at once */
    bool reached_source;
    enum otter_result last_result;
    uint8_t failures; /* in a row, of the connection */

    /* The present session. */
    bool has_job;
    bool is_bundle; /* the present file is not an image but a bundle, and the writer is not used */
    bool report_is_due;
    bool restart_is_due;
    bool stopped; /* the application said so during the download */
    bool download_began;
    bool is_pieced;     /* some of the image came in an earlier session */
    bool is_total_sure; /* the image's size is known from this session, not from an earlier one */
    uint8_t percent;
    uint8_t head_len; /* direct flow: bytes of `head` */
    uint16_t bad_chunks;

    /* What outlives sessions. */
    bool is_trailer_in_doubt; /* a request was begun, and not completed */
    bool is_staged;           /* an update waits for the restart */
    bool account_is_due;

    /* The clock: nothing is done before `pause_ms` have passed since `paused_at_ms`. */
    uint32_t paused_at_ms;
    uint32_t pause_ms;
    uint32_t wait_ms;    /* what a stage that stays asks step() to return */
    uint32_t entered_ms; /* when the present stage began its work */
    uint32_t download_began_ms;
    uint32_t heard_ms; /* when the last piece came */
    uint32_t recorded; /* bytes of `fetched` that the journal knows */
    const char *detail;
    struct otter_report report;  /* what the session comes to */
    struct otter_report account; /* how the last update ended */

    struct otter_slotwriter writer;
    struct otter_journal journal;
    struct otter_trailer_shape shape;
    struct otter_remembered fetched; /* what the writer has, all or in part; as its job said */
    struct otter_remembered staged;  /* made pending, or about to be */
    uint8_t head[OTTER_IMAGE_HEADER_SIZE]; /* looked at before the slot is touched */
    struct otter_job job;
};

/** Check the configuration, read the journal, and take note of how the last update ended.
 *
 *  @param config  borrowed as long as the agent lives
 *  @return OTTER_OK
 *          OTTER_ERR_ARGUMENT  a timing, a size or an area cannot work
 *          OTTER_ERR_FLASH */
enum otter_result otter_agent_init(struct otter_agent *agent,
                                   const struct otter_agent_config *config, uint32_t now_ms);

/** Do what can be done now without waiting.
 *
 *  @param now_ms  monotonic milliseconds; may start anywhere and wrap
 *  @return milliseconds until the next step makes sense, unless bytes arrive earlier; 0: at once */
uint32_t otter_agent_step(struct otter_agent *agent, uint32_t now_ms);

/** Look for an update at the next step, whatever the timers say: ends the wait for the next check,
 * or the pause before another try. Does nothing while a session is at work. */
void otter_agent_check_now(struct otter_agent *agent);

/** Stop whatever is under way, close the connections, and do nothing until otter_agent_start(). What
 * was fetched is gone on with later; an update that is pending stays pending. Not from within the
 * callback: answer OTTER_ANSWER_STOP there. */
void otter_agent_stop(struct otter_agent *agent, uint32_t now_ms);

/** Go on after otter_agent_stop(); the first check comes after initial_check_s. Does nothing if the
 * agent was not stopped. */
void otter_agent_start(struct otter_agent *agent, uint32_t now_ms);

/** What the agent is doing and how far it has got. */
struct otter_agent_status {
    bool is_stopped;
    enum otter_agent_stage stage;
    uint32_t wait_ms;              /**< of a pause or of the wait for the next check; else 0 */
    enum otter_result last_result; /**< of the last session, or of its last failure; OTTER_NO_UPDATE
                                         if there was none */
    struct otter_version running;  /**< the program's */
    struct otter_version offered;  /**< by the present job; zero if there is none */
    uint32_t bytes;                /**< durable bytes of the file */
    uint32_t total;                /**< bytes of the whole file; 0 if not known */
    uint8_t percent;
    bool is_pending;     /**< an update is installed at the next restart */
    bool reached_source; /**< see otter_agent_has_reached_source() */
};

void otter_agent_get_status(const struct otter_agent *agent, uint32_t now_ms,
                            struct otter_agent_status *status);

/** Accept the running program: the next boot keeps it, and the outcome is reported. Call it once
 * the program has proved itself, for example when it has reached its server again.
 *
 *  @return OTTER_OK, OTTER_ERR_TRAILER, OTTER_ERR_FLASH */
enum otter_result otter_agent_confirm(struct otter_agent *agent);

enum otter_agent_stage otter_agent_stage(const struct otter_agent *agent);

/** True once the agent has spoken with its job source since it was started: the sign of health that
 * otter_agent_confirm() is meant to wait for. */
bool otter_agent_has_reached_source(const struct otter_agent *agent);

const char *otter_agent_stage_name(enum otter_agent_stage stage);

/** One line for people about an event. @return @p text, terminated */
const char *otter_agent_event_text(const struct otter_agent_event *event, char *text, size_t size);

/** Is an event worth a line? Of progress, each tenth of the download is.
 *
 *  @param said_percent  the caller's, for all events; 0 at first */
bool otter_agent_event_is_news(const struct otter_agent_event *event, uint8_t *said_percent);

#endif
