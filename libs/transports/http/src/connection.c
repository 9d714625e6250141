/* SPDX-License-Identifier: Apache-2.0 */

/* The connection: made when it is needed, used as long as the server keeps it, led elsewhere only
 * where the configuration allows it.
 *
 * A server may end a connection between two answers at any time (RFC 9112, section 9.3): that is
 * no failure, and what was asked for is asked for again. Without any answer, or within one, it is. */

#include "connection.h"

#include <assert.h>
#include <string.h>

#include "location.h"
#include "otter/log.h"

#define REDIRECTS_MAX 5u

/* An hour; what counts is that milliseconds do not wrap. */
#define REST_MAX_S 3600u

void otter_http_set_detail(struct otter_http_transport *transport, const char *detail)
{
    struct otter_text text;

    otter_text_init(&text, transport->detail, sizeof transport->detail);
    otter_text_append(&text, detail);
}

const char *otter_http_explain(void *self)
{
    const struct otter_http_transport *transport = self;
    const struct otter_http_client *client = transport->config->client;

    return transport->detail[0] != '\0' ? transport->detail : client->ops->explain(client->self);
}

/* Where to ------------------------------------------------------------------------------------ */

static void go_offline(struct otter_http_transport *transport)
{
    transport->is_online = false;
    transport->in_answer = false;
    transport->has_answered = false;
    transport->asked_count = 0;
}

void otter_http_disconnect(struct otter_http_transport *transport)
{
    const struct otter_http_client *client = transport->config->client;

    if (transport->is_online) {
        client->ops->close(client->self);
        go_offline(transport);
    }
}

static bool is_free(const struct otter_http_transport *transport)
{
    return transport->is_online && !transport->in_answer && transport->asked_count == 0;
}

static bool copy(char *dst, size_t size, const char *src)
{
    struct otter_text text;

    otter_text_init(&text, dst, size);
    otter_text_append(&text, src);
    return !text.truncated;
}

static bool leads_to(const struct otter_http_transport *transport, const char *host, uint16_t port)
{
    const struct otter_endpoint *present = &transport->session.endpoint;

    return present->host != NULL && present->port == port && strcmp(present->host, host) == 0;
}

static void choose_home(struct otter_http_transport *transport)
{
    const struct otter_http_session *home = &transport->config->session;

    if (transport->is_away || !is_free(transport)) {
        otter_http_disconnect(transport);
    }
    transport->session = *home;
    transport->is_away = false;
}

/* Everything is as at home, but the name that it must prove is its own. */
static bool choose_server(struct otter_http_transport *transport, const char *host, uint16_t port)
{
    if (transport->is_away && leads_to(transport, host, port) && is_free(transport)) {
        return true;
    }
    otter_http_disconnect(transport);
    transport->session = transport->config->session;
    transport->session.endpoint = (struct otter_endpoint){ .host = transport->host, .port = port };
    transport->is_away = true;
    return copy(transport->host, sizeof transport->host, host);
}

enum otter_result otter_http_turn_to(struct otter_http_transport *transport,
                                     const struct otter_job *there, const char *path)
{
    const uint16_t home_port = transport->config->session.endpoint.port;
    bool fits = true;

    otter_http_set_detail(transport, "");
    transport->redirects = 0;
    if (there == NULL) {
        choose_home(transport);
    } else {
        fits = choose_server(transport, there->host, there->port != 0 ? there->port : home_port);
    }
    transport->path = path;
    if (!fits) {
        otter_http_set_detail(transport, "the server's name is too long");
    }
    return fits ? OTTER_OK : OTTER_ERR_ARGUMENT;
}

/* Talking ------------------------------------------------------------------------------------- */

enum otter_result otter_http_ask(struct otter_http_transport *transport,
                                 const struct otter_http_request *request)
{
    const struct otter_http_client *client = transport->config->client;
    int queued;

    assert(transport->asked_count < OTTER_HTTP_WINDOW);
    queued = client->ops->request(client->self, request);
    if (queued == OTTER_ERR_NO_SPACE) {
        otter_http_set_detail(transport, "a request does not fit the client's buffer");
        return OTTER_ERR_NO_SPACE;
    }
    if (queued <= 0) {
        return OTTER_AGAIN; /* of a connection that is over, the next event tells more */
    }
    transport->asked[transport->asked_count++] =
        (struct otter_http_asked){ request->first, request->last };
    return OTTER_OK;
}

/* @return OTTER_OK: there is no need to wait (any more); OTTER_AGAIN; OTTER_ERR_SERVER */
static enum otter_result rest(struct otter_http_transport *transport)
{
    const uint32_t rested_ms = transport->now_ms - transport->rest_began_ms;

    if (rested_ms >= transport->rest_ms) {
        transport->rest_ms = 0;
        return OTTER_OK;
    }
    if (transport->rest_ms - rested_ms <= transport->config->patience_ms) {
        return OTTER_AGAIN;
    }
    otter_http_set_detail(transport, "it asked not to be asked again so soon");
    return OTTER_ERR_SERVER;
}

static void log_connecting(const struct otter_endpoint *endpoint, bool secure)
{
    char line[OTTER_LOG_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, secure ? "connecting to https://" : "connecting to http://");
    otter_text_append(&text, endpoint->host);
    otter_text_append(&text, ":");
    otter_log_number(OTTER_LOG_INFO, OTTER_LOG_TRANSPORT, line, endpoint->port, "");
}

static enum otter_result connect(struct otter_http_transport *transport)
{
    const struct otter_http_client *client = transport->config->client;
    enum otter_result result = rest(transport);

    if (result != OTTER_OK) {
        return result;
    }
    log_connecting(&transport->session.endpoint, client->secure);
    result = client->ops->open(client->self, &transport->session, transport->now_ms);
    transport->is_online = result == OTTER_OK;
    return result;
}

static void end_answer(struct otter_http_transport *transport)
{
    transport->in_answer = false;
    transport->has_answered = true;
    transport->asked_count--;
    memmove(&transport->asked[0], &transport->asked[1],
            transport->asked_count * sizeof transport->asked[0]);
}

static enum otter_result on_closed(struct otter_http_transport *transport, enum otter_result result)
{
    const bool between_answers = transport->has_answered && !transport->in_answer
                                 && (result == OTTER_ERR_CLOSED || result == OTTER_ERR_LINK);

    go_offline(transport);
    if (between_answers) {
        return OTTER_AGAIN;
    }
    otter_log_number(OTTER_LOG_INFO, OTTER_LOG_TRANSPORT, "closed: result -", (uint32_t)-result,
                     "");
    otter_http_set_detail(transport, ""); /* the client knows better than we did before */
    return result;
}

enum otter_result otter_http_converse(struct otter_http_transport *transport, uint32_t now_ms,
                                      struct otter_http_event *event)
{
    const struct otter_http_client *client = transport->config->client;

    transport->now_ms = now_ms;
    if (!transport->is_online) {
        const enum otter_result result = connect(transport);

        *event = (struct otter_http_event){ .kind = OTTER_HTTP_NOTHING };
        return result;
    }
    client->ops->step(client->self, now_ms, event);
    switch (event->kind) {
    case OTTER_HTTP_CLOSED:
        return on_closed(transport, event->result);
    case OTTER_HTTP_RESPONSE:
        transport->in_answer = true;
        return OTTER_OK;
    case OTTER_HTTP_END:
        end_answer(transport);
        return OTTER_OK;
    case OTTER_HTTP_NOTHING:
        return OTTER_OK;
    }
    return OTTER_OK;
}

size_t otter_http_read(struct otter_http_transport *transport, void *dst, size_t len)
{
    const struct otter_http_client *client = transport->config->client;

    return client->ops->read(client->self, dst, len);
}

/* What answers mean --------------------------------------------------------------------------- */

static enum otter_result refuse_redirect(struct otter_http_transport *transport, const char *why,
                                         const char *where)
{
    struct otter_text text;

    otter_text_init(&text, transport->detail, sizeof transport->detail);
    otter_text_append(&text, "the server redirects ");
    otter_text_append(&text, why);
    otter_text_append(&text, where);
    return OTTER_ERR_JOB_REDIRECT;
}

static enum otter_result may_follow(struct otter_http_transport *transport,
                                    const struct location *location)
{
    const struct otter_endpoint *home = &transport->config->session.endpoint;
    const bool secure = transport->config->client->secure;

    if (location->secure != secure) {
        return refuse_redirect(transport,
                               secure ? "from TLS into the clear, to "
                                      : "to TLS, which has to be configured: ",
                               location->host);
    }
    if (otter_server_place(location->host, location->port, home->host, home->port,
                           transport->config->allowed_servers)
        == OTTER_JOB_FORBIDDEN) {
        return refuse_redirect(transport, "to a server that is not allowed: ", location->host);
    }
    return OTTER_OK;
}

/* A redirect within one server needs nobody's leave. */
static enum otter_result follow(struct otter_http_transport *transport, const char *where)
{
    const struct otter_endpoint *home = &transport->config->session.endpoint;
    struct location location;
    enum otter_result result;

    if (++transport->redirects > REDIRECTS_MAX) {
        return refuse_redirect(transport, "again and again, now to ", where);
    }
    if (!otter_http_read_location(where, transport->path, transport->config->client->secure,
                                  &location)) {
        return refuse_redirect(transport, "to no place that this device could go to: ", where);
    }
    otter_http_disconnect(transport);
    (void)copy(transport->redirected, sizeof transport->redirected, location.path);
    transport->path = transport->redirected;
    if (!location.has_server) {
        return OTTER_AGAIN;
    }
    result = may_follow(transport, &location);
    if (result != OTTER_OK) {
        return result;
    }
    if (strcmp(location.host, home->host) == 0 && location.port == home->port) {
        choose_home(transport);
    } else {
        (void)choose_server(transport, location.host, location.port);
    }
    return OTTER_AGAIN;
}

static enum otter_result note_patience(struct otter_http_transport *transport,
                                       const struct otter_http_response *response)
{
    if (!response->has_retry_after || response->retry_after_s == 0) {
        return OTTER_ERR_SERVER;
    }
    transport->rest_began_ms = transport->now_ms;
    transport->rest_ms =
        1000u * (response->retry_after_s < REST_MAX_S ? response->retry_after_s : REST_MAX_S);
    if (transport->rest_ms > transport->config->patience_ms) {
        return OTTER_ERR_SERVER;
    }
    otter_log_number(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT,
                     "the server asks for patience: ", response->retry_after_s, " s");
    otter_http_disconnect(transport);
    return OTTER_AGAIN;
}

/* Single statuses, then their classes. */
static const struct {
    uint16_t first;
    uint16_t last;
    enum otter_result result;
} meanings[] = {
    { 200, 299, OTTER_OK },
    { 404, 405, OTTER_ERR_NOT_FOUND }, /* also: reports are not taken here */
    { 408, 408, OTTER_ERR_SERVER },
    { 410, 410, OTTER_ERR_NOT_FOUND },
    { 429, 429, OTTER_ERR_SERVER },
    { 501, 501, OTTER_ERR_NOT_FOUND },
    { 400, 499, OTTER_ERR_REFUSED },
    { 500, 599, OTTER_ERR_SERVER },
};

static enum otter_result meaning_of(unsigned status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (status >= meanings[i].first && status <= meanings[i].last) {
            return meanings[i].result;
        }
    }
    return OTTER_ERR_PROTOCOL;
}

static void tell_status(struct otter_http_transport *transport, unsigned status)
{
    struct otter_text text;

    otter_text_init(&text, transport->detail, sizeof transport->detail);
    otter_text_append(&text, "status ");
    otter_text_append_u32(&text, status);
    otter_text_append(&text, " for ");
    /* A query may hold what nobody else should know: a pre-signed URL lets everybody in. */
    otter_text_append_bytes(&text, transport->path, strcspn(transport->path, "?"));
}

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

enum otter_result otter_http_judge(struct otter_http_transport *transport,
                                   const struct otter_http_response *response)
{
    enum otter_result result = meaning_of(response->status);

    if (is_redirect(response->status)) {
        return follow(transport, response->location);
    }
    if (result == OTTER_ERR_SERVER) {
        result = note_patience(transport, response);
    }
    if (result != OTTER_OK && result != OTTER_AGAIN) {
        tell_status(transport, response->status);
    }
    return result;
}

/* --------------------------------------------------------------------------------------------- */

static bool has_all_parts(const struct otter_http_transport_config *config)
{
    return config->client != NULL && config->buffer != NULL && config->job_path != NULL
           && config->result_path != NULL;
}

enum otter_result otter_http_transport_init(struct otter_http_transport *transport,
                                            const struct otter_http_transport_config *config)
{
    if (!has_all_parts(config) || config->range_size == 0
        || config->range_size_max < config->range_size
        || config->buffer_size <= OTTER_JOB_DOCUMENT_MAX) {
        return OTTER_ERR_ARGUMENT;
    }
    *transport = (struct otter_http_transport){ .config = config };
    return OTTER_OK;
}
