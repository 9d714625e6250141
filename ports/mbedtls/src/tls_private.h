/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the TLS link share. */
#ifndef OTTER_TLS_PRIVATE_H
#define OTTER_TLS_PRIVATE_H

#include "otter/tls_link.h"

/* Turn the failure of a handshake or of its preparation into a result, with its explanation.
 *  error  what Mbed TLS returned */
enum otter_result otter_tls_explain_failure(struct otter_tls_link *tls, int error);

/* Did Mbed TLS ask for memory in vain since init or open began? */
bool otter_tls_ran_out_of_memory(const struct otter_tls_link *tls);

/* Replace the explanation by @p first and @p second. */
void otter_tls_explain(struct otter_tls_link *tls, const char *first, const char *second);

/* Read "192.0.2.1". Anything else, leading zeros included, is no address. */
bool otter_tls_parse_ipv4(const char *text, uint8_t address[4]);

/* Does @p certificate name @p address among its subject alternative names? */
bool otter_tls_certifies_ipv4(const mbedtls_x509_crt *certificate, const uint8_t address[4]);

#endif
