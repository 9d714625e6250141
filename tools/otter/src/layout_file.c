/* SPDX-License-Identifier: Apache-2.0 */

/* Reads a layout file. Each object of the file has a table of its keys; what a table does not name
 * is refused, since a misspelt key that is silently ignored costs a board. */

#include "layout_file.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"

/* Where we are, for complaints. */
struct reader {
    const char *name;
    char *problem;
    char place[64]; /* "" or "areas[2]." */
};

enum field_kind {
    FIELD_TEXT, /* const char *: any text */
    FIELD_NAME, /* const char *: a word of letters, digits, '-', '_' and '.' */
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_OTHER, /* a list or an object; read by a function of its own */
};

/* One key of an object, and where its value goes in the struct for that object. */
struct field {
    const char *key;
    enum field_kind kind;
    bool required;
    size_t offset;
    uint32_t least;
    uint32_t most;
};

struct raw_file {
    const char *board;
    const char *name;
    const char *about;
    const char *strategy;
    const char *fixed;
    uint16_t header_size;
    uint16_t max_sectors;
    uint16_t max_align;
    uint32_t staging_offset;
};

struct raw_device {
    const char *name;
    uint32_t address;
    uint32_t size;
    uint32_t sector_size;
    uint16_t write_size;
    uint8_t erased_byte;
};

struct raw_area {
    const char *name;
    const char *role;
    const char *device;
    uint32_t offset;
    uint32_t size;
    uint8_t image;
};

struct raw_range {
    const char *name;
    uint32_t address;
    uint32_t size;
};

struct raw_record {
    const char *about;
};

/* clang-format off */
static const struct field file_fields[] = {
    /* key            kind         required  offset                                  least  most */
    { "board",        FIELD_NAME,  true,  offsetof(struct raw_file, board),           0, 0 },
    { "name",         FIELD_NAME,  true,  offsetof(struct raw_file, name),            0, 0 },
    { "about",        FIELD_TEXT,  false, offsetof(struct raw_file, about),           0, 0 },
    { "strategy",     FIELD_NAME,  true,  offsetof(struct raw_file, strategy),        0, 0 },
    { "fixed",        FIELD_TEXT,  false, offsetof(struct raw_file, fixed),           0, 0 },
    { "header_size",  FIELD_U16,   true,  offsetof(struct raw_file, header_size),     32, UINT16_MAX },
    { "max_align",    FIELD_U16,   true,  offsetof(struct raw_file, max_align),       1, 512 },
    { "max_sectors",  FIELD_U16,   false, offsetof(struct raw_file, max_sectors),     1, UINT16_MAX },
    { "staging_offset", FIELD_U32, false, offsetof(struct raw_file, staging_offset),  0, UINT32_MAX },
    { "flash_file",   FIELD_OTHER, false, 0, 0, 0 },
    { "devices",      FIELD_OTHER, true,  0, 0, 0 },
    { "areas",        FIELD_OTHER, true,  0, 0, 0 },
    { "memory",       FIELD_OTHER, false, 0, 0, 0 },
    { 0 },
};

static const struct field flash_file_fields[] = {
    { "address",      FIELD_U32,   true,  offsetof(struct raw_range, address),        0, UINT32_MAX },
    { "size",         FIELD_U32,   true,  offsetof(struct raw_range, size),           1, UINT32_MAX },
    { 0 },
};

static const struct field memory_fields[] = {
    { "name",         FIELD_NAME,  true,  offsetof(struct raw_range, name),           0, 0 },
    { "address",      FIELD_U32,   true,  offsetof(struct raw_range, address),        0, UINT32_MAX },
    { "size",         FIELD_U32,   true,  offsetof(struct raw_range, size),           1, UINT32_MAX },
    { 0 },
};

static const struct field device_fields[] = {
    { "name",         FIELD_NAME,  true,  offsetof(struct raw_device, name),          0, 0 },
    { "address",      FIELD_U32,   false, offsetof(struct raw_device, address),       0, UINT32_MAX },
    { "size",         FIELD_U32,   true,  offsetof(struct raw_device, size),          1, UINT32_MAX },
    { "sector_size",  FIELD_U32,   false, offsetof(struct raw_device, sector_size),   1, UINT32_MAX },
    { "sectors",      FIELD_OTHER, false, 0, 0, 0 },
    { "write_size",   FIELD_U16,   true,  offsetof(struct raw_device, write_size),    1, 512 },
    { "erased_byte",  FIELD_U8,    true,  offsetof(struct raw_device, erased_byte),   0, UINT8_MAX },
    { 0 },
};

static const struct field run_fields[] = {
    { "size",         FIELD_U32,   true,  offsetof(struct otter_sector_run, size),    1, UINT32_MAX },
    { "count",        FIELD_U32,   true,  offsetof(struct otter_sector_run, count),   1, UINT32_MAX },
    { 0 },
};

static const struct field area_fields[] = {
    { "name",         FIELD_NAME,  true,  offsetof(struct raw_area, name),            0, 0 },
    { "role",         FIELD_NAME,  true,  offsetof(struct raw_area, role),            0, 0 },
    { "image",        FIELD_U8,    false, offsetof(struct raw_area, image),           0, 15 },
    { "device",       FIELD_NAME,  true,  offsetof(struct raw_area, device),          0, 0 },
    { "offset",       FIELD_U32,   true,  offsetof(struct raw_area, offset),          0, UINT32_MAX },
    { "size",         FIELD_U32,   true,  offsetof(struct raw_area, size),            1, UINT32_MAX },
    { 0 },
};

/* The record of fixed slots, a file of its own. */
static const struct field record_fields[] = {
    { "about",        FIELD_TEXT,  true,  offsetof(struct raw_record, about),         0, 0 },
    { "slots",        FIELD_OTHER, true,  0, 0, 0 },
    { 0 },
};
/* clang-format on */

/* Complain: "<file>: <place><what>" and a row with what was expected. @return false */
__attribute__((format(printf, 3, 4))) static bool complain(struct reader *reader, const char *what,
                                                           const char *format, ...)
{
    va_list arguments;
    int length = snprintf(reader->problem, LAYOUT_PROBLEM_MAX, "%s: %s%s\n  %-13s ", reader->name,
                          reader->place, what, "expected");

    if (length > 0 && length < LAYOUT_PROBLEM_MAX) {
        va_start(arguments, format);
        (void)vsnprintf(reader->problem + length, LAYOUT_PROBLEM_MAX - (size_t)length, format,
                        arguments);
        va_end(arguments);
    }
    return false;
}

/* "size is \"0xZZ\"": a key and the value it has in the file. */
static const char *key_and_value(const cJSON *item, char text[160])
{
    char *value = cJSON_PrintUnformatted(item);

    (void)snprintf(text, 160, "%s is %.100s", item->string, value != NULL ? value : "?");
    cJSON_free(value);
    return text;
}

static const struct field *find_field(const struct field *fields, const char *key)
{
    while (fields->key != NULL && strcmp(fields->key, key) != 0) {
        fields++;
    }
    return fields->key != NULL ? fields : NULL;
}

static void list_keys(const struct field *fields, char text[256])
{
    size_t length = 0;

    text[0] = '\0';
    for (; fields->key != NULL && length < 256; fields++) {
        length += (size_t)snprintf(text + length, 256 - length, "%s%s", length > 0 ? ", " : "",
                                   fields->key);
    }
}

static bool complain_of_key(struct reader *reader, const struct field *fields, const char *key)
{
    char what[96];
    char keys[256];

    (void)snprintf(what, sizeof what, "unknown key \"%.60s\"", key);
    list_keys(fields, keys);
    return complain(reader, what, "one of %s", keys);
}

/* A number is a JSON integer or a text "0x...": JSON itself has no hexadecimal. */
static bool read_number(const cJSON *item, uint32_t *value)
{
    if (cJSON_IsNumber(item)) {
        if (!(item->valuedouble >= 0 && item->valuedouble <= (double)UINT32_MAX)) {
            return false;
        }
        *value = (uint32_t)item->valuedouble;
        return (double)*value == item->valuedouble;
    }
    if (!cJSON_IsString(item) || strncmp(item->valuestring, "0x", 2) != 0) {
        return false;
    }
    const char *digits = item->valuestring + 2;
    size_t count = strlen(digits);

    *value = (uint32_t)strtoul(digits, NULL, 16);
    return count > 0 && count <= 8 && strspn(digits, "0123456789abcdefABCDEF") == count;
}

static bool is_name(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr("-_.", text[i]) == NULL) {
            return false;
        }
    }
    return length > 0 && length <= LAYOUT_NAME_MAX;
}

static bool read_number_field(struct reader *reader, const struct field *field, const cJSON *item,
                              void *base)
{
    char what[160];
    uint32_t value = 0;
    void *to = (char *)base + field->offset;

    if (!read_number(item, &value) || value < field->least || value > field->most) {
        return complain(reader, key_and_value(item, what),
                        "a number from %" PRIu32 " to %" PRIu32
                        ": 4096, or \"0x1000\" with the quotes",
                        field->least, field->most);
    }
    if (field->kind == FIELD_U8) {
        *(uint8_t *)to = (uint8_t)value;
    } else if (field->kind == FIELD_U16) {
        *(uint16_t *)to = (uint16_t)value;
    } else {
        *(uint32_t *)to = value;
    }
    return true;
}

static bool read_text_field(struct reader *reader, const struct field *field, const cJSON *item,
                            void *base)
{
    char what[160];

    if (!cJSON_IsString(item) || (field->kind == FIELD_NAME && !is_name(item->valuestring))) {
        return complain(reader, key_and_value(item, what),
                        field->kind == FIELD_NAME
                            ? "a name of 1 to %d letters, digits, '-', '_' and '.'"
                            : "a text",
                        LAYOUT_NAME_MAX);
    }
    *(const char **)(void *)((char *)base + field->offset) = item->valuestring;
    return true;
}

static bool read_field(struct reader *reader, const struct field *field, const cJSON *item,
                       void *base)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_NAME:
        return read_text_field(reader, field, item, base);
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
        return read_number_field(reader, field, item, base);
    case FIELD_OTHER:
        break;
    }
    return true;
}

/* Read an object into the struct that @p fields describes. */
static bool read_object(struct reader *reader, const cJSON *object, const struct field *fields,
                        void *base)
{
    char what[160];

    if (!cJSON_IsObject(object)) {
        return complain(reader, "this is no object", "{ ... }");
    }
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        const struct field *field = find_field(fields, item->string);

        if (field == NULL) {
            return complain_of_key(reader, fields, item->string);
        }
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item) {
            (void)snprintf(what, sizeof what, "\"%s\" is there twice", item->string);
            return complain(reader, what, "each key once");
        }
        if (!read_field(reader, field, item, base)) {
            return false;
        }
    }
    for (; fields->key != NULL; fields++) {
        if (fields->required && cJSON_GetObjectItemCaseSensitive(object, fields->key) == NULL) {
            (void)snprintf(what, sizeof what, "\"%s\" is missing", fields->key);
            return complain(reader, what, "a value for it");
        }
    }
    return true;
}

/* Check that @p list is one of at most @p most elements; NULL counts as empty. */
static bool check_list(struct reader *reader, const cJSON *list, const char *key, int least,
                       int most)
{
    char what[80];
    int count = cJSON_GetArraySize(list);

    if (list != NULL && !cJSON_IsArray(list)) {
        (void)snprintf(what, sizeof what, "%s is no list", key);
        return complain(reader, what, "[ ... ]");
    }
    if (count < least || count > most) {
        (void)snprintf(what, sizeof what, "%s has %d elements", key, count);
        return complain(reader, what, "%d to %d", least, most);
    }
    return true;
}

static bool read_runs(struct reader *reader, const cJSON *object, const struct raw_device *raw,
                      struct otter_sector_run *runs, uint8_t *run_count)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "sectors");
    const cJSON *element = NULL;

    if ((list == NULL) == (raw->sector_size == 0)) {
        return complain(reader, "this has not one of \"sector_size\" and \"sectors\"",
                        "\"sector_size\" if all sectors are equal, otherwise \"sectors\": "
                        "[{ \"size\": ..., \"count\": ... }, ...]");
    }
    if (list == NULL) {
        runs[0] = (struct otter_sector_run){ .size = raw->sector_size,
                                             .count = raw->size / raw->sector_size };
        *run_count = 1;
        return true;
    }
    if (!check_list(reader, list, "sectors", 1, LAYOUT_RUNS_MAX)) {
        return false;
    }
    *run_count = 0;
    cJSON_ArrayForEach(element, list)
    {
        if (!read_object(reader, element, run_fields, &runs[(*run_count)++])) {
            return false;
        }
    }
    return true;
}

static bool read_device(struct reader *reader, const cJSON *object, struct layout_file *file)
{
    struct raw_device raw = { 0 };
    uint8_t index = file->layout.device_count;
    struct otter_flash_geometry *device = &file->devices[index];

    if (!read_object(reader, object, device_fields, &raw)
        || !read_runs(reader, object, &raw, file->runs[index], &device->run_count)) {
        return false;
    }
    device->name = raw.name;
    device->address = raw.address;
    device->size = raw.size;
    device->write_size = raw.write_size;
    device->erased_byte = raw.erased_byte;
    device->runs = file->runs[index];
    file->layout.device_count++;
    return true;
}

static bool find_role(const char *name, enum otter_area_role *role)
{
    for (int i = OTTER_AREA_BOOTLOADER; i <= OTTER_AREA_USER; i++) {
        if (strcmp(otter_area_role_name((enum otter_area_role)i), name) == 0) {
            *role = (enum otter_area_role)i;
            return true;
        }
    }
    return false;
}

static bool complain_of_role(struct reader *reader, const char *role)
{
    char what[64];
    char roles[160] = "";

    for (int i = OTTER_AREA_BOOTLOADER; i <= OTTER_AREA_USER; i++) {
        size_t length = strlen(roles);
        (void)snprintf(roles + length, sizeof roles - length, "%s%s", length > 0 ? ", " : "",
                       otter_area_role_name((enum otter_area_role)i));
    }
    (void)snprintf(what, sizeof what, "role is \"%s\"", role);
    return complain(reader, what, "one of %s", roles);
}

static bool find_device(const struct layout_file *file, const char *name, uint8_t *index)
{
    for (*index = 0; *index < file->layout.device_count; (*index)++) {
        if (strcmp(file->devices[*index].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_area_into(struct reader *reader, const cJSON *object,
                           const struct layout_file *file, struct otter_layout_area *area)
{
    struct raw_area raw = { 0 };
    char what[64];

    if (!read_object(reader, object, area_fields, &raw)) {
        return false;
    }
    if (!find_role(raw.role, &area->role)) {
        return complain_of_role(reader, raw.role);
    }
    if (!find_device(file, raw.device, &area->device)) {
        (void)snprintf(what, sizeof what, "device is \"%s\"", raw.device);
        return complain(reader, what, "the name of one of the devices");
    }
    area->name = raw.name;
    area->image = raw.image;
    area->offset = raw.offset;
    area->size = raw.size;
    return true;
}

static bool read_area(struct reader *reader, const cJSON *object, struct layout_file *file)
{
    const uint8_t index = file->layout.area_count++;

    return read_area_into(reader, object, file, &file->areas[index]);
}

static bool read_fixed_slot(struct reader *reader, const cJSON *object, struct layout_file *file)
{
    return read_area_into(reader, object, file, &file->fixed_slots[file->fixed_count++]);
}

static bool read_memory(struct reader *reader, const cJSON *object, struct layout_file *file)
{
    struct raw_range raw = { 0 };

    if (!read_object(reader, object, memory_fields, &raw)) {
        return false;
    }
    file->memory[file->memory_count++] =
        (struct layout_memory){ .name = raw.name, .address = raw.address, .size = raw.size };
    return true;
}

static bool read_flash_file(struct reader *reader, const cJSON *root, struct layout_file *file)
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "flash_file");
    struct raw_range raw = { 0 };

    if (object == NULL) {
        return true;
    }
    (void)snprintf(reader->place, sizeof reader->place, "flash_file: ");
    bool read = read_object(reader, object, flash_file_fields, &raw);
    reader->place[0] = '\0';
    file->flash_address = raw.address;
    file->flash_size = raw.size;
    return read;
}

struct list {
    const char *key;
    int least;
    int most;
    bool (*read)(struct reader *reader, const cJSON *object, struct layout_file *file);
};

/* The lists of the file, in the order in which they refer to each other. */
static const struct list lists[] = {
    { "devices", 1, OTTER_LAYOUT_DEVICES_MAX, read_device },
    { "areas", 1, LAYOUT_AREAS_MAX, read_area },
    { "memory", 0, LAYOUT_MEMORY_MAX, read_memory },
};

static const struct list record_list = { "slots", 1, LAYOUT_FIXED_MAX, read_fixed_slot };

static bool read_list(struct reader *reader, const cJSON *root, const struct list *list,
                      struct layout_file *file)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, list->key);
    const cJSON *element = NULL;
    int index = 0;

    if (!check_list(reader, array, list->key, list->least, list->most)) {
        return false;
    }
    cJSON_ArrayForEach(element, array)
    {
        (void)snprintf(reader->place, sizeof reader->place, "%s[%d]: ", list->key, index++);
        if (!list->read(reader, element, file)) {
            return false;
        }
    }
    reader->place[0] = '\0';
    return true;
}

static bool is_slot(const struct otter_layout_area *area)
{
    return area->role == OTTER_AREA_PRIMARY || area->role == OTTER_AREA_SECONDARY;
}

static uint32_t sectors_of(const struct otter_layout *layout, const struct otter_layout_area *row)
{
    struct otter_flash flash = { .geometry = &layout->devices[row->device] };
    struct otter_area area = { .flash = &flash, .offset = row->offset, .size = row->size };

    return otter_area_sector_count(&area);
}

/* A trailer has room for as many sectors as the slot with the most sectors has. */
static uint16_t most_sectors_of_a_slot(const struct otter_layout *layout)
{
    uint32_t most = 0;

    for (uint8_t i = 0; i < layout->area_count; i++) {
        uint32_t count = is_slot(&layout->areas[i]) ? sectors_of(layout, &layout->areas[i]) : 0;
        most = count > most ? count : most;
    }
    return most < UINT16_MAX ? (uint16_t)most : UINT16_MAX;
}

static uint8_t count_images(const struct otter_layout *layout)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < layout->area_count; i++) {
        if (is_slot(&layout->areas[i]) && layout->areas[i].image >= count) {
            count = (uint8_t)(layout->areas[i].image + 1u);
        }
    }
    return count;
}

static void complete_layout(const struct raw_file *raw, struct layout_file *file)
{
    struct otter_layout *layout = &file->layout;
    size_t size = sizeof layout->digest;

    file->about = raw->about != NULL ? raw->about : "";
    file->strategy = raw->strategy;
    file->fixed = raw->fixed;
    layout->board = raw->board;
    layout->name = raw->name;
    layout->devices = file->devices;
    layout->areas = file->areas;
    layout->max_align = raw->max_align;
    layout->header_size = raw->header_size;
    layout->staging_offset = raw->staging_offset;
    layout->image_count = count_images(layout);
    layout->max_sectors = raw->max_sectors != 0 ? raw->max_sectors : most_sectors_of_a_slot(layout);

    char *text = layout_file_canonical_text(file);
    if (text != NULL) {
        (void)EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), layout->digest, &size);
    }
    free(text);
}

static bool read_file(struct reader *reader, const cJSON *root, struct layout_file *file)
{
    struct raw_file raw = { 0 };

    if (!read_object(reader, root, file_fields, &raw) || !read_flash_file(reader, root, file)) {
        return false;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (!read_list(reader, root, &lists[i], file)) {
            return false;
        }
    }
    complete_layout(&raw, file);
    return true;
}

static cJSON *parse_json(struct reader *reader, const char *text)
{
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithOpts(text, &end, true);
    char what[48];
    unsigned line = 1;

    if (root == NULL) {
        for (const char *at = text; at < end; at++) {
            line += *at == '\n';
        }
        (void)snprintf(what, sizeof what, "line %u is not JSON", line);
        complain(reader, what, "one JSON object (no comments, no comma before a bracket)");
    }
    return root;
}

struct layout_file *layout_file_parse(const char *name, const char *text,
                                      char problem[LAYOUT_PROBLEM_MAX])
{
    struct reader reader = { .name = name, .problem = problem };
    struct layout_file *file = calloc(1, sizeof *file);

    problem[0] = '\0';
    if (file == NULL) {
        (void)complain(&reader, "there is no memory to read it", "some KiB");
        return NULL;
    }
    cJSON *root = parse_json(&reader, text);
    file->json = root;
    if (root == NULL || !read_file(&reader, root, file)) {
        layout_file_free(file);
        return NULL;
    }
    return file;
}

static bool read_record(struct reader *reader, const char *text, struct layout_file *file)
{
    cJSON *root = parse_json(reader, text);
    struct raw_record raw = { 0 };

    file->fixed_json = root;
    if (root == NULL || !read_object(reader, root, record_fields, &raw)
        || !read_list(reader, root, &record_list, file)) {
        return false;
    }
    file->fixed_about = raw.about;
    return true;
}

/* The path of a file that the layout at @p path names: seen from the layout's folder. */
static void path_beside(const char *path, const char *name, char beside[LAYOUT_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const int folder = slash != NULL ? (int)(slash - path + 1) : 0;

    (void)snprintf(beside, LAYOUT_PATH_MAX, "%.*s%s", folder, path, name);
}

static void say_problem(const char *problem)
{
    message_error("%s", problem);
    message_next("docs/formats/layout.md describes the file.");
}

/* @return false: the layout's slots are fixed, and nobody can say where; the user was told */
static bool load_record(const char *layout_path, struct layout_file *file)
{
    char problem[LAYOUT_PROBLEM_MAX] = "";
    char path[LAYOUT_PATH_MAX];
    struct reader reader = { .name = path, .problem = problem };
    struct file_bytes bytes;

    if (file->fixed == NULL) {
        return true;
    }
    path_beside(layout_path, file->fixed, path);
    if (!file_load(path, &bytes)) {
        return false;
    }
    const bool read = read_record(&reader, (const char *)bytes.bytes, file);
    if (!read) {
        say_problem(problem);
    }
    file_free(&bytes);
    return read;
}

struct layout_file *layout_file_load(const char *path)
{
    char problem[LAYOUT_PROBLEM_MAX];
    struct file_bytes bytes;

    if (!file_load(path, &bytes)) {
        return NULL;
    }
    struct layout_file *file = layout_file_parse(path, (const char *)bytes.bytes, problem);
    file_free(&bytes);
    if (file == NULL) {
        say_problem(problem);
        return NULL;
    }
    if (!load_record(path, file)) {
        layout_file_free(file);
        return NULL;
    }
    return file;
}

void layout_file_free(struct layout_file *file)
{
    if (file != NULL) {
        cJSON_Delete(file->json);
        cJSON_Delete(file->fixed_json);
        free(file);
    }
}

bool layout_runs_in_place(const struct layout_file *file)
{
    static const char family[] = "direct-xip";

    return strncmp(file->strategy, family, sizeof family - 1) == 0;
}

uint32_t layout_area_address(const struct otter_layout *layout,
                             const struct otter_layout_area *area)
{
    const uint32_t device = layout->devices[area->device].address;

    return device != 0 ? device + area->offset : 0;
}

const struct otter_layout_area *layout_file_area(const struct layout_file *file, const char *name)
{
    for (uint8_t i = 0; i < file->layout.area_count; i++) {
        if (strcmp(file->areas[i].name, name) == 0) {
            return &file->areas[i];
        }
    }
    return NULL;
}

const struct layout_memory *layout_file_memory(const struct layout_file *file, const char *name)
{
    for (size_t i = 0; i < file->memory_count; i++) {
        if (strcmp(file->memory[i].name, name) == 0) {
            return &file->memory[i];
        }
    }
    return NULL;
}

bool layout_file_flash_offset(const struct layout_file *file, const struct otter_layout_area *area,
                              uint32_t *offset)
{
    const struct otter_flash_geometry *device = &file->devices[area->device];
    uint32_t start = device->address - file->flash_address;

    if (device->address < file->flash_address || start > file->flash_size
        || area->offset > file->flash_size - start
        || area->size > file->flash_size - start - area->offset) {
        return false;
    }
    *offset = start + area->offset;
    return true;
}

static void write_devices(FILE *out, const struct otter_layout *layout)
{
    for (uint8_t i = 0; i < layout->device_count; i++) {
        const struct otter_flash_geometry *device = &layout->devices[i];

        (void)fprintf(out, "device %s 0x%08" PRIx32 " 0x%08" PRIx32 " %u 0x%02x\n", device->name,
                      device->address, device->size, device->write_size, device->erased_byte);
        for (uint8_t run = 0; run < device->run_count; run++) {
            (void)fprintf(out, "sectors 0x%08" PRIx32 " %" PRIu32 "\n", device->runs[run].size,
                          device->runs[run].count);
        }
    }
}

static void write_areas(FILE *out, const struct otter_layout *layout)
{
    for (uint8_t i = 0; i < layout->area_count; i++) {
        const struct otter_layout_area *area = &layout->areas[i];

        (void)fprintf(out, "area %s %s %u %s 0x%08" PRIx32 " 0x%08" PRIx32 "\n", area->name,
                      otter_area_role_name(area->role), area->image,
                      layout->devices[area->device].name, area->offset, area->size);
    }
}

char *layout_file_canonical_text(const struct layout_file *file)
{
    const struct otter_layout *layout = &file->layout;
    const struct layout_memory *handover = layout_file_memory(file, "handover");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    (void)fprintf(out, "otter-layout 1\nboard %s\nname %s\n", layout->board, layout->name);
    (void)fprintf(out, "header_size %u\nmax_align %u\nmax_sectors %u\n", layout->header_size,
                  layout->max_align, layout->max_sectors);
    if (layout->staging_offset != 0) {
        (void)fprintf(out, "staging_offset 0x%08" PRIx32 "\n", layout->staging_offset);
    }
    write_devices(out, layout);
    write_areas(out, layout);
    if (handover != NULL) {
        (void)fprintf(out, "handover 0x%08" PRIx32 " 0x%08" PRIx32 "\n", handover->address,
                      handover->size);
    }
    (void)fclose(out);
    return text;
}
