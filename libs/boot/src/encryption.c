/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted images: plain in the primary slot, encrypted everywhere else. What enters the primary
 * slot is decrypted, what leaves it is encrypted again.
 *
 * No key is stored. Each image carries its own, wrapped, in a TLV; in the middle of a move the image
 * is read from wherever its pieces are by then.
 *
 * The flash outside of the primary slot may be in the hands of somebody who wants to read the
 * program. So an image goes out only if it is authentic as a whole, as it lies there in pieces.
 * Otherwise its wrapped key could have been exchanged for one that he knows, or its program for bytes
 * that he knows, which would show him the key stream. What is not authentic goes out as zeros; it
 * could never come back anyway. */

#include <string.h>

#include "strategy.h"

/* An image in the middle of a move, as a flash device that can only be read. */
struct view {
    const struct otter_boot_slots *slots;
    const struct otter_boot_move *move;
    struct otter_boot_place (*locate)(const struct otter_boot_slots *slots,
                                      const struct otter_boot_move *move, uint32_t offset);
    struct otter_image_cipher *cipher; /* for what is not in the primary slot; NULL: leave it */
    struct otter_flash_geometry geometry;
    struct otter_flash flash;
    struct otter_area area;
};

static enum otter_result read_place(const struct view *view, const struct otter_boot_place *place,
                                    uint32_t offset, uint8_t *bytes, size_t len)
{
    const enum otter_result result = otter_area_read(place->area, place->offset, bytes, len);

    if (result != OTTER_OK || view->cipher == NULL || place->area == &view->slots->primary) {
        return result;
    }
    return otter_image_crypt(view->cipher, offset, bytes, len);
}

static enum otter_result read_view(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct view *view = port;
    uint8_t *bytes = dst;

    while (len > 0) {
        const struct otter_boot_place place = view->locate(view->slots, view->move, offset);
        const size_t step = len < place.len ? len : place.len;
        const enum otter_result result = read_place(view, &place, offset, bytes, step);

        if (result != OTTER_OK) {
            return result;
        }
        bytes += step;
        offset += (uint32_t)step;
        len -= step;
    }
    return OTTER_OK;
}

static const struct otter_flash_ops view_ops = { .read = read_view };

static void open_view(struct view *view, const struct otter_boot_slots *slots,
                      const struct otter_boot_move *move,
                      struct otter_boot_place (*locate)(const struct otter_boot_slots *slots,
                                                        const struct otter_boot_move *move,
                                                        uint32_t offset))
{
    *view = (struct view){ .slots = slots, .move = move, .locate = locate };
    view->geometry = *slots->primary.flash->geometry;
    view->geometry.address = 0;
    view->flash = (struct otter_flash){ &view_ops, view, &view->geometry };
    /* A move concerns no byte beyond its size, so no image of it reaches beyond. */
    view->area = (struct otter_area){ .flash = &view->flash, .size = move->size };
}

static enum otter_result open_image(const struct view *view, struct otter_image *image,
                                    struct otter_image_cipher *cipher)
{
    const enum otter_result result = otter_image_open(&view->area, 0, view->area.size, image);

    *cipher = (struct otter_image_cipher){ 0 };
    return result == OTTER_OK ? otter_image_decrypt(image, &view->slots->config->trust, cipher)
                              : result;
}

/* Trouble that says nothing about the image: the move has to wait. */
static bool may_pass(enum otter_result result)
{
    return result == OTTER_ERR_FLASH || result == OTTER_ERR_CRYPTO;
}

/* Whether the image is authentic is not asked here: it was before the move, and is again after it. But if
 * there seems to be none, the device may have fallen mute. */
static enum otter_result open_incoming(const struct view *view, struct otter_boot_veil *veil)
{
    struct otter_image image;
    const enum otter_result result = open_image(view, &image, &veil->cipher);

    veil->size = UINT32_MAX;
    if (result != OTTER_OK && !otter_boot_speaks(view->slots, &view->slots->secondary)) {
        return OTTER_ERR_FLASH;
    }
    return may_pass(result) ? result : OTTER_OK;
}

static enum otter_result open_outgoing(struct view *view, struct otter_boot_veil *veil)
{
    const struct otter_boot_config *config = view->slots->config;
    const struct otter_workspace work = otter_boot_workspace(config);
    struct otter_trust trust = config->trust;
    struct otter_image image;
    enum otter_result result = open_image(view, &image, &veil->cipher);

    trust.memory = NULL; /* it remembers the incoming image, which is verified again */
    veil->size = 0;
    if (result == OTTER_OK) {
        image.cipher = NULL; /* the view decrypts: only it knows which pieces have to be */
        view->cipher = &veil->cipher;
        if (otter_image_verify(&image, &trust, &work, &result) == OTTER_VERDICT_GOOD) {
            veil->size = image.size;
        }
    }
    return may_pass(result) ? result : OTTER_OK;
}

static enum otter_result run_veiled(const struct otter_boot_slots *slots,
                                    const struct otter_boot_move *move,
                                    const struct otter_boot_tracks *tracks,
                                    enum otter_result (*run)(const struct otter_boot_slots *slots,
                                                             const struct otter_boot_move *move))
{
    struct otter_boot_veil incoming;
    struct otter_boot_veil outgoing;
    struct otter_boot_slots veiled = *slots;
    struct view view;
    enum otter_result result;

    open_view(&view, slots, move, tracks->incoming);
    result = open_incoming(&view, &incoming);
    veiled.incoming = &incoming;
    if (result == OTTER_OK && tracks->outgoing != NULL) {
        open_view(&view, slots, move, tracks->outgoing);
        result = open_outgoing(&view, &outgoing);
        veiled.outgoing = &outgoing;
    }
    if (result == OTTER_OK) {
        result = run(&veiled, move);
    }
    otter_image_forget_key(&incoming.cipher);
    otter_image_forget_key(&outgoing.cipher);
    return result;
}

static enum otter_result change(struct otter_boot_veil *veil, uint32_t offset, uint8_t *bytes,
                                size_t len)
{
    const size_t left = veil->size > offset ? veil->size - offset : 0;

    if (len > left) {
        memset(bytes + left, 0, len - left);
        len = left;
    }
    return otter_image_crypt(&veil->cipher, offset, bytes, len);
}

static enum otter_verdict verify_staged(const struct otter_boot_slots *slots,
                                        const struct otter_image *image, enum otter_result *reason)
{
    const struct otter_boot_config *config = slots->config;
    const struct otter_workspace work = otter_boot_workspace(config);
    enum otter_verdict verdict = OTTER_VERDICT_BAD;
    struct otter_image_cipher cipher;
    struct otter_image readable = *image;

    *reason = otter_image_decrypt(&readable, &config->trust, &cipher);
    if (*reason == OTTER_OK) {
        verdict = otter_image_verify(&readable, &config->trust, &work, reason);
    }
    otter_image_forget_key(&cipher);
    return verdict;
}

static enum otter_result check_key(const struct otter_boot_slots *slots,
                                   const struct otter_image *image)
{
    struct otter_image_cipher cipher;
    struct otter_image copy = *image;
    const enum otter_result result = otter_image_decrypt(&copy, &slots->config->trust, &cipher);

    otter_image_forget_key(&cipher);
    return result;
}

const struct otter_boot_encryption otter_boot_encryption = {
    .verify_staged = verify_staged,
    .check_key = check_key,
    .run = run_veiled,
    .change = change,
};
