/* SPDX-License-Identifier: Apache-2.0 */

/* What a running program says to the bootloader, and asks of it, through the trailers.
 *
 * A request counts from its magic on, so the magic is written last: a cut before it leaves no
 * request, a torn one is no request either. (MCUboot's own library writes the magic first; the
 * finished bytes are the same.) */

#include "otter/bootstate.h"

/* Can this flag be made what is wanted without an erase? */
static bool can_become(enum otter_flag flag, bool wanted)
{
    return flag == OTTER_FLAG_UNSET || (flag == OTTER_FLAG_SET && wanted);
}

/* An earlier request may have been cut before its magic. What it wrote stays if it says the same. */
static bool can_hold_request(const struct otter_trailer *trailer, enum otter_swap_type type,
                             uint8_t image)
{
    const bool info_is_ours = trailer->swap_type == type && trailer->swap_image == image;

    return trailer->magic == OTTER_FLAG_UNSET && trailer->copy_done == OTTER_FLAG_UNSET
           && can_become(trailer->image_ok, type == OTTER_SWAP_PERM)
           && can_become(trailer->swap_info, info_is_ours);
}

enum otter_result otter_bootstate_request(const struct otter_area *secondary,
                                          const struct otter_trailer_shape *shape, uint8_t image,
                                          bool permanent)
{
    const enum otter_swap_type type = permanent ? OTTER_SWAP_PERM : OTTER_SWAP_TEST;
    struct otter_trailer trailer;
    enum otter_result result = OTTER_OK;

    otter_trailer_read(secondary, shape, &trailer);
    if (trailer.magic == OTTER_FLAG_SET) {
        return OTTER_OK;
    }
    if (!can_hold_request(&trailer, type, image)) {
        return OTTER_ERR_TRAILER;
    }
    if (permanent && trailer.image_ok == OTTER_FLAG_UNSET) {
        result = otter_trailer_write_image_ok(secondary, shape);
    }
    if (result == OTTER_OK && trailer.swap_info == OTTER_FLAG_UNSET) {
        result = otter_trailer_write_swap_info(secondary, shape, type, image);
    }
    return result == OTTER_OK ? otter_trailer_write_magic(secondary, shape) : result;
}

enum otter_result otter_bootstate_confirm(const struct otter_area *primary,
                                          const struct otter_trailer_shape *shape)
{
    struct otter_trailer trailer;

    otter_trailer_read(primary, shape, &trailer);
    if (trailer.magic == OTTER_FLAG_UNSET) {
        return OTTER_OK;
    }
    if (trailer.magic == OTTER_FLAG_BAD || trailer.image_ok == OTTER_FLAG_BAD) {
        return OTTER_ERR_TRAILER;
    }
    /* Whether a swap put the image here does not matter: one that was programmed with a trailer
     * may be confirmed as well. */
    return trailer.image_ok == OTTER_FLAG_SET ? OTTER_OK
                                              : otter_trailer_write_image_ok(primary, shape);
}

/* swap_size is free in a trailer without a request, and swap_info of FAIL says that it is used; it
 * comes last, so that a torn note is none. */
enum otter_result otter_bootstate_note_refusal(const struct otter_area *secondary,
                                               const struct otter_trailer_shape *shape,
                                               uint8_t image, enum otter_result reason)
{
    const enum otter_result result =
        otter_trailer_write_swap_size(secondary, shape, (uint32_t)reason);

    return result == OTTER_OK
               ? otter_trailer_write_swap_info(secondary, shape, OTTER_SWAP_FAIL, image)
               : result;
}

enum otter_result otter_bootstate_refusal(const struct otter_area *secondary,
                                          const struct otter_trailer_shape *shape)
{
    struct otter_trailer trailer;

    otter_trailer_read(secondary, shape, &trailer);
    return trailer.magic == OTTER_FLAG_UNSET && trailer.swap_type == OTTER_SWAP_FAIL
               ? (enum otter_result)(int32_t)trailer.swap_size
               : OTTER_OK;
}

static enum otter_standing standing_of(const struct otter_trailer *trailer)
{
    if (trailer->magic != OTTER_FLAG_SET || trailer->copy_done != OTTER_FLAG_SET) {
        return OTTER_STANDING_SETTLED;
    }
    if (trailer->image_ok != OTTER_FLAG_SET) {
        return OTTER_STANDING_TRIAL;
    }
    return trailer->swap_type == OTTER_SWAP_REVERT ? OTTER_STANDING_REVERTED
                                                   : OTTER_STANDING_SETTLED;
}

enum otter_result otter_bootstate_standing(const struct otter_area *primary,
                                           const struct otter_trailer_shape *shape,
                                           enum otter_standing *standing)
{
    struct otter_trailer trailer;

    otter_trailer_read(primary, shape, &trailer);
    *standing = standing_of(&trailer);
    return OTTER_OK;
}
