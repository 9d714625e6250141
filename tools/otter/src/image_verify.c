/* SPDX-License-Identifier: Apache-2.0 */

/* otter image verify: the device's own verification, and an explanation when it says no. */

#include "image_verify.h"

#include <stdio.h>

#include "bundle_file.h"
#include "bundle_info.h"
#include "image_check.h"
#include "image_file.h"
#include "json.h"
#include "layout_file.h"

/* Everything that one run works on. */
struct question {
    const struct image_verify_options *options;
    const char *path;
    struct image_trust trust;
    struct layout_file *layout;
    struct image_file file;
    struct image_answer answer;
};

static bool load_trust(struct question *question)
{
    const struct image_verify_options *options = question->options;

    if (!image_trust_load(&question->trust, options->keys.items, options->keys.count,
                          options->passphrase_file)
        || !image_trust_load_decryption_key(&question->trust, options->decryption_key,
                                            options->passphrase_file)) {
        return false;
    }
    if (options->layout == NULL) {
        return true;
    }
    question->layout = layout_file_load(options->layout);
    if (question->layout != NULL) {
        image_trust_use_layout(&question->trust, question->layout);
    }
    return question->layout != NULL;
}

static void tell_good(const struct question *question)
{
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&question->answer.image.header.version, version);
    (void)printf("%s: good, image %s, %s\n", question->path, version,
                 question->trust.key_count > 0
                     ? "hash and signature are right"
                     : "its hash is right; give --key to check its signature");
}

static void tell_json(const struct question *question)
{
    const struct image_answer *answer = &question->answer;
    char version[OTTER_VERSION_TEXT_SIZE];
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(root, "file", question->path);
    if (answer->is_image) {
        otter_version_format(&answer->image.header.version, version);
        (void)cJSON_AddStringToObject(root, "version", version);
    }
    (void)cJSON_AddBoolToObject(root, "good", answer->result == OTTER_OK);
    (void)cJSON_AddBoolToObject(root, "signature_checked", question->trust.key_count > 0);
    image_check_json(root, answer);
    json_print(root);
}

static enum command_status tell(const struct question *question)
{
    const bool good = question->answer.result == OTTER_OK;

    if (question->options->json) {
        tell_json(question);
    } else if (good) {
        tell_good(question);
    } else {
        image_check_complain(question->path, &question->answer);
    }
    return good ? COMMAND_DONE : COMMAND_NO;
}

static enum command_status answer(struct question *question)
{
    if (bundle_file_is_archive(&question->file.bytes)) {
        return bundle_verify(question->path, &question->file.bytes, &question->trust,
                             question->options->json);
    }
    image_check(&question->file.area, UINT32_MAX, &question->trust, &question->answer);
    return tell(question);
}

enum command_status image_verify(const struct image_verify_options *options, const char *path)
{
    static struct question question; /* large, and a process asks once */
    enum command_status status = COMMAND_WRONG;

    question = (struct question){ .options = options, .path = path };
    if (load_trust(&question) && image_file_read(path, &question.file)) {
        status = answer(&question);
    }
    image_file_free(&question.file);
    layout_file_free(question.layout);
    image_trust_free(&question.trust);
    return status;
}
