/* SPDX-License-Identifier: Apache-2.0 */

/** TLS 1.2 as a link over another link, by Mbed TLS.
 *
 * The server's chain, its dates and its name are always checked; there is no setting that turns
 * that off. The name is the endpoint's server name, or its host where there is none. A host that is
 * an IPv4 address in text must stand as an address in the certificate's subject alternative names;
 * an IPv6 address needs a server name. docs/SECURITY.md says what this protects from. */
#ifndef OTTER_TLS_LINK_H
#define OTTER_TLS_LINK_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"

/** A certificate, a chain of them, or a private key: PEM with its terminating zero byte counted in
 * the size, or DER. All zero: none. */
struct otter_tls_document {
    const uint8_t *bytes;
    size_t size;
};

/** A document from PEM text; NULL or "" gives none. */
struct otter_tls_document otter_tls_pem(const char *text);

struct otter_tls_config {
    struct otter_link lower;      /**< carries the records; the TLS link owns it while open */
    struct otter_tls_document ca; /**< one or more CAs; a server must be signed by one of them */
    struct otter_tls_document certificate; /**< the device's own, with its chain; or none */
    struct otter_tls_document key;         /**< that belongs to the certificate; not encrypted */
    /** What the device wants to speak, for a server that has several protocols behind one port (ALPN,
     * RFC 7301), such as "x-amzn-mqtt-ca"; NULL: the server is not told. A server that knows no ALPN
     * is accepted. */
    const char *protocol;
    /** Fill @p bytes with @p len random bytes; otter_mbedtls_random() fits. */
    enum otter_result (*random)(void *context, uint8_t *bytes, size_t len);
    void *random_context;
};

/** A TLS link. Its fields are its own. Do not move it after init; free it before throwing it away.
 *
 * Memory comes from Mbed TLS's allocator (otter/mbedtls_platform.h): the parsed documents between
 * init and free, everything else between open and close. ports/mbedtls/README.md has figures. */
struct otter_tls_link {
    const struct otter_tls_config *config;
    mbedtls_ssl_config settings;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    const char *protocols[2];    /* the one of the configuration, and the end of the list */
    uint8_t phase;               /* enum phase in the source */
    unsigned failed_allocations; /* of Mbed TLS, before init or open began */
    int ended;         /* what send and receive answer since the stream ended; 0: it has not */
    int lower_failure; /* the last failure of the lower link; 0: none */
    const char *server_name; /* the caller's: what the server must prove */
    bool checks_address;     /* the name is an IPv4 address: */
    uint8_t address[4];
    char explanation[160];
};

/** The operations; struct otter_tls_link is their port.
 *
 * A call of progress does one step of the handshake, so that a watchdog can be fed between them;
 * the longest, checking the server's chain and key exchange, takes a few hundred milliseconds on a
 * Cortex-M4. Answers of open and progress, with an explanation each:
 *   OTTER_ERR_PEER_UNTRUSTED  the server's certificate is not one to trust, or not the server's
 *   OTTER_ERR_REFUSED         the server wants another certificate of this device, or any
 *   OTTER_ERR_PROTOCOL        the peer speaks no TLS, none that this device speaks, or not the
 *                             protocol that it asked for
 *   OTTER_ERR_CRYPTO          Mbed TLS had not enough memory, or no random bytes
 *   and the lower link's own failures.
 * receive answers OTTER_ERR_CLOSED only if the server said goodbye as TLS asks; a stream that just
 * stops may have been cut by someone else, and is OTTER_ERR_LINK. */
extern const struct otter_link_ops otter_tls_link_ops;

/** Parse the documents and make the link ready to open.
 *
 *  @param config  must stay valid, with what it points to, until the link is freed
 *  @return OTTER_OK
 *          OTTER_ERR_ARGUMENT  a document is malformed, there is no CA, the key is not that of the
 *                              certificate, or a protocol has no name that ALPN can carry; explain
 *                              says which
 *          OTTER_ERR_CRYPTO    not enough memory
 *          After a failure nothing is held, and the explanation can still be read. */
enum otter_result otter_tls_link_init(struct otter_tls_link *tls,
                                      const struct otter_tls_config *config);

/** The link to open, for an initialised @p tls. */
struct otter_link otter_tls_link(struct otter_tls_link *tls);

/** Close the link and free the documents; harmless after a failed init. */
void otter_tls_link_free(struct otter_tls_link *tls);

#endif
