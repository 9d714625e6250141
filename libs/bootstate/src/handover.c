/* SPDX-License-Identifier: Apache-2.0 */

/* The handover record as bytes (docs/formats/handover.md). */

#include "otter/handover.h"

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"

#define MAGIC   0x5248544Fu /* "OTHR" in memory */
#define VERSION 1u

enum field {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_SIZE = 6,
    AT_DIGEST = 8,
    AT_NAME = 40,
    AT_RESET_CAUSE = 72,
    AT_SWAP_DONE = 73,
    AT_REFUSAL = 76,
    AT_REFUSED_VERSION = 80,
    AT_BOOTED_VERSION = 88,
    AT_REFUSED_IMAGE = 96,
    AT_MOVED_IMAGES = 97,
    AT_OTHER_VERSIONS = 100,
    AT_CRC = 124,
};

#define VERSION_SIZE 8u

static void store_version(uint8_t bytes[8], const struct otter_version *version)
{
    bytes[0] = version->major;
    bytes[1] = version->minor;
    otter_store_le16(bytes + 2, version->revision);
    otter_store_le32(bytes + 4, version->build);
}

static struct otter_version load_version(const uint8_t bytes[8])
{
    return (struct otter_version){
        .major = bytes[0],
        .minor = bytes[1],
        .revision = otter_load_le16(bytes + 2),
        .build = otter_load_le32(bytes + 4),
    };
}

void otter_handover_encode(const struct otter_handover *handover,
                           uint8_t bytes[OTTER_HANDOVER_SIZE])
{
    memset(bytes, 0, OTTER_HANDOVER_SIZE);
    otter_store_le32(bytes + AT_MAGIC, MAGIC);
    otter_store_le16(bytes + AT_VERSION, VERSION);
    otter_store_le16(bytes + AT_SIZE, OTTER_HANDOVER_SIZE);
    memcpy(bytes + AT_DIGEST, handover->layout_digest, OTTER_LAYOUT_DIGEST_SIZE);
    memcpy(bytes + AT_NAME, handover->layout_name, OTTER_HANDOVER_NAME_SIZE);
    bytes[AT_RESET_CAUSE] = (uint8_t)handover->reset_cause;
    bytes[AT_SWAP_DONE] = (uint8_t)handover->swap_done;
    otter_store_le32(bytes + AT_REFUSAL, (uint32_t)handover->refusal);
    store_version(bytes + AT_REFUSED_VERSION, &handover->refused_version);
    store_version(bytes + AT_BOOTED_VERSION, &handover->booted_version);
    bytes[AT_REFUSED_IMAGE] = handover->refused_image;
    bytes[AT_MOVED_IMAGES] = handover->moved_images;
    for (size_t i = 0; i < OTTER_HANDOVER_IMAGES - 1u; i++) {
        store_version(bytes + AT_OTHER_VERSIONS + i * VERSION_SIZE, &handover->other_versions[i]);
    }
    otter_store_le32(bytes + AT_CRC, otter_crc32(0, bytes, AT_CRC));
}

static bool is_record(const uint8_t bytes[OTTER_HANDOVER_SIZE])
{
    return otter_load_le32(bytes + AT_MAGIC) == MAGIC
           && otter_load_le16(bytes + AT_VERSION) == VERSION
           && otter_load_le16(bytes + AT_SIZE) == OTTER_HANDOVER_SIZE
           && otter_load_le32(bytes + AT_CRC) == otter_crc32(0, bytes, AT_CRC);
}

/* A value from outside the enumeration must not reach a table of names. */
static enum otter_reset_cause load_reset_cause(uint8_t byte)
{
    return byte <= OTTER_RESET_UNKNOWN ? (enum otter_reset_cause)byte : OTTER_RESET_UNKNOWN;
}

static enum otter_swap_type load_swap_type(uint8_t byte)
{
    return byte >= OTTER_SWAP_NONE && byte <= OTTER_SWAP_FAIL ? (enum otter_swap_type)byte
                                                              : OTTER_SWAP_NONE;
}

enum otter_result otter_handover_decode(const uint8_t bytes[OTTER_HANDOVER_SIZE],
                                        struct otter_handover *handover)
{
    if (!is_record(bytes)) {
        return OTTER_ERR_NOT_FOUND;
    }
    memcpy(handover->layout_digest, bytes + AT_DIGEST, OTTER_LAYOUT_DIGEST_SIZE);
    memcpy(handover->layout_name, bytes + AT_NAME, OTTER_HANDOVER_NAME_SIZE);
    handover->layout_name[OTTER_HANDOVER_NAME_SIZE - 1] = '\0';
    handover->reset_cause = load_reset_cause(bytes[AT_RESET_CAUSE]);
    handover->swap_done = load_swap_type(bytes[AT_SWAP_DONE]);
    handover->refusal = (enum otter_result)(int32_t)otter_load_le32(bytes + AT_REFUSAL);
    handover->refused_version = load_version(bytes + AT_REFUSED_VERSION);
    handover->booted_version = load_version(bytes + AT_BOOTED_VERSION);
    handover->refused_image = bytes[AT_REFUSED_IMAGE];
    handover->moved_images = bytes[AT_MOVED_IMAGES];
    for (size_t i = 0; i < OTTER_HANDOVER_IMAGES - 1u; i++) {
        handover->other_versions[i] = load_version(bytes + AT_OTHER_VERSIONS + i * VERSION_SIZE);
    }
    return OTTER_OK;
}

const char *otter_reset_cause_name(enum otter_reset_cause cause)
{
    static const char *const names[] = {
        [OTTER_RESET_POWER_ON] = "power on", [OTTER_RESET_SOFTWARE] = "software",
        [OTTER_RESET_WATCHDOG] = "watchdog", [OTTER_RESET_FAULT] = "fault",
        [OTTER_RESET_UNKNOWN] = "unknown",
    };
    return names[cause];
}
