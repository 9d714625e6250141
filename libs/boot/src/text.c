/* SPDX-License-Identifier: Apache-2.0 */

/* Events as lines for people: a console on the device, a log on the host. */

#include "otter/text.h"
#include "otter/boot.h"

/* What a move is for, as the end of a sentence. */
static const char *purpose(enum otter_swap_type type)
{
    static const char *const purposes[] = {
        [OTTER_SWAP_NONE] = "",           [OTTER_SWAP_TEST] = ", on trial",
        [OTTER_SWAP_PERM] = ", for good", [OTTER_SWAP_REVERT] = ", back from a trial",
        [OTTER_SWAP_FAIL] = "",
    };
    return purposes[type];
}

static void write_decided(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, event->because);
}

static void write_resumed(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "the power was cut while an image was moved; going on");
    otter_text_append(text, purpose(event->swap_type));
}

static void write_progress(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "moved ");
    otter_text_append_u32(text, event->done);
    otter_text_append(text, " of ");
    otter_text_append_u32(text, event->total);
}

static void write_installed(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "installed ");
    otter_text_append_version(text, &event->version);
    otter_text_append(text, purpose(event->swap_type));
}

static void write_reason(struct otter_text *text, enum otter_result reason)
{
    const char *hint = otter_result_hint(reason);

    otter_text_append(text, otter_result_meaning(reason));
    if (hint[0] != '\0') {
        otter_text_append(text, "; ");
        otter_text_append(text, hint);
    }
}

static void write_refused(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "refused ");
    otter_text_append_version(text, &event->version);
    otter_text_append(text, ": ");
    write_reason(text, event->result);
}

static void write_invalid(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "no program to start: ");
    write_reason(text, event->result);
}

static void write_awaiting(struct otter_text *text, const struct otter_boot_event *event)
{
    (void)event;
    otter_text_append(text, "press and release the button to restore the golden image");
}

static void write_restoring(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "rollback initiated: ");
    otter_text_append(text, event->because);
}

static void write_restored(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "restored the golden image, ");
    otter_text_append_version(text, &event->version);
}

static void write_no_golden(struct otter_text *text, const struct otter_boot_event *event)
{
    otter_text_append(text, "the golden image ");
    otter_text_append_version(text, &event->version);
    otter_text_append(text, " cannot be restored: ");
    write_reason(text, event->result);
}

static void (*const writers[])(struct otter_text *text, const struct otter_boot_event *event) = {
    [OTTER_BOOT_DECIDED] = write_decided,   [OTTER_BOOT_RESUMED] = write_resumed,
    [OTTER_BOOT_PROGRESS] = write_progress, [OTTER_BOOT_INSTALLED] = write_installed,
    [OTTER_BOOT_REFUSED] = write_refused,   [OTTER_BOOT_INVALID] = write_invalid,
    [OTTER_BOOT_AWAITING] = write_awaiting, [OTTER_BOOT_RESTORING] = write_restoring,
    [OTTER_BOOT_RESTORED] = write_restored, [OTTER_BOOT_NO_GOLDEN] = write_no_golden,
};

const char *otter_boot_event_text(const struct otter_boot_event *event, char *text, size_t size)
{
    struct otter_text line;

    otter_text_init(&line, text, size);
    writers[event->kind](&line, event);
    return text;
}
