/* SPDX-License-Identifier: Apache-2.0 */

/* What a flash file says about its device, read with the libraries that the device itself uses. */

#include "device_facts.h"

#include <string.h>

#include "otter/boot.h"
#include "otter/bytes.h"

#define LAYOUT_TLV_MAX   256u
#define COPY_BUFFER_SIZE 4096u

/* The trailer in words: the first row that matches. */
struct words {
    enum otter_area_role role;
    unsigned magic;
    unsigned copy_done;
    unsigned image_ok;
    unsigned swap_type;
    const char *text;
};

#define IS(value) (1u << (value))
#define ANY       UINT32_MAX

/* clang-format off */
static const struct words words[] = {
    /* role                 magic                copy_done            image_ok            swap_type */
    { OTTER_AREA_PRIMARY,   IS(OTTER_FLAG_UNSET), ANY,                 ANY,                 ANY,
      "settled: no trailer, it was never updated" },
    { OTTER_AREA_PRIMARY,   IS(OTTER_FLAG_BAD),   ANY,                 ANY,                 ANY,
      "damaged: its magic is neither there nor erased" },
    { OTTER_AREA_PRIMARY,   ANY, IS(OTTER_FLAG_UNSET), ANY,            IS(OTTER_SWAP_NONE),
      "settled: it was programmed together with a trailer" },
    { OTTER_AREA_PRIMARY,   ANY, IS(OTTER_FLAG_UNSET), ANY,            ANY,
      "an update that was not begun: the next boot decides anew" },
    { OTTER_AREA_PRIMARY,   ANY, ANY, IS(OTTER_FLAG_SET),              IS(OTTER_SWAP_REVERT),
      "reverted: an update was tried and undone" },
    { OTTER_AREA_PRIMARY,   ANY, ANY, IS(OTTER_FLAG_SET),              ANY,
      "confirmed: an update that was accepted" },
    { OTTER_AREA_PRIMARY,   ANY, ANY, ANY,                             ANY,
      "on trial, not confirmed: the next boot reverts it" },
    { OTTER_AREA_SECONDARY, IS(OTTER_FLAG_SET), ANY, IS(OTTER_FLAG_SET), ANY,
      "pending: the next boot installs it for good" },
    { OTTER_AREA_SECONDARY, IS(OTTER_FLAG_SET), ANY, ANY,              ANY,
      "pending: the next boot installs it on trial" },
    { OTTER_AREA_SECONDARY, IS(OTTER_FLAG_BAD), ANY, ANY,              ANY,
      "no request: its magic is neither there nor erased" },
    { OTTER_AREA_SECONDARY, ANY, ANY, ANY,                             ANY,
      "no request" },
};
/* clang-format on */

static const char *in_words(enum otter_area_role role, const struct otter_trailer *trailer)
{
    const struct words *row = words;

    while (row->role != role || (row->magic & IS(trailer->magic)) == 0
           || (row->copy_done & IS(trailer->copy_done)) == 0
           || (row->image_ok & IS(trailer->image_ok)) == 0
           || (row->swap_type & IS(trailer->swap_type)) == 0) {
        row++;
    }
    return row->text;
}

static void read_layout_name(const struct otter_layout *layout, struct slot_facts *slot)
{
    uint8_t value[LAYOUT_TLV_MAX];
    size_t size = sizeof value;

    slot->names_layout =
        otter_tlv_read(&slot->image, OTTER_TLV_LAYOUT, true, value, &size) == OTTER_OK;
    slot->layout_fits = slot->names_layout && size >= OTTER_LAYOUT_DIGEST_SIZE
                        && memcmp(value, layout->digest, OTTER_LAYOUT_DIGEST_SIZE) == 0;
}

/* The first thing that is wrong hides what comes after it, so hash and signature are asked for on
 * their own. */
static void read_proof(const struct image_trust *trust, uint32_t limit, struct slot_facts *slot)
{
    static const struct image_trust nobody;
    static struct image_trust keys_alone;
    static struct image_answer answer;

    image_check(&slot->from_image, limit, &nobody, &answer);
    slot->hash = answer.result;
    slot->signature = OTTER_AGAIN;
    if (trust->key_count > 0) {
        keys_alone = *trust;
        keys_alone.layout = NULL;
        keys_alone.address_count = 0;
        image_check(&slot->from_image, limit, &keys_alone, &answer);
        slot->signature = answer.result;
    }
}

static void read_image(const struct otter_layout *layout, const struct image_trust *trust,
                       uint32_t limit, struct slot_facts *slot)
{
    static struct image_trust trust_of_device;

    trust_of_device = *trust;
    trust_of_device.layout = layout;
    image_check(&slot->from_image, limit, &trust_of_device, &slot->answer);
    slot->found = slot->answer.is_image ? OTTER_OK : slot->answer.result;
    if (slot->answer.is_image) {
        slot->image = slot->answer.image;
        read_proof(trust, limit, slot);
        read_layout_name(layout, slot);
    }
}

/* In a secondary slot with a staging offset, what is requested lies there. What came out of the primary
 * slot lies at the start; after a revert nothing does. */
static uint32_t find_image(const struct otter_layout *layout, const struct slot_facts *slot)
{
    const bool is_staged = slot->row->role == OTTER_AREA_SECONDARY && layout->staging_offset != 0;
    struct otter_image image;

    if (!is_staged
        || (slot->trailer.magic != OTTER_FLAG_SET
            && otter_image_open(&slot->area, 0, slot->area.size, &image) == OTTER_OK)) {
        return 0;
    }
    return layout->staging_offset;
}

static void read_slot(const struct flash_image *flash, enum otter_area_role role,
                      const struct image_trust *trust, uint32_t limit, struct slot_facts *slot)
{
    const struct otter_layout *layout = &flash->file->layout;
    const struct otter_trailer_shape shape = otter_trailer_shape(layout);
    uint32_t start;

    slot->row = otter_layout_find(layout, role, 0);
    if (!flash_image_open(flash, role, 0, &slot->area)) {
        slot->found = OTTER_ERR_NOT_FOUND;
        slot->answer.result = OTTER_ERR_NOT_FOUND;
        slot->answer.next = otter_result_hint(OTTER_ERR_NOT_FOUND);
        slot->standing = "not in the flash file";
        return;
    }
    otter_trailer_read(&slot->area, &shape, &slot->trailer);
    slot->standing = in_words(role, &slot->trailer);
    start = find_image(layout, slot);
    slot->from_image = slot->area;
    slot->from_image.offset += start;
    slot->from_image.size -= start;
    read_image(layout, trust, limit, slot);
}

/* Where a strategy says how far a move is, is its own affair: in trailers, in notes, in a log. So the
 * bootloader itself is asked. */
static struct otter_boot_unfinished find_unfinished(const struct flash_image *flash)
{
    static uint8_t buffer[COPY_BUFFER_SIZE];
    const struct otter_boot_config config = {
        .layout = &flash->file->layout,
        .devices = flash->devices,
        .strategy = otter_strategy_find(flash->file->strategy),
        .hooks = &otter_boot_no_hooks,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    struct otter_boot_unfinished unfinished;

    return otter_boot_find_unfinished(&config, 0, &unfinished) == OTTER_OK
               ? unfinished
               : (struct otter_boot_unfinished){ .type = OTTER_SWAP_NONE };
}

/* What was begun or announced outranks what the trailers ask for. */
static void read_decision(const struct flash_image *flash, struct device_facts *facts)
{
    const struct otter_boot_unfinished unfinished = find_unfinished(flash);

    facts->next_boot =
        otter_swap_decide(&facts->primary.trailer, &facts->secondary.trailer, &facts->because);
    facts->swap_under_way = unfinished.is_begun;
    if (unfinished.is_begun) {
        facts->primary.standing = "a swap is under way: the next boot goes on with it";
        facts->next_boot = unfinished.type;
        facts->because = "the power was cut while an image was moved";
    } else if (unfinished.type != OTTER_SWAP_NONE && facts->next_boot == OTTER_SWAP_NONE) {
        facts->next_boot = unfinished.type;
        facts->because = "a revert was announced before the power was cut";
    }
}

/* docs/formats/journal.md, "Kinds": version (8 bytes), digest (32), and for an attempt whether the
 * request is in the trailer (1). */
static void decode_record(const uint8_t *value, size_t size, struct record_facts *record)
{
    size_t expected = record->kind == OTTER_JOURNAL_ATTEMPT ? 41 : 40;

    record->size = size;
    record->is_known =
        size == expected
        && (record->kind == OTTER_JOURNAL_ATTEMPT || record->kind == OTTER_JOURNAL_REJECTED);
    if (!record->is_known) {
        return;
    }
    record->version = (struct otter_version){
        .major = value[0],
        .minor = value[1],
        .revision = otter_load_le16(value + 2),
        .build = otter_load_le32(value + 4),
    };
    memcpy(record->digest, value + 8, sizeof record->digest);
    record->is_requested = size > 40 && value[40] != 0;
}

static void read_journal(const struct flash_image *flash, struct device_facts *facts)
{
    struct otter_journal journal;
    struct otter_area area;

    if (!flash_image_open(flash, OTTER_AREA_JOURNAL, 0, &area)
        || otter_journal_open(&journal, &area) != OTTER_OK) {
        return;
    }
    for (int kind = 1; kind < OTTER_JOURNAL_KINDS; kind++) {
        struct record_facts *record = &facts->records[facts->record_count];
        uint8_t value[OTTER_JOURNAL_VALUE_MAX];
        size_t size = sizeof value;

        record->kind = (enum otter_journal_kind)kind;
        if (otter_journal_get(&journal, record->kind, value, &size) == OTTER_OK) {
            decode_record(value, size, record);
            facts->record_count++;
        }
    }
}

void device_facts_read(const struct flash_image *flash, uint32_t max_image_size,
                       const struct image_trust *trust, struct device_facts *facts)
{
    *facts = (struct device_facts){ 0 };
    read_slot(flash, OTTER_AREA_PRIMARY, trust, max_image_size, &facts->primary);
    read_slot(flash, OTTER_AREA_SECONDARY, trust, max_image_size, &facts->secondary);
    read_decision(flash, facts);
    read_journal(flash, facts);
}

const char *device_record_name(enum otter_journal_kind kind)
{
    static const char *const names[OTTER_JOURNAL_KINDS] = {
        [OTTER_JOURNAL_REJECTED] = "rejected",
        [OTTER_JOURNAL_ATTEMPT] = "attempt",
        [OTTER_JOURNAL_PROGRESS] = "progress",
    };
    return names[kind] != NULL ? names[kind] : "unknown";
}

const char *device_decision_text(const struct device_facts *facts)
{
    static const char *const texts[] = {
        [OTTER_SWAP_NONE] = "starts the primary slot",
        [OTTER_SWAP_TEST] = "installs the secondary slot on trial",
        [OTTER_SWAP_PERM] = "installs the secondary slot for good",
        [OTTER_SWAP_REVERT] = "reverts to the program before",
        [OTTER_SWAP_FAIL] = "starts the primary slot",
    };
    return facts->swap_under_way ? "goes on with the swap that was interrupted"
                                 : texts[facts->next_boot];
}
