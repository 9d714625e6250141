/* SPDX-License-Identifier: Apache-2.0 */

/* otter layout: show a layout, check that it can work, generate what firmware is built with. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "layout_check.h"
#include "layout_file.h"
#include "layout_generate.h"
#include "layout_show.h"
#include "layout_wear.h"
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
    uint32_t image_number;
    bool json;
} check;

static const struct option_row check_options[] = {
    { "strategy", 's', "NAME", OPTION_TEXT, &check.strategy, false,
      "such as swap-move or overwrite (default: the layout's own)" },
    { "image", 'i', "FILE", OPTION_TEXT, &check.image, false,
      "check that this image fits as well" },
    { "image-number", 'n', "N", OPTION_NUMBER, &check.image_number, false,
      "which of several images that is, and whose wear is told (default: 0)" },
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

/* How often flash parts may be erased: what data sheets say, from cheap to good. */
static const uint32_t endurances[] = { 10000, 100000 };
#define ENDURANCES (sizeof endurances / sizeof endurances[0])

static cJSON *wear_json(const struct layout_wear *wear)
{
    cJSON *item = cJSON_CreateObject();
    cJSON *areas = cJSON_AddArrayToObject(item, "areas");
    cJSON *updates = cJSON_AddArrayToObject(item, "updates");

    (void)cJSON_AddNumberToObject(item, "image_size", wear->image_size);
    (void)cJSON_AddNumberToObject(item, "most_erases_of_a_sector", wear->most);
    for (size_t i = 0; i < wear->area_count; i++) {
        cJSON *area = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(area, "name", wear->areas[i].row->name);
        (void)cJSON_AddNumberToObject(area, "sectors", wear->areas[i].sectors);
        (void)cJSON_AddNumberToObject(area, "erases", wear->areas[i].total);
        (void)cJSON_AddNumberToObject(area, "most_erases_of_a_sector", wear->areas[i].most);
        (void)cJSON_AddNumberToObject(area, "most_worn_at", wear->areas[i].at_offset);
        (void)cJSON_AddItemToArray(areas, area);
    }
    for (size_t i = 0; i < ENDURANCES && wear->most > 0; i++) {
        const uint32_t lasts = endurances[i] / wear->most;
        cJSON *row = cJSON_CreateObject();

        (void)cJSON_AddNumberToObject(row, "erase_cycles", endurances[i]);
        (void)cJSON_AddNumberToObject(row, "updates", lasts);
        (void)cJSON_AddItemToArray(updates, row);
    }
    return item;
}

static void print_wear(const struct layout_wear *wear)
{
    char text[2][THOUSANDS_TEXT_SIZE];

    (void)printf("erases in one update, with images of %s bytes:\n",
                 thousands(wear->image_size, text[0]));
    for (size_t i = 0; i < wear->area_count; i++) {
        const struct wear_of_area *area = &wear->areas[i];

        (void)printf("  %-12s %6s in %" PRIu32 " sectors, at most %" PRIu32 " of one (at 0x%" PRIx32
                     ")\n",
                     area->row->name, thousands(area->total, text[0]), area->sectors, area->most,
                     area->at_offset);
    }
    for (size_t i = 0; i < ENDURANCES && wear->most > 0; i++) {
        (void)printf("a flash of %s erase cycles lasts for %s updates\n",
                     thousands(endurances[i], text[0]),
                     thousands(endurances[i] / wear->most, text[1]));
    }
}

static void print_report_json(const struct layout_report *report, const struct layout_wear *wear)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "problems");

    (void)cJSON_AddBoolToObject(root, "works", report->problem_count == 0);
    layout_show_add_sizes(root, report);
    for (size_t i = 0; i < report->problem_count; i++) {
        (void)cJSON_AddItemToArray(list, problem_json(&report->problems[i]));
    }
    (void)cJSON_AddNumberToObject(root, "trailer_size", report->trailer_size);
    if (wear != NULL) {
        (void)cJSON_AddItemToObject(root, "wear", wear_json(wear));
    }
    json_print(root);
}

static void print_report(const char *path, const char *strategy, const struct layout_report *report,
                         const struct layout_wear *wear)
{
    char text[THOUSANDS_TEXT_SIZE];

    layout_show_problems(path, report);
    if (report->problem_count == 0) {
        (void)printf("%s works with %s; the largest image has %s bytes\n", path, strategy,
                     thousands(report->max_image_size[0], text));
        for (unsigned i = 1; i < LAYOUT_IMAGES_MAX && report->max_image_size[i] > 0; i++) {
            (void)printf("of image %u, the largest has %s bytes\n", i,
                         thousands(report->max_image_size[i], text));
        }
        (void)printf("the trailer is the last %s bytes of each slot\n",
                     thousands(report->trailer_size, text));
    }
    if (wear != NULL) {
        print_wear(wear);
    }
}

/* @return false if the image cannot be read */
static bool check_image(const char *path, struct layout_report *report, uint32_t *size)
{
    struct file_bytes image;

    if (!file_load(path, &image)) {
        return false;
    }
    if (report->problem_count == 0) {
        layout_check_image(path, (uint8_t)check.image_number, image.size, report);
        *size = (uint32_t)image.size;
    }
    file_free(&image);
    return true;
}

static enum command_status check_file(const char *path, const struct layout_file *file)
{
    const char *strategy = check.strategy != NULL ? check.strategy : file->strategy;
    struct layout_report report;
    struct layout_wear wear;

    if (!layout_has_image(file, check.image_number)) {
        return COMMAND_WRONG;
    }
    layout_check(file, strategy, &report);
    uint32_t size = report.max_image_size[check.image_number];
    if (check.image != NULL && !check_image(check.image, &report, &size)) {
        return COMMAND_WRONG;
    }
    const bool works = report.problem_count == 0;
    if (works && !layout_wear(file, strategy, (uint8_t)check.image_number, size, &wear)) {
        return COMMAND_WRONG;
    }
    if (check.json) {
        print_report_json(&report, works ? &wear : NULL);
    } else {
        print_report(path, strategy, &report, works ? &wear : NULL);
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
    uint32_t image_number;
} generate = { .program = "application" };

static const struct option_row generate_options[] = {
    { "c", 0, "OUT.c", OPTION_TEXT, &generate.c_file, false,
      "write a C file that defines otter_board_layout" },
    { "ld", 0, "OUT.ld", OPTION_TEXT, &generate.ld_file, false,
      "write the linker regions FLASH, RAM and HANDOVER" },
    { "program", 0, "PROGRAM", OPTION_TEXT, &generate.program, false,
      "whom --ld is for: bootloader or application (default)" },
    { "image-number", 'n', "N", OPTION_NUMBER, &generate.image_number, false,
      "of several images, the one whose program --ld is for (default: 0)" },
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
    layout_generate_ld(text.out, file, program, (uint8_t)generate.image_number);
    return finish_file(&text);
}

static enum command_status generate_files(const char *path, const struct layout_file *file,
                                          enum layout_program program)
{
    if (!layout_has_image(file, generate.image_number)) {
        return COMMAND_WRONG;
    }
    const char *obstacle =
        generate.ld_file != NULL
            ? layout_generate_obstacle(file, program, (uint8_t)generate.image_number)
            : NULL;

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
      "otter layout show boards/mps2-an386/offset-internal.json", show_options, run_show },
    { "check", "LAYOUT", "Check that a layout can work, and how large an image may be",
      "otter layout check boards/mps2-an386/offset-internal.json --image app-1.0.0.bin",
      check_options, run_check },
    { "generate", "LAYOUT", "Write the C table and the linker regions that firmware is built with",
      "otter layout generate boards/mps2-an386/offset-internal.json --c layout.c --ld layout.ld",
      generate_options, run_generate },
    { 0 },
};

const struct noun layout_noun = { "layout", "Partition maps of boards", commands };
