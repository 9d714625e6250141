/* SPDX-License-Identifier: Apache-2.0 */

/* otter serve: the server of web_server.h on a port, for trials without a web server. */

#include <stdio.h>

#include "message.h"
#include "mqtt_host.h"
#include "nouns.h"
#include "publish_log.h"
#include "record.h"
#include "web_server.h"

#define LOOP_MS    500
#define HTTP_PORT  8080u
#define HTTPS_PORT 8443u

static struct {
    struct web_host_options host;
    const char *record;
    bool verbose;
    bool json;
} options = { .host = { .address = "127.0.0.1" } };

static const struct option_row rows[] = {
    { "host", 'H', "ADDRESS", OPTION_TEXT, &options.host.address, false,
      "listen on this address (127.0.0.1: this host alone; 0.0.0.0: everybody)" },
    { "port", 'p', "PORT", OPTION_NUMBER, &options.host.port, false,
      "listen on this port (8443 with a certificate, 8080 without)" },
    { "cert", 0, "FILE", OPTION_TEXT, &options.host.cert, false,
      "speak HTTPS with this certificate, made by 'otter certs new'" },
    { "key", 0, "FILE", OPTION_TEXT, &options.host.key, false, "its private key" },
    { "record", 0, "FILE", OPTION_TEXT, &options.record, false,
      "keep the devices' results in an SQLite file, for 'otter publish status'" },
    { "verbose", 'l', NULL, OPTION_FLAG, &options.verbose, false, "a line for each range too" },
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "a JSON object for each event" },
    { 0 },
};

static struct {
    struct web_host host;
    struct web_server server;
    struct catalogue catalogue;
    struct publish_log log;
    struct record record;
} program;

/* Before its result a device is only an address, and no name to keep. */
static void on_event(void *context, const struct publisher_event *event)
{
    (void)context;
    publish_log_event(&program.log, event);
    if (event->kind == PUBLISHER_RESULT) {
        record_event(&program.record, event);
    }
}

static bool check_options(void)
{
    const bool has_cert = options.host.cert != NULL;

    if (has_cert != (options.host.key != NULL)) {
        message_error("--cert and --key belong together");
        message_next("Give both for HTTPS, none for HTTP.");
        return false;
    }
    if (options.host.port == 0) {
        options.host.port = has_cert ? HTTPS_PORT : HTTP_PORT;
    }
    if (options.host.port > UINT16_MAX) {
        message_error("--port %u is not possible", (unsigned)options.host.port);
        message_next("Choose 1 to 65535.");
        return false;
    }
    return true;
}

static void tell_ready(void)
{
    char where[128];

    (void)snprintf(where, sizeof where, "%s://%s:%u", program.server.secure ? "https" : "http",
                   options.host.address, (unsigned)options.host.port);
    publish_log_ready(&program.log, where, program.catalogue.folder,
                      catalogue_count(&program.catalogue));
}

static void serve(void)
{
    mqtt_host_catch_signals();
    tell_ready();
    while (!mqtt_host_is_interrupted()) {
        web_host_step(&program.host, LOOP_MS);
        publish_log_step(&program.log);
        record_step(&program.record, mqtt_host_now_ms());
    }
    publish_log_end(&program.log);
}

static enum command_status run(int count, char **operands)
{
    enum command_status status = COMMAND_WRONG;

    (void)count;
    if (!check_options()) {
        return COMMAND_WRONG;
    }
    catalogue_init(&program.catalogue, operands[0]);
    program.server = (struct web_server){
        .catalogue = &program.catalogue,
        .secure = options.host.cert != NULL,
        .event = on_event,
    };
    program.host = (struct web_host){ .answer = web_server_answer, .context = &program.server };
    publish_log_init(&program.log, options.json, options.verbose);
    if (catalogue_count(&program.catalogue) >= 0
        && (options.record == NULL || record_open(&program.record, options.record))
        && web_host_open(&program.host, &options.host)) {
        serve();
        status = COMMAND_DONE;
    }
    web_host_close(&program.host);
    record_close(&program.record);
    catalogue_free(&program.catalogue);
    return status;
}

static const struct command commands[] = {
    { "", "CATALOGUE",
      "Serve a folder of images to devices that ask over HTTP, for trials without a web server",
      "otter serve released\n"
      "otter serve released --cert certs/server.crt --key certs/server.key --record fleet.db",
      rows, run },
    { 0 },
};

const struct noun serve_noun = { "serve", "The server side of updates over HTTP", commands };
