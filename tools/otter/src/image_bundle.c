/* SPDX-License-Identifier: Apache-2.0 */

/* otter image bundle. A bundle that a device would refuse is not made: it is read back with the
 * device's reader. One that could be installed by halves is not made either, unless it is asked for:
 * the bootloader knows what belongs together by dependencies alone (docs/formats/several-images.md). */

#include "image_bundle.h"

#include <stdio.h>
#include <string.h>

#include "bundle_file.h"
#include "bundle_needs.h"
#include "image_file.h"
#include "job_file.h"
#include "message.h"

/* The images, and what is made of them. */
struct work {
    const struct image_bundle_options *options;
    char *const *paths;
    uint8_t count;
    struct image_file files[OTTER_BUNDLE_FILES_MAX];
    uint8_t needs[OTTER_BUNDLE_FILES_MAX]; /* a bit for each image that it depends on */
    struct bundle_contents contents;
    struct file_bytes bundle;
};

/* ---- what belongs together ------------------------------------------------------------------- */

static bool read_needs(struct work *work)
{
    struct bundle_images images = { 0 };

    for (uint8_t i = 0; i < work->count; i++) {
        images.images[i] = &work->files[i].image;
        images.names[i] = work->paths[i];
    }
    return bundle_check_needs(&images, work->needs);
}

/* All images that this one cannot do without, directly or not. */
static uint8_t all_needs(const struct work *work, uint8_t image)
{
    uint8_t needs = work->needs[image];

    for (uint8_t round = 0; round < work->count; round++) {
        for (uint8_t i = 0; i < work->count; i++) {
            if ((needs & 1u << i) != 0) {
                needs |= work->needs[i];
            }
        }
    }
    return needs;
}

static bool belong_together(const struct work *work)
{
    const unsigned all = (1u << work->count) - 1;

    for (uint8_t i = 0; i < work->count; i++) {
        const unsigned others = all & ~(1u << i);

        if (work->options->independent || (all_needs(work, i) & others) == others) {
            continue;
        }
        message_error("%s could be installed without the others", work->paths[i]);
        message_fact("found", "no dependency on each other image of the bundle");
        message_next((work->needs[i] & 1u << i) != 0
                         ? "It needs what it would be itself: put image 0 first."
                         : "Sign the images with --dependency on each other, or say "
                           "--independent.");
        return false;
    }
    return true;
}

/* ---- the archive ----------------------------------------------------------------------------- */

static bool load_images(struct work *work, bool *are_images)
{
    for (uint8_t i = 0; i < work->count; i++) {
        if (!image_file_load(work->paths[i], &work->files[i], are_images)) {
            return false;
        }
    }
    return true;
}

static bool add_file(struct work *work, uint8_t image)
{
    struct otter_manifest *manifest = &work->contents.manifest;
    struct otter_manifest_file *file = &manifest->files[image];
    const char *name = last_part(work->paths[image]);

    if (strlen(name) >= sizeof file->name) {
        message_error("the name of %s is too long for a bundle", name);
        return false;
    }
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->image = image;
    file->size = (uint32_t)work->files[image].bytes.size;
    work->contents.bytes[image] = work->files[image].bytes.bytes;
    manifest->file_count++;
    return true;
}

static bool device_can_read(const struct file_bytes *bundle)
{
    struct bundle_contents contents;
    const char *problem = "";

    if (bundle_file_read(bundle, &contents, &problem)) {
        return true;
    }
    message_error("a device would refuse the bundle");
    message_fact("because", "%s", problem);
    message_next("Give the images plain and different names.");
    return false;
}

static bool make_bundle(struct work *work)
{
    work->contents.manifest.version = work->files[0].image.header.version;
    work->contents.manifest.version.build = 0; /* a manifest has three numbers */
    for (uint8_t i = 0; i < work->count; i++) {
        if (!add_file(work, i)) {
            return false;
        }
    }
    if (!bundle_file_make(&work->contents, &work->bundle)) {
        message_error("the names of the images are too long for a manifest");
        return false;
    }
    return device_can_read(&work->bundle);
}

static bool store(const struct work *work)
{
    const struct image_bundle_options *options = work->options;
    char board[UINT8_MAX];
    const struct release release = {
        .options = &options->release,
        .image = &work->bundle,
        .in = "bundle",
        .out = options->out,
        .extension = ".tar",
        .board = options->board != NULL
                     ? options->board
                     : image_text(&work->files[0].image, OTTER_TLV_BOARD, board, sizeof board),
        .version = work->files[0].image.header.version,
    };

    return release_store(&release);
}

static void tell(const struct work *work)
{
    const struct image_bundle_options *options = work->options;
    char version[OTTER_VERSION_TEXT_SIZE];
    char size[THOUSANDS_TEXT_SIZE];

    otter_version_format(&work->contents.manifest.version, version);
    (void)printf("%s: bundle %s of %u images, %s bytes\n",
                 options->out != NULL ? options->out : options->release.catalogue, version,
                 (unsigned)work->count, thousands(work->bundle.size, size));
}

static enum command_status run(struct work *work)
{
    bool are_images = true;

    if (!load_images(work, &are_images)) {
        return are_images ? COMMAND_WRONG : COMMAND_NO;
    }
    if (!read_needs(work) || !belong_together(work)) {
        return COMMAND_NO;
    }
    if (!make_bundle(work) || !store(work)) {
        return COMMAND_WRONG;
    }
    tell(work);
    return COMMAND_DONE;
}

enum command_status image_bundle(const struct image_bundle_options *options, int count,
                                 char *const *paths)
{
    static struct work work; /* large */
    enum command_status status;

    if (count > (int)OTTER_BUNDLE_FILES_MAX) {
        message_error("there are too many images");
        message_fact("expected", "at most %u", OTTER_BUNDLE_FILES_MAX);
        return COMMAND_WRONG;
    }
    if (!release_has_destination(&options->release, options->out)) {
        return COMMAND_WRONG;
    }
    work = (struct work){ .options = options, .paths = paths, .count = (uint8_t)count };
    status = run(&work);
    for (int i = 0; i < count; i++) {
        image_file_free(&work.files[i]);
    }
    file_free(&work.bundle);
    return status;
}
