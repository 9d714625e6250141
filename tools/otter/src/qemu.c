/* SPDX-License-Identifier: Apache-2.0 */

/* Starts and ends QEMU. The device's UARTs and QEMU's control channel are socket pairs whose other
 * ends QEMU inherits: there is no socket file to choose a name for, to wait for, or to remove. */

#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define ARGUMENTS_MAX   (32 + OPTION_LIST_MAX)
#define TEXT_MAX        8192
#define CANNOT_EXECUTE  127
#define END_PATIENCE_MS 2000
#define END_POLL_MS     10

static const struct qemu_machine machines[] = {
    { "mps2-an386", "mps2-an386", 16u * 1024u * 1024u, 0x40028000u },
};

const struct qemu_machine *qemu_machine_of(const char *board)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (strcmp(machines[i].board, board) == 0) {
            return &machines[i];
        }
    }
    message_error("QEMU has no machine for board \"%s\"", board);
    message_fact("it has one for", "%s", machines[0].board);
    return NULL;
}

/* A command line being put together in one block of text. */
struct command_line {
    char *arguments[ARGUMENTS_MAX + 1];
    int count;
    char text[TEXT_MAX];
    size_t length;
    bool overflow;
};

static void begin_argument(struct command_line *line)
{
    if (line->count == ARGUMENTS_MAX) {
        line->overflow = true;
        return;
    }
    line->arguments[line->count++] = line->text + line->length;
}

static void append_character(struct command_line *line, char character)
{
    if (line->length == TEXT_MAX) {
        line->overflow = true;
        return;
    }
    line->text[line->length++] = character;
}

static void append_text(struct command_line *line, const char *text)
{
    while (*text != '\0') {
        append_character(line, *text++);
    }
}

/* A value inside an option of QEMU, where a comma is written twice. */
static void append_value(struct command_line *line, const char *value)
{
    for (; *value != '\0'; value++) {
        append_character(line, *value);
        if (*value == ',') {
            append_character(line, ',');
        }
    }
}

static void end_argument(struct command_line *line)
{
    append_character(line, '\0');
}

static void add_argument(struct command_line *line, const char *text)
{
    begin_argument(line);
    append_text(line, text);
    end_argument(line);
}

/* "<option> <before><value>" */
static void add_option(struct command_line *line, const char *option, const char *before,
                       const char *value)
{
    add_argument(line, option);
    begin_argument(line);
    append_text(line, before);
    append_value(line, value);
    end_argument(line);
}

static void add_socket(struct command_line *line, const char *name, int fd)
{
    char text[64];

    (void)snprintf(text, sizeof text, "socket,id=%s,fd=%d", name, fd);
    add_argument(line, "-chardev");
    add_argument(line, text);
}

static void add_words(struct command_line *line, const struct option_list *words)
{
    add_argument(line, "-semihosting-config");
    begin_argument(line);
    append_text(line, "enable=on,target=native,arg=otter");
    for (int i = 0; i < words->count; i++) {
        append_text(line, ",arg=");
        append_value(line, words->items[i]);
    }
    end_argument(line);
}

/* QEMU's ends of the channels. */
struct far_ends {
    int console;
    int button;
    int qmp;
    int errors;
};

static bool compose(struct command_line *line, const struct qemu_options *options,
                    const struct far_ends *ends)
{
    char machine[64];

    (void)snprintf(machine, sizeof machine, "%s,memory-backend=flash", options->machine->machine);
    add_argument(line, options->program);
    add_argument(line, "-M");
    add_argument(line, machine);
    add_option(line, "-object",
               "memory-backend-file,id=flash,size=16M,share=on,mem-path=", options->flash);
    add_argument(line, "-kernel");
    add_argument(line, options->bootloader);
    add_argument(line, "-display");
    add_argument(line, "none");
    add_argument(line, "-monitor");
    add_argument(line, "none");
    add_socket(line, "console", ends->console);
    add_socket(line, "button", ends->button);
    add_socket(line, "qmp", ends->qmp);
    add_option(line, "-serial", "chardev:", "console");
    add_option(line, "-serial", "chardev:", "button");
    add_option(line, "-mon", "mode=control,chardev=", "qmp");
    add_option(line, "-nic", "user,model=lan9118,id=net,mac=", options->mac);
    add_words(line, options->words);
    for (int i = 0; i < options->arguments->count; i++) {
        add_argument(line, options->arguments->items[i]);
    }
    line->arguments[line->count] = NULL;
    return !line->overflow;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void close_near_ends(struct qemu *qemu)
{
    close_if_open(qemu->console);
    close_if_open(qemu->button);
    close_if_open(qemu->qmp);
    close_if_open(qemu->errors);
}

static void close_far_ends(const struct far_ends *ends)
{
    close_if_open(ends->console);
    close_if_open(ends->button);
    close_if_open(ends->qmp);
    close_if_open(ends->errors);
}

/* A pair of which QEMU inherits the far end only. */
static bool make_pair(int *near, int *far)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return false;
    }
    *near = pair[0];
    *far = pair[1];
    return fcntl(*near, F_SETFD, FD_CLOEXEC) == 0;
}

static bool make_pairs(struct qemu *qemu, struct far_ends *ends)
{
    *qemu = (struct qemu){ .console = -1, .button = -1, .qmp = -1, .errors = -1 };
    *ends = (struct far_ends){ -1, -1, -1, -1 };
    return make_pair(&qemu->console, &ends->console) && make_pair(&qemu->button, &ends->button)
           && make_pair(&qemu->qmp, &ends->qmp) && make_pair(&qemu->errors, &ends->errors);
}

/* In the child. If we die of a signal that cannot be caught, QEMU shall not outlive us; and it shall
 * not see the terminal's Ctrl-C, which is for us to handle. */
static void become_qemu(const struct command_line *line, const struct far_ends *ends)
{
    int nothing = open("/dev/null", O_RDONLY);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(ends->errors, STDOUT_FILENO);
    (void)dup2(ends->errors, STDERR_FILENO);
    (void)execvp(line->arguments[0], line->arguments);
    (void)fprintf(stderr, "cannot start %s: %s\n", line->arguments[0], strerror(errno));
    _exit(CANNOT_EXECUTE);
}

/* Give QEMU its command line and its ends. @return false after a complaint */
static bool launch(struct qemu *qemu, const struct qemu_options *options,
                   const struct far_ends *ends)
{
    static struct command_line line; /* large, and used once */

    if (!compose(&line, options, ends)) {
        message_error("the command line for QEMU becomes too long");
        return false;
    }
    qemu->pid = fork();
    if (qemu->pid == 0) {
        become_qemu(&line, ends);
    }
    if (qemu->pid < 0) {
        message_system("start", options->program);
    }
    return qemu->pid > 0;
}

bool qemu_start(struct qemu *qemu, const struct qemu_options *options)
{
    struct far_ends ends;
    bool paired = make_pairs(qemu, &ends);

    if (!paired) {
        message_system("make sockets for", options->program);
    }
    bool started = paired && launch(qemu, options, &ends);
    close_far_ends(&ends);
    if (!started) {
        close_near_ends(qemu);
    }
    return started;
}

static void sleep_ms(long milliseconds)
{
    struct timespec pause = { .tv_nsec = milliseconds * 1000000L };

    (void)nanosleep(&pause, NULL);
}

/* @return true once QEMU has ended */
static bool wait_for_end(pid_t pid, int *status)
{
    for (int waited = 0; waited < END_PATIENCE_MS; waited += END_POLL_MS) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            return true;
        }
        sleep_ms(END_POLL_MS);
    }
    return false;
}

int qemu_end(struct qemu *qemu)
{
    int status = 0;

    /* A process that ended by itself stays ours until it is waited for: the signal cannot hit
     * another one. */
    (void)kill(qemu->pid, SIGTERM);
    if (!wait_for_end(qemu->pid, &status)) {
        (void)kill(qemu->pid, SIGKILL);
        (void)waitpid(qemu->pid, &status, 0);
    }
    close_near_ends(qemu);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
