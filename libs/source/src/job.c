/* SPDX-License-Identifier: Apache-2.0 */

/* The job document: jsmn cuts it into tokens, a table says which keys matter and how each is read.
 *
 * jsmn trusts its callers with much: it takes bytes after the document, control characters in
 * strings and keys without values. Those are refused here. Values of keys that the table does not
 * name are stepped over, whatever they are: other peers may know more keys than we do. */

#include "otter/job.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#include "jsmn.h"

/* The documented keys take half of these; each takes 16 bytes of stack. */
#define TOKENS_MAX 64

/* The longest field, a host's or a file's name, with its terminator. */
#define VALUE_SIZE 257

/* A document in tokens. The first one is the object itself. */
struct document {
    const char *json;
    jsmntok_t tokens[TOKENS_MAX];
    size_t count;
};

/* A value as text: what stands between the quotes, decoded, or a number as it is written. */
struct value {
    jsmntype_t type;
    char text[VALUE_SIZE];
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Is the text of @p len bytes the word, without regard to case? */
static bool is_word(const char *text, size_t len, const char *word)
{
    if (len != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (lower(text[i]) != lower(word[i])) {
            return false;
        }
    }
    return true;
}

/* ---- tokens ---- */

static size_t token_length(const jsmntok_t *token)
{
    return (size_t)(token->end - token->start);
}

static bool is_nul_inside(const char *json, size_t len)
{
    return memchr(json, '\0', len) != NULL;
}

static enum otter_result tokenize(const char *json, size_t len, struct document *document)
{
    jsmn_parser parser;
    int count;

    if (len > OTTER_JOB_DOCUMENT_MAX) {
        return OTTER_ERR_JOB_TOO_BIG;
    }
    jsmn_init(&parser);
    count = jsmn_parse(&parser, json, len, document->tokens, TOKENS_MAX);
    if (count == JSMN_ERROR_NOMEM) {
        return OTTER_ERR_JOB_TOO_BIG;
    }
    /* jsmn stops at a NUL and calls the rest well. */
    if (count <= 0 || is_nul_inside(json, len) || document->tokens[0].type != JSMN_OBJECT) {
        return OTTER_ERR_JOB_SYNTAX;
    }
    document->json = json;
    document->count = (size_t)count;
    return OTTER_OK;
}

/* The token behind the one at @p index and everything inside it. */
static size_t after(const struct document *document, size_t index)
{
    const int end = document->tokens[index].end;

    do {
        index++;
    } while (index < document->count && document->tokens[index].start < end);
    return index;
}

/* Each key is a string with one value, and nothing follows the object. */
static bool is_well_formed(const struct document *document)
{
    size_t index = 1;

    while (index < document->count) {
        const jsmntok_t *key = &document->tokens[index];

        if (key->type != JSMN_STRING || key->size != 1 || key->start > document->tokens[0].end) {
            return false;
        }
        index = after(document, index + 1);
    }
    return true;
}

/* ---- values ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode the four digits of \uXXXX. Names and numbers are ASCII; what is not has no business in an
 * escape, and NUL has none anywhere. @return the character, or 0 */
static char decode_unicode(const char *digits, size_t len)
{
    int code = 0;

    if (len < 4) {
        return '\0';
    }
    for (size_t i = 0; i < 4; i++) {
        const int digit = hex_digit(digits[i]);

        if (digit < 0) {
            return '\0';
        }
        code = code * 16 + digit;
    }
    return code <= 0x7F ? (char)code : '\0';
}

/* Decode the escape whose letter is at @p text[0]. @return bytes it takes, 0 if it is none */
static size_t decode_escape(const char *text, size_t len, char *c)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (len == 0) {
        return 0;
    }
    if (text[0] == 'u') {
        *c = decode_unicode(text + 1, len - 1);
        return *c == '\0' ? 0 : 5;
    }
    letter = strchr(letters, text[0]);
    if (letter == NULL) {
        return 0;
    }
    *c = meanings[letter - letters];
    return 1;
}

static bool decode_string(const char *text, size_t len, struct value *value)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if ((uint8_t)c < 0x20 || used == sizeof value->text - 1) {
            return false;
        }
        if (c == '\\') {
            const size_t taken = decode_escape(text + i + 1, len - i - 1, &c);

            if (taken == 0) {
                return false;
            }
            i += taken;
        }
        value->text[used++] = c;
    }
    value->text[used] = '\0';
    return true;
}

static bool get_value(const struct document *document, size_t index, struct value *value)
{
    const jsmntok_t *token = &document->tokens[index];
    const char *text = document->json + token->start;

    value->type = token->type;
    if (token->type != JSMN_STRING && token->type != JSMN_PRIMITIVE) {
        return false;
    }
    return decode_string(text, token_length(token), value);
}

/* ---- fields ---- */

static bool copy_text(char *dst, size_t size, const struct value *value)
{
    const size_t len = strlen(value->text);

    if (value->type != JSMN_STRING || len >= size) {
        return false;
    }
    memcpy(dst, value->text, len + 1);
    return true;
}

/* Decimal digits and nothing else, up to @p max. */
static bool read_number(const struct value *value, uint32_t max, uint32_t *number)
{
    uint32_t sum = 0;

    for (const char *next = value->text; *next != '\0'; next++) {
        const uint32_t digit = (uint32_t)(*next - '0');

        if (*next < '0' || *next > '9' || digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    return value->text[0] != '\0';
}

static size_t count_dots(const char *text)
{
    size_t dots = 0;

    for (; *text != '\0'; text++) {
        dots += *text == '.';
    }
    return dots;
}

/* The AnyCloud library wants three numbers; "1" and "1.2" are more likely slips than versions. */
static bool read_version(struct otter_job *job, const struct value *value)
{
    return value->type == JSMN_STRING && count_dots(value->text) == 2
           && otter_version_parse(value->text, &job->version) == OTTER_OK;
}

static bool read_board(struct otter_job *job, const struct value *value)
{
    return value->text[0] != '\0' && copy_text(job->board, sizeof job->board, value);
}

static bool read_product(struct otter_job *job, const struct value *value)
{
    return copy_text(job->product, sizeof job->product, value);
}

static bool read_connection(struct otter_job *job, const struct value *value)
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
        if (is_word(value->text, strlen(value->text), connections[i].name)) {
            job->connection = connections[i].connection;
            return value->type == JSMN_STRING;
        }
    }
    return false;
}

/* "Broker" and "Server" fill the same field; the one that is left empty must not undo the other. */
static bool read_host(struct otter_job *job, const struct value *value)
{
    return (value->type == JSMN_STRING && value->text[0] == '\0')
           || copy_text(job->host, sizeof job->host, value);
}

static bool read_port(struct otter_job *job, const struct value *value)
{
    uint32_t port = 0;

    if (value->type == JSMN_STRING && value->text[0] == '\0') {
        return true;
    }
    if (!read_number(value, UINT16_MAX, &port) || port == 0) {
        return false;
    }
    job->port = (uint16_t)port;
    return true;
}

static bool read_file(struct otter_job *job, const struct value *value)
{
    return copy_text(job->file, sizeof job->file, value);
}

static bool read_size(struct otter_job *job, const struct value *value)
{
    job->has_size = true;
    return read_number(value, UINT32_MAX, &job->size) && job->size != 0;
}

static bool read_sha256(struct otter_job *job, const struct value *value)
{
    job->has_sha256 = true;
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        const int high = hex_digit(value->text[2 * i]);
        const int low = high < 0 ? -1 : hex_digit(value->text[2 * i + 1]);

        if (low < 0) {
            return false;
        }
        job->sha256[i] = (uint8_t)(high * 16 + low);
    }
    return value->type == JSMN_STRING && value->text[sizeof job->sha256 * 2] == '\0';
}

/* Both families of names (docs/formats/job.md, "Keys"). */
static const struct field {
    const char *key;
    bool (*read)(struct otter_job *job, const struct value *value);
} fields[] = {
    { "Version", read_version },    { "Board", read_board },
    { "BoardName", read_board },    { "Product", read_product },
    { "ProductID", read_product },  { "Connection", read_connection },
    { "Broker", read_host },        { "Server", read_host },
    { "Port", read_port },          { "File", read_file },
    { "Filename", read_file },      { "ImageSize", read_size },
    { "ImageSha256", read_sha256 },
};

static const struct field *find_field(const struct document *document, size_t index)
{
    const jsmntok_t *key = &document->tokens[index];

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (is_word(document->json + key->start, token_length(key), fields[i].key)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* @return the key that is malformed, or NULL */
static const char *read_fields(const struct document *document, struct otter_job *job)
{
    struct value value;

    for (size_t index = 1; index < document->count; index = after(document, index + 1)) {
        const struct field *field = find_field(document, index);

        if (field != NULL
            && (!get_value(document, index + 1, &value) || !field->read(job, &value))) {
            return field->key;
        }
    }
    return NULL;
}

/* @return the index of the value of @p name, or 0 */
static size_t find_value(const struct document *document, const char *name)
{
    for (size_t index = 1; index < document->count; index = after(document, index + 1)) {
        const jsmntok_t *key = &document->tokens[index];

        if (is_word(document->json + key->start, token_length(key), name)) {
            return index + 1;
        }
    }
    return 0;
}

static const char *find_missing(const struct document *document, const struct otter_job *job)
{
    if (find_value(document, "Version") == 0) {
        return "Version";
    }
    return job->board[0] == '\0' ? "Board" : NULL;
}

static bool has_message(const struct document *document, const char *message)
{
    const size_t index = find_value(document, "Message");
    struct value value;

    return index != 0 && get_value(document, index, &value)
           && is_word(value.text, strlen(value.text), message);
}

bool otter_job_has_message(const char *json, size_t len, const char *message)
{
    struct document document;

    return tokenize(json, len, &document) == OTTER_OK && is_well_formed(&document)
           && has_message(&document, message);
}

enum otter_result otter_job_parse(const char *json, size_t len, struct otter_job *job,
                                  const char **field)
{
    struct document document;
    enum otter_result result;

    *job = (struct otter_job){ .connection = OTTER_JOB_CONNECTION_SAME };
    *field = "";
    result = tokenize(json, len, &document);
    if (result != OTTER_OK) {
        return result;
    }
    if (!is_well_formed(&document)) {
        return OTTER_ERR_JOB_SYNTAX;
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
    if (!job->is_direct && strcmp(job->board, identity->board) != 0) {
        return OTTER_ERR_JOB_BOARD;
    }
    return is_for_product(job, identity) ? OTTER_OK : OTTER_ERR_JOB_PRODUCT;
}
