/* SPDX-License-Identifier: Apache-2.0 */

/** Every noun of the host command, each defined in its cmd_<name>.c. */
#ifndef OTTER_TOOL_NOUNS_H
#define OTTER_TOOL_NOUNS_H

#include "command.h"

extern const struct noun certs_noun;
extern const struct noun image_noun;
extern const struct noun key_noun;
extern const struct noun device_noun;
extern const struct noun layout_noun;
extern const struct noun publish_noun;
extern const struct noun serve_noun;
extern const struct noun fetch_noun;
extern const struct noun aws_standin_noun;

#endif
