/* SPDX-License-Identifier: Apache-2.0 */

#include "web.h"

#define TIMEOUT_MS     5000u
#define RANGE_SIZE     4096u
#define RANGE_SIZE_MAX 65536u
#define PATIENCE_MS    5000u

static enum otter_result start_tls(struct web *web, const struct http_settings *settings)
{
    enum otter_result result;

    web->tls_config.ca = otter_tls_pem(settings->ca);
    web->tls_config.certificate = otter_tls_pem(settings->certificate);
    web->tls_config.key = otter_tls_pem(settings->key);
    result = otter_tls_link_init(&web->tls, &web->tls_config);
    if (result != OTTER_OK) {
        web->problem = web->tls.explanation;
        return result;
    }
    web->has_tls = true;
    web->link = otter_tls_link(&web->tls);
    return OTTER_OK;
}

static void start_http(struct web *web)
{
    web->http_config = (struct otter_http_config){
        .link = &web->link,
        .send_buffer = web->send_buffer,
        .send_size = sizeof web->send_buffer,
    };
    otter_http_init(&web->http, &web->http_config);
    web->client = otter_http_as_client(&web->http);
}

static void write_user_agent(struct web *web, const struct otter_identity *identity)
{
    struct otter_text text;

    otter_text_init(&text, web->user_agent, sizeof web->user_agent);
    otter_text_append(&text, "otter (");
    otter_text_append(&text, identity->board);
    otter_text_append(&text, " ");
    otter_text_append_version(&text, &identity->version);
    otter_text_append(&text, ")");
}

static enum otter_result start_transport(struct web *web, const struct http_settings *settings)
{
    web->transport_config = (struct otter_http_transport_config){
        .client = &web->client,
        .session = {
            .endpoint = settings->endpoint,
            .user_agent = web->user_agent,
            .timeout_ms = TIMEOUT_MS,
        },
        .allowed_servers = settings->allowed_servers,
        .job_path = settings->job_path,
        .result_path = settings->result_path,
        .range_size = RANGE_SIZE,
        .range_size_max = RANGE_SIZE_MAX,
        .patience_ms = PATIENCE_MS,
        .buffer = web->transport_buffer,
        .buffer_size = sizeof web->transport_buffer,
    };
    return otter_http_transport_init(&web->transport, &web->transport_config);
}

enum otter_result web_start(struct web *web, const struct http_settings *settings,
                            const struct otter_identity *identity)
{
    enum otter_result result = OTTER_OK;

    web->problem = "HTTP";
    web->link = web->tls_config.lower;
    if (settings->secure) {
        result = start_tls(web, settings);
    }
    if (result != OTTER_OK) {
        return result;
    }
    start_http(web);
    write_user_agent(web, identity);
    return start_transport(web, settings);
}

void web_stop(struct web *web)
{
    if (web->has_tls) {
        otter_tls_link_free(&web->tls);
    }
    web->has_tls = false;
}
