/* SPDX-License-Identifier: Apache-2.0 */

/* Verification, with real SHA-256 and ECDSA: what is good, and why everything else is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_builder.h"
#include "otter/mbedtls_crypto.h"
#include "suites.h"

static struct builder builder;
static struct otter_image image;
static struct test_key ours;
static struct test_key theirs;
static struct otter_public_key keys[2];
static struct otter_trust trust;
static enum otter_result reason;

static const uint8_t layout_digest[OTTER_SHA256_SIZE] = { 1, 2, 3 };

static int make_keys(void **state)
{
    (void)state;
    test_key_make(&ours);
    test_key_make(&theirs);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    test_key_free(&ours);
    test_key_free(&theirs);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    keys[0] = ours.public_key;
    trust = (struct otter_trust){
        .crypto = &otter_mbedtls_crypto,
        .keys = keys,
        .key_count = 1,
        .strict_unprotected_tlvs = true,
    };
    builder_start(&builder);
    return 0;
}

static enum otter_verdict verify(void)
{
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };

    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    return otter_image_verify(&image, &trust, &work, &reason);
}

static void expect_good(void)
{
    assert_int_equal(verify(), OTTER_VERDICT_GOOD);
    assert_int_equal(reason, OTTER_OK);
}

static void expect_bad(enum otter_result expected)
{
    assert_int_not_equal(verify(), OTTER_VERDICT_GOOD);
    assert_string_equal(otter_result_name(reason), otter_result_name(expected));
}

static void an_image_signed_by_a_trusted_key_is_good(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();
}

static void any_of_several_trusted_keys_may_have_signed(void **state)
{
    (void)state;
    keys[0] = theirs.public_key;
    keys[1] = ours.public_key;
    trust.key_count = 2;
    builder_make(&builder, &ours);
    expect_good();
    builder_make(&builder, &theirs);
    expect_good();
}

static void an_image_signed_by_a_stranger_is_not_trusted(void **state)
{
    (void)state;
    builder_make(&builder, &theirs);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void name_by_whole_key(const struct test_key *key, uint16_t size)
{
    builder_start(&builder);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_PUBKEY, key->der, size);
    builder_add_bare_signature(&builder, key);
    builder_finish(&builder);
}

static void an_image_may_name_its_key_by_all_of_its_bytes(void **state)
{
    (void)state;
    keys[0] = theirs.public_key;
    keys[1] = ours.public_key;
    trust.key_count = 2;
    name_by_whole_key(&ours, sizeof ours.der);
    expect_good();
    trust.key_count = 1;
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void a_part_of_a_key_names_none(void **state)
{
    (void)state;
    name_by_whole_key(&ours, sizeof ours.der - 1);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
    name_by_whole_key(&ours, 0);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void a_key_that_is_longer_than_the_buffer_names_none(void **state)
{
    static const uint8_t noise[OTTER_IMAGE_BUFFER_MIN + 1];

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_PUBKEY, noise, sizeof noise);
    builder_add_bare_signature(&builder, &ours);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void an_unsigned_image_needs_a_device_without_keys(void **state)
{
    (void)state;
    builder_make(&builder, NULL);
    expect_bad(OTTER_ERR_IMAGE_UNSIGNED);
    trust.key_count = 0;
    expect_good();
}

static void a_device_without_keys_still_checks_the_hash(void **state)
{
    (void)state;
    trust.key_count = 0;
    builder_make(&builder, NULL);
    builder.slot[70] ^= 1;
    expect_bad(OTTER_ERR_IMAGE_HASH);
}

static void every_single_flipped_bit_of_what_is_hashed_is_noticed(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    /* From the load address on, without the sizes: those are the business of opening. */
    for (uint32_t at = 4; at < image.hashed_size; at++) {
        uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
        const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };

        builder.slot[at] ^= 0x10;
        assert_int_not_equal(otter_image_verify(&image, &trust, &work, &reason),
                             OTTER_VERDICT_GOOD);
        assert_int_equal(reason, OTTER_ERR_IMAGE_HASH);
        builder.slot[at] ^= 0x10;
    }
    expect_good();
}

static void every_flipped_byte_of_the_unprotected_area_is_noticed(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    for (uint32_t at = image.hashed_size; at < image.size; at++) {
        uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
        const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
        struct otter_image changed;

        builder.slot[at] ^= 0x40;
        if (otter_image_open(&builder.area, 0, SLOT_SIZE, &changed) == OTTER_OK) {
            assert_int_not_equal(otter_image_verify(&changed, &trust, &work, &reason),
                                 OTTER_VERDICT_GOOD);
            assert_int_not_equal(reason, OTTER_OK);
        }
        builder.slot[at] ^= 0x40;
    }
}

static void a_signature_over_another_image_is_wrong(void **state)
{
    (void)state;
    builder_lay_out(&builder);
    builder.digest[0] ^= 1;
    builder_add_signature(&builder, &ours);
    builder.digest[0] ^= 1;
    builder_add_hash(&builder);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
}

static void a_signature_of_a_stranger_under_our_key_hash_is_wrong(void **state)
{
    struct test_key liar = theirs;

    (void)state;
    memcpy(liar.hash, ours.hash, sizeof liar.hash);
    builder_make(&builder, &liar);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
}

static void pairs_of_unknown_keys_are_skipped_wherever_they_stand(void **state)
{
    (void)state;
    for (int ours_at = 0; ours_at < 2; ours_at++) {
        builder_start(&builder);
        builder_lay_out(&builder);
        builder_add_hash(&builder);
        builder_add_signature(&builder, ours_at == 0 ? &ours : &theirs);
        builder_add_signature(&builder, ours_at == 0 ? &theirs : &ours);
        builder_finish(&builder);
        expect_good();
    }
}

static void a_key_hash_counts_for_the_next_signature_only(void **state)
{
    uint8_t nonsense[70] = { 0x30, 68 };

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_ECDSA_SIG, nonsense,
                         sizeof nonsense);
    builder_finish(&builder);
    expect_good();
}

static void of_two_signatures_by_trusted_keys_the_last_one_counts(void **state)
{
    uint8_t nonsense[70] = { 0x30, 68 };

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_KEYHASH, ours.hash, 32);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_ECDSA_SIG, nonsense,
                         sizeof nonsense);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
}

static void a_signature_before_its_key_hash_is_by_nobody(void **state)
{
    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &theirs);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_KEYHASH, ours.hash, 32);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void a_shortened_key_hash_names_no_key(void **state)
{
    uint8_t signature[72] = { 0x30 };

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_KEYHASH, ours.hash, 31);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_ECDSA_SIG, signature, 72);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static void signatures_of_impossible_length_are_wrong(void **state)
{
    static const uint16_t sizes[] = { 0, 1, 73, 128, 500 };
    static const uint8_t bytes[500] = { 0x30, 0x44, 0x02, 0x20 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        builder_start(&builder);
        builder_lay_out(&builder);
        builder_add_hash(&builder);
        otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_KEYHASH, ours.hash, 32);
        otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_ECDSA_SIG, bytes, sizes[i]);
        builder_finish(&builder);
        expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
    }
}

static void an_image_without_a_hash_is_refused_although_it_is_signed(void **state)
{
    (void)state;
    builder_lay_out(&builder);
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_HASH);
}

static void a_hash_of_another_length_is_wrong(void **state)
{
    (void)state;
    builder_lay_out(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_SHA256, builder.digest, 31);
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_HASH);
}

static void one_wrong_hash_spoils_a_right_one(void **state)
{
    const uint8_t zeros[OTTER_SHA256_SIZE] = { 0 };

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_SHA256, zeros, sizeof zeros);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_HASH);
}

static void an_image_with_another_kind_of_hash_alone_is_not_supported(void **state)
{
    const uint8_t digest[64] = { 0 };

    (void)state;
    builder_lay_out(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_SHA512, digest, sizeof digest);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_UNSUPPORTED);
}

static void a_signature_algorithm_that_is_not_linked_is_not_supported(void **state)
{
    const uint8_t signature[64] = { 0 };

    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_KEYHASH, ours.hash, 32);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_ED25519, signature, 64);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_UNSUPPORTED);
}

static void images_that_cannot_run_where_they_lie_are_not_supported(void **state)
{
    static const uint32_t flags[] = {
        OTTER_IMAGE_ENCRYPTED_AES128,
        OTTER_IMAGE_ENCRYPTED_AES256,
        OTTER_IMAGE_NON_BOOTABLE,
        OTTER_IMAGE_RAM_LOAD,
        OTTER_IMAGE_COMPRESSED_LZMA1,
        OTTER_IMAGE_COMPRESSED_LZMA2,
        OTTER_IMAGE_COMPRESSED_ARM_THUMB,
        0x1,
        0x80000000,
    };

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        builder_start(&builder);
        builder.header.flags = flags[i];
        builder_lay_out(&builder);
        builder_add_hash(&builder);
        builder_add_signature(&builder, &ours);
        builder_finish(&builder);
        expect_bad(OTTER_ERR_IMAGE_UNSUPPORTED);
    }
}

/* A good image that says it was made for a layout with this TLV. */
static void make_with_layout(const void *value, uint16_t size)
{
    builder_start(&builder);
    otter_tlv_writer_add(&builder.protected_writer, OTTER_TLV_LAYOUT, value, size);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
}

static void an_image_for_this_layout_is_good_whatever_it_calls_it(void **state)
{
    uint8_t value[OTTER_SHA256_SIZE + 4] = { 1, 2, 3 };

    (void)state;
    trust.layout_digest = layout_digest;
    make_with_layout(value, OTTER_SHA256_SIZE);
    expect_good();
    memcpy(value + OTTER_SHA256_SIZE, "name", 4);
    make_with_layout(value, sizeof value);
    expect_good();
}

static void an_image_for_another_layout_is_refused(void **state)
{
    uint8_t value[300] = { 1, 2, 4 };

    (void)state;
    trust.layout_digest = layout_digest;
    make_with_layout(value, OTTER_SHA256_SIZE);
    expect_bad(OTTER_ERR_IMAGE_LAYOUT);
    make_with_layout(layout_digest, OTTER_SHA256_SIZE - 1);
    expect_bad(OTTER_ERR_IMAGE_LAYOUT);
    make_with_layout(value, sizeof value);
    expect_bad(OTTER_ERR_IMAGE_LAYOUT);
    trust.layout_digest = NULL;
    expect_good();
}

static void an_image_that_names_no_layout_is_good_for_any(void **state)
{
    (void)state;
    trust.layout_digest = layout_digest;
    builder_make(&builder, &ours);
    expect_good();
}

static void a_layout_outside_of_the_signed_area_does_not_count(void **state)
{
    const uint8_t other[OTTER_SHA256_SIZE] = { 9 };

    (void)state;
    trust.layout_digest = layout_digest;
    trust.strict_unprotected_tlvs = false;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    otter_tlv_writer_add(&builder.unprotected_writer, OTTER_TLV_LAYOUT, other, sizeof other);
    builder_finish(&builder);
    expect_good();
}

static void a_strict_device_takes_no_unsigned_tlv_that_it_does_not_know(void **state)
{
    static const uint16_t types[] = { OTTER_TLV_LAYOUT, OTTER_TLV_SECURITY_COUNTER, 0xFFFF, 0x00 };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        builder_start(&builder);
        builder_lay_out(&builder);
        builder_add_hash(&builder);
        builder_add_signature(&builder, &ours);
        otter_tlv_writer_add(&builder.unprotected_writer, types[i], "", 0);
        builder_finish(&builder);
        trust.strict_unprotected_tlvs = true;
        expect_bad(OTTER_ERR_IMAGE_TLV);
        trust.strict_unprotected_tlvs = false;
        expect_good();
    }
}

static void any_type_may_stand_in_the_signed_area(void **state)
{
    (void)state;
    otter_tlv_writer_add(&builder.protected_writer, 0x12A0, "x", 1);
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
    expect_good();
}

static void a_flash_that_fails_at_any_read_makes_nothing_good(void **state)
{
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    uint32_t reads = 0;

    (void)state;
    trust.layout_digest = layout_digest;
    make_with_layout(layout_digest, OTTER_SHA256_SIZE);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    for (;; reads++) {
        builder.ram.reads_left = reads;
        if (otter_image_verify(&image, &trust, &work, &reason) == OTTER_VERDICT_GOOD) {
            break;
        }
        assert_int_equal(reason, OTTER_ERR_FLASH);
    }
    assert_in_range(reads, 9, 30);
}

/* A provider whose operations fail one after the other. */
static uint32_t crypto_calls_left;

static enum otter_result failing_start(struct otter_sha256 *sha)
{
    return crypto_calls_left-- == 0 ? OTTER_ERR_CRYPTO : otter_mbedtls_crypto.sha256_start(sha);
}

static enum otter_result failing_update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    return crypto_calls_left-- == 0 ? OTTER_ERR_CRYPTO
                                    : otter_mbedtls_crypto.sha256_update(sha, bytes, len);
}

static enum otter_result failing_finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    const enum otter_result result = otter_mbedtls_crypto.sha256_finish(sha, digest);

    return crypto_calls_left-- == 0 ? OTTER_ERR_CRYPTO : result;
}

static void a_crypto_provider_that_fails_at_any_call_makes_nothing_good(void **state)
{
    const struct otter_crypto failing = {
        .sha256_start = failing_start,
        .sha256_update = failing_update,
        .sha256_finish = failing_finish,
        .signatures = otter_mbedtls_crypto.signatures,
    };
    uint32_t calls = 0;

    (void)state;
    trust.crypto = &failing;
    builder_make(&builder, &ours);
    for (;; calls++) {
        crypto_calls_left = calls;
        if (verify() == OTTER_VERDICT_GOOD) {
            break;
        }
        assert_int_equal(reason, OTTER_ERR_CRYPTO);
    }
    assert_in_range(calls, 6, 12);
}

static void the_digest_does_not_depend_on_the_buffer(void **state)
{
    static uint8_t buffer[SLOT_SIZE];
    uint8_t digest[OTTER_SHA256_SIZE];

    (void)state;
    builder_make(&builder, &ours);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    for (size_t size = 1; size <= 256; size++) {
        const struct otter_workspace work = { .buffer = buffer, .size = size };

        assert_int_equal(otter_image_digest(&image, &otter_mbedtls_crypto, &work, digest),
                         OTTER_OK);
        assert_memory_equal(digest, builder.digest, sizeof digest);
    }
}

static void a_mapped_image_is_hashed_where_it_lies(void **state)
{
    static uint8_t seen[SLOT_SIZE];

    (void)state;
    builder_make(&builder, &ours);
    memcpy(seen, builder.slot, sizeof seen);
    builder.ram.mapped = seen;
    expect_good();
    seen[70] ^= 1; /* what a read would bring is still right */
    expect_bad(OTTER_ERR_IMAGE_HASH);
}

static void a_mapped_image_anywhere_in_its_area_is_good(void **state)
{
    static uint8_t moved[3 * SLOT_SIZE];
    struct ram_flash ram;
    struct otter_area area = ram_flash_init(&ram, moved, SLOT_SIZE, 3);
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };

    (void)state;
    builder_make(&builder, &ours);
    memcpy(moved + SLOT_SIZE + 64, builder.slot, builder.size);
    ram.mapped = moved;
    area.offset = SLOT_SIZE;
    area.size = 2 * SLOT_SIZE;
    assert_int_equal(otter_image_open(&area, 64, SLOT_SIZE, &image), OTTER_OK);
    assert_int_equal(otter_image_verify(&image, &trust, &work, &reason), OTTER_VERDICT_GOOD);
}

/* What a watchdog sees of a hash. */
struct hunger {
    size_t bytes; /* hashed since it was fed */
    size_t worst;
};

static struct hunger hunger;

static enum otter_result hungry_update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    hunger.bytes += len;
    hunger.worst = hunger.bytes > hunger.worst ? hunger.bytes : hunger.worst;
    return otter_mbedtls_crypto.sha256_update(sha, bytes, len);
}

static void feed(void *context)
{
    ((struct hunger *)context)->bytes = 0;
}

static void the_watchdog_is_fed_within_a_hash(void **state)
{
    const struct otter_crypto hungry = {
        .sha256_start = otter_mbedtls_crypto.sha256_start,
        .sha256_update = hungry_update,
        .sha256_finish = otter_mbedtls_crypto.sha256_finish,
    };
    uint8_t *const where_it_lies[] = { NULL, builder.slot };
    uint8_t buffer[64];
    const struct otter_workspace work = {
        .buffer = buffer, .size = sizeof buffer, .feed_watchdog = feed, .context = &hunger
    };
    uint8_t digest[OTTER_SHA256_SIZE];

    (void)state;
    builder_make(&builder, &ours);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
    for (size_t i = 0; i < sizeof where_it_lies / sizeof where_it_lies[0]; i++) {
        builder.ram.mapped = where_it_lies[i];
        hunger = (struct hunger){ 0 };
        assert_int_equal(otter_image_digest(&image, &hungry, &work, digest), OTTER_OK);
        assert_memory_equal(digest, builder.digest, sizeof digest);
        assert_int_equal(hunger.worst, sizeof buffer);
        assert_int_equal(hunger.bytes, 0); /* a signature check comes next, and takes its time */
    }
}

static uint32_t signature_checks;

static enum otter_verdict counted_verify(const struct otter_public_key *key,
                                         const uint8_t digest[OTTER_SHA256_SIZE],
                                         const uint8_t *signature, size_t signature_size)
{
    signature_checks++;
    return otter_mbedtls_ecdsa_p256.verify(key, digest, signature, signature_size);
}

static const struct otter_signature_ops counted = {
    .name = "counted",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = 72,
    .verify = counted_verify,
};
static const struct otter_signature_ops *const counted_signatures[] = { &counted, NULL };
static struct otter_signature_memory memory;
static struct otter_crypto counting;

static int set_up_memory(void **state)
{
    set_up(state);
    signature_checks = 0;
    memory = (struct otter_signature_memory){ 0 };
    counting = otter_mbedtls_crypto;
    counting.signatures = counted_signatures;
    trust.crypto = &counting;
    trust.memory = &memory;
    return 0;
}

static void a_good_signature_is_checked_once(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();
    expect_good();
    expect_good();
    assert_int_equal(signature_checks, 1);
    trust.memory = NULL;
    expect_good();
    assert_int_equal(signature_checks, 2);
}

static void a_bad_signature_is_checked_each_time(void **state)
{
    (void)state;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    builder.digest[0] ^= 1; /* signs another image */
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
    assert_int_equal(signature_checks, 2);
}

static void what_is_known_of_one_image_says_nothing_of_another(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();

    const struct builder first = builder;

    /* The second has the first one's signature, and a right hash of its own. */
    builder_start(&builder);
    builder.header.version.build = 5;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    memcpy(builder.digest, first.digest, sizeof builder.digest);
    builder_add_signature(&builder, &ours);
    builder_finish(&builder);
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
    assert_int_equal(signature_checks, 2);
}

static void a_damaged_image_is_noticed_although_its_signature_is_known(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();
    for (uint32_t at = 0; at < image.size; at++) {
        builder.slot[at] ^= 1;
        if (otter_image_open(&builder.area, 0, SLOT_SIZE, &image) == OTTER_OK) {
            assert_int_not_equal(verify(), OTTER_VERDICT_GOOD);
        }
        builder.slot[at] ^= 1;
    }
    expect_good();
}

static void a_key_that_is_no_longer_trusted_is_not_remembered(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();
    keys[0] = theirs.public_key;
    expect_bad(OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

/* What a glitch could leave: a mark without its verdict, and a verdict without its mark. */
static void half_a_memory_makes_nothing_good(void **state)
{
    (void)state;
    builder_make(&builder, &ours);
    expect_good();
    memory.verdict = OTTER_VERDICT_BAD;
    expect_bad(OTTER_ERR_IMAGE_SIGNATURE);
    memory.verdict = OTTER_VERDICT_GOOD;
    memory.mark[31] ^= 1;
    expect_good();
    assert_int_equal(signature_checks, 2);
}

static void a_hash_that_fails_in_the_memory_costs_a_check_and_no_more(void **state)
{
    struct otter_crypto failing = counting;

    (void)state;
    failing.sha256_start = failing_start;
    failing.sha256_update = failing_update;
    failing.sha256_finish = failing_finish;
    crypto_calls_left = UINT32_MAX;
    builder_make(&builder, &ours);
    trust.crypto = &failing;
    expect_good();
    for (uint32_t calls = 0;; calls++) {
        crypto_calls_left = calls;
        if (verify() == OTTER_VERDICT_GOOD) {
            break;
        }
        assert_int_equal(reason, OTTER_ERR_CRYPTO);
    }
}

int run_verify_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_image_signed_by_a_trusted_key_is_good, set_up),
        cmocka_unit_test_setup(any_of_several_trusted_keys_may_have_signed, set_up),
        cmocka_unit_test_setup(an_image_signed_by_a_stranger_is_not_trusted, set_up),
        cmocka_unit_test_setup(an_image_may_name_its_key_by_all_of_its_bytes, set_up),
        cmocka_unit_test_setup(a_part_of_a_key_names_none, set_up),
        cmocka_unit_test_setup(a_key_that_is_longer_than_the_buffer_names_none, set_up),
        cmocka_unit_test_setup(an_unsigned_image_needs_a_device_without_keys, set_up),
        cmocka_unit_test_setup(a_device_without_keys_still_checks_the_hash, set_up),
        cmocka_unit_test_setup(every_single_flipped_bit_of_what_is_hashed_is_noticed, set_up),
        cmocka_unit_test_setup(every_flipped_byte_of_the_unprotected_area_is_noticed, set_up),
        cmocka_unit_test_setup(a_signature_over_another_image_is_wrong, set_up),
        cmocka_unit_test_setup(a_signature_of_a_stranger_under_our_key_hash_is_wrong, set_up),
        cmocka_unit_test_setup(pairs_of_unknown_keys_are_skipped_wherever_they_stand, set_up),
        cmocka_unit_test_setup(a_key_hash_counts_for_the_next_signature_only, set_up),
        cmocka_unit_test_setup(of_two_signatures_by_trusted_keys_the_last_one_counts, set_up),
        cmocka_unit_test_setup(a_signature_before_its_key_hash_is_by_nobody, set_up),
        cmocka_unit_test_setup(a_shortened_key_hash_names_no_key, set_up),
        cmocka_unit_test_setup(signatures_of_impossible_length_are_wrong, set_up),
        cmocka_unit_test_setup(an_image_without_a_hash_is_refused_although_it_is_signed, set_up),
        cmocka_unit_test_setup(a_hash_of_another_length_is_wrong, set_up),
        cmocka_unit_test_setup(one_wrong_hash_spoils_a_right_one, set_up),
        cmocka_unit_test_setup(an_image_with_another_kind_of_hash_alone_is_not_supported, set_up),
        cmocka_unit_test_setup(a_signature_algorithm_that_is_not_linked_is_not_supported, set_up),
        cmocka_unit_test_setup(images_that_cannot_run_where_they_lie_are_not_supported, set_up),
        cmocka_unit_test_setup(an_image_for_this_layout_is_good_whatever_it_calls_it, set_up),
        cmocka_unit_test_setup(an_image_for_another_layout_is_refused, set_up),
        cmocka_unit_test_setup(an_image_that_names_no_layout_is_good_for_any, set_up),
        cmocka_unit_test_setup(a_layout_outside_of_the_signed_area_does_not_count, set_up),
        cmocka_unit_test_setup(a_strict_device_takes_no_unsigned_tlv_that_it_does_not_know, set_up),
        cmocka_unit_test_setup(any_type_may_stand_in_the_signed_area, set_up),
        cmocka_unit_test_setup(a_flash_that_fails_at_any_read_makes_nothing_good, set_up),
        cmocka_unit_test_setup(a_crypto_provider_that_fails_at_any_call_makes_nothing_good, set_up),
        cmocka_unit_test_setup(the_digest_does_not_depend_on_the_buffer, set_up),
        cmocka_unit_test_setup(a_mapped_image_is_hashed_where_it_lies, set_up),
        cmocka_unit_test_setup(a_mapped_image_anywhere_in_its_area_is_good, set_up),
        cmocka_unit_test_setup(the_watchdog_is_fed_within_a_hash, set_up),
        cmocka_unit_test_setup(a_good_signature_is_checked_once, set_up_memory),
        cmocka_unit_test_setup(a_bad_signature_is_checked_each_time, set_up_memory),
        cmocka_unit_test_setup(what_is_known_of_one_image_says_nothing_of_another, set_up_memory),
        cmocka_unit_test_setup(a_damaged_image_is_noticed_although_its_signature_is_known,
                               set_up_memory),
        cmocka_unit_test_setup(a_key_that_is_no_longer_trusted_is_not_remembered, set_up_memory),
        cmocka_unit_test_setup(half_a_memory_makes_nothing_good, set_up_memory),
        cmocka_unit_test_setup(a_hash_that_fails_in_the_memory_costs_a_check_and_no_more,
                               set_up_memory),
    };

    return cmocka_run_group_tests_name("verification", tests, make_keys, free_keys);
}
