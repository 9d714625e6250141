/* SPDX-License-Identifier: Apache-2.0 */

/* otter image info. A file that is as large as a layout's flash is one; an archive is a bundle; any
 * other begins with an image, and may end in a trailer. */

#include "image_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle_file.h"
#include "bundle_info.h"
#include "device.h"
#include "device_facts.h"
#include "flash_image.h"
#include "image_describe.h"
#include "image_file.h"
#include "json.h"
#include "message.h"

/* Everything that one run works on. */
struct question {
    const struct image_info_options *options;
    const char *path;
    struct image_trust trust;
    struct layout_file *layout; /* NULL: none */
    uint32_t max_image_size;
    struct image_file file;
    struct flash_image flash;
    struct image_answer answer;
};

static bool load_trust(struct question *question)
{
    const struct image_info_options *options = question->options;
    struct layout_report report;

    if (!image_trust_load(&question->trust, options->keys.items, options->keys.count,
                          options->passphrase_file)
        || !image_trust_load_decryption_key(&question->trust, options->decryption_key,
                                            options->passphrase_file)) {
        return false;
    }
    if (options->layout == NULL) {
        return true;
    }
    question->layout = device_load_layout(options->layout, &report);
    if (question->layout == NULL) {
        return false;
    }
    image_trust_use_layout(&question->trust, question->layout);
    question->max_image_size = report.max_image_size[0];
    return true;
}

/* ---- an image, or a slot --------------------------------------------------------------------- */

/* What the trailer of a padded file asks for; the slot that it is for is not known. */
static const char *request_text(const struct otter_trailer *trailer)
{
    if (trailer->copy_done == OTTER_FLAG_SET) {
        return trailer->image_ok == OTTER_FLAG_SET ? "of a primary slot: confirmed"
                                                   : "of a primary slot: on trial";
    }
    return trailer->image_ok == OTTER_FLAG_SET ? "to be installed for good, or confirmed"
                                               : "to be installed on trial";
}

static void print_trailer(const struct image_file *file)
{
    struct otter_trailer trailer;
    char size[THOUSANDS_TEXT_SIZE];
    const uint16_t spacing = image_file_trailer(&file->area, &trailer);

    if (spacing != 0) {
        describe_row("padded to", "a slot of %s bytes, trailer with --max-align %u",
                     thousands(file->bytes.size, size), spacing);
        describe_row("trailer", "%s", request_text(&trailer));
    }
}

static void add_trailer(cJSON *root, const struct image_file *file)
{
    struct otter_trailer trailer;
    const uint16_t spacing = image_file_trailer(&file->area, &trailer);

    if (spacing == 0) {
        return;
    }
    cJSON *item = cJSON_AddObjectToObject(root, "trailer");
    (void)cJSON_AddNumberToObject(item, "slot_size", (double)file->bytes.size);
    (void)cJSON_AddNumberToObject(item, "max_align", spacing);
    (void)cJSON_AddBoolToObject(item, "confirmed", trailer.image_ok == OTTER_FLAG_SET);
}

static void tell_image(const struct question *question)
{
    const struct image_file *file = &question->file;
    struct otter_trailer trailer;
    const bool is_slot = image_file_trailer(&file->area, &trailer) != 0;

    if (question->options->json) {
        cJSON *root = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(root, "file", question->path);
        (void)cJSON_AddStringToObject(root, "kind", is_slot ? "slot" : "image");
        image_describe_json(root, &question->answer, &question->trust);
        add_trailer(root, file);
        json_print(root);
    } else {
        (void)printf("%s: %s\n", question->path, is_slot ? "a whole slot" : "an image");
        image_describe(&question->answer, &question->trust);
        print_trailer(file);
    }
}

/* The dump of a secondary slot begins with its free sector, if the layout wants one there. */
static struct otter_area area_with_image(const struct question *question)
{
    const uint32_t start = question->layout != NULL ? question->layout->layout.staging_offset : 0;
    struct otter_area area = question->file.area;
    struct otter_image image;

    if (start < area.size
        && otter_image_open(&area, 0, area.size, &image) == OTTER_ERR_EMPTY_SLOT) {
        area.offset += start;
        area.size -= start;
    }
    return area;
}

static enum command_status explain_image(struct question *question)
{
    const struct otter_area area = area_with_image(question);

    image_check(&area, question->layout != NULL ? question->max_image_size : UINT32_MAX,
                &question->trust, &question->answer);
    tell_image(question);
    return question->answer.is_image ? COMMAND_DONE : COMMAND_NO;
}

/* ---- a flash --------------------------------------------------------------------------------- */

static bool is_flash(const struct question *question)
{
    return question->layout != NULL && question->layout->flash_size != 0
           && question->file.bytes.size == question->layout->flash_size;
}

static bool is_erased(const struct otter_area *area)
{
    uint8_t piece[256];

    for (uint32_t at = 0; at < area->size; at += sizeof piece) {
        const uint32_t left = area->size - at;
        const size_t size = left < sizeof piece ? left : sizeof piece;

        (void)otter_area_read(area, at, piece, size);
        for (size_t i = 0; i < size; i++) {
            if (piece[i] != otter_area_erased_byte(area)) {
                return false;
            }
        }
    }
    return true;
}

/* The facts about a slot; NULL for any other area. */
static const struct slot_facts *slot_of(const struct device_facts *facts,
                                        const struct otter_layout_area *row)
{
    if (row == facts->primary.row) {
        return &facts->primary;
    }
    return row == facts->secondary.row ? &facts->secondary : NULL;
}

static void print_area(const struct question *question, const struct device_facts *facts,
                       const struct otter_layout_area *row)
{
    const struct slot_facts *slot = slot_of(facts, row);
    char size[THOUSANDS_TEXT_SIZE];
    struct otter_area area;
    uint32_t offset = 0;

    if (!layout_file_flash_offset(question->layout, row, &offset)
        || !flash_image_open_named(&question->flash, row->name, &area)) {
        return;
    }
    (void)printf("\n%s (%s): 0x%" PRIx32 ", %s bytes%s\n", row->name,
                 otter_area_role_name(row->role), offset, thousands(row->size, size),
                 slot == NULL && is_erased(&area) ? ", erased" : "");
    if (slot != NULL) {
        image_describe(&slot->answer, &question->trust);
        describe_row("trailer", "%s", slot->standing);
    }
}

static void add_area(cJSON *list, const struct question *question, const struct device_facts *facts,
                     const struct otter_layout_area *row)
{
    const struct slot_facts *slot = slot_of(facts, row);
    struct otter_area area;
    uint32_t offset = 0;

    if (!layout_file_flash_offset(question->layout, row, &offset)
        || !flash_image_open_named(&question->flash, row->name, &area)) {
        return;
    }
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "name", row->name);
    (void)cJSON_AddStringToObject(item, "role", otter_area_role_name(row->role));
    (void)cJSON_AddNumberToObject(item, "offset", offset);
    (void)cJSON_AddNumberToObject(item, "bytes", row->size);
    (void)cJSON_AddBoolToObject(item, "erased", is_erased(&area));
    if (slot != NULL) {
        cJSON *image = cJSON_AddObjectToObject(item, "image");

        image_describe_json(image, &slot->answer, &question->trust);
        (void)cJSON_AddStringToObject(item, "standing", slot->standing);
    }
    (void)cJSON_AddItemToArray(list, item);
}

static void tell_flash(const struct question *question, const struct device_facts *facts)
{
    const struct otter_layout *layout = &question->layout->layout;
    cJSON *root = question->options->json ? cJSON_CreateObject() : NULL;
    cJSON *list = root != NULL ? cJSON_AddArrayToObject(root, "areas") : NULL;

    if (root == NULL) {
        (void)printf("%s: the flash of %s with layout %s\n", question->path, layout->board,
                     layout->name);
    }
    for (uint8_t i = 0; i < layout->area_count; i++) {
        if (root != NULL) {
            add_area(list, question, facts, &layout->areas[i]);
        } else {
            print_area(question, facts, &layout->areas[i]);
        }
    }
    if (root == NULL) {
        (void)printf("\nnext boot\n  %s (%s)\n", device_decision_text(facts), facts->because);
        return;
    }
    (void)cJSON_AddStringToObject(root, "file", question->path);
    (void)cJSON_AddStringToObject(root, "kind", "flash");
    (void)cJSON_AddStringToObject(root, "next_boot", device_decision_text(facts));
    (void)cJSON_AddStringToObject(root, "because", facts->because);
    json_print(root);
}

static enum command_status explain_flash(struct question *question)
{
    static struct device_facts facts; /* large */

    if (!flash_image_load(&question->flash, question->layout, question->path)) {
        return COMMAND_WRONG;
    }
    device_facts_read(&question->flash, question->max_image_size, &question->trust, &facts);
    tell_flash(question, &facts);
    flash_image_free(&question->flash);
    return COMMAND_DONE;
}

static enum command_status explain(struct question *question)
{
    if (is_flash(question)) {
        return explain_flash(question);
    }
    return bundle_file_is_archive(&question->file.bytes) ? bundle_info(
               question->path, &question->file.bytes, &question->trust, question->options->json)
                                                         : explain_image(question);
}

enum command_status image_info(const struct image_info_options *options, const char *path)
{
    static struct question question; /* large, and a process asks once */
    enum command_status status = COMMAND_WRONG;

    question = (struct question){ .options = options, .path = path };
    if (load_trust(&question) && image_file_read(path, &question.file)) {
        status = explain(&question);
    }
    image_file_free(&question.file);
    layout_file_free(question.layout);
    image_trust_free(&question.trust);
    return status;
}
