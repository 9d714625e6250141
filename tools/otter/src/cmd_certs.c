/* SPDX-License-Identifier: Apache-2.0 */

/* otter certs: the certificates of a broker, its publishers and its devices. */

#include <ctype.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certificates.h"
#include "file.h"
#include "job_file.h"
#include "message.h"
#include "nouns.h"
#include "openssl_error.h"

#define PATH_SIZE 1024
#define CA        "ca"

static struct {
    const char *folder;
    struct option_list servers;
    const char *server_file;
    struct option_list clients;
    uint32_t days;
    bool expired;
    bool force;
} make = { .server_file = "server", .days = 3650 };

static const struct option_row new_options[] = {
    { "dir", 'd', "DIR", OPTION_TEXT, &make.folder, false,
      "the folder of the authority, instead of DIR" },
    { "server", 's', "NAME", OPTION_LIST, &make.servers, false,
      "a DNS name or IP address of the server; may be repeated" },
    { "server-file", 0, "NAME", OPTION_TEXT, &make.server_file, false,
      "name the server's files NAME.crt and NAME.key (server)" },
    { "client", 'c', "NAME", OPTION_LIST, &make.clients, false,
      "a client, in the files NAME.crt and NAME.key; may be repeated" },
    { "days", 0, "DAYS", OPTION_NUMBER, &make.days, false,
      "how long certificates are valid (3650)" },
    { "expired", 0, NULL, OPTION_FLAG, &make.expired, false,
      "make certificates of servers and clients that ended yesterday, for tests" },
    { "force", 'f', NULL, OPTION_FLAG, &make.force, false, "replace what is there already" },
    { 0 },
};

static bool is_there(const char *folder, const char *name, const char *ending)
{
    char path[PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);

    return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

/* A name is part of a file's name. */
static bool check_file_name(const char *name)
{
    if (*name != '\0' && *name != '.' && strchr(name, '/') == NULL && strcmp(name, CA) != 0) {
        return true;
    }
    message_error("\"%s\" cannot be the name of a certificate's file", name);
    return false;
}

static bool may_write(const char *name)
{
    if (make.force
        || (!is_there(make.folder, name, "crt") && !is_there(make.folder, name, "key"))) {
        return true;
    }
    message_error("%s/%s.crt or its key is there already", make.folder, name);
    message_next("Give --force to replace it, or name another.");
    return false;
}

static bool check_request(void)
{
    if (make.folder == NULL) {
        message_error("no folder is named");
        message_next("Name it: otter certs new certificates");
        return false;
    }
    if (make.days == 0 || make.days > 36500) {
        message_error("certificates cannot be valid for %u days", make.days);
        message_fact("expected", "1 to 36,500");
        return false;
    }
    if (!certificate_check_names(make.servers.items, make.servers.count)) {
        return false;
    }
    if (make.servers.count > 0
        && !(check_file_name(make.server_file) && may_write(make.server_file))) {
        return false;
    }
    for (int i = 0; i < make.clients.count; i++) {
        if (!check_file_name(make.clients.items[i]) || !may_write(make.clients.items[i])) {
            return false;
        }
    }
    return true;
}

static bool make_folder(void)
{
    if (mkdir(make.folder, 0777) != 0 && errno != EEXIST) {
        message_system("make", make.folder);
        return false;
    }
    return true;
}

static bool store(const struct identity *identity, const char *name)
{
    if (!identity_store(identity, make.folder, name)) {
        return false;
    }
    (void)printf("%s/%s.crt, %s.key\n", make.folder, name, name);
    return true;
}

/* Each authority has a name of its own, so that a certificate of another one with the same name is
 * told apart by people and found at once by software. */
static bool make_authority(struct identity *authority)
{
    uint8_t random[4] = { 0 };
    char name[32];

    (void)RAND_bytes(random, sizeof random);
    (void)snprintf(name, sizeof name, "Otter CA %02x%02x%02x%02x", random[0], random[1], random[2],
                   random[3]);
    const struct certificate_request request = {
        .use = CERTIFICATE_AUTHORITY,
        .common_name = name,
        .days = make.days,
    };
    return identity_make(&request, NULL, authority) && store(authority, CA);
}

/* The folder's authority, or a new one where there is none. A new one is never put over an old one
 * to add to it: everything that the old one signed would be worthless. */
static bool open_authority(struct identity *authority)
{
    return is_there(make.folder, CA, "crt") ? identity_load(make.folder, CA, authority)
                                            : make_authority(authority);
}

static bool issue(const struct identity *authority, const struct certificate_request *request,
                  const char *name)
{
    struct identity identity;

    if (!identity_make(request, authority, &identity)) {
        return false;
    }
    const bool stored = store(&identity, name);
    identity_free(&identity);
    return stored;
}

static bool issue_server(const struct identity *authority)
{
    const struct certificate_request request = {
        .use = CERTIFICATE_SERVER,
        .common_name = make.servers.items[0],
        .names = make.servers.items,
        .name_count = make.servers.count,
        .days = make.days,
        .expired = make.expired,
    };

    return issue(authority, &request, make.server_file);
}

static bool issue_clients(const struct identity *authority)
{
    for (int i = 0; i < make.clients.count; i++) {
        const struct certificate_request request = {
            .use = CERTIFICATE_CLIENT,
            .common_name = make.clients.items[i],
            .days = make.days,
            .expired = make.expired,
        };

        if (!issue(authority, &request, make.clients.items[i])) {
            return false;
        }
    }
    return true;
}

static bool run_requests(void)
{
    struct identity authority;

    if (!open_authority(&authority)) {
        return false;
    }
    const bool done =
        (make.servers.count == 0 || issue_server(&authority)) && issue_clients(&authority);
    identity_free(&authority);
    return done;
}

/* Asked for nothing in particular: what a trial on this computer needs. */
static void ask_for_the_usual(void)
{
    if (make.servers.count > 0 || make.clients.count > 0) {
        return;
    }
    make.servers = (struct option_list){ .items = { "localhost", "127.0.0.1" }, .count = 2 };
    make.clients = (struct option_list){ .items = { "client" }, .count = 1 };
}

static enum command_status run_new(int count, char **operands)
{
    if (make.folder == NULL && count > 0) {
        make.folder = operands[0];
    }
    ask_for_the_usual();
    if (!check_request() || !make_folder()) {
        return COMMAND_WRONG;
    }
    return run_requests() ? COMMAND_DONE : COMMAND_WRONG;
}

/* "certs/ca.crt" becomes ca_crt. */
static void print_identifier(const char *path)
{
    const char *name = last_part(path);

    if (isdigit((unsigned char)*name)) {
        (void)putchar('_');
    }
    for (; *name != '\0'; name++) {
        (void)putchar(isalnum((unsigned char)*name) ? *name : '_');
    }
}

/* Copy one PEM block. @return false after the last one */
static bool copy_block(BIO *in, BIO *out)
{
    char *name = NULL;
    char *header = NULL;
    uint8_t *bytes = NULL;
    long size = 0;

    if (PEM_read_bio(in, &name, &header, &bytes, &size) != 1) {
        return false;
    }
    (void)PEM_write_bio(out, name, header, bytes, size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(bytes, (size_t)size);
    return true;
}

/* The blocks of a PEM file alone: no text between them may become C. */
static BIO *blocks_of(const struct file_bytes *file)
{
    BIO *in = BIO_new_mem_buf(file->bytes, (int)file->size);
    BIO *out = BIO_new(BIO_s_mem());

    while (copy_block(in, out)) {
    }
    (void)BIO_free(in);
    return out;
}

static void print_literal(const char *path, BIO *text)
{
    char line[128];

    (void)fputs("static const char ", stdout);
    print_identifier(path);
    (void)fputs("[] =", stdout);
    while (BIO_gets(text, line, sizeof line) > 0) {
        line[strcspn(line, "\n")] = '\0';
        (void)printf("\n    \"%s\\n\"", line);
    }
    (void)fputs(";\n", stdout);
}

static bool embed(const char *path)
{
    struct file_bytes file;

    if (!file_load(path, &file)) {
        return false;
    }
    BIO *blocks = blocks_of(&file);
    const bool found = BIO_pending(blocks) > 0;
    if (found) {
        print_literal(path, blocks);
    } else {
        message_error("%s holds no PEM text", path);
        message_fact("expected", "a certificate or key: -----BEGIN ...");
        message_next("Convert it: openssl x509 -inform DER -in %s", path);
    }
    (void)BIO_free(blocks);
    file_free(&file);
    return found;
}

static enum command_status run_embed(int count, char **operands)
{
    for (int i = 0; i < count; i++) {
        if (!embed(operands[i])) {
            return COMMAND_WRONG;
        }
    }
    return COMMAND_DONE;
}

static const struct command commands[] = {
    { "new", "[DIR]", "Make an authority, and certificates for servers and clients",
      "otter certs new --server localhost --server 127.0.0.1 --client device certificates",
      new_options, run_new },
    { "embed", "FILE...", "Print PEM files as C strings",
      "otter certs embed certificates/ca.crt > ca.h", NULL, run_embed },
    { 0 },
};

const struct noun certs_noun = { "certs", "Certificates for TLS", commands };
