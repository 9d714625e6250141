/* SPDX-License-Identifier: Apache-2.0 */

/* Random numbers and the network of the emulated board, for programs that update themselves. */
#ifndef OTTER_FIRMWARE_NETWORK_H
#define OTTER_FIRMWARE_NETWORK_H

#include "otter/link.h"
#include "otter/mbedtls_random.h"

/* What otter_mbedtls_random() takes as its context. */
extern struct otter_mbedtls_random network_random;

/* Memory and clock for Mbed TLS, and its random numbers; first of all. */
enum otter_result network_start_random(const char *serial_number);

/* For the hooks of an agent; @p context is network_random. */
uint32_t network_random_number(void *context);

/* @param host_name  borrowed; how the device calls itself when it asks for an address */
enum otter_result network_start(const char *host_name);

/* The one TCP link that a program has. */
struct otter_link network_link(void);

#endif
