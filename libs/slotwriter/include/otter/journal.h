/* SPDX-License-Identifier: Apache-2.0 */

/** The journal: a few small records that must survive a cut, in two or more sectors used in turn.
 *
 * The newest valid record of each kind counts. A record is appended whole and carries a CRC, so a
 * torn one is as if it had never been written. When a sector is full the newest record of each kind
 * moves on to the next sector before the old one is erased. Specified in docs/formats/journal.md. */
#ifndef OTTER_JOURNAL_H
#define OTTER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

/** Longest value of a record, in bytes. */
#define OTTER_JOURNAL_VALUE_MAX 64u

/** What a record is about. Values are on flash: never renumber. */
enum otter_journal_kind {
    OTTER_JOURNAL_REJECTED = 1, /**< the update that was tried and reverted */
    OTTER_JOURNAL_ATTEMPT = 2,  /**< the update made pending, until its outcome is reported */
    OTTER_JOURNAL_PROGRESS = 3, /**< how much of which download is durable */
    OTTER_JOURNAL_KINDS = 8,    /**< room for kinds to come */
};

struct otter_journal {
    struct otter_area area;
    uint32_t sector;   /* offset of the sector in use */
    uint32_t next;     /* offset of the next record in the area */
    uint32_t sequence; /* of the sector in use */
};

/** Find the newest records, or start an empty journal if there is none.
 *
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT (fewer than two sectors), OTTER_ERR_FLASH */
enum otter_result otter_journal_open(struct otter_journal *journal, const struct otter_area *area);

/** Has each sector of @p area room for a record of each kind? Asks only for its geometry. */
bool otter_journal_sectors_suffice(const struct otter_area *area);

/** Append a record; an empty value (len 0) deletes the kind. Does nothing if it is there already.
 *
 *  @return OTTER_OK, OTTER_ERR_NO_SPACE (longer than OTTER_JOURNAL_VALUE_MAX), OTTER_ERR_FLASH */
enum otter_result otter_journal_put(struct otter_journal *journal, enum otter_journal_kind kind,
                                    const void *value, size_t len);

/** Read the newest record of a kind.
 *
 *  @param len  in: room at @p value; out: bytes of the value
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND, OTTER_ERR_NO_SPACE, OTTER_ERR_FLASH */
enum otter_result otter_journal_get(const struct otter_journal *journal,
                                    enum otter_journal_kind kind, void *value, size_t *len);

#endif
