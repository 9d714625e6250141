/* SPDX-License-Identifier: Apache-2.0 */

#include "composed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A flash device that can only be read: what the host composed. */
static uint8_t composed[2048];

static enum otter_result read_composed(void *port, uint32_t offset, void *dst, size_t len)
{
    (void)port;
    memcpy(dst, composed + offset, len);
    return OTTER_OK;
}

static const struct otter_flash_ops read_only = { .read = read_composed };
static const struct otter_sector_run runs[] = { { sizeof composed, 1 } };
static const struct otter_flash_geometry geometry = {
    .size = sizeof composed, .runs = runs, .run_count = 1, .write_size = 1, .erased_byte = 0xFF
};
static const struct otter_flash flash = { .ops = &read_only, .geometry = &geometry };
static const struct otter_area area = { .flash = &flash, .size = sizeof composed };

struct otter_settings composed_settings(const struct setting settings[], size_t count)
{
    static uint8_t loaded[sizeof composed];
    struct otter_settings_writer writer;
    struct otter_settings found;

    otter_settings_writer_init(&writer, composed, sizeof composed);
    for (size_t i = 0; i < count && settings[i].name != NULL; i++) {
        otter_settings_writer_add(&writer, settings[i].name, settings[i].value,
                                  strlen(settings[i].value));
    }
    assert_int_equal(otter_settings_writer_finish(&writer), OTTER_OK);
    assert_int_equal(otter_settings_load(&area, loaded, sizeof loaded, &found), OTTER_OK);
    return found;
}
