/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a CBOR message. What is pointed to lies in the message, and reading ends. */

#include <stdlib.h>

#include "otter/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool lies_in(const struct otter_cbor_item *item, const uint8_t *data, size_t size)
{
    const bool is_string = item->kind == OTTER_CBOR_BYTES || item->kind == OTTER_CBOR_TEXT;

    return !is_string || item->is_open
           || (item->bytes >= data && item->value <= size
               && item->bytes + item->value <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct otter_cbor_reader reader;
    struct otter_cbor_map map;
    struct otter_cbor_item key;
    struct otter_cbor_item value;
    size_t left;

    if (!otter_cbor_read_map(&reader, data, size, &map)) {
        return 0;
    }
    left = reader.left;
    while (otter_cbor_read_pair(&reader, &map, &key, &value) == OTTER_CBOR_PAIR) {
        demand(reader.left < left);
        demand(lies_in(&key, data, size) && lies_in(&value, data, size));
        (void)otter_cbor_is_text(&key, "p");
        left = reader.left;
    }
    demand(reader.left <= size);
    return 0;
}
