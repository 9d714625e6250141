/* SPDX-License-Identifier: Apache-2.0 */

/* otter layout: show a layout, check that it can work, generate what firmware is built with. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "layout_file.h"
#include "layout_generate.h"
#include "message.h"
#include "nouns.h"

static struct {
    const char *c_file;
    const char *ld_file;
    const char *program;
} generate = { .program = "application" };

static const struct option_row generate_options[] = {
    { "c", 0, "OUT.c", OPTION_TEXT, &generate.c_file, false,
      "write a C file that defines otter_board_layout" },
    { "ld", 0, "OUT.ld", OPTION_TEXT, &generate.ld_file, false,
      "write the linker regions FLASH, RAM and HANDOVER" },
    { "program", 0, "PROGRAM", OPTION_TEXT, &generate.program, false,
      "whom --ld is for: bootloader or application (default)" },
    { 0 },
};

static bool parse_program(const char *name, enum layout_program *program)
{
    *program = strcmp(name, "bootloader") == 0 ? LAYOUT_BOOTLOADER : LAYOUT_APPLICATION;
    if (strcmp(name, "bootloader") == 0 || strcmp(name, "application") == 0) {
        return true;
    }
    message_error("--program is \"%s\"", name);
    message_fact("expected", "bootloader or application");
    return false;
}

static bool store_c(const struct layout_file *file, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        message_system("write", path);
        return false;
    }
    layout_generate_c(out, file);
    (void)fclose(out);
    bool stored = file_store(path, text, size);
    free(text);
    return stored;
}

static bool store_ld(const struct layout_file *file, const char *path, enum layout_program program)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        message_system("write", path);
        return false;
    }
    layout_generate_ld(out, file, program);
    (void)fclose(out);
    bool stored = file_store(path, text, size);
    free(text);
    return stored;
}

static enum command_status generate_files(const char *path, const struct layout_file *file,
                                          enum layout_program program)
{
    const char *obstacle =
        generate.ld_file != NULL ? layout_generate_obstacle(file, program) : NULL;

    if (obstacle != NULL) {
        message_error("%s: there are no linker regions for the %s: %s", path, generate.program,
                      obstacle);
        message_next("Add it to the layout; docs/formats/layout.md describes the file.");
        return COMMAND_NO;
    }
    if (generate.c_file != NULL && !store_c(file, generate.c_file)) {
        return COMMAND_WRONG;
    }
    if (generate.ld_file != NULL && !store_ld(file, generate.ld_file, program)) {
        return COMMAND_WRONG;
    }
    return COMMAND_DONE;
}

static enum command_status run_generate(int count, char **operands)
{
    enum layout_program program;

    (void)count;
    if (generate.c_file == NULL && generate.ld_file == NULL) {
        message_error("nothing is asked for");
        message_next("Give --c OUT.c, --ld OUT.ld, or both.");
        return COMMAND_WRONG;
    }
    if (!parse_program(generate.program, &program)) {
        return COMMAND_WRONG;
    }
    struct layout_file *file = layout_file_load(operands[0]);
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    enum command_status status = generate_files(operands[0], file, program);
    layout_file_free(file);
    return status;
}

static const struct command commands[] = {
    { "generate", "LAYOUT", "Write the C table and the linker regions that firmware is built with",
      "otter layout generate boards/mps2-an386/swap-internal.json --c layout.c --ld layout.ld",
      generate_options, run_generate },
    { 0 },
};

const struct noun layout_noun = { "layout", "Partition maps of boards", commands };
