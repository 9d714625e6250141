/* SPDX-License-Identifier: Apache-2.0 */

/* Options into parts of an image. Their meaning, and what they refuse, is that of imgtool's options
 * of the same names. */

#include "image_extras.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "boot_record.h"
#include "message.h"
#include "openssl_error.h"
#include "otter/image.h"

#define UUID_DIGITS 32u

/* What imgtool leaves to users; below it are MCUboot's own. */
#define CUSTOM_TAG_MIN 0x00A0u
#define CUSTOM_TAG_MAX 0xFFFEu

/* A number that ends at @p end_mark. @return what follows it, or NULL */
static const char *parse_number(const char *text, char end_mark, uint32_t max, uint32_t *value)
{
    char *end = NULL;

    errno = 0;
    const unsigned long long number = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != end_mark || errno != 0 || number > max) {
        return NULL;
    }
    *value = (uint32_t)number;
    return end + (end_mark != '\0');
}

static bool read_security_counter(const struct extras_options *options,
                                  struct signer_request *request)
{
    const char *text = options->security_counter;
    const struct otter_version *version = &request->version;

    if (text == NULL) {
        return true;
    }
    request->has_security_counter = true;
    if (strcmp(text, "auto") == 0) {
        request->security_counter =
            (uint32_t)version->major << 24 | (uint32_t)version->minor << 16 | version->revision;
        return true;
    }
    if (parse_number(text, '\0', UINT32_MAX, &request->security_counter) == NULL) {
        message_error("\"%s\" is no security counter", text);
        message_fact("expected", "0 to 4,294,967,295, or auto: made from the version");
        return false;
    }
    return true;
}

static bool read_boot_record(const struct extras_options *options, struct signer_request *request)
{
    const char *type = options->boot_record;

    if (type != NULL && strlen(type) > BOOT_RECORD_TYPE_MAX) {
        message_error("\"%s\" is too long for a boot record", type);
        message_fact("expected", "at most %d characters", BOOT_RECORD_TYPE_MAX);
        return false;
    }
    request->boot_record = type;
    return true;
}

static bool read_dependency(const char *text, struct signer_dependency *dependency)
{
    uint32_t image = 0;
    const char *version = parse_number(text, ',', UINT8_MAX, &image);

    if (version == NULL || otter_version_parse(version, &dependency->at_least) != OTTER_OK) {
        message_error("\"%s\" is no dependency", text);
        message_fact("expected", "number of the other image, comma, its least version: 1,2.0.0");
        return false;
    }
    dependency->image = (uint8_t)image;
    return true;
}

static bool read_dependencies(const struct extras_options *options, struct signer_request *request)
{
    const struct option_list *list = &options->dependencies;

    if (list->count > SIGNER_DEPENDENCIES_MAX) {
        message_error("there are too many dependencies");
        message_fact("expected", "at most %d", SIGNER_DEPENDENCIES_MAX);
        return false;
    }
    while (request->dependency_count < (size_t)list->count) {
        const size_t i = request->dependency_count++;

        if (!read_dependency(list->items[i], &request->dependencies[i])) {
            return false;
        }
    }
    return true;
}

static bool read_addresses(const struct extras_options *options, struct signer_request *request)
{
    if (options->rom_fixed != 0 && options->load_address != 0) {
        message_error("an image runs from flash at a fixed address, or from RAM, but not both");
        message_next("Give --rom-fixed or --load-addr.");
        return false;
    }
    request->load_address = options->rom_fixed + options->load_address;
    request->flags |= options->rom_fixed != 0 ? (uint32_t)OTTER_IMAGE_ROM_FIXED : 0;
    request->flags |= options->load_address != 0 ? (uint32_t)OTTER_IMAGE_RAM_LOAD : 0;
    request->flags |= options->non_bootable ? (uint32_t)OTTER_IMAGE_NON_BOOTABLE : 0;
    return true;
}

static bool is_taken(const struct signer_request *request, uint32_t tag)
{
    for (size_t i = 0; i < request->custom_count; i++) {
        if (request->customs[i].type == tag) {
            return true;
        }
    }
    return (tag == OTTER_TLV_LAYOUT && request->layout != NULL)
           || (tag == OTTER_TLV_BOARD && request->board != NULL);
}

static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

    return found != NULL ? (int)((found - digits) % 16) : -1;
}

/* @return bytes written to @p value, which has room for half of the digits; -1 if they are no bytes */
static long parse_hex(const char *digits, uint8_t *value)
{
    long size = 0;

    for (; *digits != '\0'; digits += 2) {
        const int high = hex_digit(digits[0]);
        const int low = high >= 0 ? hex_digit(digits[1]) : -1;

        if (low < 0) {
            return -1;
        }
        value[size++] = (uint8_t)(high << 4 | low);
    }
    return size;
}

/* @p room has room for the whole text. @return what is free behind the value; NULL: it is wrong */
static uint8_t *read_custom(const char *text, struct signer_request *request, uint8_t *room)
{
    uint32_t tag = 0;
    const char *value = parse_number(text, '=', CUSTOM_TAG_MAX, &tag);
    const bool is_hex = value != NULL && strncmp(value, "0x", 2) == 0;
    long size = -1;

    if (is_hex) {
        size = parse_hex(value + 2, room);
    } else if (value != NULL) {
        size = (long)strlen(value);
        memcpy(room, value, (size_t)size);
    }
    if (size < 0 || size > UINT16_MAX || tag < CUSTOM_TAG_MIN) {
        message_error("\"%s\" is no custom TLV", text);
        message_fact("expected", "TAG=VALUE: a tag of 0xa0 to 0xfffe, and text, or 0x and pairs of "
                                 "hexadecimal digits");
        return NULL;
    }
    if (is_taken(request, tag)) {
        message_error("the image has a TLV 0x%04x already", (unsigned)tag);
        return NULL;
    }
    request->customs[request->custom_count++] =
        (struct signer_custom){ .type = (uint16_t)tag, .size = (uint16_t)size, .value = room };
    return room + size;
}

/* 32 digits, or the same in groups of 8, 4, 4, 4 and 12. */
static bool parse_uuid(const char *text, uint8_t uuid[SIGNER_UUID_SIZE])
{
    static const uint8_t dashes[] = { 8, 13, 18, 23 };
    char digits[UUID_DIGITS + 1] = "";
    const size_t size = strlen(text);
    size_t from = 0;

    if (size == UUID_DIGITS) {
        return parse_hex(text, uuid) == SIGNER_UUID_SIZE;
    }
    if (size != UUID_DIGITS + sizeof dashes) {
        return false;
    }
    for (size_t i = 0; i < sizeof dashes; i++) {
        if (text[dashes[i]] != '-') {
            return false;
        }
        strncat(digits, text + from, dashes[i] - from);
        from = dashes[i] + 1u;
    }
    strncat(digits, text + from, size - from);
    return parse_hex(digits, uuid) == SIGNER_UUID_SIZE;
}

/* Version 5 of RFC 4122: SHA-1 over the name space and the name. */
static bool name_uuid(const uint8_t space[SIGNER_UUID_SIZE], const char *name,
                      uint8_t uuid[SIGNER_UUID_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool done = EVP_DigestInit_ex2(context, EVP_sha1(), NULL) == 1
                      && EVP_DigestUpdate(context, space, SIGNER_UUID_SIZE) == 1
                      && EVP_DigestUpdate(context, name, strlen(name)) == 1
                      && EVP_DigestFinal_ex(context, digest, NULL) == 1;

    EVP_MD_CTX_free(context);
    memcpy(uuid, digest, SIGNER_UUID_SIZE);
    uuid[6] = (uint8_t)(0x50 | (uuid[6] & 0x0F));
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3F));
    return done;
}

/* @param space  what names belong to; NULL: names are not taken */
static bool read_uuid(const char *text, const uint8_t *space, uint8_t uuid[SIGNER_UUID_SIZE])
{
    if (parse_uuid(text, uuid)) {
        return true;
    }
    if (space == NULL) {
        message_error("\"%s\" is no UUID", text);
        message_next("Give one, or the vendor too (--vid): the UUID is made from both names then.");
        return false;
    }
    if (!name_uuid(space, text, uuid)) {
        message_openssl("a UUID cannot be made from its name");
        return false;
    }
    return true;
}

/* A vendor's name belongs to the DNS, that of a class to the vendor. */
static bool read_uuids(const struct extras_options *options, struct signer_request *request)
{
    static const uint8_t dns[SIGNER_UUID_SIZE] = { 0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1,
                                                   0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8 };

    request->has_vendor_uuid = options->vendor != NULL;
    request->has_class_uuid = options->device_class != NULL;
    if (options->vendor != NULL && !read_uuid(options->vendor, dns, request->vendor_uuid)) {
        return false;
    }
    return options->device_class == NULL
           || read_uuid(options->device_class,
                        options->vendor != NULL ? request->vendor_uuid : NULL, request->class_uuid);
}

static bool read_customs(const struct extras_options *options, struct signer_request *request,
                         uint8_t **pool)
{
    const struct option_list *list = &options->customs;
    size_t room = 1;

    for (int i = 0; i < list->count; i++) {
        room += strlen(list->items[i]);
    }
    *pool = malloc(room);
    if (*pool == NULL) {
        message_system("read", "the custom TLVs");
        return false;
    }
    uint8_t *at = *pool;
    for (int i = 0; i < list->count && at != NULL; i++) {
        at = read_custom(list->items[i], request, at);
    }
    return at != NULL;
}

bool extras_read(const struct extras_options *options, struct signer_request *request,
                 uint8_t **pool)
{
    *pool = NULL;
    return read_security_counter(options, request) && read_boot_record(options, request)
           && read_dependencies(options, request) && read_addresses(options, request)
           && read_uuids(options, request) && read_customs(options, request, pool);
}
