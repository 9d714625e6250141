/* SPDX-License-Identifier: Apache-2.0 */

/* Every byte of the flash is looked at after every cut, so most of it has to be dismissed at a glance: by
 * a bit for each value of a sum of the first four bytes of a block. There are so many bits that few are
 * set, and so few that they are at hand. */

#include "plaintext.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE     16u
#define SUM_BITS_MIN   16u
#define SUM_BITS_MAX   24u
#define BITS_PER_BLOCK 64u

static uint8_t may_begin[1u << (SUM_BITS_MAX - 3)];
static unsigned sum_bits;
static uint8_t (*blocks)[BLOCK_SIZE];
static size_t block_count;
static size_t block_room;

static uint32_t sum_of_beginning(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word * 0x9E3779B1u >> (32 - sum_bits);
}

void plaintext_clear(void)
{
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
        make_room();
        memcpy(blocks[block_count++], program + at, BLOCK_SIZE);
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, BLOCK_SIZE);
}

static void choose_sum(void)
{
    sum_bits = SUM_BITS_MIN;
    while (sum_bits < SUM_BITS_MAX && block_count * BITS_PER_BLOCK > 1u << sum_bits) {
        sum_bits++;
    }
}

void plaintext_ready(void)
{
    choose_sum();
    memset(may_begin, 0, ((size_t)1 << sum_bits) / 8);
    for (size_t i = 0; i < block_count; i++) {
        const uint32_t sum = sum_of_beginning(blocks[i]);

        may_begin[sum / 8] |= (uint8_t)(1u << sum % 8);
    }
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
        const uint32_t sum = sum_of_beginning(bytes + at);

        if ((may_begin[sum / 8] & 1u << sum % 8) != 0 && is_block(bytes + at)) {
            return true;
        }
    }
    return false;
}
