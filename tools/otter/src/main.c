/* SPDX-License-Identifier: Apache-2.0 */

/* The host command. The list below is what it is made of: a noun is a file. */

#include <stddef.h>

#include "command.h"
#include "nouns.h"

/* clang-format off */
static const struct noun *const nouns[] = {
    &key_noun,
    &image_noun,
    &certs_noun,
    &layout_noun,
    &device_noun,
    &publish_noun,
    &serve_noun,
    &fetch_noun,
    &aws_standin_noun,
    NULL,
};
/* clang-format on */

int main(int argc, char **argv)
{
    return (int)command_main(nouns, argc, argv);
}
