/* SPDX-License-Identifier: Apache-2.0 */

/** Result codes: every way in which Otter can succeed or fail.
 *
 * One table gives the enumerator, its value, a short meaning and the next step for whoever reads
 * it. Zero is success and negatives are the rest, so that a function that counts may return a
 * count or a result. The values appear in logs and in reports to servers: never renumber them,
 * only append. A programmer's mistake (a null pointer, an unaligned buffer) is an assertion, not
 * a result; a result is for what the world does to us: flash, network, attacker, user. */
#ifndef OTTER_RESULT_H
#define OTTER_RESULT_H

/* clang-format off */
#define OTTER_RESULTS(X)                                                                           \
    X(OTTER_OK,                     0, "done", "")                                                 \
    X(OTTER_AGAIN,                 -1, "not finished yet", "step it again")                        \
    X(OTTER_NO_UPDATE,             -2, "no update available", "")                                  \
    X(OTTER_ERR_ARGUMENT,          -3, "a setting has an impossible value",                        \
      "compare the configuration with the documented ranges")                                      \
    X(OTTER_ERR_FLASH,             -4, "the flash refused an operation",                           \
      "check the layout against the board; the device may be worn or absent")                      \
    X(OTTER_ERR_RANGE,             -5, "an offset or a length leaves its area",                    \
      "compare the layout of the device with that of the image")                                   \
    X(OTTER_ERR_ALIGNMENT,         -6, "a flash operation is not aligned to sector or write unit", \
      "compare the layout with the flash device's geometry")                                       \
    X(OTTER_ERR_NO_SPACE,          -7, "it does not fit the room there is",                        \
      "enlarge the buffer or area, or shrink what goes into it")                                   \
    X(OTTER_ERR_NOT_FOUND,         -8, "there is no such thing here",                              \
      "check the name and where it was looked for")                                                \
    X(OTTER_ERR_CRYPTO,            -9, "the crypto provider failed",                               \
      "check its configuration and its memory")                                                    \
    /* images */                                                                                   \
    X(OTTER_ERR_EMPTY_SLOT,       -20, "the slot is empty", "program or download an image")        \
    X(OTTER_ERR_IMAGE_MAGIC,      -21, "the bytes are not an image",                               \
      "sign the program with 'otter image sign' and use the signed file")                          \
    X(OTTER_ERR_IMAGE_HEADER,     -22, "the image's header contradicts itself",                    \
      "sign the program again")                                                                    \
    X(OTTER_ERR_IMAGE_TOO_BIG,    -23, "the image does not fit its slot",                          \
      "shrink the program or enlarge the slots in the layout")                                     \
    X(OTTER_ERR_IMAGE_TLV,        -24, "the image's TLV area is malformed",                        \
      "the file is cut short or damaged; transfer it again")                                       \
    X(OTTER_ERR_IMAGE_HASH,       -25, "the image's hash does not match its bytes",                \
      "the file is damaged; transfer it again")                                                    \
    X(OTTER_ERR_IMAGE_UNSIGNED,   -26, "the image carries no signature",                           \
      "sign it with a key that this device trusts")                                                \
    X(OTTER_ERR_IMAGE_UNKNOWN_KEY, -27, "no key on this device signed the image",                  \
      "compare the key hashes of image and device")                                                \
    X(OTTER_ERR_IMAGE_SIGNATURE,  -28, "the image's signature is wrong",                           \
      "the file was altered after signing; sign it again")                                         \
    X(OTTER_ERR_IMAGE_LAYOUT,     -29, "the image was made for another layout",                    \
      "build and sign it with the layout of this device")                                          \
    X(OTTER_ERR_IMAGE_UNSUPPORTED, -30, "the image needs a feature that this device lacks",        \
      "sign it without that feature")                                                              \
    X(OTTER_ERR_DOWNGRADE,        -31, "the image is older than the device allows",                \
      "raise the version and sign again")                                                          \
    X(OTTER_ERR_IMAGE_KEY,        -33, "the image's key was not wrapped for this device",          \
      "encrypt the image to this device's public key")                                             \
    X(OTTER_ERR_TRAILER,          -32, "the slot's trailer holds neither a request nor nothing",   \
      "erase the slot and stage the image again")                                                  \
    X(OTTER_ERR_DEPENDENCY,       -34, "an image needs another version of another image",          \
      "install the images that belong together")                                                   \
    X(OTTER_ERR_IMAGE_ADDRESS,    -35, "the image was linked for another address",                 \
      "install the image that was linked for this slot")                                           \
    /* links and servers */                                                                        \
    X(OTTER_ERR_HOST,             -40, "the host cannot be reached",                               \
      "check its name, its port and the network")                                                  \
    X(OTTER_ERR_CLOSED,           -41, "the peer closed the link", "try again later")              \
    X(OTTER_ERR_LINK,             -42, "the link failed", "try again later")                       \
    X(OTTER_ERR_PEER_UNTRUSTED,   -43, "the peer did not prove who it is",                         \
      "check the server's certificate, its name, its dates and the device's CA")                   \
    X(OTTER_ERR_REFUSED,          -44, "the server refused this device",                           \
      "check the device's certificate, its name and its permissions")                              \
    X(OTTER_ERR_PROTOCOL,         -45, "the peer broke the protocol",                              \
      "check that the right kind of server listens on that port")                                  \
    X(OTTER_ERR_TIMEOUT,          -46, "the peer did not answer in time",                          \
      "check that the server or publisher runs")                                                   \
    X(OTTER_ERR_SERVER,           -47, "the server cannot serve this now",                         \
      "try again later; look at the server's log")                                                 \
    /* jobs and downloads */                                                                       \
    X(OTTER_ERR_JOB_SYNTAX,       -60, "the job is not a JSON object", "correct the job document") \
    X(OTTER_ERR_JOB_TOO_BIG,      -61, "the job document is too long", "shorten the job document") \
    X(OTTER_ERR_JOB_FIELD,        -62, "a field of the job is missing or malformed",               \
      "correct the job document")                                                                  \
    X(OTTER_ERR_JOB_BOARD,        -63, "the job is for another board",                             \
      "release the image for this device's board")                                                 \
    X(OTTER_ERR_JOB_NOT_NEWER,    -64, "the job's version is not newer than the running one",      \
      "raise the version of the image")                                                            \
    X(OTTER_ERR_JOB_REJECTED,     -65, "this version was tried before and reverted",               \
      "release a corrected image under a new version")                                             \
    X(OTTER_ERR_JOB_REDIRECT,     -66, "the job points to a server that is not allowed",           \
      "correct the job, or allow that server in the device's configuration")                       \
    X(OTTER_ERR_CHUNK_HEADER,     -67, "a chunk's header is wrong",                                \
      "check that publisher and device speak the same protocol")                                   \
    X(OTTER_ERR_CHUNK_FOREIGN,    -68, "a chunk belongs to another download",                      \
      "check that no other publisher answers this device")                                         \
    X(OTTER_ERR_CHUNK_RANGE,      -69, "a chunk leaves the announced image",                       \
      "check the publisher")                                                                       \
    X(OTTER_ERR_VERSION_MISMATCH, -70, "the image's version is not the one the job promised",      \
      "publish the image that the job names")                                                      \
    X(OTTER_ERR_STOPPED,          -71, "stopped by the application", "")                           \
    X(OTTER_ERR_RETRIES,          -72, "all tries are used up", "look at the errors before it")    \
    X(OTTER_ERR_NOT_CONFIRMED,    -73, "the new image was not confirmed and was reverted",         \
      "look at why the new image did not start or did not reach its server")                       \
    X(OTTER_ERR_JOB_PRODUCT,      -74, "the job is for another product",                           \
      "release the image for this device's product")                                               \
    X(OTTER_ERR_IMAGE_CHANGED,    -75, "the image changed while it was fetched",                   \
      "it is fetched again from its beginning; publish a changed image under a new version")       \
    X(OTTER_ERR_BUNDLE,           -76, "the archive is not a bundle of images",                    \
      "make it with 'otter image bundle'")                                                         \
    X(OTTER_ERR_JOB_CANCELLED,    -77, "the job was cancelled", "")                                \
    X(OTTER_ERR_JOB_NOT_TRIED,    -78, "the job should be on trial, but is not",                   \
      "create the job again")                                                                      \
    X(OTTER_ERR_JOB_SIGNATURE,    -79, "the job's signature does not fit the file",                \
      "sign the file again, with the key whose certificate the device has")                        \
    X(OTTER_ERR_ABANDONED,        -80, "the peer stopped sending, or the link to it was lost",     \
      "send it again; what is here is gone on with")

enum otter_result {
#define X(name, value, meaning, hint) name = value,
    OTTER_RESULTS(X)
#undef X
};
/* clang-format on */

/** The enumerator's name, for example "OTTER_ERR_FLASH"; "OTTER_?" for an unknown value. */
const char *otter_result_name(enum otter_result result);

/** What @p result means, in a few English words; never NULL. */
const char *otter_result_meaning(enum otter_result result);

/** What to do about it, as an imperative; the empty string if there is nothing to do. */
const char *otter_result_hint(enum otter_result result);

#endif
