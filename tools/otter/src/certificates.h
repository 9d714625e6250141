/* SPDX-License-Identifier: Apache-2.0 */

/** A small certificate authority: itself, and certificates for servers and clients, all ECDSA P-256.
 * A function that fails has told the user why. */
#ifndef OTTER_TOOL_CERTIFICATES_H
#define OTTER_TOOL_CERTIFICATES_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "keys.h"

enum certificate_use {
    CERTIFICATE_AUTHORITY,
    CERTIFICATE_SERVER,
    CERTIFICATE_CLIENT,
};

/** A certificate with its private key. */
struct identity {
    X509 *certificate;
    struct key key;
};

struct certificate_request {
    enum certificate_use use;
    const char *common_name;
    const char *const *names; /**< servers: checked names; each gets its own type */
    int name_count;
    uint32_t days;
    bool expired; /**< ended yesterday, for tests */
};

/** Can these be names of a server: DNS names or IP addresses? */
bool certificate_check_names(const char *const *names, int count);

/** Make a key and a certificate for it.
 *
 *  @param issuer  who signs it; NULL: it signs itself */
bool identity_make(const struct certificate_request *request, const struct identity *issuer,
                   struct identity *identity);

/** Read NAME.crt and NAME.key of a folder. */
bool identity_load(const char *folder, const char *name, struct identity *identity);

/** Write NAME.crt, and NAME.key for its owner only. */
bool identity_store(const struct identity *identity, const char *folder, const char *name);

/** Harmless for one that was zeroed. */
void identity_free(struct identity *identity);

#endif
