/* SPDX-License-Identifier: Apache-2.0 */

#include "url.h"

#include <string.h>

#include "otter/text.h"

#define PORT_MAX 65535u

static const struct {
    const char *start;
    enum otter_job_connection connection;
    uint16_t port;
} schemes[] = {
    { "https://", OTTER_JOB_CONNECTION_HTTPS, 443 },
    { "http://", OTTER_JOB_CONNECTION_HTTP, 80 },
};

/* @return what stands behind the scheme; NULL: it is none that could be spoken */
static const char *read_scheme(const char *url, struct otter_job *job)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const size_t len = strlen(schemes[i].start);

        if (strncmp(url, schemes[i].start, len) == 0) {
            job->connection = schemes[i].connection;
            job->port = schemes[i].port;
            return url + len;
        }
    }
    return NULL;
}

/* The digits between @p text and @p end. */
static bool read_port(const char *text, const char *end, uint16_t *port)
{
    uint32_t value = 0;

    for (; text < end && value <= PORT_MAX; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = 10 * value + (uint32_t)(*text - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= PORT_MAX;
}

bool otter_aws_read_url(const char *url, struct otter_job *job)
{
    const char *host;
    const char *path;
    const char *host_end;
    struct otter_text text;

    *job = (struct otter_job){ .connection = OTTER_JOB_CONNECTION_SAME };
    host = read_scheme(url, job);
    if (host == NULL) {
        return false;
    }
    host_end = host + strcspn(host, ":/?#@");
    path = host + strcspn(host, "/?#@");
    if (host_end == host || *path != '/'
        || (*host_end == ':' && !read_port(host_end + 1, path, &job->port))) {
        return false;
    }
    job->path = path;
    otter_text_init(&text, job->host, sizeof job->host);
    otter_text_append_bytes(&text, host, (size_t)(host_end - host));
    return !text.truncated;
}
