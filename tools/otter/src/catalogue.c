/* SPDX-License-Identifier: Apache-2.0 */

/* The catalogue. Nothing is remembered of its files but which problems were already told: a folder of
 * a few dozen files is read in less time than a message takes to travel. */

#include "catalogue.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "message.h"
#include "otter/crypto.h"
#include "otter/text.h"

#define HASH_START 0xCBF29CE484222325u /* FNV-1a */
#define HASH_PRIME 0x100000001B3u

/* A device takes 1024 bytes; the publisher adds topic, size and digest to what is in the file. */
#define JOB_FILE_MAX 4096u

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ byte[i]) * HASH_PRIME;
    }
    return hash;
}

/* Told before, about the file as it is now? */
static bool was_told(struct catalogue *catalogue, const char *path, const char *problem)
{
    struct stat status = { 0 };
    uint64_t hash = HASH_START;

    (void)stat(path, &status);
    hash = hash_bytes(hash, path, strlen(path));
    hash = hash_bytes(hash, problem, strlen(problem));
    hash = hash_bytes(hash, &status.st_mtim, sizeof status.st_mtim);
    for (unsigned i = 0; i < CATALOGUE_MEMORY; i++) {
        if (catalogue->told[i] == hash) {
            return true;
        }
    }
    catalogue->told[catalogue->next_told] = hash;
    catalogue->next_told = (catalogue->next_told + 1) % CATALOGUE_MEMORY;
    return false;
}

static void tell(struct catalogue *catalogue, const char *path, const char *problem)
{
    if (!was_told(catalogue, path, problem)) {
        message_warning("%s is not on offer", path);
        message_fact("because", "%s", problem);
        message_next("Release the image with 'otter image sign --catalogue %s'.",
                     catalogue->folder);
    }
}

static const char *text_of(const cJSON *job, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(job, key));

    return text != NULL ? text : "";
}

static bool is_job_file(const char *name)
{
    size_t len = strlen(name);

    return len > 5 && name[0] != '.' && strcmp(name + len - 5, ".json") == 0;
}

/* NULL, or why the job of a file cannot be offered. */
static const char *check_job(const struct catalogue *catalogue, struct catalogue_image *image)
{
    const char *file = text_of(image->job, "File");
    struct stat status;
    int len;

    if (!cJSON_IsObject(image->job)) {
        return "it is not a JSON object";
    }
    if (otter_version_parse(text_of(image->job, "Version"), &image->version) != OTTER_OK) {
        return "its \"Version\" is missing or not like 1.2.3";
    }
    if (*text_of(image->job, "Board") == '\0') {
        return "its \"Board\" is missing";
    }
    if (*file == '\0' || strchr(file, '/') != NULL) {
        return "its \"File\" is not the name of a file beside it";
    }
    len = snprintf(image->path, sizeof image->path, "%s/%s", catalogue->folder, file);
    if (len < 0 || (size_t)len >= sizeof image->path) {
        return "the path of its \"File\" is too long";
    }
    if (stat(image->path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return "there is no file that its \"File\" names";
    }
    if (status.st_size <= 0 || status.st_size > FILE_SIZE_MAX) {
        return "its \"File\" is empty or too large for an image";
    }
    image->size = (uint32_t)status.st_size;
    image->name = image->path + strlen(catalogue->folder) + 1;
    return NULL;
}

static bool read_job(struct catalogue *catalogue, const char *path, struct catalogue_image *image)
{
    struct file_bytes file;
    const char *problem;

    *image = (struct catalogue_image){ 0 };
    if (!file_load(path, &file)) {
        return false;
    }
    if (file.size > JOB_FILE_MAX) {
        problem = "it is too long for a job";
    } else {
        image->job = cJSON_ParseWithLength((const char *)file.bytes, file.size);
        problem = check_job(catalogue, image);
    }
    file_free(&file);
    if (problem != NULL) {
        tell(catalogue, path, problem);
        catalogue_image_free(image);
    }
    return problem == NULL;
}

/* The next image of the folder that can be used; false at its end. */
static bool next_image(struct catalogue *catalogue, DIR *folder, struct catalogue_image *image)
{
    const struct dirent *entry;
    char path[CATALOGUE_PATH_SIZE];

    while ((entry = readdir(folder)) != NULL) {
        int len = snprintf(path, sizeof path, "%s/%s", catalogue->folder, entry->d_name);

        if (is_job_file(entry->d_name) && len > 0 && (size_t)len < sizeof path
            && read_job(catalogue, path, image)) {
            return true;
        }
    }
    return false;
}

static DIR *open_folder(const struct catalogue *catalogue)
{
    DIR *folder = opendir(catalogue->folder);

    if (folder == NULL) {
        message_system("read the catalogue", catalogue->folder);
    }
    return folder;
}

void catalogue_init(struct catalogue *catalogue, const char *folder)
{
    *catalogue = (struct catalogue){ .folder = folder };
}

bool catalogue_find(struct catalogue *catalogue, const char *board,
                    const struct otter_version *newer_than, struct catalogue_image *image)
{
    struct catalogue_image candidate;
    DIR *folder = open_folder(catalogue);
    const struct otter_version *best = newer_than;
    bool found = false;

    if (folder == NULL) {
        return false;
    }
    while (next_image(catalogue, folder, &candidate)) {
        if (strcmp(text_of(candidate.job, "Board"), board) != 0
            || (best != NULL && otter_version_compare(&candidate.version, best) <= 0)) {
            catalogue_image_free(&candidate);
            continue;
        }
        if (found) {
            catalogue_image_free(image);
        }
        *image = candidate;
        image->name = image->path + (candidate.name - candidate.path);
        best = &image->version;
        found = true;
    }
    (void)closedir(folder);
    return found;
}

int catalogue_count(struct catalogue *catalogue)
{
    struct catalogue_image image;
    DIR *folder = open_folder(catalogue);
    int count = 0;

    if (folder == NULL) {
        return -1;
    }
    while (next_image(catalogue, folder, &image)) {
        catalogue_image_free(&image);
        count++;
    }
    (void)closedir(folder);
    return count;
}

bool catalogue_digest(const struct catalogue_image *image, char digits[CATALOGUE_DIGEST_SIZE])
{
    uint8_t digest[OTTER_SHA256_SIZE];
    struct otter_text text;
    struct file_bytes file;
    bool done;

    if (!file_load(image->path, &file)) {
        return false;
    }
    done = EVP_Digest(file.bytes, file.size, digest, NULL, EVP_sha256(), NULL) == 1;
    file_free(&file);
    otter_text_init(&text, digits, CATALOGUE_DIGEST_SIZE);
    otter_text_append_hex(&text, digest, sizeof digest);
    return done;
}

void catalogue_image_free(struct catalogue_image *image)
{
    cJSON_Delete(image->job);
    image->job = NULL;
}
