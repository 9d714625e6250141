/* SPDX-License-Identifier: Apache-2.0 */

/* The bootloader's lines. They are built without printf, which would double its size. */

#include "console.h"

#include "handover.h"
#include "otter/mps2/console.h"
#include "product.h"
#include "trusted_keys.h"

/* Bytes of a digest that tell people enough. */
#define FINGERPRINT_SIZE 4

void console_say(const struct otter_text *text)
{
    otter_mps2_console_line("boot: ", text->buffer);
}

static void append_key_fingerprint(struct otter_text *text, const struct otter_crypto *crypto,
                                   const struct otter_public_key *key)
{
    struct otter_sha256 sha;
    uint8_t digest[OTTER_SHA256_SIZE] = { 0 };

    if (crypto->sha256_start(&sha) == OTTER_OK
        && crypto->sha256_update(&sha, key->der, key->der_size) == OTTER_OK) {
        (void)crypto->sha256_finish(&sha, digest);
    }
    otter_text_append_hex(text, digest, FINGERPRINT_SIZE);
}

void console_banner(const struct otter_boot_config *config)
{
    char line[CONSOLE_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "Otter bootloader " PRODUCT_VERSION ", layout ");
    otter_text_append(&text, config->layout->name);
    otter_text_append(&text, " (digest ");
    otter_text_append_hex(&text, config->layout->digest, FINGERPRINT_SIZE);
    otter_text_append(&text, "), key ");
    for (uint8_t i = 0; i < config->trust.key_count; i++) {
        otter_text_append(&text, i > 0 ? ", " : "");
        append_key_fingerprint(&text, config->trust.crypto, &config->trust.keys[i]);
    }
    otter_text_append(&text, PRODUCT_KEY_NOTE);
    console_say(&text);
}

void console_reset_cause(const struct otter_mps2_reset *reset)
{
    char line[CONSOLE_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "reset by ");
    otter_text_append(&text, otter_reset_cause_name(reset_cause_for_handover(reset->cause)));
    if (reset->pc != 0) {
        otter_text_append(&text, ", the program was at ");
        otter_text_append_hex32(&text, reset->pc);
    }
    console_say(&text);
}

/* A line for each quarter of the way; one for each sector would bury the rest. */
static bool is_worth_a_line(const struct otter_boot_event *event)
{
    static uint32_t quarters_said;
    const uint32_t a_quarter = event->total / 4 + 1;
    const uint32_t quarters = event->done / a_quarter;

    if (event->kind != OTTER_BOOT_PROGRESS) {
        quarters_said = 0;
        return true;
    }
    if (quarters == quarters_said && event->done < event->total) {
        return false;
    }
    quarters_said = quarters;
    return true;
}

void console_report(void *context, const struct otter_boot_event *event)
{
    char line[CONSOLE_LINE_SIZE];

    (void)context;
    if (is_worth_a_line(event)) {
        otter_mps2_console_line("boot: ", otter_boot_event_text(event, line, sizeof line));
    }
}
