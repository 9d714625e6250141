/* SPDX-License-Identifier: Apache-2.0 */

/** The boot record: what a bootloader hands on for attestation (docs/formats/image.md). */
#ifndef OTTER_TOOL_BOOT_RECORD_H
#define OTTER_TOOL_BOOT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/version.h"

/** Longest type of software that a record can name, in characters. */
#define BOOT_RECORD_TYPE_MAX 12
/** Room for the longest record. */
#define BOOT_RECORD_MAX 128

/** Encode a record as CBOR.
 *
 *  @param type    at most BOOT_RECORD_TYPE_MAX characters
 *  @param signer  hash of the signing key
 *  @return its bytes */
size_t boot_record_encode(const char *type, const struct otter_version *version,
                          const uint8_t signer[OTTER_SHA256_SIZE], uint8_t record[BOOT_RECORD_MAX]);

#endif
