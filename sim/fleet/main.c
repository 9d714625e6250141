/* SPDX-License-Identifier: Apache-2.0 */

/* otter-sim-fleet: thousands of devices in one process and one thread, which all look for an update
 * at once. Sockets wake them through epoll; those whose time has come are found by looking at all of
 * them, a few hundred times a second. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "fleet_device.h"
#include "otter/posix.h"

#define DEVICES_MAX  20000u
#define KEY_SIZE_MAX 512
#define TICK_MS      5u
#define EVENTS       256
#define SPARE_FILES  64u /* beside the sockets */

static const char usage[] =
    "usage: otter-sim-fleet --trust KEY.der --port PORT [options]\n"
    "\n"
    "Update many devices at once: the real agent and MQTT client, a connection each, slots in "
    "memory.\n"
    "A device is updated when it has verified the image, asked for its installation and reported.\n"
    "\n"
    "Options:\n"
    "  -t, --trust FILE      public key that images must be signed with, made by 'otter key "
    "public\n"
    "                        --format der' (required)\n"
    "  -H, --host ADDRESS    broker's address (127.0.0.1), without TLS\n"
    "  -p, --port PORT       broker's port (required)\n"
    "  -n, --devices N       how many (1000)\n"
    "  -w, --whole           ask for the whole image at once, not for chunks\n"
    "  -k, --chunk-size N    bytes to ask for at a time (4096)\n"
    "  -W, --window N        requests in flight (4)\n"
    "  -r, --ramp MS         start the devices over so many milliseconds (0)\n"
    "  -s, --seconds N       give up after N seconds (120)\n"
    "  -h, --help            show this text\n"
    "\n"
    "Prints one JSON object. Exit status: 0 all updated, 1 not all, 2 wrong usage.\n"
    "\n"
    "Example:\n"
    "  otter-sim-fleet --trust release.der --port 1883 --devices 1000\n";

struct options {
    struct fleet_config fleet;
    uint32_t devices;
    uint32_t ramp_ms;
    uint32_t seconds;
};

struct fleet {
    const struct options *options;
    struct fleet_device *devices;
    int *watched; /* the socket of each device that epoll knows; -1: none */
    uint32_t started;
    uint32_t done;
    uint32_t began_ms;
    int epoll;
};

static uint8_t key_bytes[KEY_SIZE_MAX];

static _Noreturn void refuse(const char *what, const char *why)
{
    (void)fprintf(stderr, "otter-sim-fleet: %s: %s\nSee 'otter-sim-fleet --help'.\n", what, why);
    exit(2);
}

/* Options ------------------------------------------------------------------------------------ */

static uint32_t parse_number(const char *text, uint32_t least, uint32_t most)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most) {
        refuse(text, "is no number, or too small or too large");
    }
    return (uint32_t)value;
}

static struct otter_public_key load_key(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        refuse(path, "cannot be opened");
    }
    size = fread(key_bytes, 1, sizeof key_bytes, file);
    (void)fclose(file);
    if (size == 0 || size == sizeof key_bytes) {
        refuse(path, "is not a public key in DER; 'otter key public --format der' makes one");
    }
    return (struct otter_public_key){ .der = key_bytes, .der_size = size };
}

static void take_option(int letter, struct options *options)
{
    switch (letter) {
    case 't':
        options->fleet.key = load_key(optarg);
        break;
    case 'H':
        options->fleet.host = optarg;
        break;
    case 'p':
        options->fleet.port = (uint16_t)parse_number(optarg, 1, UINT16_MAX);
        break;
    case 'n':
        options->devices = parse_number(optarg, 1, DEVICES_MAX);
        break;
    case 'w':
        options->fleet.fetch = OTTER_MQTT_FETCH_WHOLE;
        break;
    case 'k':
        options->fleet.chunk_size = (uint16_t)parse_number(optarg, 1, UINT16_MAX);
        break;
    case 'W':
        options->fleet.window = (uint8_t)parse_number(optarg, 1, OTTER_MQTT_WINDOW_MAX);
        break;
    case 'r':
        options->ramp_ms = parse_number(optarg, 0, 600000);
        break;
    case 's':
        options->seconds = parse_number(optarg, 1, 86400);
        break;
    case 'h':
        (void)fputs(usage, stdout);
        exit(0);
    default:
        (void)fputs(usage, stderr);
        exit(2);
    }
}

static struct options parse_options(int argc, char **argv)
{
    static const struct option rows[] = {
        { "trust", required_argument, NULL, 't' },
        { "host", required_argument, NULL, 'H' },
        { "port", required_argument, NULL, 'p' },
        { "devices", required_argument, NULL, 'n' },
        { "whole", no_argument, NULL, 'w' },
        { "chunk-size", required_argument, NULL, 'k' },
        { "window", required_argument, NULL, 'W' },
        { "ramp", required_argument, NULL, 'r' },
        { "seconds", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct options options = {
        .fleet = { .host = "127.0.0.1",
                   .topic_prefix = "anycloud",
                   .fetch = OTTER_MQTT_FETCH_CHUNKS,
                   .chunk_size = 4096,
                   .window = 4 },
        .devices = 1000,
        .seconds = 120,
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "t:H:p:n:wk:W:r:s:h", rows, NULL)) != -1) {
        take_option(letter, &options);
    }
    if (options.fleet.key.der_size == 0 || options.fleet.port == 0 || optind < argc) {
        refuse(optind < argc ? argv[optind] : "--trust and --port", "see what is expected");
    }
    return options;
}

/* A socket is a file, and systems allow few of them unless asked. */
static void allow_sockets(uint32_t count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < count + SPARE_FILES) {
        refuse("--devices", "is more than 'ulimit -Hn' allows open files");
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The fleet ---------------------------------------------------------------------------------- */

static bool has_come(uint32_t due_ms, uint32_t now_ms)
{
    return (int32_t)(now_ms - due_ms) >= 0;
}

/* A new socket also says when it is connected. A closed one has left epoll by itself. */
static void watch(struct fleet *fleet, uint32_t number)
{
    const int socket = fleet_device_socket(&fleet->devices[number]);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.u32 = number };

    fleet->watched[number] = socket;
    if (socket >= 0 && epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
        (void)epoll_ctl(fleet->epoll, EPOLL_CTL_MOD, socket, &event);
    }
}

static void watch_for_bytes_alone(struct fleet *fleet, uint32_t number)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };

    (void)epoll_ctl(fleet->epoll, EPOLL_CTL_MOD, fleet->watched[number], &event);
}

static void step(struct fleet *fleet, uint32_t number, uint32_t now_ms)
{
    struct fleet_device *device = &fleet->devices[number];
    const unsigned failures = device->failures;

    if (device->is_done) {
        return;
    }
    fleet_device_step(device, now_ms);
    if (device->is_done) {
        fleet->done++;
        fleet_device_stop(device);
        return;
    }
    /* After a failure the number may be that of another socket. */
    if (fleet->watched[number] != fleet_device_socket(device) || device->failures != failures) {
        watch(fleet, number);
    }
}

static void start_some(struct fleet *fleet, uint32_t now_ms)
{
    const struct options *options = fleet->options;
    const uint32_t passed_ms = now_ms - fleet->began_ms;
    uint32_t wanted = options->devices;

    if (passed_ms < options->ramp_ms) {
        wanted = (uint32_t)((uint64_t)options->devices * passed_ms / options->ramp_ms);
    }
    for (; fleet->started < wanted; fleet->started++) {
        struct fleet_device *device = &fleet->devices[fleet->started];

        if (fleet_device_start(device, &options->fleet, fleet->started, now_ms) != OTTER_OK) {
            refuse("the fleet", "a device cannot be started");
        }
    }
}

/* Those that wait for a connection or a time; sockets wake the others. */
static void step_due(struct fleet *fleet, uint32_t now_ms)
{
    for (uint32_t i = 0; i < fleet->started; i++) {
        if (has_come(fleet->devices[i].due_ms, now_ms)) {
            step(fleet, i, now_ms);
        }
    }
}

static void run(struct fleet *fleet)
{
    const uint32_t end_ms = fleet->began_ms + 1000 * fleet->options->seconds;
    struct epoll_event events[EVENTS];
    uint32_t tick_ms = fleet->began_ms;
    uint32_t now_ms = fleet->began_ms;

    while (fleet->done < fleet->options->devices && !has_come(end_ms, now_ms)) {
        const int count = epoll_wait(fleet->epoll, events, EVENTS, TICK_MS);

        now_ms = otter_posix_now_ms();
        for (int i = 0; i < count; i++) {
            if ((events[i].events & EPOLLOUT) != 0) {
                watch_for_bytes_alone(fleet, events[i].data.u32);
            }
            step(fleet, events[i].data.u32, now_ms);
        }
        if (has_come(tick_ms, now_ms)) {
            tick_ms = now_ms + TICK_MS;
            start_some(fleet, now_ms);
            step_due(fleet, now_ms);
        }
    }
}

static void stop_all(struct fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->started; i++) {
        if (!fleet->devices[i].is_done) {
            fleet_device_stop(&fleet->devices[i]);
        }
    }
    free(fleet->devices);
    free(fleet->watched);
}

/* The result --------------------------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left;
    const uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void print_result(const struct fleet *fleet)
{
    const uint32_t count = fleet->started;
    uint32_t *times = calloc(count + 1, sizeof *times);
    enum otter_result last_failure = OTTER_OK;
    unsigned failures = 0;
    uint64_t bytes = 0;
    uint32_t done = 0;

    for (uint32_t i = 0; times != NULL && i < count; i++) {
        const struct fleet_device *device = &fleet->devices[i];

        failures += device->failures;
        bytes += device->is_done ? device->bytes : 0;
        last_failure = device->failures > 0 ? device->last_failure : last_failure;
        if (device->is_done) {
            times[done++] = device->done_ms - fleet->began_ms;
        }
    }
    if (times != NULL && done > 0) {
        qsort(times, done, sizeof *times, by_time);
        (void)printf("{\"devices\":%u,\"updated\":%u,\"bytes\":%llu,\"milliseconds\":%u,"
                     "\"median_ms\":%u,\"failed_stages\":%u,\"last_failure\":\"%s\"}\n",
                     (unsigned)fleet->options->devices, (unsigned)done, (unsigned long long)bytes,
                     (unsigned)times[done - 1], (unsigned)times[done / 2], failures,
                     last_failure == OTTER_OK ? "" : otter_result_meaning(last_failure));
    } else {
        (void)printf(
            "{\"devices\":%u,\"updated\":0,\"failed_stages\":%u,\"last_failure\":\"%s\"}\n",
            (unsigned)fleet->options->devices, failures, otter_result_meaning(last_failure));
    }
    free(times);
}

int main(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv);
    struct fleet fleet = {
        .options = &options,
        .devices = calloc(options.devices, sizeof *fleet.devices),
        .watched = malloc(options.devices * sizeof *fleet.watched),
        .epoll = epoll_create1(0),
    };

    allow_sockets(options.devices);
    if (fleet.devices == NULL || fleet.watched == NULL || fleet.epoll < 0) {
        refuse("--devices", "is more than there is memory for");
    }
    memset(fleet.watched, 0xFF, options.devices * sizeof *fleet.watched); /* -1: none */
    fleet.began_ms = otter_posix_now_ms();
    run(&fleet);
    print_result(&fleet);
    stop_all(&fleet);
    return fleet.done == options.devices ? 0 : 1;
}
