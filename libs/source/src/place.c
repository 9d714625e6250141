/* SPDX-License-Identifier: Apache-2.0 */

/* Where a job says that its bytes are. Whoever can send a job could otherwise send the device
 * anywhere: only the configured server and those on a list are gone to. Names are compared as
 * text, so a name and its address are two servers. */

#include <string.h>

#include "otter/job.h"

/* Is @p entry, "host" or "host:port", this server? */
static bool allows(const char *entry, const char *host, uint16_t port)
{
    const char *colon = strchr(entry, ':');
    char port_text[8];
    struct otter_text text;

    if (colon == NULL) {
        return otter_text_is_word(entry, strlen(entry), host);
    }
    otter_text_init(&text, port_text, sizeof port_text);
    otter_text_append_u32(&text, port);
    return otter_text_is_word(entry, (size_t)(colon - entry), host)
           && strcmp(colon + 1, port_text) == 0;
}

enum otter_job_place otter_server_place(const char *host, uint16_t port, const char *home,
                                        uint16_t home_port, const char *const *allowed)
{
    if (otter_text_is_word(host, strlen(host), home) && port == home_port) {
        return OTTER_JOB_HERE;
    }
    while (allowed != NULL && *allowed != NULL) {
        if (allows(*allowed, host, port)) {
            return OTTER_JOB_ELSEWHERE;
        }
        allowed++;
    }
    return OTTER_JOB_FORBIDDEN;
}

/* An empty host says "the same server", whatever the port says: the AnyCloud library's own sample
 * has an empty host and a port that is not the one in use. */
enum otter_job_place otter_job_place(const struct otter_job *job, const char *host, uint16_t port,
                                     const char *const *allowed)
{
    if (job->host[0] == '\0') {
        return OTTER_JOB_HERE;
    }
    return otter_server_place(job->host, job->port != 0 ? job->port : port, host, port, allowed);
}

const char *otter_job_place_text(const struct otter_job *job, char *text, size_t size)
{
    static const char *const connections[] = {
        [OTTER_JOB_CONNECTION_SAME] = "",      [OTTER_JOB_CONNECTION_MQTT] = "MQTT ",
        [OTTER_JOB_CONNECTION_HTTP] = "HTTP ", [OTTER_JOB_CONNECTION_HTTPS] = "HTTPS ",
        [OTTER_JOB_CONNECTION_BLUETOOTH] = "", /* there is no server */
    };
    struct otter_text line;

    otter_text_init(&line, text, size);
    otter_text_append(&line, connections[job->connection]);
    otter_text_append(&line, "server \"");
    otter_text_append(&line, job->host);
    otter_text_append(&line, "\", port ");
    otter_text_append_u32(&line, job->port);
    return text;
}
