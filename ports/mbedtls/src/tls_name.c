/* SPDX-License-Identifier: Apache-2.0 */

/* Servers that are named by an address. Mbed TLS 2.28 compares names with dNSName entries only, so
 * iPAddress entries (RFC 5280, section 4.2.1.6: the bytes of the address) are compared here. */

#include <string.h>

#include "tls_private.h"

#define SAN_IP_ADDRESS ((int)(MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7u))

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Read a number of 0 to 255 without leading zeros, and step over it. */
static bool parse_octet(const char **text, uint8_t *octet)
{
    const char *c = *text;
    unsigned value = 0;

    if (!is_digit(*c) || (*c == '0' && is_digit(c[1]))) {
        return false;
    }
    while (is_digit(*c) && value <= UINT8_MAX) {
        value = 10 * value + (unsigned)(*c++ - '0');
    }
    *octet = (uint8_t)value;
    *text = c;
    return value <= UINT8_MAX;
}

bool otter_tls_parse_ipv4(const char *text, uint8_t address[4])
{
    for (int i = 0; i < 4; i++) {
        const char separator = i < 3 ? '.' : '\0';

        if (!parse_octet(&text, &address[i]) || *text != separator) {
            return false;
        }
        text++;
    }
    return true;
}

bool otter_tls_certifies_ipv4(const mbedtls_x509_crt *certificate, const uint8_t address[4])
{
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;

    for (; name != NULL; name = name->next) {
        if (name->buf.tag == SAN_IP_ADDRESS && name->buf.len == 4
            && memcmp(name->buf.p, address, 4) == 0) {
            return true;
        }
    }
    return false;
}
