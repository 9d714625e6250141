/* SPDX-License-Identifier: Apache-2.0 */

/* otter layout: show a layout, check that it can work, generate what firmware is built with. */

#include <stdio.h>

#include "message.h"
#include "nouns.h"

static struct {
    bool json;
} options;

static const struct option_row show_options[] = {
    { "json", 0, NULL, OPTION_FLAG, &options.json, false, "print the facts as JSON" },
    { 0 },
};

static enum command_status run_show(int count, char **operands)
{
    (void)count;
    (void)printf("%s\n", operands[0]);
    return COMMAND_DONE;
}

static const struct command commands[] = {
    { "show", "FILE", "Draw a map of a layout",
      "otter layout show boards/mps2-an386/swap-internal.json", show_options, run_show },
    { 0 },
};

const struct noun layout_noun = { "layout", "Partition maps of boards", commands };
