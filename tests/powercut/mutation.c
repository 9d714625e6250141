/* SPDX-License-Identifier: Apache-2.0 */

#include "mutation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/recovery.h"
#include "programs.h"

static const char *const target_names[TARGETS] = {
    [TARGET_IMAGE] = "image bytes",   [TARGET_STATUS] = "status entries",
    [TARGET_SWAP_SIZE] = "swap_size", [TARGET_SWAP_INFO] = "swap_info",
    [TARGET_COPY_DONE] = "copy_done", [TARGET_IMAGE_OK] = "image_ok",
    [TARGET_MAGIC] = "magic",         [TARGET_TAIL] = "trailer",
    [TARGET_NOTES] = "notes",         [TARGET_BEGUN] = "\"begun\"",
    [TARGET_SETTLED] = "\"settled\"", [TARGET_RECORD] = "records",
};

const char *mutation_text(const struct mutation *mutation, char *text, size_t size)
{
    if (mutation->deviation == TRUSTING) {
        (void)snprintf(text, size, "a stranger's signature is good");
        return text;
    }
    (void)snprintf(text, size, "%s of %s in %s %s%s",
                   mutation->kind == OTTER_SIM_ERASE ? "erase" : "program",
                   target_names[mutation->target], otter_area_role_name(mutation->role),
                   mutation->deviation == LATE ? "late" : "missing",
                   mutation->of_restore ? ", in a restore" : "");
    return text;
}

/* The scratch area has a trailer of its own shape. */
static struct otter_trailer_shape shape_of(const struct otter_test_board *board,
                                           enum otter_area_role role)
{
    struct otter_trailer_shape shape = board->shape;

    if (role == OTTER_AREA_SCRATCH) {
        shape.max_sectors = 1;
    }
    return shape;
}

static enum target target_at(const struct otter_trailer_shape *shape, uint32_t size, uint32_t at)
{
    const struct {
        enum target target;
        uint32_t offset;
    } fields[] = {
        { TARGET_IMAGE_OK, otter_trailer_image_ok_offset(shape, size) },
        { TARGET_COPY_DONE, otter_trailer_copy_done_offset(shape, size) },
        { TARGET_SWAP_INFO, otter_trailer_swap_info_offset(shape, size) },
        { TARGET_SWAP_SIZE, otter_trailer_swap_size_offset(shape, size) },
        { TARGET_STATUS, otter_trailer_status_offset(shape, size) },
        { TARGET_IMAGE, 0 },
    };
    size_t i = 0;

    if (at >= otter_trailer_image_ok_offset(shape, size) + shape->max_align) {
        return TARGET_MAGIC;
    }
    while (at < fields[i].offset) {
        i++;
    }
    return fields[i].target;
}

static const struct otter_area *area_with(const struct otter_test_board *board,
                                          enum otter_area_role role)
{
    switch ((int)role) {
    case OTTER_AREA_PRIMARY:
        return &board->primary;
    case OTTER_AREA_SECONDARY:
        return &board->secondary;
    case OTTER_AREA_SCRATCH:
        return &board->scratch;
    case OTTER_AREA_RECOVERY:
        return &board->recovery;
    default:
        return &board->status;
    }
}

/* What an operation in a slot or in the scratch area is about. */
static enum target target_in_slot(const struct device *device, const struct mutation *mutation,
                                  const struct otter_sim_operation *operation)
{
    const struct otter_test_board *board = &device->board;
    const struct otter_area *area = area_with(board, mutation->role);
    const struct otter_trailer_shape shape = shape_of(board, mutation->role);
    const uint32_t at = operation->offset - area->offset;

    if (operation->kind == OTTER_SIM_PROGRAM) {
        return target_at(&shape, area->size, at);
    }
    return at + operation->len > otter_trailer_status_offset(&shape, area->size) ? TARGET_TAIL
                                                                                 : TARGET_IMAGE;
}

/* The state is the ninth byte of a record. */
static enum target target_in_record(const uint8_t *src)
{
    if (src == NULL) {
        return TARGET_RECORD;
    }
    return src[8] == OTTER_RECOVERY_BEGUN ? TARGET_BEGUN : TARGET_SETTLED;
}

static enum target target_of(const struct device *device, const struct mutation *mutation,
                             const struct otter_sim_operation *operation, const uint8_t *src)
{
    switch ((int)mutation->role) {
    case OTTER_AREA_STATUS:
        return TARGET_NOTES;
    case OTTER_AREA_RECOVERY:
        return target_in_record(src);
    default:
        return target_in_slot(device, mutation, operation);
    }
}

/* From "begun" on, and to "settled", all that is done belongs to the restore. */
static bool is_restoring(const struct device *device)
{
    struct otter_recovery_record record;

    return otter_recovery_read(&device->board.recovery, &record) == OTTER_OK
           && record.state == OTTER_RECOVERY_BEGUN;
}

static bool hits(const struct mutation *mutation, const struct device *device,
                 const struct otter_sim_flash *flash, const struct otter_sim_operation *operation,
                 const uint8_t *src)
{
    const struct otter_area *area = area_with(&device->board, mutation->role);

    if (mutation->deviation == TRUSTING || !device->is_booting || area->flash != &flash->flash
        || operation->offset - area->offset >= area->size || operation->kind != mutation->kind) {
        return false;
    }
    if (mutation->of_restore && mutation->role != OTTER_AREA_RECOVERY && !is_restoring(device)) {
        return false;
    }
    return mutation->target == target_of(device, mutation, operation, src);
}

static void put_off(struct mutant *mutant, struct otter_sim_flash *flash,
                    const struct otter_sim_operation *operation, const uint8_t *src)
{
    mutant->flash = flash;
    mutant->late = *operation;
    mutant->is_due = false;
    if (src != NULL) {
        mutant->bytes = realloc(mutant->bytes, operation->len);
        if (mutant->bytes == NULL) {
            abort();
        }
        memcpy(mutant->bytes, src, operation->len);
    }
}

void mutant_forget(struct mutant *mutant)
{
    mutant->flash = NULL;
}

void mutant_catch_up(struct mutant *mutant)
{
    struct otter_sim_flash *flash = mutant->flash;
    struct otter_sim_watcher *watcher;

    if (flash == NULL) {
        return;
    }
    watcher = flash->power->watcher;
    flash->power->watcher = NULL;
    mutant->flash = NULL;
    if (mutant->late.kind == OTTER_SIM_ERASE) {
        (void)flash->flash.ops->erase(flash, mutant->late.offset);
    } else {
        (void)flash->flash.ops->program(flash, mutant->late.offset, mutant->bytes,
                                        mutant->late.len);
    }
    flash->power->watcher = watcher;
}

void mutant_enter(struct mutant *mutant, struct device *device)
{
    device->mutant = mutant;
    if (mutant->mutation != NULL && mutant->mutation->deviation == TRUSTING) {
        const struct programs *programs = programs_of(device->story);

        device->board.config.trust.keys = programs->everyone;
        device->board.config.trust.key_count =
            sizeof programs->everyone / sizeof programs->everyone[0];
        mutant->hits = 1;
    }
}

bool mutant_lets(struct mutant *mutant, const struct device *device, struct otter_sim_flash *flash,
                 const struct otter_sim_operation *operation, const uint8_t *src)
{
    if (mutant->flash != NULL && (mutant->is_due || !device->is_booting)) {
        mutant_catch_up(mutant);
    }
    mutant->is_due = true;
    if (mutant->mutation == NULL || !hits(mutant->mutation, device, flash, operation, src)) {
        return true;
    }
    mutant->hits++;
    if (mutant->mutation->deviation == LATE) {
        mutant_catch_up(mutant);
        put_off(mutant, flash, operation, src);
    }
    return false;
}
