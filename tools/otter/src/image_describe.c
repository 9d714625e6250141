/* SPDX-License-Identifier: Apache-2.0 */

/* Every value gets words where a table below knows some, and hexadecimal digits where not. Texts come
 * out of files that may be hostile: nothing is printed that a terminal would obey. */

#include "image_describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "image_file.h"
#include "json.h"
#include "message.h"
#include "otter/bytes.h"

#define VALUE_MAX  UINT16_MAX
#define HEX_BYTES  32u
#define TEXT_SIZE  384
#define TEXT_SHOWN 64u

/* A value in words; false: it is not what its type promises. */
typedef bool wording(const uint8_t *value, size_t size, const struct image_trust *trust,
                     char text[TEXT_SIZE]);

static bool has_text(const uint8_t *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (value[i] < ' ' || value[i] > '~') {
            return false;
        }
    }
    return size > 0;
}

static size_t append_hex(char *text, size_t length, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        length += (size_t)snprintf(text + length, 3, "%02x", bytes[i]);
    }
    return length;
}

static bool word_key_hash(const uint8_t *value, size_t size, const struct image_trust *trust,
                          char text[TEXT_SIZE])
{
    if (size != OTTER_SHA256_SIZE) {
        return false;
    }
    const size_t length = append_hex(text, 0, value, size);
    for (int i = 0; i < trust->key_count; i++) {
        if (memcmp(trust->keys[i].hash, value, size) == 0) {
            (void)snprintf(text + length, TEXT_SIZE - length, ": %s", trust->key_names[i]);
        }
    }
    return true;
}

static bool word_signature(const uint8_t *value, size_t size, const struct image_trust *trust,
                           char text[TEXT_SIZE])
{
    const size_t shown = size < 8 ? size : 8;
    const size_t length = append_hex(text, 0, value, shown);

    (void)trust;
    (void)snprintf(text + length, TEXT_SIZE - length, "... (%zu bytes)", size);
    return size > shown;
}

static bool word_dependency(const uint8_t *value, size_t size, const struct image_trust *trust,
                            char text[TEXT_SIZE])
{
    char version_text[OTTER_VERSION_TEXT_SIZE];

    (void)trust;
    if (size != 12) {
        return false;
    }
    const struct otter_version version = {
        .major = value[4],
        .minor = value[5],
        .revision = otter_load_le16(value + 6),
        .build = otter_load_le32(value + 8),
    };
    otter_version_format(&version, version_text);
    (void)snprintf(text, TEXT_SIZE, "image %u, version %s or later", value[0], version_text);
    return true;
}

static bool word_number(const uint8_t *value, size_t size, const struct image_trust *trust,
                        char text[TEXT_SIZE])
{
    char number[THOUSANDS_TEXT_SIZE];

    (void)trust;
    if (size != 4) {
        return false;
    }
    (void)snprintf(text, TEXT_SIZE, "%s", thousands(otter_load_le32(value), number));
    return true;
}

static bool word_text(const uint8_t *value, size_t size, const struct image_trust *trust,
                      char text[TEXT_SIZE])
{
    (void)trust;
    if (!has_text(value, size) || size > TEXT_SHOWN) {
        return false;
    }
    (void)snprintf(text, TEXT_SIZE, "%.*s", (int)size, (const char *)value);
    return true;
}

static bool word_layout(const uint8_t *value, size_t size, const struct image_trust *trust,
                        char text[TEXT_SIZE])
{
    const char *comment = "";

    if (size < OTTER_LAYOUT_DIGEST_SIZE
        || !word_text(value + OTTER_LAYOUT_DIGEST_SIZE, size - OTTER_LAYOUT_DIGEST_SIZE, trust,
                      text)) {
        return false;
    }
    if (trust->layout != NULL) {
        const bool fits = memcmp(value, trust->layout->digest, OTTER_LAYOUT_DIGEST_SIZE) == 0;

        comment = fits ? ", this one" : ", another one";
    }
    const size_t length = strlen(text);
    (void)snprintf(text + length, TEXT_SIZE - length, "%s  ", comment);
    (void)append_hex(text, strlen(text), value, OTTER_LAYOUT_DIGEST_SIZE);
    return true;
}

static bool word_uuid(const uint8_t *value, size_t size, const struct image_trust *trust,
                      char text[TEXT_SIZE])
{
    size_t length = 0;

    (void)trust;
    if (size != 16) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const bool starts_group = i == 4 || i == 6 || i == 8 || i == 10;

        length += (size_t)snprintf(text + length, 4, "%s%02x", starts_group ? "-" : "", value[i]);
    }
    return true;
}

/* The type of software is the first member: key 1, a short text (boot_record.c). */
static bool word_boot_record(const uint8_t *value, size_t size, const struct image_trust *trust,
                             char text[TEXT_SIZE])
{
    if (size < 3 || value[1] != 1 || (value[2] & 0xE0) != 0x60) {
        return false;
    }
    const size_t length = value[2] & 0x1F;
    return length < 24 && length <= size - 3 && word_text(value + 3, length, trust, text);
}

static const struct {
    uint16_t type;
    wording *word;
} wordings[] = {
    { OTTER_TLV_KEYHASH, word_key_hash },
    { OTTER_TLV_RSA2048_PSS, word_signature },
    { OTTER_TLV_ECDSA_SIG, word_signature },
    { OTTER_TLV_RSA3072_PSS, word_signature },
    { OTTER_TLV_ED25519, word_signature },
    { OTTER_TLV_ENC_RSA2048, word_signature },
    { OTTER_TLV_ENC_KW, word_signature },
    { OTTER_TLV_ENC_EC256, word_signature },
    { OTTER_TLV_ENC_X25519, word_signature },
    { OTTER_TLV_ENC_X25519_SHA512, word_signature },
    { OTTER_TLV_DEPENDENCY, word_dependency },
    { OTTER_TLV_SECURITY_COUNTER, word_number },
    { OTTER_TLV_BOOT_RECORD, word_boot_record },
    { OTTER_TLV_UUID_VENDOR, word_uuid },
    { OTTER_TLV_UUID_CLASS, word_uuid },
    { OTTER_TLV_DECOMP_SIZE, word_number },
    { OTTER_TLV_COMP_DEC_SIZE, word_number },
    { OTTER_TLV_LAYOUT, word_layout },
    { OTTER_TLV_BOARD, word_text },
};

static bool is_known(uint16_t type)
{
    return strcmp(otter_tlv_type_name(type), "unknown") != 0;
}

static bool find_words(uint16_t type, const uint8_t *value, size_t size,
                       const struct image_trust *trust, char text[TEXT_SIZE])
{
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        if (wordings[i].type == type) {
            return wordings[i].word(value, size, trust, text);
        }
    }
    return !is_known(type) && word_text(value, size, trust, text);
}

static const char *value_text(const struct otter_tlv *tlv, const uint8_t *value,
                              const struct image_trust *trust, char text[TEXT_SIZE])
{
    const size_t shown = tlv->size < HEX_BYTES ? tlv->size : HEX_BYTES;

    if (!find_words(tlv->type, value, tlv->size, trust, text)) {
        text[0] = '\0';
        const size_t length = append_hex(text, 0, value, shown);

        if (shown < tlv->size) {
            (void)snprintf(text + length, TEXT_SIZE - length, "... (%u bytes)", tlv->size);
        }
    }
    return text;
}

void describe_row(const char *name, const char *format, ...)
{
    va_list arguments;

    (void)printf("  %-20s  ", name);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

/* What is done with each TLV of an image. */
typedef void tlv_visitor(const struct otter_tlv *tlv, const uint8_t *value,
                         const struct image_trust *trust, void *context);

static void visit_tlvs(const struct otter_image *image, const struct image_trust *trust,
                       tlv_visitor *visit, void *context)
{
    static uint8_t value[VALUE_MAX];
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    otter_tlv_begin(&iterator, image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK
           && otter_area_read(image->area, tlv.offset, value, tlv.size) == OTTER_OK) {
        visit(&tlv, value, trust, context);
    }
}

static void print_tlv(const struct otter_tlv *tlv, const uint8_t *value,
                      const struct image_trust *trust, void *context)
{
    const bool *is_protected = context;
    char number[24];
    char text[TEXT_SIZE];

    if (tlv->is_protected == *is_protected) {
        (void)snprintf(number, sizeof number, "TLV 0x%04x", tlv->type);
        describe_row(is_known(tlv->type) ? otter_tlv_type_name(tlv->type) : number, "%s",
                     value_text(tlv, value, trust, text));
    }
}

static void print_header(const struct otter_image *image)
{
    const struct otter_image_header *header = &image->header;
    char version[OTTER_VERSION_TEXT_SIZE];
    char text[THOUSANDS_TEXT_SIZE];
    char flags[IMAGE_FLAGS_TEXT_SIZE];

    otter_version_format(&header->version, version);
    describe_row("version", "%s", version);
    describe_row("size", "%s bytes, header and TLVs included", thousands(image->size, text));
    describe_row("program", "%s bytes behind a header of %u", thousands(header->program_size, text),
                 header->header_size);
    if (header->load_address != 0) {
        describe_row("load address", "0x%08" PRIx32, header->load_address);
    }
    describe_row("flags", "%s", image_flags_text(header->flags, flags));
}

static void print_answer(const struct image_answer *answer, const struct image_trust *trust)
{
    if (answer->result == OTTER_OK) {
        describe_row("would it start?", "%s",
                     trust->key_count > 0 ? "yes: hash and signature are right"
                                          : "its hash is right; give --key to check its signature");
        return;
    }
    describe_row("would it start?", "no: %s (%s)", otter_result_meaning(answer->result),
                 otter_result_name(answer->result));
    for (size_t i = 0; i < answer->fact_count; i++) {
        (void)printf("    %-18s  %s\n", answer->facts[i].name, answer->facts[i].text);
    }
    if (*answer->next != '\0') {
        (void)printf("    %-18s  %s\n", "cure", answer->next);
    }
}

void image_describe(const struct image_answer *answer, const struct image_trust *trust)
{
    bool is_protected = true;

    if (answer->is_image) {
        print_header(&answer->image);
        visit_tlvs(&answer->image, trust, print_tlv, &is_protected);
        is_protected = false;
        (void)puts("  not signed, but for the proof itself:");
        visit_tlvs(&answer->image, trust, print_tlv, &is_protected);
    }
    print_answer(answer, trust);
}

static void add_tlv(const struct otter_tlv *tlv, const uint8_t *value,
                    const struct image_trust *trust, void *context)
{
    cJSON *item = cJSON_CreateObject();
    char text[TEXT_SIZE];

    (void)cJSON_AddNumberToObject(item, "type", tlv->type);
    (void)cJSON_AddStringToObject(item, "name", otter_tlv_type_name(tlv->type));
    (void)cJSON_AddBoolToObject(item, "protected", tlv->is_protected);
    json_add_hex(item, "value", value, tlv->size);
    if (find_words(tlv->type, value, tlv->size, trust, text)) {
        (void)cJSON_AddStringToObject(item, "words", text);
    }
    (void)cJSON_AddItemToArray(context, item);
}

static void add_name(cJSON *object, const char *key, const struct otter_image *image,
                     enum otter_tlv_type type)
{
    char text[UINT8_MAX + 1];

    if (image_text(image, type, text, sizeof text) != NULL) {
        (void)cJSON_AddStringToObject(object, key, text);
    }
}

static bool hash_is_right(const struct otter_image *image)
{
    uint8_t expected[OTTER_SHA256_SIZE];
    uint8_t found[OTTER_SHA256_SIZE];
    size_t size = sizeof found;

    return image_check_digest(image, expected)
           && otter_tlv_read(image, OTTER_TLV_SHA256, false, found, &size) == OTTER_OK
           && size == sizeof found && memcmp(expected, found, sizeof found) == 0;
}

static void add_image(cJSON *object, const struct otter_image *image,
                      const struct image_trust *trust)
{
    const struct otter_image_header *header = &image->header;
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&header->version, version);
    (void)cJSON_AddStringToObject(object, "version", version);
    (void)cJSON_AddNumberToObject(object, "size", image->size);
    (void)cJSON_AddNumberToObject(object, "header_size", header->header_size);
    (void)cJSON_AddNumberToObject(object, "program_size", header->program_size);
    (void)cJSON_AddNumberToObject(object, "flags", header->flags);
    (void)cJSON_AddNumberToObject(object, "load_address", header->load_address);
    (void)cJSON_AddBoolToObject(object, "hash_is_right", hash_is_right(image));
    add_name(object, "layout", image, OTTER_TLV_LAYOUT);
    add_name(object, "board", image, OTTER_TLV_BOARD);
    visit_tlvs(image, trust, add_tlv, cJSON_AddArrayToObject(object, "tlvs"));
}

void image_describe_json(cJSON *object, const struct image_answer *answer,
                         const struct image_trust *trust)
{
    (void)cJSON_AddBoolToObject(object, "is_image", answer->is_image);
    if (answer->is_image) {
        add_image(object, &answer->image, trust);
    }
    (void)cJSON_AddBoolToObject(object, "would_start", answer->result == OTTER_OK);
    (void)cJSON_AddBoolToObject(object, "signature_checked", trust->key_count > 0);
    image_check_json(object, answer);
}
