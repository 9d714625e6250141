/* SPDX-License-Identifier: Apache-2.0 */

/* The service in which a signature follows the image: r and s of ECDSA P-256 over its SHA-256.
 *
 * What was seen of the image is hashed as it passes. Of one that was gone on with not all was seen;
 * then the digest is the one that the peer named, and the agent, before it makes anything pending,
 * finds out whether it is that of the bytes in the slot. */

#include <string.h>

#include "ble.h"
#include "otter/verdict.h"

static bool is_configured(const struct otter_ble_config *config)
{
    const struct otter_ble_signer *signer = config->signer;

    return signer != NULL && signer->crypto != NULL && signer->ecdsa != NULL
           && otter_p256_point(&signer->key) != NULL;
}

static enum otter_result begin(struct otter_ble *ble)
{
    struct otter_ble_signer *signer = ble->config->signer;

    return signer->crypto->sha256_start(&signer->sha);
}

static enum otter_result update(struct otter_ble *ble, const uint8_t *bytes, size_t len)
{
    struct otter_ble_signer *signer = ble->config->signer;

    return signer->crypto->sha256_update(&signer->sha, bytes, len);
}

static enum otter_result find_digest(struct otter_ble *ble, uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_ble_signer *signer = ble->config->signer;

    if (ble->job->has_sha256) {
        memcpy(digest, ble->job->sha256, OTTER_SHA256_SIZE);
        return OTTER_OK;
    }
    return signer->crypto->sha256_finish(&signer->sha, digest);
}

static enum otter_result check(struct otter_ble *ble)
{
    const struct otter_ble_signer *signer = ble->config->signer;
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t der[OTTER_P256_SIGNATURE_MAX];
    enum otter_verdict verdict;
    const enum otter_result result = find_digest(ble, digest);

    if (result != OTTER_OK) {
        return result;
    }
    verdict = signer->ecdsa->verify(&signer->key, digest, der,
                                    otter_p256_signature_der(signer->signature, der));
    return otter_verdict_is_good(&verdict) ? OTTER_OK : OTTER_ERR_IMAGE_SIGNATURE;
}

static void keep_trailer(struct otter_ble *ble, uint32_t at, const uint8_t *bytes, uint32_t len)
{
    memcpy(ble->config->signer->signature + at, bytes, len);
}

const struct otter_ble_variant otter_ble_signed_variant = {
    .trailer_size = OTTER_BLE_SIGNATURE_SIZE,
    .is_configured = is_configured,
    .begin = begin,
    .update = update,
    .check = check,
    .keep_trailer = keep_trailer,
};
