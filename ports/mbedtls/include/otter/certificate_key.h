/* SPDX-License-Identifier: Apache-2.0 */

/** The public key in an X.509 certificate, for signatures that are checked with it: a code-signing
 * certificate that was provisioned is itself what the device trusts, so neither its dates nor who
 * signed it are looked at. */
#ifndef OTTER_CERTIFICATE_KEY_H
#define OTTER_CERTIFICATE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/tls_link.h"

/** Bytes of a P-256 key. */
#define OTTER_CERTIFICATE_KEY_SIZE 91u

/** Copy the key of a certificate, as SubjectPublicKeyInfo, as otter_public_key wants it.
 *
 *  @param certificate  PEM or DER; of a chain, the first is taken
 *  @param key          set to @p der, which is the caller's
 *  @return OTTER_OK
 *          OTTER_ERR_ARGUMENT  it is no certificate
 *          OTTER_ERR_NO_SPACE  the key does not fit @p der
 *          OTTER_ERR_CRYPTO    not enough memory */
enum otter_result otter_certificate_key(const struct otter_tls_document *certificate, uint8_t *der,
                                        size_t size, struct otter_public_key *key);

#endif
