/* SPDX-License-Identifier: Apache-2.0 */

/** A connection of the host to an MQTT broker, over TLS unless told otherwise: connected again with
 * back-off when it breaks, and never trusting a server that does not prove its name. */
#ifndef OTTER_TOOL_MQTT_HOST_H
#define OTTER_TOOL_MQTT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"

struct mosquitto;

/** What the options of a command say about the broker. */
struct mqtt_host_options {
    const char *host;
    uint32_t port; /* 0: the usual one */
    const char *ca;
    const char *cert;
    const char *key;
    const char *broker; /* one of the brokers that publisher.py knew, or a host */
    bool plain;
    bool tls;        /* what goes without saying */
    bool version_5;  /* MQTT 5, for what 3.1.1 lacks; no option says it */
    bool tries_once; /* the program ends when it has no connection; no option says it either */
};

#define MQTT_HOST_DEFAULT "localhost"
#define MQTT_HOST_DEFAULT_OPTIONS                                                                  \
    {                                                                                              \
        .host = MQTT_HOST_DEFAULT                                                                  \
    }

/** The rows of those options, for a command's table. */
#define MQTT_HOST_OPTION_ROWS(options)                                                             \
    { "host",                                                                                      \
      'H',                                                                                         \
      "NAME",                                                                                      \
      OPTION_TEXT,                                                                                 \
      &(options).host,                                                                             \
      false,                                                                                       \
      "broker's name or address, as in its certificate (localhost)" },                             \
        { "port",                                                                                  \
          'p',                                                                                     \
          "PORT",                                                                                  \
          OPTION_NUMBER,                                                                           \
          &(options).port,                                                                         \
          false,                                                                                   \
          "broker's port (8884 with a client certificate, 8883 without, 1883 plain)" },            \
        { "ca",                                                                                    \
          0,                                                                                       \
          "FILE",                                                                                  \
          OPTION_TEXT,                                                                             \
          &(options).ca,                                                                           \
          false,                                                                                   \
          "certificate of the authority that the broker must prove itself by" },                   \
        { "cert", 0, "FILE", OPTION_TEXT, &(options).cert, false, "our client certificate" },      \
        { "key", 0, "FILE", OPTION_TEXT, &(options).key, false, "its private key" },               \
        { "plain",                                                                                 \
          0,                                                                                       \
          NULL,                                                                                    \
          OPTION_FLAG,                                                                             \
          &(options).plain,                                                                        \
          false,                                                                                   \
          "no TLS: anybody can read, change and forge what travels" },                             \
        { "tls", 0, NULL, OPTION_FLAG, &(options).tls, false, "TLS, which is the default" },       \
    {                                                                                              \
        "broker", 0, "NAME", OPTION_TEXT, &(options).broker, false,                                \
            "'mosquitto', 'eclipse' or 'amazon' with their certificates here, or as --host"        \
    }

/** Put what --broker means into the other options, where they were not given.
 *  @return false after telling the user why not */
bool mqtt_host_take_broker(struct mqtt_host_options *options);

/** Whom a connection tells. */
struct mqtt_host_handler {
    void (*message)(void *context, const char *topic, const void *payload, size_t len);
    /* The broker has that message. has_reader: false if it knows that nobody listens; only MQTT 5
     * tells. */
    void (*acknowledged)(void *context, int ticket, bool has_reader);
    void (*subscribed)(void *context); /* connected, and all topics are listened to */
    void (*lost)(void *context);       /* not any more; what was on its way is lost */
    void *context;
};

enum mqtt_host_state {
    MQTT_HOST_UP,      /* connected, or on the way to it */
    MQTT_HOST_DOWN,    /* the last try failed; the next comes by itself */
    MQTT_HOST_REFUSED, /* the broker does not want us; trying again is of no use */
};

/** A connection. The fields are its own. */
struct mqtt_host {
    struct mosquitto *client;
    const struct mqtt_host_options *options;
    const struct mqtt_host_handler *handler;
    char *const *topics;
    int topic_count;
    uint32_t port;
    enum mqtt_host_state state;
    bool is_subscribed; /* `subscribed` was called, and `lost` not since */
    bool was_told;      /* of the present trouble */
    uint32_t pause_ms;
    uint64_t next_try_ms;
    int other; /* a file that ends the wait too; -1: none */
};

/** Prepare a connection; step it to make it.
 *
 *  @param topics  to subscribe to after each connect; all pointers are borrowed
 *  @return false if the options or the files they name cannot be right; the user was told */
bool mqtt_host_open(struct mqtt_host *host, const struct mqtt_host_options *options,
                    const struct mqtt_host_handler *handler, char *const *topics, int topic_count);

/** Do what there is to do, for @p timeout_ms at most when nothing happens. */
enum mqtt_host_state mqtt_host_step(struct mqtt_host *host, int timeout_ms);

/** From now on mqtt_host_step() also returns when there is something to read from @p file. */
void mqtt_host_watch(struct mqtt_host *host, int file);

/** Publish with QoS 0, or not at all if we are not subscribed. */
void mqtt_host_publish_once(struct mqtt_host *host, const char *topic, const void *bytes,
                            size_t len);

/** Publish with QoS 1. @return a ticket for `acknowledged`, or -1 if we are not subscribed */
int mqtt_host_publish(struct mqtt_host *host, const char *topic, const void *bytes, size_t len);

/** Say goodbye to the broker and free everything. */
void mqtt_host_close(struct mqtt_host *host);

/** From now on Ctrl-C and SIGTERM only make mqtt_host_is_interrupted() true, the first time. */
void mqtt_host_catch_signals(void);
bool mqtt_host_is_interrupted(void);

/** Milliseconds, and microseconds, that only go up. */
uint64_t mqtt_host_now_ms(void);
uint64_t mqtt_host_now_us(void);

#endif
