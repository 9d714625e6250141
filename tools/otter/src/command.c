/* SPDX-License-Identifier: Apache-2.0 */

/* The frame: finds the row of a noun and a verb, fills in the destinations of its options, checks
 * the number of operands, and runs it. It knows no command. */

#include "command.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "message.h"
#include "suggest.h"

/* Most options that one verb may have. */
#define OPTIONS_MAX 64
/* What getopt_long() returns for long option i is FIRST_LONG + i: no character has such a value. */
#define FIRST_LONG (UCHAR_MAX + 1)
#define HELP       (FIRST_LONG + OPTIONS_MAX)

/* The rows of one verb in the form in which getopt_long() wants them. */
struct getopt_form {
    struct option long_options[OPTIONS_MAX + 2];
    char letters[2 * OPTIONS_MAX + 3];
};

static void translate_rows(const struct option_row *rows, struct getopt_form *form)
{
    char *letter = form->letters;
    int count = 0;

    *letter++ = ':'; /* report a missing value as such */
    *letter++ = 'h';
    for (; rows != NULL && rows[count].name != NULL && count < OPTIONS_MAX; count++) {
        const struct option_row *row = &rows[count];
        int takes = row->kind == OPTION_FLAG ? no_argument : required_argument;

        form->long_options[count] = (struct option){ row->name, takes, NULL, FIRST_LONG + count };
        if (row->letter != '\0') {
            *letter++ = row->letter;
            *letter = ':';
            letter += takes == required_argument;
        }
    }
    assert(rows == NULL || rows[count].name == NULL);
    form->long_options[count] = (struct option){ "help", no_argument, NULL, HELP };
    form->long_options[count + 1] = (struct option){ 0 };
    *letter = '\0';
}

static const struct option_row *find_row(const struct option_row *rows, int value)
{
    if (value >= FIRST_LONG) {
        return &rows[value - FIRST_LONG];
    }
    while (rows->letter != value) {
        rows++;
    }
    return rows;
}

static bool take_number(const struct option_row *row, const char *text)
{
    char *end = NULL;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX) {
        message_error("--%s takes a number, not \"%s\"", row->name, text);
        message_next("Give a decimal number, or 0x and hexadecimal digits, up to 4,294,967,295.");
        return false;
    }
    *(uint32_t *)row->destination = (uint32_t)value;
    return true;
}

static bool take_item(const struct option_row *row, const char *text)
{
    struct option_list *list = row->destination;

    if (list->count == OPTION_LIST_MAX) {
        message_error("--%s is given more than %d times", row->name, OPTION_LIST_MAX);
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

static bool take_value(const struct option_row *row, const char *text)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)row->destination = true;
        return true;
    case OPTION_TEXT:
        *(const char **)row->destination = text;
        return true;
    case OPTION_NUMBER:
        return take_number(row, text);
    case OPTION_LIST:
        return take_item(row, text);
    }
    return false;
}

static const char *suggest_option(const struct option_row *rows, const char *typed)
{
    const char *names[OPTIONS_MAX + 1];
    int count = 0;

    for (; rows != NULL && rows[count].name != NULL && count < OPTIONS_MAX; count++) {
        names[count] = rows[count].name;
    }
    names[count] = NULL;
    return suggest(names, typed);
}

static void complain_of_option(const struct option_row *rows, const char *typed)
{
    message_error("there is no option \"%s\"", typed);
    const char *name = strncmp(typed, "--", 2) == 0 ? suggest_option(rows, typed + 2) : NULL;
    if (name != NULL) {
        message_next("Did you mean --%s?", name);
    } else {
        message_next("The options are listed by --help.");
    }
}

/* What parsing the options of a verb came to. */
enum parsed { PARSED, PARSED_HELP, PARSED_WRONG };

static enum parsed parse_options(const struct option_row *rows, int argc, char **argv,
                                 uint64_t *seen)
{
    struct getopt_form form;
    int value = 0;

    translate_rows(rows, &form);
    opterr = 0;
    optind = 1;
    while ((value = getopt_long(argc, argv, form.letters, form.long_options, NULL)) != -1) {
        if (value == HELP || value == 'h') {
            return PARSED_HELP;
        }
        if (value == ':') {
            message_error("%s needs a value", argv[optind - 1]);
            return PARSED_WRONG;
        }
        if (value == '?') {
            char letter[] = { '-', (char)optopt, '\0' };
            bool is_letter = optopt > 0 && optopt < FIRST_LONG;
            complain_of_option(rows, is_letter ? letter : argv[optind - 1]);
            return PARSED_WRONG;
        }
        const struct option_row *row = find_row(rows, value);
        if (!take_value(row, optarg)) {
            return PARSED_WRONG;
        }
        *seen |= UINT64_C(1) << (row - rows);
    }
    return PARSED;
}

static bool has_required_options(const struct option_row *rows, uint64_t seen)
{
    for (int i = 0; rows != NULL && rows[i].name != NULL; i++) {
        if (rows[i].required && (seen >> i & 1u) == 0) {
            message_error("--%s %s is missing", rows[i].name, rows[i].argument);
            message_fact(rows[i].name, "%s", rows[i].help);
            return false;
        }
    }
    return true;
}

/* Count the operands that a text such as "FILE [OUT]" or "FILE..." asks for. */
static void count_operands(const char *text, int *least, int *most)
{
    *least = 0;
    *most = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        *least += *text != '[';
        *most += 1;
        if (length > 3 && strncmp(text + strcspn(text, ". "), "...", 3) == 0) {
            *most = INT_MAX;
            return;
        }
        text += length;
        text += strspn(text, " ");
    }
}

static bool has_right_operands(const struct command *command, int count)
{
    int least = 0;
    int most = 0;

    count_operands(command->operands, &least, &most);
    if (count >= least && count <= most) {
        return true;
    }
    message_error(count < least ? "an operand is missing" : "there are too many operands");
    message_fact("expected", "%s", *command->operands != '\0' ? command->operands : "none");
    message_fact("found", "%d", count);
    return false;
}

/* @p argv[0] is the last word of the command's name. */
static enum command_status run_command(const struct noun *noun, const struct command *command,
                                       int argc, char **argv)
{
    uint64_t seen = 0;

    message_set_subject(noun->name, command->verb);
    switch (parse_options(command->options, argc, argv, &seen)) {
    case PARSED_HELP:
        help_of_command(noun, command);
        return COMMAND_DONE;
    case PARSED_WRONG:
        return COMMAND_WRONG;
    case PARSED:
        break;
    }
    if (!has_required_options(command->options, seen)
        || !has_right_operands(command, argc - optind)) {
        return COMMAND_WRONG;
    }
    return command->run(argc - optind, argv + optind);
}

static const struct command *find_command(const struct noun *noun, const char *verb)
{
    for (const struct command *command = noun->commands; command->verb != NULL; command++) {
        if (strcmp(command->verb, verb) == 0) {
            return command;
        }
    }
    return NULL;
}

static const struct noun *find_noun(const struct noun *const nouns[], const char *name)
{
    for (; *nouns != NULL; nouns++) {
        if (strcmp((*nouns)->name, name) == 0) {
            return *nouns;
        }
    }
    return NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static enum command_status complain_of_verb(const struct noun *noun, const char *verb)
{
    const char *names[OPTIONS_MAX] = { NULL };

    for (int i = 0; noun->commands[i].verb != NULL && i < OPTIONS_MAX - 1; i++) {
        names[i] = noun->commands[i].verb;
    }
    const char *name = suggest(names, verb);
    message_error("\"%s\" is nothing that otter does with \"%s\"", verb, noun->name);
    if (name != NULL) {
        message_next("Did you mean \"otter %s %s\"?", noun->name, name);
    } else {
        message_next("See \"otter %s --help\".", noun->name);
    }
    return COMMAND_WRONG;
}

static enum command_status complain_of_noun(const struct noun *const nouns[], const char *word)
{
    const char *names[OPTIONS_MAX] = { NULL };

    for (int i = 0; nouns[i] != NULL && i < OPTIONS_MAX - 1; i++) {
        names[i] = nouns[i]->name;
    }
    const char *name = suggest(names, word);
    message_error("there is no command \"%s\"", word);
    if (name != NULL) {
        message_next("Did you mean \"otter %s\"?", name);
    } else {
        message_next("See \"otter --help\".");
    }
    return COMMAND_WRONG;
}

/* @p argv[0] is the noun's name. */
static enum command_status run_noun(const struct noun *noun, int argc, char **argv)
{
    const struct command *nameless = find_command(noun, "");

    message_set_subject(noun->name, "");
    if (nameless != NULL) {
        const struct command *named = argc > 1 ? find_command(noun, argv[1]) : NULL;

        return named != NULL && named != nameless ? run_command(noun, named, argc - 1, argv + 1)
                                                  : run_command(noun, nameless, argc, argv);
    }
    if (argc < 2) {
        help_of_noun(noun, stderr);
        return COMMAND_WRONG;
    }
    if (is_help(argv[1])) {
        help_of_noun(noun, stdout);
        return COMMAND_DONE;
    }
    const struct command *command = find_command(noun, argv[1]);
    if (command == NULL) {
        return complain_of_verb(noun, argv[1]);
    }
    return run_command(noun, command, argc - 1, argv + 1);
}

enum command_status command_main(const struct noun *const nouns[], int argc, char **argv)
{
    if (argc < 2) {
        help_of_tool(nouns, stderr);
        return COMMAND_WRONG;
    }
    if (is_help(argv[1])) {
        help_of_tool(nouns, stdout);
        return COMMAND_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("otter " OTTER_TOOL_VERSION);
        return COMMAND_DONE;
    }
    const struct noun *noun = find_noun(nouns, argv[1]);
    if (noun == NULL) {
        return complain_of_noun(nouns, argv[1]);
    }
    return run_noun(noun, argc - 1, argv + 1);
}
