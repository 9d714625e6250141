/* SPDX-License-Identifier: Apache-2.0 */

#include "peer.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#define DAY_S 86400L

/* Identities ------------------------------------------------------------------------------------ */

static void to_text(BIO *bio, char text[PEM_MAX])
{
    const int len = BIO_read(bio, text, PEM_MAX - 1);

    assert(len > 0);
    text[len] = '\0';
    BIO_free(bio);
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert(extension != NULL);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void set_dates(X509 *certificate, const struct identity_recipe *recipe)
{
    const bool usual = recipe->valid_from_s == 0 && recipe->valid_until_s == 0;

    X509_gmtime_adj(X509_getm_notBefore(certificate), usual ? -DAY_S : recipe->valid_from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), usual ? DAY_S : recipe->valid_until_s);
}

static void set_name(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1,
                               0);
}

static void set_extensions(X509 *certificate, const struct identity_recipe *recipe)
{
    X509 *issuer = recipe->issuer != NULL ? recipe->issuer->certificate : certificate;

    add_extension(certificate, issuer, NID_basic_constraints,
                  recipe->issuer != NULL ? "CA:FALSE" : "critical,CA:TRUE");
    if (recipe->issuer != NULL) {
        add_extension(certificate, issuer, NID_ext_key_usage,
                      recipe->for_clients ? "clientAuth" : "serverAuth,clientAuth");
    }
    if (recipe->alternative_names != NULL) {
        add_extension(certificate, issuer, NID_subject_alt_name, recipe->alternative_names);
    }
}

void identity_make(struct identity *identity, const struct identity_recipe *recipe)
{
    static long serial = 1;
    const struct identity *issuer = recipe->issuer != NULL ? recipe->issuer : identity;
    X509 *certificate = X509_new();
    BIO *text = BIO_new(BIO_s_mem());

    identity->key = recipe->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    identity->certificate = certificate;
    assert(identity->key != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    set_dates(certificate, recipe);
    set_name(certificate, recipe->common_name);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate));
    X509_set_pubkey(certificate, identity->key);
    set_extensions(certificate, recipe);
    assert(X509_sign(certificate, issuer->key, EVP_sha256()) > 0);

    PEM_write_bio_X509(text, certificate);
    to_text(text, identity->certificate_pem);
    text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(text, identity->key, NULL, NULL, 0, NULL, NULL);
    to_text(text, identity->key_pem);
}

void identity_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

/* The server ------------------------------------------------------------------------------------ */

static void require_client(SSL_CTX *settings, const struct identity *client_ca)
{
    X509_STORE_add_cert(SSL_CTX_get_cert_store(settings), client_ca->certificate);
    SSL_CTX_set_verify(settings, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

static int is_asked_for(const char *protocol, const unsigned char *asked, unsigned int asked_len)
{
    const size_t len = strlen(protocol);

    return asked_len == len + 1 && asked[0] == len && memcmp(asked + 1, protocol, len) == 0;
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                           const unsigned char *asked, unsigned int asked_len, void *context)
{
    const struct peer *peer = context;

    (void)ssl;
    if (!is_asked_for(peer->recipe->protocol, asked, asked_len)) {
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol */
    }
    *chosen = asked + 1;
    *chosen_len = asked[0];
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL asks choose_protocol() only about clients that ask for one. */
static int demand_protocol(SSL *ssl, int *alert, void *context)
{
    const unsigned char *asked = NULL;
    size_t len = 0;

    (void)context;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
                                     &asked, &len)
               ? SSL_CLIENT_HELLO_SUCCESS
               : SSL_CLIENT_HELLO_ERROR;
}

static void require_protocol(struct peer *peer)
{
    SSL_CTX_set_alpn_select_cb(peer->settings, choose_protocol, peer);
    SSL_CTX_set_client_hello_cb(peer->settings, demand_protocol, NULL);
}

void peer_start(struct peer *peer, const struct peer_recipe *recipe)
{
    *peer = (struct peer){ .recipe = recipe,
                           .piece = SIZE_MAX,
                           .cut_after = SIZE_MAX,
                           .cut_result = OTTER_ERR_LINK,
                           .flip_at = SIZE_MAX };
    if (recipe->identity == NULL) {
        return;
    }
    peer->settings = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(peer->settings, recipe->identity->certificate);
    SSL_CTX_use_PrivateKey(peer->settings, recipe->identity->key);
    for (int i = 0; i < recipe->extra_certificates; i++) {
        SSL_CTX_add1_chain_cert(peer->settings, recipe->identity->certificate);
    }
    if (recipe->version != 0) {
        SSL_CTX_set_min_proto_version(peer->settings, recipe->version);
        SSL_CTX_set_max_proto_version(peer->settings, recipe->version);
    }
    if (recipe->client_ca != NULL) {
        require_client(peer->settings, recipe->client_ca);
    }
    if (recipe->protocol != NULL) {
        require_protocol(peer);
    }
}

void peer_stop(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->settings);
    peer->ssl = NULL;
    peer->settings = NULL;
}

void peer_say_goodbye(struct peer *peer)
{
    SSL_shutdown(peer->ssl);
}

/* Let the server do what it can with what it has. */
static void work(struct peer *peer)
{
    char bytes[4096];
    int got;

    ERR_clear_error();
    if (!SSL_is_init_finished(peer->ssl)) {
        const int done = SSL_do_handshake(peer->ssl);
        peer->refused = SSL_get_error(peer->ssl, done) == SSL_ERROR_SSL;
    }
    while (SSL_is_init_finished(peer->ssl)
           && (got = SSL_read(peer->ssl, bytes, sizeof bytes)) > 0) {
        const int echoed = SSL_write(peer->ssl, bytes, got);
        assert(echoed == got);
    }
    peer->said_goodbye = (SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* The link to it -------------------------------------------------------------------------------- */

static enum otter_result open_peer(void *port, const struct otter_endpoint *endpoint)
{
    struct peer *peer = port;

    (void)endpoint;
    peer->told = 0;
    peer->refused = false;
    peer->plain_left = peer->recipe->plain_text != NULL ? strlen(peer->recipe->plain_text) : 0;
    if (peer->settings == NULL) {
        return OTTER_AGAIN;
    }
    SSL_free(peer->ssl);
    peer->ssl = SSL_new(peer->settings);
    peer->from_device = BIO_new(BIO_s_mem());
    peer->to_device = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(peer->from_device, -1);
    BIO_set_mem_eof_return(peer->to_device, -1);
    SSL_set_bio(peer->ssl, peer->from_device, peer->to_device);
    SSL_set_accept_state(peer->ssl);
    return OTTER_AGAIN;
}

static enum otter_result progress(void *port)
{
    (void)port;
    return OTTER_OK;
}

static bool pauses(struct peer *peer)
{
    peer->skip = peer->stutters && !peer->skip;
    return peer->skip;
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int send_to_peer(void *port, const void *src, size_t len)
{
    struct peer *peer = port;
    const size_t moved = lesser(len, peer->piece);

    if (peer->takes_nothing || pauses(peer)) {
        return 0;
    }
    if (peer->ssl == NULL) {
        return (int)moved;
    }
    if (peer->refused) {
        return OTTER_ERR_CLOSED;
    }
    const int written = BIO_write(peer->from_device, src, (int)moved);
    work(peer);
    return written;
}

static int receive_plain_text(struct peer *peer, void *dst, size_t len)
{
    const char *text = peer->recipe->plain_text;
    const size_t moved = lesser(len, peer->plain_left);

    if (moved == 0) {
        return text == NULL ? OTTER_ERR_CLOSED : 0;
    }
    memcpy(dst, text + strlen(text) - peer->plain_left, moved);
    peer->plain_left -= moved;
    return (int)moved;
}

static void damage(const struct peer *peer, uint8_t *bytes, int len)
{
    if (peer->flip_at >= peer->told && peer->flip_at - peer->told < (size_t)len) {
        bytes[peer->flip_at - peer->told] ^= 0x10;
    }
}

static int receive_from_peer(void *port, void *dst, size_t len)
{
    struct peer *peer = port;
    const size_t room = lesser(lesser(len, peer->piece), peer->cut_after - peer->told);

    if (room == 0) {
        return peer->cut_result;
    }
    if (pauses(peer)) {
        return 0;
    }
    if (peer->ssl == NULL) {
        return receive_plain_text(peer, dst, room);
    }
    const int got = BIO_read(peer->to_device, dst, (int)lesser(room, 1 << 20));
    if (got <= 0) {
        return 0;
    }
    damage(peer, dst, got);
    peer->told += (size_t)got;
    return got;
}

static void close_peer(void *port)
{
    (void)port;
}

static const char *explain(void *port)
{
    (void)port;
    return "";
}

static const struct otter_link_ops peer_ops = {
    .open = open_peer,
    .progress = progress,
    .send = send_to_peer,
    .receive = receive_from_peer,
    .close = close_peer,
    .explain = explain,
};

struct otter_link peer_link(struct peer *peer)
{
    return (struct otter_link){ .ops = &peer_ops, .port = peer };
}
