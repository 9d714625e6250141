/* SPDX-License-Identifier: Apache-2.0 */

/* The job document: the AnyCloud library's keys in their usual order, then ours. Empty texts for
 * the broker make a device stay with the one it is talking to. */

#include "job_file.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "message.h"
#include "otter/crypto.h"

const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void add_image(cJSON *job, const struct file_bytes *image)
{
    uint8_t digest[OTTER_SHA256_SIZE] = { 0 };
    char size[24];

    (void)EVP_Digest(image->bytes, image->size, digest, NULL, EVP_sha256(), NULL);
    (void)snprintf(size, sizeof size, "%zu", image->size);
    (void)cJSON_AddStringToObject(job, "ImageSize", size);
    json_add_hex(job, "ImageSha256", digest, sizeof digest);
}

static cJSON *make_job(const struct job_facts *facts, const struct file_bytes *image)
{
    char version[OTTER_VERSION_TEXT_SIZE];
    cJSON *job = cJSON_CreateObject();
    const char *const rows[][2] = {
        { "Message", "Update Available" },
        { "Manufacturer", facts->manufacturer },
        { "ManufacturerId", facts->manufacturer_id },
        { "Product", facts->product },
        { "SerialNumber", "" },
        { "Board", facts->board },
        { "Version", version },
        { "Connection", "MQTT" },
        { "Broker", "" },
        { "Port", "" },
        { "File", last_part(facts->image_path) },
    };

    otter_version_format(&facts->version, version);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)cJSON_AddStringToObject(job, rows[i][0], rows[i][1]);
    }
    add_image(job, image);
    return job;
}

bool job_file_store(const char *path, const struct job_facts *facts, const struct file_bytes *image)
{
    cJSON *job = make_job(facts, image);
    char *text = cJSON_Print(job);
    bool stored = false;

    cJSON_Delete(job);
    if (text == NULL) {
        message_system("write", path);
        return false;
    }
    stored = file_store(path, text, strlen(text));
    cJSON_free(text);
    return stored;
}
