/* SPDX-License-Identifier: Apache-2.0 */

/* otter image sign: from a program in a file to an image in a file, a slot, or a catalogue. */

#include "image_sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "otter/bytes.h"
#include "otter/image.h"

/* Everything that one run works on. */
struct job {
    const struct image_sign_options *options;
    const char *in;
    struct otter_version version;
    struct key key;       /* zeroed: the image is not signed */
    struct key recipient; /* zeroed: it is not encrypted */
    bool names_whole_key;
    struct encryption encryption;
    struct place place;
    struct file_bytes program;
    struct file_bytes image;
    size_t image_size;     /* without padding */
    uint8_t *custom_bytes; /* values of custom TLVs */
};

static bool is_padded(const struct job *job)
{
    return job->options->pad || job->options->confirm;
}

static bool check_options(struct job *job)
{
    const struct image_sign_options *options = job->options;

    if (otter_version_parse(options->version, &job->version) != OTTER_OK) {
        message_error("\"%s\" is no version", options->version);
        message_fact("expected", "1.2.3, or 1.2.3+4 with a build number");
        return false;
    }
    if (options->encrypt_keylen != 128 && options->encrypt_keylen != 256) {
        message_error("there is no AES with keys of %" PRIu32 " bits", options->encrypt_keylen);
        message_fact("expected", "--encrypt-keylen 128 or 256");
        return false;
    }
    if (is_padded(job) && (options->release.catalogue != NULL || options->release.job != NULL)) {
        message_error("a padded image cannot be released");
        message_next("It is a whole slot with its trailer, which a device writes itself. Leave "
                     "--pad and --confirm out.");
        return false;
    }
    return true;
}

static bool load_signing_key(struct job *job)
{
    const struct image_sign_options *options = job->options;

    if (options->key == NULL) {
        return true;
    }
    if (!key_load_private(options->key, options->passphrase_file, &job->key)) {
        return false;
    }
    if (job->key.type->signature_tlv == 0) {
        message_error("%s is an %s key, which signs nothing", options->key, job->key.type->title);
        message_next("Sign with another key; this one is for --encrypt.");
        return false;
    }
    return true;
}

static bool load_recipient(struct job *job)
{
    const struct image_sign_options *options = job->options;

    if (options->encrypt == NULL) {
        return true;
    }
    if (!key_load(options->encrypt, options->passphrase_file, &job->recipient)) {
        return false;
    }
    if (job->recipient.type->encryption_tlv == 0) {
        message_error("images cannot be encrypted to %s", options->encrypt);
        message_fact("found", "%s", job->recipient.type->title);
        message_fact("expected", "ECDSA P-256, RSA-2048 or X25519");
        return false;
    }
    job->encryption = (struct encryption){
        .recipient = &job->recipient,
        .key_size = options->encrypt_keylen / 8,
        .leave_plain = options->clear,
    };
    return true;
}

/* No port of ours unwraps such a key; MCUboot does. With a layout the image is for a device of ours. */
static bool check_recipient(const struct job *job)
{
    if (job->recipient.pkey == NULL
        || job->recipient.type->encryption_tlv != OTTER_TLV_ENC_X25519) {
        return true;
    }
    if (job->place.file == NULL) {
        message_warning("devices with Otter's bootloader cannot decrypt this image");
    } else {
        message_error("%s cannot decrypt what is encrypted to %s", job->place.file->layout.board,
                      job->options->encrypt);
    }
    message_fact("found", "%s", job->recipient.type->title);
    message_fact("expected", "ECDSA P-256 or RSA-2048");
    message_next(
        "Make the device a key with \"otter key new --type ecdsa-p256\"; or sign without a "
        "layout, for an MCUboot that knows X25519.");
    return job->place.file == NULL;
}

/* Linked for one address, it would be refused at every other (OTTER_ERR_IMAGE_ADDRESS). */
static bool check_address(const struct job *job)
{
    const uint32_t address = job->options->extras.rom_fixed;

    if (address == 0 || job->place.address == 0 || address == job->place.address) {
        return true;
    }
    message_error("%s would not run where it was linked for", job->in);
    message_fact("linked for", "0x%08" PRIx32, address);
    message_fact("runs at", "0x%08" PRIx32 "   (%s)", job->place.address,
                 job->options->place.layout);
    message_next("Link it for that address%s.",
                 job->place.runs_in_place ? ", or name the slot that it is for with --slot" : "");
    return false;
}

static bool begins_with_zeros(const struct file_bytes *file, size_t size)
{
    if (file->size < size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (file->bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* A program that was linked with room for its header in front brings that room along. */
static bool check_header_room(const struct job *job)
{
    if (!job->options->has_header_room
        || begins_with_zeros(&job->program, job->place.header_size)) {
        return true;
    }
    message_error("%s has no room for a header", job->in);
    message_fact("expected", "%u zero bytes at its start", job->place.header_size);
    message_next("Leave --has-header-room out: the header is then put before the program.");
    return false;
}

static bool load_program(struct job *job)
{
    if (!file_load(job->in, &job->program)) {
        return false;
    }
    if (job->program.size == 0) {
        message_error("%s is empty", job->in);
        return false;
    }
    if (job->program.size >= OTTER_IMAGE_HEADER_SIZE
        && otter_load_le32(job->program.bytes) == OTTER_IMAGE_MAGIC) {
        message_error("%s is an image already", job->in);
        message_next("Give the program as the linker made it: objcopy -O binary app.elf app.bin");
        return false;
    }
    return check_header_room(job);
}

static const char *board_of(const struct job *job)
{
    if (job->options->board != NULL) {
        return job->options->board;
    }
    return job->place.file != NULL ? job->place.file->layout.board : NULL;
}

static bool compose(struct job *job)
{
    const bool is_signed = job->key.pkey != NULL;
    struct signer_request request = {
        .key = is_signed ? &job->key : NULL,
        .names_whole_key = job->names_whole_key,
        .version = job->version,
        .header_size = job->place.header_size,
        .has_header_room = job->options->has_header_room,
        .erased_byte = job->place.padding.erased_byte,
        .layout = job->place.file != NULL ? &job->place.file->layout : NULL,
        .board = board_of(job),
        .encryption = job->recipient.pkey != NULL ? &job->encryption : NULL,
    };

    if (!extras_read(&job->options->extras, &request, &job->custom_bytes)) {
        return false;
    }
    if (!is_signed) {
        message_warning("the image is not signed");
        message_next("Give --key to sign it, or see \"otter image digest\" to have it signed "
                     "elsewhere. Only devices without a key take it as it is.");
    }
    if (!signer_compose(&request, job->program.bytes, job->program.size, &job->image)) {
        return false;
    }
    job->image_size = job->image.size;
    return true;
}

static bool pad(struct job *job)
{
    struct signer_padding padding = job->place.padding;

    padding.confirm = job->options->confirm && !job->place.overwrites;
    return !is_padded(job) || signer_pad(&padding, &job->image);
}

static bool store(const struct job *job, const char *out)
{
    const struct release release = {
        .options = &job->options->release,
        .image = &job->image,
        .in = job->in,
        .out = out,
        .board = board_of(job),
        .version = job->version,
    };

    return release_store(&release);
}

static void tell(const struct job *job, const char *out)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    char size[THOUSANDS_TEXT_SIZE];
    char hash[KEY_HASH_TEXT_SIZE];

    otter_version_format(&job->version, version);
    (void)printf("%s: image %s, %s bytes\n", out != NULL ? out : job->options->release.catalogue,
                 version, thousands(job->image_size, size));
    if (job->place.file != NULL) {
        (void)printf("  layout        %s %s\n", job->place.file->layout.board,
                     job->place.file->layout.name);
    }
    if (job->key.pkey != NULL) {
        (void)printf("  signed        %s\n", job->key.type->title);
        (void)printf("  key hash      %s\n", key_hash_text(&job->key, hash));
    }
    if (job->recipient.pkey != NULL) {
        (void)printf("  encrypted     AES-%" PRIu32 ", key for %s\n", job->options->encrypt_keylen,
                     job->options->encrypt);
    }
}

static enum command_status run(struct job *job, const char *out)
{
    if (!check_options(job)
        || !signer_read_key_format(job->options->public_key_format, &job->names_whole_key)
        || !load_signing_key(job) || !load_recipient(job)
        || !place_find(&job->options->place, job->encryption.key_size, &job->place)
        || !check_recipient(job) || !check_address(job) || !load_program(job) || !compose(job)) {
        return COMMAND_WRONG;
    }
    if (!place_fits(&job->place, job->in, job->image_size, job->program.size)) {
        return COMMAND_NO;
    }
    if (!pad(job) || !store(job, out)) {
        return COMMAND_WRONG;
    }
    tell(job, out);
    return COMMAND_DONE;
}

enum command_status image_sign(const struct image_sign_options *options, const char *in,
                               const char *out)
{
    struct job job = { .options = options, .in = in };

    if (!release_has_destination(&options->release, out)) {
        return COMMAND_WRONG;
    }
    const enum command_status status = run(&job, out);
    key_free(&job.key);
    key_free(&job.recipient);
    place_free(&job.place);
    file_free(&job.program);
    file_free(&job.image);
    free(job.custom_bytes);
    return status;
}
