/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the settings area: once as they are, and once under a header that is right, because
 * no fuzzer guesses a CRC. */

#include <stdlib.h>
#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/settings.h"

#define AREA_SIZE 4096u

/* docs/formats/settings.md, "Header" */
#define AT_COUNT  6u
#define AT_LENGTH 8u
#define AT_CRC    12u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static enum otter_result read_area(void *port, uint32_t offset, void *dst, size_t len)
{
    memcpy(dst, (const uint8_t *)port + offset, len);
    return OTTER_OK;
}

static void load(uint8_t bytes[AREA_SIZE])
{
    static const struct otter_flash_ops ops = { .read = read_area };
    static const struct otter_sector_run run = { .size = AREA_SIZE, .count = 1 };
    static const struct otter_flash_geometry geometry = { .name = "area",
                                                          .size = AREA_SIZE,
                                                          .runs = &run,
                                                          .run_count = 1,
                                                          .write_size = 1,
                                                          .erased_byte = 0xFF };
    const struct otter_flash flash = { .ops = &ops, .port = bytes, .geometry = &geometry };
    const struct otter_area area = { .flash = &flash, .size = AREA_SIZE };
    static uint8_t buffer[AREA_SIZE];
    struct otter_settings settings;
    const char *name = NULL;

    if (otter_settings_load(&area, buffer, sizeof buffer, &settings) != OTTER_OK) {
        return;
    }
    while ((name = otter_settings_next_name(&settings, name)) != NULL) {
        size_t len = 0;
        const char *value = otter_settings_get(&settings, name, &len);

        demand(value != NULL && value[len] == '\0');
        (void)otter_settings_get_u32(&settings, name, 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t area[AREA_SIZE];
    const size_t length = size < AREA_SIZE ? size : AREA_SIZE;
    uint32_t crc;

    memset(area, 0xFF, sizeof area);
    memcpy(area, data, length);
    load(area);
    if (length < OTTER_SETTINGS_HEADER_SIZE) {
        return 0;
    }
    memcpy(area, "OTST\x01\x00", AT_COUNT);
    otter_store_le32(area + AT_LENGTH, (uint32_t)(length - OTTER_SETTINGS_HEADER_SIZE));
    crc = otter_crc32(0, area, AT_CRC);
    crc = otter_crc32(crc, area + OTTER_SETTINGS_HEADER_SIZE, length - OTTER_SETTINGS_HEADER_SIZE);
    otter_store_le32(area + AT_CRC, crc);
    load(area);
    return 0;
}
