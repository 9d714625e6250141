/* SPDX-License-Identifier: Apache-2.0 */

#include "aws.h"

#include "broker.h"
#include "otter/mbedtls_crypto.h"

#define BLOCKS_PER_REQUEST   8u
#define REQUEST_TIMEOUT_MS   10000u
#define REQUEST_TRIES        3u
#define BLOCK_TIMEOUT_MS     2000u
#define BLOCK_TIMEOUT_MAX_MS 30000u
#define BLOCK_TRIES          5u
#define PROGRESS_PERCENT     10u

_Static_assert(BROKER_TOPIC_SIZE >= OTTER_AWS_TOPIC_SIZE, "the client has room for AWS's topics");

static enum otter_result start_service(struct aws *aws, const char *certificate)
{
    const struct otter_tls_document document = otter_tls_pem(certificate);

    aws->problem = "aws.code-signing-certificate";
    aws->service = (struct otter_agent_service){ .ops = &otter_agent_service_ops };
    if (certificate == NULL) {
        return OTTER_OK;
    }
    aws->service.signing = &otter_mbedtls_ecdsa_p256;
    aws->service.keys = &aws->signer;
    aws->service.key_count = 1;
    return otter_certificate_key(&document, aws->signer_der, sizeof aws->signer_der, &aws->signer);
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static enum otter_result start_transport(struct aws *aws, const struct aws_settings *settings,
                                         const struct aws_surroundings *around)
{
    aws->problem = "AWS IoT";
    aws->config = (struct otter_aws_transport_config){
        .client = around->client,
        .session = *around->session,
        .thing_name = settings->thing_name,
        .http = around->http,
        .prefer_http = settings->prefer_http,
        .url = aws->urls,
        .url_size = sizeof aws->urls,
        .block_size = settings->block_size,
        .window = settings->window,
        .blocks_per_request = lesser(settings->window, BLOCKS_PER_REQUEST),
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .request_tries = REQUEST_TRIES,
        .block_timeout_ms = BLOCK_TIMEOUT_MS,
        .block_timeout_max_ms = BLOCK_TIMEOUT_MAX_MS,
        .block_tries = BLOCK_TRIES,
        .progress_percent = PROGRESS_PERCENT,
        .stay_connected = true,
        .is_on_trial = around->is_on_trial,
        .random = around->random,
        .context = around->context,
        .buffer = aws->buffer,
        .buffer_size = sizeof aws->buffer,
    };
    aws->config.session.client_id = settings->thing_name;
    return otter_aws_transport_init(&aws->transport, &aws->config);
}

enum otter_result aws_start(struct aws *aws, const struct aws_settings *settings,
                            const struct aws_surroundings *around)
{
    const enum otter_result result = start_service(aws, settings->code_signing_certificate);

    return result == OTTER_OK ? start_transport(aws, settings, around) : result;
}
