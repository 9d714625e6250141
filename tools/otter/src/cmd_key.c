/* SPDX-License-Identifier: Apache-2.0 */

/* otter key: make signing keys, and give their public half to bootloaders. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "keys.h"
#include "message.h"
#include "nouns.h"

#define BYTES_PER_LINE 12

static struct {
    const char *type;
    const char *passphrase_file;
    const char *out;
    bool force;
} make = { .type = "ecdsa-p256" };

static const struct option_row new_options[] = {
    { "out", 'o', "FILE", OPTION_TEXT, &make.out, false, "write the key here, instead of to FILE" },
    { "type", 't', "TYPE", OPTION_TEXT, &make.type, false, "kind of key (ecdsa-p256)" },
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

static bool check_new_options(const char *path)
{
    if (path == NULL) {
        message_error("no file is named for the key");
        message_next("Name it: otter key new release.pem");
        return false;
    }
    if (strcmp(make.type, "ecdsa-p256") != 0) {
        message_error("there are no keys of the type \"%s\"", make.type);
        message_fact("expected", "ecdsa-p256");
        return false;
    }
    return may_write(path);
}

static enum command_status run_new(int count, char **operands)
{
    const char *path = make.out != NULL ? make.out : (count > 0 ? operands[0] : NULL);
    char hash[KEY_HASH_TEXT_SIZE];
    struct key key;

    if (!check_new_options(path) || !key_generate(&key)) {
        return COMMAND_WRONG;
    }
    const bool stored = key_store_private(&key, path, make.passphrase_file);
    if (stored) {
        (void)printf("%s: new ECDSA P-256 key\n  key hash      %s\n", path,
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
        (void)fwrite(keys[i].der, 1, KEY_DER_SIZE, out);
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

static void write_array(FILE *out, const struct key *key, int number)
{
    char hash[KEY_HASH_TEXT_SIZE];

    (void)fprintf(out, "\n/* ECDSA P-256, key hash\n * %s */\nstatic const uint8_t key_%d[] = {",
                  key_hash_text(key, hash), number);
    for (size_t i = 0; i < KEY_DER_SIZE; i++) {
        (void)fprintf(out, "%s0x%02x,", i % BYTES_PER_LINE == 0 ? "\n    " : " ", key->der[i]);
    }
    (void)fputs("\n};\n", out);
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
    if (done && publish.out != NULL) {
        done = file_store(publish.out, text, size);
    } else if (done) {
        done = fwrite(text, 1, size, stdout) == size;
    }
    free(text);
    return done;
}

static enum command_status run_public(int count, char **operands)
{
    static struct key keys[UINT8_MAX];
    int loaded = 0;
    bool done = false;

    if (count > UINT8_MAX) {
        message_error("%d keys are too many for one device", count);
        message_fact("expected", "at most %d", UINT8_MAX);
        return COMMAND_WRONG;
    }
    while (loaded < count && key_load(operands[loaded], publish.passphrase_file, &keys[loaded])) {
        loaded++;
    }
    done = loaded == count && publish_keys(keys, count);
    while (loaded > 0) {
        key_free(&keys[--loaded]);
    }
    return done ? COMMAND_DONE : COMMAND_WRONG;
}

static const struct command commands[] = {
    { "new", "[FILE]", "Make a signing key", "otter key new release.pem", new_options, run_new },
    { "public", "KEY...", "Print the public half of keys",
      "otter key public release.pem --format c --out trusted_keys.c", public_options, run_public },
    { 0 },
};

const struct noun key_noun = { "key", "Keys that images are signed with", commands };
