/* SPDX-License-Identifier: Apache-2.0 */

/* Why a handshake failed, in words that tell a person which end to look at.
 *
 * Mbed TLS answers with one number, and keeps the rest in its context: which check of the
 * certificate failed, and which alert the server sent. Each has a table here. */

#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/rsa.h>

#include "memory.h"
#include "otter/text.h"
#include "tls_private.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct cause {
    int code;
    enum otter_result result;
    const char *text;
};

/* What is wrong with a certificate, the gravest first: a stranger's dates and names do not matter. */
static const struct {
    uint32_t flag;
    const char *text;
} certificate_faults[] = {
    { MBEDTLS_X509_BADCERT_NOT_TRUSTED,
      "the server's certificate is not signed by this device's CA" },
    { MBEDTLS_X509_BADCERT_CN_MISMATCH, "the server's certificate is for another name: wanted " },
    { MBEDTLS_X509_BADCERT_EXPIRED, "the server's certificate has expired" },
    { MBEDTLS_X509_BADCERT_FUTURE,
      "the server's certificate is not valid yet, or this device's clock is behind" },
    { MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK,
      "the server's certificate uses a key or hash that is too weak or unknown here" },
    { MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE
          | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
      "the server's certificate was not made for a TLS server" },
    { UINT32_MAX, "the server's certificate is malformed" },
};

/* Alerts of the server (RFC 5246, section 7.2). */
static const struct cause alerts[] = {
    { MBEDTLS_SSL_ALERT_MSG_NO_CERT, OTTER_ERR_REFUSED,
      "the server asks for a certificate of this device, which has none" },
    { MBEDTLS_SSL_ALERT_MSG_BAD_CERT, OTTER_ERR_REFUSED,
      "the server refused this device's certificate" },
    { MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT, OTTER_ERR_REFUSED,
      "the server refused this device's certificate: it does not support its kind" },
    { MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED, OTTER_ERR_REFUSED,
      "the server refused this device's certificate: it was revoked" },
    { MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, OTTER_ERR_REFUSED,
      "the server refused this device's certificate: it has expired" },
    { MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN, OTTER_ERR_REFUSED,
      "the server refused this device's certificate" },
    { MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA, OTTER_ERR_REFUSED,
      "the server refused this device's certificate: it does not know its CA" },
    { MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, OTTER_ERR_REFUSED,
      "the server refused this device's certificate: its signature is wrong" },
    { MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, OTTER_ERR_REFUSED,
      "the server denies this device access" },
    { MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, OTTER_ERR_REFUSED,
      "the server does not serve the name that this device asks for" },
    { MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, OTTER_ERR_PROTOCOL,
      "the server has no TLS settings in common with this device" },
    { MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, OTTER_ERR_PROTOCOL,
      "the server does not speak TLS 1.2" },
    { MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL, OTTER_ERR_PROTOCOL,
      "the server does not speak the protocol that this device asks for (ALPN)" },
};

static const struct cause unknown_alert = { 0, OTTER_ERR_PROTOCOL,
                                            "the server broke off the TLS handshake" };
static const struct cause no_certificate = {
    0, OTTER_ERR_REFUSED, "the server asks for a certificate of this device, which has none"
};

static const struct cause broken_link = { 0, OTTER_ERR_LINK,
                                          "the connection broke during the TLS handshake" };

/* The answer to the greeting was none of TLS. A server in the clear may reset the connection instead
 * of closing it: it leaves with bytes unread. */
static const struct cause no_tls[] = {
    { MBEDTLS_ERR_SSL_INVALID_RECORD, OTTER_ERR_PROTOCOL, "the peer does not speak TLS" },
    { MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, OTTER_ERR_PROTOCOL, "the peer does not speak TLS" },
    { MBEDTLS_ERR_SSL_CONN_EOF, OTTER_ERR_CLOSED,
      "the peer closed the connection at the TLS greeting; it may not speak TLS" },
};

static const struct cause errors[] = {
    { MBEDTLS_ERR_SSL_CONN_EOF, OTTER_ERR_CLOSED,
      "the peer closed the connection in the middle of the TLS handshake" },
    { MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, OTTER_ERR_PROTOCOL,
      "the server does not speak TLS 1.2" },
    { MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, OTTER_ERR_PROTOCOL,
      "a message of the TLS handshake is longer than 16384 bytes; shorten the server's chain" },
    { MBEDTLS_ERR_ECP_VERIFY_FAILED, OTTER_ERR_PEER_UNTRUSTED,
      "the server does not hold the key of its certificate" },
    { MBEDTLS_ERR_RSA_VERIFY_FAILED, OTTER_ERR_PEER_UNTRUSTED,
      "the server does not hold the key of its certificate" },
    { MBEDTLS_ERR_ENTROPY_SOURCE_FAILED, OTTER_ERR_CRYPTO, "there are no random bytes" },
};

void otter_tls_explain(struct otter_tls_link *tls, const char *first, const char *second)
{
    struct otter_text text;

    otter_text_init(&text, tls->explanation, sizeof tls->explanation);
    otter_text_append(&text, first);
    otter_text_append(&text, second);
}

static const struct cause *find(const struct cause *causes, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (causes[i].code == code) {
            return &causes[i];
        }
    }
    return NULL;
}

static enum otter_result explain_certificate(struct otter_tls_link *tls)
{
    const uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    size_t i = 0;

    while ((certificate_faults[i].flag & flags) == 0 && i < COUNT(certificate_faults) - 1) {
        i++;
    }
    otter_tls_explain(
        tls, certificate_faults[i].text,
        certificate_faults[i].flag == MBEDTLS_X509_BADCERT_CN_MISMATCH ? tls->server_name : "");
    return OTTER_ERR_PEER_UNTRUSTED;
}

/* A server that asked for a certificate and got none says only that the handshake failed. */
static bool lacks_certificate(const struct otter_tls_link *tls, int alert)
{
    return alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE && tls->ssl.client_auth != 0
           && tls->config->certificate.size == 0;
}

static const struct cause *cause_of_alert(const struct otter_tls_link *tls)
{
    const int alert = tls->ssl.in_msg[1]; /* level, description */
    const struct cause *cause = find(alerts, COUNT(alerts), alert);

    if (lacks_certificate(tls, alert)) {
        return &no_certificate;
    }
    return cause != NULL ? cause : &unknown_alert;
}

bool otter_tls_ran_out_of_memory(const struct otter_tls_link *tls)
{
    return tls->failed_allocations != otter_mbedtls_failed_allocations;
}

static const struct cause *cause_of_error(const struct otter_tls_link *tls, int error)
{
    const struct cause *cause = NULL;

    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        return cause_of_alert(tls);
    }
    if (tls->ssl.state == MBEDTLS_SSL_SERVER_HELLO) {
        cause = find(no_tls, COUNT(no_tls), error);
    } else if (error == MBEDTLS_ERR_SSL_CONN_EOF && tls->lower_failure == OTTER_ERR_LINK) {
        cause = &broken_link;
    }
    return cause != NULL ? cause : find(errors, COUNT(errors), error);
}

static enum otter_result explain_number(struct otter_tls_link *tls, int error)
{
    struct otter_text text;

    otter_text_init(&text, tls->explanation, sizeof tls->explanation);
    otter_text_append(&text, "the TLS handshake failed (Mbed TLS: -");
    otter_text_append_hex32(&text, (uint32_t)-error);
    otter_text_append(&text, ")");
    return OTTER_ERR_PROTOCOL;
}

enum otter_result otter_tls_explain_failure(struct otter_tls_link *tls, int error)
{
    if (otter_tls_ran_out_of_memory(tls)) {
        otter_tls_explain(tls, "Mbed TLS has not enough memory", "; enlarge its pool");
        return OTTER_ERR_CRYPTO;
    }
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
        || error == MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE) {
        return explain_certificate(tls);
    }
    const struct cause *cause = cause_of_error(tls, error);

    if (cause == NULL) {
        return explain_number(tls, error);
    }
    otter_tls_explain(tls, cause->text, "");
    return cause->result;
}
