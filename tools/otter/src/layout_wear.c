/* SPDX-License-Identifier: Apache-2.0 */

/* The wear of an update. Where a strategy erases is its own affair and depends on the sectors of both
 * slots, so it is not computed a second time here: the bootloader itself runs, on a flash in memory
 * that counts. The second of two updates is counted, because the first one finds trailers that were
 * never written. */

#include "layout_wear.h"

#include <stdlib.h>
#include <string.h>

#include "memory_flash.h"
#include "message.h"
#include "otter/all_crypto.h"
#include "otter/boot.h"
#include "signer.h"

/* One device in memory. */
struct counting_flash {
    struct otter_flash flash;
    struct memory_flash memory;
    uint8_t *bytes;
    uint32_t *erases; /* of the sector that begins there, one for each `grain` bytes */
    uint32_t grain;
};

/* Everything that one run works on. */
struct run {
    struct otter_layout layout; /* of the one image that is looked at, which is image 0 here */
    struct otter_layout_area areas[LAYOUT_AREAS_MAX];
    struct counting_flash devices[OTTER_LAYOUT_DEVICES_MAX];
    const struct otter_flash *pointers[OTTER_LAYOUT_DEVICES_MAX];
    struct otter_area primary;
    struct otter_area secondary;
    struct otter_trailer_shape shape;
    struct otter_boot_config config;
    struct file_bytes images[2];
    uint8_t buffer[4096];
};

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    struct counting_flash *device = port;

    return device->memory.flash.ops->read(&device->memory, offset, dst, len);
}

static enum otter_result program_bytes(void *port, uint32_t offset, const void *src, size_t len)
{
    struct counting_flash *device = port;

    return device->memory.flash.ops->program(&device->memory, offset, src, len);
}

static enum otter_result erase_sector(void *port, uint32_t offset)
{
    struct counting_flash *device = port;

    device->erases[offset / device->grain]++;
    return device->memory.flash.ops->erase(&device->memory, offset);
}

static const struct otter_flash_ops operations = {
    .read = read_bytes,
    .program = program_bytes,
    .erase = erase_sector,
};

static uint32_t smallest_sector(const struct otter_flash_geometry *geometry)
{
    uint32_t smallest = geometry->size;

    for (uint8_t i = 0; i < geometry->run_count; i++) {
        smallest = geometry->runs[i].size < smallest ? geometry->runs[i].size : smallest;
    }
    return smallest;
}

static bool make_device(const struct otter_flash_geometry *geometry, struct counting_flash *device)
{
    device->grain = smallest_sector(geometry);
    device->bytes = malloc(geometry->size);
    device->erases = calloc(geometry->size / device->grain, sizeof *device->erases);
    if (device->bytes == NULL || device->erases == NULL) {
        return false;
    }
    memset(device->bytes, geometry->erased_byte, geometry->size);
    memory_flash_init(&device->memory, geometry, device->bytes);
    device->flash = (struct otter_flash){
        .ops = &operations,
        .port = device,
        .geometry = &device->memory.geometry,
    };
    return true;
}

static bool is_slot(const struct otter_layout_area *area)
{
    return area->role == OTTER_AREA_PRIMARY || area->role == OTTER_AREA_SECONDARY;
}

/* What one image of a set does to its slots does not depend on the others. */
static void reduce_layout(struct run *run, const struct otter_layout *layout, uint8_t image)
{
    run->layout = *layout;
    run->layout.areas = run->areas;
    run->layout.image_count = 1;
    for (uint8_t i = 0; i < layout->area_count; i++) {
        struct otter_layout_area *area = &run->areas[i];

        *area = layout->areas[i];
        if (is_slot(area)) {
            area->role = area->image == image ? area->role : OTTER_AREA_USER;
            area->image = 0;
        }
    }
}

static bool make_devices(struct run *run)
{
    const struct otter_layout *layout = &run->layout;

    for (uint8_t i = 0; i < layout->device_count; i++) {
        if (!make_device(&layout->devices[i], &run->devices[i])) {
            return false;
        }
        run->pointers[i] = &run->devices[i].flash;
    }
    return otter_layout_open(layout, run->pointers, OTTER_AREA_PRIMARY, 0, &run->primary)
               == OTTER_OK
           && otter_layout_open(layout, run->pointers, OTTER_AREA_SECONDARY, 0, &run->secondary)
                  == OTTER_OK;
}

/* An image of exactly @p size bytes, or as little more as an image can have. */
static bool make_image(struct run *run, uint8_t major, uint32_t size, struct file_bytes *image)
{
    const struct signer_request request = {
        .version = { .major = major },
        .header_size = run->layout.header_size,
        .erased_byte = otter_area_erased_byte(&run->primary),
        .layout = &run->layout,
    };
    uint8_t *program = calloc(1, size + 1);
    bool made = program != NULL && signer_compose(&request, program, 1, image);

    if (made && image->size < size) {
        const size_t program_size = size - image->size + 1;

        file_free(image);
        made = signer_compose(&request, program, program_size, image);
    }
    free(program);
    return made;
}

static enum otter_result erase_range(const struct otter_area *area, uint32_t from, uint32_t to)
{
    struct otter_sector sector;
    enum otter_result result = OTTER_OK;

    for (uint32_t at = from; at < to && result == OTTER_OK; at = sector.offset + sector.size) {
        result = otter_area_sector(area, at, &sector);
        if (result == OTTER_OK) {
            result = otter_area_erase(area, sector.offset, sector.size);
        }
    }
    return result;
}

static uint32_t units(const struct otter_area *area, size_t size)
{
    const uint32_t unit = otter_area_write_size(area);

    return ((uint32_t)size + unit - 1) / unit * unit;
}

static enum otter_result program_image(const struct otter_area *area, uint32_t start,
                                       const struct file_bytes *image)
{
    const uint32_t size = units(area, image->size);
    uint8_t *bytes = malloc(size);
    enum otter_result result = OTTER_ERR_NO_SPACE;

    if (bytes != NULL) {
        memset(bytes, otter_area_erased_byte(area), size);
        memcpy(bytes, image->bytes, image->size);
        result = otter_area_program(area, start, bytes, size);
    }
    free(bytes);
    return result;
}

/* What the agent does: each sector that the image takes, and the trailer's, once. */
static enum otter_result stage(const struct run *run, const struct file_bytes *image)
{
    const struct otter_area *slot = &run->secondary;
    const uint32_t trailer = otter_trailer_status_offset(&run->shape, slot->size);
    struct otter_sector last = { 0 };
    const uint32_t start = run->layout.staging_offset;
    enum otter_result result = otter_area_sector(slot, start + (uint32_t)image->size - 1, &last);
    const uint32_t end = last.offset + last.size;

    if (result == OTTER_OK) {
        result = erase_range(slot, start, end);
    }
    if (result == OTTER_OK) {
        result = erase_range(slot, trailer > end ? trailer : end, slot->size);
    }
    if (result == OTTER_OK) {
        result = program_image(slot, start, image);
    }
    return result == OTTER_OK ? otter_bootstate_request(slot, &run->shape, 0, false) : result;
}

static enum otter_result update(struct run *run, const struct file_bytes *image)
{
    static struct otter_boot_outcome outcome;
    enum otter_result result = stage(run, image);

    if (result == OTTER_OK) {
        result = otter_boot_go(&run->config, &outcome);
    }
    if (result == OTTER_OK) {
        result = outcome.refusal;
    }
    return result == OTTER_OK ? otter_bootstate_confirm(&run->primary, &run->shape) : result;
}

static void forget_counts(struct run *run)
{
    for (uint8_t i = 0; i < run->layout.device_count; i++) {
        const struct counting_flash *device = &run->devices[i];

        memset(device->erases, 0,
               device->memory.geometry.size / device->grain * sizeof *device->erases);
    }
}

static void count_area(const struct run *run, const struct otter_layout_area *row,
                       struct layout_wear *wear)
{
    const struct counting_flash *device = &run->devices[row->device];
    const struct otter_area area = { .flash = &device->flash,
                                     .offset = row->offset,
                                     .size = row->size };
    struct wear_of_area *found = &wear->areas[wear->area_count];

    *found = (struct wear_of_area){ .row = row, .sectors = otter_area_sector_count(&area) };
    for (uint32_t at = 0; at < row->size; at += device->grain) {
        const uint32_t erases = device->erases[(row->offset + at) / device->grain];

        found->total += erases;
        if (erases > found->most) {
            found->most = erases;
            found->at_offset = at;
        }
    }
    if (found->total > 0) {
        wear->area_count++;
        wear->most = found->most > wear->most ? found->most : wear->most;
    }
}

static bool measure(struct run *run, const char *strategy, uint32_t image_size,
                    struct layout_wear *wear)
{
    const struct otter_layout *layout = &run->layout;

    if (!make_devices(run) || !make_image(run, 1, image_size, &run->images[0])
        || !make_image(run, 2, image_size, &run->images[1])) {
        message_system("run", "the bootloader on a flash in memory");
        return false;
    }
    run->shape = otter_trailer_shape(layout);
    run->config = (struct otter_boot_config){
        .layout = layout,
        .devices = run->pointers,
        .strategy = otter_strategy_find(strategy),
        .trust = { .crypto = &otter_all_crypto },
        .hooks = &otter_boot_no_hooks,
        .buffer = run->buffer,
        .buffer_size = sizeof run->buffer,
    };
    enum otter_result result = program_image(&run->primary, 0, &run->images[0]);
    if (result == OTTER_OK) {
        result = update(run, &run->images[1]);
    }
    forget_counts(run);
    if (result == OTTER_OK) {
        result = update(run, &run->images[0]);
    }
    if (result != OTTER_OK) {
        message_result("the bootloader on a flash in memory", result);
        return false;
    }
    wear->image_size = (uint32_t)run->images[0].size;
    return true;
}

bool layout_wear(const struct layout_file *file, const char *strategy, uint8_t image,
                 uint32_t image_size, struct layout_wear *wear)
{
    static struct run run; /* large */

    run = (struct run){ 0 };
    reduce_layout(&run, &file->layout, image);
    *wear = (struct layout_wear){ 0 };
    const bool done = measure(&run, strategy, image_size, wear);
    for (uint8_t i = 0; done && i < file->layout.area_count; i++) {
        count_area(&run, &file->layout.areas[i], wear);
    }
    for (size_t i = 0; i < OTTER_LAYOUT_DEVICES_MAX; i++) {
        free(run.devices[i].bytes);
        free(run.devices[i].erases);
    }
    file_free(&run.images[0]);
    file_free(&run.images[1]);
    return done;
}
