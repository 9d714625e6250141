/* SPDX-License-Identifier: Apache-2.0 */

/* Notes as bytes. A bit pattern that a cut leaves has to get past 32 bits of mark and 32 of CRC before
 * it is taken for a note. */

#include "note.h"

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"

#define MARK       0x4E53544Fu /* "OTSN" */
#define CRC_OFFSET (OTTER_BOOT_NOTE_SIZE - 4u)
/* A place that reads as erased so often is erased. */
#define LOOKS 16u

static bool place_is_free(const struct otter_boot_places *places, uint32_t number)
{
    bool erased = true;

    for (unsigned look = 0; erased && look < LOOKS; look++) {
        if (otter_area_is_erased(places->area, places->start + number * places->size, places->size,
                                 &erased)
            != OTTER_OK) {
            return false;
        }
    }
    return erased;
}

uint32_t otter_boot_places_used(const struct otter_boot_places *places)
{
    uint32_t used = places->count;

    while (used > 0 && place_is_free(places, used - 1)) {
        used--;
    }
    return used;
}

uint32_t otter_boot_note_room(const struct otter_area *area)
{
    const uint32_t unit = otter_area_write_size(area);

    return (OTTER_BOOT_NOTE_SIZE + unit - 1) / unit * unit;
}

static bool is_note(const uint8_t bytes[OTTER_BOOT_NOTE_SIZE])
{
    return otter_load_le32(bytes) == MARK
           && otter_load_le32(bytes + CRC_OFFSET) == otter_crc32(0, bytes, CRC_OFFSET)
           && bytes[8] >= OTTER_SWAP_NONE && bytes[8] <= OTTER_SWAP_REVERT;
}

bool otter_boot_note_read(const struct otter_area *area, uint32_t offset,
                          struct otter_boot_note *note)
{
    uint8_t bytes[OTTER_BOOT_NOTE_SIZE];

    if (otter_area_read(area, offset, bytes, sizeof bytes) != OTTER_OK || !is_note(bytes)) {
        return false;
    }
    *note = (struct otter_boot_note){
        .sequence = otter_load_le32(bytes + 4),
        .type = (enum otter_swap_type)bytes[8],
        .image = bytes[9],
        .doubtful = otter_load_le16(bytes + 10),
        .size = otter_load_le32(bytes + 12),
        .steps = otter_load_le32(bytes + 16),
    };
    return true;
}

enum otter_result otter_boot_note_write(const struct otter_boot_slots *slots,
                                        const struct otter_area *area, uint32_t offset,
                                        const struct otter_boot_note *note)
{
    uint8_t *bytes = slots->config->buffer; /* has room for whole units of every device */
    const uint32_t room = otter_boot_note_room(area);

    memset(bytes, otter_area_erased_byte(area), room);
    otter_store_le32(bytes, MARK);
    otter_store_le32(bytes + 4, note->sequence);
    bytes[8] = (uint8_t)note->type;
    bytes[9] = note->image;
    otter_store_le16(bytes + 10, note->doubtful);
    otter_store_le32(bytes + 12, note->size);
    otter_store_le32(bytes + 16, note->steps);
    otter_store_le32(bytes + CRC_OFFSET, otter_crc32(0, bytes, CRC_OFFSET));
    return otter_boot_program(area, offset, bytes, room);
}

enum otter_result otter_boot_note_add(const struct otter_boot_slots *slots,
                                      const struct otter_boot_places *places,
                                      const struct otter_boot_note *note)
{
    const uint32_t used = otter_boot_places_used(places);

    return used == places->count ? OTTER_ERR_NO_SPACE
                                 : otter_boot_note_write(slots, places->area,
                                                         places->start + used * places->size, note);
}
