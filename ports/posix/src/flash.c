/* SPDX-License-Identifier: Apache-2.0 */

/* Flash in a file: reads and writes at offsets, with the rule of NOR flash checked before each
 * program, so that code which works here works on a part that would refuse. */

#include "otter/posix_flash.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE 4096u

static off_t place_of(const struct otter_posix_flash *device, uint32_t offset)
{
    return (off_t)(device->start + offset);
}

static enum otter_result read_bytes(void *port, uint32_t offset, void *dst, size_t len)
{
    const struct otter_posix_flash *device = port;
    const ssize_t got = pread(device->file, dst, len, place_of(device, offset));

    return got == (ssize_t)len ? OTTER_OK : OTTER_ERR_FLASH;
}

static bool is_filled_with(const uint8_t *bytes, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

static bool is_erased(const struct otter_posix_flash *device, uint32_t offset, size_t len)
{
    uint8_t piece[PIECE_SIZE];

    while (len > 0) {
        const size_t step = len < sizeof piece ? len : sizeof piece;

        if (pread(device->file, piece, step, place_of(device, offset)) != (ssize_t)step
            || !is_filled_with(piece, step, device->flash.geometry->erased_byte)) {
            return false;
        }
        offset += (uint32_t)step;
        len -= step;
    }
    return true;
}

static enum otter_result program(void *port, uint32_t offset, const void *src, size_t len)
{
    const struct otter_posix_flash *device = port;

    if (!is_erased(device, offset, len)) {
        return OTTER_ERR_FLASH;
    }
    return pwrite(device->file, src, len, place_of(device, offset)) == (ssize_t)len
               ? OTTER_OK
               : OTTER_ERR_FLASH;
}

static enum otter_result erase(void *port, uint32_t offset)
{
    const struct otter_posix_flash *device = port;
    const struct otter_area whole = { .flash = &device->flash,
                                      .size = device->flash.geometry->size };
    struct otter_sector sector;
    uint8_t piece[PIECE_SIZE];

    if (otter_area_sector(&whole, offset, &sector) != OTTER_OK) {
        return OTTER_ERR_FLASH;
    }
    memset(piece, device->flash.geometry->erased_byte, sizeof piece);
    while (sector.size > 0) {
        const size_t step = sector.size < sizeof piece ? sector.size : sizeof piece;

        if (pwrite(device->file, piece, step, place_of(device, sector.offset)) != (ssize_t)step) {
            return OTTER_ERR_FLASH;
        }
        sector.offset += (uint32_t)step;
        sector.size -= (uint32_t)step;
    }
    return OTTER_OK;
}

static const struct otter_flash_ops file_ops = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
};

static bool file_holds(int file, uint64_t start, uint64_t size)
{
    struct stat facts;

    return fstat(file, &facts) == 0 && (uint64_t)facts.st_size >= start
           && (uint64_t)facts.st_size - start >= size;
}

enum otter_result otter_posix_flash_open(struct otter_posix_flash *device, const char *path,
                                         uint64_t start,
                                         const struct otter_flash_geometry *geometry)
{
    const int file = open(path, O_RDWR | O_CLOEXEC);

    if (file < 0) {
        return OTTER_ERR_NOT_FOUND;
    }
    if (!file_holds(file, start, geometry->size)) {
        (void)close(file);
        return OTTER_ERR_RANGE;
    }
    *device = (struct otter_posix_flash){
        .flash = { .ops = &file_ops, .port = device, .geometry = geometry },
        .file = file,
        .start = start,
    };
    return OTTER_OK;
}

void otter_posix_flash_close(struct otter_posix_flash *device)
{
    (void)close(device->file);
    device->file = -1;
}
