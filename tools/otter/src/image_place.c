/* SPDX-License-Identifier: Apache-2.0 */

/* Where an image goes decides about its header, its largest size, and its padding. A layout knows
 * all of it; without one the numbers are those that MCUboot's users give to imgtool. */

#include "image_place.h"

#include <inttypes.h>
#include <string.h>

#include "layout_check.h"
#include "message.h"
#include "otter/image.h"

/* Of the keys of both images, which a swap keeps in the trailer. */
#define IMAGE_KEYS 2u

static bool find_slot(const struct place_options *options, struct place *place)
{
    const bool is_secondary = strcmp(options->slot, "secondary") == 0;
    const struct otter_layout *layout = &place->file->layout;
    const struct otter_layout_area *slot =
        otter_layout_find(layout, is_secondary ? OTTER_AREA_SECONDARY : OTTER_AREA_PRIMARY,
                          (uint8_t)options->image_number);

    if (slot == NULL) {
        message_error("%s has no %s slot", options->layout, options->slot);
        return false;
    }
    const struct otter_layout_area *home =
        place->runs_in_place ? slot : otter_layout_find(layout, OTTER_AREA_PRIMARY, 0);
    place->address = layout_area_address(layout, home);
    place->padding.slot_size = slot->size;
    place->padding.start = is_secondary ? layout->staging_offset : 0;
    place->padding.erased_byte = layout->devices[slot->device].erased_byte;
    place->padding.shape = otter_trailer_shape(layout);
    return true;
}

static bool place_by_layout(const struct place_options *options, struct place *place)
{
    struct layout_report report;

    place->file = layout_file_load(options->layout);
    if (place->file == NULL || !layout_has_image(place->file, options->image_number)) {
        return false;
    }
    layout_check(place->file, place->file->strategy, &report);
    if (report.problem_count > 0) {
        message_error("%s cannot work: %s", options->layout, report.problems[0].what);
        message_next("See \"otter layout check %s\".", options->layout);
        return false;
    }
    place->described_by = options->layout;
    place->header_size = place->file->layout.header_size;
    place->max_image_size = report.max_image_size[options->image_number];
    place->overwrites = strcmp(place->file->strategy, "overwrite") == 0;
    place->runs_in_place = layout_runs_in_place(place->file);
    return find_slot(options, place);
}

static bool is_one_of(uint32_t value, const uint32_t *legal)
{
    while (*legal != 0 && *legal != value) {
        legal++;
    }
    return *legal != 0;
}

static bool check_numbers(const struct place_options *options)
{
    static const uint32_t aligns[] = { 1, 2, 4, 8, 16, 32, 0 };
    static const uint32_t max_aligns[] = { 8, 16, 32, 0 };

    if (options->header_size < OTTER_IMAGE_HEADER_SIZE || options->header_size > UINT16_MAX
        || options->slot_size == 0) {
        message_error("the slot is not described");
        message_fact("expected", "--layout, or --header-size (32 to 65,535) and --slot-size");
        return false;
    }
    if (!is_one_of(options->align, aligns) || !is_one_of(options->max_align, max_aligns)
        || options->align > options->max_align) {
        message_error("--align or --max-align cannot be");
        message_fact("found", "%" PRIu32 " and %" PRIu32, options->align, options->max_align);
        message_fact("expected", "1, 2, 4, 8, 16 or 32, and 8, 16 or 32, not less than --align");
        return false;
    }
    if (options->max_sectors == 0 || options->max_sectors > UINT16_MAX
        || options->erased_byte > UINT8_MAX) {
        message_error("--max-sectors or --erased-byte cannot be");
        message_fact("found", "%" PRIu32 " and %" PRIu32, options->max_sectors,
                     options->erased_byte);
        message_fact("expected", "1 to 65,535, and 0 to 0xff");
        return false;
    }
    return true;
}

static uint32_t align_up(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* What the bootloader needs of the end of the slot. */
static uint32_t reserve(const struct place *place, size_t image_key_size)
{
    const struct otter_trailer_shape *shape = &place->padding.shape;

    if (place->overwrites) {
        const uint32_t size = otter_trailer_size(shape);

        return size - otter_trailer_swap_info_offset(shape, size);
    }
    return otter_trailer_size(shape)
           + IMAGE_KEYS * align_up((uint32_t)image_key_size, shape->max_align);
}

static bool place_by_numbers(const struct place_options *options, size_t image_key_size,
                             struct place *place)
{
    if (!check_numbers(options)) {
        return false;
    }
    place->described_by = "--slot-size";
    place->header_size = (uint16_t)options->header_size;
    place->overwrites = options->overwrite_only;
    place->padding = (struct signer_padding){
        .slot_size = options->slot_size,
        .erased_byte = (uint8_t)options->erased_byte,
        .shape = {
            .max_align = (uint16_t)options->max_align,
            .write_size = (uint16_t)options->align,
            .max_sectors = (uint16_t)options->max_sectors,
            .status_states = 3,
        },
    };
    const uint32_t reserved = reserve(place, image_key_size);
    place->max_image_size = options->slot_size > reserved ? options->slot_size - reserved : 0;
    return true;
}

bool place_find(const struct place_options *options, size_t image_key_size, struct place *place)
{
    *place = (struct place){ 0 };
    if (strcmp(options->slot, "primary") != 0 && strcmp(options->slot, "secondary") != 0) {
        message_error("there is no slot \"%s\"", options->slot);
        message_fact("expected", "primary or secondary");
        return false;
    }
    if (options->layout != NULL
        && (options->header_size != 0 || options->slot_size != 0 || options->overwrite_only)) {
        message_error("the slot is described twice");
        message_next("Give --layout, or --header-size, --slot-size and what goes with them.");
        return false;
    }
    return options->layout != NULL ? place_by_layout(options, place)
                                   : place_by_numbers(options, image_key_size, place);
}

bool place_fits(const struct place *place, const char *what, size_t image_size, size_t program_size)
{
    char text[4][THOUSANDS_TEXT_SIZE];

    if (image_size <= place->max_image_size) {
        return true;
    }
    message_error("%s does not fit the slot", what);
    message_fact("image", "%s bytes (%s program + %s header, TLVs and signature)",
                 thousands(image_size, text[0]), thousands(program_size, text[1]),
                 thousands(image_size - program_size, text[2]));
    message_fact("room", "%s bytes: a slot of %s, less what %s needs   (%s)",
                 thousands(place->max_image_size, text[0]),
                 thousands(place->padding.slot_size, text[1]),
                 place->overwrites ? "overwriting" : "swapping", place->described_by);
    message_next("Shrink the program by %s bytes, or enlarge the slots.",
                 thousands(image_size - place->max_image_size, text[3]));
    return false;
}

void place_free(struct place *place)
{
    layout_file_free(place->file);
}
