/* SPDX-License-Identifier: Apache-2.0 */

/* otter-sim-device: bootloader and application in one host process, on flash in a file.
 *
 * A reset is a return to the bootloader's code; the program's memory starts anew. Ending the
 * process in any way, kill -9 included, is a loss of power. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "cut_flash.h"
#include "otter/all_crypto.h"
#include "otter/board_layout.h"
#include "otter/posix.h"
#include "sim.h"

#define KEYS_MAX                4
#define KEY_SIZE_MAX            512
#define DECRYPTION_KEY_SIZE_MAX 2048

static const char usage[] =
    "usage: otter-sim-device --flash FLASH.bin --trust KEY.der [options]\n"
    "\n"
    "Run a simulated device: the bootloader, then the update agent, on flash in a file.\n"
    "\n"
    "Options:\n"
    "  -f, --flash FILE     flash file, made by 'otter device create' (required)\n"
    "  -t, --trust FILE     public key that images must be signed with, made by 'otter key public\n"
    "                       --format der' (may be repeated; at least one)\n"
    "  -d, --decrypt FILE   private key that encrypted images are for, in DER\n"
    "  -o, --once           end after one session; a restart and what follows belong to it\n"
    "  -s, --seconds N      end after N seconds\n"
    "  -r, --runs N         end instead of the Nth reset\n"
    "  -c, --cut N          lose the power at the Nth flash operation\n"
    "  -h, --help           show this text\n"
    "\n"
    "Exit status: 0 done, 1 no program to start, 2 wrong usage, 75 the power was cut.\n"
    "\n"
    "Example:\n"
    "  otter key public release.pem --format der --out release.der\n"
    "  otter-sim-device --flash flash.bin --trust release.der --once\n";

struct options {
    const char *flash;
    uint32_t seconds;
    uint32_t runs;
    bool once;
};

static struct cut_supply supply;
static struct otter_public_key keys[KEYS_MAX];
static uint8_t key_bytes[KEYS_MAX][KEY_SIZE_MAX];
static uint8_t key_count;
static struct otter_private_key decryption_key; /* of no size: there is none */
static uint8_t decryption_key_bytes[DECRYPTION_KEY_SIZE_MAX];

static _Noreturn void refuse(const char *what, const char *why)
{
    (void)fprintf(stderr, "otter-sim-device: %s: %s\nSee 'otter-sim-device --help'.\n", what, why);
    exit(2);
}

/* Options ------------------------------------------------------------------------------------ */

static uint32_t parse_number(const char *text)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > 1000000ul) {
        refuse(text, "is not a number from 1 to 1000000");
    }
    return (uint32_t)value;
}

/* @return bytes read; at most @p room */
static size_t load_file(const char *path, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        refuse(path, "cannot be opened");
    }
    size = fread(bytes, 1, room, file);
    (void)fclose(file);
    return size;
}

static void load_key(const char *path)
{
    size_t size;

    if (key_count == KEYS_MAX) {
        refuse(path, "is one key too many");
    }
    size = load_file(path, key_bytes[key_count], KEY_SIZE_MAX);
    if (size == 0 || size == KEY_SIZE_MAX) {
        refuse(path, "is not a public key in DER; 'otter key public --format der' makes one");
    }
    keys[key_count] = (struct otter_public_key){ .der = key_bytes[key_count], .der_size = size };
    key_count++;
}

static void load_decryption_key(const char *path)
{
    const size_t size = load_file(path, decryption_key_bytes, sizeof decryption_key_bytes);

    if (size == 0 || size == sizeof decryption_key_bytes) {
        refuse(path, "is not a private key in DER; 'otter key private --format der' makes one");
    }
    decryption_key = (struct otter_private_key){ .der = decryption_key_bytes, .der_size = size };
}

static void take_option(int letter, struct options *options)
{
    switch (letter) {
    case 'f':
        options->flash = optarg;
        break;
    case 't':
        load_key(optarg);
        break;
    case 'd':
        load_decryption_key(optarg);
        break;
    case 'o':
        options->once = true;
        break;
    case 's':
        options->seconds = parse_number(optarg);
        break;
    case 'r':
        options->runs = parse_number(optarg);
        break;
    case 'c':
        supply.cut_at = parse_number(optarg);
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
        { "flash", required_argument, NULL, 'f' },
        { "trust", required_argument, NULL, 't' },
        { "decrypt", required_argument, NULL, 'd' },
        { "once", no_argument, NULL, 'o' },
        { "seconds", required_argument, NULL, 's' },
        { "runs", required_argument, NULL, 'r' },
        { "cut", required_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct options options = { 0 };
    int letter;

    while ((letter = getopt_long(argc, argv, "f:t:d:os:r:c:h", rows, NULL)) != -1) {
        take_option(letter, &options);
    }
    if (options.flash == NULL) {
        refuse("--flash", "is missing");
    }
    if (key_count == 0) {
        refuse("--trust", "is missing; without a key anybody could sign");
    }
    if (optind < argc) {
        refuse(argv[optind], "is not expected here");
    }
    return options;
}

/* The board ---------------------------------------------------------------------------------- */

static void open_flash(struct sim_board *board, const char *path)
{
    static struct otter_posix_flash files[OTTER_LAYOUT_DEVICES_MAX];
    static struct cut_flash devices[OTTER_LAYOUT_DEVICES_MAX];

    if (!sim_open_flash(board->layout, path, files, board->devices)) {
        refuse(path, "cannot be opened as this board's flash; 'otter device create' makes it");
    }
    for (uint8_t i = 0; i < board->layout->device_count; i++) {
        if (board->devices[i] != NULL) {
            cut_flash_init(&devices[i], board->devices[i], &supply);
            board->devices[i] = &devices[i].flash;
        }
    }
}

static struct sim_board make_board(const struct options *options)
{
    struct sim_board board = {
        .layout = &otter_board_layout,
        .trust = {
            .crypto = &otter_all_crypto,
            .keys = keys,
            .key_count = key_count,
            .decryption_key = decryption_key.der_size > 0 ? &decryption_key : NULL,
            .layout_digest = otter_board_layout.digest,
        },
        .once = options->once,
        .has_end = options->seconds > 0,
        .end_ms = otter_posix_now_ms() + 1000 * options->seconds,
    };

    open_flash(&board, options->flash);
    return board;
}

/* Resets ------------------------------------------------------------------------------------- */

static int run(const struct sim_board *board, uint32_t runs)
{
    static const char *const causes[] = {
        [SIM_RESTARTED] = "reset by the program",
        [SIM_STARVED] = "reset by the watchdog",
    };

    for (uint32_t number = 1;; number++) {
        struct otter_boot_outcome outcome = { 0 };
        enum sim_end end;

        if (sim_boot(board, &outcome) != OTTER_OK) {
            return 1;
        }
        end = sim_run_application(board, &outcome);
        if (end == SIM_FINISHED || end == SIM_FAILED) {
            return end == SIM_FINISHED ? 0 : 1;
        }
        console_say("sim", "%s", causes[end]);
        if (number == runs) {
            return 0;
        }
    }
}

int main(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv);
    const struct sim_board board = make_board(&options);

    otter_log_set_sink(console_log, NULL);

    const int status = run(&board, options.runs);

    console_say("sim", "%u flash operations", (unsigned)supply.operations);
    return status;
}
