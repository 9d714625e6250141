/* SPDX-License-Identifier: Apache-2.0 */

#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "job_file.h"
#include "message.h"

#define PATH_SIZE 1024

bool release_has_destination(const struct release_options *options, const char *out)
{
    if (out != NULL || options->catalogue != NULL) {
        return true;
    }
    message_error("the image goes nowhere");
    message_next("Name the file for it, or a folder with --catalogue.");
    return false;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool store_job(const struct release *release, const char *path, const char *image_path)
{
    const struct job_facts facts = {
        .manufacturer = text_or_empty(release->options->manufacturer),
        .manufacturer_id = text_or_empty(release->options->manufacturer_id),
        .product = text_or_empty(release->options->product),
        .board = text_or_empty(release->board),
        .version = release->version,
        .image_path = image_path,
    };

    if (*facts.board == '\0') {
        message_error("a job needs a board");
        message_next("Give --layout, or --board.");
        return false;
    }
    return job_file_store(path, &facts, release->image);
}

/* The name of @p out or, without one, that of the program with the version: "app-1.2.3". */
static bool name_in_catalogue(const struct release *release, char name[PATH_SIZE])
{
    const char *out = release->out;
    const char *base = last_part(out != NULL ? out : release->in);
    const char *dot = strrchr(base, '.');
    const int stem = (int)(dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base));
    char version[OTTER_VERSION_TEXT_SIZE];
    int length = 0;

    otter_version_format(&release->version, version);
    length = snprintf(name, PATH_SIZE, "%s/%.*s%s%s", release->options->catalogue, stem, base,
                      out != NULL ? "" : "-", out != NULL ? "" : version);
    if (length < 0 || length >= PATH_SIZE - 8) {
        message_error("the name of %s in the catalogue is too long", base);
        return false;
    }
    return true;
}

/* The image comes first: a publisher that looks in between finds no job without its file. */
static bool store_in_catalogue(const struct release *release)
{
    const char *catalogue = release->options->catalogue;
    char name[PATH_SIZE];
    char image_path[PATH_SIZE + 8];
    char job_path[PATH_SIZE + 8];

    if (!name_in_catalogue(release, name)) {
        return false;
    }
    if (mkdir(catalogue, 0777) != 0 && errno != EEXIST) {
        message_system("make", catalogue);
        return false;
    }
    (void)snprintf(image_path, sizeof image_path, "%s%s", name,
                   release->extension != NULL ? release->extension : ".bin");
    (void)snprintf(job_path, sizeof job_path, "%s.json", name);
    return file_store(image_path, release->image->bytes, release->image->size)
           && store_job(release, job_path, image_path);
}

bool release_store(const struct release *release)
{
    const struct release_options *options = release->options;
    const char *out = release->out;

    if (out != NULL && !file_store(out, release->image->bytes, release->image->size)) {
        return false;
    }
    if (options->job != NULL
        && !store_job(release, options->job, out != NULL ? out : release->in)) {
        return false;
    }
    return options->catalogue == NULL || store_in_catalogue(release);
}
