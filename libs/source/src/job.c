/* SPDX-License-Identifier: Apache-2.0 */

/* The job document: a table says which keys matter and how each is read. Values of keys that the
 * table does not name are stepped over, whatever they are: other peers may know more keys than we
 * do. */

#include "otter/job.h"

#include <string.h>

#include "otter/json.h"

static enum otter_result parse_document(const char *text, size_t len, jsmntok_t *tokens,
                                        struct otter_json *document)
{
    static const enum otter_result results[] = {
        [OTTER_JSON_OK] = OTTER_OK,
        [OTTER_JSON_TOO_BIG] = OTTER_ERR_JOB_TOO_BIG,
        [OTTER_JSON_SYNTAX] = OTTER_ERR_JOB_SYNTAX,
    };

    return len > OTTER_JOB_DOCUMENT_MAX
               ? OTTER_ERR_JOB_TOO_BIG
               : results[otter_json_parse(document, tokens, OTTER_JSON_TOKENS_MAX, text, len)];
}

/* ---- fields ---- */

static bool read_version(struct otter_job *job, const struct otter_json_value *value)
{
    return otter_json_version(value, &job->version);
}

static bool read_board(struct otter_job *job, const struct otter_json_value *value)
{
    return value->text[0] != '\0' && otter_json_copy(value, job->board, sizeof job->board);
}

static bool read_product(struct otter_job *job, const struct otter_json_value *value)
{
    return otter_json_copy(value, job->product, sizeof job->product);
}

static bool read_connection(struct otter_job *job, const struct otter_json_value *value)
{
    static const struct {
        const char *name;
        enum otter_job_connection connection;
    } connections[] = {
        { "", OTTER_JOB_CONNECTION_SAME },
        { "MQTT", OTTER_JOB_CONNECTION_MQTT },
        { "HTTP", OTTER_JOB_CONNECTION_HTTP },
        { "HTTPS", OTTER_JOB_CONNECTION_HTTPS },
    };

    for (size_t i = 0; i < sizeof connections / sizeof connections[0]; i++) {
        if (otter_json_is_word(value, connections[i].name)) {
            job->connection = connections[i].connection;
            return value->is_text;
        }
    }
    return false;
}

/* "Broker" and "Server" fill the same field; the one that is left empty must not undo the other. */
static bool read_host(struct otter_job *job, const struct otter_json_value *value)
{
    return (value->is_text && value->text[0] == '\0')
           || otter_json_copy(value, job->host, sizeof job->host);
}

static bool read_port(struct otter_job *job, const struct otter_json_value *value)
{
    uint32_t port = 0;

    if (value->is_text && value->text[0] == '\0') {
        return true;
    }
    if (!otter_json_number(value, UINT16_MAX, &port) || port == 0) {
        return false;
    }
    job->port = (uint16_t)port;
    return true;
}

static bool read_file(struct otter_job *job, const struct otter_json_value *value)
{
    return otter_json_copy(value, job->file, sizeof job->file);
}

static bool read_size(struct otter_job *job, const struct otter_json_value *value)
{
    job->has_size = true;
    return otter_json_number(value, UINT32_MAX, &job->size) && job->size != 0;
}

static bool read_sha256(struct otter_job *job, const struct otter_json_value *value)
{
    job->has_sha256 = true;
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        const int high = otter_json_hex_digit(value->text[2 * i]);
        const int low = high < 0 ? -1 : otter_json_hex_digit(value->text[2 * i + 1]);

        if (low < 0) {
            return false;
        }
        job->sha256[i] = (uint8_t)(high * 16 + low);
    }
    return value->is_text && value->text[sizeof job->sha256 * 2] == '\0';
}

/* Both families of names (docs/formats/job.md, "Keys"). */
static const struct field {
    const char *key;
    bool (*read)(struct otter_job *job, const struct otter_json_value *value);
} fields[] = {
    { "Version", read_version },    { "Board", read_board },
    { "BoardName", read_board },    { "Product", read_product },
    { "ProductID", read_product },  { "Connection", read_connection },
    { "Broker", read_host },        { "Server", read_host },
    { "Port", read_port },          { "File", read_file },
    { "Filename", read_file },      { "ImageSize", read_size },
    { "ImageSha256", read_sha256 },
};

static const struct field *find_field(const struct otter_json *document, size_t key)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (otter_json_is_key(document, key, fields[i].key)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* @return the key that is malformed, or NULL */
static const char *read_fields(const struct otter_json *document, struct otter_job *job)
{
    struct otter_json_value value;

    for (size_t key = 1; key < document->count; key = otter_json_next(document, key + 1)) {
        const struct field *field = find_field(document, key);

        if (field != NULL
            && (!otter_json_value(document, key + 1, &value) || !field->read(job, &value))) {
            return field->key;
        }
    }
    return NULL;
}

static const char *find_missing(const struct otter_json *document, const struct otter_job *job)
{
    if (otter_json_find(document, 0, "Version") == 0) {
        return "Version";
    }
    return job->board[0] == '\0' ? "Board" : NULL;
}

static bool has_message(const struct otter_json *document, const char *message)
{
    const size_t index = otter_json_find(document, 0, "Message");
    struct otter_json_value value;

    return index != 0 && otter_json_value(document, index, &value)
           && otter_json_is_word(&value, message);
}

bool otter_job_has_message(const char *json, size_t len, const char *message)
{
    jsmntok_t tokens[OTTER_JSON_TOKENS_MAX];
    struct otter_json document;

    return parse_document(json, len, tokens, &document) == OTTER_OK
           && has_message(&document, message);
}

enum otter_result otter_job_parse(const char *json, size_t len, struct otter_job *job,
                                  const char **field)
{
    jsmntok_t tokens[OTTER_JSON_TOKENS_MAX];
    struct otter_json document;
    enum otter_result result;

    *job = (struct otter_job){ .connection = OTTER_JOB_CONNECTION_SAME };
    *field = "";
    result = parse_document(json, len, tokens, &document);
    if (result != OTTER_OK) {
        return result;
    }
    if (has_message(&document, "No Update Available")) {
        return OTTER_NO_UPDATE;
    }
    *field = read_fields(&document, job);
    if (*field == NULL) {
        *field = find_missing(&document, job);
    }
    if (*field == NULL) {
        *field = "";
        return OTTER_OK;
    }
    return OTTER_ERR_JOB_FIELD;
}

static bool is_for_product(const struct otter_job *job, const struct otter_identity *identity)
{
    return !identity->product_must_match || job->product[0] == '\0'
           || strcmp(job->product, identity->product) == 0;
}

enum otter_result otter_job_check(const struct otter_job *job,
                                  const struct otter_identity *identity)
{
    if (job->is_unread) {
        return OTTER_OK;
    }
    if (otter_version_compare(&job->version, &identity->version) <= 0) {
        return OTTER_ERR_JOB_NOT_NEWER;
    }
    if (job->board[0] != '\0' && strcmp(job->board, identity->board) != 0) {
        return OTTER_ERR_JOB_BOARD;
    }
    return is_for_product(job, identity) ? OTTER_OK : OTTER_ERR_JOB_PRODUCT;
}
