/* SPDX-License-Identifier: Apache-2.0 */

/** The stand-in at work: a folder, a broker, a file server, and everything between them. */
#ifndef OTTER_TOOL_AWS_STANDIN_H
#define OTTER_TOOL_AWS_STANDIN_H

#include "command.h"
#include "mqtt_host.h"
#include "web_host.h"

struct aws_standin_options {
    struct mqtt_host_options broker;
    struct web_host_options web; /* port 0: no file server */
    const char *web_name;        /* of this host in URLs; NULL: the address */
    struct option_list faults;
    uint32_t messages_per_s;
    uint32_t bytes_per_s;
    uint32_t minute_s;
    bool is_lenient;
    bool verbose;
    bool json;
};

/** Answer until Ctrl-C. */
enum command_status aws_standin_run(const struct aws_standin_options *options, const char *folder);

#endif
