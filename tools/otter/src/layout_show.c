/* SPDX-License-Identifier: Apache-2.0 */

/* Draws a layout: for each device its areas in ascending order, the gaps between them, and where in
 * the device each of them lies. */

#include "layout_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "message.h"

#define BAR_WIDTH 40u

void layout_show_problems(const char *path, const struct layout_report *report)
{
    for (size_t i = 0; i < report->problem_count; i++) {
        const struct layout_problem *problem = &report->problems[i];

        message_error("%s: %s", path, problem->what);
        for (size_t fact = 0; fact < problem->fact_count; fact++) {
            message_fact(problem->facts[fact].name, "%s", problem->facts[fact].text);
        }
        message_next("%s", problem->cure);
    }
}

static void draw_bar(uint64_t start, uint64_t size, uint64_t whole)
{
    uint64_t from = start * BAR_WIDTH / whole;
    uint64_t to = (start + size) * BAR_WIDTH / whole;

    if (to == from) {
        to = from + 1; /* a small area is still somewhere */
    }
    (void)putchar('|');
    for (uint64_t i = 0; i < BAR_WIDTH; i++) {
        (void)putchar(i >= from && i < to ? '#' : '.');
    }
    (void)puts("|");
}

static void draw_row(const struct otter_flash_geometry *device, uint32_t offset, uint32_t size,
                     const char *name, uint32_t sectors)
{
    char text[THOUSANDS_TEXT_SIZE];

    (void)printf("  0x%08" PRIX32 "  %-12s %12s  ", offset, name, thousands(size, text));
    if (sectors > 0) {
        (void)printf("%6" PRIu32 "  ", sectors);
    } else {
        (void)printf("%6s  ", "");
    }
    draw_bar(offset, size, device->size);
}

static uint32_t sectors_of(const struct otter_flash_geometry *device,
                           const struct otter_layout_area *row)
{
    struct otter_flash flash = { .geometry = device };
    struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };

    return otter_area_sector_count(&area);
}

/* The area of device @p index that follows @p last (NULL: the first). */
static const struct otter_layout_area *next_area(const struct otter_layout *layout, uint8_t index,
                                                 const struct otter_layout_area *last)
{
    const struct otter_layout_area *next = NULL;

    for (uint8_t i = 0; i < layout->area_count; i++) {
        const struct otter_layout_area *area = &layout->areas[i];
        bool is_behind = last == NULL || area->offset > last->offset
                         || (area->offset == last->offset && area > last);

        if (area->device == index && is_behind && (next == NULL || area->offset < next->offset)) {
            next = area;
        }
    }
    return next;
}

static void draw_device(const struct otter_layout *layout, uint8_t index)
{
    const struct otter_flash_geometry *device = &layout->devices[index];
    const struct otter_layout_area *area = NULL;
    uint64_t end = 0;
    char text[THOUSANDS_TEXT_SIZE];

    (void)printf("\n%s  at 0x%08" PRIX32 ", %s bytes, write unit %u, erased 0x%02X\n", device->name,
                 device->address, thousands(device->size, text), device->write_size,
                 device->erased_byte);
    (void)printf("  %-10s  %-12s %12s  %6s\n", "offset", "area", "bytes", "sectors");
    while ((area = next_area(layout, index, area)) != NULL) {
        if (area->offset > end) {
            draw_row(device, (uint32_t)end, area->offset - (uint32_t)end, "(free)", 0);
        }
        draw_row(device, area->offset, area->size, area->name, sectors_of(device, area));
        uint64_t area_end = (uint64_t)area->offset + area->size;
        end = area_end > end ? area_end : end;
    }
    if (end < device->size) {
        draw_row(device, (uint32_t)end, device->size - (uint32_t)end, "(free)", 0);
    }
}

static void draw_memory(const struct layout_file *file)
{
    char text[THOUSANDS_TEXT_SIZE];

    if (file->memory_count > 0) {
        (void)puts("\nmemory");
    }
    for (size_t i = 0; i < file->memory_count; i++) {
        (void)printf("  0x%08" PRIX32 "  %-12s %12s\n", file->memory[i].address,
                     file->memory[i].name, thousands(file->memory[i].size, text));
    }
}

static void draw_slots(const struct layout_file *file, const struct layout_report *report)
{
    char text[THOUSANDS_TEXT_SIZE];

    (void)printf("\nin each slot\n  %-14s 0x%X bytes at its start\n", "header",
                 file->layout.header_size);
    if (report->trailer_size > 0) {
        (void)printf("  %-14s 0x%" PRIX32 " bytes at its end, status of %u sectors\n", "trailer",
                     report->trailer_size, file->layout.max_sectors);
    }
    if (report->max_image_size[0] > 0) {
        (void)printf("  %-14s %s bytes, header and TLVs included\n", "largest image",
                     thousands(report->max_image_size[0], text));
        for (unsigned i = 1; i < LAYOUT_IMAGES_MAX && report->max_image_size[i] > 0; i++) {
            (void)printf("  of image %-5u %s bytes\n", i,
                         thousands(report->max_image_size[i], text));
        }
    } else {
        (void)printf("  %-14s none: see \"otter layout check\"\n", "largest image");
    }
}

void layout_show(const struct layout_file *file, const struct layout_report *report)
{
    const struct otter_layout *layout = &file->layout;

    (void)printf("%s/%s  %s\n", layout->board, layout->name, file->about);
    (void)printf("strategy %s, digest ", file->strategy);
    for (unsigned i = 0; i < 8; i++) {
        (void)printf("%02x", layout->digest[i]);
    }
    (void)puts("...");
    if (file->fixed_about != NULL) {
        (void)printf("slots are fixed by %s\n", file->fixed_about);
    }
    for (uint8_t i = 0; i < layout->device_count; i++) {
        draw_device(layout, i);
    }
    draw_memory(file);
    draw_slots(file, report);
}

static cJSON *areas_json(const struct otter_layout *layout)
{
    cJSON *list = cJSON_CreateArray();

    for (uint8_t i = 0; i < layout->area_count; i++) {
        const struct otter_layout_area *area = &layout->areas[i];
        const struct otter_flash_geometry *device = &layout->devices[area->device];
        cJSON *item = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(item, "name", area->name);
        (void)cJSON_AddStringToObject(item, "role", otter_area_role_name(area->role));
        (void)cJSON_AddNumberToObject(item, "image", area->image);
        (void)cJSON_AddStringToObject(item, "device", device->name);
        (void)cJSON_AddNumberToObject(item, "offset", area->offset);
        (void)cJSON_AddNumberToObject(item, "address", (double)device->address + area->offset);
        (void)cJSON_AddNumberToObject(item, "size", area->size);
        (void)cJSON_AddNumberToObject(item, "sectors", sectors_of(device, area));
        (void)cJSON_AddItemToArray(list, item);
    }
    return list;
}

void layout_show_add_sizes(cJSON *object, const struct layout_report *report)
{
    cJSON *sizes = cJSON_CreateArray();

    (void)cJSON_AddNumberToObject(object, "max_image_size", report->max_image_size[0]);
    for (size_t i = 0; i < LAYOUT_IMAGES_MAX && report->max_image_size[i] > 0; i++) {
        (void)cJSON_AddItemToArray(sizes, cJSON_CreateNumber(report->max_image_size[i]));
    }
    (void)cJSON_AddItemToObject(object, "max_image_sizes", sizes);
}

cJSON *layout_show_json(const struct layout_file *file, const struct layout_report *report)
{
    const struct otter_layout *layout = &file->layout;
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(root, "board", layout->board);
    (void)cJSON_AddStringToObject(root, "name", layout->name);
    json_add_hex(root, "digest", layout->digest, sizeof layout->digest);
    (void)cJSON_AddStringToObject(root, "strategy", file->strategy);
    (void)cJSON_AddNumberToObject(root, "header_size", layout->header_size);
    (void)cJSON_AddNumberToObject(root, "max_align", layout->max_align);
    (void)cJSON_AddNumberToObject(root, "max_sectors", layout->max_sectors);
    (void)cJSON_AddNumberToObject(root, "trailer_size", report->trailer_size);
    layout_show_add_sizes(root, report);
    (void)cJSON_AddItemToObject(root, "areas", areas_json(layout));
    return root;
}
