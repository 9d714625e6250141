/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the journal's sectors: whatever is there, it opens, and what is put into it comes
 * back. */

#include <stdlib.h>
#include <string.h>

#include "otter/journal.h"

#define SECTOR_SIZE 1024u
#define AREA_SIZE   2048u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static enum otter_result read_area(void *port, uint32_t offset, void *dst, size_t len)
{
    memcpy(dst, (uint8_t *)port + offset, len);
    return OTTER_OK;
}

static enum otter_result program_area(void *port, uint32_t offset, const void *src, size_t len)
{
    memcpy((uint8_t *)port + offset, src, len);
    return OTTER_OK;
}

static enum otter_result erase_area(void *port, uint32_t offset)
{
    memset((uint8_t *)port + offset, 0xFF, SECTOR_SIZE);
    return OTTER_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct otter_flash_ops ops = { .read = read_area,
                                                .program = program_area,
                                                .erase = erase_area };
    static const struct otter_sector_run run = { .size = SECTOR_SIZE,
                                                 .count = AREA_SIZE / SECTOR_SIZE };
    static const struct otter_flash_geometry geometry = { .name = "area",
                                                          .size = AREA_SIZE,
                                                          .runs = &run,
                                                          .run_count = 1,
                                                          .write_size = 8,
                                                          .erased_byte = 0xFF };
    uint8_t bytes[AREA_SIZE];
    const struct otter_flash flash = { .ops = &ops, .port = bytes, .geometry = &geometry };
    const struct otter_area area = { .flash = &flash, .size = AREA_SIZE };
    struct otter_journal journal;
    uint8_t value[OTTER_JOURNAL_VALUE_MAX];
    size_t len = sizeof value;

    memset(bytes, 0xFF, sizeof bytes);
    memcpy(bytes, data, size < sizeof bytes ? size : sizeof bytes);
    demand(otter_journal_open(&journal, &area) == OTTER_OK);
    (void)otter_journal_get(&journal, OTTER_JOURNAL_REJECTED, value, &len);
    if (journal.sequence == UINT32_MAX) {
        return 0; /* no flash lives long enough to get here by itself */
    }
    demand(otter_journal_put(&journal, OTTER_JOURNAL_ATTEMPT, "newer", 5) == OTTER_OK);
    len = sizeof value;
    demand(otter_journal_get(&journal, OTTER_JOURNAL_ATTEMPT, value, &len) == OTTER_OK);
    demand(len == 5 && memcmp(value, "newer", 5) == 0);
    demand(otter_journal_open(&journal, &area) == OTTER_OK);
    return 0;
}
