/* SPDX-License-Identifier: Apache-2.0 */

/* The table of sessions: small enough that a walk over it costs less than the message that asks. */

#include "session.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void close_file(struct session *session)
{
    if (session->file >= 0) {
        (void)close(session->file);
    }
    session->file = -1;
}

void session_table_init(struct session_table *table)
{
    memset(table, 0, sizeof *table);
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        table->rows[i].file = -1;
    }
}

struct session *session_find(struct session_table *table, const char *topic)
{
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        struct session *session = &table->rows[i];

        if (session->last_used != 0 && strcmp(session->topic, topic) == 0) {
            session->last_used = ++table->clock;
            return session;
        }
    }
    return NULL;
}

static struct session *longest_silent(struct session_table *table)
{
    struct session *oldest = NULL;

    for (size_t i = 0; i < SESSION_COUNT; i++) {
        struct session *session = &table->rows[i];

        if (!session->is_streaming && (oldest == NULL || session->last_used < oldest->last_used)) {
            oldest = session;
        }
    }
    return oldest;
}

struct session *session_claim(struct session_table *table, const char *topic)
{
    struct session *session = session_find(table, topic);

    if (session == NULL) {
        session = longest_silent(table);
    }
    if (session == NULL) {
        return NULL;
    }
    session_drop(session);
    session->last_used = ++table->clock;
    (void)snprintf(session->topic, sizeof session->topic, "%s", topic);
    return session;
}

bool session_open_image(struct session *session, const struct catalogue_image *image)
{
    close_file(session);
    session->file = open(image->path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(session->image_name, sizeof session->image_name, "%s", image->name);
    session->version = image->version;
    session->total = image->size;
    return session->file >= 0;
}

void session_drop(struct session *session)
{
    close_file(session);
    *session = (struct session){ .file = -1, .told_quarters = -1 };
}

void session_table_free(struct session_table *table)
{
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        session_drop(&table->rows[i]);
    }
}
