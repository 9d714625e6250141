/* SPDX-License-Identifier: Apache-2.0 */

/** A real Mosquitto for a test, on a free port of the loopback interface. */
#ifndef MOSQUITTO_PROCESS_H
#define MOSQUITTO_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

struct mosquitto_process {
    pid_t pid;
    uint16_t port;
    char config[64]; /* path of its configuration file */
};

/** Start a broker and wait until it listens. Ends the program with a message if there is none. */
void mosquitto_start(struct mosquitto_process *broker);

/** Kill it, without a goodbye to its clients. */
void mosquitto_kill(struct mosquitto_process *broker);

/** A port on which nothing listens. */
uint16_t mosquitto_free_port(void);

#endif
