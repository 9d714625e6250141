/* SPDX-License-Identifier: Apache-2.0 */

/* otter aws-standin: AWS IoT Jobs and Streams on any broker, for trials and tests (docs/aws.md). */

#include <stdio.h>
#include <string.h>

#include "aws_faults.h"
#include "aws_standin.h"
#include "aws_status.h"
#include "aws_store.h"
#include "aws_update.h"
#include "message.h"
#include "nouns.h"

/* --- options ------------------------------------------------------------------------------------ */

static struct aws_standin_options run_options = {
    .broker = MQTT_HOST_DEFAULT_OPTIONS,
    .web = { .address = "127.0.0.1" },
    .minute_s = 60,
};

static const struct option_row run_rows[] = {
    MQTT_HOST_OPTION_ROWS(run_options.broker),
    { "url-port", 0, "PORT", OPTION_NUMBER, &run_options.web.port, false,
      "serve pre-signed URLs on this port (no file server)" },
    { "url-host", 0, "ADDRESS", OPTION_TEXT, &run_options.web.address, false,
      "listen for them on this address (127.0.0.1)" },
    { "url-name", 0, "NAME", OPTION_TEXT, &run_options.web_name, false,
      "what URLs call this host (its address)" },
    { "url-cert", 0, "FILE", OPTION_TEXT, &run_options.web.cert, false,
      "serve HTTPS with this certificate" },
    { "url-key", 0, "FILE", OPTION_TEXT, &run_options.web.key, false, "its private key" },
    { "messages-per-second", 0, "N", OPTION_NUMBER, &run_options.messages_per_s, false,
      "as many for each thing, and no more (no limit; AWS: 100)" },
    { "bytes-per-second", 0, "N", OPTION_NUMBER, &run_options.bytes_per_s, false,
      "likewise of streams (no limit; AWS: 524288)" },
    { "minute", 0, "SECONDS", OPTION_NUMBER, &run_options.minute_s, false,
      "how long a minute of a time-out is (60)" },
    { "lenient", 0, NULL, OPTION_FLAG, &run_options.is_lenient, false,
      "let devices reject what they have begun" },
    { "fault", 0, "FAULT", OPTION_LIST, &run_options.faults, false,
      "do something wrong on purpose; \"otter aws-standin faults\" lists what" },
    { "verbose", 'l', NULL, OPTION_FLAG, &run_options.verbose, false,
      "a line for each request for blocks too" },
    { "json", 0, NULL, OPTION_FLAG, &run_options.json, false, "a JSON object for each event" },
    { 0 },
};

static struct option_list things;

static const struct option_row add_rows[] = {
    { "thing", 't', "THING", OPTION_LIST, &things, true, "its name; may be repeated" },
    { 0 },
};

static struct aws_update update = { .protocol = "mqtt", .certfile = "/", .url_seconds = 1800 };

static const struct option_row create_rows[] = {
    { "thing", 't', "THING", OPTION_LIST, &update.things, true,
      "for this thing, which is added if it is new; may be repeated" },
    { "file", 'f', "FILE", OPTION_LIST, &update.files, false,
      "deliver this file; may be repeated, the file ids count from 0" },
    { "file-type", 0, "NUMBER", OPTION_LIST, &update.file_types, false,
      "what the file is (0: firmware); may be repeated" },
    { "file-path", 0, "PATH", OPTION_LIST, &update.file_paths, false,
      "the file's name on the device (/); may be repeated" },
    { "document", 0, "FILE", OPTION_TEXT, &update.document, false,
      "a job of another kind with this document, in place of files" },
    { "id", 0, "ID", OPTION_TEXT, &update.id, false,
      "name of the update; the job is called AFR_OTA-ID (the time)" },
    { "protocol", 0, "NAME", OPTION_TEXT, &update.protocol, false,
      "mqtt, http or both: how devices may fetch the files (mqtt)" },
    { "certfile", 0, "PATH", OPTION_TEXT, &update.certfile, false,
      "where the device has the certificate of the signer (/)" },
    { "sign-key", 0, "FILE", OPTION_TEXT, &update.sign_key, false,
      "sign the files with this key, ECDSA P-256 or RSA" },
    { "passphrase-file", 0, "FILE", OPTION_TEXT, &update.passphrase_file, false,
      "its first line opens the key" },
    { "signature-name", 0, "NAME", OPTION_TEXT, &update.signature_key, false,
      "key of the signature in the document (sig-sha256-ecdsa or sig-sha256-rsa)" },
    { "timeout", 0, "MINUTES", OPTION_NUMBER, &update.timeout_minutes, false,
      "time from the beginning of the job on a thing to its end (no limit)" },
    { "retry-failed", 0, "N", OPTION_NUMBER, &update.retries_failed, false,
      "try again up to N times what has failed (0)" },
    { "retry-timed-out", 0, "N", OPTION_NUMBER, &update.retries_timed_out, false,
      "try again up to N times what has timed out (0)" },
    { "url-seconds", 0, "N", OPTION_NUMBER, &update.url_seconds, false,
      "life of a pre-signed URL (1800)" },
    { 0 },
};

static const char *one_thing;
static bool force;

static const struct option_row cancel_rows[] = {
    { "thing", 't', "THING", OPTION_TEXT, &one_thing, false, "on this thing only" },
    { "force", 0, NULL, OPTION_FLAG, &force, false, "also where a device has begun it" },
    { 0 },
};

static const struct option_row delete_rows[] = {
    { "force", 0, NULL, OPTION_FLAG, &force, false, "also before it has ended on all its things" },
    { 0 },
};

static struct aws_status_options status_options;

static const struct option_row status_rows[] = {
    { "thing", 't', "THING", OPTION_TEXT, &status_options.thing, false, "of this thing only" },
    { "json", 0, NULL, OPTION_FLAG, &status_options.json, false, "print it as JSON" },
    { 0 },
};

/* --- the store around a command ----------------------------------------------------------------- */

static struct aws_store store;

/* Do something with the open folder, and keep what was changed. */
static enum command_status with_store(const char *folder, bool make,
                                      enum command_status (*act)(char **operands), char **operands)
{
    enum command_status status = COMMAND_WRONG;

    if (aws_store_open(&store, folder, make) && aws_store_begin(&store)) {
        status = act(operands);
        if (!aws_store_end(&store)) {
            status = COMMAND_WRONG;
        }
    }
    aws_store_close(&store);
    return status;
}

static struct aws_job *find_job(const char *id)
{
    struct aws_job *job = aws_find_job(&store.cloud, id);

    if (job == NULL) {
        message_error("there is no job %s", id);
        message_next("See: otter aws-standin status %s", store.folder);
    }
    return job;
}

/* --- verbs -------------------------------------------------------------------------------------- */

static enum command_status run(int count, char **operands)
{
    (void)count;
    return mqtt_host_take_broker(&run_options.broker) ? aws_standin_run(&run_options, operands[0])
                                                      : COMMAND_WRONG;
}

static enum command_status add_things(char **operands)
{
    (void)operands;
    for (int i = 0; i < things.count; i++) {
        if (!aws_is_thing_name(things.items[i])) {
            message_error("--thing '%s' is no name of a thing", things.items[i]);
            message_next("Use up to 128 letters, digits, ':', '_' and '-'.");
            return COMMAND_WRONG;
        }
        if (aws_find_thing(&store.cloud, things.items[i]) == NULL
            && aws_store_add_thing(&store, things.items[i]) == NULL) {
            return COMMAND_WRONG;
        }
    }
    return COMMAND_DONE;
}

static enum command_status run_add(int count, char **operands)
{
    (void)count;
    return with_store(operands[0], true, add_things, operands);
}

static enum command_status create(char **operands)
{
    const struct aws_job *job = aws_update_create(&store, &update);

    (void)operands;
    if (job == NULL) {
        return COMMAND_WRONG;
    }
    (void)printf("%s\n", job->file.name);
    return COMMAND_DONE;
}

static enum command_status run_create(int count, char **operands)
{
    (void)count;
    return with_store(operands[0], true, create, operands);
}

/* @return how many executions could not be cancelled */
static unsigned cancel_executions(struct aws_job *job)
{
    const enum aws_actor actor = force ? AWS_BY_FORCING_OPERATOR : AWS_BY_OPERATOR;
    unsigned refused = 0;

    for (struct aws_execution *at = job->executions; at != NULL; at = at->next) {
        const struct aws_place place = { job, at };

        if (aws_status_is_terminal(at->status)
            || (one_thing != NULL && strcmp(at->thing, one_thing) != 0)
            || aws_move(&store.cloud, place, AWS_CANCELED, actor, aws_store_now_ms())) {
            continue;
        }
        message_error("%s is %s on %s", job->file.name, aws_status_name(at->status), at->thing);
        message_next("Cancel it with --force.");
        refused++;
    }
    return refused;
}

/* Is there anything of the job that has not ended, on the thing that was named? */
static bool is_pending(const struct aws_job *job)
{
    const struct aws_execution *latest =
        one_thing != NULL ? aws_find_execution(job, one_thing, 0) : NULL;

    return one_thing != NULL ? latest != NULL && !aws_status_is_terminal(latest->status)
                             : !aws_job_has_ended(job);
}

static enum command_status cancel(char **operands)
{
    struct aws_job *job = find_job(operands[1]);

    if (job == NULL) {
        return COMMAND_WRONG;
    }
    if (!is_pending(job)) {
        message_error("nothing of %s is pending%s%s", job->file.name,
                      one_thing != NULL ? " on " : "", one_thing != NULL ? one_thing : "");
        message_next("What has ended stays as it is.");
        return COMMAND_NO;
    }
    if (one_thing == NULL) {
        job->is_canceled = true;
        job->file.is_changed = true;
    }
    return cancel_executions(job) == 0 ? COMMAND_DONE : COMMAND_NO;
}

static enum command_status run_cancel(int count, char **operands)
{
    (void)count;
    return with_store(operands[0], false, cancel, operands);
}

static void delete_streams_of(const struct aws_job *job)
{
    struct aws_document *next;

    for (struct aws_document *at = store.cloud.streams; at != NULL; at = next) {
        struct aws_stream *stream = (struct aws_stream *)at;

        next = at->next;
        if (strcmp(stream->job, job->file.name) == 0) {
            aws_store_remove_stream(&store, stream);
        }
    }
}

static enum command_status delete_job(char **operands)
{
    struct aws_job *job = find_job(operands[1]);

    if (job == NULL) {
        return COMMAND_WRONG;
    }
    if (!force && !aws_job_has_ended(job)) {
        message_error("%s has not ended on all its things", job->file.name);
        message_next("Cancel it before, or delete it with --force.");
        return COMMAND_NO;
    }
    delete_streams_of(job);
    aws_store_remove_job(&store, job);
    return COMMAND_DONE;
}

static enum command_status run_delete(int count, char **operands)
{
    (void)count;
    return with_store(operands[0], false, delete_job, operands);
}

static void remove_executions(const char *thing)
{
    for (struct aws_document *file = store.cloud.jobs; file != NULL; file = file->next) {
        struct aws_job *job = (struct aws_job *)file;
        struct aws_execution *execution = aws_find_execution(job, thing, 0);

        if (execution != NULL) {
            (void)aws_move(&store.cloud, (struct aws_place){ job, execution }, AWS_REMOVED,
                           AWS_BY_GROUP, aws_store_now_ms());
        }
    }
}

static enum command_status remove_things(char **operands)
{
    (void)operands;
    for (int i = 0; i < things.count; i++) {
        if (aws_find_thing(&store.cloud, things.items[i]) == NULL) {
            message_error("there is no thing %s", things.items[i]);
            return COMMAND_WRONG;
        }
        remove_executions(things.items[i]);
    }
    return COMMAND_DONE;
}

static enum command_status run_remove(int count, char **operands)
{
    (void)count;
    return with_store(operands[0], false, remove_things, operands);
}

static enum command_status print_status(char **operands)
{
    (void)operands;
    if (status_options.job != NULL && find_job(status_options.job) == NULL) {
        return COMMAND_WRONG;
    }
    aws_status_print(&store.cloud, &status_options);
    return COMMAND_DONE;
}

static enum command_status run_status(int count, char **operands)
{
    status_options.job = count > 1 ? operands[1] : NULL;
    return with_store(operands[0], false, print_status, operands);
}

static enum command_status run_faults(int count, char **operands)
{
    (void)count;
    (void)operands;
    aws_faults_print();
    return COMMAND_DONE;
}

/* --- the noun ----------------------------------------------------------------------------------- */

static const struct command commands[] = {
    { "add", "DIR", "Add things to a folder, which is made if it is not there",
      "otter aws-standin add cloud --thing otter-1 --thing otter-2", add_rows, run_add },
    { "run", "DIR", "Answer the things of a folder at a broker, as AWS IoT would",
      "otter aws-standin run cloud --plain\n"
      "otter aws-standin run cloud --ca certs/ca.crt --cert certs/publisher.crt --key "
      "certs/publisher.key --url-port 8443\n"
      "otter aws-standin run cloud --plain --fault lose=20 --fault seed=7 --minute 1",
      run_rows, run },
    { "create", "DIR", "Make a job that updates things, and print its name",
      "otter aws-standin create cloud --thing otter-1 --file update.bin --sign-key ota.key\n"
      "otter aws-standin create cloud --thing otter-1 --file cm0.bin --file cm4.bin --file-type 1 "
      "--file-type 0 --protocol both --timeout 30 --sign-key ota.key",
      create_rows, run_create },
    { "cancel", "DIR JOB", "Cancel a job", "otter aws-standin cancel cloud AFR_OTA-42 --force",
      cancel_rows, run_cancel },
    { "delete", "DIR JOB", "Delete a job with its stream and its files",
      "otter aws-standin delete cloud AFR_OTA-42", delete_rows, run_delete },
    { "remove", "DIR", "Take things out of the targets of all jobs",
      "otter aws-standin remove cloud --thing otter-2", add_rows, run_remove },
    { "status", "DIR [JOB]", "Show what became of each job on each thing",
      "otter aws-standin status cloud\n"
      "otter aws-standin status cloud AFR_OTA-42 --json",
      status_rows, run_status },
    { "faults", "", "List the faults that 'run --fault' knows", "otter aws-standin faults", NULL,
      run_faults },
    { 0 },
};

const struct noun aws_standin_noun = { "aws-standin", "AWS IoT Jobs and Streams on any broker",
                                       commands };
