/* SPDX-License-Identifier: Apache-2.0 */

/* A key stream of words, each a product of the key and its number. */

#include "quick_cipher.h"

#include <string.h>

#define WORD_SIZE sizeof(uint64_t)

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static enum otter_result set_key(struct otter_aes *aes, const uint8_t *key, size_t key_size)
{
    uint64_t state = key_size;

    for (size_t i = 0; i < key_size; i++) {
        state = mix(state ^ key[i]);
    }
    aes->state[0] = state;
    return OTTER_OK;
}

static uint64_t word_of_stream(const struct otter_aes *aes, uint32_t number)
{
    return mix(aes->state[0] + (number + 1u) * 0x9E3779B97F4A7C15u);
}

/* Up to the end of the word that @p offset is in. */
static size_t crypt_word(const struct otter_aes *aes, uint32_t offset, uint8_t *bytes, size_t len)
{
    const uint64_t word = word_of_stream(aes, offset / WORD_SIZE);
    const size_t skipped = offset % WORD_SIZE;
    const size_t taken = WORD_SIZE - skipped < len ? WORD_SIZE - skipped : len;
    uint8_t stream[WORD_SIZE];

    memcpy(stream, &word, sizeof stream);
    for (size_t i = 0; i < taken; i++) {
        bytes[i] ^= stream[skipped + i];
    }
    return taken;
}

static enum otter_result crypt(struct otter_aes *aes, uint32_t offset, uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        at += crypt_word(aes, (uint32_t)(offset + at), bytes + at, len - at);
    }
    return OTTER_OK;
}

const struct otter_cipher_ops quick_cipher = { .set_key = set_key, .crypt = crypt };
