/* SPDX-License-Identifier: Apache-2.0 */

/* A URL is signed as it is: path and query, character by character, so a device that changes one of
 * them on the way is found out. The token in it says nothing; it is there because S3's URLs have one
 * that makes them long. */

#define _DEFAULT_SOURCE /* timegm() */

#include "aws_urls.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "openssl_error.h"
#include "web_file.h"

#define PLACEHOLDER_BEGIN "${aws:iot:s3-presigned-url:"
#define PLACEHOLDER_END   "}"
#define SIGNATURE_KEY     "&X-Amz-Signature="
#define DIGEST_SIZE       32
#define HEX_SIZE          (2 * DIGEST_SIZE + 1)
#define TOKEN_PARTS       20 /* of 44 characters, before escaping */
#define TOKEN_SIZE        3072
#define SIGNED_SIZE       6144 /* path and query */
#define URL_SIZE          (SIGNED_SIZE + 512)
#define SECRET_FILE       ".url-secret"

/* --- signing ------------------------------------------------------------------------------------ */

static void sign(const struct aws_urls *urls, const char *text, size_t len, char hex[HEX_SIZE])
{
    uint8_t digest[DIGEST_SIZE] = { 0 };

    (void)HMAC(EVP_sha256(), urls->secret, sizeof urls->secret, (const uint8_t *)text, len, digest,
               NULL);
    for (size_t i = 0; i < sizeof digest; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

bool aws_urls_open(struct aws_urls *urls)
{
    char path[AWS_PATH_SIZE];
    struct file_bytes file;

    if (!aws_store_path(urls->store, SECRET_FILE, path)) {
        return false;
    }
    if (access(path, F_OK) == 0) {
        const bool is_loaded = file_load(path, &file);

        if (is_loaded && file.size == sizeof urls->secret) {
            memcpy(urls->secret, file.bytes, sizeof urls->secret);
            file_free(&file);
            return true;
        }
        file_free(&file);
    }
    if (RAND_bytes(urls->secret, sizeof urls->secret) != 1) {
        message_openssl("there are no random numbers");
        return false;
    }
    return file_store_secret(path, urls->secret, sizeof urls->secret);
}

/* --- making ------------------------------------------------------------------------------------- */

void aws_urls_write_placeholder(const char *file, char text[AWS_PATH_SIZE])
{
    (void)snprintf(text, AWS_PATH_SIZE, PLACEHOLDER_BEGIN "%s" PLACEHOLDER_END, file);
}

/* @return false: the text is no placeholder */
static bool read_placeholder(const char *text, char file[AWS_PATH_SIZE])
{
    const size_t begin = strlen(PLACEHOLDER_BEGIN);
    const size_t end = strlen(PLACEHOLDER_END);
    const size_t len = strlen(text);

    if (len < begin + end || len >= AWS_PATH_SIZE || strncmp(text, PLACEHOLDER_BEGIN, begin) != 0
        || strcmp(text + len - end, PLACEHOLDER_END) != 0) {
        return false;
    }
    memcpy(file, text + begin, len - begin - end);
    file[len - begin - end] = '\0';
    return true;
}

/* Base64 with the escapes that it needs in a query. */
static size_t append_escaped(char *text, size_t at, const uint8_t *bytes, size_t len)
{
    char plain[HEX_SIZE];

    (void)EVP_EncodeBlock((uint8_t *)plain, bytes, (int)len);
    for (const char *c = plain; *c != '\0' && at < TOKEN_SIZE - 4; c++) {
        if (strchr("+/=", *c) != NULL) {
            at += (size_t)snprintf(text + at, 4, "%%%02X", (unsigned)*c);
        } else {
            text[at++] = *c;
        }
    }
    return at;
}

static void write_token(const struct aws_urls *urls, int64_t now_ms, char text[TOKEN_SIZE])
{
    size_t at = 0;

    for (int i = 0; i < TOKEN_PARTS; i++) {
        uint8_t digest[DIGEST_SIZE] = { 0 };
        char part[64];
        const int len = snprintf(part, sizeof part, "%lld %d", (long long)now_ms, i);

        (void)HMAC(EVP_sha256(), urls->secret, sizeof urls->secret, (const uint8_t *)part,
                   (size_t)len, digest, NULL);
        at = append_escaped(text, at, digest, sizeof digest);
    }
    text[at] = '\0';
}

static uint32_t seconds_of(const struct aws_urls *urls, const struct aws_job *job)
{
    return urls->faults->url_seconds > 0 ? urls->faults->url_seconds : job->url_seconds;
}

static void write_url(const struct aws_urls *urls, const struct aws_job *job, const char *file,
                      int64_t now_ms, char url[URL_SIZE])
{
    const time_t now = (time_t)(now_ms / 1000);
    struct tm utc;
    char date[20] = "";
    char token[TOKEN_SIZE];
    char signature[HEX_SIZE];
    char signed_part[SIGNED_SIZE];
    int len;

    (void)gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &utc);
    write_token(urls, now_ms, token);
    len = snprintf(signed_part, sizeof signed_part,
                   "/%s?X-Amz-Security-Token=%s&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%s"
                   "&X-Amz-SignedHeaders=host&X-Amz-Expires=%u"
                   "&X-Amz-Credential=STANDIN%%2F%.8s%%2Flocal%%2Fs3%%2Faws4_request",
                   file, token, date, (unsigned)seconds_of(urls, job), date);
    sign(urls, signed_part, (size_t)len, signature);
    (void)snprintf(url, URL_SIZE, "%s%s" SIGNATURE_KEY "%s", urls->base, signed_part, signature);
}

static void deliver_text(const struct aws_urls *urls, const struct aws_job *job, cJSON *item,
                         int64_t now_ms)
{
    char file[AWS_PATH_SIZE];
    char url[URL_SIZE];

    if (!read_placeholder(item->valuestring, file)) {
        return;
    }
    if (urls->base == NULL) {
        urls->tell(urls->context, &(struct aws_event){ .thing = "-",
                                                       .what = "no URL",
                                                       .subject = job->file.name,
                                                       .detail = "start with --url-port" });
        return;
    }
    write_url(urls, job, file, now_ms, url);
    (void)cJSON_SetValuestring(item, url);
}

/* Documents are no deeper than the parser of JSON goes. */
void aws_urls_deliver(const struct aws_urls *urls, const struct aws_job *job, cJSON *document,
                      int64_t now_ms)
{
    cJSON *item;

    cJSON_ArrayForEach(item, document)
    {
        if (cJSON_IsString(item)) {
            deliver_text(urls, job, item, now_ms);
        } else {
            aws_urls_deliver(urls, job, item, now_ms);
        }
    }
}

/* --- checking ----------------------------------------------------------------------------------- */

static bool is_signed(const struct aws_urls *urls, const struct web_request *request)
{
    const char *signature = strstr(request->query, SIGNATURE_KEY);
    char hex[HEX_SIZE];
    char text[SIGNED_SIZE];
    int len;

    if (signature == NULL) {
        return false;
    }
    len = snprintf(text, sizeof text, "%s?%.*s", request->path, (int)(signature - request->query),
                   request->query);
    if (len < 0 || (size_t)len >= sizeof text) {
        return false;
    }
    sign(urls, text, (size_t)len, hex);
    return strcmp(signature + strlen(SIGNATURE_KEY), hex) == 0;
}

/* The time that a URL was made plus its life. It is signed, so it has the form that we gave it. */
static int64_t end_of(const char *query)
{
    const char *date = strstr(query, "&X-Amz-Date=");
    const char *life = strstr(query, "&X-Amz-Expires=");
    struct tm utc = { 0 };
    unsigned seconds = 0;

    if (date == NULL || life == NULL
        || sscanf(date, "&X-Amz-Date=%4d%2d%2dT%2d%2d%2dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                  &utc.tm_hour, &utc.tm_min, &utc.tm_sec)
               != 6
        || sscanf(life, "&X-Amz-Expires=%u", &seconds) != 1) {
        return 0;
    }
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    return (int64_t)timegm(&utc) + seconds;
}

/* --- answering ---------------------------------------------------------------------------------- */

/* What S3 says when it does not send the object. */
static const struct refusal {
    unsigned status;
    const char *code;
    const char *message;
} refusals[] = {
    { 403, "AccessDenied", "Request has expired" },
    { 403, "SignatureDoesNotMatch", "The signature does not match the request" },
    { 404, "NoSuchKey", "The specified key does not exist." },
    { 405, "MethodNotAllowed", "The method is not allowed against this resource." },
};

enum { EXPIRED, FORGED, MISSING, NO_METHOD };

static void tell(const struct aws_urls *urls, const struct web_request *request,
                 const struct web_answer *answer)
{
    char outcome[16];
    char detail[160];

    (void)snprintf(outcome, sizeof outcome, "%u", answer->status);
    (void)snprintf(detail, sizeof detail, "%s", answer->file >= 0 ? answer->content_range : "");
    urls->tell(urls->context, &(struct aws_event){ .thing = request->peer,
                                                   .what = request->method,
                                                   .subject = request->path + 1,
                                                   .outcome = outcome,
                                                   .detail = detail });
}

static void refuse(struct web_answer *answer, unsigned status, const char *code,
                   const char *message)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
                   "<Message>%s</Message></Error>",
                   code, message);
    answer->status = status;
    answer->type = "application/xml";
    answer->text = cJSON_malloc(strlen(text) + 1);
    if (answer->text != NULL) {
        memcpy(answer->text, text, strlen(text) + 1);
    }
}

static void send_file(const struct aws_urls *urls, const struct web_request *request, int file,
                      const struct stat *status, struct web_answer *answer)
{
    struct web_request whole = *request;

    whole.range = "";
    (void)web_file_answer(urls->faults->is_http_whole ? &whole : request, file, status, answer);
    answer->cut_after = urls->faults->http_break;
}

/* @return -1, or which refusal it comes to */
static int check(const struct aws_urls *urls, const struct web_request *request)
{
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
        return NO_METHOD;
    }
    if (!is_signed(urls, request)) {
        return FORGED;
    }
    return aws_store_now_ms() / 1000 >= end_of(request->query) ? EXPIRED : -1;
}

static void answer_checked(const struct aws_urls *urls, const struct web_request *request,
                           struct web_answer *answer)
{
    char path[AWS_PATH_SIZE];
    struct stat status;
    int refusal = check(urls, request);
    int file = -1;

    if (refusal < 0 && aws_store_path(urls->store, request->path + 1, path)) {
        file = web_file_open(urls->faults->http_other != NULL ? urls->faults->http_other : path,
                             &status);
        refusal = file < 0 ? MISSING : -1;
    }
    if (refusal >= 0) {
        const struct refusal *row = &refusals[refusal];

        refuse(answer, row->status, row->code, row->message);
        return;
    }
    send_file(urls, request, file, &status, answer);
}

void aws_urls_answer(void *context, const struct web_request *request, struct web_answer *answer)
{
    const struct aws_urls *urls = context;

    if (urls->faults->http_status != 0) {
        refuse(answer, urls->faults->http_status, "SlowDown", "Please reduce your request rate.");
    } else {
        answer_checked(urls, request, answer);
    }
    tell(urls, request, answer);
}
