/* SPDX-License-Identifier: Apache-2.0 */

/* TLS over any link. Mbed TLS does the protocol; this file connects it to the lower link on one
 * side, to the contract of otter/link.h on the other, and allows no handshake without a check of
 * chain, dates and name.
 *
 * Mbed TLS keeps one outgoing record. When the lower link takes only a part of it, the bytes count
 * as taken, and the rest of the record leaves with the next call of send or receive. */

#include <mbedtls/entropy.h>
#include <mbedtls/ssl_internal.h>
#include <string.h>

#include "memory.h"
#include "tls_private.h"

#define PROTOCOL_MAX 255u /* bytes of a name (RFC 7301) */

/* BROKEN: an attempt to open failed, and waits to be closed. */
enum phase { CLOSED, BROKEN, CONNECTING, SHAKING_HANDS, OPEN };

struct otter_tls_document otter_tls_pem(const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return (struct otter_tls_document){ NULL, 0 };
    }
    return (struct otter_tls_document){ (const uint8_t *)text, strlen(text) + 1 };
}

/* Mbed TLS's hooks ------------------------------------------------------------------------------ */

static int fill_random(void *context, unsigned char *bytes, size_t len)
{
    const struct otter_tls_link *tls = context;
    const struct otter_tls_config *config = tls->config;

    return config->random(config->random_context, bytes, len) == OTTER_OK
               ? 0
               : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

/* What a call of the lower link means to Mbed TLS. It knows no reasons, so the reason is kept. */
static int from_lower(struct otter_tls_link *tls, int moved, int nothing_now)
{
    if (moved < 0) {
        tls->lower_failure = moved;
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    return moved > 0 ? moved : nothing_now;
}

static int send_below(void *context, const unsigned char *bytes, size_t len)
{
    struct otter_tls_link *tls = context;
    const struct otter_link *lower = &tls->config->lower;

    return from_lower(tls, lower->ops->send(lower->port, bytes, len), MBEDTLS_ERR_SSL_WANT_WRITE);
}

static int receive_below(void *context, unsigned char *bytes, size_t len)
{
    struct otter_tls_link *tls = context;
    const struct otter_link *lower = &tls->config->lower;

    return from_lower(tls, lower->ops->receive(lower->port, bytes, len), MBEDTLS_ERR_SSL_WANT_READ);
}

/* Called for each certificate of the chain; the server's own has depth 0. */
static int check_address(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    const struct otter_tls_link *tls = context;

    if (depth == 0 && tls->checks_address && !otter_tls_certifies_ipv4(certificate, tls->address)) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    return 0;
}

/* Init ------------------------------------------------------------------------------------------ */

/* A result for a document that Mbed TLS did not parse. mbedtls_x509_crt_parse() counts the
 * certificates of a PEM file that it could not read: one bad CA of several is an error here too. */
static enum otter_result check_parsed(struct otter_tls_link *tls, const char *what, int error)
{
    if (error == 0) {
        return OTTER_OK;
    }
    if (otter_tls_ran_out_of_memory(tls)) {
        return otter_tls_explain_failure(tls, error);
    }
    otter_tls_explain(tls, what, " is missing or malformed");
    return OTTER_ERR_ARGUMENT;
}

static enum otter_result parse_certificates(struct otter_tls_link *tls, mbedtls_x509_crt *into,
                                            const struct otter_tls_document *from, const char *what)
{
    return check_parsed(tls, what, mbedtls_x509_crt_parse(into, from->bytes, from->size));
}

static enum otter_result parse_key(struct otter_tls_link *tls)
{
    const struct otter_tls_document *key = &tls->config->key;

    return check_parsed(tls, "this device's key",
                        mbedtls_pk_parse_key(&tls->key, key->bytes, key->size, NULL, 0));
}

static enum otter_result check_pair(struct otter_tls_link *tls)
{
    if (mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key) != 0) {
        otter_tls_explain(tls, "this device's key is not that of its certificate", "");
        return OTTER_ERR_ARGUMENT;
    }
    return OTTER_OK;
}

/* The device's own certificate and key: both or none. */
static enum otter_result parse_identity(struct otter_tls_link *tls)
{
    const struct otter_tls_config *config = tls->config;
    enum otter_result result;

    if (config->certificate.size == 0 && config->key.size == 0) {
        return OTTER_OK;
    }
    result = parse_certificates(tls, &tls->certificate, &config->certificate,
                                "this device's certificate");
    if (result == OTTER_OK) {
        result = parse_key(tls);
    }
    return result == OTTER_OK ? check_pair(tls) : result;
}

/* The list that Mbed TLS keeps a pointer to; it has at most one name. */
static enum otter_result list_protocols(struct otter_tls_link *tls)
{
    const char *protocol = tls->config->protocol;

    tls->protocols[0] = protocol;
    tls->protocols[1] = NULL;
    if (protocol != NULL && (protocol[0] == '\0' || strlen(protocol) > PROTOCOL_MAX)) {
        otter_tls_explain(tls, "the protocol to ask the server for has no or too long a name", "");
        return OTTER_ERR_ARGUMENT;
    }
    return OTTER_OK;
}

static int apply_settings(struct otter_tls_link *tls)
{
    mbedtls_ssl_config *settings = &tls->settings;
    int error = mbedtls_ssl_config_defaults(
        settings, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    mbedtls_ssl_conf_authmode(settings, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(settings, &tls->ca, NULL);
    mbedtls_ssl_conf_verify(settings, check_address, tls);
    mbedtls_ssl_conf_rng(settings, fill_random, tls);
    if (error == 0 && tls->protocols[0] != NULL) {
        error = mbedtls_ssl_conf_alpn_protocols(settings, tls->protocols);
    }
    if (error == 0 && tls->config->certificate.size > 0) {
        error = mbedtls_ssl_conf_own_cert(settings, &tls->certificate, &tls->key);
    }
    return error;
}

static enum otter_result prepare(struct otter_tls_link *tls)
{
    enum otter_result result = parse_certificates(tls, &tls->ca, &tls->config->ca, "the CA");

    if (result == OTTER_OK) {
        result = parse_identity(tls);
    }
    if (result == OTTER_OK) {
        result = list_protocols(tls);
    }
    if (result == OTTER_OK) {
        const int error = apply_settings(tls);

        result = error == 0 ? OTTER_OK : otter_tls_explain_failure(tls, error);
    }
    return result;
}

enum otter_result otter_tls_link_init(struct otter_tls_link *tls,
                                      const struct otter_tls_config *config)
{
    *tls = (struct otter_tls_link){ .config = config,
                                    .phase = CLOSED,
                                    .failed_allocations = otter_mbedtls_failed_allocations };
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->settings);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    const enum otter_result result = prepare(tls);

    if (result != OTTER_OK) {
        otter_tls_link_free(tls);
    }
    return result;
}

/* The link -------------------------------------------------------------------------------------- */

static void close_link(void *port)
{
    struct otter_tls_link *tls = port;
    const struct otter_link *lower = &tls->config->lower;

    if (tls->phase == CLOSED) {
        return;
    }
    if (tls->phase == OPEN && tls->ended == 0) {
        /* One try: a goodbye is a courtesy, and waiting for a peer is not for close. */
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    }
    lower->ops->close(lower->port);
    mbedtls_ssl_free(&tls->ssl);
    tls->phase = CLOSED;
}

void otter_tls_link_free(struct otter_tls_link *tls)
{
    close_link(tls);
    mbedtls_ssl_config_free(&tls->settings);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
}

/* Choose what the server must prove. Mbed TLS checks no name if it is given none, so an address is
 * the only case in which it gets none, and check_address() then does the work.
 *  @return 0 or an error of Mbed TLS */
static int expect_name(struct otter_tls_link *tls, const char *name)
{
    tls->server_name = name;
    tls->checks_address = otter_tls_parse_ipv4(name, tls->address);
    return tls->checks_address ? 0 : mbedtls_ssl_set_hostname(&tls->ssl, name);
}

static int set_up(struct otter_tls_link *tls, const char *name)
{
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->settings);

    if (error == 0) {
        error = expect_name(tls, name);
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, send_below, receive_below, NULL);
    return error;
}

/* A failure of the lower link is ours, with its explanation. */
static enum otter_result fail_below(struct otter_tls_link *tls, enum otter_result result)
{
    const struct otter_link *lower = &tls->config->lower;

    otter_tls_explain(tls, lower->ops->explain(lower->port), "");
    return result;
}

static enum otter_result open_lower(struct otter_tls_link *tls,
                                    const struct otter_endpoint *endpoint)
{
    const struct otter_link *lower = &tls->config->lower;
    const enum otter_result result = lower->ops->open(lower->port, endpoint);

    if (result != OTTER_OK && result != OTTER_AGAIN) {
        return fail_below(tls, result);
    }
    return OTTER_AGAIN;
}

/* Mbed TLS must not be called again after an error, except to free what it holds. */
static enum otter_result unless_broken(struct otter_tls_link *tls, enum otter_result result)
{
    if (result != OTTER_OK && result != OTTER_AGAIN && tls->phase != CLOSED) {
        tls->phase = BROKEN;
    }
    return result;
}

static enum otter_result open_link(void *port, const struct otter_endpoint *endpoint)
{
    struct otter_tls_link *tls = port;
    const char *name = endpoint->server_name != NULL ? endpoint->server_name : endpoint->host;

    close_link(tls);
    tls->explanation[0] = '\0';
    tls->failed_allocations = otter_mbedtls_failed_allocations;
    tls->lower_failure = 0;
    tls->ended = 0;
    if (strchr(name, ':') != NULL) {
        otter_tls_explain(tls, "an IPv6 address cannot be checked; set the server's name for ",
                          name);
        return OTTER_ERR_PEER_UNTRUSTED;
    }
    tls->phase = CONNECTING; /* from here on close has something to free */
    const int error = set_up(tls, name);

    return unless_broken(tls, error == 0 ? open_lower(tls, endpoint)
                                         : otter_tls_explain_failure(tls, error));
}

static enum otter_result connect_below(struct otter_tls_link *tls)
{
    const struct otter_link *lower = &tls->config->lower;
    const enum otter_result result = lower->ops->progress(lower->port);

    if (result == OTTER_OK) {
        tls->phase = SHAKING_HANDS;
        return OTTER_AGAIN;
    }
    return result == OTTER_AGAIN ? OTTER_AGAIN : fail_below(tls, result);
}

static bool means_later(int error)
{
    return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* A server that refuses our certificate sends an alert and leaves while we are still sending: our
 * send fails first, and the reason waits unread.
 *  @return that alert, or @p error if there is none */
static int last_words(struct otter_tls_link *tls, int error)
{
    return mbedtls_ssl_read_record(&tls->ssl, 0) == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
               ? MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
               : error;
}

static enum otter_result shake_hands(struct otter_tls_link *tls)
{
    const int error = mbedtls_ssl_handshake_step(&tls->ssl);

    if (means_later(error)) {
        return OTTER_AGAIN;
    }
    if (error == MBEDTLS_ERR_SSL_CONN_EOF) {
        return otter_tls_explain_failure(tls, last_words(tls, error));
    }
    if (error != 0) {
        return otter_tls_explain_failure(tls, error);
    }
    if (tls->ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        return OTTER_AGAIN;
    }
    tls->phase = OPEN;
    return OTTER_OK;
}

static enum otter_result next_step(struct otter_tls_link *tls)
{
    switch ((enum phase)tls->phase) {
    case CONNECTING:
        return connect_below(tls);
    case SHAKING_HANDS:
        return shake_hands(tls);
    case OPEN:
        return OTTER_OK;
    case CLOSED:
    case BROKEN:
        break;
    }
    return OTTER_ERR_LINK;
}

static enum otter_result progress(void *port)
{
    struct otter_tls_link *tls = port;

    return unless_broken(tls, next_step(tls));
}

/* Remember that the stream ended: Mbed TLS must not be called again after an error. */
static int end(struct otter_tls_link *tls, int error)
{
    tls->ended = error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? OTTER_ERR_CLOSED : OTTER_ERR_LINK;
    return tls->ended;
}

/* Why nothing can be sent or received now; 0 if it can. */
static int unusable(const struct otter_tls_link *tls)
{
    return tls->phase == OPEN ? tls->ended : OTTER_ERR_LINK;
}

static int lesser(size_t a, int b)
{
    return a < (size_t)b ? (int)a : b;
}

static int send_bytes(void *port, const void *src, size_t len)
{
    struct otter_tls_link *tls = port;

    if (unusable(tls) != 0) {
        return unusable(tls);
    }
    int moved = mbedtls_ssl_flush_output(&tls->ssl);
    if (moved == 0 && len > 0) {
        moved = mbedtls_ssl_write(&tls->ssl, src, len);
        if (moved == MBEDTLS_ERR_SSL_WANT_WRITE) {
            return lesser(len, mbedtls_ssl_get_max_out_record_payload(&tls->ssl));
        }
    }
    if (moved >= 0) {
        return moved;
    }
    return means_later(moved) ? 0 : end(tls, moved);
}

static int receive_bytes(void *port, void *dst, size_t len)
{
    struct otter_tls_link *tls = port;

    if (unusable(tls) != 0 || len == 0) {
        return unusable(tls);
    }
    const int flushed = mbedtls_ssl_flush_output(&tls->ssl);
    if (flushed != 0 && !means_later(flushed)) {
        return end(tls, flushed);
    }
    const int received = mbedtls_ssl_read(&tls->ssl, dst, len);
    if (received > 0) {
        return received;
    }
    /* 0 is the end of the lower stream without the goodbye of TLS. */
    return means_later(received) ? 0 : end(tls, received);
}

static const char *explain(void *port)
{
    const struct otter_tls_link *tls = port;

    return tls->explanation;
}

const struct otter_link_ops otter_tls_link_ops = {
    .open = open_link,
    .progress = progress,
    .send = send_bytes,
    .receive = receive_bytes,
    .close = close_link,
    .explain = explain,
    .secure = true,
};

struct otter_link otter_tls_link(struct otter_tls_link *tls)
{
    return (struct otter_link){ .ops = &otter_tls_link_ops, .port = tls };
}
