/* SPDX-License-Identifier: Apache-2.0 */

/* The emulated device's flash as the flash devices of a layout. */

#include "flash_image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static bool has_flash_file(const struct layout_file *file)
{
    if (file->flash_size == 0) {
        message_error("the layout %s/%s has no flash file", file->layout.board, file->layout.name);
        message_next("Only the layout of an emulated board has \"flash_file\".");
    }
    return file->flash_size != 0;
}

static void open_devices(struct flash_image *image)
{
    const struct layout_file *file = image->file;

    for (uint8_t i = 0; i < file->layout.device_count; i++) {
        const struct otter_flash_geometry *device = &file->devices[i];
        struct otter_layout_area whole = { .device = i, .size = device->size };
        uint32_t offset = 0;

        if (layout_file_flash_offset(file, &whole, &offset)) {
            memory_flash_init(&image->memory[i], device, image->bytes.bytes + offset);
            image->devices[i] = &image->memory[i].flash;
        }
    }
}

static void erase_devices(const struct flash_image *image)
{
    for (uint8_t i = 0; i < image->file->layout.device_count; i++) {
        if (image->devices[i] != NULL) {
            const struct otter_flash_geometry *device = &image->file->devices[i];
            memset(image->memory[i].bytes, device->erased_byte, device->size);
        }
    }
}

bool flash_image_create(struct flash_image *image, const struct layout_file *file)
{
    *image = (struct flash_image){ .file = file };
    if (!has_flash_file(file)) {
        return false;
    }
    image->bytes.size = file->flash_size;
    image->bytes.bytes = malloc(file->flash_size);
    if (image->bytes.bytes == NULL) {
        message_error("there is no memory for a flash of %u bytes", file->flash_size);
        return false;
    }
    memset(image->bytes.bytes, 0xFF, file->flash_size);
    open_devices(image);
    erase_devices(image);
    return true;
}

bool flash_image_load(struct flash_image *image, const struct layout_file *file, const char *path)
{
    char text[THOUSANDS_TEXT_SIZE];

    *image = (struct flash_image){ .file = file };
    if (!has_flash_file(file) || !file_load(path, &image->bytes)) {
        return false;
    }
    if (image->bytes.size != file->flash_size) {
        message_error("%s is no flash file of %s/%s", path, file->layout.board, file->layout.name);
        message_fact("found", "%s bytes", thousands(image->bytes.size, text));
        message_fact("expected", "%s bytes", thousands(file->flash_size, text));
        message_next("Make one with \"otter device create\".");
        flash_image_free(image);
        return false;
    }
    open_devices(image);
    return true;
}

void flash_image_free(struct flash_image *image)
{
    file_free(&image->bytes);
}

bool flash_image_open(const struct flash_image *image, enum otter_area_role role, uint8_t number,
                      struct otter_area *area)
{
    return otter_layout_open(&image->file->layout, image->devices, role, number, area) == OTTER_OK;
}

static void complain_of_area(const struct layout_file *file, const char *name)
{
    char names[LAYOUT_AREAS_MAX * (LAYOUT_NAME_MAX + 2)] = "";

    for (uint8_t i = 0; i < file->layout.area_count; i++) {
        size_t length = strlen(names);
        uint32_t offset = 0;

        if (layout_file_flash_offset(file, &file->areas[i], &offset)) {
            (void)snprintf(names + length, sizeof names - length, "%s%s", length > 0 ? ", " : "",
                           file->areas[i].name);
        }
    }
    message_error("the layout %s has no area \"%s\" in its flash file", file->layout.name, name);
    message_fact("expected", "one of %s", names);
}

bool flash_image_open_named(const struct flash_image *image, const char *name,
                            struct otter_area *area)
{
    const struct otter_layout_area *row = layout_file_area(image->file, name);

    if (row == NULL || image->devices[row->device] == NULL) {
        complain_of_area(image->file, name);
        return false;
    }
    *area = (struct otter_area){
        .flash = image->devices[row->device],
        .offset = row->offset,
        .size = row->size,
    };
    return true;
}

/* Program bytes whose number is no multiple of the write unit: the last unit is filled up. */
static enum otter_result program_padded(const struct otter_area *area, uint32_t start,
                                        const uint8_t *bytes, size_t size)
{
    const uint16_t unit = otter_area_write_size(area);
    const size_t whole = size - size % unit;
    uint8_t last[512];
    enum otter_result result = otter_area_program(area, start, bytes, whole);

    if (result != OTTER_OK || whole == size) {
        return result;
    }
    memset(last, otter_area_erased_byte(area), unit);
    memcpy(last, bytes + whole, size - whole);
    return otter_area_program(area, start + (uint32_t)whole, last, unit);
}

bool flash_image_fill(const struct otter_area *area, const char *what, const uint8_t *bytes,
                      size_t size)
{
    return flash_image_fill_at(area, 0, what, bytes, size);
}

bool flash_image_fill_at(const struct otter_area *area, uint32_t start, const char *what,
                         const uint8_t *bytes, size_t size)
{
    char text[THOUSANDS_TEXT_SIZE];

    if (size > area->size - start) {
        message_error("%s does not fit its area", what);
        message_fact("found", "%s bytes", thousands(size, text));
        message_fact("area", "%s bytes", thousands(area->size - start, text));
        message_next("Shrink it, or enlarge the area in the layout.");
        return false;
    }
    enum otter_result result = otter_area_erase(area, 0, area->size);
    if (result == OTTER_OK) {
        result = program_padded(area, start, bytes, size);
    }
    if (result != OTTER_OK) {
        message_result(what, result);
    }
    return result == OTTER_OK;
}

static bool write_at(int fd, const uint8_t *bytes, size_t size, off_t offset)
{
    while (size > 0) {
        ssize_t count = pwrite(fd, bytes, size, offset);

        if (count <= 0) {
            return false;
        }
        bytes += count;
        size -= (size_t)count;
        offset += count;
    }
    return true;
}

bool flash_image_store_area(const struct flash_image *image, const struct otter_area *area,
                            const char *path)
{
    const struct memory_flash *memory = area->flash->port;
    const uint8_t *bytes = memory->bytes + area->offset;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    bool stored = fd >= 0 && write_at(fd, bytes, area->size, bytes - image->bytes.bytes);
    if (fd >= 0) {
        stored = close(fd) == 0 && stored;
    }
    if (!stored) {
        message_system("write", path);
    }
    return stored;
}
