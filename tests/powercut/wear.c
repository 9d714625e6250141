/* SPDX-License-Identifier: Apache-2.0 */

/* How often a story may erase a sector: what the strategy promises of its moves, what a restore of the
 * golden image adds, and what each cut may cost. */

#include <stdlib.h>

#include "device.h"

uint32_t device_sector_count(const struct device *device)
{
    uint32_t count = 0;

    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        count += device->board.devices[i].sector_count;
    }
    if (count > SECTORS_MAX) {
        abort();
    }
    return count;
}

struct wear device_wear(const struct device *device)
{
    struct wear wear = { { 0 } };
    uint32_t at = 0;

    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        const struct otter_sim_flash *flash = &device->board.devices[i];

        for (uint32_t sector = 0; sector < flash->sector_count; sector++) {
            wear.of[at++] = (uint8_t)flash->sector_erases[sector];
        }
    }
    return wear;
}

/* Pieces of an exchange through the scratch area, at most. */
static uint32_t piece_count(const struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint32_t sector =
        g->sector_size > g->external_sector_size ? g->sector_size : g->external_sector_size;
    const uint32_t piece = g->scratch_size / sector * sector;

    return (g->slot_size + piece - 1) / piece;
}

static bool holds_trailer(const struct device *device, const struct otter_area *area,
                          uint32_t offset)
{
    struct otter_sector sector = { 0 };

    (void)otter_area_sector(area, offset, &sector);
    return sector.offset + sector.size
           > otter_trailer_status_offset(&device->board.shape, area->size);
}

static uint32_t scratch_erases(const struct device *device, uint32_t moves, uint32_t cuts)
{
    const struct promise *promise = &device->story->subject->promise;
    const uint32_t each_move =
        promise->scratch + promise->scratch_each_piece * piece_count(&device->board);

    return (moves + cuts * promise->moves_each_cut) * device->board.layout.image_count * each_move
           + cuts * promise->tail_each_cut;
}

static uint32_t status_erases(const struct device *device, uint32_t moves, uint32_t cuts)
{
    const struct promise *promise = &device->story->subject->promise;
    const uint32_t notes =
        (moves + cuts * promise->moves_each_cut)
        * (promise->notes + promise->notes_each_piece * piece_count(&device->board));

    return notes * device->board.layout.image_count / otter_area_sector_count(&device->board.status)
           + 1;
}

/* Nothing is moved in place, but the update is written there once. A trial that would not go back may have
 * to after a cut, which took its start or the restore that replaces it. */
static uint32_t moves_of(const struct story *story, uint32_t cuts)
{
    const struct scenario *scenario = story->scenario;
    const bool may_go_back = !scenario->permanent && scenario->moves == 1 && cuts > 0;

    if (story->subject->in_place) {
        return 1;
    }
    return scenario->moves + (may_go_back ? 1u : 0u);
}

/* By moves and refusals. */
static uint32_t erases(const struct device *device, const struct otter_area *area, bool is_tail,
                       uint32_t cuts)
{
    const struct story *story = device->story;
    const struct promise *promise = &story->subject->promise;
    const uint32_t moves = moves_of(story, cuts);

    if (area == &device->board.recovery) {
        return 0;
    }
    if (area == &device->board.scratch) {
        return scratch_erases(device, moves, cuts);
    }
    if (area == &device->board.status) {
        return status_erases(device, moves, cuts);
    }
    return is_tail
               ? moves * promise->tail + story->scenario->refusals + cuts * promise->tail_each_cut
               : moves * promise->image + cuts * promise->image_each_cut;
}

/* Erases of one restore. A cut costs at most another one. */
enum {
    OF_IMAGE = 1,
    OF_FIRST_SECTOR = 1, /* as it is spoilt before it is filled */
    OF_TAIL = 2,
    OF_RECORD = 3, /* five records at most, that of the request and the last one included */
};

static uint32_t erases_of_restore(const struct device *device, const struct otter_area *area,
                                  bool is_tail, bool is_first)
{
    if (area == &device->board.recovery) {
        return OF_RECORD;
    }
    if (area == &device->primary[0]) {
        return OF_IMAGE + (is_first ? OF_FIRST_SECTOR : 0u) + (is_tail ? OF_TAIL : 0u);
    }
    return area == &device->secondary[0] && !is_tail ? 0 : 1;
}

static uint8_t allowed(const struct device *device, const struct otter_area *area, uint32_t offset,
                       uint32_t cuts)
{
    const struct scenario *scenario = device->story->scenario;
    const bool is_tail = holds_trailer(device, area, offset);

    if (scenario->occasion == NO_OCCASION) {
        return (uint8_t)erases(device, area, is_tail, cuts);
    }
    return (uint8_t)((cuts + 1) * erases_of_restore(device, area, is_tail, offset == 0)
                     + (scenario->moves == 0 ? 0 : erases(device, area, is_tail, cuts)));
}

struct wear device_wear_allowed(const struct device *device, uint32_t cuts)
{
    const struct otter_test_board *board = &device->board;
    struct wear wear = { { 0 } };
    uint32_t at = 0;

    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        const struct otter_sim_flash *flash = &board->devices[i];
        const uint32_t size = flash->flash.geometry->runs[0].size;

        for (uint32_t sector = 0; sector < flash->sector_count; sector++, at++) {
            const struct otter_area *area = device_area_at(device, flash, sector * size);

            if (area != NULL) {
                wear.of[at] = allowed(device, area, sector * size - area->offset, cuts);
            }
        }
    }
    return wear;
}

bool device_wear_exceeds(const struct wear *wear, const struct wear *allowed)
{
    for (uint32_t i = 0; i < SECTORS_MAX; i++) {
        if (wear->of[i] > allowed->of[i]) {
            return true;
        }
    }
    return false;
}
