/* SPDX-License-Identifier: Apache-2.0 */

/* Every byte of the flash is looked at after every cut, so most of it has to be dismissed at a
 * glance: by a bit for each value that the first three bytes of a block may have. */

#include "plaintext.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16u

static uint8_t may_begin[1u << 21]; /* one bit for each value of three bytes */
static uint8_t (*blocks)[BLOCK_SIZE];
static size_t block_count;
static size_t block_room;

static uint32_t beginning(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

void plaintext_clear(void)
{
    memset(may_begin, 0, sizeof may_begin);
    block_count = 0;
}

static void make_room(void)
{
    if (block_count == block_room) {
        block_room = block_room == 0 ? 1024 : 2 * block_room;
        blocks = realloc(blocks, block_room * sizeof *blocks);
    }
    if (blocks == NULL) {
        abort();
    }
}

void plaintext_learn(const uint8_t *program, size_t size)
{
    for (size_t at = 0; size - at >= BLOCK_SIZE; at += BLOCK_SIZE) {
        const uint32_t value = beginning(program + at);

        make_room();
        memcpy(blocks[block_count++], program + at, BLOCK_SIZE);
        may_begin[value / 8] |= (uint8_t)(1u << value % 8);
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, BLOCK_SIZE);
}

void plaintext_ready(void)
{
    if (block_count > 0) {
        qsort(blocks, block_count, sizeof *blocks, compare);
    }
}

static bool is_block(const uint8_t *bytes)
{
    return bsearch(bytes, blocks, block_count, sizeof *blocks, compare) != NULL;
}

bool plaintext_is_in(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + BLOCK_SIZE <= size; at++) {
        const uint32_t value = beginning(bytes + at);

        if ((may_begin[value / 8] & 1u << value % 8) != 0 && is_block(bytes + at)) {
            return true;
        }
    }
    return false;
}
