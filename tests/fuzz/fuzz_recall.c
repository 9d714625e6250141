/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as what the journal remembers of the last download and the last attempt: the agent
 * starts, and whatever it concludes lies inside the slot.
 *
 * The first byte is the length of the progress record, the rest of the input follows: that record,
 * then the attempt's. They are put by the journal itself, so that its CRC does not keep the fuzzer out. */

#include <stdlib.h>
#include <string.h>

#include "otter/agent.h"
#include "otter/agent_bundle.h"

#define SECTOR_SIZE 1024u
#define SLOT_SIZE   (4 * SECTOR_SIZE)
#define FLASH_SIZE  (10 * SECTOR_SIZE)
#define MAX_IMAGE   (3 * SECTOR_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Flash: in memory --------------------------------------------------------------------------- */

static enum otter_result read_flash(void *port, uint32_t offset, void *dst, size_t len)
{
    memcpy(dst, (uint8_t *)port + offset, len);
    return OTTER_OK;
}

static enum otter_result program_flash(void *port, uint32_t offset, const void *src, size_t len)
{
    memcpy((uint8_t *)port + offset, src, len);
    return OTTER_OK;
}

static enum otter_result erase_flash(void *port, uint32_t offset)
{
    memset((uint8_t *)port + offset, 0xFF, SECTOR_SIZE);
    return OTTER_OK;
}

static const struct otter_flash_ops flash_ops = { .read = read_flash,
                                                  .program = program_flash,
                                                  .erase = erase_flash };
static const struct otter_sector_run run = { .size = SECTOR_SIZE,
                                             .count = FLASH_SIZE / SECTOR_SIZE };
static const struct otter_flash_geometry geometry = { .name = "flash",
                                                      .size = FLASH_SIZE,
                                                      .runs = &run,
                                                      .run_count = 1,
                                                      .write_size = 8,
                                                      .erased_byte = 0xFF };
static const struct otter_layout layout = { .board = "board",
                                            .name = "small",
                                            .devices = &geometry,
                                            .device_count = 1,
                                            .image_count = 1,
                                            .max_align = 8,
                                            .header_size = 32,
                                            .max_sectors = SLOT_SIZE / SECTOR_SIZE };

/* The agent is only started, never stepped --------------------------------------------------- */

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    (void)event;
    return OTTER_ANSWER_CONTINUE;
}

static void on_restart(void *context)
{
    (void)context;
}

static uint32_t on_random(void *context)
{
    (void)context;
    return 0;
}

static const struct otter_agent_hooks hooks = { .event = on_event,
                                                .restart = on_restart,
                                                .random = on_random };

/* A bundle's digest is begun when it is recalled, and no more is asked of it here. */
static enum otter_result start_digest(struct otter_sha256 *sha)
{
    (void)sha;
    return OTTER_OK;
}

static void check(const struct otter_agent *agent)
{
    const struct otter_slotwriter *writer = &agent->writer;
    struct otter_agent_status status;

    demand(writer->durable <= writer->total && writer->accepted == writer->durable);
    demand(writer->total <= MAX_IMAGE && writer->erased_to <= SLOT_SIZE);
    otter_agent_get_status(agent, 0, &status);
    demand(status.percent <= 100 && status.bytes <= status.total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct otter_crypto crypto = { .sha256_start = start_digest };
    static struct otter_agent_bundle bundle;
    static const struct otter_agent_bundles bundles = { .ops = &otter_agent_bundle_ops,
                                                        .state = &bundle };
    static uint8_t buffer[256];
    uint8_t bytes[FLASH_SIZE];
    const struct otter_flash flash = { .ops = &flash_ops, .port = bytes, .geometry = &geometry };
    const struct otter_agent_config config = {
        .timing = otter_agent_default_timing,
        .layout = &layout,
        .primary = { .flash = &flash, .size = SLOT_SIZE },
        .secondary = { .flash = &flash, .offset = SLOT_SIZE, .size = SLOT_SIZE },
        .journal = { .flash = &flash, .offset = 2 * SLOT_SIZE, .size = 2 * SECTOR_SIZE },
        .trust = { .crypto = &crypto },
        .max_image_size = MAX_IMAGE,
        .bundles = &bundles,
        .hooks = &hooks,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    struct otter_journal journal;
    struct otter_agent agent;
    size_t first;
    size_t second;

    if (size < 1) {
        return 0;
    }
    size--;
    first = data[0] % (OTTER_JOURNAL_VALUE_MAX + 1);
    first = first < size ? first : size;
    second = size - first < OTTER_JOURNAL_VALUE_MAX ? size - first : OTTER_JOURNAL_VALUE_MAX;
    memset(bytes, 0xFF, sizeof bytes);
    demand(otter_journal_open(&journal, &config.journal) == OTTER_OK);
    demand(otter_journal_put(&journal, OTTER_JOURNAL_PROGRESS, data + 1, first) == OTTER_OK);
    demand(otter_journal_put(&journal, OTTER_JOURNAL_ATTEMPT, data + 1 + first, second)
           == OTTER_OK);
    demand(otter_agent_init(&agent, &config, 0) == OTTER_OK);
    check(&agent);
    return 0;
}
