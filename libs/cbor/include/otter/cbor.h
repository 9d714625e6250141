/* SPDX-License-Identifier: Apache-2.0 */

/** CBOR (RFC 8949), as much as messages of a few known keys need: an outermost map whose pairs are
 * taken one after the other, in any order, with anything under the keys that nobody knows.
 *
 * Nothing is copied and nothing recurses: strings are pointed to where they lie, and what is passed
 * over may be nested OTTER_CBOR_DEPTH_MAX deep. */
#ifndef OTTER_CBOR_H
#define OTTER_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How deep values may be nested that are passed over; deeper ones are malformed to us. */
#define OTTER_CBOR_DEPTH_MAX 8u

/** What an item is: the major types of RFC 8949, section 3.1. */
enum otter_cbor_kind {
    OTTER_CBOR_UNSIGNED,
    OTTER_CBOR_NEGATIVE,
    OTTER_CBOR_BYTES,
    OTTER_CBOR_TEXT,
    OTTER_CBOR_ARRAY,
    OTTER_CBOR_MAP,
    OTTER_CBOR_TAG,
    OTTER_CBOR_OTHER, /**< true, false, null, numbers with a fraction */
};

struct otter_cbor_item {
    enum otter_cbor_kind kind;
    bool is_open;   /**< it has no length and ends with a break; of strings: it comes in parts */
    uint64_t value; /**< UNSIGNED: the number; strings, ARRAY, MAP: how many bytes, items, pairs */
    const uint8_t *bytes; /**< of a string that is not open: in the message */
};

/** A message that is being read. The fields are the reader's own, and may be read. */
struct otter_cbor_reader {
    const uint8_t *next;
    size_t left;
};

/** The pairs of a map that are still to come. */
struct otter_cbor_map {
    uint64_t left; /* if it is not open */
    bool is_open;
};

enum otter_cbor_step {
    OTTER_CBOR_PAIR, /**< a key and its value */
    OTTER_CBOR_END,  /**< the map is complete */
    OTTER_CBOR_BAD,  /**< the message is malformed, or cut short */
};

/** Begin with a message that is a map.
 *  @param bytes  borrowed as long as the reader and items of it are used
 *  @return false: it is something else */
bool otter_cbor_read_map(struct otter_cbor_reader *reader, const uint8_t *bytes, size_t len,
                         struct otter_cbor_map *map);

/** Take the next pair; what an array or a map under the key holds is passed over. */
enum otter_cbor_step otter_cbor_read_pair(struct otter_cbor_reader *reader,
                                          struct otter_cbor_map *map, struct otter_cbor_item *key,
                                          struct otter_cbor_item *value);

/** Is the item this text? */
bool otter_cbor_is_text(const struct otter_cbor_item *item, const char *text);

/** A message that is being written. */
struct otter_cbor_writer {
    uint8_t *bytes; /* the caller's */
    size_t size;
    size_t len;     /**< bytes so far */
    bool truncated; /**< something did not fit, and was left out with all that followed */
};

void otter_cbor_write_init(struct otter_cbor_writer *writer, uint8_t *bytes, size_t size);

/** Each in its shortest form. */
void otter_cbor_write_map(struct otter_cbor_writer *writer, uint32_t pairs);
void otter_cbor_write_array(struct otter_cbor_writer *writer, uint32_t items);
void otter_cbor_write_unsigned(struct otter_cbor_writer *writer, uint32_t value);
void otter_cbor_write_text(struct otter_cbor_writer *writer, const char *text);
void otter_cbor_write_bytes(struct otter_cbor_writer *writer, const uint8_t *bytes, size_t len);

/** Begin a map of as many pairs as come before its break. */
void otter_cbor_write_open_map(struct otter_cbor_writer *writer);
void otter_cbor_write_break(struct otter_cbor_writer *writer);

#endif
