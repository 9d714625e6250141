/* SPDX-License-Identifier: Apache-2.0 */

/* A job for an update: the files are copied, so that a later build does not change what devices are
 * downloading; the signature of each goes into the document. Where a URL belongs the document has a
 * placeholder, as AWS's own has, and each delivery puts a fresh one there. */

#include "aws_update.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_urls.h"
#include "file.h"
#include "json.h"
#include "keys.h"
#include "message.h"
#include "openssl_error.h"

#define JOB_PREFIX   "AFR_OTA-"
#define DOCUMENT_MAX 32768u

/* Which ways a protocol option stands for. */
static const struct protocol {
    const char *name;
    bool mqtt;
    bool http;
} protocols[] = {
    { "mqtt", true, false },
    { "http", false, true },
    { "both", true, true },
};

/* What an update is made of while it is made. */
struct making {
    struct aws_store *store;
    const struct aws_update *update;
    const struct protocol *protocol;
    struct key key;            /* not loaded: the files are not signed */
    struct aws_stream *stream; /* also holds the files that are fetched over HTTP alone */
    cJSON *files;
};

/* --- checks ------------------------------------------------------------------------------------- */

static bool check_number(const char *option, uint32_t value, uint32_t least, uint32_t most)
{
    if (value >= least && value <= most) {
        return true;
    }
    message_error("--%s %u is not possible", option, (unsigned)value);
    message_next("AWS takes %u to %u.", (unsigned)least, (unsigned)most);
    return false;
}

static bool check_things(const struct aws_update *update)
{
    for (int i = 0; i < update->things.count; i++) {
        if (!aws_is_thing_name(update->things.items[i])) {
            message_error("--thing '%s' is no name of a thing", update->things.items[i]);
            message_next("Use up to 128 letters, digits, ':', '_' and '-'.");
            return false;
        }
    }
    return true;
}

static bool check_limits(const struct aws_update *update)
{
    return (update->timeout_minutes == 0
            || check_number("timeout", update->timeout_minutes, 1, AWS_MINUTES_MAX))
           && check_number("retry-failed", update->retries_failed, 0, AWS_RETRIES_MAX)
           && check_number("retry-timed-out", update->retries_timed_out, 0, AWS_RETRIES_MAX)
           && check_number("url-seconds", update->url_seconds, 60, 3600);
}

static bool check_files(const struct aws_update *update)
{
    if ((update->document != NULL) == (update->files.count > 0)) {
        message_error(update->document != NULL ? "--document and --file exclude each other"
                                               : "there is nothing to deliver");
        message_next("Name the files of an update with --file, or another job with --document.");
        return false;
    }
    if (update->files.count > AWS_STREAM_FILES_MAX) {
        message_error("a stream has no room for %d files", update->files.count);
        message_next("AWS takes up to %d.", AWS_STREAM_FILES_MAX);
        return false;
    }
    if (update->file_types.count > update->files.count
        || update->file_paths.count > update->files.count) {
        message_error("there are more --file-type or --file-path than --file");
        message_next("Give each file at most one; the first belongs to the first.");
        return false;
    }
    return true;
}

static const struct protocol *find_protocol(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (strcmp(name, protocols[i].name) == 0) {
            return &protocols[i];
        }
    }
    message_error("--protocol '%s' is unknown", name);
    message_next("Choose mqtt, http or both.");
    return NULL;
}

/* --- names -------------------------------------------------------------------------------------- */

/* "AFR_OTA-" and a random UUID, as the service names streams. */
static bool make_stream_name(char name[AWS_NAME_SIZE])
{
    uint8_t b[16];

    if (RAND_bytes(b, sizeof b) != 1) {
        message_openssl("there are no random numbers");
        return false;
    }
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    (void)snprintf(name, AWS_NAME_SIZE,
                   JOB_PREFIX "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                              "%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                   b[13], b[14], b[15]);
    return true;
}

static bool make_job_name(const struct making *making, char id[AWS_JOB_ID_SIZE])
{
    const char *wanted = making->update->id;
    const char *prefix = making->update->document == NULL ? JOB_PREFIX : "";
    const size_t longest = AWS_JOB_ID_SIZE - 1 - strlen(prefix);
    char made[32];

    if (wanted == NULL) {
        (void)snprintf(made, sizeof made, "%lld", (long long)aws_store_now_ms());
        wanted = made;
    }
    if (!aws_is_id(wanted, longest)) {
        message_error("--id '%s' cannot be", wanted);
        message_next("Use up to %zu letters, digits, '_' and '-'.", longest);
        return false;
    }
    (void)snprintf(id, AWS_JOB_ID_SIZE, "%s%s", prefix, wanted);
    if (aws_find_job(&making->store->cloud, id) != NULL) {
        message_error("there is a job %s already", id);
        message_next("Choose another --id, or delete it: otter aws-standin delete DIR %s", id);
        return false;
    }
    return true;
}

/* --- signatures --------------------------------------------------------------------------------- */

/* By the type of the key; NULL: AWS's agents know no such signature. */
static const char *signature_algorithm(const struct key *key)
{
    switch (EVP_PKEY_get_base_id(key->pkey)) {
    case EVP_PKEY_EC:
        return "sig-sha256-ecdsa";
    case EVP_PKEY_RSA:
        return "sig-sha256-rsa";
    default:
        return NULL;
    }
}

/* @return base64 text to free(), or NULL after telling the user */
static char *sign(const struct key *key, const struct file_bytes *file)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t size = sizeof signature;
    char *text = malloc(KEY_SIGNATURE_MAX / 3 * 4 + 5);

    if (context == NULL || text == NULL
        || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) != 1
        || EVP_DigestSign(context, signature, &size, file->bytes, file->size) != 1) {
        message_openssl("the file cannot be signed");
        free(text);
        text = NULL;
    } else {
        (void)EVP_EncodeBlock((uint8_t *)text, signature, (int)size);
    }
    EVP_MD_CTX_free(context);
    return text;
}

static bool load_key(struct making *making)
{
    const struct aws_update *update = making->update;

    if (update->sign_key == NULL) {
        if (update->document == NULL) {
            message_warning("without --sign-key the files are not signed");
            message_next("Devices refuse an update without a signature.");
        }
        return true;
    }
    if (!key_load_private(update->sign_key, update->passphrase_file, &making->key)) {
        return false;
    }
    if (signature_algorithm(&making->key) == NULL) {
        message_error("%s is no key for the files of a job", update->sign_key);
        message_next("Use ECDSA P-256 or RSA; \"otter key new\" makes one.");
        return false;
    }
    return true;
}

/* --- files -------------------------------------------------------------------------------------- */

static bool read_file_type(const struct making *making, int which, uint32_t *type)
{
    const char *text =
        which < making->update->file_types.count ? making->update->file_types.items[which] : "0";
    char *end = NULL;
    const unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value > UINT8_MAX) {
        message_error("--file-type '%s' cannot be", text);
        message_next("Give a number from 0 to 255; 0 is firmware.");
        return false;
    }
    *type = (uint32_t)value;
    return true;
}

static bool store_copy(struct making *making, int which, const struct file_bytes *file)
{
    struct aws_stream_file *entry = &making->stream->files[making->stream->file_count];
    char path[AWS_PATH_SIZE];

    if (file->size == 0 || file->size > AWS_FILE_SIZE_MAX) {
        message_error("%s cannot be delivered", making->update->files.items[which]);
        message_fact("size", "%zu bytes", file->size);
        message_next("AWS takes files of 1 byte to 24 MiB.");
        return false;
    }
    entry->id = (uint32_t)which;
    (void)snprintf(entry->path, sizeof entry->path, AWS_STORE_FILES "%s-%d",
                   making->stream->file.name, which);
    if (!aws_store_path(making->store, entry->path, path)
        || !file_store(path, file->bytes, file->size)) {
        return false;
    }
    making->stream->file_count++;
    return true;
}

static bool add_signature(const struct making *making, cJSON *entry, const struct file_bytes *file)
{
    const struct aws_update *update = making->update;
    char *signature;

    if (making->key.pkey == NULL) {
        return true;
    }
    signature = sign(&making->key, file);
    if (signature != NULL) {
        (void)cJSON_AddStringToObject(entry,
                                      update->signature_key != NULL
                                          ? update->signature_key
                                          : signature_algorithm(&making->key),
                                      signature);
    }
    free(signature);
    return signature != NULL;
}

/* The keys in the order in which the service sends them. */
static bool describe(struct making *making, int which, uint32_t type, const struct file_bytes *file)
{
    const struct aws_update *update = making->update;
    const char *path = which < update->file_paths.count ? update->file_paths.items[which] : "/";
    char placeholder[AWS_PATH_SIZE];
    cJSON *entry = cJSON_CreateObject();

    (void)cJSON_AddItemToArray(making->files, entry);
    (void)cJSON_AddStringToObject(entry, "filepath", path);
    (void)cJSON_AddNumberToObject(entry, "filesize", (double)file->size);
    (void)cJSON_AddNumberToObject(entry, "fileid", which);
    (void)cJSON_AddStringToObject(entry, "certfile", update->certfile);
    (void)cJSON_AddNumberToObject(entry, "fileType", type);
    if (making->protocol->http) {
        aws_urls_write_placeholder(making->stream->files[which].path, placeholder);
        (void)cJSON_AddStringToObject(entry, "update_data_url", placeholder);
        (void)cJSON_AddStringToObject(entry, "auth_scheme", "aws.s3.presigned");
    }
    return add_signature(making, entry, file);
}

static bool add_file(struct making *making, int which)
{
    struct file_bytes file;
    uint32_t type;
    bool is_added;

    if (!read_file_type(making, which, &type)
        || !file_load(making->update->files.items[which], &file)) {
        return false;
    }
    is_added = store_copy(making, which, &file) && describe(making, which, type, &file);
    file_free(&file);
    return is_added;
}

static bool add_files(struct making *making, const char *job_id)
{
    char name[AWS_NAME_SIZE];

    if (!make_stream_name(name)) {
        return false;
    }
    making->stream = aws_store_add_stream(making->store, name);
    if (making->stream == NULL) {
        return false;
    }
    making->stream->version = 1;
    (void)snprintf(making->stream->description, sizeof making->stream->description, "%s", job_id);
    (void)snprintf(making->stream->job, sizeof making->stream->job, "%s", job_id);
    for (int i = 0; i < making->update->files.count; i++) {
        if (!add_file(making, i)) {
            aws_store_remove_stream(making->store, making->stream);
            return false;
        }
    }
    return true;
}

/* --- documents ---------------------------------------------------------------------------------- */

/* Takes over the list of files. */
static cJSON *make_ota_document(struct making *making)
{
    cJSON *document = cJSON_CreateObject();
    cJSON *ota = cJSON_AddObjectToObject(document, "afr_ota");
    cJSON *list = cJSON_AddArrayToObject(ota, "protocols");

    if (making->protocol->mqtt) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString("MQTT"));
    }
    if (making->protocol->http) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString("HTTP"));
    }
    if (making->protocol->mqtt) {
        (void)cJSON_AddStringToObject(ota, "streamname", making->stream->file.name);
    }
    (void)cJSON_AddItemToObject(ota, "files", making->files);
    making->files = NULL;
    return document;
}

static cJSON *load_document(const char *path)
{
    struct file_bytes file;
    cJSON *document = NULL;

    if (!file_load(path, &file)) {
        return NULL;
    }
    if (file.size <= DOCUMENT_MAX) {
        document = json_parse_exactly((const char *)file.bytes, file.size);
    }
    if (!cJSON_IsObject(document)) {
        message_error("%s is no job document", path);
        message_next("It must be one JSON object of at most %u bytes.", DOCUMENT_MAX);
        cJSON_Delete(document);
        document = NULL;
    }
    file_free(&file);
    return document;
}

static cJSON *make_document(struct making *making, const char *job_id)
{
    if (making->update->document != NULL) {
        return load_document(making->update->document);
    }
    return add_files(making, job_id) ? make_ota_document(making) : NULL;
}

/* --- the job ------------------------------------------------------------------------------------ */

static bool queue_for_things(struct aws_store *store, const struct aws_update *update,
                             struct aws_job *job)
{
    for (int i = 0; i < update->things.count; i++) {
        const char *thing = update->things.items[i];

        if (aws_find_thing(&store->cloud, thing) == NULL
            && aws_store_add_thing(store, thing) == NULL) {
            return false;
        }
        if (aws_find_execution(job, thing, 0) == NULL
            && !aws_queue(job, thing, 1, job->created_ms)) {
            message_error("there is not enough memory");
            return false;
        }
    }
    return true;
}

static struct aws_job *make_job(struct making *making)
{
    const struct aws_update *update = making->update;
    char id[AWS_JOB_ID_SIZE];
    struct aws_job *job;
    cJSON *document;

    if (!make_job_name(making, id) || !load_key(making)) {
        return NULL;
    }
    document = make_document(making, id);
    if (document == NULL) {
        return NULL;
    }
    job = aws_store_add_job(making->store, id);
    if (job == NULL) {
        cJSON_Delete(document);
        return NULL;
    }
    job->document = document;
    job->created_ms = aws_store_now_ms();
    job->timeout_minutes = update->timeout_minutes;
    job->retries_failed = update->retries_failed;
    job->retries_timed_out = update->retries_timed_out;
    job->url_seconds = update->url_seconds;
    return queue_for_things(making->store, update, job) ? job : NULL;
}

struct aws_job *aws_update_create(struct aws_store *store, const struct aws_update *update)
{
    struct making making = { .store = store, .update = update };
    struct aws_job *job;

    making.protocol = find_protocol(update->protocol);
    if (making.protocol == NULL || !check_things(update) || !check_limits(update)
        || !check_files(update)) {
        return NULL;
    }
    making.files = cJSON_CreateArray();
    job = make_job(&making);
    cJSON_Delete(making.files);
    key_free(&making.key);
    return job;
}
