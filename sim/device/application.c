/* SPDX-License-Identifier: Apache-2.0 */

/* The application of the simulated device: what firmware/mqtt_ota does, on a host. Its version is
 * that of the image in the primary slot, whatever program the image holds; the one thing that the
 * program decides is whether it hangs. */

#include <poll.h>
#include <string.h>

#include "aws.h"
#include "console.h"
#include "network.h"
#include "otter/agent_bundle.h"
#include "otter/agent_task.h"
#include "otter/direct.h"
#include "otter/posix.h"
#include "otter/posix_link.h"
#include "otter/posix_thread.h"
#include "otter/router.h"
#include "sim.h"
#include "trial.h"
#include "web.h"

#define SESSION_POLL_MS 2u  /* of a connection's making and ending nothing tells us */
#define LISTEN_MS       50u /* how late the announcement of a job may be noticed */
#define WATCH_MS        10u /* how late a restart, or the end of the run, may be noticed */

struct application {
    const struct sim_board *board;
    uint8_t settings_bytes[16384];
    struct device_settings settings;
    struct http_settings web_settings;
    struct aws_settings aws_settings;
    struct aws aws;
    struct sim_network network;
    struct otter_posix_link web_tcp;
    struct web web;
    bool has_broker;
    struct trial trial;
    uint8_t agent_buffer[4096];
    struct otter_job_source jobs;
    struct otter_job_source reports;
    struct otter_direct direct;
    struct otter_job place; /* of the image, in direct flow */
    struct otter_data_source sources[2];
    struct otter_route routes[2];
    struct otter_router_config router_config;
    struct otter_router router;
    struct otter_data_source data;
    struct otter_agent_slots others[OTTER_BOOT_IMAGES_MAX - 1];
    struct otter_agent_bundle bundle;
    struct otter_agent_bundles bundles;
    struct otter_agent_config agent_config;
    struct otter_agent agent; /* its thread's alone once that runs */
    struct otter_posix_thread thread;
    struct otter_guard guard; /* of the two flags below */
    bool wants_restart;
    bool had_session;
    struct otter_agent_task task;
    bool was_confirmed; /* the agent was asked to confirm */
};

static struct otter_area open_slot(const struct application *app, enum otter_area_role role,
                                   uint8_t image)
{
    struct otter_area area = { 0 };

    (void)otter_layout_open(app->board->layout, app->board->devices, role, image, &area);
    return area;
}

static struct otter_area open_area(const struct application *app, enum otter_area_role role)
{
    return open_slot(app, role, 0);
}

/* Start-up ----------------------------------------------------------------------------------- */

/* A device that has an HTTP server needs no broker. Its host is the first of the broker's settings
 * that is missed. */
static const char *read_settings(struct application *app, const struct otter_settings *found)
{
    const char *const wrong_for_http = http_settings_read(found, &app->web_settings);
    const char *const wrong_for_aws = aws_settings_read(found, &app->aws_settings);
    const char *const wrong = device_settings_read(found, &app->settings);

    if (app->aws_settings.has_jobs) {
        device_timing_read(found, &otter_agent_service_timing, &app->settings.timing);
    }
    if (app->aws_settings.has_jobs && wrong_for_aws != NULL) {
        return wrong_for_aws;
    }
    app->has_broker = wrong == NULL;
    if (wrong != NULL && strcmp(wrong, "mqtt.host") == 0 && app->web_settings.has_jobs) {
        return wrong_for_http;
    }
    return wrong != NULL ? wrong : wrong_for_http;
}

static bool load_settings(struct application *app, const struct otter_boot_outcome *outcome)
{
    const struct otter_area area = open_area(app, OTTER_AREA_SETTINGS);
    struct otter_settings found = { 0 };
    const enum otter_result result =
        otter_settings_load(&area, app->settings_bytes, sizeof app->settings_bytes, &found);
    const char *wrong;

    if (result != OTTER_OK) {
        console_say_result("app", "settings", result);
        return false;
    }
    wrong = read_settings(app, &found);
    if (wrong != NULL) {
        console_say("app", "setting missing or impossible: %s", wrong);
        return false;
    }
    app->settings.identity.board = app->board->layout->board;
    app->settings.identity.version = outcome->image.header.version;
    app->settings.identity.meaning = otter_result_meaning;
    return true;
}

static bool start_web(struct application *app)
{
    enum otter_result result;

    app->web.tls_config = (struct otter_tls_config){
        .lower = otter_posix_link_init(&app->web_tcp),
        .random = otter_posix_random,
    };
    result = web_start(&app->web, &app->web_settings, &app->settings.identity);
    if (result != OTTER_OK) {
        console_say_result("app", app->web.problem, result);
    }
    return result == OTTER_OK;
}

static bool is_on_trial(void *context)
{
    const struct application *app = context;
    const struct otter_trailer_shape shape = otter_trailer_shape(app->board->layout);
    const struct otter_area primary = open_area(app, OTTER_AREA_PRIMARY);
    enum otter_standing standing = OTTER_STANDING_SETTLED;

    return otter_bootstate_standing(&primary, &shape, &standing) == OTTER_OK
           && standing == OTTER_STANDING_TRIAL;
}

static bool has_server(const struct application *app)
{
    return app->web_settings.endpoint.host != NULL;
}

static bool start_aws(struct application *app)
{
    const struct aws_surroundings around = {
        .client = &app->network.broker.client,
        .session = &app->settings.session,
        .http = has_server(app) ? &app->sources[0] : NULL,
        .is_on_trial = is_on_trial,
        .random = otter_posix_random_u32,
        .context = app,
    };
    enum otter_result result;

    if (has_server(app)) {
        app->sources[0] = otter_http_data_source(&app->web.transport);
    }
    result = aws_start(&app->aws, &app->aws_settings, &around);
    if (result != OTTER_OK) {
        console_say_result("app", app->aws.problem, result);
    }
    return result == OTTER_OK;
}

static bool start_networks(struct application *app)
{
    return (!app->has_broker || sim_network_start(&app->network, &app->settings) == OTTER_OK)
           && (!has_server(app) || start_web(app))
           && (!app->aws_settings.has_jobs || start_aws(app));
}

static void stop_networks(struct application *app)
{
    if (app->has_broker) {
        sim_network_stop(&app->network);
    }
    web_stop(&app->web);
}

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    console_say_event(event);
    return OTTER_ANSWER_CONTINUE;
}

static void raise_flag(struct application *app, bool *flag)
{
    app->guard.enter(app->guard.context);
    *flag = true;
    app->guard.leave(app->guard.context);
}

static bool is_raised(struct application *app, const bool *flag)
{
    bool raised;

    app->guard.enter(app->guard.context);
    raised = *flag;
    app->guard.leave(app->guard.context);
    return raised;
}

static void on_restart(void *context)
{
    struct application *app = context;

    console_say("app", "restarting");
    raise_flag(app, &app->wants_restart);
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = on_restart,
    .random = otter_posix_random_u32,
};

static enum otter_job_connection web_connection(const struct application *app)
{
    return app->web_settings.secure ? OTTER_JOB_CONNECTION_HTTPS : OTTER_JOB_CONNECTION_HTTP;
}

/* A job of AWS IoT says itself by which protocols its bytes can be had. */
static void choose_aws(struct application *app)
{
    app->jobs = otter_aws_job_source(&app->aws.transport);
    app->data = otter_aws_data_source(&app->aws.transport);
}

/* Jobs come from one place; the bytes come from wherever the job says that they are. */
static void choose_sources(struct application *app)
{
    const struct http_settings *web = &app->web_settings;
    size_t count = 0;

    if (app->has_broker) {
        app->sources[count] = otter_mqtt_data_source(&app->network.transport);
        app->routes[count] =
            (struct otter_route){ OTTER_JOB_CONNECTION_MQTT, true, &app->sources[count] };
        count++;
    }
    if (has_server(app)) {
        app->sources[count] = otter_http_data_source(&app->web.transport);
        app->routes[count] =
            (struct otter_route){ web_connection(app), web->secure, &app->sources[count] };
        count++;
    }
    app->router_config = (struct otter_router_config){
        .routes = app->routes,
        .route_count = count,
        .home = web->has_jobs ? web_connection(app) : OTTER_JOB_CONNECTION_MQTT,
        .jobs_are_secure = !web->has_jobs || web->secure,
    };
    app->data = otter_router_source(&app->router, &app->router_config);
    app->jobs = web->has_jobs ? otter_http_job_source(&app->web.transport)
                              : otter_mqtt_job_source(&app->network.transport);
}

static void choose_direct_flow(struct application *app)
{
    struct otter_text file;

    app->place = (struct otter_job){ .connection = OTTER_JOB_CONNECTION_SAME };
    otter_text_init(&file, app->place.file, sizeof app->place.file);
    otter_text_append(&file, app->web_settings.image_path);
    app->reports = app->jobs;
    app->jobs = otter_direct_source(&app->direct, &app->place, &app->reports);
}

/* Bundles are welcome, on a board with one image too. */
static void open_bundles(struct application *app)
{
    const struct otter_layout *layout = app->board->layout;
    uint8_t count = 0;

    while (count + 1 < layout->image_count) {
        const uint8_t image = count + 1;

        app->others[count++] = (struct otter_agent_slots){
            .primary = open_slot(app, OTTER_AREA_PRIMARY, image),
            .secondary = open_slot(app, OTTER_AREA_SECONDARY, image),
            .max_image_size = otter_strategy_max_image_size(&SIM_STRATEGY, layout, image, NULL),
        };
    }
    app->bundles = (struct otter_agent_bundles){
        .ops = &otter_agent_bundle_ops,
        .state = &app->bundle,
        .others = app->others,
        .other_count = count,
    };
}

static bool start_agent(struct application *app, const struct otter_boot_outcome *outcome)
{
    const struct sim_board *board = app->board;
    enum otter_result result;

    if (app->aws_settings.has_jobs) {
        choose_aws(app);
    } else {
        choose_sources(app);
    }
    if (app->settings.is_direct) {
        choose_direct_flow(app);
    }
    open_bundles(app);
    app->agent_config = (struct otter_agent_config){
        .identity = app->settings.identity,
        .timing = app->settings.timing,
        .layout = board->layout,
        .primary = open_area(app, OTTER_AREA_PRIMARY),
        .secondary = open_area(app, OTTER_AREA_SECONDARY),
        .journal = open_area(app, OTTER_AREA_JOURNAL),
        .trust = board->trust,
        .decrypt = otter_image_decrypt,
        .max_image_size = otter_strategy_max_image_size(&SIM_STRATEGY, board->layout, 0, NULL),
        .boot_refusal = outcome->refusal,
        .jobs = &app->jobs,
        .data = &app->data,
        .bundles = &app->bundles,
        .service = app->aws_settings.has_jobs ? &app->aws.service : NULL,
        .hooks = &hooks,
        .hooks_context = app,
        .reboot_upon_completion = true,
        .validate_after_reboot = true,
        .buffer = app->agent_buffer,
        .buffer_size = sizeof app->agent_buffer,
    };
    result = otter_agent_init(&app->agent, &app->agent_config, otter_posix_now_ms());
    if (result != OTTER_OK) {
        console_say_result("app", "update agent", result);
    }
    return result == OTTER_OK;
}

static void start_trial(struct application *app)
{
    trial_init(&app->trial, is_on_trial(app), app->settings.trial_limit_ms, otter_posix_now_ms());
    if (app->trial.is_running) {
        console_say("app", "on trial: to be confirmed within %u s",
                    (unsigned)(app->trial.limit_ms / 1000));
    }
}

/* The agent's thread ------------------------------------------------------------------------- */

static int socket_of(const struct otter_posix_link *link, bool is_used)
{
    return is_used ? otter_posix_link_socket(link) : -1;
}

static void wait_for_bytes(const struct application *app, uint32_t ms)
{
    struct pollfd sockets[] = {
        { .fd = socket_of(&app->network.tcp, app->has_broker), .events = POLLIN },
        { .fd = socket_of(&app->web_tcp, has_server(app)), .events = POLLIN },
    };

    (void)poll(sockets, sizeof sockets / sizeof sockets[0], (int)ms);
}

/* @return ms until the next step, with an ear for what is announced meanwhile */
static uint32_t be_idle(struct application *app, uint32_t now_ms, uint32_t wait_ms)
{
    if (!app->aws_settings.has_jobs) {
        return wait_ms;
    }
    if (otter_aws_transport_listen(&app->aws.transport, now_ms)) {
        otter_agent_check_now(&app->agent);
        return 0;
    }
    return wait_ms < LISTEN_MS ? wait_ms : LISTEN_MS;
}

static uint32_t step_agent(void *subject, uint32_t now_ms)
{
    struct application *app = subject;
    const uint32_t wait_ms = otter_agent_task_step(&app->task, now_ms);
    const uint32_t poll_ms = wait_ms < SESSION_POLL_MS ? wait_ms : SESSION_POLL_MS;
    const enum otter_agent_stage stage = otter_agent_stage(&app->agent);

    if (stage == OTTER_STAGE_IDLE) {
        return be_idle(app, now_ms, wait_ms);
    }
    raise_flag(app, &app->had_session);
    if (stage == OTTER_STAGE_DOWNLOADING && poll_ms > 0) {
        wait_for_bytes(app, poll_ms);
        return 0;
    }
    return poll_ms;
}

/* The application's thread: all it knows of the agent is its status --------------------------- */

static void confirm(struct application *app, enum otter_result result)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    if (!app->was_confirmed) {
        app->was_confirmed = true;
        otter_agent_task_wish(&app->task, OTTER_WISH_CONFIRM);
    } else if (result == OTTER_OK) {
        trial_pass(&app->trial);
        otter_version_format(&app->settings.identity.version, version);
        console_say("app", "%s confirmed", version);
    } else if (result != OTTER_AGAIN) {
        app->was_confirmed = false;
    }
}

static void step_trial(struct application *app, const struct otter_agent_status *status,
                       enum otter_result confirm_result, uint32_t now_ms)
{
    if (app->trial.is_running && status->reached_source) {
        confirm(app, confirm_result);
    }
    if (trial_step(&app->trial, now_ms)) {
        console_say("app", "not confirmed in time: waiting for the watchdog");
    }
}

/* A session is over when the agent is idle again and does not want to go on at once, which a
 * confirmation makes it want. @p had_session is older than @p status. */
static bool is_finished(const struct application *app, const struct otter_agent_status *status,
                        bool had_session, uint32_t now_ms)
{
    const struct sim_board *board = app->board;
    const bool is_over = had_session && status->stage == OTTER_STAGE_IDLE && status->wait_ms > 0;

    return !app->trial.is_running
           && ((board->once && is_over)
               || (board->has_end && (int32_t)(now_ms - board->end_ms) >= 0));
}

static enum sim_end watch(struct application *app)
{
    for (;;) {
        const uint32_t now_ms = otter_posix_now_ms();
        const bool had_session = is_raised(app, &app->had_session);
        struct otter_agent_status status;
        enum otter_result confirm_result;

        otter_agent_task_get_status(&app->task, &status, &confirm_result);
        step_trial(app, &status, confirm_result, now_ms);
        if (is_raised(app, &app->wants_restart)) {
            return SIM_RESTARTED;
        }
        if (app->trial.has_failed) {
            return SIM_STARVED;
        }
        if (is_finished(app, &status, had_session, now_ms)) {
            return SIM_FINISHED;
        }
        otter_posix_sleep_ms(WATCH_MS);
    }
}

static enum sim_end run(struct application *app)
{
    enum sim_end end = SIM_FAILED;

    otter_agent_task_init(&app->task, &app->agent, app->guard, otter_posix_now_ms());
    if (otter_posix_thread_start(&app->thread, step_agent, app) == OTTER_OK) {
        end = watch(app);
    }
    otter_posix_thread_stop(&app->thread);
    return end;
}

enum sim_end sim_run_application(const struct sim_board *board,
                                 const struct otter_boot_outcome *outcome)
{
    static struct application app;
    char version[OTTER_VERSION_TEXT_SIZE];
    enum sim_end end = SIM_FAILED;

    app = (struct application){ .board = board };
    otter_version_format(&outcome->image.header.version, version);
    console_say("app", "Otter MQTT example %s", version);
    if (sim_program_hangs(outcome)) {
        console_say("app", "this build hangs on purpose to test the revert");
        return SIM_STARVED;
    }
    if (!load_settings(&app, outcome)) {
        return SIM_FAILED;
    }
    if (otter_posix_thread_init(&app.thread) != OTTER_OK) {
        return SIM_FAILED;
    }
    app.guard = otter_posix_thread_guard(&app.thread);
    if (start_networks(&app) && start_agent(&app, outcome)) {
        start_trial(&app);
        end = run(&app);
    }
    otter_posix_thread_free(&app.thread);
    stop_networks(&app);
    return end;
}
