/* SPDX-License-Identifier: Apache-2.0 */

/* otter device inspect: what a flash file says, in words or as JSON. Of the settings only names are
 * shown, since their values include private keys. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/settings.h"

#include "device.h"
#include "device_facts.h"
#include "image_check.h"
#include "json.h"
#include "message.h"

static struct {
    const char *layout;
    const char *key;
    bool json;
} options;

const struct option_row device_inspect_options[] = {
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &options.layout, true, "layout file of the board" },
    { "key", 'k', "KEY.pem", OPTION_TEXT, &options.key, false,
      "check signatures with this key, public or private" },
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "print the facts as JSON" },
    { 0 },
};

static const char *signature_text(enum otter_result signature)
{
    switch ((int)signature) {
    case OTTER_OK:
        return "right, by this key";
    case OTTER_AGAIN:
        return "not checked: give --key";
    default:
        return otter_result_meaning(signature);
    }
}

static const char *layout_text(const struct slot_facts *slot)
{
    if (!slot->names_layout) {
        return "not said";
    }
    return slot->layout_fits ? "this one" : "another one: the bootloader will refuse it";
}

static void print_row(const char *name, const char *text)
{
    (void)printf("  %-13s %s\n", name, text);
}

static void print_slot(const struct slot_facts *slot)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    char text[THOUSANDS_TEXT_SIZE];

    (void)printf("\n%s\n", slot->row->name);
    if (slot->found != OTTER_OK) {
        print_row("image", otter_result_meaning(slot->found));
    } else {
        otter_version_format(&slot->image.header.version, version);
        (void)printf("  %-13s %s, %s bytes\n", "image", version, thousands(slot->image.size, text));
        print_row("hash", slot->hash == OTTER_OK ? "right" : otter_result_meaning(slot->hash));
        print_row("signature", signature_text(slot->signature));
        print_row("made for", layout_text(slot));
        print_row("would start",
                  slot->answer.result == OTTER_OK ? "yes" : otter_result_name(slot->answer.result));
    }
    print_row("trailer", slot->standing);
}

static void print_record(const struct record_facts *record)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    if (!record->is_known) {
        (void)printf("  %-13s %zu bytes\n", device_record_name(record->kind), record->size);
        return;
    }
    otter_version_format(&record->version, version);
    (void)printf("  %-13s %s, digest ", device_record_name(record->kind), version);
    for (int i = 0; i < 4; i++) {
        (void)printf("%02x", record->digest[i]);
    }
    if (record->kind == OTTER_JOURNAL_ATTEMPT) {
        (void)printf("..., %s\n", record->is_requested ? "its request was written"
                                                       : "its request was about to be written");
    } else {
        (void)puts("..., will not be installed again");
    }
}

/* The settings of a flash, loaded into memory that the caller frees. */
static uint8_t *load_settings(const struct flash_image *flash, struct otter_settings *settings,
                              enum otter_result *result)
{
    struct otter_area area;

    *settings = (struct otter_settings){ 0 };
    if (!flash_image_open(flash, OTTER_AREA_SETTINGS, 0, &area)) {
        *result = OTTER_ERR_NOT_FOUND;
        return NULL;
    }
    uint8_t *room = malloc(area.size);
    *result =
        room != NULL ? otter_settings_load(&area, room, area.size, settings) : OTTER_ERR_NO_SPACE;
    return room;
}

static void print_settings(const struct flash_image *flash)
{
    struct otter_settings settings;
    enum otter_result result = OTTER_OK;
    uint8_t *room = load_settings(flash, &settings, &result);
    const char *name = NULL;

    (void)puts("\nsettings");
    if (result == OTTER_ERR_NOT_FOUND) {
        (void)puts("  none");
    } else if (result != OTTER_OK) {
        (void)puts("  damaged");
    }
    while ((name = otter_settings_next_name(&settings, name)) != NULL) {
        (void)printf("  %s\n", name);
    }
    free(room);
}

static void print_facts(const struct flash_image *flash, const struct device_facts *facts)
{
    print_slot(&facts->primary);
    print_slot(&facts->secondary);
    (void)printf("\nnext boot\n  %s (%s)\n", device_decision_text(facts), facts->because);
    (void)puts("\njournal");
    for (size_t i = 0; i < facts->record_count; i++) {
        print_record(&facts->records[i]);
    }
    if (facts->record_count == 0) {
        (void)puts("  empty");
    }
    print_settings(flash);
}

static cJSON *trailer_json(const struct otter_trailer *trailer)
{
    cJSON *item = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(item, "magic", otter_flag_name(trailer->magic));
    (void)cJSON_AddStringToObject(item, "copy_done", otter_flag_name(trailer->copy_done));
    (void)cJSON_AddStringToObject(item, "image_ok", otter_flag_name(trailer->image_ok));
    (void)cJSON_AddStringToObject(item, "swap_type", otter_swap_type_name(trailer->swap_type));
    return item;
}

static cJSON *slot_json(const struct slot_facts *slot)
{
    cJSON *item = cJSON_CreateObject();
    char version[OTTER_VERSION_TEXT_SIZE];

    (void)cJSON_AddStringToObject(item, "found", otter_result_name(slot->found));
    if (slot->found == OTTER_OK) {
        otter_version_format(&slot->image.header.version, version);
        (void)cJSON_AddStringToObject(item, "version", version);
        (void)cJSON_AddNumberToObject(item, "size", slot->image.size);
        (void)cJSON_AddBoolToObject(item, "hash_ok", slot->hash == OTTER_OK);
        if (slot->signature != OTTER_AGAIN) {
            (void)cJSON_AddStringToObject(item, "signature", otter_result_name(slot->signature));
        }
        (void)cJSON_AddBoolToObject(item, "names_layout", slot->names_layout);
        (void)cJSON_AddBoolToObject(item, "layout_fits", slot->layout_fits);
    }
    image_check_json(item, &slot->answer);
    (void)cJSON_AddStringToObject(item, "standing", slot->standing);
    (void)cJSON_AddItemToObject(item, "trailer", trailer_json(&slot->trailer));
    return item;
}

static cJSON *journal_json(const struct device_facts *facts)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < facts->record_count; i++) {
        const struct record_facts *record = &facts->records[i];
        cJSON *item = cJSON_CreateObject();
        char version[OTTER_VERSION_TEXT_SIZE];

        (void)cJSON_AddStringToObject(item, "kind", device_record_name(record->kind));
        if (record->is_known) {
            otter_version_format(&record->version, version);
            (void)cJSON_AddStringToObject(item, "version", version);
            json_add_hex(item, "digest", record->digest, sizeof record->digest);
            (void)cJSON_AddBoolToObject(item, "requested", record->is_requested);
        }
        (void)cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *settings_json(const struct flash_image *flash)
{
    struct otter_settings settings;
    enum otter_result result = OTTER_OK;
    uint8_t *room = load_settings(flash, &settings, &result);
    cJSON *list = cJSON_CreateArray();
    const char *name = NULL;

    while ((name = otter_settings_next_name(&settings, name)) != NULL) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(name));
    }
    free(room);
    return list;
}

static void print_json(const struct flash_image *flash, const struct device_facts *facts)
{
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(root, "board", flash->file->layout.board);
    (void)cJSON_AddStringToObject(root, "layout", flash->file->layout.name);
    (void)cJSON_AddItemToObject(root, "primary", slot_json(&facts->primary));
    (void)cJSON_AddItemToObject(root, "secondary", slot_json(&facts->secondary));
    (void)cJSON_AddBoolToObject(root, "swap_under_way", facts->swap_under_way);
    (void)cJSON_AddStringToObject(root, "next_boot", otter_swap_type_name(facts->next_boot));
    (void)cJSON_AddStringToObject(root, "because", facts->because);
    (void)cJSON_AddItemToObject(root, "journal", journal_json(facts));
    (void)cJSON_AddItemToObject(root, "settings", settings_json(flash));
    json_print(root);
}

static enum command_status inspect(const struct layout_file *file, uint32_t max_image_size,
                                   const char *path, const struct image_trust *trust)
{
    static struct device_facts facts; /* large */
    struct flash_image flash;

    if (!flash_image_load(&flash, file, path)) {
        return COMMAND_WRONG;
    }
    device_facts_read(&flash, max_image_size, trust, &facts);
    if (options.json) {
        print_json(&flash, &facts);
    } else {
        (void)printf("%s: %s with layout %s\n", path, file->layout.board, file->layout.name);
        print_facts(&flash, &facts);
    }
    flash_image_free(&flash);
    return COMMAND_DONE;
}

static enum command_status inspect_with_key(const struct layout_file *file, uint32_t max_image_size,
                                            const char *path)
{
    static struct image_trust trust; /* large */
    enum command_status status = COMMAND_WRONG;

    if (image_trust_load(&trust, &options.key, options.key != NULL ? 1 : 0, NULL)) {
        status = inspect(file, max_image_size, path, &trust);
    }
    image_trust_free(&trust);
    return status;
}

enum command_status device_inspect(int operand_count, char **operands)
{
    struct layout_report report;
    struct layout_file *file = device_load_layout(options.layout, &report);

    (void)operand_count;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    enum command_status status = inspect_with_key(file, report.max_image_size[0], operands[0]);
    layout_file_free(file);
    return status;
}
