/* SPDX-License-Identifier: Apache-2.0 */

/* A signature is over a digest of 32 bytes, so whoever holds the key needs to see no more of the
 * image. What comes back is checked before it goes into the image. */

#include "image_attach.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_check.h"
#include "image_file.h"
#include "keys.h"
#include "message.h"
#include "otter/image.h"
#include "signer.h"

#define RAW_ECDSA_SIZE 64
#define TLVS_MAX       UINT16_MAX

/* Everything that one run works on. */
struct job {
    const struct image_attach_options *options;
    const char *path;
    struct image_file file;
    struct key key;
    bool names_whole_key;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t signature_size;
    struct file_bytes signed_image;
};

static bool check_whole(const char *path, const struct image_file *file)
{
    char text[2][THOUSANDS_TEXT_SIZE];

    if (file->bytes.size == file->image.size) {
        return true;
    }
    message_error("%s is longer than the image in it", path);
    message_fact("file", "%s bytes", thousands(file->bytes.size, text[0]));
    message_fact("image", "%s bytes", thousands(file->image.size, text[1]));
    message_next("Sign without --pad and --confirm, and pad when the signature is in place.");
    return false;
}

static bool is_encrypted(const struct image_file *file)
{
    return (file->image.header.flags
            & (OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256))
           != 0;
}

/* What is signed is the plain program; of an encrypted one only the hash TLV knows the digest. */
static bool find_digest(const char *path, const struct image_file *file,
                        uint8_t digest[OTTER_SHA256_SIZE])
{
    uint8_t computed[OTTER_SHA256_SIZE];
    size_t size = OTTER_SHA256_SIZE;

    if (otter_tlv_read(&file->image, OTTER_TLV_SHA256, false, digest, &size) != OTTER_OK
        || size != OTTER_SHA256_SIZE) {
        message_error("%s has no SHA-256", path);
        return false;
    }
    if (!is_encrypted(file)
        && (!image_check_digest(&file->image, computed)
            || memcmp(computed, digest, sizeof computed) != 0)) {
        message_result(path, OTTER_ERR_IMAGE_HASH);
        return false;
    }
    return true;
}

static bool store_digest(const char *out, const uint8_t digest[OTTER_SHA256_SIZE], bool as_text)
{
    char text[2 * OTTER_SHA256_SIZE + 2];

    if (!as_text) {
        return file_store(out, digest, OTTER_SHA256_SIZE);
    }
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    text[sizeof text - 2] = '\n';
    return file_store(out, text, sizeof text - 1);
}

/* @return COMMAND_DONE if the file is an image; otherwise the user has been told */
static enum command_status load(const char *path, struct image_file *file)
{
    bool is_image = true;

    if (!image_file_load(path, file, &is_image)) {
        return is_image ? COMMAND_WRONG : COMMAND_NO;
    }
    return check_whole(path, file) ? COMMAND_DONE : COMMAND_WRONG;
}

enum command_status image_digest(const char *path, const char *out, bool as_text)
{
    uint8_t digest[OTTER_SHA256_SIZE];
    struct image_file file;
    enum command_status status = load(path, &file);

    if (status == COMMAND_DONE && !find_digest(path, &file, digest)) {
        status = COMMAND_NO;
    }
    if (status == COMMAND_DONE && !store_digest(out, digest, as_text)) {
        status = COMMAND_WRONG;
    }
    image_file_free(&file);
    return status;
}

/* Tokens give ECDSA signatures as r and s, 32 bytes each; images hold them as DER. */
static bool encode_ecdsa(struct job *job)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(job->signature, RAW_ECDSA_SIZE / 2, NULL);
    BIGNUM *s = BN_bin2bn(job->signature + RAW_ECDSA_SIZE / 2, RAW_ECDSA_SIZE / 2, NULL);
    uint8_t *at = job->signature;
    int size = 0;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        size = i2d_ECDSA_SIG(pair, &at);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    job->signature_size = size > 0 ? (size_t)size : 0;
    return size > 0;
}

static bool is_signed(const struct job *job, const uint8_t digest[OTTER_SHA256_SIZE])
{
    return key_signed(&job->key, digest, job->signature, job->signature_size);
}

static bool check_signature(struct job *job, const uint8_t digest[OTTER_SHA256_SIZE])
{
    const bool may_be_raw = job->key.type->signature_tlv == OTTER_TLV_ECDSA_SIG
                            && job->signature_size == RAW_ECDSA_SIZE;

    if (is_signed(job, digest) || (may_be_raw && encode_ecdsa(job) && is_signed(job, digest))) {
        return true;
    }
    message_error("%s is no signature for this image", job->options->signature);
    message_fact("key", "%s (%s)", job->options->public_key, job->key.type->title);
    message_fact("digest of", "%s", job->path);
    message_next("Check that the digest of this very file was signed, with this key: ECDSA and "
                 "RSA-PSS (salt of 32 bytes) take it as a SHA-256, Ed25519 as the message.");
    return false;
}

static bool load_signature(struct job *job)
{
    struct file_bytes file;

    if (!file_load(job->options->signature, &file)) {
        return false;
    }
    const bool fits = file.size > 0 && file.size <= sizeof job->signature;
    if (fits) {
        memcpy(job->signature, file.bytes, file.size);
        job->signature_size = file.size;
    } else {
        message_error("%s holds no signature", job->options->signature);
        message_fact("found", "%zu bytes", file.size);
        message_fact("expected", "at most %d", KEY_SIGNATURE_MAX);
    }
    file_free(&file);
    return fits;
}

static bool load_key(struct job *job)
{
    if (!key_load(job->options->public_key, NULL, &job->key)) {
        return false;
    }
    if (job->key.type->signature_tlv == 0) {
        message_error("%s is an %s key, which signs nothing", job->options->public_key,
                      job->key.type->title);
        return false;
    }
    return true;
}

static bool carries_key(uint16_t type)
{
    return type >= OTTER_TLV_ENC_RSA2048 && type <= OTTER_TLV_ENC_X25519_SHA512;
}

static void add_signature(const struct job *job, struct otter_tlv_writer *writer)
{
    signer_add_key_name(writer, &job->key, job->names_whole_key);
    otter_tlv_writer_add(writer, job->key.type->signature_tlv, job->signature,
                         (uint16_t)job->signature_size);
}

/* The unprotected TLVs as they are, with the signature where imgtool puts it: before a wrapped key. */
static void compose_tlvs(const struct job *job, struct otter_tlv_writer *writer)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    bool is_added = false;

    otter_tlv_begin(&iterator, &job->file.image);
    while (otter_tlv_next(&iterator, &tlv) == OTTER_OK) {
        if (tlv.is_protected) {
            continue;
        }
        if (carries_key(tlv.type) && !is_added) {
            add_signature(job, writer);
            is_added = true;
        }
        otter_tlv_writer_add(writer, tlv.type, job->file.bytes.bytes + tlv.offset, tlv.size);
    }
    if (!is_added) {
        add_signature(job, writer);
    }
}

static bool compose(struct job *job)
{
    const size_t hashed_size = job->file.image.hashed_size;
    struct otter_tlv_writer writer;
    uint8_t *bytes = malloc(hashed_size + TLVS_MAX);

    if (bytes == NULL) {
        message_system("make", "the image");
        return false;
    }
    memcpy(bytes, job->file.bytes.bytes, hashed_size);
    otter_tlv_writer_init(&writer, bytes + hashed_size, TLVS_MAX);
    compose_tlvs(job, &writer);
    job->signed_image = (struct file_bytes){ .bytes = bytes, .size = hashed_size + writer.length };
    if (otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC) != OTTER_OK) {
        message_error("there is no room for another TLV in %s", job->path);
        return false;
    }
    return true;
}

/* The signature has made it longer than what was measured when it was laid out. */
static bool fits(const struct job *job)
{
    struct place place;
    /* A layout leaves room for the longest key: how long this image's is does not matter. */
    const bool has_room = place_find(&job->options->place, 0, &place)
                          && place_fits(&place, job->path, job->signed_image.size,
                                        job->file.image.header.program_size);

    place_free(&place);
    return has_room;
}

static bool store(const struct job *job, const char *out)
{
    char board[UINT8_MAX + 1];
    const struct release release = {
        .options = &job->options->release,
        .image = &job->signed_image,
        .in = job->path,
        .out = out,
        .board = image_text(&job->file.image, OTTER_TLV_BOARD, board, sizeof board),
        .version = job->file.image.header.version,
    };

    return release_store(&release);
}

static void tell(const struct job *job, const char *out)
{
    char hash[KEY_HASH_TEXT_SIZE];

    (void)printf("%s: signed\n", out != NULL ? out : job->options->release.catalogue);
    (void)printf("  signed        %s\n", job->key.type->title);
    (void)printf("  key hash      %s\n", key_hash_text(&job->key, hash));
}

static enum command_status run(struct job *job, const char *out)
{
    uint8_t digest[OTTER_SHA256_SIZE];

    if (!signer_read_key_format(job->options->public_key_format, &job->names_whole_key)
        || !load_key(job) || !load_signature(job)) {
        return COMMAND_WRONG;
    }
    const enum command_status status = load(job->path, &job->file);
    if (status != COMMAND_DONE) {
        return status;
    }
    if (!find_digest(job->path, &job->file, digest) || !check_signature(job, digest)) {
        return COMMAND_NO;
    }
    if (!compose(job)) {
        return COMMAND_WRONG;
    }
    if (job->options->place.layout != NULL && !fits(job)) {
        return COMMAND_NO;
    }
    if (!store(job, out)) {
        return COMMAND_WRONG;
    }
    tell(job, out);
    return COMMAND_DONE;
}

enum command_status image_attach(const struct image_attach_options *options, const char *path,
                                 const char *out)
{
    struct job job = { .options = options, .path = path };

    if (!release_has_destination(&options->release, out)) {
        return COMMAND_WRONG;
    }
    const enum command_status status = run(&job, out);
    key_free(&job.key);
    image_file_free(&job.file);
    file_free(&job.signed_image);
    return status;
}
