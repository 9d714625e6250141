/* SPDX-License-Identifier: Apache-2.0 */

/* The folder: a kind of document is a row of a table. A document is read again when its file is
 * another one than last time, by inode, size and time; ours are replaced whole, so a new one is a new
 * inode. */

#include "aws_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws_document.h"
#include "file.h"
#include "message.h"

#define SUFFIX ".json"

struct kind {
    const char *folder;
    size_t size;
    size_t list; /* offset of its list in struct aws_cloud */
    const char *(*read)(const cJSON *json, struct aws_document *document);
    cJSON *(*write)(const struct aws_document *document);
    void (*free)(struct aws_document *document);
};

static const struct kind kind_things = {
    "things",       sizeof(struct aws_thing), offsetof(struct aws_cloud, things),
    aws_thing_read, aws_thing_write,          aws_thing_free,
};
static const struct kind kind_streams = {
    "streams",       sizeof(struct aws_stream), offsetof(struct aws_cloud, streams),
    aws_stream_read, aws_stream_write,          aws_stream_free,
};
static const struct kind kind_jobs = {
    "jobs",       sizeof(struct aws_job), offsetof(struct aws_cloud, jobs),
    aws_job_read, aws_job_write,          aws_job_free,
};
static const struct kind *const kinds[] = { &kind_things, &kind_streams, &kind_jobs };

#define KINDS (sizeof kinds / sizeof kinds[0])

int64_t aws_store_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool aws_store_path(const struct aws_store *store, const char *name, char path[AWS_PATH_SIZE])
{
    const int len = snprintf(path, AWS_PATH_SIZE, "%s/%s", store->folder, name);

    if (len > 0 && len < AWS_PATH_SIZE) {
        return true;
    }
    message_error("the path of %s is too long", name);
    message_next("Move the folder to a shorter one.");
    return false;
}

/* --- lists of documents ------------------------------------------------------------------------- */

static struct aws_document **list_of(struct aws_store *store, const struct kind *kind)
{
    return (struct aws_document **)(void *)((char *)&store->cloud + kind->list);
}

/* The link that leads to the document of that name; if there is none, to the end of the list. */
static struct aws_document **find_link(struct aws_document **link, const char *name)
{
    while (*link != NULL && strcmp((*link)->name, name) != 0) {
        link = &(*link)->next;
    }
    return link;
}

static struct aws_document *make(const struct kind *kind, const char *name)
{
    struct aws_document *document = calloc(1, kind->size);

    if (document != NULL) {
        (void)snprintf(document->name, sizeof document->name, "%s", name);
    }
    return document;
}

static void unlink_document(struct aws_document **link, void (*release)(struct aws_document *))
{
    struct aws_document *document = *link;

    *link = document->next;
    release(document);
}

static bool is_same_file(const struct aws_document *document, const struct stat *status)
{
    return document->inode == status->st_ino && document->size == status->st_size
           && document->modified.tv_sec == status->st_mtim.tv_sec
           && document->modified.tv_nsec == status->st_mtim.tv_nsec;
}

static void remember_file(struct aws_document *document, const struct stat *status)
{
    document->inode = status->st_ino;
    document->size = status->st_size;
    document->modified = status->st_mtim;
    document->is_there = true;
}

static bool file_path(const struct aws_store *store, const struct kind *kind, const char *name,
                      char path[AWS_PATH_SIZE])
{
    char file[AWS_NAME_SIZE + 32];

    (void)snprintf(file, sizeof file, "%s/%s" SUFFIX, kind->folder, name);
    return aws_store_path(store, file, path);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* Say once what is wrong with a document, until it is another file. */
static void complain(struct aws_store *store, const char *path, const struct stat *status,
                     const char *problem)
{
    struct aws_document *note = calloc(1, sizeof *note);

    message_error("%s is ignored: %s", path, problem);
    message_next("Correct it, or delete it; it is read again when it has changed.");
    if (note != NULL) {
        remember_file(note, status);
        note->next = store->broken;
        store->broken = note;
    }
}

static bool is_known_as_broken(const struct aws_store *store, const struct stat *status)
{
    for (const struct aws_document *note = store->broken; note != NULL; note = note->next) {
        if (is_same_file(note, status)) {
            return true;
        }
    }
    return false;
}

/* @return NULL, or what is wrong */
static const char *parse(const struct kind *kind, const char *path, struct aws_document *document)
{
    struct file_bytes file;
    const char *problem = "it is no JSON object";
    cJSON *json;

    if (!file_load(path, &file)) {
        return "it cannot be read";
    }
    json = cJSON_ParseWithLength((const char *)file.bytes, file.size);
    if (cJSON_IsObject(json)) {
        problem = kind->read(json, document);
    }
    cJSON_Delete(json);
    file_free(&file);
    return problem;
}

static void replace(struct aws_document **link, const struct kind *kind,
                    struct aws_document *document)
{
    if (*link != NULL) {
        document->next = (*link)->next;
        kind->free(*link);
    }
    *link = document;
}

static void load(struct aws_store *store, const struct kind *kind, const char *name,
                 const char *path, const struct stat *status)
{
    struct aws_document **link = find_link(list_of(store, kind), name);
    struct aws_document *document = make(kind, name);
    const char *problem =
        document != NULL ? parse(kind, path, document) : "there is not enough memory";

    if (*link != NULL) {
        (*link)->is_there = true; /* what is broken stays as it was */
    }
    if (problem != NULL) {
        complain(store, path, status, problem);
        if (document != NULL) {
            kind->free(document);
        }
        return;
    }
    remember_file(document, status);
    document->is_changed = false;
    replace(link, kind, document);
}

static void look_at(struct aws_store *store, const struct kind *kind, const char *name)
{
    char path[AWS_PATH_SIZE];
    struct stat status;
    struct aws_document *known = *find_link(list_of(store, kind), name);

    if (!file_path(store, kind, name, path) || stat(path, &status) != 0) {
        return;
    }
    if (known != NULL && (is_same_file(known, &status) || is_known_as_broken(store, &status))) {
        known->is_there = true;
        return;
    }
    if (!is_known_as_broken(store, &status)) {
        load(store, kind, name, path, &status);
    }
}

/* "NAME.json" becomes "NAME". @return false for everything else that lies in the folder */
static bool take_name(const char *file, char name[AWS_NAME_SIZE])
{
    const size_t len = strlen(file);
    const size_t suffix = strlen(SUFFIX);

    if (file[0] == '.' || len <= suffix || len - suffix >= AWS_NAME_SIZE
        || strcmp(file + len - suffix, SUFFIX) != 0) {
        return false;
    }
    memcpy(name, file, len - suffix);
    name[len - suffix] = '\0';
    return true;
}

static void forget_missing(struct aws_store *store, const struct kind *kind)
{
    struct aws_document **link = list_of(store, kind);

    while (*link != NULL) {
        if ((*link)->is_there) {
            link = &(*link)->next;
        } else {
            unlink_document(link, kind->free);
        }
    }
}

static bool read_kind(struct aws_store *store, const struct kind *kind)
{
    char path[AWS_PATH_SIZE];
    char name[AWS_NAME_SIZE];
    const struct dirent *entry;
    DIR *folder;

    if (!aws_store_path(store, kind->folder, path)) {
        return false;
    }
    folder = opendir(path);
    if (folder == NULL) {
        message_system("read", path);
        return false;
    }
    for (struct aws_document *at = *list_of(store, kind); at != NULL; at = at->next) {
        at->is_there = false;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (take_name(entry->d_name, name)) {
            look_at(store, kind, name);
        }
    }
    (void)closedir(folder);
    forget_missing(store, kind);
    return true;
}

/* --- writing ------------------------------------------------------------------------------------ */

static bool write_document(struct aws_store *store, const struct kind *kind,
                           struct aws_document *document)
{
    char path[AWS_PATH_SIZE];
    cJSON *json = kind->write(document);
    char *text = cJSON_Print(json);
    struct stat status;
    bool is_written = false;

    cJSON_Delete(json);
    if (text != NULL && file_path(store, kind, document->name, path)) {
        is_written = file_store(path, text, strlen(text)) && stat(path, &status) == 0;
    }
    if (is_written) {
        remember_file(document, &status);
        document->is_changed = false;
    }
    cJSON_free(text);
    return is_written;
}

static bool write_kind(struct aws_store *store, const struct kind *kind)
{
    bool is_written = true;

    for (struct aws_document *at = *list_of(store, kind); at != NULL; at = at->next) {
        if (at->is_changed) {
            is_written = write_document(store, kind, at) && is_written;
        }
    }
    return is_written;
}

/* --- adding and removing ------------------------------------------------------------------------ */

static struct aws_document *add(struct aws_store *store, const struct kind *kind, const char *name)
{
    struct aws_document **end = list_of(store, kind);
    struct aws_document *document = make(kind, name);

    if (document == NULL) {
        message_error("there is not enough memory");
        return NULL;
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    document->is_changed = true;
    *end = document;
    return document;
}

static void remove_document(struct aws_store *store, const struct kind *kind, const char *name)
{
    struct aws_document **link = find_link(list_of(store, kind), name);
    char path[AWS_PATH_SIZE];

    if (file_path(store, kind, name, path) && unlink(path) != 0 && errno != ENOENT) {
        message_system("delete", path);
        return;
    }
    unlink_document(link, kind->free);
}

struct aws_thing *aws_store_add_thing(struct aws_store *store, const char *name)
{
    return (struct aws_thing *)add(store, &kind_things, name);
}

struct aws_stream *aws_store_add_stream(struct aws_store *store, const char *name)
{
    return (struct aws_stream *)add(store, &kind_streams, name);
}

struct aws_job *aws_store_add_job(struct aws_store *store, const char *id)
{
    return (struct aws_job *)add(store, &kind_jobs, id);
}

void aws_store_remove_thing(struct aws_store *store, struct aws_thing *thing)
{
    remove_document(store, &kind_things, thing->file.name);
}

/* Files elsewhere are somebody's own, put into the document by hand. */
void aws_store_remove_stream(struct aws_store *store, struct aws_stream *stream)
{
    char path[AWS_PATH_SIZE];

    for (size_t i = 0; i < stream->file_count; i++) {
        const char *name = stream->files[i].path;

        if (strncmp(name, AWS_STORE_FILES, strlen(AWS_STORE_FILES)) == 0
            && aws_store_path(store, name, path) && unlink(path) != 0 && errno != ENOENT) {
            message_system("delete", path);
        }
    }
    remove_document(store, &kind_streams, stream->file.name);
}

void aws_store_remove_job(struct aws_store *store, struct aws_job *job)
{
    remove_document(store, &kind_jobs, job->file.name);
}

/* --- opening and locking ------------------------------------------------------------------------ */

static bool make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        return true;
    }
    message_system("make the folder", path);
    return false;
}

static bool make_folders(const struct aws_store *store)
{
    char path[AWS_PATH_SIZE];
    bool is_made = make_folder(store->folder) && aws_store_path(store, AWS_STORE_FILES, path)
                   && make_folder(path);

    for (size_t i = 0; i < KINDS && is_made; i++) {
        is_made = aws_store_path(store, kinds[i]->folder, path) && make_folder(path);
    }
    return is_made;
}

static bool is_folder(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return true;
    }
    message_error("%s is no folder of a stand-in", path);
    message_next("Make it: otter aws-standin add %s --thing NAME", path);
    return false;
}

static int open_lock(const char *path)
{
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (file < 0) {
        message_system("open", path);
    }
    return file;
}

bool aws_store_open(struct aws_store *store, const char *folder, bool make_it)
{
    char path[AWS_PATH_SIZE];

    *store = (struct aws_store){ .lock = -1, .claim = -1, .cloud = { .minute_ms = 60000 } };
    (void)snprintf(store->folder, sizeof store->folder, "%s", folder);
    if (!aws_store_path(store, ".lock", path)) {
        return false;
    }
    if ((!make_it && !is_folder(folder)) || !make_folders(store)) {
        return false;
    }
    store->lock = open_lock(path);
    return store->lock >= 0;
}

/* POSIX locks end with their process, however that ends. */
static bool set_lock(const struct aws_store *store, short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
    int result;

    do {
        result = fcntl(store->lock, F_SETLKW, &lock);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        message_system("lock", store->folder);
    }
    return result == 0;
}

bool aws_store_claim(struct aws_store *store)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[AWS_PATH_SIZE];

    if (!aws_store_path(store, ".running", path) || (store->claim = open_lock(path)) < 0) {
        return false;
    }
    if (fcntl(store->claim, F_SETLK, &lock) == 0) {
        return true;
    }
    message_error("another stand-in answers for %s already", store->folder);
    message_next("Things would get each answer twice: stop it, or use another folder.");
    return false;
}

bool aws_store_begin(struct aws_store *store)
{
    if (!set_lock(store, F_WRLCK)) {
        return false;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (!read_kind(store, kinds[i])) {
            (void)set_lock(store, F_UNLCK);
            return false;
        }
    }
    return true;
}

bool aws_store_end(struct aws_store *store)
{
    bool is_written = true;

    for (size_t i = 0; i < KINDS; i++) {
        is_written = write_kind(store, kinds[i]) && is_written;
    }
    return set_lock(store, F_UNLCK) && is_written;
}

static void close_lock(int *file)
{
    if (*file >= 0) {
        (void)close(*file);
    }
    *file = -1;
}

void aws_store_close(struct aws_store *store)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct aws_document **list = list_of(store, kinds[i]);

        while (*list != NULL) {
            unlink_document(list, kinds[i]->free);
        }
    }
    while (store->broken != NULL) {
        struct aws_document *note = store->broken;

        store->broken = note->next;
        free(note);
    }
    close_lock(&store->lock);
    close_lock(&store->claim);
}
