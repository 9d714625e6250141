/* SPDX-License-Identifier: Apache-2.0 */

/* otter image: make images from programs, show them, verify them. */

#include <stddef.h>

#include "image_file.h"
#include "image_info.h"
#include "image_sign.h"
#include "image_verify.h"
#include "json.h"
#include "nouns.h"

static struct image_sign_options sign = {
    .slot = "primary",
    .align = 1,
    .max_align = 8,
    .max_sectors = 128,
    .erased_byte = 0xFF,
};

static const struct option_row sign_options[] = {
    { "key", 'k', "KEY", OPTION_TEXT, &sign.key, false, "sign with this private key" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &sign.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { "version", 'v', "1.2.3", OPTION_TEXT, &sign.version, true,
      "version of the program, or 1.2.3+4 with a build number" },
    { "layout", 'l', "LAYOUT", OPTION_TEXT, &sign.layout, false,
      "layout that the program was built for; the image names it" },
    { "board", 'b', "BOARD", OPTION_TEXT, &sign.board, false, "board (the layout's)" },
    { "slot", 's', "SLOT", OPTION_TEXT, &sign.slot, false,
      "whose size and erased byte count: primary (default) or secondary" },
    { "out", 'o', "OUT", OPTION_TEXT, &sign.out, false, "write the image here, instead of to OUT" },
    { "pad", 0, NULL, OPTION_FLAG, &sign.pad, false,
      "fill the slot up; its trailer asks for an installation on trial" },
    { "confirm", 0, NULL, OPTION_FLAG, &sign.confirm, false,
      "the same, but for good: what a slot is programmed with" },
    { "catalogue", 'c', "DIR", OPTION_TEXT, &sign.catalogue, false,
      "put the image and its job into this folder, a publisher's catalogue" },
    { "job", 'j', "FILE", OPTION_TEXT, &sign.job, false, "write the job alone to FILE" },
    { "product", 0, "TEXT", OPTION_TEXT, &sign.product, false, "the job's product (none)" },
    { "manufacturer", 0, "TEXT", OPTION_TEXT, &sign.manufacturer, false,
      "the job's manufacturer (none)" },
    { "manufacturer-id", 0, "TEXT", OPTION_TEXT, &sign.manufacturer_id, false,
      "the job's manufacturer id (none)" },
    { "header-size", 'H', "BYTES", OPTION_NUMBER, &sign.header_size, false,
      "without a layout: bytes before the program" },
    { "slot-size", 'S', "BYTES", OPTION_NUMBER, &sign.slot_size, false,
      "without a layout: bytes of the slot" },
    { "align", 0, "BYTES", OPTION_NUMBER, &sign.align, false, "without a layout: write unit (1)" },
    { "max-align", 0, "BYTES", OPTION_NUMBER, &sign.max_align, false,
      "without a layout: spacing of the trailer's fields (8)" },
    { "max-sectors", 'M', "NUMBER", OPTION_NUMBER, &sign.max_sectors, false,
      "without a layout: sectors that the trailer has room for (128)" },
    { "erased-byte", 'R', "BYTE", OPTION_NUMBER, &sign.erased_byte, false,
      "without a layout: what erased flash reads as (0xff)" },
    { 0 },
};

static enum command_status run_sign(int count, char **operands)
{
    return image_sign(&sign, operands[0],
                      sign.out != NULL ? sign.out : (count > 1 ? operands[1] : NULL));
}

static struct {
    bool json;
} info;

static const struct option_row info_options[] = {
    { "json", 0, NULL, OPTION_FLAG, &info.json, false, "print the facts as JSON" },
    { 0 },
};

static enum command_status run_info(int count, char **operands)
{
    struct image_file file;
    bool is_image = true;

    (void)count;
    if (!image_file_load(operands[0], &file, &is_image)) {
        return is_image ? COMMAND_WRONG : COMMAND_NO;
    }
    if (info.json) {
        json_print(image_info_json(operands[0], &file));
    } else {
        image_info_print(operands[0], &file);
    }
    image_file_free(&file);
    return COMMAND_DONE;
}

static struct image_verify_options verify;

static const struct option_row verify_options[] = {
    { "key", 'k', "KEY", OPTION_LIST, &verify.keys, false,
      "a key that the device trusts, public or private; may be repeated" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &verify.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
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
      "    --layout boards/mps2-an386/swap-internal.json app.bin app-1.1.0.bin",
      sign_options, run_sign },
    { "info", "FILE", "Show what is in an image", "otter image info app-1.1.0.bin", info_options,
      run_info },
    { "verify", "FILE", "Check an image as a device would",
      "otter image verify --key release.pem app-1.1.0.bin", verify_options, run_verify },
    { 0 },
};

const struct noun image_noun = { "image", "Signed programs", commands };
