/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted images: what is installed, what is refused, and what somebody gets who holds the flash
 * outside of the primary slot in his hands. */

#include <string.h>

#include "stage.h"
#include "tests.h"

static const struct otter_strategy *strategies[] = { &otter_overwrite, &otter_swap_scratch };
#define STRATEGIES (sizeof strategies / sizeof strategies[0])

/* As it came, encrypted; stage.new_image is plain, as it has to be in the primary slot. */
static uint8_t encrypted[STAGE_SLOT_MAX];

static void take_encrypted_images(void)
{
    stage.board.config.trust.decryption_key = &stage.vendor.device_key;
    stage.board.config.encryption = &otter_boot_encryption;
}

static void open_stage(const struct otter_strategy *strategy, const char *geometry)
{
    stage_open(strategy, geometry);
    take_encrypted_images();
}

static void load(const struct otter_area *slot, const uint8_t *bytes, uint32_t size)
{
    otter_test_board_load(&stage.board, slot, bytes, size);
}

static void ask_for_trial(void)
{
    assert_int_equal(otter_bootstate_request(&stage.board.secondary, &stage.board.shape, 0, false),
                     OTTER_OK);
}

static void make_encrypted(const struct otter_test_image *update)
{
    stage.new_size = otter_test_image_make(update, stage.new_image, sizeof stage.new_image);
    memcpy(encrypted, stage.new_image, stage.new_size);
    otter_test_image_crypt(update, encrypted);
}

static struct otter_test_image encrypted_update(uint8_t key_size)
{
    struct otter_test_image update = stage_update();

    update.key_size = key_size;
    return update;
}

static void request_encrypted(const struct otter_test_image *update)
{
    make_encrypted(update);
    load(&stage.board.secondary, encrypted, stage.new_size);
    ask_for_trial();
}

/* The old program of the stage, but one that came encrypted: in the primary slot it is plain. */
static void replace_old_by_encrypted(void)
{
    struct otter_test_image old = encrypted_update(16);

    old.version = (struct otter_version){ .major = 1 };
    old.seed = 0;
    stage.old_size = otter_test_image_make(&old, stage.old_image, sizeof stage.old_image);
    load(&stage.board.primary, stage.old_image, stage.old_size);
}

static bool secondary_holds(const uint8_t *bytes, uint32_t size)
{
    return memcmp(otter_test_board_bytes(&stage.board, &stage.board.secondary), bytes, size) == 0;
}

static void an_encrypted_image_is_installed_in_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        for (uint8_t key_size = 16; key_size <= 32; key_size += 16) {
            struct otter_test_image update;

            open_stage(strategies[i], "mixed-erased");
            update = encrypted_update(key_size);
            request_encrypted(&update);
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
            stage_close();
        }
    }
}

static void a_revert_leaves_the_image_as_it_came(void **state)
{
    struct otter_test_image update;

    (void)state;
    open_stage(&otter_swap_scratch, "mixed-erased");
    update = encrypted_update(32);
    request_encrypted(&update);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_holds_old(&stage.board.secondary));
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_true(secondary_holds(encrypted, stage.new_size));
    stage_close();
}

/* ---- refused --------------------------------------------------------------------------------- */

static void assert_refused(enum otter_result reason)
{
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.outcome.refusal, reason);
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
}

static void a_device_without_a_key_takes_no_encrypted_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        struct otter_test_image update;

        stage_open(strategies[i], "unit8");
        update = encrypted_update(16);
        request_encrypted(&update);
        assert_refused(OTTER_ERR_IMAGE_UNSUPPORTED);
        stage_close();
    }
}

static void an_image_for_another_device_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        struct otter_test_image update;

        open_stage(strategies[i], "unit8");
        update = encrypted_update(16);
        request_encrypted(&update);
        stage.board.config.trust.decryption_key = &stage.stranger.device_key;
        assert_refused(OTTER_ERR_IMAGE_KEY);
        stage_close();
    }
}

static void a_plain_program_that_claims_to_be_encrypted_is_refused(void **state)
{
    struct otter_test_image update;

    (void)state;
    open_stage(&otter_swap_scratch, "unit8");
    update = encrypted_update(16);
    make_encrypted(&update);
    load(&stage.board.secondary, stage.new_image, stage.new_size);
    ask_for_trial();
    assert_refused(OTTER_ERR_IMAGE_HASH);
    stage_close();
}

static void an_encrypted_image_without_its_key_is_refused(void **state)
{
    struct otter_test_image update;

    (void)state;
    open_stage(&otter_swap_scratch, "unit8");
    update = stage_update();
    update.flags = OTTER_IMAGE_ENCRYPTED_AES128;
    request_encrypted(&update);
    assert_refused(OTTER_ERR_IMAGE_TLV);
    stage_close();
}

static void a_key_without_the_code_to_use_it_is_a_wrong_configuration(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.trust.decryption_key = &stage.vendor.device_key;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage.board.config.trust.decryption_key = NULL;
    stage.board.config.encryption = &otter_boot_encryption;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage_close();
}

/* ---- what leaves the primary slot ------------------------------------------------------------ */

/* The last bytes of the test images are those of the wrapped key. */
static void spoil_key_of_old(void)
{
    stage.old_image[stage.old_size - 1] ^= 1;
    load(&stage.board.primary, stage.old_image, stage.old_size);
}

static void a_program_whose_key_is_lost_is_not_given_up_while_it_runs(void **state)
{
    struct otter_test_image update;

    (void)state;
    open_stage(&otter_swap_scratch, "unit8");
    replace_old_by_encrypted();
    spoil_key_of_old();
    update = encrypted_update(16);
    request_encrypted(&update);
    assert_refused(OTTER_ERR_IMAGE_KEY);
    stage_close();
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    size_t zeros = 0;

    while (zeros < len && bytes[zeros] == 0) {
        zeros++;
    }
    return zeros == len;
}

/* Known bytes under the key of an image would show whoever sees them its key stream. */
static void a_program_that_is_not_authentic_leaves_as_zeros(void **state)
{
    struct otter_test_image update;

    (void)state;
    open_stage(&otter_swap_scratch, "mixed-erased");
    replace_old_by_encrypted();
    stage.old_image[OTTER_IMAGE_HEADER_SIZE] ^= 1;
    load(&stage.board.primary, stage.old_image, stage.old_size);
    update = encrypted_update(16);
    request_encrypted(&update);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(
        is_zero(otter_test_board_bytes(&stage.board, &stage.board.secondary), stage.old_size));
    stage_close();
}

/* ---- in the hands of somebody ---------------------------------------------------------------- */

#define WRAPPED_SIZE (OTTER_TEST_WRAP_SIZE + 16u)

static const uint8_t known_key[16] = "known to robber";
static jmp_buf power_is_lost;

/* Cut the swap at one of its operations. @return false: it has not so many */
static bool swap_until(uint32_t operation)
{
    struct otter_sim_power *power = &stage.board.power;

    power->reset = &power_is_lost;
    if (setjmp(power_is_lost) != 0) {
        power->is_off = false;
        power->cut_at = 0;
        return true;
    }
    otter_sim_power_cut_at(power, power->operations + operation, OTTER_SIM_NOT_STARTED, 0);
    (void)stage_boot();
    power->cut_at = 0;
    return false;
}

/* The old image's wrapped key, once it has arrived in the secondary slot, is exchanged for a key that
 * the robber knows. It is wrapped for this very device: anybody can do that. */
static bool exchange_key_of_old(void)
{
    const struct otter_area *slot = &stage.board.secondary;
    const uint32_t at = stage.old_size - WRAPPED_SIZE;
    uint8_t value[WRAPPED_SIZE];

    if (memcmp(otter_test_board_bytes(&stage.board, slot) + at, stage.old_image + at, WRAPPED_SIZE)
        != 0) {
        return false;
    }
    otter_test_wrap_key(&stage.vendor, known_key, sizeof known_key, value);
    otter_sim_flash_load(otter_test_board_device(&stage.board, slot), slot->offset + at, value,
                         sizeof value);
    return true;
}

/* Does a block of the old program show in what the secondary slot holds, read with the known key? */
static bool robber_can_read(void)
{
    const struct otter_cipher_ops *cipher = stage.vendor.crypto->cipher;
    const uint32_t end = stage.old_size - OTTER_IMAGE_HEADER_SIZE - 512; /* above are TLVs */
    static uint8_t program[STAGE_SLOT_MAX];
    struct otter_aes aes;

    memcpy(program,
           otter_test_board_bytes(&stage.board, &stage.board.secondary) + OTTER_IMAGE_HEADER_SIZE,
           end);
    assert_int_equal(cipher->set_key(&aes, known_key, sizeof known_key), OTTER_OK);
    assert_int_equal(cipher->crypt(&aes, 0, program, end), OTTER_OK);
    for (uint32_t at = 0; at + 16 <= end; at += 16) {
        if (memcmp(program + at, stage.old_image + OTTER_IMAGE_HEADER_SIZE + at, 16) == 0) {
            return true;
        }
    }
    return false;
}

static void a_key_exchanged_in_the_middle_of_a_swap_opens_nothing(void **state)
{
    uint32_t chances = 0;
    bool was_cut = true;

    (void)state;
    for (uint32_t operation = 1; was_cut; operation++) {
        struct otter_test_image update;

        open_stage(&otter_swap_scratch, "mixed-erased");
        replace_old_by_encrypted();
        update = encrypted_update(16);
        request_encrypted(&update);
        was_cut = swap_until(operation);
        if (was_cut && exchange_key_of_old()) {
            chances++;
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
            assert_false(robber_can_read());
        }
        stage_close();
    }
    assert_int_not_equal(chances, 0);
}

int test_encryption(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encrypted_image_is_installed_in_plain),
        cmocka_unit_test(a_revert_leaves_the_image_as_it_came),
        cmocka_unit_test(a_device_without_a_key_takes_no_encrypted_image),
        cmocka_unit_test(an_image_for_another_device_is_refused),
        cmocka_unit_test(a_plain_program_that_claims_to_be_encrypted_is_refused),
        cmocka_unit_test(an_encrypted_image_without_its_key_is_refused),
        cmocka_unit_test(a_key_without_the_code_to_use_it_is_a_wrong_configuration),
        cmocka_unit_test(a_program_whose_key_is_lost_is_not_given_up_while_it_runs),
        cmocka_unit_test(a_program_that_is_not_authentic_leaves_as_zeros),
        cmocka_unit_test(a_key_exchanged_in_the_middle_of_a_swap_opens_nothing),
    };

    return cmocka_run_group_tests_name("encryption", tests, NULL, NULL);
}
