/* SPDX-License-Identifier: Apache-2.0 */

/* One table: the filter that an operation's requests match is also how they are taken apart. */

#include "aws_topic.h"

#include <stdio.h>
#include <string.h>

const char *const aws_topic_filters[AWS_OPERATIONS] = {
    [AWS_GET_PENDING] = "$aws/things/+/jobs/get",
    [AWS_START_NEXT] = "$aws/things/+/jobs/start-next",
    [AWS_DESCRIBE] = "$aws/things/+/jobs/+/get",
    [AWS_UPDATE] = "$aws/things/+/jobs/+/update",
    [AWS_GET_STREAM] = "$aws/things/+/streams/+/get/+",
    [AWS_DESCRIBE_STREAM] = "$aws/things/+/streams/+/describe/+",
};

const char *aws_operation_name(enum aws_operation operation)
{
    static const char *const names[AWS_OPERATIONS] = {
        [AWS_GET_PENDING] = "get",   [AWS_START_NEXT] = "start-next",
        [AWS_DESCRIBE] = "describe", [AWS_UPDATE] = "update",
        [AWS_GET_STREAM] = "stream", [AWS_DESCRIBE_STREAM] = "describe stream",
    };

    return names[operation];
}

/* What the wildcards of a filter stood for, in their order. */
struct captured {
    const char *text[3];
    size_t len[3];
    int count;
};

static bool match(const char *filter, const char *topic, struct captured *captured)
{
    captured->count = 0;
    while (*filter != '\0') {
        if (*filter == '+') {
            const size_t len = strcspn(topic, "/");

            captured->text[captured->count] = topic;
            captured->len[captured->count++] = len;
            topic += len;
            filter++;
        } else if (*filter++ != *topic++) {
            return false;
        }
    }
    return *topic == '\0';
}

static bool copy(const struct captured *captured, int which, char *text, size_t size)
{
    text[0] = '\0';
    if (which >= captured->count) {
        return true;
    }
    if (captured->len[which] == 0 || captured->len[which] >= size) {
        return false;
    }
    memcpy(text, captured->text[which], captured->len[which]);
    text[captured->len[which]] = '\0';
    return true;
}

bool aws_topic_read(const char *text, struct aws_topic *topic)
{
    struct captured captured;

    for (unsigned i = 0; i < AWS_OPERATIONS; i++) {
        if (match(aws_topic_filters[i], text, &captured)) {
            topic->operation = (enum aws_operation)i;
            return copy(&captured, 0, topic->thing, sizeof topic->thing)
                   && copy(&captured, 1, topic->subject, sizeof topic->subject)
                   && copy(&captured, 2, topic->format, sizeof topic->format)
                   && aws_is_thing_name(topic->thing);
        }
    }
    return false;
}

static bool is_of_stream(enum aws_operation operation)
{
    return operation == AWS_GET_STREAM || operation == AWS_DESCRIBE_STREAM;
}

void aws_topic_answer(const struct aws_topic *topic, const char *answer, char text[AWS_TOPIC_SIZE])
{
    static const char *const job_levels[AWS_OPERATIONS] = {
        [AWS_GET_PENDING] = "get",
        [AWS_START_NEXT] = "start-next",
        [AWS_DESCRIBE] = "get",
        [AWS_UPDATE] = "update",
    };

    if (is_of_stream(topic->operation)) {
        (void)snprintf(text, AWS_TOPIC_SIZE, "$aws/things/%s/streams/%s/%s/%s", topic->thing,
                       topic->subject, answer, topic->format);
    } else {
        (void)snprintf(text, AWS_TOPIC_SIZE, "$aws/things/%s/jobs/%s%s%s/%s", topic->thing,
                       topic->subject, *topic->subject != '\0' ? "/" : "",
                       job_levels[topic->operation], answer);
    }
}
