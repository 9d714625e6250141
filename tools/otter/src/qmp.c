/* SPDX-License-Identifier: Apache-2.0 */

/* QMP: one JSON object a line. Answers come in the order of the commands; of the commands here only
 * one has an answer with a text in it, so that answers need no numbers. */

#include "qmp.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_command(struct qmp *qmp, const char *command)
{
    /* Commands are short, and QEMU reads: they never fill the socket. A QEMU that is gone is
     * noticed when its end of the connection is read. */
    (void)send(qmp->fd, command, strlen(command), MSG_NOSIGNAL);
}

void qmp_init(struct qmp *qmp, int fd)
{
    *qmp = (struct qmp){ .fd = fd };
}

bool qmp_receive(struct qmp *qmp)
{
    if (qmp->length == sizeof qmp->line) {
        qmp->length = 0; /* a line that long is none of those we wait for */
    }
    ssize_t count = read(qmp->fd, qmp->line + qmp->length, sizeof qmp->line - qmp->length);
    if (count > 0) {
        qmp->length += (size_t)count;
    }
    return count > 0;
}

/* "0000000040028000: 0x00000001\r\n" */
static enum qmp_event take_word(struct qmp *qmp, const char *text)
{
    const char *value = strstr(text, ": 0x");

    if (value == NULL) {
        return QMP_NOTHING;
    }
    qmp->waiting = false;
    qmp->word = (uint32_t)strtoul(value + 2, NULL, 16);
    return QMP_WORD;
}

static enum qmp_event take_event(struct qmp *qmp, const char *name, const cJSON *root)
{
    if (strcmp(name, "WATCHDOG") == 0) {
        return QMP_WATCHDOG;
    }
    if (strcmp(name, "RESET") != 0) {
        return QMP_NOTHING;
    }
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    qmp->by_host = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(data, "guest"));
    return QMP_RESET;
}

static enum qmp_event take_object(struct qmp *qmp, const cJSON *root)
{
    const cJSON *event = cJSON_GetObjectItemCaseSensitive(root, "event");
    const cJSON *answer = cJSON_GetObjectItemCaseSensitive(root, "return");

    if (cJSON_HasObjectItem(root, "QMP")) {
        send_command(qmp, "{\"execute\":\"qmp_capabilities\"}\n");
        return QMP_NOTHING;
    }
    if (cJSON_IsString(event)) {
        return take_event(qmp, event->valuestring, root);
    }
    if (cJSON_IsString(answer)) {
        return take_word(qmp, answer->valuestring);
    }
    if (answer != NULL && !qmp->ready) {
        qmp->ready = true;
        return QMP_READY;
    }
    return QMP_NOTHING;
}

enum qmp_event qmp_next(struct qmp *qmp)
{
    enum qmp_event event = QMP_NOTHING;
    char *end = NULL;

    while (event == QMP_NOTHING && (end = memchr(qmp->line, '\n', qmp->length)) != NULL) {
        size_t size = (size_t)(end - qmp->line) + 1;
        cJSON *root = cJSON_ParseWithLength(qmp->line, size);

        event = take_object(qmp, root);
        cJSON_Delete(root);
        memmove(qmp->line, end + 1, qmp->length - size);
        qmp->length -= size;
    }
    return event;
}

void qmp_ask_word(struct qmp *qmp, uint32_t address)
{
    char command[128];

    if (!qmp->ready || qmp->waiting) {
        return;
    }
    (void)snprintf(command, sizeof command,
                   "{\"execute\":\"human-monitor-command\",\"arguments\":"
                   "{\"command-line\":\"xp /1wx 0x%08" PRIx32 "\"}}\n",
                   address);
    qmp->waiting = true;
    send_command(qmp, command);
}

void qmp_reset_device(struct qmp *qmp)
{
    send_command(qmp, "{\"execute\":\"system_reset\"}\n");
}

void qmp_set_link(struct qmp *qmp, bool up)
{
    send_command(qmp,
                 up ? "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"net\",\"up\":true}}\n"
                    : "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"net\",\"up\":false}}\n");
}
