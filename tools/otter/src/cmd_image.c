/* SPDX-License-Identifier: Apache-2.0 */

/* otter image: make images from programs, sign them here or elsewhere, bundle them, show them, verify
 * them. */

#include <stddef.h>

#include "image_attach.h"
#include "image_bundle.h"
#include "image_info.h"
#include "image_sign.h"
#include "image_verify.h"
#include "nouns.h"

static struct image_sign_options sign = {
    .encrypt_keylen = 128,
    .place = {
        .slot = "primary",
        .align = 1,
        .max_align = 8,
        .max_sectors = 128,
        .erased_byte = 0xFF,
    },
};

static const struct option_row sign_options[] = {
    { "key", 'k', "KEY", OPTION_TEXT, &sign.key, false, "sign with this private key" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &sign.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { "public-key-format", 0, "FORMAT", OPTION_TEXT, &sign.public_key_format, false,
      "name the key by its hash (default), or full: by all of its bytes" },
    { "version", 'v', "1.2.3", OPTION_TEXT, &sign.version, true,
      "version of the program, or 1.2.3+4 with a build number" },
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &sign.place.layout, false,
      "layout that the program was built for; the image names it" },
    { "image-number", 0, "N", OPTION_NUMBER, &sign.place.image_number, false,
      "of several images in the layout, which it is (default: 0)" },
    { "board", 'b', "BOARD", OPTION_TEXT, &sign.board, false, "board (the layout's)" },
    { "slot", 's', "SLOT", OPTION_TEXT, &sign.place.slot, false,
      "whose size and erased byte count: primary (default) or secondary" },
    { "pad", 0, NULL, OPTION_FLAG, &sign.pad, false,
      "fill the slot up; its trailer asks for an installation on trial" },
    { "confirm", 0, NULL, OPTION_FLAG, &sign.confirm, false,
      "the same, but for good: what a slot is programmed with" },
    { "security-counter", 0, "N", OPTION_TEXT, &sign.extras.security_counter, false,
      "number that must not sink, or auto: made from the version" },
    { "dependency", 0, "ID,VERSION", OPTION_LIST, &sign.extras.dependencies, false,
      "another image that this one needs, at least in that version; may be repeated" },
    { "vid", 0, "UUID", OPTION_TEXT, &sign.extras.vendor, false,
      "vendor: a UUID, or a domain name to make one from" },
    { "cid", 0, "UUID", OPTION_TEXT, &sign.extras.device_class, false,
      "class of devices: a UUID, or with --vid a name to make one from" },
    { "custom-tlv", 0, "TAG=VALUE", OPTION_LIST, &sign.extras.customs, false,
      "add a signed TLV: a tag of 0xa0 to 0xfffe; text, or 0x and digits; may be repeated" },
    { "boot-record", 0, "TYPE", OPTION_TEXT, &sign.extras.boot_record, false,
      "add a boot record for attestation, about software of this type" },
    { "rom-fixed", 0, "ADDRESS", OPTION_NUMBER, &sign.extras.rom_fixed, false,
      "the program only runs in a slot at this address" },
    { "load-addr", 0, "ADDRESS", OPTION_NUMBER, &sign.extras.load_address, false,
      "the bootloader has to load the program to this address in RAM" },
    { "non-bootable", 0, NULL, OPTION_FLAG, &sign.extras.non_bootable, false,
      "the image is never started" },
    { "encrypt", 'E', "KEY", OPTION_TEXT, &sign.encrypt, false,
      "encrypt the program to the device with this public key" },
    { "encrypt-keylen", 0, "BITS", OPTION_NUMBER, &sign.encrypt_keylen, false,
      "128 (default) or 256" },
    { "clear", 0, NULL, OPTION_FLAG, &sign.clear, false,
      "with --encrypt: leave the program plain, as a primary slot holds it" },
    { "catalogue", 'c', "DIR", OPTION_TEXT, &sign.release.catalogue, false,
      "put the image and its job into this folder, a publisher's catalogue" },
    { "job", 'j', "FILE", OPTION_TEXT, &sign.release.job, false, "write the job alone to FILE" },
    { "product", 0, "TEXT", OPTION_TEXT, &sign.release.product, false, "the job's product (none)" },
    { "manufacturer", 0, "TEXT", OPTION_TEXT, &sign.release.manufacturer, false,
      "the job's manufacturer (none)" },
    { "manufacturer-id", 0, "TEXT", OPTION_TEXT, &sign.release.manufacturer_id, false,
      "the job's manufacturer id (none)" },
    { "has-header-room", 0, NULL, OPTION_FLAG, &sign.has_header_room, false,
      "the program begins with zero bytes that the header replaces" },
    { "header-size", 'H', "BYTES", OPTION_NUMBER, &sign.place.header_size, false,
      "without a layout: bytes before the program" },
    { "slot-size", 'S', "BYTES", OPTION_NUMBER, &sign.place.slot_size, false,
      "without a layout: bytes of the slot" },
    { "align", 0, "BYTES", OPTION_NUMBER, &sign.place.align, false,
      "without a layout: write unit (1)" },
    { "max-align", 0, "BYTES", OPTION_NUMBER, &sign.place.max_align, false,
      "without a layout: spacing of the trailer's fields (8)" },
    { "max-sectors", 'M', "NUMBER", OPTION_NUMBER, &sign.place.max_sectors, false,
      "without a layout: sectors that the trailer has room for (128)" },
    { "erased-byte", 'R', "BYTE", OPTION_NUMBER, &sign.place.erased_byte, false,
      "without a layout: what erased flash reads as (0xff)" },
    { "overwrite-only", 0, NULL, OPTION_FLAG, &sign.place.overwrite_only, false,
      "without a layout: the bootloader swaps nothing" },
    { 0 },
};

static const char *second(int count, char **operands)
{
    return count > 1 ? operands[1] : NULL;
}

static enum command_status run_sign(int count, char **operands)
{
    return image_sign(&sign, operands[0], second(count, operands));
}

static struct {
    bool text;
} digest;

static const struct option_row digest_options[] = {
    { "text", 't', NULL, OPTION_FLAG, &digest.text, false,
      "write hexadecimal digits, not 32 bytes" },
    { 0 },
};

static enum command_status run_digest(int count, char **operands)
{
    (void)count;
    return image_digest(operands[0], operands[1], digest.text);
}

static struct image_attach_options attach = { .place = { .slot = "primary" } };

static const struct option_row attach_options[] = {
    { "signature", 's', "FILE", OPTION_TEXT, &attach.signature, true,
      "signature over the image's digest; ECDSA in DER or as r and s" },
    { "public-key", 'k', "KEY", OPTION_TEXT, &attach.public_key, true,
      "public half of the key that signed" },
    { "public-key-format", 0, "FORMAT", OPTION_TEXT, &attach.public_key_format, false,
      "name the key by its hash (default), or full: by all of its bytes" },
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &attach.place.layout, false,
      "layout whose slot the signed image has to fit" },
    { "image-number", 0, "N", OPTION_NUMBER, &attach.place.image_number, false,
      "of several images in the layout, which it is (default: 0)" },
    { "slot", 0, "SLOT", OPTION_TEXT, &attach.place.slot, false,
      "the slot: primary (default) or secondary" },
    { "catalogue", 'c', "DIR", OPTION_TEXT, &attach.release.catalogue, false,
      "put the image and its job into this folder, a publisher's catalogue" },
    { "job", 'j', "FILE", OPTION_TEXT, &attach.release.job, false, "write the job alone to FILE" },
    { "product", 0, "TEXT", OPTION_TEXT, &attach.release.product, false,
      "the job's product (none)" },
    { "manufacturer", 0, "TEXT", OPTION_TEXT, &attach.release.manufacturer, false,
      "the job's manufacturer (none)" },
    { "manufacturer-id", 0, "TEXT", OPTION_TEXT, &attach.release.manufacturer_id, false,
      "the job's manufacturer id (none)" },
    { 0 },
};

static enum command_status run_attach(int count, char **operands)
{
    return image_attach(&attach, operands[0], second(count, operands));
}

static struct image_bundle_options bundle;

static const struct option_row bundle_options[] = {
    { "out", 'o', "FILE", OPTION_TEXT, &bundle.out, false, "file for the bundle" },
    { "independent", 0, NULL, OPTION_FLAG, &bundle.independent, false,
      "allow images that do not depend on each other: a loss of power may part them" },
    { "catalogue", 'c', "DIR", OPTION_TEXT, &bundle.release.catalogue, false,
      "put the bundle and its job into this folder, a publisher's catalogue" },
    { "job", 'j', "FILE", OPTION_TEXT, &bundle.release.job, false, "write the job alone to FILE" },
    { "board", 'b', "BOARD", OPTION_TEXT, &bundle.board, false, "board (that of the first image)" },
    { "product", 0, "TEXT", OPTION_TEXT, &bundle.release.product, false,
      "the job's product (none)" },
    { "manufacturer", 0, "TEXT", OPTION_TEXT, &bundle.release.manufacturer, false,
      "the job's manufacturer (none)" },
    { "manufacturer-id", 0, "TEXT", OPTION_TEXT, &bundle.release.manufacturer_id, false,
      "the job's manufacturer id (none)" },
    { 0 },
};

static enum command_status run_bundle(int count, char **operands)
{
    return image_bundle(&bundle, count, operands);
}

static struct image_info_options info;

static const struct option_row info_options[] = {
    { "key", 'k', "KEY", OPTION_LIST, &info.keys, false,
      "a key that the device trusts, public or private; may be repeated" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &info.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { "decryption-key", 0, "KEY", OPTION_TEXT, &info.decryption_key, false,
      "the device's private key, for images that are encrypted to it" },
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &info.layout, false,
      "the device's layout: its room, and which areas a flash has" },
    { "json", 0, NULL, OPTION_FLAG, &info.json, false, "print the facts as JSON" },
    { 0 },
};

static enum command_status run_info(int count, char **operands)
{
    (void)count;
    return image_info(&info, operands[0]);
}

static struct image_verify_options verify;

static const struct option_row verify_options[] = {
    { "key", 'k', "KEY", OPTION_LIST, &verify.keys, false,
      "a key that the device trusts, public or private; may be repeated" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &verify.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { "decryption-key", 0, "KEY", OPTION_TEXT, &verify.decryption_key, false,
      "the device's private key, for images that are encrypted to it" },
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &verify.layout, false,
      "the device's layout: refuse images made for another" },
    { "json", 0, NULL, OPTION_FLAG, &verify.json, false, "print the answer as JSON" },
    { 0 },
};

static enum command_status run_verify(int count, char **operands)
{
    (void)count;
    return image_verify(&verify, operands[0]);
}

static const struct command commands[] = {
    { "sign", "IN [OUT]", "Make an image from a program, and sign it",
      "otter image sign --key release.pem --version 1.1.0 \\\n"
      "    --layout boards/mps2-an386/offset-internal.json app.bin app-1.1.0.bin",
      sign_options, run_sign },
    { "digest", "IMAGE OUT", "Write what is signed of an image, to have it signed elsewhere",
      "otter image digest app-unsigned.bin app.digest", digest_options, run_digest },
    { "attach-signature", "IMAGE [OUT]", "Put a signature that was made elsewhere into an image",
      "otter image attach-signature --signature app.sig --public-key release.pub \\\n"
      "    app-unsigned.bin app-1.1.0.bin",
      attach_options, run_attach },
    { "bundle", "IMAGE...", "Put signed images, image 0 first, into one file to install together",
      "otter image bundle --out release-2.0.0.tar app-2.0.0.bin radio-2.0.0.bin", bundle_options,
      run_bundle },
    { "info", "FILE", "Say what a file is: an image, a slot, a bundle, the flash of a device",
      "otter image info --key release.pem --layout boards/mps2-an386/offset-internal.json "
      "flash.bin",
      info_options, run_info },
    { "verify", "FILE", "Check an image, or a bundle, as a device would",
      "otter image verify --key release.pem app-1.1.0.bin", verify_options, run_verify },
    { 0 },
};

const struct noun image_noun = { "image", "Signed programs", commands };
