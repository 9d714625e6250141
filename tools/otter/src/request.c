/* SPDX-License-Identifier: Apache-2.0 */

/* Requests. Every value is optional here and may be of any type; what a request needs is for the
 * publisher to say. Keys are matched in any case, as the devices do. Numbers may be JSON numbers or
 * texts: both are on real wires. */

#include "request.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

    return text != NULL ? text : "";
}

/* A cut in the middle of a character would make the whole line invalid: it goes back to its start. */
static void copy_text(char *field, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((uint8_t)text[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)text[i];

        field[i] = byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
    field[len] = '\0';
}

static int64_t number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(object, key);
    const char *text = cJSON_GetStringValue(item);
    double value = cJSON_GetNumberValue(item);
    char *end;
    long long parsed;

    if (cJSON_IsNumber(item)) {
        return fabs(value) <= (double)UINT32_MAX && value == floor(value) ? (int64_t)value
                                                                          : REQUEST_NO_NUMBER;
    }
    if (text == NULL || *text == '\0') {
        return REQUEST_NO_NUMBER;
    }
    errno = 0;
    parsed = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? parsed : REQUEST_NO_NUMBER;
}

/* Devices name the image in "Filename"; the old script sends the keys of its job back, "File" among
 * them. */
static const char *file_of(const cJSON *object)
{
    const char *name = text_of(object, "Filename");

    return *name != '\0' ? name : text_of(object, "File");
}

/* A device with no room for words says the code alone. */
static const char *reason_of(const cJSON *object)
{
    const char *reason = text_of(object, "Reason");
    const char *code = text_of(object, "Code");
    char *end;
    const long result = strtol(code, &end, 10);

    if (*reason != '\0' || end == code || *end != '\0' || result < INT16_MIN || result > OTTER_OK) {
        return reason;
    }
    return otter_result_meaning((enum otter_result)result);
}

static const char *fill(const cJSON *object, struct request *request)
{
    const char *topic = text_of(object, "UniqueTopicName");
    const char *file = file_of(object);

    if (strlen(topic) >= sizeof request->topic) {
        return "its UniqueTopicName is too long";
    }
    if (strlen(file) >= sizeof request->file) {
        return "its Filename is too long";
    }
    memset(request, 0, sizeof *request);
    copy_text(request->topic, sizeof request->topic, topic);
    copy_text(request->file, sizeof request->file, file);
    copy_text(request->message, sizeof request->message, text_of(object, "Message"));
    copy_text(request->serial, sizeof request->serial, text_of(object, "SerialNumber"));
    copy_text(request->version_text, sizeof request->version_text, text_of(object, "Version"));
    copy_text(request->stage, sizeof request->stage, text_of(object, "Stage"));
    copy_text(request->code, sizeof request->code, text_of(object, "Code"));
    copy_text(request->reason, sizeof request->reason, reason_of(object));
    request->has_version =
        otter_version_parse(text_of(object, "Version"), &request->version) == OTTER_OK;
    request->offset = number_of(object, "Offset");
    request->size = number_of(object, "Size");
    return NULL;
}

const char *request_parse(const void *payload, size_t len, struct request *request)
{
    const char *problem;
    cJSON *object;

    if (len == 0) {
        return "it is empty";
    }
    if (len > REQUEST_BYTES_MAX) {
        return "it is too long for a request";
    }
    if (!utf8_is_valid(payload, len)) {
        return "it is not UTF-8 text";
    }
    object = cJSON_ParseWithLength(payload, len);
    problem = cJSON_IsObject(object) ? fill(object, request) : "it is not a JSON object";
    cJSON_Delete(object);
    return problem;
}
