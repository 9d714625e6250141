/* SPDX-License-Identifier: Apache-2.0 */

/* The jobs service's messages. A table says which keys of a file matter and how each is read; of a key
 * that comes twice the first counts, and keys that are not known are stepped over, whatever they hold. */

#include "document.h"

#include <string.h>

#include "base64.h"
#include "connection.h"

#define FILE_ID_MAX   255u
#define SIGNATURE_KEY "sig-sha256-ecdsa"

bool otter_aws_parse(const struct otter_aws_transport *transport, struct aws_document *document)
{
    return otter_json_parse(&document->json, document->tokens, AWS_TOKENS_MAX,
                            (const char *)transport->config->buffer, transport->have)
           == OTTER_JSON_OK;
}

/* ---- members of an object ---- */

/* The object under a key; 0: there is none. */
static size_t find_object(const struct otter_json *json, size_t object, const char *key)
{
    const size_t index = otter_json_find(json, object, key);

    return index != 0 && otter_json_is_object(json, index) ? index : 0;
}

static bool find_value(const struct otter_json *json, size_t object, const char *key,
                       struct otter_json_value *value)
{
    const size_t index = otter_json_find(json, object, key);

    return index != 0 && otter_json_value(json, index, value);
}

static uint32_t find_number(const struct otter_json *json, size_t object, const char *key)
{
    struct otter_json_value value;
    uint32_t number = 0;

    return find_value(json, object, key, &value) && otter_json_number(&value, UINT32_MAX, &number)
               ? number
               : 0;
}

static bool find_text(const struct otter_json *json, size_t object, const char *key, char *text,
                      size_t size)
{
    const size_t index = otter_json_find(json, object, key);

    text[0] = '\0';
    return index != 0 && otter_json_text(json, index, text, size) > 0;
}

static bool is_text(const struct otter_json *json, size_t object, const char *key, const char *text)
{
    struct otter_json_value value;

    return find_value(json, object, key, &value) && value.is_text && strcmp(value.text, text) == 0;
}

/* A name that goes into topics: what could make a filter of it has no place there. */
static bool is_name(const char *text)
{
    for (; *text != '\0'; text++) {
        const bool is_letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

        if (!is_letter && !(*text >= '0' && *text <= '9') && *text != '_' && *text != '-') {
            return false;
        }
    }
    return true;
}

bool otter_aws_says(const struct aws_document *document, const char *key, const char *text)
{
    return is_text(&document->json, 0, key, text);
}

void otter_aws_copy(const struct aws_document *document, const char *key, char *text, size_t size)
{
    (void)find_text(&document->json, 0, key, text, size);
}

/* ---- files ---- */

/* A file that is being read. */
struct file {
    struct otter_aws_transport *transport;
    struct otter_job_file *file;
    struct otter_aws_place *place;
    size_t url_used; /* bytes of the URL buffer */
};

static bool read_size(struct file *file, const struct otter_json *json, size_t index)
{
    struct otter_json_value value;

    return otter_json_value(json, index, &value)
           && otter_json_number(&value, UINT32_MAX, &file->file->size) && file->file->size > 0;
}

static bool read_small_number(const struct otter_json *json, size_t index, uint8_t *number)
{
    struct otter_json_value value;
    uint32_t read = 0;

    if (!otter_json_value(json, index, &value) || !otter_json_number(&value, FILE_ID_MAX, &read)) {
        return false;
    }
    *number = (uint8_t)read;
    return true;
}

static bool read_id(struct file *file, const struct otter_json *json, size_t index)
{
    return read_small_number(json, index, &file->place->id);
}

static bool read_type(struct file *file, const struct otter_json *json, size_t index)
{
    const struct otter_aws_transport_config *config = file->transport->config;
    uint8_t type;

    if (!read_small_number(json, index, &type)) {
        return false;
    }
    if (config->file_types == NULL) {
        file->file->image = type;
        return type < OTTER_AWS_FILES_MAX;
    }
    for (uint8_t image = 0; image < config->file_type_count; image++) {
        if (config->file_types[image] == type) {
            file->file->image = image;
            return true;
        }
    }
    return false;
}

static bool read_signature(struct file *file, const struct otter_json *json, size_t index)
{
    struct otter_json_value value;
    const size_t size =
        otter_json_value(json, index, &value) && value.is_text
            ? otter_base64_decode(value.text, file->file->signature, sizeof file->file->signature)
            : 0;

    file->file->signature_size = (uint8_t)size;
    return size > 0;
}

static bool read_url(struct file *file, const struct otter_json *json, size_t index)
{
    const struct otter_aws_transport_config *config = file->transport->config;
    size_t length;

    if (config->http == NULL) {
        return true;
    }
    length = otter_json_text(json, index, config->url + file->url_used,
                             config->url_size - file->url_used);
    if (length == 0) {
        return false;
    }
    file->place->url = config->url + file->url_used;
    file->url_used += length + 1;
    return true;
}

static const struct field {
    const char *key;
    bool (*read)(struct file *file, const struct otter_json *json, size_t index);
    bool is_needed;
} fields[] = {
    { "filesize", read_size, true },        { "fileid", read_id, true },
    { "fileType", read_type, false },       { SIGNATURE_KEY, read_signature, false },
    { "update_data_url", read_url, false },
};

/* A signature of another kind is no signature, but whoever made it wants to know. */
static void note_other_signature(struct file *file, const struct otter_json *json, size_t object)
{
    char key[40];

    for (size_t index = object + 1; otter_json_is_inside(json, index, object);
         index = otter_json_next(json, index + 1)) {
        if (file->file->signature_size == 0 && otter_json_text(json, index, key, sizeof key) > 0
            && strncmp(key, "sig-", 4) == 0) {
            otter_aws_set_detail(file->transport, "this device checks " SIGNATURE_KEY ", not ",
                                 key);
        }
    }
}

/* @return NULL, or the key that is missing or malformed */
static const char *read_file(struct file *file, const struct otter_json *json, size_t object)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const size_t index = otter_json_find(json, object, fields[i].key);

        if (index == 0 ? fields[i].is_needed : !fields[i].read(file, json, index)) {
            return fields[i].key;
        }
    }
    note_other_signature(file, json, object);
    return NULL;
}

/* Put the file that was read last in its turn: that of image 0 comes first, as its header tells the
 * version. @return false: there is one of this image already */
static bool sort_in(struct otter_aws_execution *execution)
{
    size_t at = execution->file_count;
    const struct otter_job_file file = execution->files[at];
    const struct otter_aws_place place = execution->places[at];

    while (at > 0 && execution->files[at - 1].image > file.image) {
        execution->files[at] = execution->files[at - 1];
        execution->places[at] = execution->places[at - 1];
        at--;
    }
    execution->files[at] = file;
    execution->places[at] = place;
    execution->file_count++;
    return at == 0 || execution->files[at - 1].image != file.image;
}

static const char *read_files(struct otter_aws_transport *transport, const struct otter_json *json,
                              size_t array, struct otter_aws_execution *execution)
{
    struct file file = { .transport = transport };

    for (size_t index = array + 1; otter_json_is_inside(json, index, array);
         index = otter_json_next(json, index)) {
        const char *wrong;

        if (execution->file_count == OTTER_AWS_FILES_MAX || !otter_json_is_object(json, index)) {
            return "files";
        }
        file.file = &execution->files[execution->file_count];
        file.place = &execution->places[execution->file_count];
        wrong = read_file(&file, json, index);
        if (wrong != NULL) {
            return wrong;
        }
        if (!sort_in(execution)) {
            return "fileType";
        }
    }
    return execution->file_count > 0 ? NULL : "files";
}

/* All of them together are one range of bytes to the agent. */
static bool sizes_fit(const struct otter_aws_execution *execution)
{
    uint32_t room = UINT32_MAX - 1;

    for (uint8_t i = 0; i < execution->file_count; i++) {
        if (execution->files[i].size > room) {
            return false;
        }
        room -= execution->files[i].size;
    }
    return true;
}

static bool has_all_urls(const struct otter_aws_execution *execution)
{
    for (uint8_t i = 0; i < execution->file_count; i++) {
        if (execution->places[i].url == NULL) {
            return false;
        }
    }
    return true;
}

/* ---- the document ---- */

static bool lists(const struct otter_json *json, size_t array, const char *word)
{
    struct otter_json_value value;

    for (size_t index = array + 1; otter_json_is_inside(json, index, array);
         index = otter_json_next(json, index)) {
        if (otter_json_value(json, index, &value) && strcmp(value.text, word) == 0) {
            return true;
        }
    }
    return false;
}

/* The array under a key; 0: there is none. */
static size_t find_array(const struct otter_json *json, size_t object, const char *key)
{
    const size_t index = otter_json_find(json, object, key);

    return index != 0 && json->tokens[index].type == JSMN_ARRAY ? index : 0;
}

/* @return NULL, or the key that is missing or malformed */
static const char *read_update(struct otter_aws_transport *transport, const struct otter_json *json,
                               size_t object, struct otter_aws_execution *execution)
{
    const size_t protocols = find_array(json, object, "protocols");
    const size_t files = find_array(json, object, "files");
    const char *wrong = "files";

    if (files != 0) {
        wrong = read_files(transport, json, files, execution);
    }
    if (wrong != NULL) {
        return wrong;
    }
    execution->offers_mqtt =
        protocols != 0 && lists(json, protocols, "MQTT")
        && find_text(json, object, "streamname", execution->stream, sizeof execution->stream)
        && is_name(execution->stream);
    execution->offers_http =
        protocols != 0 && lists(json, protocols, "HTTP") && has_all_urls(execution);
    if (!execution->offers_mqtt && !execution->offers_http) {
        return "protocols";
    }
    return sizes_fit(execution) ? NULL : "filesize";
}

/* ---- the execution ---- */

static uint32_t read_hex(const char *text)
{
    uint32_t number = 0;

    if (strncmp(text, "0x", 2) != 0 || strlen(text) > 10) {
        return 0;
    }
    for (text += 2; *text != '\0'; text++) {
        const int digit = otter_json_hex_digit(*text);

        if (digit < 0) {
            return 0;
        }
        number = number << 4 | (uint32_t)digit;
    }
    return number;
}

/* The program that was there before: it said so itself, or its successor remembered. */
static uint32_t read_updated_by(const struct otter_json *json, size_t details)
{
    struct otter_json_value value;

    return find_value(json, details, "previous", &value)
                   || find_value(json, details, "updatedBy", &value)
               ? read_hex(value.text)
               : 0;
}

static void read_details(const struct otter_json *json, size_t object,
                         struct otter_aws_execution *execution)
{
    const size_t details = find_object(json, object, "statusDetails");

    if (details != 0) {
        execution->has_self_test = otter_json_find(json, details, "self_test") != 0;
        execution->updated_by = read_updated_by(json, details);
    }
}

static size_t find_execution(const struct otter_json *json, struct otter_aws_execution *execution)
{
    const size_t object = find_object(json, 0, "execution");

    *execution = (struct otter_aws_execution){ .exists = false };
    execution->exists = object != 0
                        && find_text(json, object, "jobId", execution->job, sizeof execution->job)
                        && is_name(execution->job);
    execution->number = execution->exists ? find_number(json, object, "executionNumber") : 0;
    return object;
}

void otter_aws_read_head(const struct aws_document *document, struct otter_aws_execution *execution)
{
    (void)find_execution(&document->json, execution);
}

enum otter_result otter_aws_read_execution(struct otter_aws_transport *transport,
                                           const struct aws_document *document,
                                           struct otter_aws_execution *execution)
{
    const struct otter_json *json = &document->json;
    const size_t object = find_execution(json, execution);
    const char *wrong;
    size_t update;

    if (!execution->exists) {
        return OTTER_OK;
    }
    execution->is_in_progress = is_text(json, object, "status", "IN_PROGRESS");
    execution->version = find_number(json, object, "versionNumber");
    read_details(json, object, execution);
    update = find_object(json, object, "jobDocument");
    execution->has_document = update != 0;
    update = update != 0 ? find_object(json, update, "afr_ota") : 0;
    execution->is_update = update != 0;
    if (update == 0) {
        return OTTER_OK;
    }
    wrong = read_update(transport, json, update, execution);
    if (wrong != NULL) {
        otter_aws_set_detail(transport, wrong, "");
    }
    return wrong == NULL ? OTTER_OK : OTTER_ERR_JOB_FIELD;
}

bool otter_aws_read_state(const struct aws_document *document, struct otter_aws_execution *state,
                          char *status, size_t size)
{
    const struct otter_json *json = &document->json;
    const size_t object = find_object(json, 0, "executionState");

    if (object == 0 || !find_text(json, object, "status", status, size)) {
        return false;
    }
    state->version = find_number(json, object, "versionNumber");
    return true;
}
