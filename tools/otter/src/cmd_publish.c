/* SPDX-License-Identifier: Apache-2.0 */

/* otter publish: the publisher of publisher.h on a real broker. */

#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "chunk.h"
#include "message.h"
#include "mqtt_host.h"
#include "nouns.h"
#include "publish_log.h"
#include "publisher.h"

#define LOOP_MS 500

static struct {
    struct mqtt_host_options broker;
    const char *prefix;
    struct option_list boards;
    uint32_t chunk_size;
    bool offer_always;
    bool json;
} options = { .broker = MQTT_HOST_DEFAULT_OPTIONS, .prefix = "anycloud", .chunk_size = 4096 };

static const struct option_row rows[] = {
    MQTT_HOST_OPTION_ROWS(options.broker),
    { "board", 'b', "BOARD", OPTION_LIST, &options.boards, false,
      "serve this board only (all boards)" },
    { "prefix", 0, "NAME", OPTION_TEXT, &options.prefix, false,
      "first level of all topics (anycloud)" },
    { "chunk-size", 0, "BYTES", OPTION_NUMBER, &options.chunk_size, false,
      "image bytes in a message of a whole image (4096, all that old devices take)" },
    { "offer-always", 0, NULL, OPTION_FLAG, &options.offer_always, false,
      "offer the newest image whatever version the device runs" },
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "a JSON object for each event" },
    { 0 },
};

/* All of it; static because the table of sessions is large, and a process publishes once. */
static struct {
    struct mqtt_host host;
    struct catalogue catalogue;
    struct publisher publisher;
    struct publish_log log;
    char topics[OPTION_LIST_MAX][256];
    char *topic_list[OPTION_LIST_MAX];
    int topic_count;
} program;

static int send_message(void *context, const char *topic, const void *bytes, size_t len)
{
    (void)context;
    return mqtt_host_publish(&program.host, topic, bytes, len);
}

static void on_message(void *context, const char *topic, const void *payload, size_t len)
{
    (void)context;
    publisher_handle(&program.publisher, topic, payload, len);
}

static void on_acknowledged(void *context, int ticket)
{
    (void)context;
    publisher_acknowledged(&program.publisher, ticket);
}

static void on_subscribed(void *context)
{
    char where[512];

    (void)context;
    (void)snprintf(where, sizeof where, "%s:%u %s", options.broker.host,
                   (unsigned)program.host.port, program.topics[0]);
    publish_log_ready(&program.log, where, program.catalogue.folder,
                      catalogue_count(&program.catalogue));
}

static const struct mqtt_host_handler handler = {
    .message = on_message,
    .acknowledged = on_acknowledged,
    .subscribed = on_subscribed,
};

static bool add_topic(const char *board)
{
    char *topic = program.topics[program.topic_count];
    int len =
        snprintf(topic, sizeof program.topics[0], "%s/%s/publish_notify", options.prefix, board);

    if (len < 0 || (size_t)len >= sizeof program.topics[0]) {
        message_error("--prefix and --board are too long for a topic");
        message_next("Shorten them to 200 characters.");
        return false;
    }
    program.topic_list[program.topic_count++] = topic;
    return true;
}

static bool is_topic_level(const char *name, const char *option)
{
    if (*name != '\0' && strpbrk(name, "#+") == NULL) {
        return true;
    }
    message_error("%s '%s' cannot be part of a topic", option, name);
    message_next("Leave out the characters '#' and '+'.");
    return false;
}

static bool make_topics(void)
{
    if (!is_topic_level(options.prefix, "--prefix")) {
        return false;
    }
    for (int i = 0; i < options.boards.count; i++) {
        if (!is_topic_level(options.boards.items[i], "--board")
            || !add_topic(options.boards.items[i])) {
            return false;
        }
    }
    return options.boards.count > 0 || add_topic("+");
}

static bool check_options(void)
{
    if (options.chunk_size < 1 || options.chunk_size > CHUNK_DATA_MAX) {
        message_error("--chunk-size %u is not possible", (unsigned)options.chunk_size);
        message_next("Choose 1 to %u bytes; old devices take 4096.", (unsigned)CHUNK_DATA_MAX);
        return false;
    }
    return make_topics();
}

static enum command_status publish(void)
{
    enum mqtt_host_state state = MQTT_HOST_UP;

    while (state != MQTT_HOST_REFUSED && !mqtt_host_is_interrupted()) {
        state = mqtt_host_step(&program.host, LOOP_MS);
    }
    return state == MQTT_HOST_REFUSED ? COMMAND_WRONG : COMMAND_DONE;
}

static enum command_status run(int count, char **operands)
{
    struct publisher_config config = { .topic_prefix = options.prefix,
                                       .chunk_size = options.chunk_size,
                                       .offer_always = options.offer_always,
                                       .send = send_message,
                                       .event = publish_log_event,
                                       .context = &program.log };
    enum command_status status;

    (void)count;
    catalogue_init(&program.catalogue, operands[0]);
    if (!check_options() || catalogue_count(&program.catalogue) < 0
        || !mqtt_host_open(&program.host, &options.broker, &handler, program.topic_list,
                           program.topic_count)) {
        return COMMAND_WRONG;
    }
    publish_log_init(&program.log, options.json);
    publisher_init(&program.publisher, &config, &program.catalogue);
    mqtt_host_catch_signals();
    status = publish();
    publish_log_end(&program.log);
    mqtt_host_close(&program.host);
    publisher_free(&program.publisher);
    return status;
}

static const struct command commands[] = {
    { "", "CATALOGUE", "Offer the images of a folder to devices that ask over MQTT",
      "otter publish released --host localhost --ca certs/ca.crt --cert certs/publisher.crt "
      "--key certs/publisher.key\n"
      "otter publish released --plain --board mps2-an386",
      rows, run },
    { 0 },
};

const struct noun publish_noun = { "publish", "The server side of updates over MQTT", commands };
