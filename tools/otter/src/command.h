/* SPDX-License-Identifier: Apache-2.0 */

/** The frame of the host command: nouns, verbs and options are rows of tables.
 *
 * Parsing and help are made from the same rows, so that the help cannot lie. A file cmd_<noun>.c
 * holds one noun: its rows, the variables they fill in, and a run function for each verb. */
#ifndef OTTER_TOOL_COMMAND_H
#define OTTER_TOOL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/** What a command exits with. */
enum command_status {
    COMMAND_DONE = 0,  /**< done; the answer is yes */
    COMMAND_NO = 1,    /**< the answer is no: the image is bad, the layout cannot work ... */
    COMMAND_WRONG = 2, /**< the question was wrong: an option, a file that is not there ... */
};

/** What an option takes, and what its destination points to. */
enum option_kind {
    OPTION_FLAG,   /**< nothing; bool, set to true */
    OPTION_TEXT,   /**< text; const char * */
    OPTION_NUMBER, /**< decimal or 0x...; uint32_t */
    OPTION_LIST,   /**< text, may be repeated; struct option_list */
};

/** Most values that a repeated option can have. */
#define OPTION_LIST_MAX 64

struct option_list {
    const char *items[OPTION_LIST_MAX];
    int count;
};

/** One option. A destination has static storage: a process runs one verb, once. */
struct option_row {
    const char *name;     /**< long name, without dashes; NULL ends a table */
    char letter;          /**< short name; 0: none */
    const char *argument; /**< word for the value in the help; NULL for a flag */
    enum option_kind kind;
    void *destination; /**< holds the default value before */
    bool required;
    const char *help; /**< what it does, in lower case; mention the default here */
};

/** One verb of a noun. */
struct command {
    const char *verb;     /**< "" for a noun that needs none; NULL ends a table */
    const char *operands; /**< for example "FILE [OUT]" or "FILE..."; counted from this text */
    const char *summary;  /**< one line that starts with a verb, no full stop */
    const char *example;  /**< one or more whole command lines, separated by line ends */
    const struct option_row *options; /**< NULL: none but --help */
    enum command_status (*run)(int operand_count, char **operands);
};

struct noun {
    const char *name;
    const char *summary;
    const struct command *commands;
};

/** Find the command that @p argv names among @p nouns (ended by a row without a name), parse its
 * options and run it. Help goes to stdout, complaints to stderr. */
enum command_status command_main(const struct noun *const nouns[], int argc, char **argv);

#endif
