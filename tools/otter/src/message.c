/* SPDX-License-Identifier: Apache-2.0 */

/* Messages to people. Each call prints at once: a message that is cut short by a crash still says
 * how far it got. */

#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char subject[64] = "otter";

void message_set_subject(const char *noun, const char *verb)
{
    const char *space = *verb == '\0' ? "" : " ";

    (void)snprintf(subject, sizeof subject, "%s%s%s", noun, space, verb);
}

void message_error(const char *format, ...)
{
    va_list arguments;

    (void)fprintf(stderr, "%s: ", subject);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void message_warning(const char *format, ...)
{
    va_list arguments;

    (void)fprintf(stderr, "%s: warning: ", subject);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void message_fact(const char *name, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(stderr, "  %-13s ", name);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void message_next(const char *format, ...)
{
    va_list arguments;

    (void)fputs("  ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void message_result(const char *thing, enum otter_result result)
{
    const char *hint = otter_result_hint(result);

    message_error("%s: %s", thing, otter_result_meaning(result));
    if (*hint != '\0') {
        message_next("%c%s.", toupper((unsigned char)hint[0]), hint + 1);
    }
}

static const char *advice_for(int error)
{
    switch (error) {
    case ENOENT:
        return "Check the name and the folder.";
    case EACCES:
    case EPERM:
        return "Check who may read and write it.";
    case EISDIR:
        return "Name a file, not a folder.";
    case ENOSPC:
        return "Make room on the disk.";
    default:
        return NULL;
    }
}

void message_system(const char *verb, const char *path)
{
    int error = errno;
    const char *advice = advice_for(error);

    message_error("cannot %s %s: %s", verb, path, strerror(error));
    if (advice != NULL) {
        message_next("%s", advice);
    }
}

const char *thousands(uint64_t value, char text[THOUSANDS_TEXT_SIZE])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *to = text;

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}
