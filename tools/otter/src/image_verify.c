/* SPDX-License-Identifier: Apache-2.0 */

/* otter image verify: the device's own verification, and an explanation when it says no. */

#include "image_verify.h"

#include <stdio.h>
#include <string.h>

#include "image_file.h"
#include "json.h"
#include "keys.h"
#include "layout_file.h"
#include "message.h"
#include "otter/mbedtls_crypto.h"
#include "otter/text.h"

#define HASH_TEXT_SIZE (2 * OTTER_SHA256_SIZE + 1)

/* Everything that one run works on. */
struct question {
    const struct image_verify_options *options;
    const char *path;
    struct key keys[OPTION_LIST_MAX];
    struct otter_public_key public_keys[OPTION_LIST_MAX];
    int key_count;
    struct layout_file *layout;
    struct image_file file;
    enum otter_result reason;
};

static bool load_keys(struct question *question)
{
    const struct option_list *list = &question->options->keys;

    while (question->key_count < list->count) {
        struct key *key = &question->keys[question->key_count];

        if (!key_load(list->items[question->key_count], question->options->passphrase_file, key)) {
            return false;
        }
        question->public_keys[question->key_count++] =
            (struct otter_public_key){ .der = key->der, .der_size = KEY_DER_SIZE };
    }
    return true;
}

static bool load_layout(struct question *question)
{
    if (question->options->layout == NULL) {
        return true;
    }
    question->layout = layout_file_load(question->options->layout);
    return question->layout != NULL;
}

static bool is_good(struct question *question)
{
    const struct otter_trust trust = {
        .crypto = &otter_mbedtls_crypto,
        .keys = question->public_keys,
        .key_count = (uint8_t)question->key_count,
        .layout_digest = question->layout != NULL ? question->layout->layout.digest : NULL,
        .strict_unprotected_tlvs = true,
    };
    uint8_t buffer[4096];

    return otter_image_verify(&question->file.image, &trust, buffer, sizeof buffer,
                              &question->reason)
           == OTTER_VERDICT_GOOD;
}

static const char *hash_text(const uint8_t *hash, char text[HASH_TEXT_SIZE])
{
    struct otter_text out;

    otter_text_init(&out, text, HASH_TEXT_SIZE);
    otter_text_append_hex(&out, hash, OTTER_SHA256_SIZE);
    return text;
}

static void tell_hashes(const struct question *question)
{
    uint8_t hash[OTTER_SHA256_SIZE];
    char text[HASH_TEXT_SIZE];
    size_t size = sizeof hash;

    if (otter_tlv_read(&question->file.image, OTTER_TLV_SHA256, false, hash, &size) == OTTER_OK
        && size == sizeof hash) {
        message_fact("image says", "%s", hash_text(hash, text));
    }
    if (image_file_digest(&question->file, hash)) {
        message_fact("its bytes say", "%s", hash_text(hash, text));
    }
}

static void tell_image_keys(const struct question *question)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    char text[HASH_TEXT_SIZE];

    otter_tlv_begin(&iterator, &question->file.image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (tlv.type == OTTER_TLV_KEYHASH && tlv.size == OTTER_SHA256_SIZE) {
            message_fact("image key", "%s",
                         hash_text(question->file.bytes.bytes + tlv.offset, text));
        }
    }
}

static void tell_keys(const struct question *question)
{
    char text[HASH_TEXT_SIZE];

    tell_image_keys(question);
    for (int i = 0; i < question->key_count; i++) {
        message_fact("trusted key", "%s (%s)", hash_text(question->keys[i].hash, text),
                     question->options->keys.items[i]);
    }
}

static void tell_layouts(const struct question *question)
{
    uint8_t value[OTTER_LAYOUT_DIGEST_SIZE + 64];
    char text[HASH_TEXT_SIZE];
    size_t size = sizeof value;

    if (otter_tlv_read(&question->file.image, OTTER_TLV_LAYOUT, true, value, &size) == OTTER_OK
        && size >= OTTER_LAYOUT_DIGEST_SIZE) {
        message_fact("image", "%s", hash_text(value, text));
    }
    message_fact("device", "%s (%s)", hash_text(question->layout->layout.digest, text),
                 question->options->layout);
}

/* The facts that belong to a reason, between the message and its hint. */
static const struct {
    enum otter_result reason;
    void (*tell)(const struct question *question);
    const char *next;
} explanations[] = {
    { OTTER_ERR_IMAGE_HASH, tell_hashes, "The file is damaged; transfer it again." },
    { OTTER_ERR_IMAGE_UNKNOWN_KEY, tell_keys,
      "Sign it with a trusted key, or build the bootloader with the image's key." },
    { OTTER_ERR_IMAGE_SIGNATURE, tell_keys, "It was altered after signing; sign it again." },
    { OTTER_ERR_IMAGE_LAYOUT, tell_layouts, "Build and sign it with the layout of the device." },
};

static void explain(const struct question *question)
{
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        if (explanations[i].reason == question->reason) {
            message_error("%s: %s", question->path, otter_result_meaning(question->reason));
            explanations[i].tell(question);
            message_next("%s", explanations[i].next);
            return;
        }
    }
    message_result(question->path, question->reason);
}

static void tell_good(const struct question *question)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&question->file.image.header.version, version);
    (void)printf("%s: good, image %s, %s\n", question->path, version,
                 question->key_count > 0 ? "hash and signature are right"
                                         : "its hash is right; give --key to check its signature");
}

static void tell_json(const struct question *question, bool good)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    cJSON *root = cJSON_CreateObject();

    otter_version_format(&question->file.image.header.version, version);
    (void)cJSON_AddStringToObject(root, "file", question->path);
    (void)cJSON_AddStringToObject(root, "version", version);
    (void)cJSON_AddBoolToObject(root, "good", good);
    (void)cJSON_AddBoolToObject(root, "signature_checked", question->key_count > 0);
    (void)cJSON_AddStringToObject(root, "result", otter_result_name(question->reason));
    (void)cJSON_AddStringToObject(root, "meaning", otter_result_meaning(question->reason));
    json_print(root);
}

static enum command_status answer(struct question *question)
{
    const bool good = is_good(question);

    if (question->options->json) {
        tell_json(question, good);
    } else if (good) {
        tell_good(question);
    } else {
        explain(question);
    }
    return good ? COMMAND_DONE : COMMAND_NO;
}

enum command_status image_verify(const struct image_verify_options *options, const char *path)
{
    static struct question question; /* large, and a process asks once */
    enum command_status status = COMMAND_WRONG;
    bool is_image = true;

    question = (struct question){ .options = options, .path = path };
    if (load_keys(&question) && load_layout(&question)) {
        if (image_file_load(path, &question.file, &is_image)) {
            status = answer(&question);
        } else if (!is_image) {
            status = COMMAND_NO;
        }
    }
    image_file_free(&question.file);
    layout_file_free(question.layout);
    while (question.key_count > 0) {
        key_free(&question.keys[--question.key_count]);
    }
    return status;
}
