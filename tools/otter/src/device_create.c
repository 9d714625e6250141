/* SPDX-License-Identifier: Apache-2.0 */

/* otter device create, otter device program: what is written into a flash file from outside, as a
 * factory would. */

#include <stdlib.h>
#include <string.h>

#include "otter/image.h"
#include "otter/settings.h"

#include "device.h"
#include "flash_image.h"
#include "message.h"

static struct {
    const char *layout;
    const char *image;
    const char *output;
    struct option_list settings;
    struct option_list setting_files;
} create;

const struct option_row device_create_options[] = {
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &create.layout, true, "layout file of the board" },
    { "image", 'i', "FILE", OPTION_TEXT, &create.image, false,
      "signed image for the primary slot (default: none)" },
    { "setting", 's', "NAME=VALUE", OPTION_LIST, &create.settings, false, "provision a setting" },
    { "setting-file", 0, "NAME=FILE", OPTION_LIST, &create.setting_files, false,
      "provision a setting from a file: certificates, keys" },
    { "output", 'o', "FLASH.bin", OPTION_TEXT, &create.output, true, "flash file to write" },
    { 0 },
};

/* Split "name=value". @return the value, or NULL after a complaint */
static const char *split_setting(const char *option, const char *text, char name[64])
{
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : 0;

    if (length < 1 || length > 63) {
        message_error("--%s is \"%s\"", option, text);
        message_fact("expected", "a name of 1 to 63 characters, '=', and %s",
                     strcmp(option, "setting") == 0 ? "its value" : "a file");
        return NULL;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    return equals + 1;
}

static bool add_settings(struct otter_settings_writer *writer)
{
    char name[64];

    for (int i = 0; i < create.settings.count; i++) {
        const char *value = split_setting("setting", create.settings.items[i], name);
        if (value == NULL) {
            return false;
        }
        otter_settings_writer_add(writer, name, value, strlen(value));
    }
    return true;
}

static bool add_setting_files(struct otter_settings_writer *writer)
{
    char name[64];

    for (int i = 0; i < create.setting_files.count; i++) {
        struct file_bytes value;
        const char *path = split_setting("setting-file", create.setting_files.items[i], name);
        if (path == NULL || !file_load(path, &value)) {
            return false;
        }
        otter_settings_writer_add(writer, name, value.bytes, value.size);
        file_free(&value);
    }
    return true;
}

static bool finish_settings(struct otter_settings_writer *writer, const struct otter_area *area)
{
    char text[THOUSANDS_TEXT_SIZE];
    enum otter_result result = otter_settings_writer_finish(writer);

    if (result == OTTER_OK) {
        return flash_image_fill(area, "the settings", writer->bytes, writer->length);
    }
    if (result == OTTER_ERR_NO_SPACE) {
        message_error("the settings do not fit their area of %s bytes",
                      thousands(area->size, text));
        message_next("Give fewer or shorter ones, or enlarge the area in the layout.");
        return false;
    }
    message_error("a setting's name is malformed, or comes twice");
    message_fact("expected", "printable ASCII without spaces, each name once");
    return false;
}

static bool write_settings(const struct flash_image *flash)
{
    struct otter_settings_writer writer;
    struct otter_area area;

    if (create.settings.count + create.setting_files.count == 0) {
        return true;
    }
    if (!flash_image_open(flash, OTTER_AREA_SETTINGS, 0, &area)) {
        message_error("the layout has no settings area");
        message_next("Add one, or leave --setting and --setting-file away.");
        return false;
    }
    uint8_t *room = malloc(area.size);
    if (room == NULL) {
        message_error("there is no memory for the settings");
        return false;
    }
    otter_settings_writer_init(&writer, room, area.size);
    bool written =
        add_settings(&writer) && add_setting_files(&writer) && finish_settings(&writer, &area);
    free(room);
    return written;
}

/* A factory programs whole images only; "device program" takes anything. */
static bool is_image(const char *path, const struct file_bytes *bytes,
                     const struct layout_report *report)
{
    struct memory_flash memory;
    struct otter_image image;

    if (bytes->size == 0) {
        message_error("%s is empty", path);
        return false;
    }
    struct otter_area area = memory_flash_over_file(&memory, bytes->bytes, bytes->size);
    enum otter_result result = otter_image_open(&area, 0, area.size, &image);
    if (result == OTTER_OK && image.size > report->max_image_size[0]) {
        result = OTTER_ERR_IMAGE_TOO_BIG;
    }
    if (result != OTTER_OK) {
        message_result(path, result);
    }
    return result == OTTER_OK;
}

static bool write_image(const struct flash_image *flash, const struct layout_report *report)
{
    struct otter_area primary;
    struct file_bytes bytes;

    if (create.image == NULL) {
        return true;
    }
    if (!flash_image_open(flash, OTTER_AREA_PRIMARY, 0, &primary)) {
        message_error("the layout has no primary slot in its flash file");
        return false;
    }
    if (!file_load(create.image, &bytes)) {
        return false;
    }
    bool written = is_image(create.image, &bytes, report)
                   && flash_image_fill(&primary, create.image, bytes.bytes, bytes.size);
    file_free(&bytes);
    return written;
}

/* A device's settings hold its private key, and so does the file: only its owner may read it. */
static bool store_flash(const struct flash_image *flash)
{
    bool is_secret = create.settings.count + create.setting_files.count > 0;

    return (is_secret ? file_store_secret : file_store)(create.output, flash->bytes.bytes,
                                                        flash->bytes.size);
}

static bool create_flash(const struct layout_file *file, const struct layout_report *report)
{
    struct flash_image flash;

    if (!flash_image_create(&flash, file)) {
        return false;
    }
    bool created = write_image(&flash, report) && write_settings(&flash) && store_flash(&flash);
    flash_image_free(&flash);
    return created;
}

enum command_status device_create(int operand_count, char **operands)
{
    struct layout_report report;
    struct layout_file *file = device_load_layout(create.layout, &report);

    (void)operand_count;
    (void)operands;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    bool created = create_flash(file, &report);
    layout_file_free(file);
    return created ? COMMAND_DONE : COMMAND_WRONG;
}

static struct {
    const char *layout;
    const char *area;
} program;

const struct option_row device_program_options[] = {
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &program.layout, true, "layout file of the board" },
    { "area", 'a', "NAME", OPTION_TEXT, &program.area, true, "area to program" },
    { 0 },
};

/* A staged image lies where the layout says, unless the file is a whole slot. */
static uint32_t start_in(const struct layout_file *file, size_t size)
{
    const struct otter_layout_area *row = layout_file_area(file, program.area);
    const bool is_staged = row != NULL && row->role == OTTER_AREA_SECONDARY && size < row->size;

    return is_staged ? file->layout.staging_offset : 0;
}

static bool program_area(const struct layout_file *file, const char *path, const char *flash_path)
{
    struct flash_image flash;
    struct otter_area area;
    struct file_bytes bytes;

    if (!file_load(path, &bytes)) {
        return false;
    }
    bool programmed = flash_image_load(&flash, file, flash_path);
    if (programmed) {
        programmed =
            flash_image_open_named(&flash, program.area, &area)
            && flash_image_fill_at(&area, start_in(file, bytes.size), path, bytes.bytes, bytes.size)
            && flash_image_store_area(&flash, &area, flash_path);
        flash_image_free(&flash);
    }
    file_free(&bytes);
    return programmed;
}

enum command_status device_program(int operand_count, char **operands)
{
    struct layout_report report;
    struct layout_file *file = device_load_layout(program.layout, &report);

    (void)operand_count;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    bool programmed = program_area(file, operands[0], operands[1]);
    layout_file_free(file);
    return programmed ? COMMAND_DONE : COMMAND_WRONG;
}
