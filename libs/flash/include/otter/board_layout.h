/* SPDX-License-Identifier: Apache-2.0 */

/** The layout that a firmware was built for; `otter layout generate --c` writes its definition. */
#ifndef OTTER_BOARD_LAYOUT_H
#define OTTER_BOARD_LAYOUT_H

#include "otter/layout.h"

extern const struct otter_layout otter_board_layout;

#endif
