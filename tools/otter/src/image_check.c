/* SPDX-License-Identifier: Apache-2.0 */

/* The verdict is the library's; what is added here is only the explanation. Each reason has a function
 * that looks again at what the library looked at last, and a sentence on what to do. */

#include "image_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "openssl_error.h"
#include "otter/all_crypto.h"
#include "otter/bytes.h"

#define HASH_TEXT_SIZE (2 * OTTER_SHA256_SIZE + 1)

/* What an explanation looks at. */
struct scene {
    const struct otter_area *area;
    uint32_t limit;
    const struct image_trust *trust;
    struct image_answer *answer;
    struct otter_image_header header; /* as far as it can be read */
    bool is_cut_short;                /* it does not end in the file, and no slot is to blame */
};

bool image_trust_load(struct image_trust *trust, const char *const *paths, int count,
                      const char *passphrase_file)
{
    if (count > IMAGE_KEYS_MAX) {
        message_error("%d keys are too many", count);
        message_fact("expected", "at most %d", IMAGE_KEYS_MAX);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!key_load(paths[i], passphrase_file, &trust->keys[i])) {
            return false;
        }
        trust->key_names[i] = paths[i];
        trust->key_count++;
    }
    return true;
}

bool image_trust_load_decryption_key(struct image_trust *trust, const char *path,
                                     const char *passphrase_file)
{
    struct key key;

    if (path == NULL) {
        return true;
    }
    if (!key_load_private(path, passphrase_file, &key)) {
        return false;
    }
    const int size = key_type_private_der(key.type, key.pkey, false, &trust->decryption_der);
    trust->decryption_key = (struct otter_private_key){
        .der = trust->decryption_der,
        .der_size = size > 0 ? (size_t)size : 0,
    };
    key_free(&key);
    if (size <= 0) {
        message_openssl("the decryption key cannot be written as DER");
    }
    return size > 0;
}

void image_trust_use_layout(struct image_trust *trust, const struct layout_file *file)
{
    const struct otter_layout *layout = &file->layout;

    trust->layout = layout;
    trust->address_count = 0;
    for (uint8_t i = 0; i < layout->area_count && trust->address_count < IMAGE_ADDRESSES_MAX; i++) {
        const struct otter_layout_area *area = &layout->areas[i];

        const uint32_t address = layout_area_address(layout, area);

        if (address != 0
            && (area->role == OTTER_AREA_PRIMARY
                || (area->role == OTTER_AREA_SECONDARY && layout_runs_in_place(file)))) {
            trust->addresses[trust->address_count++] = address;
        }
    }
}

void image_trust_free(struct image_trust *trust)
{
    OPENSSL_clear_free(trust->decryption_der, trust->decryption_key.der_size);
    trust->decryption_der = NULL;
    while (trust->key_count > 0) {
        key_free(&trust->keys[--trust->key_count]);
    }
}

/* ---- facts ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void add_fact(struct scene *scene, const char *name,
                                                           const char *format, ...)
{
    struct image_answer *answer = scene->answer;
    va_list arguments;

    if (answer->fact_count == IMAGE_FACTS_MAX) {
        return;
    }
    struct image_fact *fact = &answer->facts[answer->fact_count++];
    (void)snprintf(fact->name, sizeof fact->name, "%s", name);
    va_start(arguments, format);
    (void)vsnprintf(fact->text, sizeof fact->text, format, arguments);
    va_end(arguments);
}

static const char *hash_text(const uint8_t hash[OTTER_SHA256_SIZE], char text[HASH_TEXT_SIZE])
{
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    return text;
}

static void add_size_fact(struct scene *scene, const char *name, uint64_t size, const char *what)
{
    char text[THOUSANDS_TEXT_SIZE];

    add_fact(scene, name, "%s bytes%s", thousands(size, text), what);
}

static const struct {
    uint32_t bit;
    const char *name;
} flag_names[] = {
    { OTTER_IMAGE_ENCRYPTED_AES128, "encrypted (AES-128)" },
    { OTTER_IMAGE_ENCRYPTED_AES256, "encrypted (AES-256)" },
    { OTTER_IMAGE_NON_BOOTABLE, "not bootable" },
    { OTTER_IMAGE_RAM_LOAD, "runs from RAM" },
    { OTTER_IMAGE_ROM_FIXED, "linked for one address" },
    { OTTER_IMAGE_COMPRESSED_LZMA1, "compressed (LZMA1)" },
    { OTTER_IMAGE_COMPRESSED_LZMA2, "compressed (LZMA2)" },
    { OTTER_IMAGE_COMPRESSED_ARM_THUMB, "ARM Thumb filter" },
};

static size_t append(char *text, size_t length, const char *more)
{
    const int added = snprintf(text + length, IMAGE_FLAGS_TEXT_SIZE - length, "%s%s",
                               length > 0 ? ", " : "", more);

    return length + (added > 0 ? (size_t)added : 0);
}

const char *image_flags_text(uint32_t flags, char text[IMAGE_FLAGS_TEXT_SIZE])
{
    char unknown[24];
    size_t length = 0;

    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++) {
        if ((flags & flag_names[i].bit) != 0) {
            length = append(text, length, flag_names[i].name);
            flags &= ~flag_names[i].bit;
        }
    }
    if (flags != 0) {
        (void)snprintf(unknown, sizeof unknown, "unknown (0x%" PRIx32 ")", flags);
        length = append(text, length, unknown);
    }
    if (length == 0) {
        (void)append(text, 0, "none");
    }
    return text;
}

/* ---- structure ------------------------------------------------------------------------------- */

static void explain_empty(struct scene *scene)
{
    add_fact(scene, "expected", "an image, which begins with 3db8f396");
    add_fact(scene, "found", "%u erased bytes (%02x)", OTTER_IMAGE_HEADER_SIZE,
             otter_area_erased_byte(scene->area));
}

static void explain_magic(struct scene *scene)
{
    uint8_t bytes[4] = { 0 };

    (void)otter_area_read(scene->area, 0, bytes, sizeof bytes);
    add_fact(scene, "expected", "3db8f396 at its start");
    add_fact(scene, "found", "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void explain_header(struct scene *scene)
{
    const struct otter_image_header *header = &scene->header;
    const uint64_t sum =
        (uint64_t)header->header_size + header->program_size + header->protected_tlv_size;
    char flags[IMAGE_FLAGS_TEXT_SIZE];

    if (header->header_size < OTTER_IMAGE_HEADER_SIZE) {
        add_fact(scene, "expected", "a header of at least %u bytes", OTTER_IMAGE_HEADER_SIZE);
        add_fact(scene, "found", "%u bytes", header->header_size);
    } else if (sum > UINT32_MAX) {
        add_fact(scene, "expected", "header, program and protected TLVs of less than 4 GiB");
        add_size_fact(scene, "found", sum, "");
    } else {
        add_fact(scene, "expected", "one way to encrypt and one to compress, at most");
        add_fact(scene, "found", "flags: %s", image_flags_text(header->flags, flags));
    }
}

/* The library only says that the image did not fit; its sizes say by how much. */
static uint64_t claimed_size(const struct scene *scene)
{
    const struct otter_image_header *header = &scene->header;
    const uint64_t hashed =
        (uint64_t)header->header_size + header->program_size + header->protected_tlv_size;
    const uint64_t size = hashed + OTTER_TLV_INFO_SIZE;
    uint8_t info[OTTER_TLV_INFO_SIZE];

    if (size > scene->area->size
        || otter_area_read(scene->area, (uint32_t)hashed, info, sizeof info) != OTTER_OK) {
        return size;
    }
    return hashed + otter_load_le16(info + 2);
}

static void explain_too_big(struct scene *scene)
{
    add_size_fact(scene, "expected", scene->limit, " at most, header and TLVs included");
    add_size_fact(scene, "found", claimed_size(scene), "");
}

/* An info header that is not what it should be. @return true if that explains it */
static bool explain_info(struct scene *scene, uint32_t offset, uint16_t magic,
                         uint16_t expected_size)
{
    uint8_t info[OTTER_TLV_INFO_SIZE] = { 0 };

    (void)otter_area_read(scene->area, offset, info, sizeof info);
    const uint16_t found_magic = otter_load_le16(info);
    const uint16_t found_size = otter_load_le16(info + 2);
    const bool size_is_right =
        expected_size != 0 ? found_size == expected_size : found_size >= OTTER_TLV_INFO_SIZE;

    if (found_magic == magic && size_is_right) {
        return false;
    }
    if (expected_size != 0) {
        add_fact(scene, "expected", "protected TLVs at 0x%" PRIx32 ": magic 0x%04x, %u bytes",
                 offset, magic, expected_size);
    } else {
        add_fact(scene, "expected", "TLVs at 0x%" PRIx32 ": magic 0x%04x, at least %u bytes",
                 offset, magic, OTTER_TLV_INFO_SIZE);
    }
    add_fact(scene, "found", "magic 0x%04x, %u bytes", found_magic, found_size);
    return true;
}

/* The first entry of an area that runs over its end. */
static bool explain_overrun(struct scene *scene, uint32_t start, uint32_t size)
{
    uint32_t at = OTTER_TLV_INFO_SIZE;
    uint8_t entry[OTTER_TLV_ENTRY_SIZE];

    while (at < size) {
        const uint32_t left = size - at;

        if (left < OTTER_TLV_ENTRY_SIZE
            || otter_area_read(scene->area, start + at, entry, sizeof entry) != OTTER_OK) {
            add_fact(scene, "expected", "a TLV at 0x%" PRIx32 ", or the end of its area",
                     start + at);
            add_fact(scene, "found", "%" PRIu32 " bytes, too few for a TLV", left);
            return true;
        }
        if (otter_load_le16(entry + 2) > left - OTTER_TLV_ENTRY_SIZE) {
            add_fact(scene, "expected", "at most %" PRIu32 " bytes in the TLV 0x%04x at 0x%" PRIx32,
                     left - OTTER_TLV_ENTRY_SIZE, otter_load_le16(entry), start + at);
            add_fact(scene, "found", "%u bytes", otter_load_le16(entry + 2));
            return true;
        }
        at += OTTER_TLV_ENTRY_SIZE + otter_load_le16(entry + 2);
    }
    return false;
}

/* With sound areas, only a type in the wrong one is left. */
static void explain_type(struct scene *scene)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    otter_tlv_begin(&iterator, &scene->answer->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (!tlv.is_protected && !otter_tlv_may_be_unprotected(tlv.type)) {
            add_fact(scene, "expected", "hash, key hash, signature or wrapped key");
            add_fact(scene, "found", "TLV 0x%04x at 0x%" PRIx32 ", which is not signed", tlv.type,
                     tlv.offset - OTTER_TLV_ENTRY_SIZE);
            return;
        }
    }
}

static void explain_tlv(struct scene *scene)
{
    const struct otter_image_header *header = &scene->header;
    const uint32_t protected_start = header->header_size + header->program_size;
    const uint32_t start = protected_start + header->protected_tlv_size;
    uint8_t info[OTTER_TLV_INFO_SIZE] = { 0 };

    if (scene->is_cut_short) {
        add_size_fact(scene, "expected", claimed_size(scene), ", by what it says of itself");
        add_size_fact(scene, "found", scene->area->size, "");
        return;
    }
    if (scene->answer->is_image) {
        explain_type(scene);
        return;
    }
    if (header->protected_tlv_size != 0
        && explain_info(scene, protected_start, OTTER_TLV_PROTECTED_INFO_MAGIC,
                        header->protected_tlv_size)) {
        return;
    }
    if (explain_info(scene, start, OTTER_TLV_INFO_MAGIC, 0)) {
        return;
    }
    (void)otter_area_read(scene->area, start, info, sizeof info);
    if (!explain_overrun(scene, protected_start, header->protected_tlv_size)) {
        (void)explain_overrun(scene, start, otter_load_le16(info + 2));
    }
}

/* ---- proof ----------------------------------------------------------------------------------- */

bool image_check_digest(const struct otter_image *image, uint8_t digest[OTTER_SHA256_SIZE])
{
    uint8_t buffer[4096];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };

    return otter_image_digest(image, &otter_all_crypto, &work, digest) == OTTER_OK;
}

/* What is hashed is the plain program, which is not at hand. */
static bool is_encrypted(const struct otter_image_header *header)
{
    return (header->flags & (OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256)) != 0;
}

static void explain_hash(struct scene *scene)
{
    uint8_t hash[OTTER_SHA256_SIZE];
    char text[HASH_TEXT_SIZE];
    size_t size = sizeof hash;
    const enum otter_result result =
        otter_tlv_read(&scene->answer->image, OTTER_TLV_SHA256, false, hash, &size);

    if (result == OTTER_OK && size == sizeof hash) {
        add_fact(scene, "image says", "%s", hash_text(hash, text));
    } else if (result == OTTER_ERR_NOT_FOUND) {
        add_fact(scene, "image says", "nothing: it has no SHA-256");
    } else {
        add_fact(scene, "image says", "%zu bytes, which is no SHA-256", size);
    }
    if (!is_encrypted(&scene->header) && image_check_digest(&scene->answer->image, hash)) {
        add_fact(scene, "its bytes say", "%s", hash_text(hash, text));
    }
}

static void add_image_keys(struct scene *scene)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    uint8_t hash[OTTER_SHA256_SIZE];
    char text[HASH_TEXT_SIZE];

    otter_tlv_begin(&iterator, &scene->answer->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (tlv.type == OTTER_TLV_KEYHASH && tlv.size == sizeof hash
            && otter_area_read(scene->area, tlv.offset, hash, sizeof hash) == OTTER_OK) {
            add_fact(scene, "image key", "%s", hash_text(hash, text));
        }
    }
}

static void explain_keys(struct scene *scene)
{
    char text[HASH_TEXT_SIZE];

    add_image_keys(scene);
    for (int i = 0; i < scene->trust->key_count; i++) {
        const struct key *key = &scene->trust->keys[i];

        add_fact(scene, "trusted key", "%s (%s, %s)", hash_text(key->hash, text),
                 scene->trust->key_names[i], key->type->title);
    }
}

static void explain_layout(struct scene *scene)
{
    const struct otter_layout *layout = scene->trust->layout;
    uint8_t value[OTTER_LAYOUT_DIGEST_SIZE + UINT8_MAX];
    char text[HASH_TEXT_SIZE];
    size_t size = sizeof value;

    if (otter_tlv_read(&scene->answer->image, OTTER_TLV_LAYOUT, true, value, &size) == OTTER_OK
        && size >= OTTER_LAYOUT_DIGEST_SIZE) {
        add_fact(scene, "image", "%s (%.*s)", hash_text(value, text),
                 (int)(size - OTTER_LAYOUT_DIGEST_SIZE),
                 (const char *)value + OTTER_LAYOUT_DIGEST_SIZE);
    } else {
        add_fact(scene, "image", "%zu bytes, which is no layout", size);
    }
    add_fact(scene, "device", "%s (%s)", hash_text(layout->digest, text), layout->name);
}

/* A key wrapped in a way that no provider of ours unwraps. */
static bool explain_wrapped_key(struct scene *scene)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    otter_tlv_begin(&iterator, &scene->answer->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (tlv.type == OTTER_TLV_ENC_KW || tlv.type == OTTER_TLV_ENC_X25519
            || tlv.type == OTTER_TLV_ENC_X25519_SHA512) {
            add_fact(scene, "expected", "a key encrypted to ECDSA P-256 or RSA-2048");
            add_fact(scene, "found", "%s (0x%02x)", otter_tlv_type_name(tlv.type), tlv.type);
            return true;
        }
    }
    return false;
}

static void explain_unsupported(struct scene *scene)
{
    char flags[IMAGE_FLAGS_TEXT_SIZE];
    const uint32_t encrypted = OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256;
    const uint32_t accepted =
        OTTER_IMAGE_ROM_FIXED | (scene->trust->decryption_der != NULL ? encrypted : 0);
    const uint32_t needed = scene->header.flags & ~accepted;
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;

    if (needed != 0) {
        add_fact(scene, "expected", "a plain program that runs where it lies");
        add_fact(scene, "found", "%s", image_flags_text(needed, flags));
        return;
    }
    if (explain_wrapped_key(scene)) {
        return;
    }
    add_fact(scene, "expected", "a hash and a signature of a kind that the device checks");
    otter_tlv_begin(&iterator, &scene->answer->image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (!tlv.is_protected && tlv.type >= OTTER_TLV_SHA256 && tlv.type <= OTTER_TLV_SIG_PURE) {
            add_fact(scene, "found", "%s (0x%02x)", otter_tlv_type_name(tlv.type), tlv.type);
        }
    }
}

static void explain_address(struct scene *scene)
{
    for (uint8_t i = 0; i < scene->trust->address_count; i++) {
        add_fact(scene, "expected", "0x%08" PRIx32, scene->trust->addresses[i]);
    }
    add_fact(scene, "found", "0x%08" PRIx32, scene->header.load_address);
}

static void explain_key(struct scene *scene)
{
    add_fact(scene, "expected", "an image key that opens with the decryption key");
    add_fact(scene, "found", "one for another device, or damage");
}

static void explain_unsigned(struct scene *scene)
{
    add_fact(scene, "expected", "a signature by one of %u trusted keys", scene->trust->key_count);
    add_fact(scene, "found", "none");
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* The facts that belong to a reason, and the next step where a file is at hand. */
static const struct {
    enum otter_result reason;
    void (*explain)(struct scene *scene);
    const char *next;
} explanations[] = {
    { OTTER_ERR_EMPTY_SLOT, explain_empty, "Program an image, or let the device download one." },
    { OTTER_ERR_IMAGE_MAGIC, explain_magic,
      "Sign the program with \"otter image sign\" and use the signed file." },
    { OTTER_ERR_IMAGE_HEADER, explain_header, "Sign the program again." },
    { OTTER_ERR_IMAGE_TOO_BIG, explain_too_big,
      "Shrink the program, or enlarge the slots in the layout." },
    { OTTER_ERR_IMAGE_TLV, explain_tlv, "The file is cut short or damaged; transfer it again." },
    { OTTER_ERR_IMAGE_UNSUPPORTED, explain_unsupported, "Sign it without that feature." },
    { OTTER_ERR_IMAGE_ADDRESS, explain_address,
      "Install the image that was linked for this slot." },
    { OTTER_ERR_IMAGE_KEY, explain_key, "Encrypt it to the public key of this device." },
    { OTTER_ERR_IMAGE_HASH, explain_hash, "The file is damaged; transfer it again." },
    { OTTER_ERR_IMAGE_UNSIGNED, explain_unsigned, "Sign it with a key that the device trusts." },
    { OTTER_ERR_IMAGE_UNKNOWN_KEY, explain_keys,
      "Sign it with a trusted key, or build the bootloader with the image's key." },
    { OTTER_ERR_IMAGE_SIGNATURE, explain_keys, "It was altered after signing; sign it again." },
    { OTTER_ERR_IMAGE_LAYOUT, explain_layout, "Build and sign it with the layout of the device." },
};

static void explain(struct scene *scene)
{
    struct image_answer *answer = scene->answer;

    answer->next = otter_result_hint(answer->result);
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        if (explanations[i].reason == answer->result) {
            explanations[i].explain(scene);
            answer->next = explanations[i].next;
        }
    }
}

static void read_header(struct scene *scene)
{
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];

    if (otter_area_read(scene->area, 0, bytes, sizeof bytes) == OTTER_OK) {
        (void)otter_image_parse_header(bytes, &scene->header);
    }
}

/* An image in a secondary slot, or in a file, is encrypted; in a primary slot it lies in plain, with
 * the flag still set. Only its hash can tell. */
static enum otter_result verify_either_way(const struct otter_image *image,
                                           const struct otter_trust *trust)
{
    struct otter_image_cipher cipher;
    struct otter_image decrypted = *image;
    uint8_t buffer[4096];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    enum otter_result reason = otter_image_decrypt(&decrypted, trust, &cipher);

    if (reason == OTTER_OK) {
        (void)otter_image_verify(&decrypted, trust, &work, &reason);
    }
    otter_image_forget_key(&cipher);
    if (reason == OTTER_ERR_IMAGE_HASH) {
        (void)otter_image_verify(image, trust, &work, &reason);
    }
    return reason;
}

static bool runs_at_its_address(const struct otter_image_header *header,
                                const struct image_trust *trust)
{
    if ((header->flags & OTTER_IMAGE_ROM_FIXED) == 0 || trust->address_count == 0) {
        return true;
    }
    for (uint8_t i = 0; i < trust->address_count; i++) {
        if (trust->addresses[i] == header->load_address) {
            return true;
        }
    }
    return false;
}

static enum otter_result verify(const struct otter_image *image, const struct image_trust *trust)
{
    struct otter_public_key keys[IMAGE_KEYS_MAX];
    const struct otter_trust library_trust = {
        .crypto = &otter_all_crypto,
        .keys = keys,
        .key_count = trust->key_count,
        .decryption_key = trust->decryption_der != NULL ? &trust->decryption_key : NULL,
        .layout_digest = trust->layout != NULL ? trust->layout->digest : NULL,
        .strict_unprotected_tlvs = true,
    };

    for (int i = 0; i < trust->key_count; i++) {
        keys[i] = key_public(&trust->keys[i]);
    }
    if (!runs_at_its_address(&image->header, trust)) {
        return OTTER_ERR_IMAGE_ADDRESS; /* the bootloader asks, not the library */
    }
    return verify_either_way(image, &library_trust);
}

void image_check(const struct otter_area *area, uint32_t limit, const struct image_trust *trust,
                 struct image_answer *answer)
{
    struct scene scene = { .area = area, .limit = limit, .trust = trust, .answer = answer };

    *answer = (struct image_answer){ .next = "" };
    answer->result = area->size < OTTER_IMAGE_HEADER_SIZE
                         ? OTTER_ERR_IMAGE_MAGIC
                         : otter_image_open(area, 0, limit, &answer->image);
    if (answer->result == OTTER_ERR_IMAGE_TOO_BIG && limit > area->size) {
        answer->result = OTTER_ERR_IMAGE_TLV;
        scene.is_cut_short = true;
    }
    answer->is_image = answer->result == OTTER_OK;
    if (answer->is_image) {
        answer->result = verify(&answer->image, trust);
    }
    if (answer->result != OTTER_OK) {
        read_header(&scene);
        explain(&scene);
    }
}

void image_check_complain(const char *name, const struct image_answer *answer)
{
    message_error("%s: %s", name, otter_result_meaning(answer->result));
    for (size_t i = 0; i < answer->fact_count; i++) {
        message_fact(answer->facts[i].name, "%s", answer->facts[i].text);
    }
    if (*answer->next != '\0') {
        message_next("%s", answer->next);
    }
}

void image_check_json(cJSON *object, const struct image_answer *answer)
{
    (void)cJSON_AddStringToObject(object, "result", otter_result_name(answer->result));
    (void)cJSON_AddStringToObject(object, "meaning", otter_result_meaning(answer->result));
    cJSON *facts = cJSON_AddArrayToObject(object, "facts");
    for (size_t i = 0; i < answer->fact_count; i++) {
        cJSON *fact = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(fact, "name", answer->facts[i].name);
        (void)cJSON_AddStringToObject(fact, "text", answer->facts[i].text);
        (void)cJSON_AddItemToArray(facts, fact);
    }
    (void)cJSON_AddStringToObject(object, "next", answer->next);
}
