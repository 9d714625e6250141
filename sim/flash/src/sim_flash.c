/* SPDX-License-Identifier: Apache-2.0 */

/* The device: the rules of NOR flash, and the three operations of a port.
 *
 * The state of a unit is kept beside the bytes, not read from them: a unit that was programmed with
 * the erased value looks erased, and a part with ECC still refuses to program it again; and no unit of
 * a sector whose erase was cut can be trusted. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

static struct otter_sim_flash *device_of(void *port)
{
    return port;
}

static void require(struct otter_sim_flash *device, bool kept, const char *rule)
{
    if (!kept) {
        device->power->violation(device->power, rule);
    }
}

static bool is_inside(const struct otter_flash_geometry *geometry, uint32_t offset, size_t len)
{
    return offset <= geometry->size && len <= geometry->size - offset;
}

static bool all_are(const uint8_t *bytes, uint32_t len, uint8_t value)
{
    for (uint32_t i = 0; i < len; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

static bool unit_is_blank(const struct otter_sim_flash *device, uint32_t unit)
{
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    const uint32_t start = unit * geometry->write_size;

    return all_are(device->bytes + start, geometry->write_size, geometry->erased_byte)
           && all_are(device->loose + start, geometry->write_size, 0);
}

static void mark_units(struct otter_sim_flash *device, uint32_t offset, uint32_t len,
                       enum sim_unit state)
{
    const uint32_t unit = device->flash.geometry->write_size;

    memset(device->units + offset / unit, (int)state, len / unit);
    if (sim_unit_is_weak((uint8_t)state)) {
        sim_pages_weaken(device, offset, len);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Read the part of a weak unit that lies in a range: [from, to). */
static enum otter_result read_weak(struct otter_sim_flash *device, uint32_t unit, uint32_t from,
                                   uint32_t to, uint8_t *dst)
{
    if (device->units[unit] == SIM_UNIT_UNREADABLE) {
        return OTTER_ERR_FLASH;
    }
    for (uint32_t i = from; i < to; i++) {
        dst[i - from] ^= (uint8_t)(sim_random(&device->power->noise) & device->loose[i]);
    }
    device->units[unit] = all_are(dst, to - from, device->flash.geometry->erased_byte)
                              ? SIM_UNIT_LOOSE_BUT_BLANK
                              : SIM_UNIT_LOOSE;
    sim_pages_touch(device, from, to - from);
    return OTTER_OK;
}

static enum otter_result read_weak_units(struct otter_sim_flash *device, uint32_t offset,
                                         uint8_t *dst, uint32_t len)
{
    const uint32_t unit_size = device->flash.geometry->write_size;
    uint32_t to;

    for (uint32_t at = offset; at < offset + len; at = to) {
        const uint32_t unit = at / unit_size;

        to = (unit + 1) * unit_size;
        to = to < offset + len ? to : offset + len;
        if (sim_unit_is_weak(device->units[unit])
            && read_weak(device, unit, at, to, dst + (at - offset)) != OTTER_OK) {
            return OTTER_ERR_FLASH;
        }
    }
    return OTTER_OK;
}

static enum otter_result sim_read(void *port, uint32_t offset, void *dst, size_t len)
{
    struct otter_sim_flash *device = device_of(port);

    require(device, is_inside(device->flash.geometry, offset, len), "a read leaves the device");
    if (device->reads_fail || device->power->is_off) {
        return OTTER_ERR_FLASH;
    }
    memcpy(dst, device->bytes + offset, len);
    device->counters.reads++;
    device->counters.bytes_read += len;
    return otter_sim_flash_is_weak(device, offset, (uint32_t)len)
               ? read_weak_units(device, offset, dst, (uint32_t)len)
               : OTTER_OK;
}

/* The sector that begins at @p offset, as its number and its size; false if none does. */
static bool find_sector(const struct otter_flash_geometry *geometry, uint32_t offset,
                        uint32_t *number, uint32_t *size)
{
    uint32_t start = 0;

    *number = 0;
    for (uint8_t run = 0; run < geometry->run_count; run++) {
        for (uint32_t i = 0; i < geometry->runs[run].count; i++) {
            if (start == offset) {
                *size = geometry->runs[run].size;
                return true;
            }
            start += geometry->runs[run].size;
            (*number)++;
        }
    }
    return false;
}

static void count(struct otter_sim_flash *device, const struct otter_sim_operation *operation)
{
    uint32_t number = 0;
    uint32_t size = 0;

    if (operation->kind == OTTER_SIM_PROGRAM) {
        device->counters.programs++;
        device->counters.bytes_programmed += operation->len;
        return;
    }
    (void)find_sector(device->flash.geometry, operation->offset, &number, &size);
    device->sector_erases[number]++;
    device->counters.erases++;
    device->counters.bytes_erased += size;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* A unit that a cut left without a single changed bit cannot be told from an erased one, so no
 * software could do anything but program it. */
static void forgive_untouched(struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    const uint32_t unit = device->flash.geometry->write_size;

    for (uint32_t at = offset / unit; at < (offset + len) / unit; at++) {
        if (device->units[at] != SIM_UNIT_UNREADABLE && unit_is_blank(device, at)) {
            device->units[at] = SIM_UNIT_ERASED;
        }
    }
}

/* Nor can anybody know better than what was read last. */
static bool may_be_programmed(const struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    const uint32_t unit = device->flash.geometry->write_size;

    for (uint32_t at = offset / unit; at < (offset + len) / unit; at++) {
        if (device->units[at] != SIM_UNIT_ERASED && device->units[at] != SIM_UNIT_LOOSE_BUT_BLANK) {
            return false;
        }
    }
    return true;
}

static struct sim_target target_of(const struct otter_sim_flash *device,
                                   const struct otter_sim_operation *operation, const uint8_t *src)
{
    return (struct sim_target){ .bytes = device->bytes + operation->offset,
                                .loose = device->loose + operation->offset,
                                .len = operation->len,
                                .unit = device->flash.geometry->write_size,
                                .erased_byte = device->flash.geometry->erased_byte,
                                .src = src };
}

static void complete(struct otter_sim_flash *device, const struct otter_sim_operation *operation,
                     const uint8_t *src)
{
    const struct sim_target target = target_of(device, operation, src);

    sim_complete(&target);
    mark_units(device, operation->offset, operation->len,
               src == NULL ? SIM_UNIT_ERASED : SIM_UNIT_PROGRAMMED);
    sim_pages_touch(device, operation->offset, operation->len);
}

/* After a broken erase no unit of the sector can be trusted to take a program. What the erase has not
 * reached is as weak as it was. */
static void distrust(struct otter_sim_flash *device, const struct otter_sim_operation *operation,
                     const struct sim_reach *reach)
{
    const uint32_t unit = device->flash.geometry->write_size;

    mark_units(device, operation->offset, reach->whole, SIM_UNIT_PROGRAMMED);
    for (uint32_t at = reach->whole; at < operation->len; at += unit) {
        uint8_t *state = &device->units[(operation->offset + at) / unit];

        *state = *state == SIM_UNIT_ERASED ? SIM_UNIT_PROGRAMMED : *state;
    }
}

static void interrupt(struct otter_sim_flash *device, const struct otter_sim_operation *operation,
                      const uint8_t *src, enum otter_sim_damage damage, uint64_t seed)
{
    const struct sim_target target = target_of(device, operation, src);
    const struct sim_reach reach = sim_damage(&target, damage, seed);

    if (src != NULL) {
        mark_units(device, operation->offset, reach.whole, SIM_UNIT_PROGRAMMED);
    } else if (damage == OTTER_SIM_DONE) {
        mark_units(device, operation->offset, operation->len, SIM_UNIT_ERASED);
    } else if (reach.whole + reach.weak > 0) {
        distrust(device, operation, &reach);
    }
    mark_units(device, operation->offset + reach.whole, reach.weak, reach.state);
    if (src != NULL) {
        forgive_untouched(device, operation->offset, reach.whole + reach.weak);
    }
    sim_pages_touch(device, operation->offset, operation->len);
}

void otter_sim_flash_interrupt(struct otter_sim_flash *device,
                               const struct otter_sim_operation *operation, const uint8_t *src,
                               enum otter_sim_damage damage, uint64_t seed)
{
    (void)sim_power_begin(device->power, operation);
    count(device, operation);
    interrupt(device, operation, src, damage, seed);
}

/* Do the operation; or what the cut leaves of it, or nothing if somebody swallows it. */
static enum otter_result operate(struct otter_sim_flash *device,
                                 const struct otter_sim_operation *operation, const uint8_t *src)
{
    struct otter_sim_power *power = device->power;
    const bool is_cut = sim_power_begin(power, operation);
    struct otter_sim_watcher *watcher = power->watcher;

    if (watcher != NULL && !watcher->begins(watcher, device, operation, src)) {
        return OTTER_OK;
    }
    count(device, operation);
    if (is_cut) {
        interrupt(device, operation, src, power->damage, power->seed);
        sim_power_lose(power);
        return OTTER_ERR_FLASH;
    }
    complete(device, operation, src);
    return OTTER_OK;
}

static enum otter_result sim_program(void *port, uint32_t offset, const void *src, size_t size)
{
    struct otter_sim_flash *device = device_of(port);
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    const uint32_t len = (uint32_t)size;

    require(device, is_inside(geometry, offset, len), "a program leaves the device");
    require(device, len > 0, "a program of no bytes");
    require(device, offset % geometry->write_size == 0, "a program begins inside a unit");
    require(device, len % geometry->write_size == 0, "a program ends inside a unit");
    if (device->programs_fail || device->power->is_off) {
        return OTTER_ERR_FLASH;
    }
    require(device, may_be_programmed(device, offset, len), "a unit is programmed twice");
    return operate(device,
                   &(struct otter_sim_operation){ geometry->name, OTTER_SIM_PROGRAM, offset, len },
                   src);
}

static enum otter_result sim_erase(void *port, uint32_t offset)
{
    struct otter_sim_flash *device = device_of(port);
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    uint32_t number = 0;
    uint32_t size = 0;

    require(device, find_sector(geometry, offset, &number, &size),
            "an erase does not begin at a sector");
    if (device->erases_fail || device->power->is_off) {
        return OTTER_ERR_FLASH;
    }
    return operate(device,
                   &(struct otter_sim_operation){ geometry->name, OTTER_SIM_ERASE, offset, size },
                   NULL);
}

static const struct otter_flash_ops sim_ops = {
    .read = sim_read,
    .program = sim_program,
    .erase = sim_erase,
};

static uint32_t count_sectors(const struct otter_flash_geometry *geometry)
{
    uint32_t count = 0;

    for (uint8_t run = 0; run < geometry->run_count; run++) {
        count += geometry->runs[run].count;
    }
    return count;
}

enum otter_result otter_sim_flash_init(struct otter_sim_flash *device,
                                       struct otter_sim_power *power,
                                       const struct otter_flash_geometry *geometry)
{
    *device = (struct otter_sim_flash){
        .flash = { .ops = &sim_ops, .port = device, .geometry = geometry },
        .power = power,
        .sector_count = count_sectors(geometry),
    };
    device->bytes = malloc(geometry->size);
    device->loose = calloc(geometry->size, 1);
    device->units = calloc(geometry->size / geometry->write_size, 1);
    device->sector_erases = calloc(device->sector_count, sizeof *device->sector_erases);
    device->pages = sim_pages_allocate(geometry);
    if (device->bytes == NULL || device->loose == NULL || device->units == NULL
        || device->sector_erases == NULL || device->pages == NULL) {
        otter_sim_flash_free(device);
        return OTTER_ERR_NO_SPACE;
    }
    memset(device->bytes, geometry->erased_byte, geometry->size);
    sim_pages_touch(device, 0, geometry->size);
    return OTTER_OK;
}

void otter_sim_flash_free(struct otter_sim_flash *device)
{
    free(device->bytes);
    free(device->loose);
    free(device->units);
    free(device->sector_erases);
    free(device->pages);
    *device = (struct otter_sim_flash){ 0 };
}

void otter_sim_flash_load(struct otter_sim_flash *device, uint32_t offset, const void *bytes,
                          uint32_t len)
{
    const uint32_t unit = device->flash.geometry->write_size;

    if (len == 0) {
        return;
    }
    memcpy(device->bytes + offset, bytes, len);
    memset(device->loose + offset, 0, len);
    for (uint32_t at = offset / unit; at <= (offset + len - 1) / unit; at++) {
        device->units[at] = unit_is_blank(device, at) ? SIM_UNIT_ERASED : SIM_UNIT_PROGRAMMED;
    }
    sim_pages_touch(device, offset, len);
}

bool otter_sim_flash_is_loose(const struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    for (uint32_t i = offset; i < offset + len; i++) {
        if (device->loose[i] != 0) {
            return true;
        }
    }
    return false;
}

void otter_sim_flash_reset_counters(struct otter_sim_flash *device)
{
    device->counters = (struct otter_sim_counters){ 0 };
    memset(device->sector_erases, 0, device->sector_count * sizeof *device->sector_erases);
}

uint32_t otter_sim_flash_worst_sector(const struct otter_sim_flash *device, uint32_t offset,
                                      uint32_t len)
{
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    uint32_t worst = 0;
    uint32_t start = 0;
    uint32_t number = 0;

    for (uint8_t run = 0; run < geometry->run_count; run++) {
        for (uint32_t i = 0; i < geometry->runs[run].count; i++, number++) {
            if (start - offset < len && device->sector_erases[number] > worst) {
                worst = device->sector_erases[number];
            }
            start += geometry->runs[run].size;
        }
    }
    return worst;
}
