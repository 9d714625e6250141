/* SPDX-License-Identifier: Apache-2.0 */

/* An image is its hashed part (header, program, protected TLVs) and, behind it, what proves it
 * (hash, key hash, signature, wrapped key). The order of TLVs is imgtool's. Hash and signature are
 * over the plain program, so encryption comes last. */

#include "signer.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "boot_record.h"
#include "memory_flash.h"
#include "message.h"
#include "openssl_error.h"
#include "otter/bytes.h"
#include "otter/image.h"

#define DEPENDENCY_SIZE 12

/* An image in the making, in a buffer with room for the longest TLV areas. */
struct draft {
    const struct signer_request *request;
    uint8_t *bytes;
    size_t program_size; /* with what fills its last block up */
    size_t hashed_size;  /* header, program, protected TLVs */
    size_t size;
    struct image_key image_key;
};

static bool start(struct draft *draft, const uint8_t *program, size_t program_size)
{
    const struct signer_request *request = draft->request;
    const size_t header_size = request->header_size;
    const size_t fill =
        (ENCRYPTION_BLOCK - (header_size + program_size) % ENCRYPTION_BLOCK) % ENCRYPTION_BLOCK;

    draft->program_size = program_size + (request->encryption != NULL ? fill : 0);
    draft->bytes = malloc(header_size + draft->program_size + 2 * (size_t)UINT16_MAX);
    if (draft->bytes == NULL) {
        message_system("make", "the image");
        return false;
    }
    memset(draft->bytes, request->has_header_room ? 0 : request->erased_byte, header_size);
    memcpy(draft->bytes + header_size, program, program_size);
    memset(draft->bytes + header_size + program_size, 0, draft->program_size - program_size);
    return true;
}

static void add_security_counter(struct otter_tlv_writer *writer,
                                 const struct signer_request *request)
{
    uint8_t value[4];

    if (request->has_security_counter) {
        otter_store_le32(value, request->security_counter);
        otter_tlv_writer_add(writer, OTTER_TLV_SECURITY_COUNTER, value, sizeof value);
    }
}

static void add_boot_record(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    static const uint8_t nobody[OTTER_SHA256_SIZE];
    uint8_t record[BOOT_RECORD_MAX];

    if (request->boot_record != NULL) {
        const uint8_t *signer = request->key != NULL ? request->key->hash : nobody;
        const size_t size =
            boot_record_encode(request->boot_record, &request->version, signer, record);

        otter_tlv_writer_add(writer, OTTER_TLV_BOOT_RECORD, record, (uint16_t)size);
    }
}

static void add_dependencies(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    for (size_t i = 0; i < request->dependency_count; i++) {
        const struct otter_version *version = &request->dependencies[i].at_least;
        uint8_t value[DEPENDENCY_SIZE] = { request->dependencies[i].image };

        value[4] = version->major;
        value[5] = version->minor;
        otter_store_le16(value + 6, version->revision);
        otter_store_le32(value + 8, version->build);
        otter_tlv_writer_add(writer, OTTER_TLV_DEPENDENCY, value, sizeof value);
    }
}

static void add_uuids(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    if (request->has_vendor_uuid) {
        otter_tlv_writer_add(writer, OTTER_TLV_UUID_VENDOR, request->vendor_uuid, SIGNER_UUID_SIZE);
    }
    if (request->has_class_uuid) {
        otter_tlv_writer_add(writer, OTTER_TLV_UUID_CLASS, request->class_uuid, SIGNER_UUID_SIZE);
    }
}

static void add_layout(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    const struct otter_layout *layout = request->layout;
    uint8_t value[OTTER_LAYOUT_DIGEST_SIZE + UINT8_MAX];

    if (layout != NULL) {
        const size_t length = strnlen(layout->name, UINT8_MAX);

        memcpy(value, layout->digest, OTTER_LAYOUT_DIGEST_SIZE);
        memcpy(value + OTTER_LAYOUT_DIGEST_SIZE, layout->name, length);
        otter_tlv_writer_add(writer, OTTER_TLV_LAYOUT, value,
                             (uint16_t)(OTTER_LAYOUT_DIGEST_SIZE + length));
    }
}

static void add_board(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    if (request->board != NULL) {
        otter_tlv_writer_add(writer, OTTER_TLV_BOARD, request->board,
                             (uint16_t)strnlen(request->board, UINT16_MAX));
    }
}

static void add_customs(struct otter_tlv_writer *writer, const struct signer_request *request)
{
    for (size_t i = 0; i < request->custom_count; i++) {
        const struct signer_custom *custom = &request->customs[i];

        otter_tlv_writer_add(writer, custom->type, custom->value, custom->size);
    }
}

/* imgtool's order, with our own two before those of the user. */
static void (*const protected_parts[])(struct otter_tlv_writer *writer,
                                       const struct signer_request *request) = {
    add_security_counter, add_boot_record, add_dependencies, add_uuids,
    add_layout,           add_board,       add_customs,
};

static bool finish_area(struct otter_tlv_writer *writer, uint16_t magic)
{
    if (otter_tlv_writer_finish(writer, magic) == OTTER_OK) {
        return true;
    }
    message_error("the TLVs are too long for an image");
    message_fact("expected", "at most 65,535 bytes in each of the two areas");
    return false;
}

static bool add_protected_area(struct draft *draft)
{
    const size_t at = draft->request->header_size + draft->program_size;
    struct otter_tlv_writer writer;

    otter_tlv_writer_init(&writer, draft->bytes + at, UINT16_MAX);
    for (size_t i = 0; i < sizeof protected_parts / sizeof protected_parts[0]; i++) {
        protected_parts[i](&writer, draft->request);
    }
    if (!finish_area(&writer, OTTER_TLV_PROTECTED_INFO_MAGIC)) {
        return false;
    }
    draft->hashed_size = at + (writer.length > OTTER_TLV_INFO_SIZE ? writer.length : 0);
    return true;
}

static uint32_t flags_of(const struct signer_request *request)
{
    if (request->encryption == NULL) {
        return request->flags;
    }
    return request->flags
           | (request->encryption->key_size == 32 ? (uint32_t)OTTER_IMAGE_ENCRYPTED_AES256
                                                  : (uint32_t)OTTER_IMAGE_ENCRYPTED_AES128);
}

static void write_header(const struct draft *draft)
{
    const struct signer_request *request = draft->request;
    const struct otter_image_header header = {
        .load_address = request->load_address,
        .header_size = request->header_size,
        .protected_tlv_size =
            (uint16_t)(draft->hashed_size - request->header_size - draft->program_size),
        .program_size = (uint32_t)draft->program_size,
        .flags = flags_of(request),
        .version = request->version,
    };

    otter_image_encode_header(&header, draft->bytes);
}

bool signer_read_key_format(const char *text, bool *whole)
{
    *whole = text != NULL && strcmp(text, "full") == 0;
    if (text == NULL || *whole || strcmp(text, "hash") == 0) {
        return true;
    }
    message_error("there is no key format \"%s\"", text);
    message_fact("expected", "--public-key-format hash, or full");
    return false;
}

void signer_add_key_name(struct otter_tlv_writer *writer, const struct key *key, bool whole)
{
    if (whole) {
        otter_tlv_writer_add(writer, OTTER_TLV_PUBKEY, key->der, (uint16_t)key->der_size);
    } else {
        otter_tlv_writer_add(writer, OTTER_TLV_KEYHASH, key->hash, OTTER_SHA256_SIZE);
    }
}

static bool add_signature(struct otter_tlv_writer *writer, const struct signer_request *request,
                          const uint8_t digest[OTTER_SHA256_SIZE])
{
    const struct key *key = request->key;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t size = 0;

    if (!key_sign(key, digest, signature, &size)) {
        return false;
    }
    signer_add_key_name(writer, key, request->names_whole_key);
    otter_tlv_writer_add(writer, key->type->signature_tlv, signature, (uint16_t)size);
    return true;
}

static bool add_wrapped_key(struct otter_tlv_writer *writer, struct draft *draft)
{
    const struct encryption *encryption = draft->request->encryption;

    if (!encryption_make_key(encryption, &draft->image_key)) {
        return false;
    }
    otter_tlv_writer_add(writer, encryption->recipient->type->encryption_tlv,
                         draft->image_key.wrapped, (uint16_t)draft->image_key.wrapped_size);
    return true;
}

static bool add_unprotected_area(struct draft *draft)
{
    const struct signer_request *request = draft->request;
    uint8_t digest[OTTER_SHA256_SIZE];
    struct otter_tlv_writer writer;

    if (EVP_Digest(draft->bytes, draft->hashed_size, digest, NULL, EVP_sha256(), NULL) != 1) {
        message_openssl("the image cannot be hashed");
        return false;
    }
    otter_tlv_writer_init(&writer, draft->bytes + draft->hashed_size, UINT16_MAX);
    otter_tlv_writer_add(&writer, OTTER_TLV_SHA256, digest, sizeof digest);
    if (request->key != NULL && !add_signature(&writer, request, digest)) {
        return false;
    }
    if (request->encryption != NULL && !add_wrapped_key(&writer, draft)) {
        return false;
    }
    draft->size = draft->hashed_size + writer.length;
    return finish_area(&writer, OTTER_TLV_INFO_MAGIC);
}

static bool encrypt(struct draft *draft)
{
    const struct signer_request *request = draft->request;

    return request->encryption == NULL || request->encryption->leave_plain
           || encryption_apply(&draft->image_key, draft->bytes + request->header_size,
                               draft->program_size);
}

static bool finish(struct draft *draft)
{
    if (!add_protected_area(draft)) {
        return false;
    }
    write_header(draft);
    const bool done = add_unprotected_area(draft) && encrypt(draft);
    OPENSSL_cleanse(&draft->image_key, sizeof draft->image_key);
    return done;
}

bool signer_compose(const struct signer_request *request, const uint8_t *program,
                    size_t program_size, struct file_bytes *image)
{
    const size_t skip = request->has_header_room ? request->header_size : 0;
    struct draft draft = { .request = request };

    *image = (struct file_bytes){ 0 };
    if (!start(&draft, program + skip, program_size - skip)) {
        return false;
    }
    if (!finish(&draft)) {
        free(draft.bytes);
        return false;
    }
    *image = (struct file_bytes){ .bytes = draft.bytes, .size = draft.size };
    return true;
}

/* The trailer is written by the code that the device uses, on the padded file as a flash. */
static bool write_trailer(const struct signer_padding *padding, uint8_t *bytes)
{
    struct memory_flash memory;
    const struct otter_area area = memory_flash_over_file(&memory, bytes, padding->slot_size);
    enum otter_result result = OTTER_OK;

    memory.geometry.erased_byte = padding->erased_byte;
    result = otter_trailer_write_magic(&area, &padding->shape);
    if (result == OTTER_OK && padding->confirm) {
        result = otter_trailer_write_image_ok(&area, &padding->shape);
    }
    if (result != OTTER_OK) {
        message_result("the trailer", result);
    }
    return result == OTTER_OK;
}

bool signer_pad(const struct signer_padding *padding, struct file_bytes *image)
{
    uint8_t *bytes = realloc(image->bytes, padding->slot_size);

    if (bytes == NULL) {
        message_system("pad", "the image");
        return false;
    }
    const size_t end = padding->start + image->size;

    memmove(bytes + padding->start, bytes, image->size);
    memset(bytes, padding->erased_byte, padding->start);
    memset(bytes + end, padding->erased_byte, padding->slot_size - end);
    *image = (struct file_bytes){ .bytes = bytes, .size = padding->slot_size };
    return write_trailer(padding, bytes);
}
