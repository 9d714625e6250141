/* SPDX-License-Identifier: Apache-2.0 */

#include "set_stage.h"

#include <string.h>

#include "tests.h"

struct set_stage set;

struct set_program set_make(uint8_t version, const struct otter_test_dependency *dependencies,
                            uint8_t dependency_count)
{
    struct set_program program;

    program.size = otter_test_image_make(
        &(struct otter_test_image){ .version = { .major = version },
                                    .header_size = OTTER_IMAGE_HEADER_SIZE,
                                    .program_size = 1400u + 100u * version,
                                    .seed = (uint8_t)(version + 10u * dependency_count),
                                    .signer = &set.vendor,
                                    .dependencies = dependencies,
                                    .dependency_count = dependency_count },
        program.bytes, sizeof program.bytes);
    return program;
}

static void make_release(uint8_t release, uint8_t image_count)
{
    for (uint8_t image = 0; image < image_count; image++) {
        struct otter_test_dependency others[OTTER_BOOT_IMAGES_MAX];
        uint8_t count = 0;

        for (uint8_t other = 0; other < image_count; other++) {
            if (other != image) {
                others[count++] =
                    (struct otter_test_dependency){ .image = other,
                                                    .at_least = { .major = release } };
            }
        }
        set.programs[release][image] = set_make(release, others, count);
    }
}

void set_open(const struct otter_strategy *strategy, uint8_t image_count, bool is_external)
{
    memset(&set, 0, sizeof set);
    otter_test_signer_fake(&set.vendor, "vendor");
    otter_test_set_board_init(&set.board, image_count, is_external, strategy, &set.vendor);
    for (uint8_t release = 1; release <= SET_RELEASES; release++) {
        make_release(release, image_count);
    }
    for (uint8_t image = 0; image < image_count; image++) {
        otter_test_set_board_load(&set.board, &set.board.primary[image],
                                  set.programs[1][image].bytes, set.programs[1][image].size);
    }
}

void set_close(void)
{
    otter_test_set_board_free(&set.board);
}

void set_load(uint8_t image, const struct set_program *program)
{
    otter_test_set_board_load(&set.board, &set.board.secondary[image], program->bytes,
                              program->size);
}

void set_request(uint8_t image, const struct set_program *program, bool permanent)
{
    set_load(image, program);
    assert_int_equal(
        otter_bootstate_request(&set.board.secondary[image], &set.board.shape, image, permanent),
        OTTER_OK);
}

void set_request_release(uint8_t release, bool permanent)
{
    for (uint8_t image = 0; image < set.board.layout.image_count; image++) {
        set_request(image, &set.programs[release][image], permanent);
    }
}

void set_confirm(uint8_t image)
{
    assert_int_equal(otter_bootstate_confirm(&set.board.primary[image], &set.board.shape),
                     OTTER_OK);
}

enum otter_result set_boot(void)
{
    return otter_boot_go(&set.board.config, &set.outcome);
}

bool set_holds(uint8_t image, const struct set_program *program)
{
    return memcmp(otter_test_set_board_bytes(&set.board, &set.board.primary[image]), program->bytes,
                  program->size)
           == 0;
}

static bool holds_release(uint8_t release)
{
    for (uint8_t image = 0; image < set.board.layout.image_count; image++) {
        if (!set_holds(image, &set.programs[release][image])) {
            return false;
        }
    }
    return true;
}

uint8_t set_release(void)
{
    for (uint8_t release = 1; release <= SET_RELEASES; release++) {
        if (holds_release(release)) {
            return release;
        }
    }
    return 0;
}
