/* SPDX-License-Identifier: Apache-2.0 */

/* One small signed image, spoiled in every place: cut at each length, and with each bit of its
 * header and TLVs turned over. What must come out is a refusal for a reason that fits the place. The
 * sanitizers watch that nothing beyond the image is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_builder.h"
#include "otter/bytes.h"
#include "otter/mbedtls_crypto.h"
#include "suites.h"

static struct builder builder;
static struct test_key key;

/* Reasons as bits: they are small negative numbers. */
#define REASON(result) (UINT64_C(1) << -(result))
#define MAGIC          REASON(OTTER_ERR_IMAGE_MAGIC)
#define HEADER         REASON(OTTER_ERR_IMAGE_HEADER)
#define TOO_BIG        REASON(OTTER_ERR_IMAGE_TOO_BIG)
#define TLV            REASON(OTTER_ERR_IMAGE_TLV)
#define HASH           REASON(OTTER_ERR_IMAGE_HASH)
#define UNSIGNED       REASON(OTTER_ERR_IMAGE_UNSIGNED)
#define UNKNOWN_KEY    REASON(OTTER_ERR_IMAGE_UNKNOWN_KEY)
#define SIGNATURE      REASON(OTTER_ERR_IMAGE_SIGNATURE)
#define UNSUPPORTED    REASON(OTTER_ERR_IMAGE_UNSUPPORTED)

static int make_image(void **state)
{
    static const uint8_t counter[4] = { 7 };

    (void)state;
    test_key_make(&key);
    builder_start(&builder);
    builder.header.program_size = 20;
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_SECURITY_COUNTER, counter,
                         sizeof counter);
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_BOARD, "board", 5);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &key);
    builder_finish(&builder);
    return 0;
}

static int free_image(void **state)
{
    (void)state;
    test_key_free(&key);
    return 0;
}

/* What a device with a strict reader says to the slot, or to its first @p limit bytes. */
static enum otter_result judge(uint32_t limit)
{
    const struct otter_trust trust = {
        .crypto = &otter_mbedtls_crypto,
        .keys = &key.public_key,
        .key_count = 1,
        .strict_unprotected_tlvs = true,
    };
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    struct otter_image image;
    enum otter_result reason = otter_image_open(&builder.area, 0, limit, &image);

    if (reason == OTTER_OK) {
        const enum otter_verdict verdict = otter_image_verify(&image, &trust, &work, &reason);

        assert_int_equal(verdict == OTTER_VERDICT_GOOD, reason == OTTER_OK);
    }
    return reason;
}

static void the_whole_image_is_good(void **state)
{
    (void)state;
    assert_int_equal(judge(SLOT_SIZE), OTTER_OK);
    assert_int_equal(judge(builder.size), OTTER_OK);
}

static void an_image_that_leaves_its_room_is_too_big_at_every_size_of_it(void **state)
{
    (void)state;
    for (uint32_t limit = 0; limit < builder.size; limit++) {
        assert_int_equal(judge(limit), OTTER_ERR_IMAGE_TOO_BIG);
    }
}

/* Behind the cut the slot is erased, as it is when a transfer stops. */
static uint64_t reasons_of_cut(uint32_t size)
{
    const uint32_t program = builder.header.header_size + builder.header.program_size;
    const uint32_t hashed = program + builder.header.protected_tlv_size;

    if (size == 0) {
        return REASON(OTTER_ERR_EMPTY_SLOT);
    }
    if (size < 4) {
        return MAGIC;
    }
    if (size < OTTER_IMAGE_HEADER_SIZE) {
        return HEADER | TOO_BIG | TLV | UNSUPPORTED | HASH;
    }
    if (size < hashed + OTTER_TLV_INFO_SIZE) {
        return TLV | TOO_BIG;
    }
    return TLV | HASH | SIGNATURE | UNKNOWN_KEY;
}

static void an_image_cut_at_any_byte_is_refused(void **state)
{
    uint8_t whole[SLOT_SIZE];

    (void)state;
    memcpy(whole, builder.slot, sizeof whole);
    for (uint32_t size = 0; size < builder.size; size++) {
        memset(builder.slot + size, 0xFF, builder.size - size);
        if (memcmp(builder.slot, whole, builder.size) != 0) { /* a byte may be 0xFF by chance */
            const enum otter_result reason = judge(SLOT_SIZE);

            if ((REASON(reason) & reasons_of_cut(size)) == 0) {
                fail_msg("cut to %u bytes: %s", size, otter_result_name(reason));
            }
        }
        memcpy(builder.slot, whole, sizeof whole);
    }
}

/* A range of bytes, and what may be said when a bit of it is wrong. */
struct range {
    const char *name;
    uint32_t size;
    uint64_t reasons;
};

/* In the order of the image, which make_image() has laid out. */
static const struct range ranges[] = {
    { "magic", 4, MAGIC },
    { "load address", 4, HASH },
    { "header size", 2, HEADER | TOO_BIG | TLV },
    { "protected size", 2, TOO_BIG | TLV },
    { "program size", 4, HEADER | TOO_BIG | TLV },
    { "flags", 4, UNSUPPORTED | HASH },
    { "version", 8, HASH },
    { "reserved", 4, HASH },
    { "header's padding", 32, HASH },
    { "program", 20, HASH },
    { "protected info", 4, TLV },
    { "counter's type", 2, HASH },
    { "counter's size", 2, TLV | HASH },
    { "counter", 4, HASH },
    { "board's type", 2, HASH },
    { "board's size", 2, TLV },
    { "board", 5, HASH },
    { "unprotected magic", 2, TLV },
    { "unprotected size", 2, TLV | TOO_BIG | UNSIGNED },
    { "hash's type", 2, TLV | HASH | UNSUPPORTED },
    { "hash's size", 2, TLV | HASH },
    { "hash", OTTER_SHA256_SIZE, HASH },
    { "key hash's type", 2, TLV | HASH | UNKNOWN_KEY | UNSUPPORTED },
    { "key hash's size", 2, TLV | UNKNOWN_KEY },
    { "key hash", OTTER_SHA256_SIZE, UNKNOWN_KEY },
    { "signature's type", 2, TLV | UNSIGNED | UNSUPPORTED | HASH },
    { "signature's size", 2, TLV },
    { "signature", UINT32_MAX, SIGNATURE }, /* to the end */
};

static void check_byte(uint32_t offset, const struct range *range)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        builder.slot[offset] ^= (uint8_t)(1u << bit);
        const enum otter_result reason = judge(SLOT_SIZE);

        if ((REASON(reason) & range->reasons) == 0) {
            fail_msg("%s: bit %u of byte %u: %s", range->name, bit, offset,
                     otter_result_name(reason));
        }
        builder.slot[offset] ^= (uint8_t)(1u << bit);
    }
}

static void every_single_wrong_bit_is_found_and_named(void **state)
{
    uint32_t at = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const uint32_t left = builder.size - at;
        const uint32_t size = ranges[i].size < left ? ranges[i].size : left;

        for (uint32_t end = at + size; at < end; at++) {
            check_byte(at, &ranges[i]);
        }
    }
    assert_int_equal(at, builder.size);
}

/* One bit cannot set both flags of an image that is not encrypted. */
static void both_encryption_flags_contradict_each_other(void **state)
{
    (void)state;
    builder.slot[16] = OTTER_IMAGE_ENCRYPTED_AES128 | OTTER_IMAGE_ENCRYPTED_AES256;
    assert_int_equal(judge(SLOT_SIZE), OTTER_ERR_IMAGE_HEADER);
    builder.slot[16] = 0;
}

static void sizes_that_wrap_are_no_image(void **state)
{
    uint8_t whole[SLOT_SIZE];

    (void)state;
    memcpy(whole, builder.slot, sizeof whole);
    for (uint32_t less = 0; less < 256; less++) {
        otter_store_le32(builder.slot + 12, UINT32_MAX - less);
        const enum otter_result reason = judge(SLOT_SIZE);

        assert_true(reason == OTTER_ERR_IMAGE_HEADER || reason == OTTER_ERR_IMAGE_TOO_BIG);
    }
    memcpy(builder.slot, whole, sizeof whole);
}

int run_bad_input_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_image_is_good),
        cmocka_unit_test(an_image_that_leaves_its_room_is_too_big_at_every_size_of_it),
        cmocka_unit_test(an_image_cut_at_any_byte_is_refused),
        cmocka_unit_test(every_single_wrong_bit_is_found_and_named),
        cmocka_unit_test(both_encryption_flags_contradict_each_other),
        cmocka_unit_test(sizes_that_wrap_are_no_image),
    };

    return cmocka_run_group_tests(tests, make_image, free_image);
}
