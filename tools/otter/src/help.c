/* SPDX-License-Identifier: Apache-2.0 */

/* Help, made from the rows that are also what parses the command line. */

#include "help.h"

#include <string.h>

#define NAME_COLUMN   12
#define OPTION_COLUMN 28

void help_of_tool(const struct noun *const nouns[], FILE *out)
{
    (void)fputs("usage: otter <noun> <verb> [options] [operands]\n\n"
                "Signs, publishes and watches firmware updates, and runs the emulated device.\n\n",
                out);
    for (; *nouns != NULL; nouns++) {
        (void)fprintf(out, "  %-*s %s\n", NAME_COLUMN, (*nouns)->name, (*nouns)->summary);
        for (const struct command *command = (*nouns)->commands; command->verb != NULL; command++) {
            if (command->verb[0] != '\0') {
                (void)fprintf(out, "    %-*s %s\n", NAME_COLUMN, command->verb, command->summary);
            }
        }
    }
    (void)fputs(
        "\n\"otter <noun> <verb> --help\" shows options and an example. \"otter --version\" "
        "shows the version.\n"
        "Exit status: 0 done, 1 the answer is no, 2 the question was wrong.\n",
        out);
}

void help_of_noun(const struct noun *noun, FILE *out)
{
    (void)fprintf(out, "usage: otter %s <verb> [options] [operands]\n\n%s.\n\n", noun->name,
                  noun->summary);
    for (const struct command *command = noun->commands; command->verb != NULL; command++) {
        (void)fprintf(out, "  %-*s %s\n", NAME_COLUMN, command->verb, command->summary);
    }
    (void)fprintf(out, "\n\"otter %s <verb> --help\" shows options and an example.\n", noun->name);
}

static bool takes_options(const struct command *command)
{
    return command->options != NULL && command->options[0].name != NULL;
}

static void print_usage(const struct noun *noun, const struct command *command)
{
    (void)printf("usage: otter %s", noun->name);
    if (command->verb[0] != '\0') {
        (void)printf(" %s", command->verb);
    }
    for (const struct option_row *row = command->options; row != NULL && row->name != NULL; row++) {
        if (row->required) {
            (void)printf(" --%s %s", row->name, row->argument);
        }
    }
    if (takes_options(command)) {
        (void)printf(" [options]");
    }
    if (command->operands[0] != '\0') {
        (void)printf(" %s", command->operands);
    }
}

static void print_option(const struct option_row *row)
{
    char left[80];
    char letter[] = { '-', row->letter, ',', ' ', '\0' };

    (void)snprintf(left, sizeof left, "%s--%s%s%s", row->letter != '\0' ? letter : "    ",
                   row->name, row->argument != NULL ? " " : "",
                   row->argument != NULL ? row->argument : "");
    if (strlen(left) > OPTION_COLUMN) {
        (void)printf("  %s\n  %*s %s", left, OPTION_COLUMN, "", row->help);
    } else {
        (void)printf("  %-*s %s", OPTION_COLUMN, left, row->help);
    }
    (void)printf("%s%s\n", row->kind == OPTION_LIST ? " (may be repeated)" : "",
                 row->required ? " (required)" : "");
}

static void print_example(const char *example)
{
    while (*example != '\0') {
        size_t length = strcspn(example, "\n");

        (void)printf("  %.*s\n", (int)length, example);
        example += length;
        example += *example == '\n';
    }
}

/* A noun that does something by itself may have verbs too; nothing else would list them. */
static void print_other_verbs(const struct noun *noun, const struct command *command)
{
    for (const struct command *other = noun->commands; other->verb != NULL; other++) {
        if (command->verb[0] == '\0' && other != command) {
            (void)printf("\nSee also \"otter %s %s --help\": %s.\n", noun->name, other->verb,
                         other->summary);
        }
    }
}

void help_of_command(const struct noun *noun, const struct command *command)
{
    static const struct option_row help = { "help",          'h', NULL, OPTION_FLAG, NULL, false,
                                            "show this text" };

    print_usage(noun, command);
    (void)printf("\n\n%s.\n\nOptions:\n", command->summary);
    for (const struct option_row *row = command->options; row != NULL && row->name != NULL; row++) {
        print_option(row);
    }
    print_option(&help);
    (void)printf("\nExample:\n");
    print_example(command->example);
    print_other_verbs(noun, command);
}
