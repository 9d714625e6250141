/* SPDX-License-Identifier: Apache-2.0 */

/* The catalogue. Two states of a file are told apart by inode, size and time. Time goes in steps of
 * some milliseconds: what changed just before it was read could change once more within the same
 * step, so it counts as unsettled and is read again next time. */

#include "catalogue.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "job_file.h"
#include "lone_job.h"
#include "message.h"

#define SETTLING_MS 100

/* A device takes 1024 bytes; the publisher adds topic, size and digest to what is in the file. */
#define JOB_FILE_MAX 4096u

/* --- stamps ------------------------------------------------------------------------------------- */

static struct catalogue_stamp stamp_of(const char *path)
{
    struct stat status;

    if (*path == '\0' || stat(path, &status) != 0) {
        return (struct catalogue_stamp){ 0 };
    }
    return (struct catalogue_stamp){ .inode = status.st_ino,
                                     .size = status.st_size,
                                     .changed = status.st_mtim };
}

static bool same_stamp(const struct catalogue_stamp *a, const struct catalogue_stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec
           && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool has_settled(const struct catalogue_stamp *stamp)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec - stamp->changed.tv_sec) * 1000
               + (now.tv_nsec - stamp->changed.tv_nsec) / 1000000
           > SETTLING_MS;
}

/* A file that cannot be used is looked at again each time: what it lacks may come at any moment. */
static bool entry_is_fresh(const struct catalogue_entry *entry)
{
    const struct catalogue_stamp job = stamp_of(entry->job_path);
    const struct catalogue_stamp image = stamp_of(entry->offer != NULL ? entry->offer->path : "");

    return entry->offer != NULL && entry->is_settled && same_stamp(&job, &entry->job)
           && same_stamp(&image, &entry->image);
}

/* --- reading one job ---------------------------------------------------------------------------- */

static const char unreadable[] = "it cannot be read";

static cJSON *load_job(const char *path, const char **problem)
{
    struct file_bytes file;
    cJSON *job;

    if (access(path, R_OK) != 0 || !file_load(path, &file)) {
        *problem = unreadable;
        return NULL;
    }
    if (file.size > JOB_FILE_MAX) {
        *problem = "it is too long for a job";
        file_free(&file);
        return NULL;
    }
    job = cJSON_ParseWithLength((const char *)file.bytes, file.size);
    *problem = cJSON_IsObject(job) ? NULL : "it is not a JSON object";
    file_free(&file);
    return job;
}

/* The job of the one image: what a document says, and what can be known without one. */
static cJSON *make_single_job(const struct catalogue *catalogue, const char **problem)
{
    cJSON *job;

    *problem = NULL;
    job =
        catalogue->job_path != NULL ? load_job(catalogue->job_path, problem) : cJSON_CreateObject();
    if (*problem == NULL) {
        *problem = lone_job_complete(job, catalogue->image_path, catalogue->board);
    }
    return job;
}

static const char *folder_of_image(const char *path, char folder[OFFER_PATH_SIZE])
{
    const char *name = last_part(path);

    if (name == path) {
        return ".";
    }
    (void)snprintf(folder, OFFER_PATH_SIZE, "%.*s", (int)(name - path - 1), path);
    return *folder != '\0' ? folder : "/";
}

/* Fill in what @p entry, whose path is set, holds now. */
static void read_entry(const struct catalogue *catalogue, struct catalogue_entry *entry)
{
    char parent[OFFER_PATH_SIZE];
    const char *folder = catalogue->folder;
    const char *problem = NULL;
    cJSON *job;

    entry->job = stamp_of(entry->job_path);
    if (folder != NULL) {
        job = load_job(entry->job_path, &problem);
    } else {
        job = make_single_job(catalogue, &problem);
        folder = folder_of_image(catalogue->image_path, parent);
    }
    entry->offer = NULL;
    if (problem == NULL) {
        entry->offer = offer_new(job, folder, &problem);
    } else {
        cJSON_Delete(job);
    }
    entry->problem = problem;
    entry->image = stamp_of(entry->offer != NULL ? entry->offer->path : "");
    entry->is_settled = has_settled(&entry->job) && has_settled(&entry->image);
}

/* --- the folder --------------------------------------------------------------------------------- */

static bool is_job_file(const char *name)
{
    size_t len = strlen(name);

    return len > 5 && name[0] != '.' && strcmp(name + len - 5, ".json") == 0;
}

static struct catalogue_entry *find_entry(struct catalogue_entry *entries, size_t count,
                                          const char *job_path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].job_path, job_path) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static const char *name_of_entry(const struct catalogue *catalogue,
                                 const struct catalogue_entry *entry)
{
    return *entry->job_path != '\0' ? entry->job_path : catalogue->image_path;
}

static void tell(const struct catalogue *catalogue, const struct catalogue_entry *entry)
{
    message_warning("%s is not on offer", name_of_entry(catalogue, entry));
    message_fact("because", "%s", entry->problem);
    if (entry->problem == unreadable) {
        message_next("Check who may read it.");
    } else if (catalogue->folder != NULL) {
        message_next("Release the image with 'otter image sign --catalogue %s'.",
                     catalogue->folder);
    } else {
        message_next("Give its board with --board, and with --job a file that has a \"Version\".");
    }
}

/* Each problem is told once, not again with every answer. */
static bool is_news(const struct catalogue_entry *now, const struct catalogue_entry *before)
{
    return now->problem != NULL
           && (before == NULL || before->problem != now->problem
               || !same_stamp(&before->job, &now->job));
}

/* An offer whose bytes somebody may be fetching. */
static void retire(struct catalogue *catalogue, struct offer *offer)
{
    struct offer **place = &catalogue->retired[catalogue->next_retired];

    if (offer == NULL || offer->image.bytes == NULL) {
        offer_release(offer);
        return;
    }
    offer_release(*place);
    *place = offer;
    catalogue->next_retired = (catalogue->next_retired + 1) % CATALOGUE_RETIRED;
}

/* The same bytes under the same name: those that are in memory stay. */
static void keep_bytes(struct catalogue_entry *now, struct catalogue_entry *before)
{
    struct offer *old = before->offer;
    struct offer *new = now->offer;

    if (old == NULL || new == NULL || !same_stamp(&now->image, &before->image)
        || !has_settled(&before->image) || strcmp(old->path, new->path) != 0
        || old->image.bytes == NULL || old->holders > 1) {
        return;
    }
    new->image = old->image;
    memcpy(new->digest, old->digest, sizeof new->digest);
    memcpy(new->id, old->id, sizeof new->id);
    old->image = (struct file_bytes){ 0 };
}

/* Make the entry for a job file, from the one before where nothing changed. */
static void renew_entry(struct catalogue *catalogue, struct catalogue_entry *entry,
                        struct catalogue_entry *before)
{
    if (before != NULL && entry_is_fresh(before)) {
        *entry = *before;
        before->offer = NULL;
        return;
    }
    read_entry(catalogue, entry);
    if (is_news(entry, before)) {
        tell(catalogue, entry);
    }
    if (before != NULL) {
        keep_bytes(entry, before);
    }
}

static struct catalogue_entry *add_entry(struct catalogue *catalogue, size_t *room,
                                         const char *job_path)
{
    struct catalogue_entry *entry;

    if (catalogue->count == *room) {
        size_t more = *room == 0 ? 16 : *room * 2;
        struct catalogue_entry *larger =
            realloc(catalogue->entries, more * sizeof *catalogue->entries);

        if (larger == NULL) {
            return NULL;
        }
        catalogue->entries = larger;
        *room = more;
    }
    entry = &catalogue->entries[catalogue->count++];
    *entry = (struct catalogue_entry){ 0 };
    (void)snprintf(entry->job_path, sizeof entry->job_path, "%s", job_path);
    return entry;
}

static void scan_folder(struct catalogue *catalogue, DIR *folder, struct catalogue_entry *old,
                        size_t old_count)
{
    char path[OFFER_PATH_SIZE];
    const struct dirent *found;
    size_t room = 0;

    while ((found = readdir(folder)) != NULL) {
        int len = snprintf(path, sizeof path, "%s/%s", catalogue->folder, found->d_name);
        struct catalogue_entry *entry = NULL;

        if (is_job_file(found->d_name) && len > 0 && (size_t)len < sizeof path) {
            entry = add_entry(catalogue, &room, path);
        }
        if (entry != NULL) {
            renew_entry(catalogue, entry, find_entry(old, old_count, path));
        }
    }
}

static void scan_single(struct catalogue *catalogue, struct catalogue_entry *old, size_t old_count)
{
    const char *job_path = catalogue->job_path != NULL ? catalogue->job_path : "";
    size_t room = 0;
    struct catalogue_entry *entry = add_entry(catalogue, &room, job_path);

    if (entry != NULL) {
        renew_entry(catalogue, entry, find_entry(old, old_count, job_path));
    }
}

static void rescan(struct catalogue *catalogue)
{
    struct catalogue_entry *old = catalogue->entries;
    size_t old_count = catalogue->count;
    DIR *folder = NULL;

    catalogue->entries = NULL;
    catalogue->count = 0;
    if (catalogue->folder == NULL) {
        scan_single(catalogue, old, old_count);
    } else if ((folder = opendir(catalogue->folder)) != NULL) {
        scan_folder(catalogue, folder, old, old_count);
        (void)closedir(folder);
    } else if (catalogue->is_readable) {
        message_system("read the catalogue", catalogue->folder);
    }
    catalogue->is_readable = catalogue->folder == NULL || folder != NULL;
    for (size_t i = 0; i < old_count; i++) {
        retire(catalogue, old[i].offer);
    }
    free(old);
}

static bool is_fresh(const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (!entry_is_fresh(&catalogue->entries[i])) {
            return false;
        }
    }
    return catalogue->is_settled;
}

static void refresh(struct catalogue *catalogue)
{
    const char *place = catalogue->folder != NULL ? catalogue->folder : catalogue->image_path;
    const struct catalogue_stamp now = stamp_of(place);

    if (!same_stamp(&now, &catalogue->stamp) || !is_fresh(catalogue)) {
        catalogue->stamp = now;
        catalogue->is_settled = has_settled(&now);
        rescan(catalogue);
    }
}

/* --- the public side ---------------------------------------------------------------------------- */

void catalogue_init(struct catalogue *catalogue, const char *folder)
{
    *catalogue = (struct catalogue){ .folder = folder, .is_readable = true };
}

void catalogue_init_single(struct catalogue *catalogue, const char *image_path,
                           const char *job_path, const char *board)
{
    *catalogue = (struct catalogue){
        .image_path = image_path, .job_path = job_path, .board = board, .is_readable = true
    };
}

static bool is_for(const struct offer *offer, const char *board)
{
    return offer != NULL && strcmp(offer_board(offer), board) == 0;
}

struct offer *catalogue_newest(struct catalogue *catalogue, const char *board,
                               const struct otter_version *newer_than)
{
    const struct otter_version *best = newer_than;
    struct offer *newest = NULL;

    refresh(catalogue);
    for (size_t i = 0; i < catalogue->count; i++) {
        struct offer *offer = catalogue->entries[i].offer;

        if (is_for(offer, board)
            && (best == NULL || otter_version_compare(&offer->version, best) > 0)) {
            best = &offer->version;
            newest = offer;
        }
    }
    return newest;
}

/* The id of bytes that are in memory must match to its end: another file of that name is not it. */
static bool is_named(struct offer *offer, const char *board, const char *name)
{
    if (!is_for(offer, board) || !offer_is_here(offer)) {
        return false;
    }
    if (strcmp(offer->name, name) == 0) {
        return true;
    }
    return strncmp(offer->name, name, strlen(offer->name)) == 0 && name[strlen(offer->name)] == '@'
           && offer_load(offer) && strcmp(offer->id, name) == 0;
}

struct offer *catalogue_named(struct catalogue *catalogue, const char *board, const char *name)
{
    refresh(catalogue);
    for (size_t i = 0; i < catalogue->count; i++) {
        if (is_named(catalogue->entries[i].offer, board, name)) {
            return catalogue->entries[i].offer;
        }
    }
    for (unsigned i = 0; i < CATALOGUE_RETIRED; i++) {
        if (is_named(catalogue->retired[i], board, name)) {
            return catalogue->retired[i];
        }
    }
    return NULL;
}

int catalogue_count(struct catalogue *catalogue)
{
    int count = 0;

    refresh(catalogue);
    for (size_t i = 0; i < catalogue->count; i++) {
        count += catalogue->entries[i].offer != NULL;
    }
    return catalogue->is_readable ? count : -1;
}

void catalogue_free(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        offer_release(catalogue->entries[i].offer);
    }
    for (unsigned i = 0; i < CATALOGUE_RETIRED; i++) {
        offer_release(catalogue->retired[i]);
    }
    free(catalogue->entries);
    catalogue->entries = NULL;
    catalogue->count = 0;
}
