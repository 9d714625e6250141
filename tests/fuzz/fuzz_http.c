/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as what a server sends. The first byte says how the stream is cut and how much the
 * reader takes at a time. The connection must end or go on, in bounded steps, and an answer never
 * brings more of a body than it announced. */

#include <string.h>

#include "byte_link.h"
#include "otter/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
    bool knows_length;
    uint32_t length;
    uint32_t read;
};

static void look_at(struct reader *reader, const struct otter_http_event *event)
{
    if (event->kind == OTTER_HTTP_RESPONSE) {
        const struct otter_http_response *response = event->response;

        demand(response->status >= 200 && response->status <= 599);
        demand(strlen(response->etag) < sizeof response->etag);
        demand(strlen(response->location) < sizeof response->location);
        demand(!response->has_range || response->first <= response->last);
        demand(!response->has_range || !response->has_total || response->last < response->total);
        *reader = (struct reader){ response->has_length, response->length, 0 };
    }
    demand(event->kind != OTTER_HTTP_END || !reader->knows_length
           || reader->read == reader->length);
}

static void read_some(const struct otter_http_client *client, struct reader *reader, size_t len)
{
    uint8_t body[64];

    reader->read += (uint32_t)client->ops->read(client->self, body, smaller_size(len, sizeof body));
    demand(!reader->knows_length || reader->read <= reader->length);
}

static void keep_asking(const struct otter_http_client *client)
{
    static const struct otter_http_request request = { .path = "/", .has_range = true, .last = 9 };

    while (client->ops->request(client->self, &request) > 0) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t send_buffer[256];
    static const struct otter_http_session session = { .endpoint = { .host = "fuzz" },
                                                       .user_agent = "fuzz",
                                                       .timeout_ms = 1000000 };
    struct byte_link stream = { data, size, 1, false };
    const struct otter_link link = { &byte_link_ops, &stream };
    const struct otter_http_config config = { &link, send_buffer, sizeof send_buffer };
    struct otter_http http;
    struct otter_http_client client;
    struct otter_http_event event;
    struct reader reader = { 0 };
    uint32_t now_ms = 0;

    if (size == 0) {
        return 0;
    }
    stream.piece = 1 + data[0] % 16;
    stream.bytes++;
    stream.size--;
    otter_http_init(&http, &config);
    client = otter_http_as_client(&http);
    demand(client.ops->open(client.self, &session, 0) == OTTER_OK);
    for (size_t i = 0; i < 4 * size + 100; i++) {
        keep_asking(&client);
        client.ops->step(client.self, now_ms += 10, &event);
        look_at(&reader, &event);
        if (event.kind == OTTER_HTTP_CLOSED) {
            return 0;
        }
        read_some(&client, &reader, 1 + data[0] / 16);
    }
    client.ops->close(client.self);
    return 0;
}
