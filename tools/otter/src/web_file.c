/* SPDX-License-Identifier: Apache-2.0 */

#include "web_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "web_range.h"

int web_file_open(const char *path, struct stat *status)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (file >= 0 && (fstat(file, status) != 0 || !S_ISREG(status->st_mode))) {
        (void)close(file);
        file = -1;
    }
    return file;
}

/* Two states of a file differ in their size or in the time of their last change. */
static void write_etag(const struct stat *status, struct web_answer *answer)
{
    (void)snprintf(answer->etag, sizeof answer->etag, "\"%llx-%llx.%lx\"",
                   (unsigned long long)status->st_size, (unsigned long long)status->st_mtim.tv_sec,
                   (unsigned long)status->st_mtim.tv_nsec);
}

static enum web_range_kind choose_range(const struct web_request *request, uint64_t size,
                                        struct web_answer *answer)
{
    uint64_t first = 0;
    uint64_t last = 0;
    enum web_range_kind kind = WEB_RANGE_WHOLE;

    if (*request->if_range == '\0' || strcmp(request->if_range, answer->etag) == 0) {
        kind = web_range_read(request->range, size, &first, &last);
    }
    answer->status = 200;
    answer->length = size;
    if (kind == WEB_RANGE_PART) {
        answer->status = 206;
        answer->offset = first;
        answer->length = last - first + 1;
        (void)snprintf(answer->content_range, sizeof answer->content_range, "bytes %llu-%llu/%llu",
                       (unsigned long long)first, (unsigned long long)last,
                       (unsigned long long)size);
    } else if (kind == WEB_RANGE_UNSATISFIABLE) {
        answer->status = 416;
        (void)snprintf(answer->content_range, sizeof answer->content_range, "bytes */%llu",
                       (unsigned long long)size);
    }
    return kind;
}

static bool is_other_state(const struct web_request *request, const struct web_answer *answer)
{
    return *request->if_match != '\0' && strcmp(request->if_match, "*") != 0
           && strcmp(request->if_match, answer->etag) != 0;
}

bool web_file_answer(const struct web_request *request, int file, const struct stat *status,
                     struct web_answer *answer)
{
    answer->has_ranges = true;
    write_etag(status, answer);
    if (is_other_state(request, answer)) {
        answer->status = 412;
        (void)close(file);
        return false;
    }
    if (choose_range(request, (uint64_t)status->st_size, answer) == WEB_RANGE_UNSATISFIABLE) {
        (void)close(file);
        return false;
    }
    answer->file = file;
    return true;
}
