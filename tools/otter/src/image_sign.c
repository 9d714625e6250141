/* SPDX-License-Identifier: Apache-2.0 */

/* otter image sign: from a program in a file to an image in a file, a slot, or a catalogue. */

#include "image_sign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "job_file.h"
#include "layout_check.h"
#include "layout_file.h"
#include "message.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "signer.h"

#define PATH_SIZE 1024

/* The slot that the image is for. */
struct place {
    struct layout_file *file; /* NULL: described by options */
    const char *described_by;
    uint32_t header_size;
    uint32_t max_image_size;
    struct signer_padding padding;
};

/* Everything that one run works on. */
struct job {
    const struct image_sign_options *options;
    const char *in;
    struct otter_version version;
    struct key key;
    struct place place;
    struct file_bytes program;
    struct file_bytes image;
    size_t image_size; /* without padding */
};

static bool find_slot(struct place *place, const struct image_sign_options *options)
{
    const bool is_secondary = strcmp(options->slot, "secondary") == 0;
    const struct otter_layout *layout = &place->file->layout;
    const struct otter_layout_area *slot =
        otter_layout_find(layout, is_secondary ? OTTER_AREA_SECONDARY : OTTER_AREA_PRIMARY, 0);

    if (slot == NULL) {
        message_error("%s has no %s slot", options->layout, options->slot);
        return false;
    }
    place->padding.slot_size = slot->size;
    place->padding.erased_byte = layout->devices[slot->device].erased_byte;
    place->padding.shape = otter_trailer_shape(layout);
    return true;
}

static bool place_by_layout(struct place *place, const struct image_sign_options *options)
{
    struct layout_report report;

    place->file = layout_file_load(options->layout);
    if (place->file == NULL) {
        return false;
    }
    layout_check(place->file, place->file->strategy, &report);
    if (report.problem_count > 0) {
        message_error("%s cannot work: %s", options->layout, report.problems[0].what);
        message_next("See \"otter layout check %s\".", options->layout);
        return false;
    }
    place->described_by = options->layout;
    place->header_size = place->file->layout.header_size;
    place->max_image_size = report.max_image_size;
    return find_slot(place, options);
}

static bool is_one_of(uint32_t value, const uint32_t *legal)
{
    while (*legal != 0 && *legal != value) {
        legal++;
    }
    return *legal != 0;
}

static bool check_numbers(const struct image_sign_options *options)
{
    static const uint32_t aligns[] = { 1, 2, 4, 8, 16, 32, 0 };
    static const uint32_t max_aligns[] = { 8, 16, 32, 0 };

    if (options->header_size < OTTER_IMAGE_HEADER_SIZE || options->header_size > UINT16_MAX
        || options->slot_size == 0) {
        message_error("the slot is not described");
        message_fact("expected", "--layout, or --header-size (32 to 65,535) and --slot-size");
        return false;
    }
    if (!is_one_of(options->align, aligns) || !is_one_of(options->max_align, max_aligns)
        || options->align > options->max_align) {
        message_error("--align or --max-align cannot be");
        message_fact("found", "%" PRIu32 " and %" PRIu32, options->align, options->max_align);
        message_fact("expected", "1, 2, 4, 8, 16 or 32, and 8, 16 or 32, not less than --align");
        return false;
    }
    if (options->max_sectors == 0 || options->max_sectors > UINT16_MAX
        || options->erased_byte > UINT8_MAX) {
        message_error("--max-sectors or --erased-byte cannot be");
        message_fact("found", "%" PRIu32 " and %" PRIu32, options->max_sectors,
                     options->erased_byte);
        message_fact("expected", "1 to 65,535, and 0 to 0xff");
        return false;
    }
    return true;
}

static bool place_by_numbers(struct place *place, const struct image_sign_options *options)
{
    if (!check_numbers(options)) {
        return false;
    }
    place->described_by = "--slot-size";
    place->header_size = options->header_size;
    place->padding = (struct signer_padding){
        .slot_size = options->slot_size,
        .erased_byte = (uint8_t)options->erased_byte,
        .shape = {
            .max_align = (uint8_t)options->max_align,
            .write_size = (uint16_t)options->align,
            .max_sectors = (uint16_t)options->max_sectors,
            .status_states = 3,
        },
    };
    const uint32_t trailer = otter_trailer_size(&place->padding.shape);
    place->max_image_size = options->slot_size > trailer ? options->slot_size - trailer : 0;
    return true;
}

static bool find_place(struct job *job)
{
    const struct image_sign_options *options = job->options;

    if (options->layout != NULL && (options->header_size != 0 || options->slot_size != 0)) {
        message_error("the slot is described twice");
        message_next("Give --layout, or --header-size and --slot-size.");
        return false;
    }
    return options->layout != NULL ? place_by_layout(&job->place, options)
                                   : place_by_numbers(&job->place, options);
}

static bool check_options(struct job *job)
{
    const struct image_sign_options *options = job->options;

    if (otter_version_parse(options->version, &job->version) != OTTER_OK) {
        message_error("\"%s\" is no version", options->version);
        message_fact("expected", "1.2.3, or 1.2.3+4 with a build number");
        return false;
    }
    if (strcmp(options->slot, "primary") != 0 && strcmp(options->slot, "secondary") != 0) {
        message_error("there is no slot \"%s\"", options->slot);
        message_fact("expected", "primary or secondary");
        return false;
    }
    if ((options->pad || options->confirm)
        && (options->catalogue != NULL || options->job != NULL)) {
        message_error("a padded image cannot be released");
        message_next("It is a whole slot with its trailer, which a device writes itself. Leave "
                     "--pad and --confirm out.");
        return false;
    }
    return true;
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
    return true;
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
    const struct signer_request request = {
        .key = is_signed ? &job->key : NULL,
        .version = job->version,
        .header_size = (uint16_t)job->place.header_size,
        .erased_byte = job->place.padding.erased_byte,
        .layout = job->place.file != NULL ? &job->place.file->layout : NULL,
        .board = board_of(job),
    };

    if (!is_signed) {
        message_warning("the image is not signed");
        message_next("Only devices without a key take it. Give --key to sign it.");
    }
    if (!signer_compose(&request, job->program.bytes, job->program.size, &job->image)) {
        return false;
    }
    job->image_size = job->image.size;
    return true;
}

static bool fits(const struct job *job)
{
    const struct place *place = &job->place;
    char text[4][THOUSANDS_TEXT_SIZE];

    if (job->image_size <= place->max_image_size) {
        return true;
    }
    message_error("%s does not fit the slot", job->in);
    message_fact("image", "%s bytes (%s program + %s header, TLVs and signature)",
                 thousands(job->image_size, text[0]), thousands(job->program.size, text[1]),
                 thousands(job->image_size - job->program.size, text[2]));
    message_fact("room", "%s bytes: a slot of %s, less what swapping needs   (%s)",
                 thousands(place->max_image_size, text[0]),
                 thousands(place->padding.slot_size, text[1]), place->described_by);
    message_next("Shrink the program by %s bytes, or enlarge the slots.",
                 thousands(job->image_size - place->max_image_size, text[3]));
    return false;
}

static bool pad(struct job *job)
{
    struct signer_padding padding = job->place.padding;

    padding.confirm = job->options->confirm;
    return (!job->options->pad && !job->options->confirm) || signer_pad(&padding, &job->image);
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool store_job(const struct job *job, const char *path, const char *image_path)
{
    const struct job_facts facts = {
        .manufacturer = text_or_empty(job->options->manufacturer),
        .manufacturer_id = text_or_empty(job->options->manufacturer_id),
        .product = text_or_empty(job->options->product),
        .board = text_or_empty(board_of(job)),
        .version = job->version,
        .image_path = image_path,
    };

    if (*facts.board == '\0') {
        message_error("a job needs a board");
        message_next("Give --layout, or --board.");
        return false;
    }
    return job_file_store(path, &facts, &job->image);
}

/* The name of @p out or, without one, that of the program with the version: "app-1.2.3". */
static bool name_in_catalogue(const struct job *job, const char *out, char name[PATH_SIZE])
{
    const char *base = last_part(out != NULL ? out : job->in);
    const char *dot = strrchr(base, '.');
    const int stem = (int)(dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base));
    char version[OTTER_VERSION_TEXT_SIZE];
    int length = 0;

    otter_version_format(&job->version, version);
    length = snprintf(name, PATH_SIZE, "%s/%.*s%s%s", job->options->catalogue, stem, base,
                      out != NULL ? "" : "-", out != NULL ? "" : version);
    if (length < 0 || length >= PATH_SIZE - 8) {
        message_error("the name of %s in the catalogue is too long", base);
        return false;
    }
    return true;
}

/* The image comes first: a publisher that looks in between finds no job without its file. */
static bool release(const struct job *job, const char *out)
{
    char name[PATH_SIZE];
    char image_path[PATH_SIZE + 8];
    char job_path[PATH_SIZE + 8];

    if (!name_in_catalogue(job, out, name)) {
        return false;
    }
    if (mkdir(job->options->catalogue, 0777) != 0 && errno != EEXIST) {
        message_system("make", job->options->catalogue);
        return false;
    }
    (void)snprintf(image_path, sizeof image_path, "%s.bin", name);
    (void)snprintf(job_path, sizeof job_path, "%s.json", name);
    return file_store(image_path, job->image.bytes, job->image.size)
           && store_job(job, job_path, image_path);
}

static bool store(const struct job *job, const char *out)
{
    const struct image_sign_options *options = job->options;

    if (out != NULL && !file_store(out, job->image.bytes, job->image.size)) {
        return false;
    }
    if (options->job != NULL && !store_job(job, options->job, out != NULL ? out : job->in)) {
        return false;
    }
    return options->catalogue == NULL || release(job, out);
}

static void tell(const struct job *job, const char *out)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    char size[THOUSANDS_TEXT_SIZE];
    char hash[KEY_HASH_TEXT_SIZE];

    otter_version_format(&job->version, version);
    (void)printf("%s: image %s, %s bytes\n", out != NULL ? out : job->options->catalogue, version,
                 thousands(job->image_size, size));
    if (job->place.file != NULL) {
        (void)printf("  layout        %s %s\n", job->place.file->layout.board,
                     job->place.file->layout.name);
    }
    if (job->key.pkey != NULL) {
        (void)printf("  key hash      %s\n", key_hash_text(&job->key, hash));
    }
}

static enum command_status run(struct job *job, const char *out)
{
    const struct image_sign_options *options = job->options;

    if (!check_options(job) || !find_place(job) || !load_program(job)) {
        return COMMAND_WRONG;
    }
    if (options->key != NULL
        && !key_load_private(options->key, options->passphrase_file, &job->key)) {
        return COMMAND_WRONG;
    }
    if (!compose(job)) {
        return COMMAND_WRONG;
    }
    if (!fits(job)) {
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
    enum command_status status = COMMAND_WRONG;

    if (out == NULL && options->catalogue == NULL) {
        message_error("the image goes nowhere");
        message_next("Name the file for it, or a folder with --catalogue.");
        return COMMAND_WRONG;
    }
    status = run(&job, out);
    key_free(&job.key);
    layout_file_free(job.place.file);
    file_free(&job.program);
    file_free(&job.image);
    return status;
}
