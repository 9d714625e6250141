/* SPDX-License-Identifier: Apache-2.0 */

/* One loop, which waits for whichever comes first: a message, a request for a file, a timer, or the
 * next look at the folder, where other commands and people leave their changes. */

#include "aws_standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_jobs.h"
#include "aws_log.h"
#include "aws_streams.h"
#include "aws_urls.h"
#include "message.h"

#define LOOK_MS     200 /* how soon a change in the folder is noticed */
#define BLOCKS_MS   5   /* how soon blocks are tried again that had to wait */
#define FILTER_SIZE 48
#define BASE_SIZE   300

/* A message of Jobs that is to be sent. */
struct letter {
    struct letter *next;
    char topic[AWS_TOPIC_SIZE];
    char text[];
};

/* All of it; static, as a process does this once. */
static struct {
    struct aws_store store;
    struct aws_jobs jobs;
    struct aws_streams streams;
    struct aws_urls urls;
    struct aws_faults faults;
    struct aws_meter meter;
    struct aws_log log;
    struct mqtt_host host;
    struct web_host web;
    bool has_web;
    bool is_subscribed;
    struct letter *letters;
    uint32_t job_requests;
    int64_t looked_ms;
    char base[BASE_SIZE];
    char filters[AWS_OPERATIONS][FILTER_SIZE];
    char *filter_list[AWS_OPERATIONS];
} program;

/* --- what the services need --------------------------------------------------------------------- */

static void write_letter(void *context, const char *topic, const char *text)
{
    const size_t size = strlen(text) + 1;
    struct letter *letter = malloc(sizeof *letter + size);
    struct letter **end = &program.letters;

    (void)context;
    if (letter == NULL) {
        return;
    }
    letter->next = NULL;
    (void)snprintf(letter->topic, sizeof letter->topic, "%s", topic);
    memcpy(letter->text, text, size);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = letter;
}

static void send_block(void *context, const char *topic, const void *bytes, size_t len)
{
    (void)context;
    mqtt_host_publish_once(&program.host, topic, bytes, len);
}

static void deliver(void *context, const struct aws_job *job, cJSON *document)
{
    (void)context;
    aws_urls_deliver(&program.urls, job, document, aws_store_now_ms());
}

static void tell(void *context, const struct aws_event *event)
{
    (void)context;
    aws_log_event(&program.log, event);
}

/* --- letters ------------------------------------------------------------------------------------ */

static void send_letter(const struct letter *letter)
{
    if (!aws_faults_strike(&program.faults, program.faults.lose_jobs)) {
        (void)mqtt_host_publish(&program.host, letter->topic, letter->text, strlen(letter->text));
    }
}

/* What is told must be on disk: a thing that was answered may rely on it, whatever happens to us. What
 * could not be written is not told; the thing asks again. */
static void end_work(void)
{
    const bool is_kept = aws_store_end(&program.store);

    while (program.letters != NULL) {
        struct letter *letter = program.letters;

        program.letters = letter->next;
        if (is_kept) {
            send_letter(letter);
        }
        free(letter);
    }
}

/* --- messages ----------------------------------------------------------------------------------- */

static enum aws_code forced_code(const char *thing, int64_t now_ms)
{
    const struct aws_faults *faults = &program.faults;

    program.job_requests++;
    if (!aws_meter_take(&program.meter, thing, 0, now_ms)) {
        return AWS_REQUEST_THROTTLED;
    }
    return faults->reject_first == 0 || program.job_requests <= faults->reject_first
               ? faults->reject_jobs
               : AWS_ACCEPTED;
}

static bool is_of_jobs(const struct aws_topic *topic)
{
    return topic->operation != AWS_GET_STREAM && topic->operation != AWS_DESCRIBE_STREAM;
}

static void on_message(void *context, const char *text, const void *payload, size_t len)
{
    const int64_t now_ms = aws_store_now_ms();
    struct aws_topic topic;

    (void)context;
    if (!aws_topic_read(text, &topic) || !aws_store_begin(&program.store)) {
        return;
    }
    if (is_of_jobs(&topic)) {
        aws_jobs_handle(&program.jobs, &topic, payload, len, forced_code(topic.thing, now_ms),
                        now_ms);
        aws_jobs_announce(&program.jobs, now_ms);
    } else {
        aws_streams_handle(&program.streams, &topic, payload, len);
    }
    end_work();
}

static void on_acknowledged(void *context, int ticket, bool has_reader)
{
    (void)context;
    (void)ticket;
    (void)has_reader;
}

static size_t count(const struct aws_document *list)
{
    size_t number = 0;

    for (; list != NULL; list = list->next) {
        number++;
    }
    return number;
}

static void on_subscribed(void *context)
{
    char where[BASE_SIZE];

    (void)context;
    program.is_subscribed = true;
    (void)snprintf(where, sizeof where, "%s:%u", program.host.options->host,
                   (unsigned)program.host.port);
    aws_log_ready(&program.log, where, program.urls.base, count(program.store.cloud.things),
                  count(program.store.cloud.jobs));
}

static void on_lost(void *context)
{
    (void)context;
    program.is_subscribed = false;
}

static const struct mqtt_host_handler handler = {
    .message = on_message,
    .acknowledged = on_acknowledged,
    .subscribed = on_subscribed,
    .lost = on_lost,
};

/* --- the loop ----------------------------------------------------------------------------------- */

/* Nobody is told anything while nobody can hear it. */
static void look_at_folder(int64_t now_ms)
{
    if (!aws_store_begin(&program.store)) {
        return;
    }
    aws_jobs_step(&program.jobs, now_ms);
    if (program.is_subscribed) {
        aws_jobs_announce(&program.jobs, now_ms);
    }
    end_work();
    program.looked_ms = now_ms;
}

static bool is_time_to_look(int64_t now_ms)
{
    const int64_t deadline = aws_jobs_deadline(&program.jobs);

    return now_ms < program.looked_ms || now_ms - program.looked_ms >= LOOK_MS
           || (deadline != 0 && deadline <= now_ms);
}

static int wait_ms(bool has_blocks, int64_t now_ms)
{
    const int64_t deadline = aws_jobs_deadline(&program.jobs);
    int64_t wait = program.looked_ms + LOOK_MS - now_ms;

    if (deadline != 0 && deadline - now_ms < wait) {
        wait = deadline - now_ms;
    }
    if (has_blocks && wait > BLOCKS_MS) {
        wait = BLOCKS_MS;
    }
    wait = wait > 0 ? wait : 0;
    return program.has_web ? web_host_wait_ms(&program.web, (int)wait) : (int)wait;
}

static enum mqtt_host_state turn(void)
{
    const int64_t now_ms = aws_store_now_ms();
    bool has_blocks;

    if (is_time_to_look(now_ms)) {
        look_at_folder(now_ms);
    }
    has_blocks = aws_streams_step(&program.streams, now_ms);
    if (program.has_web) {
        web_host_step(&program.web, 0);
    }
    return mqtt_host_step(&program.host, wait_ms(has_blocks, now_ms));
}

static enum command_status serve(void)
{
    enum mqtt_host_state state = MQTT_HOST_UP;

    mqtt_host_catch_signals();
    while (state != MQTT_HOST_REFUSED && !mqtt_host_is_interrupted()) {
        state = turn();
    }
    return state == MQTT_HOST_REFUSED ? COMMAND_WRONG : COMMAND_DONE;
}

/* --- set-up ------------------------------------------------------------------------------------- */

static bool check_options(const struct aws_standin_options *options)
{
    if ((options->web.cert == NULL) != (options->web.key == NULL)) {
        message_error("--url-cert and --url-key belong together");
        message_next("Give both for HTTPS, none for HTTP.");
        return false;
    }
    if (options->web.port > UINT16_MAX) {
        message_error("--url-port %u is not possible", (unsigned)options->web.port);
        message_next("Choose 1 to 65535.");
        return false;
    }
    if (options->minute_s == 0) {
        message_error("--minute 0 is not possible");
        message_next("A minute has at least one second.");
        return false;
    }
    return true;
}

static bool open_web(const struct aws_standin_options *options)
{
    if (options->web.port == 0) {
        return true;
    }
    (void)snprintf(program.base, sizeof program.base, "%s://%s:%u",
                   options->web.cert != NULL ? "https" : "http",
                   options->web_name != NULL ? options->web_name : options->web.address,
                   (unsigned)options->web.port);
    program.urls.base = program.base;
    program.web = (struct web_host){ .answer = aws_urls_answer, .context = &program.urls };
    program.has_web = aws_urls_open(&program.urls) && web_host_open(&program.web, &options->web);
    return program.has_web;
}

static void wire(const struct aws_standin_options *options)
{
    program.store.cloud.minute_ms = (int64_t)options->minute_s * 1000;
    program.meter = (struct aws_meter){ .messages_per_s = options->messages_per_s,
                                        .bytes_per_s = options->bytes_per_s };
    program.log = (struct aws_log){ .is_json = options->json, .is_verbose = options->verbose };
    program.jobs = (struct aws_jobs){ .cloud = &program.store.cloud,
                                      .is_lenient = options->is_lenient,
                                      .is_other_order = program.faults.is_other_order,
                                      .send = write_letter,
                                      .deliver = deliver,
                                      .tell = tell };
    program.streams = (struct aws_streams){ .store = &program.store,
                                            .faults = &program.faults,
                                            .meter = &program.meter,
                                            .send = send_block,
                                            .tell = tell };
    program.urls =
        (struct aws_urls){ .store = &program.store, .faults = &program.faults, .tell = tell };
    for (int i = 0; i < AWS_OPERATIONS; i++) {
        (void)snprintf(program.filters[i], FILTER_SIZE, "%s", aws_topic_filters[i]);
        program.filter_list[i] = program.filters[i];
    }
}

static enum command_status connect_and_serve(const struct aws_standin_options *options)
{
    enum command_status status;

    if (!mqtt_host_open(&program.host, &options->broker, &handler, program.filter_list,
                        AWS_OPERATIONS)) {
        return COMMAND_WRONG;
    }
    if (program.has_web) {
        mqtt_host_watch(&program.host, web_host_file(&program.web));
    }
    status = serve();
    mqtt_host_close(&program.host);
    return status;
}

enum command_status aws_standin_run(const struct aws_standin_options *options, const char *folder)
{
    enum command_status status = COMMAND_WRONG;

    if (!check_options(options) || !aws_faults_read(&options->faults, &program.faults)) {
        return COMMAND_WRONG;
    }
    if (aws_store_open(&program.store, folder, false) && aws_store_claim(&program.store)) {
        wire(options);
        look_at_folder(aws_store_now_ms());
        if (open_web(options)) {
            status = connect_and_serve(options);
        }
    }
    web_host_close(&program.web);
    aws_streams_free(&program.streams);
    aws_meter_free(&program.meter);
    aws_store_close(&program.store);
    return status;
}
