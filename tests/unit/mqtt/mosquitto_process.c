/* SPDX-License-Identifier: Apache-2.0 */

#include "mosquitto_process.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* An ordinary user's PATH does not hold the folder where the distribution puts it. */
#define SEARCH_PATH "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(EXIT_FAILURE);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

uint16_t mosquitto_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const int handle = socket(AF_INET, SOCK_STREAM, 0);

    if (handle < 0 || bind(handle, (struct sockaddr *)&address, size) != 0
        || getsockname(handle, (struct sockaddr *)&address, &size) != 0) {
        fail("there is no free port on the loopback interface");
    }
    (void)close(handle);
    return ntohs(address.sin_port);
}

static int is_listening(uint16_t port)
{
    const struct sockaddr_in address = loopback(port);
    const int handle = socket(AF_INET, SOCK_STREAM, 0);
    const int result = connect(handle, (const struct sockaddr *)&address, sizeof address);

    (void)close(handle);
    return result == 0;
}

static void write_config(struct mosquitto_process *broker)
{
    int handle;

    strcpy(broker->config, "/tmp/otter-mosquitto-XXXXXX");
    handle = mkstemp(broker->config);
    if (handle < 0
        || dprintf(handle, "listener %u 127.0.0.1\nallow_anonymous true\nlog_dest none\n",
                   broker->port)
               < 0) {
        fail("the broker's configuration cannot be written to /tmp");
    }
    (void)close(handle);
}

static void run(const struct mosquitto_process *broker)
{
    /* A test that crashes must not leave a broker behind. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setenv("PATH", SEARCH_PATH, 1);
    (void)execlp("mosquitto", "mosquitto", "-c", broker->config, (char *)NULL);
    _exit(127);
}

void mosquitto_start(struct mosquitto_process *broker)
{
    const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

    broker->port = mosquitto_free_port();
    write_config(broker);
    broker->pid = fork();
    if (broker->pid == 0) {
        run(broker);
    }
    for (int i = 0; i < 500; i++) {
        if (is_listening(broker->port)) {
            return;
        }
        if (waitpid(broker->pid, NULL, WNOHANG) == broker->pid) {
            fail("mosquitto did not start; scripts/setup installs it");
        }
        (void)nanosleep(&pause, NULL);
    }
    fail("mosquitto does not listen after ten seconds");
}

void mosquitto_kill(struct mosquitto_process *broker)
{
    (void)kill(broker->pid, SIGKILL);
    (void)waitpid(broker->pid, NULL, 0);
    (void)unlink(broker->config);
}
