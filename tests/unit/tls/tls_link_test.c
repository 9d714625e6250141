/* SPDX-License-Identifier: Apache-2.0 */

/* The TLS link against OpenSSL: what is accepted, what is refused and with which words, and that
 * neither pieces, cuts nor damage confuse it. */

#include "otter/tls_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "otter/mbedtls_platform.h"
#include "otter/mbedtls_random.h"
#include "peer.h"

#define HOUR_S   3600L
#define PATIENCE 400000

static struct otter_mbedtls_random generator;
static struct identity ca, other_ca, server, rsa_server, device, stranger;

static struct otter_tls_config config;
static struct otter_tls_link tls;
static struct otter_link tls_link;
static struct peer peer;
static const struct peer_recipe usual_peer = { .identity = &server };
static const struct otter_endpoint broker = { .host = "broker.test", .port = 8883 };

static int make_identities(void **state)
{
    (void)state;
    identity_make(&ca, &(struct identity_recipe){ .common_name = "CA" });
    identity_make(&other_ca, &(struct identity_recipe){ .common_name = "Other CA" });
    identity_make(&server, &(struct identity_recipe){
                               .common_name = "server",
                               .alternative_names = "DNS:broker.test,DNS:*.wild.test,IP:10.0.2.2",
                               .issuer = &ca });
    identity_make(&rsa_server, &(struct identity_recipe){
                                   .common_name = "broker.test", .issuer = &ca, .rsa = true });
    identity_make(&device, &(struct identity_recipe){ .common_name = "device", .issuer = &ca });
    identity_make(&stranger,
                  &(struct identity_recipe){ .common_name = "stranger", .issuer = &other_ca });
    return otter_mbedtls_random_init(&generator, "test") == OTTER_OK ? 0 : -1;
}

static int free_identities(void **state)
{
    struct identity *all[] = { &ca, &other_ca, &server, &rsa_server, &device, &stranger };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        identity_free(all[i]);
    }
    return 0;
}

/* A device that trusts `ca` and has no certificate of its own. */
static int prepare(void **state)
{
    (void)state;
    config = (struct otter_tls_config){
        .lower = peer_link(&peer),
        .ca = otter_tls_pem(ca.certificate_pem),
        .random = otter_mbedtls_random,
        .random_context = &generator,
    };
    tls_link = otter_tls_link(&tls);
    peer_start(&peer, &usual_peer);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    otter_tls_link_free(&tls);
    peer_stop(&peer);
    return 0;
}

static void use_peer(const struct peer_recipe *recipe)
{
    peer_stop(&peer);
    peer_start(&peer, recipe);
}

static void use_device_identity(const struct identity *identity)
{
    config.certificate = otter_tls_pem(identity->certificate_pem);
    config.key = otter_tls_pem(identity->key_pem);
}

static enum otter_result open_to(const struct otter_endpoint *endpoint)
{
    enum otter_result result = tls_link.ops->open(tls_link.port, endpoint);

    for (int i = 0; i < PATIENCE && result == OTTER_AGAIN; i++) {
        result = tls_link.ops->progress(tls_link.port);
    }
    return result;
}

static enum otter_result init_and_open(const struct otter_endpoint *endpoint)
{
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_OK);
    return open_to(endpoint);
}

static void assert_refused(const struct otter_endpoint *endpoint, enum otter_result expected,
                           const char *words)
{
    assert_int_equal(init_and_open(endpoint), expected);
    assert_string_equal(tls_link.ops->explain(tls_link.port), words);
    assert_int_equal(tls_link.ops->progress(tls_link.port), OTTER_ERR_LINK);
    assert_int_equal(tls_link.ops->send(tls_link.port, "x", 1), OTTER_ERR_LINK);
}

static int send_patiently(const uint8_t *bytes, size_t len)
{
    int sent = 0;

    for (int i = 0; i < PATIENCE && sent == 0; i++) {
        sent = tls_link.ops->send(tls_link.port, bytes, len);
    }
    return sent;
}

static int receive_patiently(uint8_t *bytes, size_t len)
{
    int received = 0;

    for (int i = 0; i < PATIENCE && received == 0; i++) {
        received = tls_link.ops->receive(tls_link.port, bytes, len);
    }
    return received;
}

/* Send a pattern of @p total bytes in pieces of odd sizes, and receive it back the same way. */
static void echo(size_t total)
{
    static uint8_t out[102400], in[sizeof out];
    size_t sent = 0, received = 0;

    assert_in_range(total, 1, sizeof out);
    for (size_t i = 0; i < total; i++) {
        out[i] = (uint8_t)(i * 31 + i / 251);
    }
    for (size_t turn = 0; received < total; turn++) {
        const size_t piece = 1 + turn * 977 % 5003;
        const size_t wanted = total - sent < piece ? total - sent : piece;

        if (wanted > 0) {
            const int n = tls_link.ops->send(tls_link.port, out + sent, wanted);
            assert_in_range(n, 0, wanted);
            sent += (size_t)n;
        }
        const int n = tls_link.ops->receive(tls_link.port, in + received,
                                            total - received < 701 ? total - received : 701);
        assert_true(n >= 0);
        received += (size_t)n;
        assert_true(turn < PATIENCE);
    }
    assert_memory_equal(in, out, total);
}

/* What is accepted ------------------------------------------------------------------------------ */

static void the_right_server_is_accepted_and_echoes_100_kib(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    assert_true(tls_link.ops->secure);
    assert_string_equal(tls_link.ops->explain(tls_link.port), "");
    echo(102400);
}

static void the_suite_is_aes_gcm_and_the_server_knows_who_is_meant(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    assert_string_equal(SSL_get_cipher_name(peer.ssl), "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert_string_equal(SSL_get_version(peer.ssl), "TLSv1.2");
    assert_string_equal(SSL_get_servername(peer.ssl, TLSEXT_NAMETYPE_host_name), "broker.test");
}

static void a_link_that_gives_single_bytes_changes_nothing(void **state)
{
    (void)state;
    peer.piece = 1;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    echo(3000);
}

static void a_link_that_stutters_changes_nothing(void **state)
{
    (void)state;
    peer.piece = 13;
    peer.stutters = true;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    echo(30000);
}

static void bytes_that_the_lower_link_did_not_take_at_once_leave_with_a_receive(void **state)
{
    uint8_t answer[5] = { 0 };

    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    peer.takes_nothing = true;
    assert_int_equal(tls_link.ops->send(tls_link.port, "hello", 5), 5);
    assert_int_equal(tls_link.ops->send(tls_link.port, "again", 5), 0);
    assert_int_equal(tls_link.ops->receive(tls_link.port, answer, sizeof answer), 0);
    peer.takes_nothing = false;
    assert_int_equal(receive_patiently(answer, sizeof answer), 5);
    assert_memory_equal(answer, "hello", 5);
}

static void an_rsa_server_is_accepted(void **state)
{
    (void)state;
    use_peer(&(const struct peer_recipe){ .identity = &rsa_server });
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    echo(5000);
}

static void one_of_several_cas_is_enough(void **state)
{
    static char both[2 * PEM_MAX];

    (void)state;
    strcpy(both, other_ca.certificate_pem);
    strcat(both, ca.certificate_pem);
    config.ca = otter_tls_pem(both);
    assert_int_equal(init_and_open(&broker), OTTER_OK);
}

static void a_link_opens_again_after_it_was_closed(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    for (int i = 0; i < 3; i++) {
        echo(100);
        tls_link.ops->close(tls_link.port);
        tls_link.ops->close(tls_link.port);
        assert_int_equal(open_to(&broker), OTTER_OK);
    }
}

/* Names ----------------------------------------------------------------------------------------- */

static void the_server_name_counts_and_not_the_host(void **state)
{
    static const struct otter_endpoint by_address = { "192.0.2.7", 8883, "broker.test" };

    (void)state;
    assert_int_equal(init_and_open(&by_address), OTTER_OK);
}

static void a_wildcard_covers_one_label(void **state)
{
    static const struct otter_endpoint covered = { "a.wild.test", 8883, NULL };
    static const struct otter_endpoint deeper = { "a.b.wild.test", 8883, NULL };

    (void)state;
    assert_int_equal(init_and_open(&covered), OTTER_OK);
    assert_int_equal(open_to(&deeper), OTTER_ERR_PEER_UNTRUSTED);
}

static void a_server_of_another_name_is_refused(void **state)
{
    static const struct otter_endpoint other = { "other.test", 8883, NULL };

    (void)state;
    assert_refused(&other, OTTER_ERR_PEER_UNTRUSTED,
                   "the server's certificate is for another name: wanted other.test");
}

static void an_address_in_the_certificate_is_accepted(void **state)
{
    static const struct otter_endpoint address = { "10.0.2.2", 8883, NULL };

    (void)state;
    assert_int_equal(init_and_open(&address), OTTER_OK);
    assert_null(SSL_get_servername(peer.ssl, TLSEXT_NAMETYPE_host_name));
}

static void an_address_that_is_not_in_the_certificate_is_refused(void **state)
{
    static const struct otter_endpoint address = { "10.0.2.3", 8883, NULL };

    (void)state;
    assert_refused(&address, OTTER_ERR_PEER_UNTRUSTED,
                   "the server's certificate is for another name: wanted 10.0.2.3");
}

static void an_address_written_as_a_name_proves_nothing(void **state)
{
    static const struct otter_endpoint address = { "10.0.2.9", 8883, NULL };
    struct identity imposter;

    (void)state;
    identity_make(&imposter, &(struct identity_recipe){ .common_name = "10.0.2.9",
                                                        .alternative_names = "DNS:10.0.2.9",
                                                        .issuer = &ca });
    use_peer(&(const struct peer_recipe){ .identity = &imposter });
    assert_int_equal(init_and_open(&address), OTTER_ERR_PEER_UNTRUSTED);
    identity_free(&imposter);
}

static void texts_that_only_look_like_an_address_are_names(void **state)
{
    static const char *const names[] = { "010.0.2.2", "10.0.2.2.", "10.0.2",          "10.0.2.256",
                                         "10.0.2.2x", "",          "4294967306.0.2.2" };

    (void)state;
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct otter_endpoint endpoint = { names[i], 8883, NULL };

        assert_int_equal(open_to(&endpoint), OTTER_ERR_PEER_UNTRUSTED);
    }
}

static void an_ipv6_address_needs_a_server_name(void **state)
{
    static const struct otter_endpoint bare = { "::1", 8883, NULL };
    static const struct otter_endpoint named = { "::1", 8883, "broker.test" };

    (void)state;
    assert_refused(&bare, OTTER_ERR_PEER_UNTRUSTED,
                   "an IPv6 address cannot be checked; set the server's name for ::1");
    assert_int_equal(open_to(&named), OTTER_OK);
}

/* Protocols ------------------------------------------------------------------------------------- */

static const struct peer_recipe many_protocols = { .identity = &server,
                                                   .protocol = "x-amzn-mqtt-ca" };

static void a_server_of_many_protocols_is_told_which_one(void **state)
{
    const unsigned char *chosen = NULL;
    unsigned int len = 0;

    (void)state;
    use_peer(&many_protocols);
    config.protocol = "x-amzn-mqtt-ca";
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    SSL_get0_alpn_selected(peer.ssl, &chosen, &len);
    assert_int_equal(len, strlen(config.protocol));
    assert_memory_equal(chosen, config.protocol, len);
    echo(100);
}

static void a_server_that_does_not_speak_the_protocol_says_so(void **state)
{
    (void)state;
    use_peer(&many_protocols);
    config.protocol = "http/1.1";
    assert_refused(&broker, OTTER_ERR_PROTOCOL,
                   "the server does not speak the protocol that this device asks for (ALPN)");
}

static void a_server_that_must_be_told_is_not_without_a_protocol(void **state)
{
    (void)state;
    use_peer(&many_protocols);
    assert_int_equal(init_and_open(&broker), OTTER_ERR_PROTOCOL);
}

static void a_server_that_knows_no_alpn_is_accepted(void **state)
{
    (void)state;
    config.protocol = "x-amzn-mqtt-ca";
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    echo(100);
}

static void a_protocol_without_a_name_that_fits_is_refused_at_once(void **state)
{
    static char name[257];

    (void)state;
    config.protocol = "";
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_ERR_ARGUMENT);
    memset(name, 'x', sizeof name - 1);
    config.protocol = name;
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_ERR_ARGUMENT);
    assert_string_equal(tls_link.ops->explain(tls_link.port),
                        "the protocol to ask the server for has no or too long a name");
    name[255] = '\0';
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_OK);
}

/* Certificates ---------------------------------------------------------------------------------- */

static void a_server_of_another_ca_is_refused(void **state)
{
    (void)state;
    config.ca = otter_tls_pem(other_ca.certificate_pem);
    assert_refused(&broker, OTTER_ERR_PEER_UNTRUSTED,
                   "the server's certificate is not signed by this device's CA");
}

static void assert_server_refused(const struct identity_recipe *recipe, const char *words)
{
    struct identity identity;

    identity_make(&identity, recipe);
    use_peer(&(const struct peer_recipe){ .identity = &identity });
    assert_refused(&broker, OTTER_ERR_PEER_UNTRUSTED, words);
    identity_free(&identity);
}

static void an_expired_server_is_refused(void **state)
{
    (void)state;
    assert_server_refused(&(struct identity_recipe){ .common_name = "broker.test",
                                                     .issuer = &ca,
                                                     .valid_from_s = -2 * HOUR_S,
                                                     .valid_until_s = -HOUR_S },
                          "the server's certificate has expired");
}

static void a_server_from_the_future_is_refused(void **state)
{
    (void)state;
    assert_server_refused(
        &(struct identity_recipe){ .common_name = "broker.test",
                                   .issuer = &ca,
                                   .valid_from_s = HOUR_S,
                                   .valid_until_s = 2 * HOUR_S },
        "the server's certificate is not valid yet, or this device's clock is behind");
}

static void a_server_that_signed_itself_is_refused(void **state)
{
    (void)state;
    assert_server_refused(&(struct identity_recipe){ .common_name = "broker.test" },
                          "the server's certificate is not signed by this device's CA");
}

static void a_certificate_of_a_client_makes_no_server(void **state)
{
    (void)state;
    assert_server_refused(&(struct identity_recipe){ .common_name = "broker.test",
                                                     .issuer = &ca,
                                                     .for_clients = true },
                          "the server's certificate was not made for a TLS server");
}

static int64_t the_beginning_of_time(void)
{
    return 0;
}

static int64_t system_time(void)
{
    return (int64_t)time(NULL);
}

static void a_device_whose_clock_was_never_set_trusts_nobody(void **state)
{
    (void)state;
    otter_mbedtls_use_clock(the_beginning_of_time);
    const enum otter_result result = init_and_open(&broker);
    otter_mbedtls_use_clock(system_time);
    assert_int_equal(result, OTTER_ERR_PEER_UNTRUSTED);
    assert_int_equal(open_to(&broker), OTTER_OK);
}

/* The device's own certificate ------------------------------------------------------------------ */

static const struct peer_recipe strict_peer = { .identity = &server, .client_ca = &ca };

static void a_device_shows_its_certificate_to_a_server_that_asks(void **state)
{
    (void)state;
    use_peer(&strict_peer);
    use_device_identity(&device);
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    echo(1000);
}

static void a_server_that_wants_a_certificate_refuses_a_device_without(void **state)
{
    (void)state;
    use_peer(&strict_peer);
    assert_refused(&broker, OTTER_ERR_REFUSED,
                   "the server asks for a certificate of this device, which has none");
}

static void a_server_refuses_a_certificate_of_another_ca(void **state)
{
    (void)state;
    use_peer(&strict_peer);
    use_device_identity(&stranger);
    assert_refused(&broker, OTTER_ERR_REFUSED,
                   "the server refused this device's certificate: it does not know its CA");
}

static void a_server_refuses_an_expired_certificate_of_the_device(void **state)
{
    struct identity expired;

    (void)state;
    identity_make(&expired, &(struct identity_recipe){ .common_name = "device",
                                                       .issuer = &ca,
                                                       .valid_from_s = -2 * HOUR_S,
                                                       .valid_until_s = -HOUR_S });
    use_peer(&strict_peer);
    use_device_identity(&expired);
    assert_refused(&broker, OTTER_ERR_REFUSED,
                   "the server refused this device's certificate: it has expired");
    identity_free(&expired);
}

static void assert_init_fails(const char *words)
{
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_ERR_ARGUMENT);
    assert_string_equal(tls_link.ops->explain(tls_link.port), words);
}

static void malformed_documents_are_named_at_init(void **state)
{
    (void)state;
    use_device_identity(&device);
    config.key = otter_tls_pem(server.key_pem);
    assert_init_fails("this device's key is not that of its certificate");
    config.key = otter_tls_pem(NULL);
    assert_init_fails("this device's key is missing or malformed");
    config.key = otter_tls_pem(device.key_pem);
    config.certificate = otter_tls_pem("-----BEGIN CERTIFICATE-----\n");
    assert_init_fails("this device's certificate is missing or malformed");
    config.ca = otter_tls_pem("");
    assert_init_fails("the CA is missing or malformed");
}

static void a_ca_file_with_one_damaged_certificate_is_refused(void **state)
{
    static char both[2 * PEM_MAX];

    (void)state;
    strcpy(both, ca.certificate_pem);
    strcat(both, other_ca.certificate_pem);
    memcpy(strstr(both + strlen(ca.certificate_pem), "\n") + 1, "AAAA", 4);
    config.ca = otter_tls_pem(both);
    assert_init_fails("the CA is missing or malformed");
}

/* Peers that speak something else --------------------------------------------------------------- */

static void a_peer_that_answers_in_plain_text_is_refused(void **state)
{
    (void)state;
    use_peer(&(const struct peer_recipe){ .plain_text = "HTTP/1.1 400 Bad Request\r\n\r\n" });
    assert_refused(&broker, OTTER_ERR_PROTOCOL, "the peer does not speak TLS");
}

static void a_peer_that_hangs_up_at_the_greeting_is_said_to_perhaps_speak_no_tls(void **state)
{
    (void)state;
    use_peer(&(const struct peer_recipe){ .identity = NULL });
    assert_refused(&broker, OTTER_ERR_CLOSED,
                   "the peer closed the connection at the TLS greeting; it may not speak TLS");
}

static void a_server_that_only_speaks_another_version_is_refused(void **state)
{
    (void)state;
    use_peer(&(const struct peer_recipe){ .identity = &server, .version = TLS1_3_VERSION });
    assert_refused(&broker, OTTER_ERR_PROTOCOL, "the server does not speak TLS 1.2");
}

static void a_chain_may_be_as_long_as_a_record_and_no_longer(void **state)
{
    (void)state;
    use_peer(&(const struct peer_recipe){ .identity = &server, .extra_certificates = 20 });
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    otter_tls_link_free(&tls);
    use_peer(&(const struct peer_recipe){ .identity = &server, .extra_certificates = 60 });
    assert_refused(&broker, OTTER_ERR_PROTOCOL,
                   "a message of the TLS handshake is longer than 16384 bytes; shorten the "
                   "server's chain");
}

static enum otter_result no_random(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
    return OTTER_ERR_CRYPTO;
}

static void without_random_bytes_there_is_no_handshake(void **state)
{
    (void)state;
    config.random = no_random;
    assert_refused(&broker, OTTER_ERR_CRYPTO, "there are no random bytes");
}

/* Cuts and damage ------------------------------------------------------------------------------- */

static void a_handshake_cut_anywhere_fails_and_says_so(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    const size_t handshake_size = peer.told;

    for (size_t cut = 0; cut < handshake_size; cut += 29) {
        peer.cut_after = cut;
        peer.cut_result = OTTER_ERR_LINK;
        const enum otter_result result = open_to(&broker);
        assert_true(result == OTTER_ERR_LINK || (result == OTTER_ERR_CLOSED && cut < 200));
        assert_non_null(strstr(tls_link.ops->explain(tls_link.port), "the connection"));
        peer.cut_result = OTTER_ERR_CLOSED;
        assert_int_equal(open_to(&broker), OTTER_ERR_CLOSED);
        assert_non_null(strstr(tls_link.ops->explain(tls_link.port), "closed the connection"));
    }
    peer.cut_after = SIZE_MAX;
    assert_int_equal(open_to(&broker), OTTER_OK);
}

static void a_handshake_damaged_anywhere_never_opens(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    const size_t handshake_size = peer.told;

    peer.cut_result = OTTER_ERR_CLOSED;
    peer.cut_after = handshake_size; /* or a longer record length would wait for ever */
    for (size_t at = 0; at < handshake_size - 256; at += 23) {
        peer.flip_at = at;
        const enum otter_result result = open_to(&broker);
        if (result == OTTER_OK) {
            uint8_t byte;
            assert_true(receive_patiently(&byte, 1) < 0);
        }
        assert_true(result < 0 && result != OTTER_AGAIN);
    }
}

static void a_stream_cut_inside_a_record_is_no_orderly_end(void **state)
{
    uint8_t answer[64];

    (void)state;
    for (int result = OTTER_ERR_LINK; result >= OTTER_ERR_LINK && result <= OTTER_ERR_CLOSED;
         result++) {
        tls_link = otter_tls_link(&tls);
        assert_int_equal(init_and_open(&broker), OTTER_OK);
        peer.cut_after = peer.told + 10;
        peer.cut_result = result;
        assert_int_equal(send_patiently((const uint8_t *)"hello", 5), 5);
        assert_int_equal(receive_patiently(answer, sizeof answer), OTTER_ERR_LINK);
        assert_int_equal(receive_patiently(answer, sizeof answer), OTTER_ERR_LINK);
        assert_int_equal(send_patiently((const uint8_t *)"hello", 5), OTTER_ERR_LINK);
        otter_tls_link_free(&tls);
        peer.cut_after = SIZE_MAX;
    }
}

static void a_damaged_record_ends_the_stream(void **state)
{
    uint8_t answer[64];

    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    peer.flip_at = peer.told + 20;
    assert_int_equal(send_patiently((const uint8_t *)"hello", 5), 5);
    assert_int_equal(receive_patiently(answer, sizeof answer), OTTER_ERR_LINK);
}

static void goodbyes_are_understood_and_said(void **state)
{
    uint8_t byte;

    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    peer_say_goodbye(&peer);
    assert_int_equal(receive_patiently(&byte, 1), OTTER_ERR_CLOSED);
    assert_int_equal(receive_patiently(&byte, 1), OTTER_ERR_CLOSED);

    assert_int_equal(open_to(&broker), OTTER_OK);
    assert_false(peer.said_goodbye);
    tls_link.ops->close(tls_link.port);
    assert_true(peer.said_goodbye);
}

static void closing_never_waits_for_a_peer_that_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(init_and_open(&broker), OTTER_OK);
    peer.takes_nothing = true;
    tls_link.ops->close(tls_link.port);
    assert_int_equal(tls_link.ops->send(tls_link.port, "x", 1), OTTER_ERR_LINK);
}

/* Mbed TLS takes a signature that it had no memory to check for a wrong one: the server must not get
 * the blame. The last test, as Mbed TLS stays with the pool from here on. */
static void too_small_a_pool_is_named_whatever_its_size(void **state)
{
    static uint8_t pool[49152];
    enum otter_result result = OTTER_ERR_CRYPTO;

    (void)state;
    for (size_t size = 1024; size <= sizeof pool && result == OTTER_ERR_CRYPTO; size += 256) {
        otter_mbedtls_use_pool(pool, size);
        result = otter_tls_link_init(&tls, &config);
        if (result == OTTER_OK) {
            result = open_to(&broker);
        }
        if (result == OTTER_ERR_CRYPTO) {
            assert_string_equal(tls_link.ops->explain(tls_link.port),
                                "Mbed TLS has not enough memory; enlarge its pool");
        }
        otter_tls_link_free(&tls);
    }
    assert_int_equal(result, OTTER_OK);
}

#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(the_right_server_is_accepted_and_echoes_100_kib),
        TLS_TEST(the_suite_is_aes_gcm_and_the_server_knows_who_is_meant),
        TLS_TEST(a_link_that_gives_single_bytes_changes_nothing),
        TLS_TEST(a_link_that_stutters_changes_nothing),
        TLS_TEST(bytes_that_the_lower_link_did_not_take_at_once_leave_with_a_receive),
        TLS_TEST(an_rsa_server_is_accepted),
        TLS_TEST(one_of_several_cas_is_enough),
        TLS_TEST(a_link_opens_again_after_it_was_closed),
        TLS_TEST(the_server_name_counts_and_not_the_host),
        TLS_TEST(a_wildcard_covers_one_label),
        TLS_TEST(a_server_of_another_name_is_refused),
        TLS_TEST(an_address_in_the_certificate_is_accepted),
        TLS_TEST(an_address_that_is_not_in_the_certificate_is_refused),
        TLS_TEST(an_address_written_as_a_name_proves_nothing),
        TLS_TEST(texts_that_only_look_like_an_address_are_names),
        TLS_TEST(an_ipv6_address_needs_a_server_name),
        TLS_TEST(a_server_of_many_protocols_is_told_which_one),
        TLS_TEST(a_server_that_does_not_speak_the_protocol_says_so),
        TLS_TEST(a_server_that_must_be_told_is_not_without_a_protocol),
        TLS_TEST(a_server_that_knows_no_alpn_is_accepted),
        TLS_TEST(a_protocol_without_a_name_that_fits_is_refused_at_once),
        TLS_TEST(a_server_of_another_ca_is_refused),
        TLS_TEST(an_expired_server_is_refused),
        TLS_TEST(a_server_from_the_future_is_refused),
        TLS_TEST(a_server_that_signed_itself_is_refused),
        TLS_TEST(a_certificate_of_a_client_makes_no_server),
        TLS_TEST(a_device_whose_clock_was_never_set_trusts_nobody),
        TLS_TEST(a_device_shows_its_certificate_to_a_server_that_asks),
        TLS_TEST(a_server_that_wants_a_certificate_refuses_a_device_without),
        TLS_TEST(a_server_refuses_a_certificate_of_another_ca),
        TLS_TEST(a_server_refuses_an_expired_certificate_of_the_device),
        TLS_TEST(malformed_documents_are_named_at_init),
        TLS_TEST(a_ca_file_with_one_damaged_certificate_is_refused),
        TLS_TEST(a_peer_that_answers_in_plain_text_is_refused),
        TLS_TEST(a_peer_that_hangs_up_at_the_greeting_is_said_to_perhaps_speak_no_tls),
        TLS_TEST(a_server_that_only_speaks_another_version_is_refused),
        TLS_TEST(a_chain_may_be_as_long_as_a_record_and_no_longer),
        TLS_TEST(without_random_bytes_there_is_no_handshake),
        TLS_TEST(a_handshake_cut_anywhere_fails_and_says_so),
        TLS_TEST(a_handshake_damaged_anywhere_never_opens),
        TLS_TEST(a_stream_cut_inside_a_record_is_no_orderly_end),
        TLS_TEST(a_damaged_record_ends_the_stream),
        TLS_TEST(goodbyes_are_understood_and_said),
        TLS_TEST(closing_never_waits_for_a_peer_that_takes_nothing),
        TLS_TEST(too_small_a_pool_is_named_whatever_its_size),
    };

    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
