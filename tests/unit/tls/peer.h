/* SPDX-License-Identifier: Apache-2.0 */

/* A TLS server without a network: OpenSSL's, behind a link that the test can shape.
 *
 * The server echoes what it reads. Everything happens inside the calls of the link, so a test is
 * the same each time and may cut the stream at any byte. */
#ifndef OTTER_TEST_TLS_PEER_H
#define OTTER_TEST_TLS_PEER_H

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "otter/link.h"

#define PEM_MAX 8192

/** A key and a certificate, as OpenSSL and as PEM. */
struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char key_pem[PEM_MAX];
    char certificate_pem[PEM_MAX];
};

struct identity_recipe {
    const char *common_name;
    const char
        *alternative_names; /* as OpenSSL writes them, "DNS:broker,IP:10.0.2.2"; NULL: none */
    const struct identity *issuer;    /* NULL: signed by itself, a CA */
    long valid_from_s, valid_until_s; /* from now; both 0: from yesterday until tomorrow */
    bool rsa;
    bool for_clients; /* extended key usage: a client, and no server */
};

void identity_make(struct identity *identity, const struct identity_recipe *recipe);
void identity_free(struct identity *identity);

struct peer_recipe {
    const struct identity *identity; /* NULL: the peer speaks no TLS */
    const struct identity
        *client_ca;         /* clients must have a certificate of this CA; NULL: need none */
    int extra_certificates; /* the chain is so much longer than it need be */
    int version;            /* the only one it speaks; 0: TLS 1.2 and 1.3 */
    const char *protocol;   /* clients must ask for it by ALPN; NULL: it knows no ALPN */
    const char *plain_text; /* what a peer without TLS says; NULL: it hangs up */
};

struct peer {
    SSL_CTX *settings;
    SSL *ssl;
    BIO *from_device, *to_device; /* the ssl's */
    const struct peer_recipe *recipe;
    /* how the link between them behaves */
    size_t piece;     /* at most so many bytes a call */
    bool stutters;    /* every second call moves nothing */
    size_t cut_after; /* so many bytes for the device, then `cut_result`; SIZE_MAX: no cut */
    int cut_result;
    size_t flip_at;     /* this byte for the device is damaged; SIZE_MAX: none */
    size_t told;        /* bytes that reached the device since the link was opened */
    size_t plain_left;  /* of the plain text */
    bool takes_nothing; /* send moves nothing */
    bool skip;          /* for stutters */
    bool said_goodbye;  /* the device sent its close_notify */
    bool refused;       /* the server broke off the handshake; it takes no more bytes */
};

/** Start a server; the link's behaviour is perfect until the test changes the fields. */
void peer_start(struct peer *peer, const struct peer_recipe *recipe);
void peer_stop(struct peer *peer);

/** The server says goodbye (close_notify), and then nothing more. */
void peer_say_goodbye(struct peer *peer);

/** A link to the server. */
struct otter_link peer_link(struct peer *peer);

#endif
