/* SPDX-License-Identifier: Apache-2.0 */

#include "cut_flash.h"

#include <stdlib.h>

#include "console.h"

static void use_power(struct cut_supply *supply)
{
    supply->operations++;
    if (supply->operations == supply->cut_at) {
        console_say("sim", "the power is cut at flash operation %u", (unsigned)supply->cut_at);
        _Exit(SIM_EXIT_CUT);
    }
}

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct cut_flash *device = port;

    return device->inner->ops->read(device->inner->port, offset, dst, len);
}

static enum otter_result program(void *port, uint32_t offset, const void *src, size_t len)
{
    const struct cut_flash *device = port;

    use_power(device->supply);
    return device->inner->ops->program(device->inner->port, offset, src, len);
}

static enum otter_result erase(void *port, uint32_t offset)
{
    const struct cut_flash *device = port;

    use_power(device->supply);
    return device->inner->ops->erase(device->inner->port, offset);
}

static const struct otter_flash_ops cut_ops = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
};

void cut_flash_init(struct cut_flash *device, const struct otter_flash *inner,
                    struct cut_supply *supply)
{
    *device = (struct cut_flash){
        .flash = { .ops = &cut_ops, .port = device, .geometry = inner->geometry },
        .inner = inner,
        .supply = supply,
    };
}
