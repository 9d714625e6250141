/* SPDX-License-Identifier: Apache-2.0 */

/* A CBOR map with small integers as keys, those of PSA's attestation. The measurement comes last and
 * is zero: the record is part of what is hashed, so the bootloader puts the hash in its place. */

#include "boot_record.h"

#include <stdio.h>
#include <string.h>

enum { KEY_TYPE = 1, KEY_MEASUREMENT = 2, KEY_VERSION = 4, KEY_SIGNER = 5, KEY_DESCRIPTION = 6 };

enum { CBOR_BYTES = 0x40, CBOR_TEXT = 0x60, CBOR_MAP = 0xA0, CBOR_SIZE_FOLLOWS = 24 };

/* Sizes below 24 fit the first byte. */
static uint8_t *put(uint8_t *at, uint8_t key, uint8_t kind, const void *value, size_t size)
{
    *at++ = key;
    if (size < CBOR_SIZE_FOLLOWS) {
        *at++ = (uint8_t)(kind | size);
    } else {
        *at++ = (uint8_t)(kind | CBOR_SIZE_FOLLOWS);
        *at++ = (uint8_t)size;
    }
    memcpy(at, value, size);
    return at + size;
}

static uint8_t *put_text(uint8_t *at, uint8_t key, const char *text)
{
    return put(at, key, CBOR_TEXT, text, strlen(text));
}

size_t boot_record_encode(const char *type, const struct otter_version *version,
                          const uint8_t signer[OTTER_SHA256_SIZE], uint8_t record[BOOT_RECORD_MAX])
{
    static const uint8_t no_measurement[OTTER_SHA256_SIZE];
    char version_text[OTTER_VERSION_TEXT_SIZE];
    uint8_t *at = record;

    (void)snprintf(version_text, sizeof version_text, "%u.%u.%u", version->major, version->minor,
                   version->revision);
    *at++ = CBOR_MAP | 5;
    at = put_text(at, KEY_TYPE, type);
    at = put_text(at, KEY_VERSION, version_text);
    at = put(at, KEY_SIGNER, CBOR_BYTES, signer, OTTER_SHA256_SIZE);
    at = put_text(at, KEY_DESCRIPTION, "SHA256");
    at = put(at, KEY_MEASUREMENT, CBOR_BYTES, no_measurement, sizeof no_measurement);
    return (size_t)(at - record);
}
