/* SPDX-License-Identifier: Apache-2.0 */

/* The memory of one good signature. Key, digest and signature are remembered as one hash over all
 * three, the claim's mark: who recalls has computed it anew from what he has before him, so a good
 * verdict is only ever repeated for the very bytes that it was given for.
 *
 * As in verification, no single skipped instruction may make good what is not. A mark that was not
 * computed is zero and matches no claim; the verdict is copied and never decided upon; and whatever
 * differs between the two marks spoils it, also for who comes here past the question. */

#include "remember.h"

#include <string.h>

static enum otter_result hash_claim(const struct otter_crypto *crypto,
                                    const struct otter_signed *claim, struct otter_sha256 *sha)
{
    enum otter_result result = crypto->sha256_update(sha, claim->key->der, claim->key->der_size);

    if (result == OTTER_OK) {
        result = crypto->sha256_update(sha, claim->digest, OTTER_SHA256_SIZE);
    }
    if (result == OTTER_OK) {
        result = crypto->sha256_update(sha, claim->signature, claim->signature_size);
    }
    return result;
}

/* The lengths of key and digest are those of the algorithm, so nothing can move between the parts. */
static enum otter_result make_mark(const struct otter_crypto *crypto,
                                   const struct otter_signed *claim,
                                   uint8_t mark[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;
    enum otter_result result = crypto->sha256_start(&sha);
    enum otter_result finished;

    if (result != OTTER_OK) {
        return result;
    }
    result = hash_claim(crypto, claim, &sha);
    finished = crypto->sha256_finish(&sha, mark);
    return result != OTTER_OK ? result : finished;
}

static bool is_remembered(const struct otter_signature_memory *memory,
                          const uint8_t mark[OTTER_SHA256_SIZE])
{
    return memcmp(memory->mark, mark, OTTER_SHA256_SIZE) == 0;
}

/* The remembered verdict with every differing bit of the marks folded into it. */
static enum otter_verdict recall(const volatile struct otter_signature_memory *memory,
                                 const volatile uint8_t mark[OTTER_SHA256_SIZE])
{
    uint32_t difference = 0;

    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        difference |= (uint32_t)memory->mark[i] ^ mark[i];
    }
    return (enum otter_verdict)((uint32_t)memory->verdict ^ difference);
}

static void remember(struct otter_signature_memory *memory, enum otter_verdict verdict,
                     const uint8_t mark[OTTER_SHA256_SIZE])
{
    memory->verdict = OTTER_VERDICT_BAD;
    memcpy(memory->mark, mark, OTTER_SHA256_SIZE);
    memory->verdict = verdict;
}

static enum otter_verdict check(const struct otter_signature_ops *algorithm,
                                const struct otter_signed *claim)
{
    return algorithm->verify(claim->key, claim->digest, claim->signature, claim->signature_size);
}

enum otter_verdict otter_check_or_recall(const struct otter_trust *trust,
                                         const struct otter_signature_ops *algorithm,
                                         const struct otter_signed *claim)
{
    struct otter_signature_memory *memory = trust->memory;
    uint8_t mark[OTTER_SHA256_SIZE] = { 0 };
    enum otter_verdict verdict;

    if (memory == NULL || make_mark(trust->crypto, claim, mark) != OTTER_OK) {
        return check(algorithm, claim);
    }
    if (is_remembered(memory, mark)) {
        return recall(memory, mark);
    }
    verdict = check(algorithm, claim);
    if (verdict == OTTER_VERDICT_GOOD) {
        remember(memory, verdict, mark);
    }
    return verdict;
}
