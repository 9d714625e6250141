/* SPDX-License-Identifier: Apache-2.0 */

/* Where a redirect leads. Other servers' texts: every piece is copied whole or refused. */

#include "location.h"

#include <string.h>

#include "otter/text.h"

#define PORT_MAX 65535u

/* Does @p text begin with @p word, whatever its case? Then move behind it. */
static bool pass(const char **text, const char *word)
{
    const size_t len = strlen(word);

    if (!otter_text_is_word(*text, len, word)) {
        return false;
    }
    *text += len;
    return true;
}

static bool copy(char *dst, size_t size, const char *text, size_t len)
{
    struct otter_text copied;

    otter_text_init(&copied, dst, size);
    otter_text_append_bytes(&copied, text, len);
    return !copied.truncated;
}

/* ":8443", or nothing. */
static bool read_port(const char *text, size_t len, bool secure, uint16_t *port)
{
    uint32_t value = 0;

    *port = secure ? 443 : 80;
    if (len < 2) {
        return len == 0 || *text == ':';
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = 10u * value + (uint32_t)(text[i] - '0');
        if (value > PORT_MAX) {
            return false;
        }
    }
    *port = (uint16_t)value;
    return text[0] == ':' && value > 0;
}

/* A name or an address, and perhaps a port; an IPv6 address stands in brackets. */
static bool read_server(const char *text, size_t len, struct location *location)
{
    const bool in_brackets = len > 0 && *text == '[';
    size_t host_len = in_brackets ? strcspn(text, "]") : strcspn(text, ":/?#");
    const size_t rest = host_len + (in_brackets ? 1 : 0);

    if (memchr(text, '@', len) != NULL || rest > len) {
        return false;
    }
    if (in_brackets) {
        text++;
        host_len--;
    }
    location->has_server = true;
    return host_len > 0 && copy(location->host, sizeof location->host, text, host_len)
           && read_port(text + (in_brackets ? rest - 1 : rest), len - rest, location->secure,
                        &location->port);
}

/* A path that does not begin at the root begins in the folder of the present one. */
static bool read_path(const char *text, const char *present, struct location *location)
{
    const char *const folder_end = strrchr(present, '/');
    struct otter_text path;

    otter_text_init(&path, location->path, sizeof location->path);
    if (*text != '/' && !location->has_server && folder_end != NULL) {
        otter_text_append_bytes(&path, present, (size_t)(folder_end - present) + 1);
    }
    otter_text_append_bytes(&path, text, strcspn(text, "#"));
    return !path.truncated;
}

bool otter_http_read_location(const char *text, const char *path, bool secure,
                              struct location *location)
{
    size_t server_len;

    *location = (struct location){ .secure = secure };
    if (pass(&text, "https://")) {
        location->secure = true;
    } else if (pass(&text, "http://")) {
        location->secure = false;
    } else if (!pass(&text, "//")) {
        /* A colon in front of the first slash ends the name of another scheme. */
        return *text != '\0' && text[strcspn(text, ":/?#")] != ':'
               && read_path(text, path, location);
    }
    server_len = strcspn(text, "/?#");
    return read_server(text, server_len, location) && read_path(text + server_len, path, location);
}
