/* SPDX-License-Identifier: Apache-2.0 */

/* What the bootloader's orchestration and its strategies agree on. A strategy moves images and
 * keeps the trailers; it does not judge images, and it is called only for a move that boot.c has
 * decided on. */
#ifndef OTTER_BOOT_STRATEGY_H
#define OTTER_BOOT_STRATEGY_H

#include "otter/boot.h"

/** How bytes change on their way into or out of the primary slot. */
struct otter_boot_veil {
    struct otter_image_cipher cipher;
    uint32_t size; /**< bytes of the image; what lies beyond becomes zeros */
};

/** The slots of one image, ready to use. */
struct otter_boot_slots {
    const struct otter_boot_config *config;
    uint8_t image;
    struct otter_trailer_shape shape;
    uint32_t max_image_size;
    struct otter_area primary;
    struct otter_area secondary; /**< its flash is NULL if its device is absent */
    struct otter_area scratch;   /**< as above, or if the layout has none */
    /** Set by otter_boot_run_veiled(), NULL otherwise: bytes stay as they are. */
    struct otter_boot_veil *incoming; /**< decrypts what enters the primary slot */
    struct otter_boot_veil *outgoing; /**< encrypts what leaves it */
};

/** A move that is to be made, or was begun before a cut. */
struct otter_boot_move {
    enum otter_swap_type type; /**< NONE: there is none */
    uint32_t size;             /**< bytes from the start of the slots that hold images */
    uint32_t steps;            /**< steps that are done; 0: nothing was moved yet */
    bool status_in_scratch;    /**< the record of the steps is the scratch area's */
    uint32_t incoming; /**< swap by offset: bytes of the image that enters the primary slot */
    uint32_t outgoing; /**< swap by offset: bytes of the image that leaves it */
};

/** What a strategy asks of a layout, before anything runs. */
struct otter_boot_geometry {
    /** Images are staged at the layout's staging_offset; for all others it has to be 0. */
    bool stages_above;

    /** Can the strategy work with this layout?
     *
     *  @return NULL, or the reason why not */
    const char *(*misfit)(const struct otter_layout *layout, uint8_t image);

    /** The largest image it can install; asked only of a layout that fits. */
    uint32_t (*max_image_size)(const struct otter_layout *layout, uint8_t image);
};

/** Where a strategy counts the attempts of a trial that follow the first one. */
struct otter_boot_tally {
    /** @return how many were made; UINT32_MAX if nobody knows */
    uint32_t (*read)(const struct otter_boot_slots *slots);
    enum otter_result (*add)(const struct otter_boot_slots *slots);
};

/** How a strategy moves images. */
struct otter_boot_moves {
    /** The primary's image goes to the secondary slot, so it has to fit there as well. */
    bool exchanges;

    /** NULL: attempts are counted in the secondary's trailer (attempts.c). */
    const struct otter_boot_tally *tally;

    /** Find a move that was begun and not finished. A revert is found from its announcement on;
     * other moves with no step done are known by the request in the secondary slot alone.
     *
     *  @return OTTER_OK, or OTTER_ERR_FLASH if the primary cannot be read */
    enum otter_result (*find)(const struct otter_boot_slots *slots, struct otter_boot_move *move);

    /** Make the move, or the rest of it. Called only if there is a device for the secondary slot. After
     * an error the primary may be a mixture; calling it again for the move that `find` finds then goes
     * on. */
    enum otter_result (*run)(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move);

    /** Set the flags that end the move, or leave it open to be repeated. Called last of all, so
     * that a trial counts as begun only when nothing is left to do but to start it.
     *
     *  @param primary_is_good  the image that is now in the primary slot verified
     *  @return OTTER_OK     nothing but flags was written
     *          OTTER_AGAIN  done, but sectors that hold bytes of the image were rewritten: what was
     *                       verified before may not be what lies there now
     *          or why it failed, perhaps in the middle of such a rewriting */
    enum otter_result (*finish)(const struct otter_boot_slots *slots,
                                const struct otter_boot_move *move, bool primary_is_good);
};

struct otter_strategy {
    const char *name;
    const struct otter_boot_geometry *geometry; /**< NULL: nothing is asked of a proven layout */
    const struct otter_boot_moves *moves;       /**< NULL for strategies that move nothing */
    const struct otter_boot_in_place *in_place; /**< NULL for all others */
};

struct otter_boot_course; /* course.h: one image on its way through one boot */

/** How a strategy starts programs where they lie. */
struct otter_boot_in_place {
    /** Find the newest program that may be started and verifies. Nothing is written.
     *
     *  @param spurned  slots that are out of the question: 1 the primary, 2 the secondary
     *  @return as otter_boot_go(), with the program, its slot and the verdict in the outcome */
    enum otter_result (*choose)(struct otter_boot_course *course, unsigned spurned);

    /** The chosen program is about to be started: write what there is to write about it. */
    void (*begin)(const struct otter_boot_course *course);
};

/** Where bytes of an image lie in the middle of a move. */
struct otter_boot_place {
    const struct otter_area *area; /**< that of the slots; its address tells which */
    uint32_t offset;
    uint32_t len; /**< so many of them lie there in a row; not 0 */
};

/** What finds the two images of a move while they are on their way, from the move as it was found.
 * An offset is one in the image, below the size of the slots. */
struct otter_boot_tracks {
    struct otter_boot_place (*incoming)(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move, uint32_t offset);
    /** NULL: no image leaves the primary slot */
    struct otter_boot_place (*outgoing)(const struct otter_boot_slots *slots,
                                        const struct otter_boot_move *move, uint32_t offset);
};

/** Encryption, as far as the rest of the bootloader sees it (encryption.c). */
struct otter_boot_encryption {
    /** otter_image_verify() for an image in the secondary slot. */
    enum otter_verdict (*verify_staged)(const struct otter_boot_slots *slots,
                                        const struct otter_image *image, enum otter_result *reason);
    /** Whether the image in the primary slot can be encrypted when it leaves.
     *
     *  @return as otter_image_decrypt() */
    enum otter_result (*check_key)(const struct otter_boot_slots *slots,
                                   const struct otter_image *image);
    /** See otter_boot_run_veiled(). */
    enum otter_result (*run)(const struct otter_boot_slots *slots,
                             const struct otter_boot_move *move,
                             const struct otter_boot_tracks *tracks,
                             enum otter_result (*run)(const struct otter_boot_slots *slots,
                                                      const struct otter_boot_move *move));
    /** Change bytes in place as the veil demands; @p offset is that of the first in the image. */
    enum otter_result (*change)(struct otter_boot_veil *veil, uint32_t offset, uint8_t *bytes,
                                size_t len);
};

/** Call @p run with veils for the images of the move, if this bootloader takes encrypted images;
 * otherwise just call it.
 *
 *  @return what @p run does; OTTER_ERR_FLASH, OTTER_ERR_CRYPTO if it was not called */
enum otter_result
otter_boot_run_veiled(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                      const struct otter_boot_tracks *tracks,
                      enum otter_result (*run)(const struct otter_boot_slots *slots,
                                               const struct otter_boot_move *move));

/** An area of a layout whose geometry can be asked, but which cannot be read or written.
 *
 *  @param flash  filled in; the area borrows it
 *  @return false if the layout has no such area */
bool otter_boot_plan_area(const struct otter_layout *layout, enum otter_area_role role,
                          uint8_t image, struct otter_flash *flash, struct otter_area *area);

/** Where in the secondary slot the image begins that a move of @p type brings. */
uint32_t otter_boot_staged_at(const struct otter_boot_slots *slots, enum otter_swap_type type);

/** Is @p slot, one of the two, the primary? Copies of an area are told apart by where they lie. */
static inline bool otter_boot_is_primary(const struct otter_boot_slots *slots,
                                         const struct otter_area *slot)
{
    return slot->flash == slots->primary.flash && slot->offset == slots->primary.offset;
}

/** What it takes to verify an image: the configuration's buffer and watchdog. */
struct otter_workspace otter_boot_workspace(const struct otter_boot_config *config);

/** Where the sector begins that holds the byte at @p offset. */
uint32_t otter_boot_sector_start(const struct otter_area *area, uint32_t offset);
/** Where it ends. */
uint32_t otter_boot_sector_end(const struct otter_area *area, uint32_t offset);

/** Erase [@p from, @p to), feeding the watchdog between sectors. Nothing if from >= to. */
enum otter_result otter_boot_erase(const struct otter_boot_slots *slots,
                                   const struct otter_area *area, uint32_t from, uint32_t to);

/** Erase from the sector that holds @p from to the end of the area, the last sector first: the
 * trailer's magic goes before anything that it vouches for. */
enum otter_result otter_boot_erase_tail(const struct otter_boot_slots *slots,
                                        const struct otter_area *area, uint32_t from);

/** Bytes on their way from one area to another. */
struct otter_boot_copy {
    const struct otter_area *from;
    uint32_t from_offset;
    const struct otter_area *to;
    uint32_t to_offset;
    uint32_t len;
    struct otter_boot_veil *veil; /**< NULL: they arrive as they are */
    uint32_t image_offset;        /**< where in the image they are; matters to the veil */
};

/** Are there bytes that cannot be read, however often that is tried, though the device answers? */
bool otter_boot_is_damaged(const struct otter_boot_slots *slots, const struct otter_area *area,
                           uint32_t from, uint32_t len);

/** Program, and see from the first bytes whether the device took it: one that has fallen mute says that all
 * went well.
 *
 *  @return as otter_area_program() and otter_area_read() */
enum otter_result otter_boot_program(const struct otter_area *area, uint32_t offset,
                                     const uint8_t *bytes, size_t len);

/** Can anything be read from the area but erased bytes? From a device that has fallen mute, there is not. */
bool otter_boot_speaks(const struct otter_boot_slots *slots, const struct otter_area *area);

/** Copy, feeding the watchdog; the last write unit is filled up with erased bytes. Write units that cannot
 * be read arrive as erased, unless nothing of that area can be read. A device that has fallen mute is an
 * OTTER_ERR_FLASH. */
enum otter_result otter_boot_copy(const struct otter_boot_slots *slots,
                                  const struct otter_boot_copy *copy);

void otter_boot_report(const struct otter_boot_slots *slots, struct otter_boot_event event);

/** Report how far a move has come. */
void otter_boot_progress(const struct otter_boot_slots *slots, const struct otter_boot_move *move,
                         uint32_t done, uint32_t total);

#endif
