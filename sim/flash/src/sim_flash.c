/* SPDX-License-Identifier: Apache-2.0 */

/* The device: the rules of NOR flash, and the three operations of a port.
 *
 * Whether a unit may be programmed is kept beside the bytes, not read from them: a unit that was
 * programmed with the erased value looks erased, and a part with ECC still refuses to program it
 * again; and no unit of a sector whose erase was cut can be trusted. */

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
    return OTTER_OK;
}

/* Do the operation, or what the cut leaves of it.
 *
 * @param touched  set to the number of bytes that are no longer as they were */
static enum otter_result operate(struct otter_sim_flash *device,
                                 const struct otter_sim_operation *operation,
                                 const struct sim_target *target, uint32_t *touched)
{
    if (sim_power_begin(device->power, operation)) {
        *touched = sim_damage(device->power, target);
        return OTTER_ERR_FLASH;
    }
    sim_complete(target);
    *touched = target->len;
    return OTTER_OK;
}

static void mark_units(struct otter_sim_flash *device, uint32_t offset, uint32_t len,
                       bool is_programmed)
{
    const uint32_t unit = device->flash.geometry->write_size;

    for (uint32_t at = offset / unit; at < (offset + len) / unit; at++) {
        device->is_programmed[at] = is_programmed;
    }
}

static bool unit_is_blank(const struct otter_sim_flash *device, uint32_t unit)
{
    const struct otter_flash_geometry *geometry = device->flash.geometry;

    for (uint32_t i = 0; i < geometry->write_size; i++) {
        if (device->bytes[unit * geometry->write_size + i] != geometry->erased_byte) {
            return false;
        }
    }
    return true;
}

/* A unit that a cut left without a single changed bit cannot be told from an erased one, so no
 * software could do anything but program it. */
static void forgive_untouched(struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    const uint32_t unit = device->flash.geometry->write_size;

    for (uint32_t at = offset / unit; at < (offset + len) / unit; at++) {
        device->is_programmed[at] = !unit_is_blank(device, at);
    }
}

static bool units_are_erased(const struct otter_sim_flash *device, uint32_t offset, uint32_t len)
{
    const uint32_t unit = device->flash.geometry->write_size;

    for (uint32_t at = offset / unit; at < (offset + len) / unit; at++) {
        if (device->is_programmed[at]) {
            return false;
        }
    }
    return true;
}

static enum otter_result sim_program(void *port, uint32_t offset, const void *src, size_t size)
{
    struct otter_sim_flash *device = device_of(port);
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    const uint32_t len = (uint32_t)size;
    const struct otter_sim_operation operation = { geometry->name, OTTER_SIM_PROGRAM, offset, len };
    enum otter_result result;
    uint32_t touched;

    require(device, is_inside(geometry, offset, len), "a program leaves the device");
    require(device, len > 0, "a program of no bytes");
    require(device, offset % geometry->write_size == 0, "a program begins inside a unit");
    require(device, len % geometry->write_size == 0, "a program ends inside a unit");
    if (device->programs_fail || device->power->is_off) {
        return OTTER_ERR_FLASH;
    }
    require(device, units_are_erased(device, offset, len), "a unit is programmed twice");

    result = operate(device, &operation,
                     &(struct sim_target){ .bytes = device->bytes + offset,
                                           .len = len,
                                           .unit = geometry->write_size,
                                           .erased_byte = geometry->erased_byte,
                                           .src = src },
                     &touched);
    mark_units(device, offset, touched, true);
    if (result != OTTER_OK) {
        forgive_untouched(device, offset, touched);
    }
    device->counters.programs++;
    device->counters.bytes_programmed += touched;
    if (result != OTTER_OK) {
        sim_power_lose(device->power);
    }
    return result;
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

static enum otter_result sim_erase(void *port, uint32_t offset)
{
    struct otter_sim_flash *device = device_of(port);
    const struct otter_flash_geometry *geometry = device->flash.geometry;
    uint32_t number = 0;
    uint32_t size = 0;
    uint32_t touched;
    enum otter_result result;

    require(device, find_sector(geometry, offset, &number, &size),
            "an erase does not begin at a sector");
    if (device->erases_fail || device->power->is_off) {
        return OTTER_ERR_FLASH;
    }
    result = operate(device,
                     &(struct otter_sim_operation){ geometry->name, OTTER_SIM_ERASE, offset, size },
                     &(struct sim_target){ .bytes = device->bytes + offset,
                                           .len = size,
                                           .unit = geometry->write_size,
                                           .erased_byte = geometry->erased_byte },
                     &touched);
    /* After a broken erase no unit of the sector can be trusted to take a program. */
    if (touched > 0) {
        mark_units(device, offset, size,
                   result != OTTER_OK && device->power->damage != OTTER_SIM_DONE);
    }
    device->sector_erases[number]++;
    device->counters.erases++;
    device->counters.bytes_erased += size;
    if (result != OTTER_OK) {
        sim_power_lose(device->power);
    }
    return result;
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

static uint32_t unit_count(const struct otter_flash_geometry *geometry)
{
    return geometry->size / geometry->write_size;
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
    device->is_programmed = calloc(unit_count(geometry), sizeof *device->is_programmed);
    device->sector_erases = calloc(device->sector_count, sizeof *device->sector_erases);
    if (device->bytes == NULL || device->is_programmed == NULL || device->sector_erases == NULL) {
        otter_sim_flash_free(device);
        return OTTER_ERR_NO_SPACE;
    }
    memset(device->bytes, geometry->erased_byte, geometry->size);
    return OTTER_OK;
}

void otter_sim_flash_free(struct otter_sim_flash *device)
{
    free(device->bytes);
    free(device->is_programmed);
    free(device->sector_erases);
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
    for (uint32_t at = offset / unit; at <= (offset + len - 1) / unit; at++) {
        device->is_programmed[at] = !unit_is_blank(device, at);
    }
}

void otter_sim_flash_copy(struct otter_sim_flash *device, const struct otter_sim_flash *from)
{
    const struct otter_flash_geometry *geometry = device->flash.geometry;

    memcpy(device->bytes, from->bytes, geometry->size);
    memcpy(device->is_programmed, from->is_programmed,
           unit_count(geometry) * sizeof *device->is_programmed);
    memcpy(device->sector_erases, from->sector_erases,
           device->sector_count * sizeof *device->sector_erases);
    device->counters = from->counters;
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
