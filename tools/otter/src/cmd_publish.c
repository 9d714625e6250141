/* SPDX-License-Identifier: Apache-2.0 */

/* otter publish: the publisher of publisher.h on a real broker. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue.h"
#include "chunk.h"
#include "message.h"
#include "mqtt_host.h"
#include "nouns.h"
#include "publish_log.h"
#include "publish_status.h"
#include "publisher.h"
#include "record.h"

#define LOOP_MS 500

static struct {
    struct mqtt_host_options broker;
    const char *prefix;
    struct option_list boards;
    const char *file;
    const char *job;
    const char *share;
    const char *record;
    uint32_t chunk_size;
    bool offer_always;
    bool verbose;
    bool json;
} options = { .broker = MQTT_HOST_DEFAULT_OPTIONS, .prefix = "anycloud", .chunk_size = 4096 };

static const struct option_row rows[] = {
    MQTT_HOST_OPTION_ROWS(options.broker),
    { "board", 'b', "BOARD", OPTION_LIST, &options.boards, false,
      "serve this board only (all boards)" },
    { "kit", 'k', "BOARD", OPTION_LIST, &options.boards, false, "the same" },
    { "prefix", 0, "NAME", OPTION_TEXT, &options.prefix, false,
      "first level of all topics (anycloud)" },
    { "company", 'c', "NAME", OPTION_TEXT, &options.prefix, false, "the same" },
    { "file", 'f', "IMAGE", OPTION_TEXT, &options.file, false,
      "offer this image or bundle alone, in place of a catalogue" },
    { "job", 0, "FILE", OPTION_TEXT, &options.job, false,
      "its job document (made from what the image says of itself, and --board)" },
    { "share", 0, "GROUP", OPTION_TEXT, &options.share, false,
      "share the devices with all publishers of that group (MQTT 5)" },
    { "record", 0, "FILE", OPTION_TEXT, &options.record, false,
      "keep what became of each device in an SQLite file, for 'otter publish status'" },
    { "chunk-size", 0, "BYTES", OPTION_NUMBER, &options.chunk_size, false,
      "image bytes in a message of a whole image (4096, all that old devices take)" },
    { "offer-always", 0, NULL, OPTION_FLAG, &options.offer_always, false,
      "offer the newest image whatever version the device runs" },
    { "verbose", 'l', NULL, OPTION_FLAG, &options.verbose, false, "a line for each chunk too" },
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "a JSON object for each event" },
    { 0 },
};

static struct publish_status_options status_options;

static const struct option_row status_rows[] = {
    { "board", 'b', "BOARD", OPTION_TEXT, &status_options.board, false,
      "devices of this board only" },
    { "failed", 0, NULL, OPTION_FLAG, &status_options.failed, false,
      "only devices whose last update failed" },
    { "watch", 'w', NULL, OPTION_FLAG, &status_options.watch, false,
      "show it again each second, until Ctrl-C" },
    { "json", 0, NULL, OPTION_FLAG, &status_options.json, false, "print it as JSON" },
    { 0 },
};

/* All of it; static because the table of tickets is large, and a process publishes once. */
static struct {
    struct mqtt_host host;
    struct catalogue catalogue;
    struct publisher publisher;
    struct publish_log log;
    struct record record;
    char topics[OPTION_LIST_MAX][256];
    char *topic_list[OPTION_LIST_MAX];
    int topic_count;
} program;

static int send_message(void *context, const char *topic, const void *bytes, size_t len)
{
    (void)context;
    return mqtt_host_publish(&program.host, topic, bytes, len);
}

static void on_event(void *context, const struct publisher_event *event)
{
    (void)context;
    publish_log_event(&program.log, event);
    record_event(&program.record, event);
}

static void on_message(void *context, const char *topic, const void *payload, size_t len)
{
    (void)context;
    publisher_handle(&program.publisher, topic, payload, len);
}

static void on_acknowledged(void *context, int ticket, bool has_reader)
{
    (void)context;
    publisher_acknowledged(&program.publisher, ticket, has_reader);
}

static const char *place_of_images(void)
{
    return options.file != NULL ? options.file : program.catalogue.folder;
}

static void on_subscribed(void *context)
{
    char where[512];

    (void)context;
    (void)snprintf(where, sizeof where, "%s:%u %s", options.broker.host,
                   (unsigned)program.host.port, program.topics[0]);
    publish_log_ready(&program.log, where, place_of_images(), catalogue_count(&program.catalogue));
    publisher_connected(&program.publisher);
}

static void on_lost(void *context)
{
    (void)context;
    publisher_disconnected(&program.publisher);
}

static const struct mqtt_host_handler handler = {
    .message = on_message,
    .acknowledged = on_acknowledged,
    .subscribed = on_subscribed,
    .lost = on_lost,
};

static bool add_topic(const char *board)
{
    char *topic = program.topics[program.topic_count];
    bool is_shared = options.share != NULL;
    int len = snprintf(topic, sizeof program.topics[0], "%s%s%s%s/%s/publish_notify",
                       is_shared ? "$share/" : "", is_shared ? options.share : "",
                       is_shared ? "/" : "", options.prefix, board);

    if (len < 0 || (size_t)len >= sizeof program.topics[0]) {
        message_error("--prefix, --board and --share are too long for a topic");
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

/* A group is one level of a topic, by the specification of MQTT 5, section 4.8.2. */
static bool is_group(const char *name)
{
    if (name == NULL || strchr(name, '/') == NULL) {
        return name == NULL || is_topic_level(name, "--share");
    }
    message_error("--share '%s' cannot be the name of a group", name);
    message_next("Leave out the character '/'.");
    return false;
}

static bool make_topics(void)
{
    if (!is_topic_level(options.prefix, "--prefix") || !is_group(options.share)) {
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

/* An image may stand where a catalogue may. */
static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool check_options(bool has_folder)
{
    if (has_folder == (options.file != NULL)) {
        message_error(has_folder ? "a catalogue and --file exclude each other"
                                 : "there is nothing to publish");
        message_next("Name a folder of images, or one image with --file.");
        return false;
    }
    if (options.job != NULL && options.file == NULL) {
        message_error("--job belongs to --file");
        message_next("The images of a catalogue have their jobs beside them.");
        return false;
    }
    if (options.chunk_size < 1 || options.chunk_size > CHUNK_DATA_MAX) {
        message_error("--chunk-size %u is not possible", (unsigned)options.chunk_size);
        message_next("Choose 1 to %u bytes; old devices take 4096.", (unsigned)CHUNK_DATA_MAX);
        return false;
    }
    options.broker.version_5 = options.share != NULL;
    return mqtt_host_take_broker(&options.broker) && make_topics();
}

static bool open_folder(const char *folder)
{
    int count;

    catalogue_init(&program.catalogue, folder);
    count = catalogue_count(&program.catalogue);
    if (count == 0) {
        message_warning("there is nothing on offer in %s yet", folder);
        message_next("'otter image sign --catalogue %s' puts an image there; it is on offer at "
                     "once.",
                     folder);
    }
    return count >= 0;
}

/* @return false if there is nothing that could ever be offered; the user was told */
static bool open_catalogue(const char *folder)
{
    const char *board = options.boards.count > 0 ? options.boards.items[0] : NULL;

    if (folder != NULL) {
        return open_folder(folder);
    }
    if (access(options.file, R_OK) != 0) {
        message_system("read", options.file);
        return false;
    }
    catalogue_init_single(&program.catalogue, options.file, options.job, board);
    return catalogue_count(&program.catalogue) > 0;
}

static enum command_status publish(void)
{
    enum mqtt_host_state state = MQTT_HOST_UP;

    while (state != MQTT_HOST_REFUSED && !mqtt_host_is_interrupted()) {
        publisher_step(&program.publisher, mqtt_host_now_ms());
        state = mqtt_host_step(&program.host, LOOP_MS);
        publish_log_step(&program.log);
        record_step(&program.record, mqtt_host_now_ms());
    }
    return state == MQTT_HOST_REFUSED ? COMMAND_WRONG : COMMAND_DONE;
}

static enum command_status serve(void)
{
    struct publisher_config config = { .topic_prefix = options.prefix,
                                       .chunk_size = options.chunk_size,
                                       .offer_always = options.offer_always,
                                       .send = send_message,
                                       .event = on_event };
    enum command_status status;

    publish_log_init(&program.log, options.json, options.verbose);
    if (!publisher_init(&program.publisher, &config, &program.catalogue)) {
        message_error("there is not enough memory");
        return COMMAND_WRONG;
    }
    mqtt_host_catch_signals();
    status = publish();
    publish_log_end(&program.log);
    publisher_free(&program.publisher);
    return status;
}

static enum command_status run(int count, char **operands)
{
    enum command_status status = COMMAND_WRONG;
    const char *folder = count > 0 ? operands[0] : NULL;

    if (folder != NULL && options.file == NULL && is_file(folder)) {
        options.file = folder;
        folder = NULL;
    }
    if (!check_options(folder != NULL)) {
        return COMMAND_WRONG;
    }
    if (open_catalogue(folder)
        && (options.record == NULL || record_open(&program.record, options.record))
        && mqtt_host_open(&program.host, &options.broker, &handler, program.topic_list,
                          program.topic_count)) {
        status = serve();
        mqtt_host_close(&program.host);
    }
    record_close(&program.record);
    catalogue_free(&program.catalogue);
    return status;
}

static enum command_status run_status(int count, char **operands)
{
    (void)count;
    return publish_status(&status_options, operands[0]);
}

static const struct command commands[] = {
    { "", "[CATALOGUE]", "Offer a folder of images, or one image, to devices that ask over MQTT",
      "otter publish released --host localhost --ca certs/ca.crt --cert certs/publisher.crt "
      "--key certs/publisher.key --record fleet.db\n"
      "otter publish released --plain --board mps2-an386\n"
      "otter publish update.bin --plain\n"
      "otter publish --file update.bin --kit CY8CPROTO_062_4343W --company anycloud --broker "
      "mosquitto",
      rows, run },
    { "status", "RECORD", "Show what became of each device",
      "otter publish status fleet.db --watch", status_rows, run_status },
    { 0 },
};

const struct noun publish_noun = { "publish", "The server side of updates over MQTT", commands };
