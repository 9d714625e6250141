/* SPDX-License-Identifier: Apache-2.0 */

/* The connection to a broker, with libmosquitto in this thread: everything happens inside
 * mqtt_host_step(), so nothing needs a lock. Each connection has a client of its own: the library would
 * send again what was on its way when the last one broke, to devices that have long given up. */

#include "mqtt_host.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "tls_files.h"

#define PORT_PLAIN        1883u
#define PORT_TLS          8883u
#define PORT_TLS_MUTUAL   8884u
#define KEEPALIVE_S       60
#define FIRST_PAUSE_MS    500u
#define LONGEST_PAUSE_MS  30000u
#define SUBACK_REFUSED    0x80
#define CONNACK_NOT_READY 3

static volatile sig_atomic_t interrupted;

/* --- time and signals --------------------------------------------------------------------------- */

uint64_t mqtt_host_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t mqtt_host_now_ms(void)
{
    return mqtt_host_now_us() / 1000u;
}

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void mqtt_host_catch_signals(void)
{
    /* The second Ctrl-C ends the program the hard way, should something hang. Calls that wait are
     * not resumed, so that the first one is answered at once. */
    struct sigaction action = { .sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND };

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool mqtt_host_is_interrupted(void)
{
    return interrupted != 0;
}

static void sleep_ms(const struct mqtt_host *host, uint64_t ms)
{
    struct pollfd other = { .fd = host->other, .events = POLLIN };

    (void)poll(&other, 1, (int)ms);
}

/* --- trouble ------------------------------------------------------------------------------------ */

/* Told once until it works again: a publisher may wait for its broker all night. */
static void tell_trouble(struct mqtt_host *host, const char *what, const char *next)
{
    if (host->was_told) {
        return;
    }
    host->was_told = true;
    message_error("broker %s, port %u: %s", host->options->host, (unsigned)host->port, what);
    message_next("%s", next);
}

/* Somewhere in the second half of the pause, so that not everybody whose broker came back is there at
 * the same moment. */
static uint32_t with_jitter(uint32_t pause_ms)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return pause_ms / 2 + (uint32_t)now.tv_nsec / 1000u % (pause_ms / 2);
}

static void go_down(struct mqtt_host *host)
{
    if (host->is_subscribed) {
        host->is_subscribed = false;
        host->handler->lost(host->handler->context);
    }
    host->state = MQTT_HOST_DOWN;
    host->next_try_ms = mqtt_host_now_ms() + with_jitter(host->pause_ms);
    host->pause_ms = host->pause_ms < LONGEST_PAUSE_MS / 2 ? host->pause_ms * 2 : LONGEST_PAUSE_MS;
}

/* What a connection that was never made most likely lacks. */
static const char *likely_remedy(const struct mqtt_host_options *options)
{
    if (options->plain) {
        return "Check whether that port wants TLS";
    }
    return options->cert != NULL ? "Check whether the broker trusts our certificate"
                                 : "Check whether the broker wants a --cert and --key of ours";
}

static void connection_failed(struct mqtt_host *host, int error)
{
    const char *what = mosquitto_strerror(error);
    const char *remedy = likely_remedy(host->options);
    char next[160];

    if (error == MOSQ_ERR_CONN_LOST || (error == MOSQ_ERR_ERRNO && errno == EPROTO)) {
        what = "it closed the connection"; /* the second is how TLS tells */
    } else if (error == MOSQ_ERR_ERRNO) {
        what = strerror(errno);
        remedy = "Check whether it runs, its --port and the network";
    } else if (error == MOSQ_ERR_EAI) {
        what = "there is no host of that name";
        remedy = "Check --host and the network";
    } else if (error == MOSQ_ERR_TLS) {
        what = "the TLS connection was not accepted";
        remedy = "Check --ca against the broker's certificate, and the name in that against --host";
    }
    if (host->is_subscribed) {
        remedy = "The broker's log may say why";
    }
    (void)snprintf(next, sizeof next, "%s%s.", remedy,
                   host->options->tries_once ? "" : "; trying again");
    tell_trouble(host, what, next);
    go_down(host);
}

/* --- libmosquitto's callbacks ------------------------------------------------------------------- */

static void on_connect(struct mosquitto *client, void *context, int code)
{
    struct mqtt_host *host = context;

    if (code != 0) {
        tell_trouble(host,
                     host->options->version_5 ? mosquitto_reason_string(code)
                                              : mosquitto_connack_string(code),
                     "Check what this certificate or user may do on the broker.");
        /* A broker that is not ready yet may change its mind; the other reasons stay. */
        host->state = code == CONNACK_NOT_READY || code == MQTT_RC_SERVER_UNAVAILABLE
                              || code == MQTT_RC_SERVER_BUSY
                          ? host->state
                          : MQTT_HOST_REFUSED;
        return;
    }
    (void)mosquitto_subscribe_multiple(client, NULL, host->topic_count, host->topics, 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *client, void *context, int id, int count,
                         const int *granted)
{
    struct mqtt_host *host = context;

    (void)client;
    (void)id;
    for (int i = 0; i < count; i++) {
        if (granted[i] >= SUBACK_REFUSED) {
            tell_trouble(host, "we may not subscribe to our topics",
                         "Allow it in the broker's access list.");
            host->state = MQTT_HOST_REFUSED;
            return;
        }
    }
    host->is_subscribed = true;
    host->was_told = false;
    host->pause_ms = FIRST_PAUSE_MS;
    host->handler->subscribed(host->handler->context);
}

static void on_message(struct mosquitto *client, void *context,
                       const struct mosquitto_message *message)
{
    const struct mqtt_host *host = context;

    (void)client;
    host->handler->message(host->handler->context, message->topic, message->payload,
                           (size_t)message->payloadlen);
}

static void on_publish(struct mosquitto *client, void *context, int ticket, int reason,
                       const mosquitto_property *properties)
{
    const struct mqtt_host *host = context;

    (void)client;
    (void)properties;
    host->handler->acknowledged(host->handler->context, ticket,
                                reason != MQTT_RC_NO_MATCHING_SUBSCRIBERS);
}

/* --- set-up ------------------------------------------------------------------------------------- */

/* The brokers of the AnyCloud scripts, with the files that those wanted beside them. */
static const struct broker {
    const char *name;
    const char *host; /* NULL: everybody has one of their own */
    uint32_t port;    /* with TLS */
    const char *ca;
    const char *cert;
    const char *key;
} brokers[] = {
    { "mosquitto", "test.mosquitto.org", PORT_TLS_MUTUAL, "mosquitto.org.crt",
      "mosquitto_client.crt", "mosquitto_client.key" },
    { "eclipse", "mqtt.eclipseprojects.io", PORT_TLS, "eclipse_ca.crt", "eclipse_client.crt",
      "eclipse_client.pem" },
    { "amazon", NULL, PORT_TLS, "amazon_ca.crt", "amazon_client.crt", "amazon_private_key.pem" },
};

/* Also by their first letters, as the scripts took them. */
static const struct broker *find_broker(const char *name)
{
    for (size_t i = 0; i < sizeof brokers / sizeof brokers[0]; i++) {
        if (strcmp(name, brokers[i].name) == 0
            || (name[0] == brokers[i].name[0] && name[1] == '\0')) {
            return &brokers[i];
        }
    }
    return NULL;
}

static void use_files_of(struct mqtt_host_options *options, const struct broker *broker)
{
    if (options->plain || options->ca != NULL) {
        return;
    }
    options->port = options->port != 0 ? options->port : broker->port;
    options->ca = broker->ca;
    options->cert = options->cert != NULL ? options->cert : broker->cert;
    options->key = options->key != NULL ? options->key : broker->key;
}

bool mqtt_host_take_broker(struct mqtt_host_options *options)
{
    const struct broker *broker;

    if (options->broker == NULL) {
        return true;
    }
    broker = find_broker(options->broker);
    if (broker == NULL) {
        options->host = options->broker;
        return true;
    }
    if (broker->host == NULL && strcmp(options->host, MQTT_HOST_DEFAULT) == 0) {
        message_error("--broker %s needs --host", broker->name);
        message_next("Name your own endpoint there.");
        return false;
    }
    options->host = broker->host != NULL ? broker->host : options->host;
    use_files_of(options, broker);
    return true;
}

static bool check_options(const struct mqtt_host_options *options)
{
    if (options->plain && options->tls) {
        message_error("--plain and --tls exclude each other");
        message_next("Leave one out; TLS is the default.");
        return false;
    }
    if (options->plain && (options->ca != NULL || options->cert != NULL)) {
        message_error("--plain and certificates exclude each other");
        message_next("Leave --plain out to use TLS.");
        return false;
    }
    if (!options->plain && options->ca == NULL) {
        message_error("there is no --ca, so the broker could not be told from an impostor");
        message_next("Name the authority's certificate, or say --plain to do without TLS.");
        return false;
    }
    if ((options->cert == NULL) != (options->key == NULL)) {
        message_error("--cert and --key belong together");
        message_next("Give both, or neither.");
        return false;
    }
    if (options->port > UINT16_MAX) {
        message_error("port %u does not exist", (unsigned)options->port);
        message_next("Choose one from 1 to 65535.");
        return false;
    }
    return true;
}

static uint32_t usual_port(const struct mqtt_host_options *options)
{
    if (options->plain) {
        return PORT_PLAIN;
    }
    return options->cert != NULL ? PORT_TLS_MUTUAL : PORT_TLS;
}

static bool use_tls(struct mqtt_host *host)
{
    const struct mqtt_host_options *options = host->options;
    int error;

    if (options->plain) {
        return true;
    }
    if (!tls_files_check(options->ca, options->cert, options->key)) {
        return false;
    }
    error = mosquitto_tls_set(host->client, options->ca, NULL, options->cert, options->key, NULL);
    if (error != MOSQ_ERR_SUCCESS) {
        message_error("the certificates cannot be used: %s", mosquitto_strerror(error));
        message_next("All three must be PEM files.");
    }
    return error == MOSQ_ERR_SUCCESS;
}

/* Without a name of our own the library makes a random one: two publishers never collide. */
static bool make_client(struct mqtt_host *host)
{
    mosquitto_destroy(host->client);
    host->client = mosquitto_new(NULL, true, host);
    if (host->client == NULL || !use_tls(host)) {
        return false;
    }
    (void)mosquitto_int_option(host->client, MOSQ_OPT_PROTOCOL_VERSION,
                               host->options->version_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    (void)mosquitto_int_option(host->client, MOSQ_OPT_TCP_NODELAY, 1);
    (void)mosquitto_max_inflight_messages_set(host->client, 0); /* our callers see to that */
    mosquitto_connect_callback_set(host->client, on_connect);
    mosquitto_subscribe_callback_set(host->client, on_subscribe);
    mosquitto_message_callback_set(host->client, on_message);
    mosquitto_publish_v5_callback_set(host->client, on_publish);
    return true;
}

bool mqtt_host_open(struct mqtt_host *host, const struct mqtt_host_options *options,
                    const struct mqtt_host_handler *handler, char *const *topics, int topic_count)
{
    *host = (struct mqtt_host){ .options = options,
                                .handler = handler,
                                .topics = topics,
                                .topic_count = topic_count,
                                .state = MQTT_HOST_DOWN,
                                .pause_ms = FIRST_PAUSE_MS,
                                .other = -1 };
    if (!check_options(options)) {
        return false;
    }
    host->port = options->port != 0 ? options->port : usual_port(options);
    (void)mosquitto_lib_init();
    if (!make_client(host)) {
        mqtt_host_close(host);
        return false;
    }
    return true;
}

/* --- running ------------------------------------------------------------------------------------ */

static void try_to_connect(struct mqtt_host *host)
{
    int error = MOSQ_ERR_NOMEM;

    if (make_client(host)) {
        error = mosquitto_connect(host->client, host->options->host, (int)host->port, KEEPALIVE_S);
    }
    if (error != MOSQ_ERR_SUCCESS) {
        connection_failed(host, error);
        return;
    }
    host->state = MQTT_HOST_UP;
}

/* mosquitto_loop() waits anew for each packet that came, and once more for each that was sent, as the
 * library wakes its own wait through a pipe. */
static int run_client(struct mqtt_host *host, int timeout_ms)
{
    bool has_more = mosquitto_want_write(host->client);
    struct pollfd files[] = { { .fd = mosquitto_socket(host->client),
                                .events = (short)(has_more ? POLLIN | POLLOUT : POLLIN) },
                              { .fd = host->other, .events = POLLIN } };
    int error = MOSQ_ERR_SUCCESS;

    if (poll(files, 2, timeout_ms) < 0 && errno != EINTR) {
        return MOSQ_ERR_ERRNO;
    }
    if ((files[0].revents & ~POLLOUT) != 0) {
        error = mosquitto_loop_read(host->client, 1);
    }
    if (error == MOSQ_ERR_SUCCESS && mosquitto_want_write(host->client)) {
        error = mosquitto_loop_write(host->client, 1);
    }
    return error == MOSQ_ERR_SUCCESS ? mosquitto_loop_misc(host->client) : error;
}

enum mqtt_host_state mqtt_host_step(struct mqtt_host *host, int timeout_ms)
{
    uint64_t now = mqtt_host_now_ms();
    int error;

    if (host->state == MQTT_HOST_REFUSED) {
        return host->state;
    }
    if (host->state == MQTT_HOST_DOWN) {
        if (now >= host->next_try_ms) {
            try_to_connect(host);
        } else if (host->next_try_ms - now < (uint64_t)timeout_ms) {
            sleep_ms(host, host->next_try_ms - now);
        } else {
            sleep_ms(host, (uint64_t)timeout_ms);
        }
        return host->state;
    }
    error = run_client(host, timeout_ms);
    if (error != MOSQ_ERR_SUCCESS && host->state == MQTT_HOST_UP) {
        connection_failed(host, error);
    }
    return host->state;
}

void mqtt_host_watch(struct mqtt_host *host, int file)
{
    host->other = file;
}

void mqtt_host_publish_once(struct mqtt_host *host, const char *topic, const void *bytes,
                            size_t len)
{
    if (host->is_subscribed) {
        (void)mosquitto_publish(host->client, NULL, topic, (int)len, bytes, 0, false);
    }
}

int mqtt_host_publish(struct mqtt_host *host, const char *topic, const void *bytes, size_t len)
{
    int ticket;
    int error;

    if (!host->is_subscribed) {
        return -1;
    }
    error = mosquitto_publish(host->client, &ticket, topic, (int)len, bytes, 1, false);

    return error == MOSQ_ERR_SUCCESS ? ticket : -1;
}

void mqtt_host_close(struct mqtt_host *host)
{
    if (host->client != NULL) {
        (void)mosquitto_disconnect(host->client);
        (void)mosquitto_loop(host->client, 0, 1);
        mosquitto_destroy(host->client);
    }
    host->client = NULL;
    (void)mosquitto_lib_cleanup();
}
