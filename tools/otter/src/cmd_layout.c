/* SPDX-License-Identifier: Apache-2.0 */

/* otter layout: show a layout, check that it can work, generate what firmware is built with. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "layout_check.h"
#include "layout_file.h"
#include "layout_generate.h"
#include "layout_show.h"
#include "message.h"
#include "nouns.h"

static struct {
    bool json;
} show;

static const struct option_row show_options[] = {
    { "json", 0, NULL, OPTION_FLAG, &show.json, false, "print the facts as JSON" },
    { 0 },
};

static enum command_status run_show(int count, char **operands)
{
    struct layout_file *file = layout_file_load(operands[0]);
    struct layout_report report;

    (void)count;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    layout_check(file, file->strategy, &report);
    if (show.json) {
        json_print(layout_show_json(file, &report));
    } else {
        layout_show(file, &report);
    }
    layout_file_free(file);
    return COMMAND_DONE;
}

static struct {
    const char *strategy;
    const char *image;
    bool json;
} check;

static const struct option_row check_options[] = {
    { "strategy", 's', "NAME", OPTION_TEXT, &check.strategy, false,
      "overwrite or swap-scratch (default: the layout's own)" },
    { "image", 'i', "FILE", OPTION_TEXT, &check.image, false,
      "check that this image fits as well" },
    { "json", 0, NULL, OPTION_FLAG, &check.json, false, "print the answer as JSON" },
    { 0 },
};

static cJSON *problem_json(const struct layout_problem *problem)
{
    cJSON *item = cJSON_CreateObject();
    cJSON *facts = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(item, "what", problem->what);
    for (size_t i = 0; i < problem->fact_count; i++) {
        (void)cJSON_AddStringToObject(facts, problem->facts[i].name, problem->facts[i].text);
    }
    (void)cJSON_AddItemToObject(item, "facts", facts);
    (void)cJSON_AddStringToObject(item, "cure", problem->cure);
    return item;
}

static void print_report_json(const struct layout_report *report)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "problems");

    (void)cJSON_AddBoolToObject(root, "works", report->problem_count == 0);
    (void)cJSON_AddNumberToObject(root, "max_image_size", report->max_image_size);
    for (size_t i = 0; i < report->problem_count; i++) {
        (void)cJSON_AddItemToArray(list, problem_json(&report->problems[i]));
    }
    json_print(root);
}

static void print_report(const char *path, const char *strategy, const struct layout_report *report)
{
    char text[THOUSANDS_TEXT_SIZE];

    layout_show_problems(path, report);
    if (report->problem_count == 0) {
        (void)printf("%s works with %s; the largest image has %s bytes\n", path, strategy,
                     thousands(report->max_image_size, text));
    }
}

/* @return false if the image cannot be read */
static bool check_image(const char *path, struct layout_report *report)
{
    struct file_bytes image;

    if (!file_load(path, &image)) {
        return false;
    }
    if (report->problem_count == 0) {
        layout_check_image(path, image.size, report);
    }
    file_free(&image);
    return true;
}

static enum command_status check_file(const char *path, const struct layout_file *file)
{
    const char *strategy = check.strategy != NULL ? check.strategy : file->strategy;
    struct layout_report report;

    layout_check(file, strategy, &report);
    if (check.image != NULL && !check_image(check.image, &report)) {
        return COMMAND_WRONG;
    }
    if (check.json) {
        print_report_json(&report);
    } else {
        print_report(path, strategy, &report);
    }
    return report.problem_count == 0 ? COMMAND_DONE : COMMAND_NO;
}

static enum command_status run_check(int count, char **operands)
{
    struct layout_file *file = layout_file_load(operands[0]);

    (void)count;
    if (file == NULL) {
        return COMMAND_WRONG;
    }
    enum command_status status = check_file(operands[0], file);
    layout_file_free(file);
    return status;
}

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

/* Text that is generated into memory, so that a file is written whole or not at all. */
struct text_file {
    const char *path;
    FILE *out;
    char *text;
    size_t size;
};

static bool begin_file(struct text_file *text, const char *path)
{
    *text = (struct text_file){ .path = path };
    text->out = open_memstream(&text->text, &text->size);
    if (text->out == NULL) {
        message_system("write", path);
    }
    return text->out != NULL;
}

static bool finish_file(struct text_file *text)
{
    (void)fclose(text->out);
    bool stored = file_store(text->path, text->text, text->size);
    free(text->text);
    return stored;
}

static bool store_c(const struct layout_file *file, const char *path)
{
    struct text_file text;

    if (!begin_file(&text, path)) {
        return false;
    }
    layout_generate_c(text.out, file);
    return finish_file(&text);
}

static bool store_ld(const struct layout_file *file, const char *path, enum layout_program program)
{
    struct text_file text;

    if (!begin_file(&text, path)) {
        return false;
    }
    layout_generate_ld(text.out, file, program);
    return finish_file(&text);
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
    { "show", "LAYOUT", "Draw a map of a layout",
      "otter layout show boards/mps2-an386/swap-internal.json", show_options, run_show },
    { "check", "LAYOUT", "Check that a layout can work, and how large an image may be",
      "otter layout check boards/mps2-an386/swap-internal.json --image app-1.0.0.bin",
      check_options, run_check },
    { "generate", "LAYOUT", "Write the C table and the linker regions that firmware is built with",
      "otter layout generate boards/mps2-an386/swap-internal.json --c layout.c --ld layout.ld",
      generate_options, run_generate },
    { 0 },
};

const struct noun layout_noun = { "layout", "Partition maps of boards", commands };
