/* SPDX-License-Identifier: Apache-2.0 */

/* Whole files in memory, read and written in one go. */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

#define FIRST_ROOM 4096u

static bool read_all(int fd, struct file_bytes *file)
{
    size_t room = 0;

    *file = (struct file_bytes){ 0 };
    for (;;) {
        if (file->size == room) {
            room = room == 0 ? FIRST_ROOM : room * 2;
            uint8_t *larger = realloc(file->bytes, room + 1);
            if (larger == NULL) {
                return false;
            }
            file->bytes = larger;
        }
        ssize_t count = read(fd, file->bytes + file->size, room - file->size);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            file->bytes[file->size] = '\0';
            return count == 0;
        }
        file->size += (size_t)count;
        if (file->size > FILE_SIZE_MAX) {
            errno = EFBIG;
            return false;
        }
    }
}

bool file_load(const char *path, struct file_bytes *file)
{
    *file = (struct file_bytes){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        message_system("read", path);
        return false;
    }
    bool loaded = read_all(fd, file);
    if (!loaded) {
        message_system("read", path);
        file_free(file);
    }
    (void)close(fd);
    return loaded;
}

void file_free(struct file_bytes *file)
{
    free(file->bytes);
    *file = (struct file_bytes){ 0 };
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return false;
        }
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

/* mkstemp() makes a file that only its owner can read; what is no secret gets the usual rights. */
static bool set_rights(int fd, bool secret)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    return fchmod(fd, secret ? 0600 : 0666 & ~mask) == 0;
}

static bool store(const char *path, const void *bytes, size_t size, bool secret)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);

    if (length < 0 || (size_t)length >= sizeof temporary) {
        errno = ENAMETOOLONG;
        message_system("write", path);
        return false;
    }
    int fd = mkstemp(temporary);
    if (fd < 0) {
        message_system("write", path);
        return false;
    }
    bool written = write_all(fd, bytes, size) && set_rights(fd, secret);
    written = close(fd) == 0 && written && rename(temporary, path) == 0;
    if (!written) {
        message_system("write", path);
        (void)unlink(temporary);
    }
    return written;
}

bool file_store(const char *path, const void *bytes, size_t size)
{
    return store(path, bytes, size, false);
}

bool file_store_secret(const char *path, const void *bytes, size_t size)
{
    return store(path, bytes, size, true);
}
