/* SPDX-License-Identifier: Apache-2.0 */

/* The TLS link over real sockets, to the broker that most people run. Mosquitto listens twice on
 * loopback: with TLS and client certificates required, and in the clear. */

#include "otter/tls_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "otter/mbedtls_random.h"
#include "otter/posix_link.h"
#include "peer.h"

#define PATIENCE 5000 /* tries, a millisecond apart */

static char folder[] = "/tmp/otter-tls-XXXXXX";
static struct identity ca, other_ca, server, device, stranger;
static struct otter_endpoint secure_port = { .host = "127.0.0.1" };
static struct otter_endpoint plain_port = { .host = "127.0.0.1" };
static pid_t broker;

static struct otter_mbedtls_random generator;
static struct otter_posix_link tcp;
static struct otter_tls_config config;
static struct otter_tls_link tls;
static struct otter_link tls_link;

/* The broker ------------------------------------------------------------------------------------ */

static const char *path_of(const char *name)
{
    static char path[64];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    const int probe = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    (void)close(probe);
    return ntohs(address.sin_port);
}

static void write_broker_files(void)
{
    char text[1024];

    write_file("ca.pem", ca.certificate_pem);
    write_file("server.pem", server.certificate_pem);
    write_file("server.key", server.key_pem);
    (void)snprintf(text, sizeof text,
                   "per_listener_settings true\n"
                   "listener %u 127.0.0.1\n"
                   "allow_anonymous true\n"
                   "listener %u 127.0.0.1\n"
                   "allow_anonymous true\n"
                   "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\n"
                   "require_certificate true\n",
                   plain_port.port, secure_port.port, folder, folder, folder);
    write_file("mosquitto.conf", text);
}

/* Ready when the listener that the configuration names last takes connections. */
static bool wait_for_broker(void)
{
    const struct otter_link probe = otter_posix_link_init(&tcp);
    enum otter_result result = OTTER_ERR_HOST;

    for (int i = 0; i < PATIENCE && result != OTTER_OK; i++) {
        result = probe.ops->progress(probe.port);
        if (result != OTTER_OK && result != OTTER_AGAIN) {
            (void)probe.ops->open(probe.port, &secure_port);
        }
        (void)poll(NULL, 0, 1);
    }
    probe.ops->close(probe.port);
    return result == OTTER_OK;
}

static void start_broker(void)
{
    write_broker_files();
    broker = fork();
    assert_true(broker >= 0);
    if (broker == 0) {
        (void)freopen("/dev/null", "w", stderr);
        (void)execlp("mosquitto", "mosquitto", "-c", path_of("mosquitto.conf"), (char *)NULL);
        (void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", path_of("mosquitto.conf"),
                    (char *)NULL);
        _exit(127);
    }
    assert_true(wait_for_broker());
}

static int start(void **state)
{
    (void)state;
    identity_make(&ca, &(struct identity_recipe){ .common_name = "CA" });
    identity_make(&other_ca, &(struct identity_recipe){ .common_name = "Other CA" });
    identity_make(&server, &(struct identity_recipe){ .common_name = "broker",
                                                      .alternative_names = "IP:127.0.0.1",
                                                      .issuer = &ca });
    identity_make(&device, &(struct identity_recipe){ .common_name = "device", .issuer = &ca });
    identity_make(&stranger,
                  &(struct identity_recipe){ .common_name = "stranger", .issuer = &other_ca });
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0); /* as root, Mosquitto becomes another user */
    secure_port.port = free_port();
    plain_port.port = free_port();
    start_broker();
    return otter_mbedtls_random_init(&generator, "test") == OTTER_OK ? 0 : -1;
}

static int stop(void **state)
{
    static const char *const files[] = { "ca.pem", "server.pem", "server.key", "mosquitto.conf" };
    struct identity *identities[] = { &ca, &other_ca, &server, &device, &stranger };

    (void)state;
    (void)kill(broker, SIGTERM);
    (void)waitpid(broker, NULL, 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)unlink(path_of(files[i]));
    }
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        identity_free(identities[i]);
    }
    return rmdir(folder);
}

/* The device ------------------------------------------------------------------------------------ */

static int prepare(void **state)
{
    (void)state;
    config = (struct otter_tls_config){
        .lower = otter_posix_link_init(&tcp),
        .ca = otter_tls_pem(ca.certificate_pem),
        .certificate = otter_tls_pem(device.certificate_pem),
        .key = otter_tls_pem(device.key_pem),
        .random = otter_mbedtls_random,
        .random_context = &generator,
    };
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    otter_tls_link_free(&tls);
    return 0;
}

static enum otter_result open_to(const struct otter_endpoint *endpoint)
{
    assert_int_equal(otter_tls_link_init(&tls, &config), OTTER_OK);
    tls_link = otter_tls_link(&tls);
    enum otter_result result = tls_link.ops->open(tls_link.port, endpoint);

    for (int i = 0; i < PATIENCE && result == OTTER_AGAIN; i++) {
        result = tls_link.ops->progress(tls_link.port);
        (void)poll(NULL, 0, 1);
    }
    return result;
}

static void the_broker_welcomes_a_device_with_its_certificate(void **state)
{
    static const uint8_t connect[] = { 0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 1, 'x' };
    static const uint8_t welcome[] = { 0x20, 2, 0, 0 };
    uint8_t answer[sizeof welcome];
    int received = 0;

    (void)state;
    assert_int_equal(open_to(&secure_port), OTTER_OK);
    assert_int_equal(tls_link.ops->send(tls_link.port, connect, sizeof connect), sizeof connect);
    for (int i = 0; i < PATIENCE && received == 0; i++) {
        received = tls_link.ops->receive(tls_link.port, answer, sizeof answer);
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(received, sizeof welcome);
    assert_memory_equal(answer, welcome, sizeof welcome);
}

static void the_broker_refuses_a_device_without_certificate(void **state)
{
    (void)state;
    config.certificate = config.key = otter_tls_pem(NULL);
    assert_int_equal(open_to(&secure_port), OTTER_ERR_REFUSED);
    assert_string_equal(tls_link.ops->explain(tls_link.port),
                        "the server asks for a certificate of this device, which has none");
}

static void the_broker_refuses_a_certificate_of_another_ca(void **state)
{
    (void)state;
    config.certificate = otter_tls_pem(stranger.certificate_pem);
    config.key = otter_tls_pem(stranger.key_pem);
    assert_int_equal(open_to(&secure_port), OTTER_ERR_REFUSED);
}

static void a_device_refuses_a_broker_of_another_ca(void **state)
{
    (void)state;
    config.ca = otter_tls_pem(other_ca.certificate_pem);
    assert_int_equal(open_to(&secure_port), OTTER_ERR_PEER_UNTRUSTED);
}

static void a_device_refuses_a_broker_of_another_name(void **state)
{
    const struct otter_endpoint other = { "127.0.0.1", secure_port.port, "broker.test" };

    (void)state;
    assert_int_equal(open_to(&other), OTTER_ERR_PEER_UNTRUSTED);
}

static void a_broker_without_tls_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_to(&plain_port), OTTER_ERR_CLOSED);
    assert_string_equal(tls_link.ops->explain(tls_link.port),
                        "the peer closed the connection at the TLS greeting; it may not speak TLS");
}

static void a_port_where_nobody_listens_keeps_the_words_of_the_lower_link(void **state)
{
    const struct otter_endpoint nobody = { "127.0.0.1", free_port(), NULL };

    (void)state;
    assert_int_equal(open_to(&nobody), OTTER_ERR_HOST);
    assert_non_null(strstr(tls_link.ops->explain(tls_link.port), "refused"));
}

#define BROKER_TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BROKER_TEST(the_broker_welcomes_a_device_with_its_certificate),
        BROKER_TEST(the_broker_refuses_a_device_without_certificate),
        BROKER_TEST(the_broker_refuses_a_certificate_of_another_ca),
        BROKER_TEST(a_device_refuses_a_broker_of_another_ca),
        BROKER_TEST(a_device_refuses_a_broker_of_another_name),
        BROKER_TEST(a_broker_without_tls_is_refused),
        BROKER_TEST(a_port_where_nobody_listens_keeps_the_words_of_the_lower_link),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
