/* SPDX-License-Identifier: Apache-2.0 */

/** The trailer at the end of a slot, in MCUboot's format: what bootloader and agent agree on.
 *
 * The agent makes a staged image pending and confirms a running one; the bootloader reads those
 * requests and keeps its own progress here. docs/formats/trailer.md specifies every byte and what
 * a cut between, or inside, any two writes leaves behind. */
#ifndef OTTER_BOOTSTATE_H
#define OTTER_BOOTSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/layout.h"
#include "otter/result.h"

#define OTTER_TRAILER_MAGIC_SIZE 16u

/** The state of the magic, and of each one-byte flag. */
enum otter_flag {
    OTTER_FLAG_UNSET, /**< erased */
    OTTER_FLAG_SET,   /**< the magic is right; the flag is 1 */
    OTTER_FLAG_BAD,   /**< anything else: a torn write, another max_align, or no trailer at all */
};

/** What a swap was, or shall be, for. The values are those of the trailer's swap_info. */
enum otter_swap_type {
    OTTER_SWAP_NONE = 1,
    OTTER_SWAP_TEST = 2,   /**< run it on trial */
    OTTER_SWAP_PERM = 3,   /**< run it for good */
    OTTER_SWAP_REVERT = 4, /**< undo a trial that was not confirmed */
    OTTER_SWAP_FAIL = 5,
};

/** How the trailer of one slot is laid out; derived from the layout, see otter_trailer_shape(). */
struct otter_trailer_shape {
    uint16_t max_align;   /**< 8, 16, 32 ... 512 */
    uint16_t write_size;  /**< bytes of one status entry */
    uint16_t max_sectors; /**< sectors the status has room for; 0: it is elsewhere */
    /** Status entries for each sector: 3. 0 if images are staged at an offset: swap by offset keeps a
     * record and its seals there. */
    uint8_t status_states;
};

/** Swap by offset: how often the record is sealed at most, and its bytes with room for @p sectors
 * (docs/formats/trailer.md, "Swap by offset"). */
#define OTTER_TRAILER_SEALS                3u
#define OTTER_TRAILER_RECORD_SIZE(sectors) (24u + 16u * (uint32_t)(sectors))

/** The trailer's fields. */
struct otter_trailer {
    enum otter_flag magic;
    enum otter_flag copy_done;
    enum otter_flag image_ok;
    enum otter_flag swap_info;      /**< set: the next two are good */
    enum otter_swap_type swap_type; /**< NONE if swap_info is not set */
    uint8_t swap_image;             /**< image number of swap_info */
    uint32_t swap_size;             /**< bytes to swap, only while a swap runs; else UINT32_MAX */
};

/** The shape of the trailers of a layout's slots. */
struct otter_trailer_shape otter_trailer_shape(const struct otter_layout *layout);

/** Bytes at the end of a slot that belong to its trailer. */
uint32_t otter_trailer_size(const struct otter_trailer_shape *shape);

/** Offsets of fields in an area of @p area_size bytes. */
uint32_t otter_trailer_magic_offset(uint32_t area_size);
uint32_t otter_trailer_image_ok_offset(const struct otter_trailer_shape *shape, uint32_t area_size);
uint32_t otter_trailer_copy_done_offset(const struct otter_trailer_shape *shape,
                                        uint32_t area_size);
uint32_t otter_trailer_swap_info_offset(const struct otter_trailer_shape *shape,
                                        uint32_t area_size);
uint32_t otter_trailer_swap_size_offset(const struct otter_trailer_shape *shape,
                                        uint32_t area_size);
/** Where the status entries, or the record, begin. */
uint32_t otter_trailer_status_offset(const struct otter_trailer_shape *shape, uint32_t area_size);

/** Read the trailer of @p area. A field that is damaged is BAD, and so is one that cannot be read:
 * on a part with ECC, that is how a torn write looks. Each field is read so often that one which
 * reads differently each time is BAD as well. Decide on what is returned; do not read again. */
void otter_trailer_read(const struct otter_area *area, const struct otter_trailer_shape *shape,
                        struct otter_trailer *trailer);

/** Write one field; each may be written once between erases.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_trailer_write_magic(const struct otter_area *area,
                                            const struct otter_trailer_shape *shape);
enum otter_result otter_trailer_write_image_ok(const struct otter_area *area,
                                               const struct otter_trailer_shape *shape);
enum otter_result otter_trailer_write_copy_done(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape);
enum otter_result otter_trailer_write_swap_info(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape,
                                                enum otter_swap_type type, uint8_t image);
enum otter_result otter_trailer_write_swap_size(const struct otter_area *area,
                                                const struct otter_trailer_shape *shape,
                                                uint32_t swap_size);

/** Write status entry @p index: the step that it stands for is done.
 *
 *  @param state  1 to shape->status_states
 *  @return OTTER_OK, OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_trailer_write_status(const struct otter_area *area,
                                             const struct otter_trailer_shape *shape,
                                             uint32_t index, uint8_t state);

/** Count the steps that are recorded: those up to the last entry that is written. An entry that is
 * only half there, or cannot be read, counts, as it is written after the step that it stands for; so
 * does one below it that reads as erased. */
uint32_t otter_trailer_count_status(const struct otter_area *area,
                                    const struct otter_trailer_shape *shape);

/** Decide from two trailers what the next boot has to do (the table of docs/formats/trailer.md).
 *
 *  @param because  set to the reason of the row that matched; may be NULL */
enum otter_swap_type otter_swap_decide(const struct otter_trailer *primary,
                                       const struct otter_trailer *secondary, const char **because);

/** Make the image in the secondary slot pending: the next boot installs it, on trial or for good.
 * A request that is already there stays as it is. The magic is written last, so that a cut leaves
 * the whole request or none.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_TRAILER  the trailer is neither empty nor a request: erase the slot first
 *          OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_bootstate_request(const struct otter_area *secondary,
                                          const struct otter_trailer_shape *shape, uint8_t image,
                                          bool permanent);

/** Accept the image that is running from the primary slot. Writes nothing if it is accepted
 * already, or if the slot has no trailer.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_TRAILER  the trailer is damaged; the next boot repairs it, then try again
 *          OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_bootstate_confirm(const struct otter_area *primary,
                                          const struct otter_trailer_shape *shape);

/** Leave a note in an erased trailer of why the image in the slot was refused. It outlasts a loss of
 * power, and goes when the slot is erased for the next image.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_bootstate_note_refusal(const struct otter_area *secondary,
                                               const struct otter_trailer_shape *shape,
                                               uint8_t image, enum otter_result reason);

/** Why was the image in the slot refused?
 *
 *  @return the reason; OTTER_OK if it was not, or nobody left a note of it */
enum otter_result otter_bootstate_refusal(const struct otter_area *secondary,
                                          const struct otter_trailer_shape *shape);

/** What the running program can learn about itself and its last update. */
enum otter_standing {
    OTTER_STANDING_SETTLED,  /**< confirmed, or never updated */
    OTTER_STANDING_TRIAL,    /**< on trial: confirm it, or the next boot reverts it */
    OTTER_STANDING_REVERTED, /**< an update was tried and undone; it lies in the secondary slot */
};

/** Read the standing of the program in the primary slot.
 *
 *  @return OTTER_OK */
enum otter_result otter_bootstate_standing(const struct otter_area *primary,
                                           const struct otter_trailer_shape *shape,
                                           enum otter_standing *standing);

const char *otter_flag_name(enum otter_flag flag);
const char *otter_swap_type_name(enum otter_swap_type type);

#endif
