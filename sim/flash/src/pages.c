/* SPDX-License-Identifier: Apache-2.0 */

/* A search copies a device, and asks for its hash, after every operation, of which each changes a few
 * bytes. So a device is kept in pages: whoever changes one gives it a stamp that no page has had, and
 * pages with equal stamps are equal. What has the same stamp need not be copied, and what was hashed
 * and has the same stamp still has that hash. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PAGE_SIZE 512u /* as large as the largest write unit */
#define LANES     4u

struct sim_page {
    uint64_t stamp;
    uint64_t hash;
    bool is_hashed; /* since it was touched */
    bool is_weak;   /* some unit may be; else all of `loose` is 0 */
};

/* Of a device: some part of it that is whole pages, or all of it. */
struct range {
    uint32_t offset;
    uint32_t len;
    uint32_t unit; /* number of the first one */
    uint32_t unit_count;
};

static uint32_t page_count(const struct otter_flash_geometry *geometry)
{
    return (geometry->size + PAGE_SIZE - 1) / PAGE_SIZE;
}

static struct range range_of(const struct otter_flash_geometry *geometry, uint32_t page)
{
    const uint32_t offset = page * PAGE_SIZE;
    const uint32_t rest = geometry->size - offset;
    const uint32_t len = rest < PAGE_SIZE ? rest : PAGE_SIZE;

    return (struct range){ offset, len, offset / geometry->write_size, len / geometry->write_size };
}

struct sim_page *sim_pages_allocate(const struct otter_flash_geometry *geometry)
{
    return calloc(page_count(geometry), sizeof(struct sim_page));
}

/* ---- changes --------------------------------------------------------------------------------- */

void sim_pages_touch(struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    static uint64_t last_stamp;

    for (uint32_t page = offset / PAGE_SIZE; page * PAGE_SIZE < offset + len; page++) {
        device->pages[page].stamp = ++last_stamp;
        device->pages[page].is_hashed = false;
    }
}

void sim_pages_weaken(struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    for (uint32_t page = offset / PAGE_SIZE; page * PAGE_SIZE < offset + len; page++) {
        device->pages[page].is_weak = true;
    }
}

bool otter_sim_flash_is_weak(const struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    for (uint32_t page = offset / PAGE_SIZE; page * PAGE_SIZE < offset + len; page++) {
        if (device->pages[page].is_weak) {
            return true;
        }
    }
    return false;
}

/* ---- hashes ---------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9FB21C651E98DF25u;
    return hash ^ hash >> 35;
}

/* Lanes, as each step of one has to wait for the step before. */
static uint64_t mix_bytes(uint64_t hash, const uint8_t *bytes, uint32_t len)
{
    uint64_t lanes[LANES] = { hash, 1, 2, 3 };
    uint64_t words[LANES];
    uint32_t at = 0;

    for (; len - at >= sizeof words; at += (uint32_t)sizeof words) {
        memcpy(words, bytes + at, sizeof words);
        for (uint32_t i = 0; i < LANES; i++) {
            lanes[i] = mix(lanes[i], words[i]);
        }
    }
    for (; at < len; at++) {
        lanes[0] = mix(lanes[0], bytes[at]);
    }
    for (uint32_t i = 1; i < LANES; i++) {
        lanes[0] = mix(lanes[0], lanes[i]);
    }
    return lanes[0];
}

static bool has_weak_unit(const struct otter_sim_flash *device, const struct range *range)
{
    for (uint32_t i = 0; i < range->unit_count; i++) {
        if (sim_unit_is_weak(device->units[range->unit + i])) {
            return true;
        }
    }
    return otter_sim_flash_is_loose(device, range->offset, range->len);
}

static void hash_page(const struct otter_sim_flash *device, uint32_t number)
{
    const struct range range = range_of(device->flash.geometry, number);
    struct sim_page *page = &device->pages[number];

    page->is_weak = page->is_weak && has_weak_unit(device, &range);
    page->hash = mix_bytes(0, device->bytes + range.offset, range.len);
    page->hash = mix_bytes(page->hash, device->units + range.unit, range.unit_count);
    if (page->is_weak) {
        page->hash = mix_bytes(page->hash, device->loose + range.offset, range.len);
    }
    page->is_hashed = true;
}

uint64_t otter_sim_flash_hash(const struct otter_sim_flash *device, uint64_t hash)
{
    const uint32_t count = page_count(device->flash.geometry);

    for (uint32_t page = 0; page < count; page++) {
        if (!device->pages[page].is_hashed) {
            hash_page(device, page);
        }
        hash = mix(hash, device->pages[page].hash);
    }
    return hash;
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void copy_page(struct otter_sim_flash *device, const struct otter_sim_flash *from,
                      uint32_t number)
{
    const struct range range = range_of(device->flash.geometry, number);
    struct sim_page *page = &device->pages[number];

    if (!from->pages[number].is_hashed) {
        hash_page(from, number); /* once for all copies */
    }
    if (page->is_weak || from->pages[number].is_weak) {
        memcpy(device->loose + range.offset, from->loose + range.offset, range.len);
    }
    memcpy(device->bytes + range.offset, from->bytes + range.offset, range.len);
    memcpy(device->units + range.unit, from->units + range.unit, range.unit_count);
    *page = from->pages[number];
}

void otter_sim_flash_copy(struct otter_sim_flash *device, const struct otter_sim_flash *from)
{
    const uint32_t count = page_count(device->flash.geometry);

    for (uint32_t page = 0; page < count; page++) {
        if (device->pages[page].stamp != from->pages[page].stamp) {
            copy_page(device, from, page);
        }
    }
    memcpy(device->sector_erases, from->sector_erases,
           device->sector_count * sizeof *device->sector_erases);
    device->counters = from->counters;
}
