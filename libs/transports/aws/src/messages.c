/* SPDX-License-Identifier: Apache-2.0 */

/* What the device says. The keys that AWS's own agent has in its status details keep its formats to
 * the character, as consoles and scripts read them; what else is worth knowing has keys of its own. */

#include "messages.h"

void otter_aws_write_token(struct otter_text *text, uint32_t nonce, uint32_t number)
{
    const uint8_t bytes[] = { (uint8_t)(nonce >> 24), (uint8_t)(nonce >> 16), (uint8_t)(nonce >> 8),
                              (uint8_t)nonce };

    otter_text_append_hex(text, bytes, sizeof bytes);
    otter_text_append(text, "-");
    otter_text_append_u32(text, number);
}

static void write_client_token(struct otter_text *text, const struct otter_aws_transport *transport)
{
    otter_text_append(text, "\"clientToken\":\"");
    otter_aws_write_token(text, transport->nonce, transport->exchange.number);
    otter_text_append(text, "\"}");
}

void otter_aws_write_get(struct otter_text *text, const struct otter_aws_transport *transport)
{
    otter_text_append(text, transport->exchange.is_lean ? "{\"includeJobDocument\":false," : "{");
    write_client_token(text, transport);
}

/* ---- versions ---- */

static uint32_t as_number(const struct otter_version *version)
{
    return (uint32_t)version->major << 24 | (uint32_t)version->minor << 16 | version->revision;
}

/* In words, AWS's agent puts two spaces and a "v" before a version. */
static void write_version(struct otter_text *text, const struct otter_version *version)
{
    const struct otter_version three_numbers = { version->major, version->minor, version->revision,
                                                 0 };

    otter_text_append(text, "  v");
    otter_text_append_version(text, &three_numbers);
}

static void write_version_number(struct otter_text *text, const char *key, uint32_t version)
{
    otter_text_append(text, key);
    otter_text_append_hex32(text, version);
    otter_text_append(text, "\"");
}

/* ---- why it failed ---- */

/* How AWS's agent words a failure. */
enum wording { REJECTED, ABORTED, ERROR };

static const struct reason {
    enum otter_result result;
    enum wording wording;
    uint8_t code; /* of AWS's agent */
} reasons[] = {
    { OTTER_ERR_JOB_NOT_NEWER, REJECTED, 0x0F },
    { OTTER_ERR_DOWNGRADE, REJECTED, 0x0F },
    { OTTER_ERR_NOT_CONFIRMED, REJECTED, 0x10 },
    { OTTER_ERR_JOB_REJECTED, REJECTED, 0x10 },
    { OTTER_ERR_JOB_NOT_TRIED, REJECTED, 0x11 },
    { OTTER_ERR_STOPPED, ABORTED, 0x13 },
    { OTTER_ERR_JOB_SYNTAX, ERROR, 0x0C },
    { OTTER_ERR_JOB_TOO_BIG, ERROR, 0x0C },
    { OTTER_ERR_JOB_FIELD, ERROR, 0x0C },
    { OTTER_ERR_JOB_REDIRECT, ERROR, 0x0D },
    { OTTER_ERR_TIMEOUT, ERROR, 0x0E },
    { OTTER_ERR_IMAGE_TOO_BIG, ERROR, 0xE5 },
    { OTTER_ERR_JOB_SIGNATURE, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_MAGIC, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_HEADER, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_TLV, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_HASH, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_UNSIGNED, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_UNKNOWN_KEY, ERROR, 0xE3 },
    { OTTER_ERR_IMAGE_SIGNATURE, ERROR, 0xE3 },
    { OTTER_ERR_FLASH, ERROR, 0xE4 },
    { OTTER_ERR_TRAILER, ERROR, 0xE6 },
};

static struct reason reason_of(enum otter_result result)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].result == result) {
            return reasons[i];
        }
    }
    return (struct reason){ .wording = ERROR, .code = 0xE0 };
}

/* The number of a pair: ours, for what AWS's agent has no code. */
static void write_reason(struct otter_text *text, enum otter_result result, bool is_same_version)
{
    const struct reason reason = reason_of(result);
    const uint32_t code = result == OTTER_ERR_JOB_NOT_NEWER && is_same_version ? 0x10 : reason.code;

    otter_text_append(text, "\"reason\":\"");
    if (reason.wording != ERROR) {
        otter_text_append(text, reason.wording == REJECTED ? "rejected: " : "aborted: ");
    }
    otter_text_append_hex32(text, code);
    if (reason.wording == ERROR) {
        otter_text_append(text, ": ");
        otter_text_append_hex32(text, (uint32_t)-result);
    }
    otter_text_append(text, "\"");
}

static void write_failure(struct otter_text *text, const struct otter_aws_transport *transport)
{
    const struct otter_identity *identity = transport->identity;
    const struct otter_report *report = &transport->report;

    write_reason(text, report->result,
                 otter_version_compare(&report->version, &identity->version) == 0);
    otter_text_append(text, ",\"stage\":\"");
    otter_text_append(text, otter_report_stage_name(report->stage));
    otter_text_append(text, "\"");
    if (identity->meaning != NULL) {
        otter_text_append(text, ",\"detail\":");
        otter_text_append_json(text, identity->meaning(report->result));
    }
}

/* ---- moments ---- */

static void write_ready(struct otter_text *text, const struct otter_aws_transport *transport)
{
    write_version_number(text, "\"self_test\":\"ready\",\"updatedBy\":\"",
                         as_number(&transport->identity->version));
}

/* AWS's agent forgets here which version was there before; the last message is to name it. */
static void write_active(struct otter_text *text, const struct otter_aws_transport *transport)
{
    write_version_number(text, "\"self_test\":\"active\",\"updatedBy\":\"",
                         as_number(&transport->identity->version));
    write_version_number(text, ",\"previous\":\"", transport->execution.updated_by);
}

static void write_success(struct otter_text *text, const struct otter_aws_transport *transport)
{
    const uint32_t before = transport->execution.updated_by;
    const struct otter_version previous = {
        .major = (uint8_t)(before >> 24),
        .minor = (uint8_t)(before >> 16),
        .revision = (uint16_t)before,
    };

    otter_text_append(text, "\"reason\":\"accepted");
    write_version(text, &transport->report.version);
    if (before != 0) {
        otter_text_append(text, "\",\"updatedBy\":\"");
        write_version(text, &previous);
    }
    otter_text_append(text, "\"");
}

static uint32_t blocks_in(const struct otter_aws_transport *transport, uint32_t bytes)
{
    const uint32_t size = transport->config->block_size;

    return bytes / size + (bytes % size != 0);
}

static void write_progress(struct otter_text *text, const struct otter_aws_transport *transport)
{
    uint32_t done = 0;
    uint32_t all = 0;

    for (uint8_t i = 0; i < transport->execution.file_count; i++) {
        const uint32_t size = transport->execution.files[i].size;

        all += blocks_in(transport, size);
        done += i < transport->file ? blocks_in(transport, size) : 0;
    }
    done += (transport->reached - transport->file_start) / transport->config->block_size;
    otter_text_append(text, "\"receive\":\"");
    otter_text_append_u32(text, done);
    otter_text_append(text, "/");
    otter_text_append_u32(text, all);
    otter_text_append(text, "\"");
}

static void write_report(struct otter_text *text, const struct otter_aws_transport *transport)
{
    static void (*const details[])(struct otter_text *, const struct otter_aws_transport *) = {
        [OTTER_REPORT_REFUSED] = write_failure,  [OTTER_REPORT_FAILED] = write_failure,
        [OTTER_REPORT_PENDING] = write_ready,    [OTTER_REPORT_CONFIRMED] = write_success,
        [OTTER_REPORT_REVERTED] = write_failure,
    };

    details[transport->report.stage](text, transport);
}

/* What has begun cannot be refused any more, it can only fail. */
const char *otter_aws_status(const struct otter_aws_transport *transport)
{
    static const char *const statuses[] = {
        [OTTER_REPORT_REFUSED] = "REJECTED",    [OTTER_REPORT_FAILED] = "FAILED",
        [OTTER_REPORT_PENDING] = "IN_PROGRESS", [OTTER_REPORT_CONFIRMED] = "SUCCEEDED",
        [OTTER_REPORT_REVERTED] = "FAILED",
    };
    const enum otter_report_stage stage = transport->report.stage;

    if (transport->exchange.moment != AWS_MOMENT_REPORT) {
        return "IN_PROGRESS";
    }
    return stage == OTTER_REPORT_REFUSED && transport->execution.is_in_progress ? "FAILED"
                                                                                : statuses[stage];
}

void otter_aws_write_update(struct otter_text *text, const struct otter_aws_transport *transport)
{
    static void (*const details[])(struct otter_text *, const struct otter_aws_transport *) = {
        [AWS_MOMENT_PROGRESS] = write_progress,
        [AWS_MOMENT_ACTIVE] = write_active,
        [AWS_MOMENT_REPORT] = write_report,
    };

    otter_text_append(text, "{\"status\":\"");
    otter_text_append(text, otter_aws_status(transport));
    otter_text_append(text, "\",\"statusDetails\":{");
    details[transport->exchange.moment](text, transport);
    otter_text_append(text, "},\"expectedVersion\":");
    otter_text_append_u32(text, transport->execution.version);
    otter_text_append(text, ",\"executionNumber\":");
    otter_text_append_u32(text, transport->execution.number);
    otter_text_append(text, ",");
    write_client_token(text, transport);
}
