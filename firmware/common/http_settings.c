/* SPDX-License-Identifier: Apache-2.0 */

/* Settings by name (docs/formats/settings.md) to configuration. TLS is the default: a device that is
 * to fetch in the clear must be told so. */

#include "http_settings.h"

#include <stddef.h>
#include <string.h>

#define HTTP_PORT  80u
#define HTTPS_PORT 443u

static const struct {
    const char *name;
    const char *otherwise;
    size_t member; /* offset of a const char * in struct http_settings */
} texts[] = {
    { "http.host", NULL, offsetof(struct http_settings, endpoint.host) },
    { "http.server-name", NULL, offsetof(struct http_settings, endpoint.server_name) },
    { "http.ca", NULL, offsetof(struct http_settings, ca) },
    { "http.certificate", NULL, offsetof(struct http_settings, certificate) },
    { "http.key", NULL, offsetof(struct http_settings, key) },
    { "http.job-path", "/ota_update.json", offsetof(struct http_settings, job_path) },
    { "http.result-path", "/ota_result", offsetof(struct http_settings, result_path) },
    { "http.image-path", "/anycloud-ota.bin", offsetof(struct http_settings, image_path) },
};

static void read_texts(const struct otter_settings *settings, struct http_settings *http)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char **member = (const char **)((char *)http + texts[i].member);

        *member = otter_settings_get(settings, texts[i].name, NULL);
        if (*member == NULL) {
            *member = texts[i].otherwise;
        }
    }
}

static void read_allowed_servers(const struct otter_settings *settings, struct http_settings *http)
{
    static const char *const names[HTTP_SERVERS_MAX] = {
        "http.allowed-server-1",
        "http.allowed-server-2",
        "http.allowed-server-3",
        "http.allowed-server-4",
    };
    size_t count = 0;

    for (size_t i = 0; i < HTTP_SERVERS_MAX; i++) {
        http->allowed_servers[count] = otter_settings_get(settings, names[i], NULL);
        count += http->allowed_servers[count] != NULL ? 1 : 0;
    }
}

/* One of two words; the first one if the setting is missing. @return false: it is neither */
static bool read_choice(const struct otter_settings *settings, const char *name, const char *first,
                        const char *second, bool *is_second)
{
    const char *value = otter_settings_get(settings, name, NULL);

    *is_second = value != NULL && strcmp(value, second) == 0;
    return value == NULL || *is_second || strcmp(value, first) == 0;
}

/* Where jobs are asked for. @return false: at no place that there is */
static bool read_jobs(const struct otter_settings *settings, struct http_settings *http)
{
    static const char *const elsewhere[] = { "mqtt", "aws" };
    const char *value = otter_settings_get(settings, "agent.jobs", NULL);
    bool is_elsewhere = value == NULL;

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0] && !is_elsewhere; i++) {
        is_elsewhere = strcmp(value, elsewhere[i]) == 0;
    }
    http->has_jobs = !is_elsewhere;
    return is_elsewhere || strcmp(value, "http") == 0;
}

const char *http_settings_read(const struct otter_settings *settings, struct http_settings *http)
{
    bool is_plain;
    uint32_t port;

    *http = (struct http_settings){ .secure = true };
    read_texts(settings, http);
    read_allowed_servers(settings, http);
    if (!read_jobs(settings, http)) {
        return "agent.jobs";
    }
    if (!read_choice(settings, "http.tls", "yes", "no", &is_plain)) {
        return "http.tls";
    }
    http->secure = !is_plain;
    port = otter_settings_get_u32(settings, "http.port", is_plain ? HTTP_PORT : HTTPS_PORT);
    if (port == 0 || port > UINT16_MAX) {
        return "http.port";
    }
    http->endpoint.port = (uint16_t)port;
    if (http->has_jobs && http->endpoint.host == NULL) {
        return "http.host";
    }
    return http->endpoint.host != NULL && http->secure && http->ca == NULL ? "http.ca" : NULL;
}
