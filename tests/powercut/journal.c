/* SPDX-License-Identifier: Apache-2.0 */

/* One line a story, appended with one write, so that processes need no lock and a line that was cut
 * short is the last one. A story with failures is not kept: it is told again, and prints them again. */

#include "journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "otter/crc32.h"

#define LINE_MAX_SIZE 256u
#define KEY_SIZE      160u

struct entry {
    char key[KEY_SIZE];
    struct tally tally;
};

static struct {
    int file; /* 0: none is open */
    uint32_t build;
    unsigned long long seed;
    struct entry *entries;
    size_t count;
} journal;

static void give_up(const char *path)
{
    perror(path);
    exit(2);
}

/* Two builds that differ anywhere are two builds. */
static uint32_t sum_up_this_program(void)
{
    static const char path[] = "/proc/self/exe";
    uint8_t bytes[65536];
    uint32_t crc = 0;
    size_t len;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        give_up(path);
    }
    while ((len = fread(bytes, 1, sizeof bytes, file)) > 0) {
        crc = otter_crc32(crc, bytes, len);
    }
    (void)fclose(file);
    return crc;
}

static void make_key(const struct story *story, char key[KEY_SIZE])
{
    (void)snprintf(key, KEY_SIZE, "%08x %llu %s %s %s %s", (unsigned)journal.build, journal.seed,
                   otter_strategy_name(story->subject->strategy), story->scenario->name,
                   story->geometry->name, story->sizes->name);
}

static void keep(const struct entry *entry)
{
    if (journal.count % 1024 == 0) {
        journal.entries =
            realloc(journal.entries, (journal.count + 1024) * sizeof *journal.entries);
    }
    if (journal.entries == NULL) {
        abort();
    }
    journal.entries[journal.count++] = *entry;
}

/* "KEY: cuts, second cuts, states" */
static void read_line(char *line)
{
    struct entry entry = { .key = "" };
    unsigned long long counts[3];
    char *colon = strchr(line, ':');

    if (colon == NULL || (size_t)(colon - line) >= KEY_SIZE
        || sscanf(colon, ": %llu, %llu, %llu\n", &counts[0], &counts[1], &counts[2]) != 3) {
        return;
    }
    memcpy(entry.key, line, (size_t)(colon - line));
    entry.tally.cuts[0] = counts[0];
    entry.tally.cuts[1] = counts[1];
    entry.tally.states = counts[2];
    keep(&entry);
}

void journal_open(const char *path, uint64_t seed)
{
    char line[LINE_MAX_SIZE];
    FILE *file = fopen(path, "r");

    journal.build = sum_up_this_program();
    journal.seed = seed;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        read_line(line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    journal.file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (journal.file < 0) {
        give_up(path);
    }
}

bool journal_has(const struct story *story, struct tally *tally)
{
    char key[KEY_SIZE];

    make_key(story, key);
    for (size_t i = 0; i < journal.count; i++) {
        if (strcmp(journal.entries[i].key, key) == 0) {
            *tally = journal.entries[i].tally;
            return true;
        }
    }
    return false;
}

void journal_add(const struct story *story, const struct tally *tally)
{
    char key[KEY_SIZE];
    char line[LINE_MAX_SIZE];
    int len;

    if (journal.file == 0 || tally->failures > 0) {
        return;
    }
    make_key(story, key);
    len = snprintf(line, sizeof line, "%s: %llu, %llu, %llu\n", key,
                   (unsigned long long)tally->cuts[0], (unsigned long long)tally->cuts[1],
                   (unsigned long long)tally->states);
    if (write(journal.file, line, (size_t)len) != len) {
        give_up("powercut: the journal");
    }
}
