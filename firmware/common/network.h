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

/* TCP links that a program has at a time: one, if its build says nothing else. Each has room for TLS. */
#ifndef NETWORK_LINKS
#define NETWORK_LINKS 1
#endif

/* @param index  which one, from 0 */
struct otter_link network_link(unsigned index);

#endif
