/* SPDX-License-Identifier: Apache-2.0 */

/** MCUboot's image format: header, TLV areas, hash and signatures (docs/formats/image.md).
 *
 * Reading: otter_image_open() parses the header and finds the TLV areas of an image in flash;
 * otter_image_verify() checks hash and signature in place. Nothing is loaded whole; both stream
 * through a buffer of the caller's. Writing: the encode functions at the end lay out the same
 * structures in memory, for the signing tool. */
#ifndef OTTER_IMAGE_H
#define OTTER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/flash.h"
#include "otter/result.h"
#include "otter/version.h"

#define OTTER_IMAGE_MAGIC       0x96F3B83Du
#define OTTER_IMAGE_HEADER_SIZE 32u  /**< bytes of the header that have a meaning */
#define OTTER_IMAGE_BUFFER_MIN  128u /**< bytes of the smallest buffer to verify through */

/** Header flags. */
enum otter_image_flag {
    OTTER_IMAGE_ENCRYPTED_AES128 = 0x0004,
    OTTER_IMAGE_ENCRYPTED_AES256 = 0x0008,
    OTTER_IMAGE_NON_BOOTABLE = 0x0010,
    OTTER_IMAGE_RAM_LOAD = 0x0020,
    OTTER_IMAGE_ROM_FIXED = 0x0100,
    OTTER_IMAGE_COMPRESSED_LZMA1 = 0x0200,
    OTTER_IMAGE_COMPRESSED_LZMA2 = 0x0400,
    OTTER_IMAGE_COMPRESSED_ARM_THUMB = 0x0800,
};

/** TLV types: MCUboot's, and our own. */
enum otter_tlv_type {
    OTTER_TLV_KEYHASH = 0x01,
    OTTER_TLV_PUBKEY = 0x02,
    OTTER_TLV_SHA256 = 0x10,
    OTTER_TLV_SHA384 = 0x11,
    OTTER_TLV_SHA512 = 0x12,
    OTTER_TLV_RSA2048_PSS = 0x20,
    OTTER_TLV_ECDSA_SIG = 0x22,
    OTTER_TLV_RSA3072_PSS = 0x23,
    OTTER_TLV_ED25519 = 0x24,
    OTTER_TLV_SIG_PURE = 0x25,
    OTTER_TLV_ENC_RSA2048 = 0x30, /**< the image's key, wrapped with RSA-OAEP */
    OTTER_TLV_ENC_KW = 0x31,      /**< the same, wrapped with AES */
    OTTER_TLV_ENC_EC256 = 0x32,   /**< the image's key, wrapped with ECIES over P-256 */
    OTTER_TLV_ENC_X25519 = 0x33,  /**< the same, over X25519 */
    OTTER_TLV_ENC_X25519_SHA512 = 0x34,
    OTTER_TLV_DEPENDENCY = 0x40,
    OTTER_TLV_SECURITY_COUNTER = 0x50,
    OTTER_TLV_BOOT_RECORD = 0x60,
    OTTER_TLV_DECOMP_SIZE = 0x70, /**< of the program before it was compressed */
    OTTER_TLV_DECOMP_SHA = 0x71,
    OTTER_TLV_DECOMP_SIGNATURE = 0x72,
    OTTER_TLV_COMP_DEC_SIZE = 0x73,
    OTTER_TLV_UUID_VENDOR = 0x74,
    OTTER_TLV_UUID_CLASS = 0x75,
    /** Ours, in the vendor range and in the protected area: the layout the program was built for,
     * as its 32-byte digest followed by its name (not terminated). */
    OTTER_TLV_LAYOUT = 0x4FA0,
    /** Ours: the board's name (not terminated). */
    OTTER_TLV_BOARD = 0x4FA1,
};

#define OTTER_TLV_INFO_MAGIC           0x6907u
#define OTTER_TLV_PROTECTED_INFO_MAGIC 0x6908u
#define OTTER_TLV_INFO_SIZE            4u
#define OTTER_TLV_ENTRY_SIZE           4u

struct otter_image_header {
    uint32_t load_address;
    uint16_t header_size;        /**< bytes from the start of the image to the program */
    uint16_t protected_tlv_size; /**< bytes of the protected TLV area with its info; 0: none */
    uint32_t program_size;       /**< bytes */
    uint32_t flags;
    struct otter_version version;
};

/** What turns the program of one image from cipher into plain text, and back. Place it anywhere; it
 * holds an expanded key until otter_image_forget_key(). */
struct otter_image_cipher {
    const struct otter_cipher_ops *ops;
    struct otter_aes aes;
    uint32_t program_start; /**< bytes from the start of the image */
    uint32_t program_end;
};

/** An image that was found in a flash area. Borrows the area. */
struct otter_image {
    const struct otter_area *area;
    /** What its program is read through, see otter_image_decrypt(); NULL: as it lies there. Borrowed. */
    struct otter_image_cipher *cipher;
    uint32_t start; /**< where the image begins in the area */
    struct otter_image_header header;
    uint32_t hashed_size;          /**< header, program and protected TLVs */
    uint32_t unprotected_tlv_size; /**< with its info */
    uint32_t size;                 /**< all of it: hashed_size + unprotected_tlv_size */
};

/** One TLV of an opened image; the value is at @p offset of the image's area. */
struct otter_tlv {
    uint16_t type;
    uint16_t size;
    uint32_t offset;
    bool is_protected;
};

/** Walks all TLVs of an image, the protected ones first. */
struct otter_tlv_iterator {
    const struct otter_image *image;
    uint32_t next; /* offset in the area of the next entry */
    uint32_t end;  /* end of the part being walked */
    bool in_protected;
};

/** What an image needs of another one. */
struct otter_dependency {
    uint8_t image; /**< its number */
    struct otter_version at_least;
};

/** The last signature that was found good. While it lasts, the same signature by the same key over the
 * same digest is not checked again: whatever now has that digest has been signed. Everything else
 * about an image is checked each time, its hash above all. Zeroed by whoever places it. */
struct otter_signature_memory {
    uint8_t mark[OTTER_SHA256_SIZE]; /* of key, digest and signature */
    volatile enum otter_verdict verdict;
};

/** Whom and what a device trusts. */
struct otter_trust {
    const struct otter_crypto *crypto;
    const struct otter_public_key *keys; /**< any of them may have signed */
    uint8_t key_count;                   /**< 0: images need no signature, only a right hash */
    /** What the keys of encrypted images are wrapped to; NULL: encrypted images are not accepted. The
     * provider needs a cipher. */
    const struct otter_private_key *decryption_key;
    /** Accept only images made for this layout, if they say for which they were made; NULL: any. */
    const uint8_t *layout_digest;
    /** For a program that verifies the same image more than once; NULL: check each time. Borrowed. */
    struct otter_signature_memory *memory;
    /** Refuse TLV types in the unprotected area that MCUboot does not know. */
    bool strict_unprotected_tlvs;
};

/** What it takes to go through a whole image. */
struct otter_workspace {
    uint8_t *buffer; /**< scratch, any content */
    size_t size;     /**< bytes of it; also how much is hashed between two calls of the next */
    void (*feed_watchdog)(void *context); /**< NULL: there is none */
    void *context;
};

/** Parse 32 bytes as a header, without looking at anything else.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_IMAGE_MAGIC   not an image
 *          OTTER_ERR_IMAGE_HEADER  sizes overflow, header shorter than 32 bytes, or flags that
 *                                  exclude each other */
enum otter_result otter_image_parse_header(const uint8_t bytes[OTTER_IMAGE_HEADER_SIZE],
                                           struct otter_image_header *header);

/** Find the image that begins at @p start of @p area and check its structure.
 *
 *  @param limit  bytes from @p start that the image may use at most, TLVs included; at most the
 *                area's size (the trailer's room is the caller's to subtract)
 *  @return OTTER_OK
 *          OTTER_ERR_EMPTY_SLOT    the header's bytes are erased
 *          OTTER_ERR_IMAGE_MAGIC, OTTER_ERR_IMAGE_HEADER
 *          OTTER_ERR_IMAGE_TOO_BIG its end lies beyond the limit
 *          OTTER_ERR_IMAGE_TLV     a TLV area is missing, contradicts the header or runs over
 *          OTTER_ERR_RANGE         start lies outside of the area
 *          OTTER_ERR_FLASH */
enum otter_result otter_image_open(const struct otter_area *area, uint32_t start, uint32_t limit,
                                   struct otter_image *image);

/** Check hash and signature of an opened image in place.
 *
 * Where several signatures are by trusted keys the last one counts, as in MCUboot. Images that are
 * compressed, bound for RAM or not meant to boot are refused, and encrypted ones unless there is a
 * decryption key. What is hashed is always the plain program: where an encrypted image lies as it
 * came, call otter_image_decrypt() first; in a primary slot it lies in plain.
 *
 *  @param work    its buffer has at least OTTER_IMAGE_BUFFER_MIN bytes and the longest signature of the
 *                crypto provider. Where images carry whole keys, instead of their hashes, the longest
 *                of these too
 *  @param reason  why it is bad, or OTTER_OK; never NULL
 *  @return OTTER_VERDICT_GOOD only if the hash is right and, where keys are given, a signature by
 *          one of them is right. Otherwise *reason is one of
 *          OTTER_ERR_IMAGE_HASH, OTTER_ERR_IMAGE_UNSIGNED, OTTER_ERR_IMAGE_UNKNOWN_KEY,
 *          OTTER_ERR_IMAGE_SIGNATURE, OTTER_ERR_IMAGE_LAYOUT, OTTER_ERR_IMAGE_UNSUPPORTED,
 *          OTTER_ERR_IMAGE_TLV, OTTER_ERR_CRYPTO, OTTER_ERR_FLASH */
enum otter_verdict otter_image_verify(const struct otter_image *image,
                                      const struct otter_trust *trust,
                                      const struct otter_workspace *work,
                                      enum otter_result *reason);

/** Compute the digest that the image's hash TLV should hold. Any buffer will do.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH, OTTER_ERR_CRYPTO */
enum otter_result otter_image_digest(const struct otter_image *image,
                                     const struct otter_crypto *crypto,
                                     const struct otter_workspace *work,
                                     uint8_t digest[OTTER_SHA256_SIZE]);

/** Unwrap the key of an opened image that lies there encrypted, so that digest and verification see
 * its plain program. Changes nothing about an image that is not encrypted.
 *
 *  @param cipher  prepared in any case: for an image that is not encrypted it changes no byte. It
 *                 must outlive the use of @p image
 *  @return OTTER_OK
 *          OTTER_ERR_IMAGE_UNSUPPORTED  no decryption key, or none of the provider's ways to unwrap
 *          OTTER_ERR_IMAGE_TLV          not exactly one wrapped key
 *          OTTER_ERR_IMAGE_KEY          it was not wrapped for this device
 *          OTTER_ERR_CRYPTO, OTTER_ERR_FLASH */
enum otter_result otter_image_decrypt(struct otter_image *image, const struct otter_trust *trust,
                                      struct otter_image_cipher *cipher);

/** Turn the bytes at @p offset of an image from cipher into plain text or back, in place; those that
 * do not belong to the program stay as they are.
 *
 *  @return OTTER_OK, OTTER_ERR_CRYPTO */
enum otter_result otter_image_crypt(struct otter_image_cipher *cipher, uint32_t offset,
                                    uint8_t *bytes, size_t len);

/** Leave nothing of the key in memory. */
void otter_image_forget_key(struct otter_image_cipher *cipher);

/** Begin to walk the TLVs of an opened image. */
void otter_tlv_begin(struct otter_tlv_iterator *iterator, const struct otter_image *image);

/** The next TLV.
 *
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND after the last one, OTTER_ERR_IMAGE_TLV, OTTER_ERR_FLASH */
enum otter_result otter_tlv_next(struct otter_tlv_iterator *iterator, struct otter_tlv *tlv);

/** Find the first TLV of @p type and read its value.
 *
 *  @param protected_only  look at the signed area alone
 *  @param size            in: room at @p value; out: bytes of the value
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND, OTTER_ERR_NO_SPACE (size tells how much it needs),
 *          OTTER_ERR_IMAGE_TLV, OTTER_ERR_FLASH */
enum otter_result otter_tlv_read(const struct otter_image *image, uint16_t type,
                                 bool protected_only, uint8_t *value, size_t *size);

/** The next dependency of the image whose TLVs @p iterator walks. Versions are compared without the
 * build number.
 *
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND after the last one, OTTER_ERR_DEPENDENCY if it is malformed,
 *          OTTER_ERR_IMAGE_TLV, OTTER_ERR_FLASH */
enum otter_result otter_dependency_next(struct otter_tlv_iterator *iterator,
                                        struct otter_dependency *dependency);

/** Whether a strict reader takes a TLV of @p type in the unprotected area. */
bool otter_tlv_may_be_unprotected(uint16_t type);

/** Write @p header as the first 32 bytes of an image. */
void otter_image_encode_header(const struct otter_image_header *header,
                               uint8_t bytes[OTTER_IMAGE_HEADER_SIZE]);

/** A TLV area being laid out in the caller's memory: init, add..., finish. */
struct otter_tlv_writer {
    uint8_t *bytes;
    size_t size;   /* room */
    size_t length; /* so far, with the info header */
    bool overflow;
};

/** Start an area; its info header takes the first 4 of @p size bytes. */
void otter_tlv_writer_init(struct otter_tlv_writer *writer, uint8_t *bytes, size_t size);
void otter_tlv_writer_add(struct otter_tlv_writer *writer, uint16_t type, const void *value,
                          uint16_t size);

/** Fill in the info header.
 *
 *  @param magic  OTTER_TLV_INFO_MAGIC or OTTER_TLV_PROTECTED_INFO_MAGIC
 *  @return OTTER_OK, OTTER_ERR_NO_SPACE if something did not fit */
enum otter_result otter_tlv_writer_finish(struct otter_tlv_writer *writer, uint16_t magic);

/** "ECDSA signature", "layout" ...: the name of a TLV type for people; "unknown" for others. */
const char *otter_tlv_type_name(uint16_t type);

#endif
