/* SPDX-License-Identifier: Apache-2.0 */

/* Verification: what is found is collected first, the conclusion is drawn from it last.
 *
 * A glitch on the supply or clock can make a processor skip one instruction. Findings are therefore
 * many-bit verdicts in memory that start out bad; each must have become good; and the conclusion
 * is drawn twice by different means, so that skipping one of them leaves the other standing. The
 * signature is checked over the digest computed here, so a skipped read or hash update spoils the
 * signature too. */

#include <string.h>

#include "otter/image.h"
#include "remember.h"

/* Volatile: the compiler must not see that the second look cannot differ from the first. */
struct findings {
    volatile enum otter_verdict hash;      /* the hash TLV holds the digest */
    volatile enum otter_verdict signature; /* of the last one by a trusted key */
    volatile enum otter_verdict walk;      /* nothing in the image forbids its use */
};

struct check {
    const struct otter_image *image;
    const struct otter_trust *trust;
    const struct otter_workspace *work;
    uint8_t digest[OTTER_SHA256_SIZE];
    const struct otter_public_key *key; /* named for the next signature; or NULL */
    bool has_signature;                 /* by whomever */
    bool has_trusted_signature;         /* by a trusted key, right or wrong */
    bool needs_other_algorithm;         /* hash or signature that the provider does not have */
    struct findings findings;
};

static const struct findings nothing_found = {
    .hash = OTTER_VERDICT_BAD,
    .signature = OTTER_VERDICT_BAD,
    .walk = OTTER_VERDICT_BAD,
};

static enum otter_verdict compare(const uint8_t *a, const uint8_t *b, size_t len)
{
    return memcmp(a, b, len) == 0 ? OTTER_VERDICT_GOOD : OTTER_VERDICT_BAD;
}

static enum otter_result look_at_hash(struct check *check, const struct otter_tlv *tlv)
{
    uint8_t value[OTTER_SHA256_SIZE];
    enum otter_result result;

    check->findings.hash = OTTER_VERDICT_BAD;
    if (tlv->size != sizeof value) {
        return OTTER_ERR_IMAGE_HASH;
    }
    result = otter_area_read(check->image->area, tlv->offset, value, sizeof value);
    if (result != OTTER_OK) {
        return result;
    }
    check->findings.hash = compare(value, check->digest, sizeof value);
    return check->findings.hash == OTTER_VERDICT_GOOD ? OTTER_OK : OTTER_ERR_IMAGE_HASH;
}

static enum otter_result look_at_other_hash(struct check *check, const struct otter_tlv *tlv)
{
    (void)tlv;
    check->needs_other_algorithm = true;
    return OTTER_OK;
}

static enum otter_result hash_key(const struct otter_crypto *crypto,
                                  const struct otter_public_key *key,
                                  uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;
    enum otter_result result = crypto->sha256_start(&sha);
    enum otter_result finished;

    if (result != OTTER_OK) {
        return result;
    }
    result = crypto->sha256_update(&sha, key->der, key->der_size);
    finished = crypto->sha256_finish(&sha, digest);
    return result != OTTER_OK ? result : finished;
}

/* An image names its key by the hash, or by all of its bytes. What is too long is none of ours. */
static enum otter_result read_key_hash(const struct check *check, const struct otter_tlv *tlv,
                                       uint8_t hash[OTTER_SHA256_SIZE])
{
    const struct otter_public_key whole = { .der = check->work->buffer, .der_size = tlv->size };
    enum otter_result result;

    memset(hash, 0, OTTER_SHA256_SIZE);
    if (tlv->size > check->work->size) {
        return OTTER_OK;
    }
    result = otter_area_read(check->image->area, tlv->offset, check->work->buffer, tlv->size);
    if (result != OTTER_OK) {
        return result;
    }
    if (tlv->type == OTTER_TLV_PUBKEY) {
        return hash_key(check->trust->crypto, &whole, hash);
    }
    if (tlv->size == OTTER_SHA256_SIZE) {
        memcpy(hash, check->work->buffer, OTTER_SHA256_SIZE);
    }
    return OTTER_OK;
}

/* A key selects itself for the next signature. An unknown one selects none: the image may be signed by
 * several, and another pair may follow. */
static enum otter_result look_at_key(struct check *check, const struct otter_tlv *tlv)
{
    uint8_t named[OTTER_SHA256_SIZE];
    enum otter_result result = read_key_hash(check, tlv, named);

    check->key = NULL;
    for (uint8_t i = 0; i < check->trust->key_count && result == OTTER_OK; i++) {
        const struct otter_public_key *key = &check->trust->keys[i];
        uint8_t digest[OTTER_SHA256_SIZE];

        result = hash_key(check->trust->crypto, key, digest);
        if (result == OTTER_OK && compare(named, digest, sizeof named) == OTTER_VERDICT_GOOD) {
            check->key = key;
        }
    }
    return result;
}

static const struct otter_signature_ops *find_algorithm(const struct otter_crypto *crypto,
                                                        uint16_t tlv_type)
{
    for (size_t i = 0; crypto->signatures[i] != NULL; i++) {
        if (crypto->signatures[i]->tlv_type == tlv_type) {
            return crypto->signatures[i];
        }
    }
    return NULL;
}

static enum otter_result check_signature(struct check *check, const struct otter_tlv *tlv,
                                         const struct otter_signature_ops *algorithm,
                                         const struct otter_public_key *key)
{
    enum otter_result result;

    check->has_trusted_signature = true;
    check->findings.signature = OTTER_VERDICT_BAD;
    if (tlv->size > algorithm->max_size || tlv->size > check->work->size) {
        return OTTER_OK;
    }
    result = otter_area_read(check->image->area, tlv->offset, check->work->buffer, tlv->size);
    if (result == OTTER_OK) {
        const struct otter_signed claim = {
            .key = key,
            .digest = check->digest,
            .signature = check->work->buffer,
            .signature_size = tlv->size,
        };

        check->findings.signature = otter_check_or_recall(check->trust, algorithm, &claim);
    }
    return result;
}

static enum otter_result look_at_signature(struct check *check, const struct otter_tlv *tlv)
{
    const struct otter_public_key *key = check->key;
    const struct otter_signature_ops *algorithm = find_algorithm(check->trust->crypto, tlv->type);

    check->has_signature = true;
    check->key = NULL;
    if (key == NULL) {
        return OTTER_OK;
    }
    if (algorithm == NULL) {
        check->needs_other_algorithm = true;
        return OTTER_OK;
    }
    return check_signature(check, tlv, algorithm, key);
}

/* What verification looks at; every other TLV is somebody else's. */
static const struct {
    uint16_t type;
    enum otter_result (*look)(struct check *check, const struct otter_tlv *tlv);
} looks[] = {
    { OTTER_TLV_SHA256, look_at_hash },         { OTTER_TLV_SHA384, look_at_other_hash },
    { OTTER_TLV_SHA512, look_at_other_hash },   { OTTER_TLV_KEYHASH, look_at_key },
    { OTTER_TLV_PUBKEY, look_at_key },          { OTTER_TLV_RSA2048_PSS, look_at_signature },
    { OTTER_TLV_ECDSA_SIG, look_at_signature }, { OTTER_TLV_RSA3072_PSS, look_at_signature },
    { OTTER_TLV_ED25519, look_at_signature },
};

static enum otter_result look_at(struct check *check, const struct otter_tlv *tlv)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (looks[i].type == tlv->type) {
            return looks[i].look(check, tlv);
        }
    }
    return OTTER_OK;
}

/* What MCUboot knows in the unprotected area: nothing there is signed, so a strict reader takes
 * nothing from it that it does not expect (docs/formats/image.md, "Unprotected types"). */
bool otter_tlv_may_be_unprotected(uint16_t type)
{
    static const uint16_t types[] = { 0x01, 0x02, 0x10, 0x11, 0x12, 0x20, 0x21,
                                      0x22, 0x23, 0x24, 0x30, 0x31, 0x32, 0x33 };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i] == type) {
            return true;
        }
    }
    return false;
}

static enum otter_result walk(struct check *check)
{
    struct otter_tlv_iterator iterator;
    struct otter_tlv tlv;
    enum otter_result result;

    otter_tlv_begin(&iterator, check->image);
    while ((result = otter_tlv_next(&iterator, &tlv)) == OTTER_OK) {
        if (check->trust->strict_unprotected_tlvs && !tlv.is_protected
            && !otter_tlv_may_be_unprotected(tlv.type)) {
            return OTTER_ERR_IMAGE_TLV;
        }
        result = look_at(check, &tlv);
        if (result != OTTER_OK) {
            return result;
        }
    }
    return result == OTTER_ERR_NOT_FOUND ? OTTER_OK : result;
}

static enum otter_result judge_hash(const struct check *check)
{
    if (check->findings.hash == OTTER_VERDICT_GOOD) {
        return OTTER_OK;
    }
    return check->needs_other_algorithm ? OTTER_ERR_IMAGE_UNSUPPORTED : OTTER_ERR_IMAGE_HASH;
}

static enum otter_result judge_signature(const struct check *check)
{
    if (check->trust->key_count == 0 || check->findings.signature == OTTER_VERDICT_GOOD) {
        return OTTER_OK;
    }
    if (!check->has_signature) {
        return OTTER_ERR_IMAGE_UNSIGNED;
    }
    if (check->has_trusted_signature) {
        return OTTER_ERR_IMAGE_SIGNATURE;
    }
    return check->needs_other_algorithm ? OTTER_ERR_IMAGE_UNSUPPORTED : OTTER_ERR_IMAGE_UNKNOWN_KEY;
}

/* Only the protected area can say for which layout the program was made; an image that does not
 * say (imgtool's) is taken as it is. */
static enum otter_result judge_layout(const struct check *check)
{
    const uint8_t *expected = check->trust->layout_digest;
    size_t size = check->work->size;
    enum otter_result result;

    if (expected == NULL) {
        return OTTER_OK;
    }
    result = otter_tlv_read(check->image, OTTER_TLV_LAYOUT, true, check->work->buffer, &size);
    if (result == OTTER_ERR_NOT_FOUND) {
        return OTTER_OK;
    }
    if (result == OTTER_ERR_NO_SPACE || size < OTTER_SHA256_SIZE) {
        return OTTER_ERR_IMAGE_LAYOUT;
    }
    if (result == OTTER_OK && memcmp(check->work->buffer, expected, OTTER_SHA256_SIZE) != 0) {
        return OTTER_ERR_IMAGE_LAYOUT;
    }
    return result;
}

/* The program must run where it lies, or where it gets decrypted to. */
static bool is_supported(const struct otter_image_header *header, const struct otter_trust *trust)
{
    uint32_t supported = OTTER_IMAGE_ROM_FIXED;

    if (trust->decryption_key != NULL) {
        supported |= OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256;
    }
    return (header->flags & ~supported) == 0;
}

static enum otter_result examine(struct check *check)
{
    enum otter_result result;

    if (!is_supported(&check->image->header, check->trust)) {
        return OTTER_ERR_IMAGE_UNSUPPORTED;
    }
    result = otter_image_digest(check->image, check->trust->crypto, check->work, check->digest);
    if (result == OTTER_OK) {
        result = walk(check);
    }
    if (result == OTTER_OK) {
        result = judge_hash(check);
    }
    if (result == OTTER_OK) {
        result = judge_signature(check);
    }
    if (result == OTTER_OK) {
        result = judge_layout(check);
    }
    if (result == OTTER_OK) {
        check->findings.walk = OTTER_VERDICT_GOOD;
    }
    return result;
}

/* First by arithmetic, in which one bad finding clears bits that good ones cannot set again; then by
 * comparison. Both ask on their own whether this device needs a signature: the trust is read as
 * volatile, so that the compiler does not make one branch of the two questions. */
static enum otter_verdict conclude(const struct check *check)
{
    const volatile struct otter_trust *trust = check->trust;
    const struct findings *found = &check->findings;
    uint32_t verdict = (uint32_t)found->hash & (uint32_t)found->walk;

    if (trust->key_count != 0) {
        verdict &= (uint32_t)found->signature;
    }
    if (found->walk != OTTER_VERDICT_GOOD || found->hash != OTTER_VERDICT_GOOD) {
        verdict = OTTER_VERDICT_BAD;
    }
    if (found->signature != OTTER_VERDICT_GOOD && trust->key_count != 0) {
        verdict = OTTER_VERDICT_BAD;
    }
    return (enum otter_verdict)verdict; /* no last branch: whatever is not GOOD is bad */
}

enum otter_verdict otter_image_verify(const struct otter_image *image,
                                      const struct otter_trust *trust,
                                      const struct otter_workspace *work, enum otter_result *reason)
{
    struct check check = {
        .image = image,
        .trust = trust,
        .work = work,
        .findings = nothing_found,
    };
    enum otter_verdict verdict;

    *reason = examine(&check);
    verdict = conclude(&check);
    /* Nothing good stays on the stack for a later call that skips its initialization. */
    check.findings = nothing_found;
    if (verdict != OTTER_VERDICT_GOOD && *reason == OTTER_OK) {
        *reason = OTTER_ERR_IMAGE_SIGNATURE; /* only a glitch makes the two disagree */
    }
    return verdict;
}
