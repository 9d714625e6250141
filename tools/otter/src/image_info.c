/* SPDX-License-Identifier: Apache-2.0 */

/* An image in words, and as JSON with the same facts. */

#include "image_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "message.h"

#define HEX_COLUMNS 32

static const struct {
    uint32_t bit;
    const char *name;
} flags[] = {
    { OTTER_IMAGE_ENCRYPTED_AES128, "encrypted (AES-128)" },
    { OTTER_IMAGE_ENCRYPTED_AES256, "encrypted (AES-256)" },
    { OTTER_IMAGE_NON_BOOTABLE, "not bootable" },
    { OTTER_IMAGE_RAM_LOAD, "runs from RAM" },
    { OTTER_IMAGE_ROM_FIXED, "linked for one address" },
    { OTTER_IMAGE_COMPRESSED_LZMA1, "compressed (LZMA1)" },
    { OTTER_IMAGE_COMPRESSED_LZMA2, "compressed (LZMA2)" },
    { OTTER_IMAGE_COMPRESSED_ARM_THUMB, "ARM Thumb filter" },
};
#define FLAGS (sizeof flags / sizeof flags[0])

/* TLVs whose value is text, or ends in text behind a digest. */
static bool text_of_tlv(const struct otter_tlv *tlv, size_t *skip)
{
    *skip = tlv->type == OTTER_TLV_LAYOUT ? OTTER_LAYOUT_DIGEST_SIZE : 0;
    return (tlv->type == OTTER_TLV_LAYOUT || tlv->type == OTTER_TLV_BOARD) && tlv->size >= *skip;
}

static void print_hex(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        (void)printf("%02x", bytes[i]);
    }
}

/* Names come out of a file that may be hostile: nothing that a terminal would obey. */
static void print_text(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        (void)putchar(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    }
}

static void print_value(const struct image_file *file, const struct otter_tlv *tlv)
{
    const uint8_t *value = file->bytes.bytes + tlv->offset;
    size_t skip = 0;

    if (text_of_tlv(tlv, &skip)) {
        print_text(value + skip, tlv->size - skip);
        (void)fputs(skip > 0 ? "  " : "", stdout);
        print_hex(value, skip);
    } else if (tlv->size <= HEX_COLUMNS) {
        print_hex(value, tlv->size);
    } else {
        print_hex(value, HEX_COLUMNS);
        (void)printf("... (%u bytes)", tlv->size);
    }
}

static void print_tlv(const struct image_file *file, const struct otter_tlv *tlv)
{
    const char *name = otter_tlv_type_name(tlv->type);
    char number[24];

    if (strcmp(name, "unknown") == 0) {
        (void)snprintf(number, sizeof number, "TLV 0x%04x", tlv->type);
        name = number;
    }
    (void)printf("  %-20s  ", name);
    print_value(file, tlv);
    (void)fputs(tlv->is_protected ? "\n" : "   (not signed)\n", stdout);
}

static void print_tlvs(const struct image_file *file)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    otter_tlv_begin(&iterator, &file->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        print_tlv(file, &tlv);
    }
}

static void print_flags(uint32_t bits)
{
    const char *separator = "";

    (void)printf("  %-20s  ", "flags");
    for (size_t i = 0; i < FLAGS; i++) {
        if ((bits & flags[i].bit) != 0) {
            (void)printf("%s%s", separator, flags[i].name);
            separator = ", ";
        }
    }
    (void)printf("%s\n", *separator == '\0' ? "none" : "");
}

static bool hash_is_right(const struct image_file *file)
{
    uint8_t expected[OTTER_SHA256_SIZE];
    uint8_t found[OTTER_SHA256_SIZE];
    size_t size = sizeof found;

    return image_file_digest(file, expected)
           && otter_tlv_read(&file->image, OTTER_TLV_SHA256, false, found, &size) == OTTER_OK
           && size == sizeof found && memcmp(expected, found, sizeof found) == 0;
}

static void print_trailer(const struct image_file *file)
{
    struct otter_trailer trailer;
    char size[THOUSANDS_TEXT_SIZE];
    const uint8_t spacing = image_file_trailer(file, &trailer);

    if (spacing == 0) {
        return;
    }
    (void)printf("  %-20s  a slot of %s bytes with a trailer: %s\n", "padded to",
                 thousands(file->bytes.size, size),
                 trailer.image_ok == OTTER_FLAG_SET ? "to be installed for good, or confirmed"
                                                    : "to be installed on trial");
}

void image_info_print(const char *path, const struct image_file *file)
{
    const struct otter_image *image = &file->image;
    char version[OTTER_VERSION_TEXT_SIZE];
    char text[THOUSANDS_TEXT_SIZE];

    otter_version_format(&image->header.version, version);
    (void)printf("%s: image %s\n", path, version);
    (void)printf("  %-20s  %s bytes, header and TLVs included\n", "size",
                 thousands(image->size, text));
    (void)printf("  %-20s  %s bytes behind a header of %u\n", "program",
                 thousands(image->header.program_size, text), image->header.header_size);
    if (image->header.load_address != 0) {
        (void)printf("  %-20s  0x%08" PRIx32 "\n", "load address", image->header.load_address);
    }
    print_flags(image->header.flags);
    print_tlvs(file);
    (void)printf("  %-20s  %s\n", "its hash is", hash_is_right(file) ? "right" : "wrong");
    print_trailer(file);
}

static void add_tlv(cJSON *list, const struct image_file *file, const struct otter_tlv *tlv)
{
    cJSON *item = cJSON_CreateObject();
    const uint8_t *value = file->bytes.bytes + tlv->offset;

    (void)cJSON_AddNumberToObject(item, "type", tlv->type);
    (void)cJSON_AddStringToObject(item, "name", otter_tlv_type_name(tlv->type));
    (void)cJSON_AddBoolToObject(item, "protected", tlv->is_protected);
    json_add_hex(item, "value", value, tlv->size);
    (void)cJSON_AddItemToArray(list, item);
}

static void add_tlvs(cJSON *root, const struct image_file *file)
{
    cJSON *list = cJSON_AddArrayToObject(root, "tlvs");
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    otter_tlv_begin(&iterator, &file->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        add_tlv(list, file, &tlv);
    }
}

/* The text that a TLV of ours ends in, as a member of its own. */
static void add_name(cJSON *root, const char *key, const struct image_file *file, uint16_t type)
{
    uint8_t value[256];
    char name[sizeof value + 1];
    size_t size = sizeof value;
    const size_t skip = type == OTTER_TLV_LAYOUT ? OTTER_LAYOUT_DIGEST_SIZE : 0;

    if (otter_tlv_read(&file->image, type, true, value, &size) != OTTER_OK || size < skip) {
        return;
    }
    for (size_t i = skip; i < size; i++) {
        name[i - skip] = value[i] >= ' ' && value[i] <= '~' ? (char)value[i] : '?';
    }
    name[size - skip] = '\0';
    (void)cJSON_AddStringToObject(root, key, name);
}

static void add_trailer(cJSON *root, const struct image_file *file)
{
    struct otter_trailer trailer;
    const uint8_t spacing = image_file_trailer(file, &trailer);

    if (spacing == 0) {
        return;
    }
    cJSON *item = cJSON_AddObjectToObject(root, "trailer");
    (void)cJSON_AddNumberToObject(item, "slot_size", (double)file->bytes.size);
    (void)cJSON_AddNumberToObject(item, "max_align", spacing);
    (void)cJSON_AddBoolToObject(item, "confirmed", trailer.image_ok == OTTER_FLAG_SET);
}

cJSON *image_info_json(const char *path, const struct image_file *file)
{
    const struct otter_image_header *header = &file->image.header;
    char version[OTTER_VERSION_TEXT_SIZE];
    cJSON *root = cJSON_CreateObject();

    otter_version_format(&header->version, version);
    (void)cJSON_AddStringToObject(root, "file", path);
    (void)cJSON_AddStringToObject(root, "version", version);
    (void)cJSON_AddNumberToObject(root, "size", file->image.size);
    (void)cJSON_AddNumberToObject(root, "header_size", header->header_size);
    (void)cJSON_AddNumberToObject(root, "program_size", header->program_size);
    (void)cJSON_AddNumberToObject(root, "flags", header->flags);
    (void)cJSON_AddNumberToObject(root, "load_address", header->load_address);
    (void)cJSON_AddBoolToObject(root, "hash_is_right", hash_is_right(file));
    add_name(root, "layout", file, OTTER_TLV_LAYOUT);
    add_name(root, "board", file, OTTER_TLV_BOARD);
    add_tlvs(root, file);
    add_trailer(root, file);
    return root;
}
