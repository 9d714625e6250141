/* SPDX-License-Identifier: Apache-2.0 */

/** The logging hook: one sink for a whole program, a level for each facility.
 *
 * Only the agent's side of the house logs; the bootloader reports events instead (otter/boot.h).
 * Nothing is written before a program installs its sink. Levels may be changed at any time and from
 * any thread. There is no printf behind it and no heap. */
#ifndef OTTER_LOG_H
#define OTTER_LOG_H

#include <stdint.h>

#include "otter/result.h"

/** Longest line that is put together here, with its terminator; this much stack per call. */
#define OTTER_LOG_LINE_SIZE 128

enum otter_log_level {
    OTTER_LOG_OFF,
    OTTER_LOG_ERROR,
    OTTER_LOG_WARNING,
    OTTER_LOG_NOTICE,
    OTTER_LOG_INFO,
    OTTER_LOG_DEBUG,
};

enum otter_log_facility {
    OTTER_LOG_AGENT,
    OTTER_LOG_SLOTWRITER,
    OTTER_LOG_MQTT,
    OTTER_LOG_TRANSPORT,
    OTTER_LOG_NET,
    OTTER_LOG_FACILITIES, /* how many there are */
};

/** Receives each line, without a line end, terminated; valid during the call only. */
typedef void otter_log_sink(void *context, enum otter_log_level level,
                            enum otter_log_facility facility, const char *line);

/** Install @p sink (NULL: none). Call it before other threads log. */
void otter_log_set_sink(otter_log_sink *sink, void *context);

/** Show @p facility up to @p level from now on. All start at OTTER_LOG_WARNING. */
void otter_log_set_level(enum otter_log_facility facility, enum otter_log_level level);

/** Set levels by name, as a person or a setting writes them: "mqtt=debug", "all=info".
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND (no such facility or level; nothing was changed) */
enum otter_result otter_log_configure(const char *words);

const char *otter_log_level_name(enum otter_log_level level);
const char *otter_log_facility_name(enum otter_log_facility facility);

/** Log one line. */
void otter_log(enum otter_log_level level, enum otter_log_facility facility, const char *line);

/** Log one line with a number in it. */
void otter_log_number(enum otter_log_level level, enum otter_log_facility facility,
                      const char *before, uint32_t number, const char *after);

#endif
