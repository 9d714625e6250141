/* SPDX-License-Identifier: Apache-2.0 */

/* otter fetch: asks a publisher as a device would, and judges what comes. */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_file.h"
#include "chunk.h"
#include "fetcher.h"
#include "file.h"
#include "json.h"
#include "keys.h"
#include "memory_flash.h"
#include "message.h"
#include "mqtt_host.h"
#include "nouns.h"
#include "otter/all_crypto.h"
#include "otter/crypto.h"
#include "otter/image.h"
#include "otter/text.h"
#include "progress.h"

#define LOOP_MS      100
#define DIGITS_SIZE  (2 * OTTER_SHA256_SIZE + 1)
#define PATIENCE_MAX 86400u

static struct {
    struct mqtt_host_options broker;
    const char *prefix;
    const char *board;
    const char *version;
    const char *serial;
    const char *mode;
    uint32_t chunk_size;
    uint32_t patience_s;
    const char *out;
    const char *verify;
    bool verbose;
    bool json;
} options = { .broker = MQTT_HOST_DEFAULT_OPTIONS,
              .prefix = "anycloud",
              .version = "0.0.0",
              .serial = "otter-fetch",
              .mode = "chunks",
              .chunk_size = 4096,
              .patience_s = 15 };

static const struct option_row rows[] = {
    { "board", 'b', "BOARD", OPTION_TEXT, &options.board, false, "board that the device would be" },
    { "kit", 'k', "BOARD", OPTION_TEXT, &options.board, false, "the same" },
    { "version", 0, "VERSION", OPTION_TEXT, &options.version, false,
      "version that the device would run (0.0.0)" },
    { "serial", 0, "TEXT", OPTION_TEXT, &options.serial, false,
      "serial number that the device would have (otter-fetch)" },
    { "mode", 'm', "MODE", OPTION_TEXT, &options.mode, false,
      "'chunks': a request for each chunk; 'whole': one for the image; 'direct': the same, on the "
      "topic that all devices of the board share (chunks)" },
    { "chunk-size", 'c', "BYTES", OPTION_NUMBER, &options.chunk_size, false,
      "image bytes to ask for at a time (4096)" },
    { "patience", 0, "SECONDS", OPTION_NUMBER, &options.patience_s, false,
      "silence after which to give up (15)" },
    { "output", 'o', "FILE", OPTION_TEXT, &options.out, false, "keep the image" },
    { "file", 'f', "FILE", OPTION_TEXT, &options.out, false, "the same" },
    { "verify", 0, "KEY", OPTION_TEXT, &options.verify, false,
      "check that this key signed the image, or each of a bundle, as a device that trusts it "
      "would" },
    { "prefix", 0, "NAME", OPTION_TEXT, &options.prefix, false,
      "first level of all topics (anycloud)" },
    { "company", 'e', "NAME", OPTION_TEXT, &options.prefix, false, "the same" },
    { "verbose", 'l', NULL, OPTION_FLAG, &options.verbose, false, "show each message" },
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "print the facts as JSON" },
    MQTT_HOST_OPTION_ROWS(options.broker),
    { 0 },
};

static struct {
    struct mqtt_host host;
    struct fetcher fetcher;
    struct progress bar;
    struct key key; /* of --verify */
    uint64_t started_us;
    uint64_t took_us; /* the download, from its first request to its last byte */
} program;

/* --- between broker and fetcher ----------------------------------------------------------------- */

/* For --verbose. A message that begins like JSON is text; the rest are chunks. */
static void show_message(const char *direction, const char *topic, const void *bytes, size_t len)
{
    bool is_text = len > 0 && *(const char *)bytes == '{';

    if (options.verbose) {
        (void)fprintf(stderr, "%s %s  %zu bytes  %.*s\n", direction, topic, len,
                      is_text ? (int)len : 0, (const char *)bytes);
    }
}

static bool send_message(void *context, const char *topic, const void *bytes, size_t len)
{
    (void)context;
    show_message("->", topic, bytes, len);
    return mqtt_host_publish(&program.host, topic, bytes, len) >= 0;
}

static void on_message(void *context, const char *topic, const void *payload, size_t len)
{
    (void)context;
    show_message("<-", topic, payload, len);
    fetcher_handle(&program.fetcher, payload, len, mqtt_host_now_ms());
}

static void on_acknowledged(void *context, int ticket, bool has_reader)
{
    (void)context;
    (void)ticket;
    (void)has_reader;
}

static void on_subscribed(void *context)
{
    (void)context;
    fetcher_start(&program.fetcher, mqtt_host_now_ms());
}

/* The session cannot go on then; the loop sees it by the state. */
static void on_lost(void *context)
{
    (void)context;
}

static const struct mqtt_host_handler handler = {
    .message = on_message,
    .acknowledged = on_acknowledged,
    .subscribed = on_subscribed,
    .lost = on_lost,
};

/* --- for people --------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

    return text != NULL ? text : "";
}

static void print_job(void)
{
    const cJSON *item;

    if (options.json) {
        return;
    }
    (void)printf("job\n");
    cJSON_ArrayForEach(item, program.fetcher.job)
    {
        const char *text = cJSON_GetStringValue(item);

        if (text != NULL && *text != '\0') {
            (void)printf("  %-16s %s\n", item->string, text);
        }
    }
}

static void print_image(const char digest[DIGITS_SIZE])
{
    const struct fetcher *fetcher = &program.fetcher;
    char bytes[THOUSANDS_TEXT_SIZE];
    char rate[THOUSANDS_TEXT_SIZE];
    uint64_t took_us = program.took_us > 0 ? program.took_us : 1;

    (void)printf("image\n");
    (void)printf("  %-16s %s bytes\n", "size", thousands(fetcher->total, bytes));
    (void)printf("  %-16s %s\n", "SHA-256", digest);
    (void)printf("  %-16s %s\n", "",
                 *text_of(fetcher->job, "ImageSha256") != '\0' ? "as the job says"
                                                               : "which the job does not tell");
    (void)printf("  %-16s %.3f s, %s KB/s\n", "took", (double)took_us / 1e6,
                 thousands((uint64_t)fetcher->total * 1000u / took_us, rate));
    if (options.verify != NULL) {
        (void)printf("  %-16s by %s\n", "signed", options.verify);
    }
    if (options.out != NULL) {
        (void)printf("  %-16s %s\n", "kept in", options.out);
    }
}

/* --- for scripts -------------------------------------------------------------------------------- */

static void print_json(const char *digest, const char *problem)
{
    struct fetcher *fetcher = &program.fetcher;
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddItemToObject(root, "job", fetcher->job);
    fetcher->job = NULL; /* the tree owns it now */
    if (digest != NULL) {
        (void)cJSON_AddNumberToObject(root, "size", fetcher->total);
        (void)cJSON_AddStringToObject(root, "sha256", digest);
        (void)cJSON_AddNumberToObject(root, "milliseconds", (double)program.took_us / 1000.0);
    }
    if (problem != NULL) {
        (void)cJSON_AddStringToObject(root, "problem", problem);
    }
    json_print(root);
}

/* --- judging ------------------------------------------------------------------------------------ */

static bool digest_image(char digits[DIGITS_SIZE])
{
    const struct fetcher *fetcher = &program.fetcher;
    uint8_t digest[OTTER_SHA256_SIZE];
    struct otter_text text;

    if (EVP_Digest(fetcher->image, fetcher->total, digest, NULL, EVP_sha256(), NULL) != 1) {
        return false;
    }
    otter_text_init(&text, digits, DIGITS_SIZE);
    otter_text_append_hex(&text, digest, sizeof digest);
    return true;
}

/* NULL, or why a device that trusts the key would not install the image. */
static const char *verify_image(uint8_t *bytes, size_t size)
{
    struct memory_flash memory;
    const struct otter_area area = memory_flash_over_file(&memory, bytes, size);
    const struct otter_public_key key = key_public(&program.key);
    const struct otter_trust trust = { .crypto = &otter_all_crypto, .keys = &key, .key_count = 1 };
    uint8_t buffer[4096];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    struct otter_image image;
    enum otter_result reason = otter_image_open(&area, 0, area.size, &image);

    if (reason == OTTER_OK
        && otter_image_verify(&image, &trust, &work, &reason) == OTTER_VERDICT_GOOD) {
        return NULL;
    }
    return otter_result_meaning(reason);
}

static const char *verify_bundle(const struct file_bytes *file)
{
    struct bundle_contents contents;
    const char *problem = NULL;

    if (!bundle_file_read(file, &contents, &problem)) {
        return problem;
    }
    for (uint8_t i = 0; problem == NULL && i < contents.manifest.file_count; i++) {
        problem = verify_image(contents.bytes[i], contents.manifest.files[i].size);
    }
    return problem;
}

static const char *verify(void)
{
    const struct fetcher *fetcher = &program.fetcher;
    const struct file_bytes file = { .bytes = fetcher->image, .size = fetcher->total };

    return bundle_file_is_archive(&file) ? verify_bundle(&file)
                                         : verify_image(file.bytes, file.size);
}

/* NULL, or what about the image is not as the job promised. */
static const char *judge(const char digest[DIGITS_SIZE])
{
    const cJSON *job = program.fetcher.job;
    const char *size = text_of(job, "ImageSize");
    const char *sha256 = text_of(job, "ImageSha256");

    if (*size != '\0' && strtoul(size, NULL, 10) != program.fetcher.total) {
        return "its size is not the job's ImageSize";
    }
    if (*sha256 != '\0' && strcmp(sha256, digest) != 0) {
        return "its SHA-256 is not the job's ImageSha256";
    }
    return options.verify != NULL ? verify() : NULL;
}

/* --- the run ------------------------------------------------------------------------------------ */

static bool is_over(enum fetcher_stage stage)
{
    return stage == FETCHER_COMPLETE || stage >= FETCHER_DONE;
}

/* Step until the fetcher has come to an end. @return false if the broker is lost or we are told to stop */
static bool run_session(void)
{
    struct fetcher *fetcher = &program.fetcher;
    enum fetcher_stage stage = fetcher->stage;

    while (!is_over(fetcher->stage)) {
        if (mqtt_host_step(&program.host, LOOP_MS) != MQTT_HOST_UP || mqtt_host_is_interrupted()) {
            return false;
        }
        fetcher_step(fetcher, mqtt_host_now_ms());
        if (fetcher->stage != stage && fetcher->stage == FETCHER_DOWNLOADING) {
            print_job();
            program.started_us = mqtt_host_now_us();
            progress_start(&program.bar, "fetch", 0);
        }
        stage = fetcher->stage;
        program.bar.total = fetcher->total;
        progress_update(&program.bar, fetcher->received);
    }
    program.took_us = mqtt_host_now_us() - program.started_us;
    progress_finish(&program.bar);
    return true;
}

static void report(const char *problem)
{
    fetcher_report(&program.fetcher, problem, mqtt_host_now_ms());
    (void)run_session();
}

/* @return false after telling the user why not */
static bool keep_image(void)
{
    return options.out == NULL
           || file_store(options.out, program.fetcher.image, program.fetcher.total);
}

static enum command_status finish_download(void)
{
    uint64_t took_us = program.took_us;
    char digest[DIGITS_SIZE];
    const char *problem;

    if (!digest_image(digest)) {
        message_error("the image cannot be hashed");
        return COMMAND_WRONG;
    }
    problem = judge(digest);
    if (problem == NULL && !keep_image()) {
        report("the image cannot be kept");
        return COMMAND_WRONG;
    }
    report(problem);
    program.took_us = took_us; /* of the download, not of the report */
    if (options.json) {
        print_json(digest, problem);
    } else if (problem == NULL) {
        print_image(digest);
    }
    if (problem != NULL) {
        message_error("the image is not what a device would install: %s", problem);
        message_next("Release it again with 'otter image sign --catalogue'.");
    }
    return problem == NULL ? COMMAND_DONE : COMMAND_NO;
}

static enum command_status tell_failure(void)
{
    struct fetcher *fetcher = &program.fetcher;

    /* The text is copied before it is overwritten by what becomes of the report. */
    char problem[sizeof fetcher->problem];

    memcpy(problem, fetcher->problem, sizeof problem);
    message_error("board %s: %s", options.board, problem);
    message_next("Check that a publisher serves %s/%s on this broker.", options.prefix,
                 options.board);
    if (fetcher->total > 0) {
        report(problem);
    }
    return COMMAND_WRONG;
}

static enum command_status tell_no_update(void)
{
    if (options.json) {
        print_json(NULL, NULL);
    } else {
        (void)printf("no update for a %s that runs %s\n", options.board, options.version);
    }
    return COMMAND_NO;
}

static enum command_status fetch(void)
{
    if (!run_session()) {
        return COMMAND_WRONG;
    }
    switch (program.fetcher.stage) {
    case FETCHER_COMPLETE:
        return finish_download();
    case FETCHER_NO_UPDATE:
        return tell_no_update();
    case FETCHER_ASKING:
    case FETCHER_DOWNLOADING:
    case FETCHER_REPORTING:
    case FETCHER_DONE:
    case FETCHER_FAILED:
        break;
    }
    return tell_failure();
}

static const char *const modes[] = {
    [FETCHER_CHUNKS] = "chunks",
    [FETCHER_WHOLE] = "whole",
    [FETCHER_DIRECT] = "direct",
};

static bool find_mode(enum fetcher_mode *mode)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(options.mode, modes[i]) == 0) {
            *mode = (enum fetcher_mode)i;
            return true;
        }
    }
    message_error("there is no --mode '%s'", options.mode);
    message_next("Choose 'chunks', 'whole' or 'direct'.");
    return false;
}

static bool check_options(void)
{
    struct otter_version version;

    if (options.board == NULL) {
        message_error("--board BOARD is missing");
        message_next("Say which board the device would be; it is a part of the topics.");
        return false;
    }
    if (options.chunk_size < 1 || options.chunk_size > CHUNK_DATA_MAX) {
        message_error("--chunk-size %u is not possible", (unsigned)options.chunk_size);
        message_next("Choose 1 to %u bytes.", (unsigned)CHUNK_DATA_MAX);
        return false;
    }
    if (options.patience_s < 1 || options.patience_s > PATIENCE_MAX) {
        message_error("--patience %u is not possible", (unsigned)options.patience_s);
        message_next("Choose 1 to %u seconds.", PATIENCE_MAX);
        return false;
    }
    if (otter_version_parse(options.version, &version) != OTTER_OK) {
        message_error("--version '%s' is not like 1.2.3", options.version);
        message_next("Give the version that the device would run.");
        return false;
    }
    return true;
}

static enum command_status run(int count, char **operands)
{
    struct fetcher_config config = { .topic_prefix = options.prefix,
                                     .board = options.board,
                                     .serial = options.serial,
                                     .version = options.version,
                                     .chunk_size = options.chunk_size,
                                     .patience_ms = options.patience_s * 1000u,
                                     .send = send_message };
    char *topics[] = { program.fetcher.unique_topic, program.fetcher.direct_topic };
    enum command_status status;

    (void)count;
    (void)operands;
    if (!check_options() || !find_mode(&config.mode) || !mqtt_host_take_broker(&options.broker)
        || (options.verify != NULL && !key_load(options.verify, NULL, &program.key))) {
        return COMMAND_WRONG;
    }
    if (!fetcher_init(&program.fetcher, &config, mqtt_host_now_ms())) {
        message_error("--prefix and --board are too long for a topic");
        message_next("Shorten them to 200 characters.");
        return COMMAND_WRONG;
    }
    options.broker.tries_once = true;
    if (!mqtt_host_open(&program.host, &options.broker, &handler, topics,
                        config.mode == FETCHER_DIRECT ? 2 : 1)) {
        return COMMAND_WRONG;
    }
    mqtt_host_catch_signals();
    status = fetch();
    mqtt_host_close(&program.host);
    fetcher_free(&program.fetcher);
    key_free(&program.key);
    return status;
}

static const struct command commands[] = {
    { "", "", "Ask a publisher for an update as a device would, and check what comes",
      "otter fetch --board mps2-an386 --version 1.0.0 --ca certs/ca.crt --cert certs/device.crt "
      "--key certs/device.key -o update.bin",
      rows, run },
    { 0 },
};

const struct noun fetch_noun = { "fetch", "A device's side of updates, to check a publisher",
                                 commands };
