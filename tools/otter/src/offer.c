/* SPDX-License-Identifier: Apache-2.0 */

/* Offers. A job that names another server is passed on as it is; its "File" is that server's
 * business. All others name a file beside the job. */

#include "offer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "message.h"
#include "otter/crypto.h"
#include "otter/text.h"

#define ID_DIGITS 16

static const char *text_of(const cJSON *job, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(job, key));

    return text != NULL ? text : "";
}

/* --- the job ------------------------------------------------------------------------------------ */

static bool is_over_mqtt(const cJSON *job)
{
    const char *connection = text_of(job, "Connection");

    return *connection == '\0' || strcasecmp(connection, "MQTT") == 0;
}

static bool names_a_server(const cJSON *job)
{
    return *text_of(job, "Broker") != '\0' || *text_of(job, "Server") != '\0';
}

/* NULL, or why the image beside the job cannot be served. */
static const char *find_image(struct offer *offer, const char *folder)
{
    const char *file = text_of(offer->job, "File");
    struct stat status;
    int len;

    if (*file == '\0' || strchr(file, '/') != NULL) {
        return "its \"File\" is not the name of a file beside it";
    }
    len = snprintf(offer->name, sizeof offer->name, "%s", file);
    if (len < 0 || (size_t)len >= sizeof offer->name) {
        return "its \"File\" is too long";
    }
    len = snprintf(offer->path, sizeof offer->path, "%s/%s", folder, file);
    if (len < 0 || (size_t)len >= sizeof offer->path) {
        return "the path of its \"File\" is too long";
    }
    if (stat(offer->path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return "there is no file that its \"File\" names";
    }
    if (status.st_size <= 0 || status.st_size > FILE_SIZE_MAX) {
        return "its \"File\" is empty or too large for an image";
    }
    offer->size = (uint32_t)status.st_size;
    return NULL;
}

static void leave_elsewhere(struct offer *offer)
{
    const char *file = text_of(offer->job, "File");
    const char *slash = strrchr(file, '/');

    offer->path[0] = '\0';
    offer->size = 0;
    (void)snprintf(offer->name, sizeof offer->name, "%.*s", OFFER_NAME_SIZE - 1,
                   slash != NULL ? slash + 1 : file);
}

/* NULL, or why the job cannot be offered. */
static const char *check(struct offer *offer, const char *folder)
{
    const cJSON *job = offer->job;
    const char *problem;

    if (!cJSON_IsObject(job)) {
        return "it is not a JSON object";
    }
    if (otter_version_parse(text_of(job, "Version"), &offer->version) != OTTER_OK) {
        return "its \"Version\" is missing or not like 1.2.3";
    }
    if (*text_of(job, "Board") == '\0') {
        return "its \"Board\" is missing";
    }
    if (!is_over_mqtt(job) && !names_a_server(job)) {
        return "its \"Connection\" needs a \"Server\"";
    }
    problem = is_over_mqtt(job) ? find_image(offer, folder) : "its bytes are not sent over MQTT";
    if (problem != NULL && names_a_server(job)) {
        leave_elsewhere(offer);
        return NULL;
    }
    return problem;
}

struct offer *offer_new(cJSON *job, const char *folder, const char **problem)
{
    struct offer *offer = calloc(1, sizeof *offer);

    if (offer == NULL) {
        cJSON_Delete(job);
        *problem = "there is not enough memory";
        return NULL;
    }
    *offer = (struct offer){ .holders = 1, .job = job };
    *problem = check(offer, folder);
    if (*problem != NULL) {
        offer_release(offer);
        return NULL;
    }
    return offer;
}

const char *offer_board(const struct offer *offer)
{
    return text_of(offer->job, "Board");
}

bool offer_is_here(const struct offer *offer)
{
    return offer->path[0] != '\0';
}

/* --- the bytes ---------------------------------------------------------------------------------- */

static bool describe(struct offer *offer)
{
    uint8_t digest[OTTER_SHA256_SIZE];
    struct otter_text text;

    if (EVP_Digest(offer->image.bytes, offer->image.size, digest, NULL, EVP_sha256(), NULL) != 1) {
        message_error("%s cannot be hashed", offer->path);
        return false;
    }
    otter_text_init(&text, offer->digest, sizeof offer->digest);
    otter_text_append_hex(&text, digest, sizeof digest);
    (void)snprintf(offer->id, sizeof offer->id, "%s@%.*s", offer->name, ID_DIGITS, offer->digest);
    return true;
}

bool offer_load(struct offer *offer)
{
    if (offer->image.bytes != NULL) {
        return true;
    }
    if (!file_load(offer->path, &offer->image)) {
        return false;
    }
    if (offer->image.size != offer->size || !describe(offer)) {
        file_free(&offer->image);
        offer->image = (struct file_bytes){ 0 };
        return false; /* it is being written; the catalogue will see it again */
    }
    return true;
}

/* --- the document ------------------------------------------------------------------------------- */

/* Empty hosts and ports are left out: the old devices keep what they have for a missing key, and
 * read an empty port as port 0. */
static bool belongs_in_job(const struct offer *offer, const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    bool is_place = strcmp(item->string, "Broker") == 0 || strcmp(item->string, "Port") == 0;
    bool is_ours = strcmp(item->string, "Message") == 0
                   || strcmp(item->string, "UniqueTopicName") == 0
                   || (offer_is_here(offer) && strcmp(item->string, "File") == 0);

    return !is_ours && !(is_place && text != NULL && *text == '\0');
}

/* What the file says about size and digest stands: whoever wrote it meant it. */
static void describe_image(const struct offer *offer, cJSON *job)
{
    char size[16];

    if (!cJSON_HasObjectItem(job, "ImageSize")) {
        (void)snprintf(size, sizeof size, "%u", (unsigned)offer->size);
        (void)cJSON_AddStringToObject(job, "ImageSize", size);
    }
    if (!cJSON_HasObjectItem(job, "ImageSha256")) {
        (void)cJSON_AddStringToObject(job, "ImageSha256", offer->digest);
    }
    (void)cJSON_AddStringToObject(job, "File", offer->id);
}

char *offer_job_for(const struct offer *offer, const char *topic)
{
    cJSON *job = cJSON_CreateObject();
    char *text;

    (void)cJSON_AddStringToObject(job, "Message", "Update Available");
    for (const cJSON *item = offer->job->child; item != NULL; item = item->next) {
        if (belongs_in_job(offer, item)) {
            (void)cJSON_AddItemToObject(job, item->string, cJSON_Duplicate(item, true));
        }
    }
    if (offer_is_here(offer)) {
        describe_image(offer, job);
    }
    (void)cJSON_AddStringToObject(job, "UniqueTopicName", topic);
    text = cJSON_PrintUnformatted(job);
    cJSON_Delete(job);
    return text;
}

/* --- holders ------------------------------------------------------------------------------------ */

struct offer *offer_hold(struct offer *offer)
{
    offer->holders++;
    return offer;
}

void offer_release(struct offer *offer)
{
    if (offer == NULL || --offer->holders > 0) {
        return;
    }
    cJSON_Delete(offer->job);
    file_free(&offer->image);
    free(offer);
}
