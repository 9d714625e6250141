/* SPDX-License-Identifier: Apache-2.0 */

/* Walking TLVs: an entry, or the value behind it, that leaves its part of the image makes the whole
 * image malformed; it is never taken for the end of the list. Otherwise an attacker could hide from
 * one reader what another one finds. */

#include "otter/bytes.h"
#include "otter/image.h"

static void enter_unprotected(struct otter_tlv_iterator *iterator)
{
    const struct otter_image *image = iterator->image;

    iterator->in_protected = false;
    iterator->next = image->start + image->hashed_size + OTTER_TLV_INFO_SIZE;
    iterator->end = image->start + image->size;
}

void otter_tlv_begin(struct otter_tlv_iterator *iterator, const struct otter_image *image)
{
    const uint32_t protected_size = image->header.protected_tlv_size;

    iterator->image = image;
    if (protected_size == 0) {
        enter_unprotected(iterator);
        return;
    }
    iterator->in_protected = true;
    iterator->end = image->start + image->hashed_size;
    iterator->next = iterator->end - protected_size + OTTER_TLV_INFO_SIZE;
}

static bool part_is_used_up(const struct otter_tlv_iterator *iterator)
{
    return iterator->next == iterator->end;
}

enum otter_result otter_tlv_next(struct otter_tlv_iterator *iterator, struct otter_tlv *tlv)
{
    uint8_t entry[OTTER_TLV_ENTRY_SIZE];
    enum otter_result result;

    if (part_is_used_up(iterator) && iterator->in_protected) {
        enter_unprotected(iterator);
    }
    if (part_is_used_up(iterator)) {
        return OTTER_ERR_NOT_FOUND;
    }
    if (iterator->end - iterator->next < OTTER_TLV_ENTRY_SIZE) {
        return OTTER_ERR_IMAGE_TLV;
    }
    result = otter_area_read(iterator->image->area, iterator->next, entry, sizeof entry);
    if (result != OTTER_OK) {
        return result;
    }
    *tlv = (struct otter_tlv){
        .type = otter_load_le16(entry),
        .size = otter_load_le16(entry + 2),
        .offset = iterator->next + OTTER_TLV_ENTRY_SIZE,
        .is_protected = iterator->in_protected,
    };
    if (tlv->size > iterator->end - tlv->offset) {
        return OTTER_ERR_IMAGE_TLV;
    }
    iterator->next = tlv->offset + tlv->size;
    return OTTER_OK;
}

static enum otter_result find(const struct otter_image *image, uint16_t type, bool protected_only,
                              struct otter_tlv *tlv)
{
    struct otter_tlv_iterator iterator;
    enum otter_result result;

    otter_tlv_begin(&iterator, image);
    do {
        if (protected_only && (!iterator.in_protected || part_is_used_up(&iterator))) {
            return OTTER_ERR_NOT_FOUND;
        }
        result = otter_tlv_next(&iterator, tlv);
    } while (result == OTTER_OK && tlv->type != type);
    return result;
}

enum otter_result otter_tlv_read(const struct otter_image *image, uint16_t type,
                                 bool protected_only, uint8_t *value, size_t *size)
{
    const size_t room = *size;
    struct otter_tlv tlv;
    const enum otter_result result = find(image, type, protected_only, &tlv);

    if (result != OTTER_OK) {
        return result;
    }
    *size = tlv.size;
    if (tlv.size > room) {
        return OTTER_ERR_NO_SPACE;
    }
    return otter_area_read(image->area, tlv.offset, value, tlv.size);
}

const char *otter_tlv_type_name(uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {
        { OTTER_TLV_KEYHASH, "key hash" },
        { OTTER_TLV_PUBKEY, "public key" },
        { OTTER_TLV_SHA256, "SHA-256" },
        { OTTER_TLV_SHA384, "SHA-384" },
        { OTTER_TLV_SHA512, "SHA-512" },
        { OTTER_TLV_RSA2048_PSS, "RSA-2048 signature" },
        { OTTER_TLV_ECDSA_SIG, "ECDSA signature" },
        { OTTER_TLV_RSA3072_PSS, "RSA-3072 signature" },
        { OTTER_TLV_ED25519, "Ed25519 signature" },
        { OTTER_TLV_SIG_PURE, "pure signature mark" },
        { OTTER_TLV_ENC_RSA2048, "key for RSA-2048" },
        { OTTER_TLV_ENC_KW, "key for AES" },
        { OTTER_TLV_ENC_EC256, "key for P-256" },
        { OTTER_TLV_ENC_X25519, "key for X25519" },
        { OTTER_TLV_ENC_X25519_SHA512, "key for X25519" },
        { OTTER_TLV_DEPENDENCY, "dependency" },
        { OTTER_TLV_SECURITY_COUNTER, "security counter" },
        { OTTER_TLV_BOOT_RECORD, "boot record" },
        { OTTER_TLV_DECOMP_SIZE, "unpacked size" },
        { OTTER_TLV_DECOMP_SHA, "unpacked SHA-256" },
        { OTTER_TLV_DECOMP_SIGNATURE, "unpacked signature" },
        { OTTER_TLV_COMP_DEC_SIZE, "packed size" },
        { OTTER_TLV_UUID_VENDOR, "vendor UUID" },
        { OTTER_TLV_UUID_CLASS, "class UUID" },
        { OTTER_TLV_LAYOUT, "layout" },
        { OTTER_TLV_BOARD, "board" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].type == type) {
            return names[i].name;
        }
    }
    return "unknown";
}
