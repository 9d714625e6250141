/* SPDX-License-Identifier: Apache-2.0 */

/* otter key: make keys, and give to bootloaders what they need of them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "keys.h"
#include "message.h"
#include "nouns.h"
#include "openssl_error.h"

#define BYTES_PER_LINE 12

static struct {
    const char *type;
    const char *passphrase_file;
    bool force;
} make = { .type = "ecdsa-p256" };

static const struct option_row new_options[] = {
    { "type", 't', "TYPE", OPTION_TEXT, &make.type, false,
      "ecdsa-p256 (default), rsa-2048, rsa-3072, ed25519, or x25519, which can only encrypt" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &make.passphrase_file, false,
      "encrypt the key with the first line of FILE" },
    { "force", 'f', NULL, OPTION_FLAG, &make.force, false, "replace a key that is there already" },
    { 0 },
};

static bool may_write(const char *path)
{
    if (make.force || access(path, F_OK) != 0) {
        return true;
    }
    message_error("%s is there already", path);
    message_next("Name another file, or give --force: images signed with the old key will then "
                 "need it for ever.");
    return false;
}

static const struct key_type *find_type(const char *name)
{
    const struct key_type *type = key_type_find(name);

    if (type == NULL) {
        message_error("there are no keys of the type \"%s\"", name);
        message_fact("expected", "ecdsa-p256, rsa-2048, rsa-3072, ed25519 or x25519");
    }
    return type;
}

static enum command_status run_new(int count, char **operands)
{
    const char *path = operands[0];
    const struct key_type *type = find_type(make.type);
    char hash[KEY_HASH_TEXT_SIZE];
    struct key key;

    (void)count;
    if (type == NULL || !may_write(path) || !key_generate(type, &key)) {
        return COMMAND_WRONG;
    }
    const bool stored = key_store_private(&key, path, make.passphrase_file);
    if (stored) {
        (void)printf("%s: new %s key\n  key hash      %s\n", path, type->title,
                     key_hash_text(&key, hash));
    }
    key_free(&key);
    return stored ? COMMAND_DONE : COMMAND_WRONG;
}

static struct {
    const char *format;
    const char *passphrase_file;
    const char *out;
} publish = { .format = "pem" };

static const struct option_row public_options[] = {
    { "format", 'f', "FORMAT", OPTION_TEXT, &publish.format, false,
      "pem (default), der, c (a C file that defines otter_trusted_keys), or hash" },
    { "out", 'o', "FILE", OPTION_TEXT, &publish.out, false, "write to FILE, not to stdout" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &publish.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { 0 },
};

static bool write_pem(FILE *out, const struct key *keys, int count)
{
    for (int i = 0; i < count; i++) {
        char *pem = key_public_pem(&keys[i]);

        if (pem == NULL) {
            return false;
        }
        (void)fputs(pem, out);
        free(pem);
    }
    return true;
}

static bool write_der(FILE *out, const struct key *keys, int count)
{
    for (int i = 0; i < count; i++) {
        (void)fwrite(keys[i].der, 1, keys[i].der_size, out);
    }
    return true;
}

static bool write_hash(FILE *out, const struct key *keys, int count)
{
    char hash[KEY_HASH_TEXT_SIZE];

    for (int i = 0; i < count; i++) {
        (void)fprintf(out, "%s\n", key_hash_text(&keys[i], hash));
    }
    return true;
}

static void write_bytes(FILE *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        (void)fprintf(out, "%s0x%02x,", i % BYTES_PER_LINE == 0 ? "\n    " : " ", bytes[i]);
    }
    (void)fputs("\n};\n", out);
}

static void write_array(FILE *out, const struct key *key, int number)
{
    char hash[KEY_HASH_TEXT_SIZE];

    (void)fprintf(out, "\n/* %s, key hash\n * %s */\nstatic const uint8_t key_%d[] = {",
                  key->type->title, key_hash_text(key, hash), number);
    write_bytes(out, key->der, key->der_size);
}

static bool write_c(FILE *out, const struct key *keys, int count)
{
    (void)fputs("/* Made by \"otter key public --format c\"; do not edit. */\n\n"
                "#include \"otter/crypto.h\"\n\n"
                "extern const struct otter_public_key otter_trusted_keys[];\n"
                "extern const uint8_t otter_trusted_key_count;\n",
                out);
    for (int i = 0; i < count; i++) {
        write_array(out, &keys[i], i);
    }
    (void)fputs("\nconst struct otter_public_key otter_trusted_keys[] = {\n", out);
    for (int i = 0; i < count; i++) {
        (void)fprintf(out, "    { key_%d, sizeof key_%d },\n", i, i);
    }
    (void)fprintf(out, "};\nconst uint8_t otter_trusted_key_count = %d;\n", count);
    return true;
}

static const struct {
    const char *name;
    bool (*write)(FILE *out, const struct key *keys, int count);
} formats[] = {
    { "pem", write_pem },
    { "der", write_der },
    { "c", write_c },
    { "hash", write_hash },
};

static bool write_in_format(FILE *out, const struct key *keys, int count)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, publish.format) == 0) {
            return formats[i].write(out, keys, count);
        }
    }
    message_error("there is no format \"%s\"", publish.format);
    message_fact("expected", "pem, der, c or hash");
    return false;
}

/* Text or bytes that go to a file, or to stdout without one. @p is_secret: for the owner only */
static bool deliver(const char *path, const void *bytes, size_t size, bool is_secret)
{
    if (path == NULL) {
        return fwrite(bytes, 1, size, stdout) == size;
    }
    return is_secret ? file_store_secret(path, bytes, size) : file_store(path, bytes, size);
}

static bool publish_keys(const struct key *keys, int count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        message_system("write", "the public key");
        return false;
    }
    bool done = write_in_format(out, keys, count);
    (void)fclose(out);
    done = done && deliver(publish.out, text, size, false);
    free(text);
    return done;
}

/* A bootloader checks signatures with these keys; x25519 makes none. */
static bool can_sign(const struct key *key, const char *path)
{
    if (key->type->signature_tlv != 0 || strcmp(publish.format, "c") != 0) {
        return true;
    }
    message_error("%s is an %s key, which signs nothing", path, key->type->title);
    message_next("Give keys that images are signed with; pem and der work for this one.");
    return false;
}

static enum command_status run_public(int count, char **operands)
{
    static struct key keys[UINT8_MAX];
    int loaded = 0;
    bool done = true;

    if (count > UINT8_MAX) {
        message_error("%d keys are too many for one device", count);
        message_fact("expected", "at most %d", UINT8_MAX);
        return COMMAND_WRONG;
    }
    while (loaded < count && key_load(operands[loaded], publish.passphrase_file, &keys[loaded])) {
        done = done && can_sign(&keys[loaded], operands[loaded]);
        loaded++;
    }
    done = done && loaded == count && publish_keys(keys, count);
    while (loaded > 0) {
        key_free(&keys[--loaded]);
    }
    return done ? COMMAND_DONE : COMMAND_WRONG;
}

static struct {
    const char *format;
    const char *passphrase_file;
    const char *out;
    bool minimal;
} export = { .format = "c" };

static const struct option_row private_options[] = {
    { "format", 'f', "FORMAT", OPTION_TEXT, &export.format, false,
      "c (default: a C file that defines otter_decryption_key), or der" },
    { "minimal", 'm', NULL, OPTION_FLAG, &export.minimal, false,
      "leave out what the bootloader can compute from the rest" },
    { "out", 'o', "FILE", OPTION_TEXT, &export.out, false,
      "write to FILE, for its owner only, not to stdout" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &export.passphrase_file, false,
      "the first line of FILE opens an encrypted key" },
    { 0 },
};

static bool export_c(const struct key *key, const uint8_t *der, size_t size)
{
    char hash[KEY_HASH_TEXT_SIZE];
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL) {
        message_system("write", "the private key");
        return false;
    }
    (void)fprintf(out,
                  "/* Made by \"otter key private --format c\"; do not edit, do not publish. */\n\n"
                  "#include \"otter/crypto.h\"\n\n"
                  "extern const struct otter_private_key otter_decryption_key;\n\n"
                  "/* %s, hash of its public half\n * %s */\nstatic const uint8_t key[] = {",
                  key->type->title, key_hash_text(key, hash));
    write_bytes(out, der, size);
    (void)fputs("\nconst struct otter_private_key otter_decryption_key = { key, sizeof key };\n",
                out);
    (void)fclose(out);
    const bool done = deliver(export.out, text, length, true);
    OPENSSL_cleanse(text, length);
    free(text);
    return done;
}

static bool export_key(const struct key *key)
{
    uint8_t *der = NULL;
    const int size = key_type_private_der(key->type, key->pkey, export.minimal, &der);
    bool done = false;

    if (size <= 0) {
        message_openssl("the private key cannot be written as DER");
    } else if (strcmp(export.format, "c") == 0) {
        done = export_c(key, der, (size_t)size);
    } else {
        done = deliver(export.out, der, (size_t)size, true);
    }
    OPENSSL_clear_free(der, size > 0 ? (size_t)size : 0);
    return done;
}

static bool can_decrypt(const struct key *key, const char *path)
{
    if (key->type->encryption_tlv != 0) {
        return true;
    }
    message_error("%s is an %s key, which images cannot be encrypted to", path, key->type->title);
    message_fact("expected", "ECDSA P-256, RSA-2048 or X25519");
    message_next("The private half of a signing key has no place in a device.");
    return false;
}

static enum command_status run_private(int count, char **operands)
{
    struct key key;

    (void)count;
    if (strcmp(export.format, "c") != 0 && strcmp(export.format, "der") != 0) {
        message_error("there is no format \"%s\"", export.format);
        message_fact("expected", "c or der");
        return COMMAND_WRONG;
    }
    if (!key_load_private(operands[0], export.passphrase_file, &key)) {
        return COMMAND_WRONG;
    }
    const bool done = can_decrypt(&key, operands[0]) && export_key(&key);
    key_free(&key);
    return done ? COMMAND_DONE : COMMAND_WRONG;
}

static const struct command commands[] = {
    { "new", "FILE", "Make a key", "otter key new release.pem", new_options, run_new },
    { "public", "KEY...", "Print the public half of keys",
      "otter key public release.pem --format c --out trusted_keys.c", public_options, run_public },
    { "private", "KEY", "Print the private half of a key, for a bootloader that decrypts images",
      "otter key private device.pem --minimal --out decryption_key.c", private_options,
      run_private },
    { 0 },
};

const struct noun key_noun = { "key", "Keys that images are signed with, or encrypted to",
                               commands };
