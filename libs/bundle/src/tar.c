/* SPDX-License-Identifier: Apache-2.0 */

/* Tar headers: fields of text at fixed places, numbers in octal digits, or binary if they are too
 * long for these. */

#include "otter/tar.h"

#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"

/* The fields that are looked at, or have to be filled in. */
#define NAME       0u
#define NAME_SIZE  100u
#define MODE       100u
#define USER       108u
#define GROUP      116u
#define SIZE       124u
#define SIZE_SIZE  12u
#define TIME       136u
#define CHECK      148u
#define CHECK_SIZE 8u
#define TYPE       156u
#define MAGIC      257u
#define MAGIC_SIZE 8u
#define PREFIX     345u

static const char posix_magic[MAGIC_SIZE] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };
static const char gnu_magic[MAGIC_SIZE] = { 'u', 's', 't', 'a', 'r', ' ', ' ', '\0' };

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++) {
        all |= bytes[i];
    }
    return all == 0;
}

/* Spaces, digits, and behind them only what may end a number. */
static bool parse_octal(const uint8_t *field, size_t len, uint32_t *value)
{
    size_t i = 0;
    size_t first;
    uint32_t sum = 0;

    while (i < len && field[i] == ' ') {
        i++;
    }
    for (first = i; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
        if (sum > UINT32_MAX / 8) {
            return false;
        }
        sum = sum * 8 + (uint32_t)(field[i] - '0');
    }
    *value = sum;
    return i > first && (i == len || field[i] == ' ' || field[i] == '\0');
}

/* GNU's form for numbers of more than 11 digits: 0x80, then a big-endian integer. */
static bool parse_binary(const uint8_t field[SIZE_SIZE], uint32_t *value)
{
    const uint8_t *low = field + SIZE_SIZE - 4;

    *value = (uint32_t)otter_load_be16(low) << 16 | otter_load_be16(low + 2);
    return field[0] == 0x80 && is_zero(field + 1, SIZE_SIZE - 4 - 1);
}

static bool parse_size(const uint8_t *block, uint32_t *size)
{
    const uint8_t *field = block + SIZE;

    return (field[0] & 0x80u) != 0 ? parse_binary(field, size)
                                   : parse_octal(field, SIZE_SIZE, size);
}

/* The sum of all bytes, with the sum's own place taken for spaces. */
static uint32_t checksum(const uint8_t *block)
{
    uint32_t sum = CHECK_SIZE * ' ';

    for (size_t i = 0; i < OTTER_TAR_BLOCK_SIZE; i++) {
        sum += i - CHECK < CHECK_SIZE ? 0u : block[i];
    }
    return sum;
}

static bool checksum_is_right(const uint8_t *block)
{
    uint32_t sum;

    return parse_octal(block + CHECK, CHECK_SIZE, &sum) && sum == checksum(block);
}

static bool is_posix(const uint8_t *block)
{
    return memcmp(block + MAGIC, posix_magic, MAGIC_SIZE) == 0;
}

static bool is_tar(const uint8_t *block)
{
    return is_posix(block) || memcmp(block + MAGIC, gnu_magic, MAGIC_SIZE) == 0;
}

static bool parse_kind(const uint8_t *block, enum otter_tar_kind *kind)
{
    static const struct {
        char type;
        enum otter_tar_kind kind;
    } kinds[] = {
        { '0', OTTER_TAR_FILE },
        { '\0', OTTER_TAR_FILE },
        { 'x', OTTER_TAR_REMARK },
        { 'g', OTTER_TAR_REMARK },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (block[TYPE] == (uint8_t)kinds[i].type) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* Where POSIX keeps the begin of a long name, GNU keeps times. */
static bool has_long_name(const uint8_t *block)
{
    return is_posix(block) && block[PREFIX] != '\0';
}

enum otter_result otter_tar_parse(const uint8_t block[OTTER_TAR_BLOCK_SIZE],
                                  struct otter_tar_member *member, const char **problem)
{
    *member = (struct otter_tar_member){ .kind = OTTER_TAR_END };
    *problem = "";
    if (is_zero(block, OTTER_TAR_BLOCK_SIZE)) {
        return OTTER_OK;
    }
    memcpy(member->name, block + NAME, NAME_SIZE);
    if (!is_tar(block)) {
        *problem = "it is no tar archive";
    } else if (!checksum_is_right(block)) {
        *problem = "the checksum of a header is wrong";
    } else if (!parse_size(block, &member->size)) {
        *problem = "the size of a file cannot be read";
    } else if (!parse_kind(block, &member->kind)) {
        *problem = "it holds something else than plain files";
    } else if (member->kind == OTTER_TAR_FILE && has_long_name(block)) {
        *problem = "the name of a file is too long";
    }
    return **problem == '\0' ? OTTER_OK : OTTER_ERR_BUNDLE;
}

/* Octal digits with a zero behind them. */
static void put_octal(uint8_t *field, size_t size, uint32_t value)
{
    field[size - 1] = '\0';
    for (size_t i = size - 1; i > 0; i--) {
        field[i - 1] = (uint8_t)('0' + value % 8);
        value /= 8;
    }
}

void otter_tar_encode(const struct otter_tar_member *member, uint8_t block[OTTER_TAR_BLOCK_SIZE])
{
    memset(block, 0, OTTER_TAR_BLOCK_SIZE);
    memcpy(block + NAME, member->name, NAME_SIZE);
    put_octal(block + MODE, 8, 0644);
    put_octal(block + USER, 8, 0);
    put_octal(block + GROUP, 8, 0);
    put_octal(block + SIZE, SIZE_SIZE, member->size);
    put_octal(block + TIME, 12, 0);
    block[TYPE] = '0';
    memcpy(block + MAGIC, gnu_magic, MAGIC_SIZE);
    put_octal(block + CHECK, 7, checksum(block));
    block[CHECK + 7] = ' ';
}

uint32_t otter_tar_padding(uint32_t size)
{
    return (OTTER_TAR_BLOCK_SIZE - size % OTTER_TAR_BLOCK_SIZE) % OTTER_TAR_BLOCK_SIZE;
}
