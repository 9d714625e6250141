/* SPDX-License-Identifier: Apache-2.0 */

/* Can a layout work? One function a rule, in a table; a rule looks at everything it is about and
 * adds a problem for each violation. Rules about slots assume what the rules about areas check, so
 * they are asked only when those were silent. */

#include "layout_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "otter/boot.h"
#include "otter/bootstate.h"
#include "otter/handover.h"
#include "otter/journal.h"

/* A vector table must lie on a multiple of its size, rounded up to a power of two. 1,024 bytes are
 * enough for the 240 interrupts that a Cortex-M can have at most. */
#define VECTOR_TABLE_ALIGNMENT 1024u

_Static_assert(LAYOUT_IMAGES_MAX == OTTER_BOOT_IMAGES_MAX, "the tool knows as many images");

struct check {
    const struct layout_file *file;
    const struct otter_layout *layout;
    const char *strategy;
    struct layout_report *report;
    struct layout_problem overflow; /* problems beyond the report's room go here */
};

__attribute__((format(printf, 2, 3))) static struct layout_problem *
add_problem(struct check *check, const char *format, ...)
{
    struct layout_report *report = check->report;
    struct layout_problem *problem = report->problem_count < LAYOUT_PROBLEMS_MAX
                                         ? &report->problems[report->problem_count++]
                                         : &check->overflow;
    va_list arguments;

    *problem = (struct layout_problem){ 0 };
    va_start(arguments, format);
    (void)vsnprintf(problem->what, sizeof problem->what, format, arguments);
    va_end(arguments);
    return problem;
}

__attribute__((format(printf, 3, 4))) static void
add_fact(struct layout_problem *problem, const char *name, const char *format, ...)
{
    struct layout_fact *fact = &problem->facts[problem->fact_count++];
    va_list arguments;

    (void)snprintf(fact->name, sizeof fact->name, "%s", name);
    va_start(arguments, format);
    (void)vsnprintf(fact->text, sizeof fact->text, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void set_cure(struct layout_problem *problem,
                                                           const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(problem->cure, sizeof problem->cure, format, arguments);
    va_end(arguments);
}

static void add_size_fact(struct layout_problem *problem, const char *name, uint64_t size)
{
    char text[THOUSANDS_TEXT_SIZE];

    add_fact(problem, name, "%s bytes (0x%" PRIX64 ")", thousands(size, text), size);
}

/* "0x1000 to 0x2FFF" */
static void add_range_fact(struct layout_problem *problem, const char *name, uint64_t start,
                           uint64_t size)
{
    add_fact(problem, name, "0x%" PRIX64 " to 0x%" PRIX64, start, start + size - 1);
}

static const struct otter_flash_geometry *device_of(const struct check *check,
                                                    const struct otter_layout_area *area)
{
    return &check->layout->devices[area->device];
}

static struct otter_flash flash_of(const struct check *check, const struct otter_layout_area *area)
{
    return (struct otter_flash){ .geometry = device_of(check, area) };
}

/* The sector of an area's device that holds the device offset @p offset. */
static struct otter_sector sector_at(const struct check *check,
                                     const struct otter_layout_area *area, uint32_t offset)
{
    struct otter_flash flash = flash_of(check, area);
    struct otter_area whole = { .flash = &flash, .size = flash.geometry->size };
    struct otter_sector sector = { 0 };

    (void)otter_area_sector(&whole, offset, &sector);
    return sector;
}

static uint32_t largest_sector(const struct check *check, const struct otter_layout_area *area)
{
    uint32_t largest = 0;

    for (uint32_t at = area->offset; at < area->offset + area->size;) {
        struct otter_sector sector = sector_at(check, area, at);

        largest = sector.size > largest ? sector.size : largest;
        at = sector.offset + sector.size;
    }
    return largest;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* Devices */

static void check_sectors_fill_the_device(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->device_count; i++) {
        const struct otter_flash_geometry *device = &check->layout->devices[i];
        uint64_t sum = 0;

        for (uint8_t run = 0; run < device->run_count; run++) {
            sum += (uint64_t)device->runs[run].size * device->runs[run].count;
        }
        if (sum != device->size) {
            struct layout_problem *problem = add_problem(
                check, "the sectors of device \"%s\" do not add up to its size", device->name);
            add_size_fact(problem, "sectors", sum);
            add_size_fact(problem, "device", device->size);
            set_cure(problem, "Correct size or sectors by the part's data sheet.");
        }
    }
}

static void check_write_units(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->device_count; i++) {
        const struct otter_flash_geometry *device = &check->layout->devices[i];
        bool divides = true;

        for (uint8_t run = 0; run < device->run_count; run++) {
            divides = divides && device->runs[run].size % device->write_size == 0;
        }
        if (!is_power_of_two(device->write_size) || !divides) {
            struct layout_problem *problem =
                add_problem(check, "the write unit of device \"%s\" is %u bytes", device->name,
                            device->write_size);
            add_fact(problem, "expected", "1, 2, 4 ... 512, and sectors that are multiples of it");
            set_cure(problem, "Correct write_size by the part's data sheet.");
        }
    }
}

static void check_devices_have_room_in_the_address_space(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->device_count; i++) {
        const struct otter_flash_geometry *a = &check->layout->devices[i];

        if ((uint64_t)a->address + a->size > UINT64_C(0x100000000)) {
            struct layout_problem *problem =
                add_problem(check, "device \"%s\" ends beyond 4 GiB", a->name);
            add_range_fact(problem, a->name, a->address, a->size);
            set_cure(problem, "Correct its address or its size.");
        }
        for (uint8_t j = 0; j < i; j++) {
            const struct otter_flash_geometry *b = &check->layout->devices[j];

            if (overlap(a->address, a->size, b->address, b->size)) {
                struct layout_problem *problem =
                    add_problem(check, "devices \"%s\" and \"%s\" overlap in the address space",
                                b->name, a->name);
                add_range_fact(problem, b->name, b->address, b->size);
                add_range_fact(problem, a->name, a->address, a->size);
                set_cure(problem, "Correct their addresses.");
            }
        }
    }
}

/* Areas */

static void check_areas_lie_in_their_devices(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *area = &check->layout->areas[i];
        const struct otter_flash_geometry *device = device_of(check, area);

        if (area->offset > device->size || area->size > device->size - area->offset) {
            struct layout_problem *problem = add_problem(
                check, "area \"%s\" leaves its device \"%s\"", area->name, device->name);
            add_range_fact(problem, "area", area->offset, area->size);
            add_range_fact(problem, "device", 0, device->size);
            set_cure(problem, "Move it or make it smaller.");
        }
    }
}

static void check_areas_begin_and_end_on_sectors(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *row = &check->layout->areas[i];
        struct otter_flash flash = flash_of(check, row);
        struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };

        if (otter_area_sector_count(&area) == 0) {
            struct otter_sector sector = sector_at(check, row, row->offset);
            struct layout_problem *problem =
                add_problem(check, "area \"%s\" does not lie on sector boundaries", row->name);
            add_range_fact(problem, "area", row->offset, row->size);
            add_size_fact(problem, "sector there", sector.size);
            set_cure(problem, "Begin and end it on a sector boundary: erasing it would erase part "
                              "of its neighbour.");
        }
    }
}

static void check_areas_do_not_overlap(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *a = &check->layout->areas[i];

        for (uint8_t j = 0; j < i; j++) {
            const struct otter_layout_area *b = &check->layout->areas[j];

            if (a->device == b->device && overlap(a->offset, a->size, b->offset, b->size)) {
                struct layout_problem *problem =
                    add_problem(check, "areas \"%s\" and \"%s\" overlap", b->name, a->name);
                add_range_fact(problem, b->name, b->offset, b->size);
                add_range_fact(problem, a->name, a->offset, a->size);
                set_cure(problem, "Move one of them; \"otter layout show\" draws the gaps.");
            }
        }
    }
}

static bool is_slot(const struct otter_layout_area *area)
{
    return area->role == OTTER_AREA_PRIMARY || area->role == OTTER_AREA_SECONDARY;
}

static void check_areas_are_unique(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *a = &check->layout->areas[i];

        for (uint8_t j = 0; j < i; j++) {
            const struct otter_layout_area *b = &check->layout->areas[j];
            bool same_use =
                a->role == b->role && a->image == b->image && a->role != OTTER_AREA_USER;

            if (strcmp(a->name, b->name) == 0 || same_use) {
                struct layout_problem *problem =
                    add_problem(check, "areas \"%s\" and \"%s\" have the same %s", b->name, a->name,
                                same_use ? "role" : "name");
                add_fact(problem, "role", "%s", otter_area_role_name(a->role));
                set_cure(problem, "Rename or remove one of them; slots of further images say "
                                  "\"image\": 1 and so on.");
            }
        }
    }
}

static const struct otter_layout_area *find_fixed(const struct check *check,
                                                  const struct otter_layout_area *slot)
{
    for (size_t i = 0; i < check->file->fixed_count; i++) {
        const struct otter_layout_area *fixed = &check->file->fixed_slots[i];

        if (fixed->role == slot->role && fixed->image == slot->image) {
            return fixed;
        }
    }
    return NULL;
}

static void add_place_fact(struct layout_problem *problem, const struct check *check,
                           const char *name, const struct otter_layout_area *area)
{
    if (area == NULL) {
        add_fact(problem, name, "no such slot");
        return;
    }
    add_fact(problem, name, "%s, offset 0x%" PRIX32 ", 0x%" PRIX32 " bytes",
             device_of(check, area)->name, area->offset, area->size);
}

/* One slot as the layout has it, and as it is fixed; either may be missing. */
static void check_fixed_slot(struct check *check, const struct otter_layout_area *slot,
                             const struct otter_layout_area *fixed)
{
    const bool is_there = slot != NULL && fixed != NULL;

    if (is_there && slot->device == fixed->device && slot->offset == fixed->offset
        && slot->size == fixed->size) {
        return;
    }
    struct layout_problem *problem = add_problem(check, "slot \"%s\" is fixed, and was changed",
                                                 slot != NULL ? slot->name : fixed->name);
    add_place_fact(problem, check, "here", slot);
    add_place_fact(problem, check, "fixed", fixed);
    set_cure(problem, "Change it back: slots are fixed by %s. See %s.", check->file->fixed_about,
             check->file->fixed);
}

static void check_fixed_slots_were_not_changed(struct check *check)
{
    const struct layout_file *file = check->file;

    for (size_t i = 0; i < file->fixed_count; i++) {
        const struct otter_layout_area *fixed = &file->fixed_slots[i];

        check_fixed_slot(check, otter_layout_find(check->layout, fixed->role, fixed->image), fixed);
    }
    for (uint8_t i = 0; file->fixed_count > 0 && i < check->layout->area_count; i++) {
        const struct otter_layout_area *slot = &check->layout->areas[i];

        if (is_slot(slot) && find_fixed(check, slot) == NULL) {
            check_fixed_slot(check, slot, NULL);
        }
    }
}

static void check_only_slots_name_an_image(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *area = &check->layout->areas[i];

        if (area->image != 0 && !is_slot(area)) {
            struct layout_problem *problem = add_problem(
                check, "area \"%s\" is no slot but names image %u", area->name, area->image);
            set_cure(problem, "Remove \"image\" from it.");
        }
    }
}

/* Areas whose old contents must stay while the new ones are written. */
static const enum otter_area_role roles_of_two_sectors[] = { OTTER_AREA_JOURNAL,
                                                             OTTER_AREA_RECOVERY };

static void check_records_have_two_sectors(struct check *check)
{
    for (size_t i = 0; i < sizeof roles_of_two_sectors / sizeof roles_of_two_sectors[0]; i++) {
        const enum otter_area_role role = roles_of_two_sectors[i];
        const struct otter_layout_area *row = otter_layout_find(check->layout, role, 0);

        if (row == NULL) {
            continue;
        }
        struct otter_flash flash = flash_of(check, row);
        struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };
        if (otter_area_sector_count(&area) == 1) {
            struct layout_problem *problem = add_problem(check, "the %s \"%s\" has one sector",
                                                         otter_area_role_name(role), row->name);
            add_fact(problem, "expected", "2 or more");
            set_cure(problem, "Enlarge it: what one sector holds is lost when the power fails "
                              "while it is erased.");
        }
    }
}

static void check_golden_image_has_a_record(struct check *check)
{
    const struct otter_layout_area *golden = otter_layout_find(check->layout, OTTER_AREA_GOLDEN, 0);
    const struct otter_layout_area *recovery =
        otter_layout_find(check->layout, OTTER_AREA_RECOVERY, 0);
    const struct otter_layout_area *primary =
        otter_layout_find(check->layout, OTTER_AREA_PRIMARY, 0);

    if (golden == NULL || (recovery != NULL && recovery->device == primary->device)) {
        return;
    }
    struct layout_problem *problem = add_problem(
        check, "the golden image \"%s\" has no record beside the primary slot", golden->name);
    add_fact(problem, "recovery", "%s",
             recovery == NULL ? "there is none" : device_of(check, recovery)->name);
    add_fact(problem, "expected", "%s", device_of(check, primary)->name);
    set_cure(problem, "Add an area of two sectors with \"role\": \"recovery\" on the device of "
                      "the primary slot.");
}

/* Slots, and what else can only be asked of areas that lie on their device */

static void check_journal_sectors_are_large_enough(struct check *check)
{
    const struct otter_layout_area *row = otter_layout_find(check->layout, OTTER_AREA_JOURNAL, 0);

    if (row == NULL) {
        return;
    }
    struct otter_flash flash = flash_of(check, row);
    struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };
    if (!otter_journal_sectors_suffice(&area)) {
        struct layout_problem *problem =
            add_problem(check, "the sectors of the journal \"%s\" are too small", row->name);
        add_fact(problem, "write unit", "%u bytes; a record takes whole ones",
                 device_of(check, row)->write_size);
        set_cure(problem, "Move it to a device with larger sectors or smaller write units.");
    }
}

static void check_images_are_not_too_many(struct check *check)
{
    if (check->layout->image_count > LAYOUT_IMAGES_MAX) {
        struct layout_problem *problem =
            add_problem(check, "there are %u images", check->layout->image_count);
        add_fact(problem, "expected", "at most %d, with the numbers 0 to %d", LAYOUT_IMAGES_MAX,
                 LAYOUT_IMAGES_MAX - 1);
        set_cure(problem, "Number the images from 0 upwards, or put two of them into one.");
    }
}

static void check_each_image_has_two_slots(struct check *check)
{
    static const enum otter_area_role roles[] = { OTTER_AREA_PRIMARY, OTTER_AREA_SECONDARY };

    for (uint8_t image = 0; image < check->layout->image_count || image == 0; image++) {
        for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
            if (otter_layout_find(check->layout, roles[i], image) == NULL) {
                struct layout_problem *problem = add_problem(check, "image %u has no %s slot",
                                                             image, otter_area_role_name(roles[i]));
                set_cure(problem, "Add an area with \"role\": \"%s\" and \"image\": %u.",
                         otter_area_role_name(roles[i]), image);
            }
        }
    }
}

static void check_header_size(struct check *check)
{
    if (check->layout->header_size % VECTOR_TABLE_ALIGNMENT != 0) {
        struct layout_problem *problem =
            add_problem(check, "header_size is 0x%X", check->layout->header_size);
        add_fact(problem, "expected", "a multiple of 0x400");
        set_cure(problem, "Use 0x400: the program's vector table follows the header, and the CPU "
                          "wants it on a multiple of 1,024.");
    }
}

static void check_programs_are_aligned(struct check *check)
{
    for (uint8_t image = 0; image < check->layout->image_count; image++) {
        const struct otter_layout_area *area =
            otter_layout_find(check->layout, OTTER_AREA_PRIMARY, image);
        uint32_t address = device_of(check, area)->address + area->offset;

        if (address % VECTOR_TABLE_ALIGNMENT != 0) {
            struct layout_problem *problem =
                add_problem(check, "slot \"%s\" begins at 0x%08" PRIX32, area->name, address);
            add_fact(problem, "expected", "a multiple of 0x400");
            set_cure(problem, "Move it: the CPU wants the vector table behind the header on a "
                              "multiple of 1,024.");
        }
    }
}

static void check_trailer_alignment(struct check *check)
{
    const uint16_t align = check->layout->max_align;

    if (!is_power_of_two(align) || align < 8) {
        struct layout_problem *problem = add_problem(check, "max_align is %u", align);
        add_fact(problem, "expected", "8, 16, 32 ... 512");
        set_cure(problem, "Use 8 unless a slot's device has a larger write unit.");
        return;
    }
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *area = &check->layout->areas[i];
        uint16_t write_size = device_of(check, area)->write_size;

        if ((is_slot(area) || area->role == OTTER_AREA_SCRATCH) && write_size > align) {
            struct layout_problem *problem =
                add_problem(check, "area \"%s\" has a write unit of %u bytes, but max_align is %u",
                            area->name, write_size, align);
            set_cure(problem,
                     "Raise max_align to %u: two fields of the trailer would share a write unit.",
                     write_size);
        }
    }
}

static void check_trailer_has_room(struct check *check)
{
    uint32_t needed = check->report->trailer_size + check->layout->header_size;

    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *area = &check->layout->areas[i];

        if (is_slot(area) && area->size <= needed) {
            struct layout_problem *problem =
                add_problem(check, "slot \"%s\" has no room for a program", area->name);
            add_size_fact(problem, "slot", area->size);
            add_size_fact(problem, "trailer", check->report->trailer_size);
            add_size_fact(problem, "header", check->layout->header_size);
            set_cure(problem, "Enlarge the slot, or lower max_sectors if it was raised by hand.");
        }
    }
}

static void check_trailer_counts_all_sectors(struct check *check)
{
    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        const struct otter_layout_area *row = &check->layout->areas[i];
        struct otter_flash flash = flash_of(check, row);
        struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };

        if (is_slot(row) && otter_area_sector_count(&area) > check->layout->max_sectors) {
            struct layout_problem *problem =
                add_problem(check, "slot \"%s\" has more sectors than max_sectors", row->name);
            add_fact(problem, "sectors", "%" PRIu32, otter_area_sector_count(&area));
            add_fact(problem, "max_sectors", "%u", check->layout->max_sectors);
            set_cure(problem, "Remove max_sectors from the layout; it then follows the slots.");
        }
    }
}

/* Memory */

static void check_memory_does_not_overlap(struct check *check)
{
    for (size_t i = 0; i < check->file->memory_count; i++) {
        const struct layout_memory *a = &check->file->memory[i];

        for (size_t j = 0; j < i; j++) {
            const struct layout_memory *b = &check->file->memory[j];

            if (overlap(a->address, a->size, b->address, b->size)) {
                struct layout_problem *problem =
                    add_problem(check, "memory \"%s\" and \"%s\" overlap", b->name, a->name);
                add_range_fact(problem, b->name, b->address, b->size);
                add_range_fact(problem, a->name, a->address, a->size);
                set_cure(problem, "Move one of them: what bootloader, application and handover "
                                  "hold must survive the jump.");
            }
        }
    }
}

static void check_handover_has_room(struct check *check)
{
    const struct layout_memory *memory = layout_file_memory(check->file, "handover");

    if (memory != NULL && memory->size < OTTER_HANDOVER_SIZE) {
        struct layout_problem *problem = add_problem(check, "memory \"handover\" is too small");
        add_size_fact(problem, "found", memory->size);
        add_size_fact(problem, "expected", OTTER_HANDOVER_SIZE);
        set_cure(problem, "Enlarge it: the bootloader leaves a record there for the program.");
    }
}

/* Strategies */

static const struct otter_layout_area *slot(const struct check *check, enum otter_area_role role,
                                            uint8_t image)
{
    return otter_layout_find(check->layout, role, image);
}

static void check_slots_are_equal(struct check *check)
{
    for (uint8_t image = 0; image < check->layout->image_count; image++) {
        const struct otter_layout_area *primary = slot(check, OTTER_AREA_PRIMARY, image);
        const struct otter_layout_area *secondary = slot(check, OTTER_AREA_SECONDARY, image);

        if (primary->size != secondary->size) {
            struct layout_problem *problem =
                add_problem(check, "the slots of image %u differ in size", image);
            add_size_fact(problem, primary->name, primary->size);
            add_size_fact(problem, secondary->name, secondary->size);
            set_cure(problem, "Make them equal: a swap puts what lies in one into the other.");
        }
    }
}

/* Whether each sector boundary of @p coarse, seen from its start, is one of @p fine as well. */
static bool boundaries_nest(const struct check *check, const struct otter_layout_area *fine,
                            const struct otter_layout_area *coarse)
{
    for (uint32_t at = 0; at < coarse->size;) {
        struct otter_sector outer = sector_at(check, coarse, coarse->offset + at);
        struct otter_sector inner = sector_at(check, fine, fine->offset + at);

        if (inner.offset != fine->offset + at) {
            return false;
        }
        at += outer.size;
    }
    return true;
}

static void check_sectors_of_slots_nest(struct check *check)
{
    for (uint8_t image = 0; image < check->layout->image_count; image++) {
        const struct otter_layout_area *primary = slot(check, OTTER_AREA_PRIMARY, image);
        const struct otter_layout_area *secondary = slot(check, OTTER_AREA_SECONDARY, image);

        if (primary->size == secondary->size && !boundaries_nest(check, primary, secondary)
            && !boundaries_nest(check, secondary, primary)) {
            struct layout_problem *problem = add_problem(
                check, "the sectors of the slots of image %u do not fit each other", image);
            add_size_fact(problem, primary->name, largest_sector(check, primary));
            add_size_fact(problem, secondary->name, largest_sector(check, secondary));
            set_cure(problem, "Move the slots so that each end of a large sector is the end of a "
                              "small one in the other slot.");
        }
    }
}

static void check_scratch_holds_a_sector(struct check *check)
{
    const struct otter_layout_area *scratch =
        otter_layout_find(check->layout, OTTER_AREA_SCRATCH, 0);
    uint32_t largest = 0;

    for (uint8_t i = 0; i < check->layout->area_count; i++) {
        if (is_slot(&check->layout->areas[i])) {
            uint32_t size = largest_sector(check, &check->layout->areas[i]);
            largest = size > largest ? size : largest;
        }
    }
    if (scratch == NULL) {
        struct layout_problem *problem = add_problem(check, "there is no scratch area");
        add_size_fact(problem, "expected", largest);
        set_cure(problem, "Add an area with \"role\": \"scratch\", at least as large as the "
                          "largest sector of the slots.");
        return;
    }
    if (scratch->size < largest) {
        struct layout_problem *problem =
            add_problem(check, "the scratch area \"%s\" is too small", scratch->name);
        add_size_fact(problem, "scratch", scratch->size);
        add_size_fact(problem, "largest sector", largest);
        set_cure(problem, "Enlarge it to at least the largest sector of the slots.");
    }
}

/* Sectors of both slots of an image, the largest. */
static uint32_t largest_sector_of_slots(const struct check *check, uint8_t image)
{
    const uint32_t primary = largest_sector(check, slot(check, OTTER_AREA_PRIMARY, image));
    const uint32_t secondary = largest_sector(check, slot(check, OTTER_AREA_SECONDARY, image));

    return primary > secondary ? primary : secondary;
}

static void check_staging_offset_is_a_sector(struct check *check)
{
    for (uint8_t image = 0; image < check->layout->image_count; image++) {
        const uint32_t largest = largest_sector_of_slots(check, image);

        if (check->layout->staging_offset != largest) {
            struct layout_problem *problem =
                add_problem(check, "staging_offset is 0x%" PRIX32, check->layout->staging_offset);
            add_size_fact(problem, "sector", largest);
            set_cure(problem,
                     "Set \"staging_offset\": \"0x%" PRIX32
                     "\": the swap needs one free sector below the staged image.",
                     largest);
        }
    }
}

typedef void rule(struct check *check);

static rule *const device_rules[] = {
    check_sectors_fill_the_device,
    check_write_units,
    check_devices_have_room_in_the_address_space,
    NULL,
};

static rule *const area_rules[] = {
    check_areas_lie_in_their_devices,
    check_areas_begin_and_end_on_sectors,
    check_areas_do_not_overlap,
    check_areas_are_unique,
    check_fixed_slots_were_not_changed,
    check_only_slots_name_an_image,
    check_records_have_two_sectors,
    check_memory_does_not_overlap,
    check_handover_has_room,
    check_images_are_not_too_many,
    check_each_image_has_two_slots,
    NULL,
};

static rule *const slot_rules[] = {
    check_header_size,
    check_programs_are_aligned,
    check_trailer_alignment,
    check_trailer_has_room,
    check_trailer_counts_all_sectors,
    check_golden_image_has_a_record,
    check_journal_sectors_are_large_enough,
    NULL,
};

static rule *const swap_scratch_rules[] = {
    check_slots_are_equal,
    check_sectors_of_slots_nest,
    check_scratch_holds_a_sector,
    NULL,
};

static rule *const swap_offset_rules[] = { check_staging_offset_is_a_sector, NULL };

/* What a strategy asks of a layout, with facts and cures. libs/boot has the last word, in fewer. */
static const struct strategy_rules {
    const char *name;
    rule *const *rules;
} strategy_rules[] = {
    { "swap-scratch", swap_scratch_rules },
    { "swap-offset", swap_offset_rules },
    { "swap-status", swap_scratch_rules },
};

/* @return true if no rule complained */
static bool apply(struct check *check, rule *const rules[])
{
    size_t before = check->report->problem_count;

    for (; *rules != NULL; rules++) {
        (*rules)(check);
    }
    return check->report->problem_count == before;
}

static const struct otter_strategy *find_strategy(struct check *check)
{
    char names[112] = "";

    for (const struct otter_strategy *const *each = otter_strategies; *each != NULL; each++) {
        size_t length = strlen(names);

        if (strcmp(otter_strategy_name(*each), check->strategy) == 0) {
            return *each;
        }
        (void)snprintf(names + length, sizeof names - length, "%s%s", length > 0 ? ", " : "",
                       otter_strategy_name(*each));
    }
    struct layout_problem *problem =
        add_problem(check, "there is no strategy \"%s\"", check->strategy);
    add_fact(problem, "expected", "%s", names);
    set_cure(problem, "Correct \"strategy\" in the layout, or --strategy.");
    return NULL;
}

static bool apply_strategy_rules(struct check *check)
{
    bool silent = true;

    for (size_t i = 0; i < sizeof strategy_rules / sizeof strategy_rules[0]; i++) {
        if (strcmp(strategy_rules[i].name, check->strategy) == 0) {
            silent = apply(check, strategy_rules[i].rules);
        }
    }
    return silent;
}

static void ask_the_bootloader(struct check *check, const struct otter_strategy *strategy)
{
    for (uint8_t image = 0; image < check->layout->image_count; image++) {
        const char *because = NULL;
        uint32_t size = otter_strategy_max_image_size(strategy, check->layout, image, &because);

        if (size == 0) {
            struct layout_problem *problem =
                add_problem(check, "the bootloader cannot work with image %u: %s", image, because);
            set_cure(problem, "Change the layout, or take another strategy.");
        }
        check->report->max_image_size[image] = size;
    }
}

void layout_check(const struct layout_file *file, const char *strategy_name,
                  struct layout_report *report)
{
    struct check check = {
        .file = file, .layout = &file->layout, .strategy = strategy_name, .report = report
    };
    struct otter_trailer_shape shape = otter_trailer_shape(&file->layout);

    *report = (struct layout_report){ 0 };
    const struct otter_strategy *strategy = find_strategy(&check);
    if (!apply(&check, device_rules) || !apply(&check, area_rules)) {
        return;
    }
    report->trailer_size = otter_trailer_size(&shape);
    bool slots_work = apply(&check, slot_rules);
    if (strategy != NULL && apply_strategy_rules(&check) && slots_work) {
        ask_the_bootloader(&check, strategy);
    }
}

bool layout_has_image(const struct layout_file *file, uint32_t number)
{
    const unsigned count = file->layout.image_count;

    if (number < count) {
        return true;
    }
    message_error("%s/%s has no image %" PRIu32, file->layout.board, file->layout.name, number);
    message_fact("images", "0 to %u", count - 1);
    return false;
}

void layout_check_image(const char *name, uint8_t number, size_t size, struct layout_report *report)
{
    const uint32_t largest = report->max_image_size[number];
    struct check check = { .report = report };
    char text[THOUSANDS_TEXT_SIZE];

    if (size <= largest) {
        return;
    }
    struct layout_problem *problem = add_problem(&check, "%s does not fit the slots", name);
    add_size_fact(problem, "image", size);
    add_size_fact(problem, "largest", largest);
    set_cure(problem, "Shrink the program by %s bytes, or enlarge both slots in the layout.",
             thousands(size - largest, text));
}
