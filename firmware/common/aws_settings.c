/* SPDX-License-Identifier: Apache-2.0 */

/* Settings by name (docs/formats/settings.md) to configuration. A thing is called what the device is
 * called, unless the settings say otherwise: AWS's policies are easier to write if they agree. */

#include "aws_settings.h"

#include <string.h>

#include "otter/aws_transport.h"

#define BLOCK_SIZE 4096u
#define WINDOW     8u

static bool is_thing_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789:_-";
    const size_t len = strlen(name);

    return len > 0 && len < OTTER_AWS_THING_SIZE && strspn(name, allowed) == len;
}

/* @return false: it is no size that flash and service can both work with */
static bool read_block_size(const struct otter_settings *settings, struct aws_settings *aws)
{
    const uint32_t size = otter_settings_get_u32(settings, "aws.block-size", BLOCK_SIZE);

    aws->block_size = size;
    return size >= OTTER_AWS_BLOCK_MIN && size <= AWS_BLOCK_SIZE_MAX && (size & (size - 1)) == 0;
}

static bool read_window(const struct otter_settings *settings, struct aws_settings *aws)
{
    const uint32_t window = otter_settings_get_u32(settings, "aws.window", WINDOW);

    aws->window = (uint8_t)window;
    return window >= 1 && window <= OTTER_AWS_WINDOW_MAX;
}

/* @return false: it is neither of the two */
static bool read_data(const struct otter_settings *settings, struct aws_settings *aws)
{
    const char *data = otter_settings_get(settings, "aws.data", NULL);

    aws->prefer_http = data != NULL && strcmp(data, "http") == 0;
    return data == NULL || aws->prefer_http || strcmp(data, "mqtt") == 0;
}

static bool has_jobs(const struct otter_settings *settings)
{
    const char *jobs = otter_settings_get(settings, "agent.jobs", NULL);

    return jobs != NULL && strcmp(jobs, "aws") == 0;
}

const char *aws_settings_read(const struct otter_settings *settings, struct aws_settings *aws)
{
    const char *name = otter_settings_get(settings, "device.name", NULL);

    *aws = (struct aws_settings){
        .has_jobs = has_jobs(settings),
        .thing_name = otter_settings_get(settings, "aws.thing-name", NULL),
        .code_signing_certificate =
            otter_settings_get(settings, "aws.code-signing-certificate", NULL),
    };
    if (aws->thing_name == NULL) {
        aws->thing_name = name != NULL ? name : "";
    }
    if (!is_thing_name(aws->thing_name)) {
        return "aws.thing-name";
    }
    if (!read_block_size(settings, aws)) {
        return "aws.block-size";
    }
    if (!read_window(settings, aws)) {
        return "aws.window";
    }
    return read_data(settings, aws) ? NULL : "aws.data";
}
