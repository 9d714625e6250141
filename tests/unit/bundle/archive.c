/* SPDX-License-Identifier: Apache-2.0 */

#include "archive.h"

#include <stdio.h>
#include <string.h>

#include "suites.h"

const char *const archive_manifest =
    "{\"numberOfComponents\":\"3\",\"version\":\"1.2.3\",\"files\":[\n"
    "{\"fileName\":\"components.json\",\"fileType\": \"component_list\"},\n"
    "{\"fileName\":\"app.bin\",\"fileType\": \"NSPE\",\"fileSize\":\"3000\"},\n"
    "{\"fileName\":\"radio.bin\",\"fileType\": \"SPE\",\"fileSize\":\"700\"}]}\n";

static uint8_t *reserve(struct archive *archive, uint32_t size)
{
    uint8_t *bytes = archive->bytes + archive->size;

    assert_true(size <= sizeof archive->bytes - archive->size);
    memset(bytes, 0, size);
    archive->size += size;
    return bytes;
}

static uint8_t *add_header(struct archive *archive, const char *name, uint32_t size)
{
    struct otter_tar_member member = { .size = size };

    (void)snprintf(member.name, sizeof member.name, "%s", name);
    otter_tar_encode(&member, reserve(archive, OTTER_TAR_BLOCK_SIZE));
    return reserve(archive, size + otter_tar_padding(size));
}

void archive_add(struct archive *archive, const char *name, const void *bytes, uint32_t size)
{
    memcpy(add_header(archive, name, size), bytes, size);
}

void archive_add_file(struct archive *archive, const char *name, uint32_t size)
{
    uint8_t *bytes = add_header(archive, name, size);

    for (uint32_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 7 + 1);
    }
}

void archive_add_zeros(struct archive *archive, uint32_t blocks)
{
    (void)reserve(archive, blocks * OTTER_TAR_BLOCK_SIZE);
}

void archive_sign(struct archive *archive, uint32_t offset)
{
    uint8_t *header = archive->bytes + offset;
    unsigned sum = 0;

    memset(header + 148, ' ', 8);
    for (unsigned i = 0; i < OTTER_TAR_BLOCK_SIZE; i++) {
        sum += header[i];
    }
    (void)snprintf((char *)header + 148, 8, "%06o", sum);
}

void archive_make(struct archive *archive)
{
    archive->size = 0;
    archive_add(archive, "components.json", archive_manifest, (uint32_t)strlen(archive_manifest));
    archive_add_file(archive, "app.bin", 3000);
    archive_add_file(archive, "radio.bin", 700);
    archive_add_zeros(archive, 2);
}
