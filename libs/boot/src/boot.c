/* SPDX-License-Identifier: Apache-2.0 */

/* The orchestration: finish what a cut interrupted, else decide; judge the staged image before
 * anything is erased; let the strategy move it; verify what is now in the primary slot; end the
 * move; name the program to start.
 *
 * Trouble with the secondary slot or the scratch area never ends the boot. Whether there is a
 * program to start depends on the primary's image alone. */

#include <stddef.h>

#include "strategy.h"

#define BUFFER_SIZE_MIN 256u

/* One boot. What happened on the way is written to the outcome as it happens. */
struct boot {
    struct otter_boot_slots slots;
    struct otter_boot_outcome *outcome;
    struct otter_boot_move move; /* what this boot moved, or tried to; type NONE: nothing */
    bool move_is_whole;          /* it ran to its end */
};

static const struct otter_strategy *strategy_of(const struct boot *boot)
{
    return boot->slots.config->strategy;
}

static void do_not_feed(void *context)
{
    (void)context;
}

static void do_not_report(void *context, const struct otter_boot_event *event)
{
    (void)context;
    (void)event;
}

const struct otter_boot_hooks otter_boot_no_hooks = {
    .feed_watchdog = do_not_feed,
    .report = do_not_report,
};

static void report(const struct boot *boot, struct otter_boot_event event)
{
    otter_boot_report(&boot->slots, event);
}

/* ---- preparation ---------------------------------------------------------------------------- */

static bool buffer_suits(const struct otter_boot_config *config)
{
    if (config->buffer_size < BUFFER_SIZE_MIN) {
        return false;
    }
    for (uint8_t i = 0; i < config->layout->device_count; i++) {
        if (config->buffer_size % config->layout->devices[i].write_size != 0) {
            return false;
        }
    }
    return true;
}

/* An area whose device is absent is left without a flash; whoever needs it reports the failure. */
static void open_if_there(struct otter_boot_slots *slots, enum otter_area_role role, uint8_t image,
                          struct otter_area *area)
{
    const struct otter_boot_config *config = slots->config;

    if (otter_layout_open(config->layout, config->devices, role, image, area) != OTTER_OK) {
        *area = (struct otter_area){ 0 };
    }
}

/* Neither works without the other. */
static bool encryption_suits(const struct otter_boot_config *config)
{
    return (config->encryption != NULL) == (config->trust.decryption_key != NULL);
}

static enum otter_result prepare(struct boot *boot, const struct otter_boot_config *config)
{
    struct otter_boot_slots *slots = &boot->slots;

    *slots = (struct otter_boot_slots){ .config = config };
    slots->max_image_size =
        otter_strategy_max_image_size(config->strategy, config->layout, slots->image, NULL);
    if (slots->max_image_size == 0 || !buffer_suits(config) || !encryption_suits(config)) {
        return OTTER_ERR_ARGUMENT;
    }
    slots->shape = otter_trailer_shape(config->layout);
    open_if_there(slots, OTTER_AREA_SECONDARY, slots->image, &slots->secondary);
    open_if_there(slots, OTTER_AREA_SCRATCH, 0, &slots->scratch);
    return otter_layout_open(config->layout, config->devices, OTTER_AREA_PRIMARY, slots->image,
                             &slots->primary);
}

/* ---- judging images ------------------------------------------------------------------------- */

static enum otter_result open_image(const struct boot *boot, const struct otter_area *slot,
                                    struct otter_image *image)
{
    if (slot->flash == NULL) {
        return OTTER_ERR_FLASH;
    }
    return otter_image_open(slot, 0, boot->slots.max_image_size, image);
}

static enum otter_verdict verify_image(const struct boot *boot, const struct otter_image *image,
                                       enum otter_result *reason)
{
    const struct otter_boot_config *config = boot->slots.config;

    config->hooks->feed_watchdog(config->hooks_context);
    return otter_image_verify(image, &config->trust, config->buffer, config->buffer_size, reason);
}

/* In the secondary slot, encrypted images lie as they came. */
static enum otter_verdict verify_staged(const struct boot *boot, const struct otter_image *image,
                                        enum otter_result *reason)
{
    const struct otter_boot_encryption *encryption = boot->slots.config->encryption;

    return encryption == NULL ? verify_image(boot, image, reason)
                              : encryption->verify_staged(&boot->slots, image, reason);
}

/* Does the image in the primary slot, of any size that the slot can hold, verify? */
static bool primary_verifies(const struct boot *boot, struct otter_image *image)
{
    const struct otter_area *primary = &boot->slots.primary;
    enum otter_result reason;

    return otter_image_open(primary, 0, primary->size, image) == OTTER_OK
           && verify_image(boot, image, &reason) == OTTER_VERDICT_GOOD;
}

/* A primary that would not start outranks nobody: otherwise what a cut has left of its header could
 * keep the update out that would repair it. */
static bool is_downgrade(const struct boot *boot, const struct otter_image *update)
{
    struct otter_image running;

    return boot->slots.config->refuse_downgrade
           && otter_image_open(&boot->slots.primary, 0, boot->slots.primary.size, &running)
                  == OTTER_OK
           && otter_version_compare(&update->header.version, &running.header.version) < 0
           && primary_verifies(boot, &running);
}

/* What keeps the image in the primary slot from going to the secondary and coming back.
 *
 * @param opened  what came of opening it; something that is no image may go any way */
static enum otter_result obstacle(const struct boot *boot, const struct otter_image *old,
                                  enum otter_result opened)
{
    const struct otter_boot_encryption *encryption = boot->slots.config->encryption;

    if (opened == OTTER_ERR_IMAGE_TOO_BIG) {
        return OTTER_ERR_NO_SPACE;
    }
    if (opened == OTTER_OK && encryption != NULL) {
        return encryption->check_key(&boot->slots, old);
    }
    return OTTER_OK;
}

/* Bytes at the start of the slots that the move concerns. An image in the primary slot that cannot
 * be exchanged is given up only if it could not be started either.
 *
 * @return OTTER_OK, OTTER_ERR_NO_SPACE, or as otter_image_decrypt() for the primary's image */
static enum otter_result size_move(const struct boot *boot, const struct otter_image *update,
                                   uint32_t *size)
{
    struct otter_image old;
    enum otter_result result = open_image(boot, &boot->slots.primary, &old);

    *size = update->size;
    if (!strategy_of(boot)->exchanges) {
        return OTTER_OK;
    }
    if (result == OTTER_OK && old.size > *size) {
        *size = old.size;
    }
    result = obstacle(boot, &old, result);
    return result != OTTER_OK && primary_verifies(boot, &old) ? result : OTTER_OK;
}

/* Everything that could speak against the staged image, before anything is erased for it. */
static enum otter_result judge_update(const struct boot *boot, enum otter_swap_type type,
                                      struct otter_image *update, uint32_t *move_size)
{
    enum otter_result result = open_image(boot, &boot->slots.secondary, update);

    if (result != OTTER_OK) {
        return result;
    }
    if ((update->header.flags & OTTER_IMAGE_NON_BOOTABLE) != 0) {
        return OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    if (verify_staged(boot, update, &result) != OTTER_VERDICT_GOOD) {
        return result;
    }
    if (type != OTTER_SWAP_REVERT && is_downgrade(boot, update)) {
        return OTTER_ERR_DOWNGRADE;
    }
    return size_move(boot, update, move_size);
}

/* ---- deciding and acting -------------------------------------------------------------------- */

/* The image may be sound and only its device or the crypto provider in trouble: ask again then. */
static bool is_final(enum otter_result reason)
{
    return reason != OTTER_ERR_FLASH && reason != OTTER_ERR_CRYPTO;
}

/* A refused image stays for whoever wants to look at it; its request goes, so that it is not judged
 * again at every boot. A revert has no request: it stays wanted until the trial is confirmed. */
static void refuse(struct boot *boot, enum otter_swap_type type, const struct otter_image *update,
                   enum otter_result reason)
{
    const struct otter_area *secondary = &boot->slots.secondary;

    boot->outcome->refusal = reason;
    boot->outcome->refused_version = update->header.version;
    report(boot, (struct otter_boot_event){ .kind = OTTER_BOOT_REFUSED,
                                            .swap_type = type,
                                            .result = reason,
                                            .version = update->header.version });
    if (type != OTTER_SWAP_REVERT && is_final(reason)) {
        (void)otter_boot_erase_tail(
            &boot->slots, secondary,
            otter_trailer_swap_info_offset(&boot->slots.shape, secondary->size));
    }
}

/* A slot that cannot be read asks for nothing. */
static void read_request(const struct boot *boot, struct otter_trailer *request)
{
    const struct otter_area *secondary = &boot->slots.secondary;

    if (secondary->flash == NULL
        || otter_trailer_read(secondary, &boot->slots.shape, request) != OTTER_OK) {
        *request = (struct otter_trailer){ .swap_type = OTTER_SWAP_NONE };
    }
}

/* @param remembered  the move that the strategy found announced; only a revert is */
static enum otter_result decide(const struct boot *boot, const struct otter_boot_move *remembered,
                                enum otter_swap_type *type)
{
    struct otter_trailer own;
    struct otter_trailer request;
    const char *because;
    const enum otter_result result =
        otter_trailer_read(&boot->slots.primary, &boot->slots.shape, &own);

    if (result != OTTER_OK) {
        return result;
    }
    read_request(boot, &request);
    *type = otter_swap_decide(&own, &request, &because);
    if (*type == OTTER_SWAP_NONE && remembered->type != OTTER_SWAP_NONE) {
        *type = remembered->type;
        because = "a revert was announced before the power was cut";
    }
    report(boot, (struct otter_boot_event){
                     .kind = OTTER_BOOT_DECIDED, .swap_type = *type, .because = because });
    return OTTER_OK;
}

/* A move that fails ends no boot: what is in the primary slot is verified and will tell. */
static void run_move(struct boot *boot, const struct otter_boot_move *move)
{
    boot->move = *move;
    boot->move_is_whole = strategy_of(boot)->run(&boot->slots, move) == OTTER_OK;
}

static void start_move(struct boot *boot, enum otter_swap_type type)
{
    struct otter_boot_move move = { .type = type };
    struct otter_image update = { 0 };
    const enum otter_result reason = judge_update(boot, type, &update, &move.size);

    if (reason != OTTER_OK) {
        refuse(boot, type, &update, reason);
        return;
    }
    run_move(boot, &move);
}

static void resume_move(struct boot *boot, const struct otter_boot_move *move)
{
    report(boot, (struct otter_boot_event){ .kind = OTTER_BOOT_RESUMED, .swap_type = move->type });
    run_move(boot, move);
}

/* Make the move that is due, if one is. */
static enum otter_result act(struct boot *boot)
{
    struct otter_boot_move found;
    enum otter_swap_type type;
    enum otter_result result = strategy_of(boot)->find(&boot->slots, &found);

    boot->move = (struct otter_boot_move){ .type = OTTER_SWAP_NONE };
    boot->move_is_whole = false;
    if (result != OTTER_OK) {
        return result;
    }
    if (found.steps > 0) {
        resume_move(boot, &found);
        return OTTER_OK;
    }
    result = decide(boot, &found, &type);
    if (result == OTTER_OK && type != OTTER_SWAP_NONE) {
        start_move(boot, type);
    }
    return result;
}

/* ---- the program to start ------------------------------------------------------------------- */

/* The product has chosen not to verify at every boot. What was just moved is verified all the
 * same. */
static bool is_trusted_unseen(const struct boot *boot)
{
    return boot->slots.config->trust_primary && boot->move.type == OTTER_SWAP_NONE;
}

/* The verdict on the primary's image. It starts out bad and is then copied, never decided upon: a
 * skipped call, store or branch leaves a value that is not OTTER_VERDICT_GOOD. */
static enum otter_result judge_primary(struct boot *boot)
{
    struct otter_boot_outcome *outcome = boot->outcome;
    volatile enum otter_verdict verdict = OTTER_VERDICT_BAD;
    enum otter_result reason = OTTER_ERR_EMPTY_SLOT;

    outcome->verdict = OTTER_VERDICT_BAD;
    outcome->primary = boot->slots.primary;
    /* An image that was programmed here may be larger than one that can be installed. */
    reason = otter_image_open(&outcome->primary, 0, outcome->primary.size, &outcome->image);
    if (reason == OTTER_OK && (outcome->image.header.flags & OTTER_IMAGE_NON_BOOTABLE) != 0) {
        reason = OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    if (reason != OTTER_OK) {
        return reason;
    }
    verdict =
        is_trusted_unseen(boot) ? OTTER_VERDICT_GOOD : verify_image(boot, &outcome->image, &reason);
    outcome->vector_table = outcome->primary.flash->geometry->address + outcome->primary.offset
                            + outcome->image.header.header_size;
    outcome->verdict = verdict;
    return reason;
}

static enum otter_result judge_and_tell(struct boot *boot)
{
    const enum otter_result result = judge_primary(boot);

    if (result != OTTER_OK) {
        report(boot, (struct otter_boot_event){ .kind = OTTER_BOOT_INVALID, .result = result });
    }
    return result;
}

/* End the move, now that its result is known. One that did not run to its end, or whose last flags
 * cannot be written, is left to the next boot.
 *
 * @return OTTER_OK if the primary's image lies untouched since it was judged */
static enum otter_result end_move(struct boot *boot, bool primary_is_good)
{
    if (!boot->move_is_whole) {
        return OTTER_OK;
    }
    if (primary_is_good) {
        report(boot, (struct otter_boot_event){ .kind = OTTER_BOOT_INSTALLED,
                                                .swap_type = boot->move.type,
                                                .version = boot->outcome->image.header.version });
    }
    boot->outcome->swap_done = boot->move.type;
    return strategy_of(boot)->finish(&boot->slots, &boot->move, primary_is_good);
}

/* One round: act, and see what there is to start. */
static enum otter_result boot_once(struct boot *boot)
{
    enum otter_result result = act(boot);

    if (result != OTTER_OK) {
        return result;
    }
    result = judge_and_tell(boot);
    /* Only what was verified as it lies is started. */
    return end_move(boot, result == OTTER_OK) == OTTER_OK ? result : judge_and_tell(boot);
}

enum otter_result otter_boot_go(const struct otter_boot_config *config,
                                struct otter_boot_outcome *outcome)
{
    struct boot boot = { .outcome = outcome };
    enum otter_result result;

    *outcome =
        (struct otter_boot_outcome){ .verdict = OTTER_VERDICT_BAD, .swap_done = OTTER_SWAP_NONE };
    result = prepare(&boot, config);
    if (result != OTTER_OK) {
        return result;
    }
    result = boot_once(&boot);
    /* A trial that did not survive its move is reverted at once, not after a reset. */
    if (result != OTTER_OK && boot.move_is_whole && boot.move.type == OTTER_SWAP_TEST) {
        result = boot_once(&boot);
    }
    return result;
}
