/* SPDX-License-Identifier: Apache-2.0 */

/* What lwIP asks of a compiler and platform; its defaults do for the rest. */
#ifndef OTTER_LWIP_ARCH_CC_H
#define OTTER_LWIP_ARCH_CC_H

#include <assert.h>
#include <stdlib.h>

#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_INTTYPES_H 1
#define X8_F               "02x"
#define U16_F              "u"
#define S16_F              "d"
#define X16_F              "x"
#define U32_F              "lu"
#define S32_F              "ld"
#define X32_F              "lx"
#define SZT_F              "u"

/* All tests passed with lwIP's assertions on; their texts cost 14 KiB of flash. Without this line a
 * broken invariant of lwIP's ends as one of ours does. */
#define LWIP_NOASSERT                 1
#define LWIP_PLATFORM_ASSERT(message) assert(!(message))
#define LWIP_PLATFORM_DIAG(message)

#endif
