/* SPDX-License-Identifier: Apache-2.0 */

/* Topics. One table says what each is and how it ends; it serves both ways, to subscribe and to
 * recognise. AWS IoT delivers answers to whoever asked, also without a subscription; another broker
 * does not, so the device subscribes to all of them. */

#include "topics.h"

#include <string.h>

/* What names the middle of a topic. */
enum subject { NEXT_JOB, PRESENT_JOB, PRESENT_STREAM };

struct topic {
    enum aws_message message;
    enum subject subject;
    const char *end;
};

/* In the order of the filters (topics.h). */
static const struct topic topics[AWS_FILTERS_STREAM] = {
    { AWS_NOTIFICATION, NEXT_JOB, "notify-next" },
    { AWS_GET_ACCEPTED, NEXT_JOB, "$next/get/accepted" },
    { AWS_GET_REJECTED, NEXT_JOB, "$next/get/rejected" },
    { AWS_UPDATE_ACCEPTED, PRESENT_JOB, "/update/accepted" },
    { AWS_UPDATE_REJECTED, PRESENT_JOB, "/update/rejected" },
    { AWS_BLOCK, PRESENT_STREAM, "/data/cbor" },
    { AWS_STREAM_REJECTED, PRESENT_STREAM, "/rejected/cbor" },
};

static void write_topic(struct otter_text *text, const struct otter_aws_transport *transport,
                        enum subject subject, const char *end)
{
    otter_text_append(text, "$aws/things/");
    otter_text_append(text, transport->config->thing_name);
    otter_text_append(text, subject == PRESENT_STREAM ? "/streams/" : "/jobs/");
    if (subject == PRESENT_JOB) {
        otter_text_append(text, transport->execution.job);
    }
    if (subject == PRESENT_STREAM) {
        otter_text_append(text, transport->execution.stream);
    }
    otter_text_append(text, end);
}

void otter_aws_write_filter(struct otter_text *text, const struct otter_aws_transport *transport,
                            uint8_t number)
{
    write_topic(text, transport, topics[number].subject, topics[number].end);
}

void otter_aws_write_get_topic(struct otter_text *text, const struct otter_aws_transport *transport)
{
    write_topic(text, transport, NEXT_JOB, "$next/get");
}

void otter_aws_write_update_topic(struct otter_text *text,
                                  const struct otter_aws_transport *transport)
{
    write_topic(text, transport, PRESENT_JOB, "/update");
}

void otter_aws_write_stream_topic(struct otter_text *text,
                                  const struct otter_aws_transport *transport)
{
    write_topic(text, transport, PRESENT_STREAM, "/get/cbor");
}

enum aws_message otter_aws_recognise(const struct otter_aws_transport *transport, const char *topic)
{
    char known[OTTER_AWS_TOPIC_SIZE];

    for (uint8_t i = 0; i < transport->subscribed; i++) {
        struct otter_text text;

        otter_text_init(&text, known, sizeof known);
        otter_aws_write_filter(&text, transport, i);
        if (strcmp(topic, known) == 0) {
            return topics[i].message;
        }
    }
    return AWS_FOREIGN;
}
