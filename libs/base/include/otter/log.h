/* SPDX-License-Identifier: Apache-2.0 */

/** The logging hook: one sink for a whole program, a level for each facility.
 *
 * Only the agent's side of the house logs; the bootloader reports events instead (otter/boot.h).
 * Nothing is written before a program installs its sink. A line is at most OTTER_LOG_LINE_SIZE
 * bytes; longer ones are cut. */
#ifndef OTTER_LOG_H
#define OTTER_LOG_H

/** Longest line with its terminator, in bytes; this much stack per call. */
#ifndef OTTER_LOG_LINE_SIZE
#define OTTER_LOG_LINE_SIZE 192
#endif
_Static_assert(OTTER_LOG_LINE_SIZE >= 64 && OTTER_LOG_LINE_SIZE <= 1024,
               "OTTER_LOG_LINE_SIZE must be 64..1024");

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

const char *otter_log_level_name(enum otter_log_level level);
const char *otter_log_facility_name(enum otter_log_facility facility);

/** Log one line in the manner of printf. */
__attribute__((format(printf, 3, 4))) void
otter_log(enum otter_log_level level, enum otter_log_facility facility, const char *format, ...);

#endif
