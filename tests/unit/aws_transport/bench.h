/* SPDX-License-Identifier: Apache-2.0 */

/** A thing on the bench: the transport over the real MQTT client, and the cloud behind it. */
#ifndef BENCH_H
#define BENCH_H

#include "cloud.h"
#include "otter/aws_transport.h"
#include "otter/mqtt.h"
#include "scripted_broker.h"
#include "suites.h"

#define THING "thing:1_a-Z"

/** The document of a job over a stream: one file of the cloud's size. */
extern char bench_document[1000];

struct bench {
    struct scripted_broker broker;
    struct cloud cloud;
    struct otter_mqtt mqtt;
    struct otter_mqtt_client client;
    struct otter_aws_transport transport;
    struct otter_aws_transport_config config;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_job job;
    uint32_t now_ms;
    bool is_on_trial;

    /* what the device has */
    uint8_t file[CLOUD_FILE_MAX];
    bool has[CLOUD_FILE_MAX + 1];
    uint32_t accepted; /* bytes before the first one that is missing */
    uint32_t total;
    unsigned pieces;
    bool leaves_out_ahead;                 /* pieces before their turn are not stored */
    void (*on_piece)(struct bench *bench); /* NULL, or called after each */
};

extern struct bench bench;
extern struct otter_identity bench_identity;

/** A fresh device, connected to nothing, and a cloud without jobs. */
int bench_set_up(void **state);

/** Queue job "AFR_OTA-1" over a stream with the cloud's file. */
void bench_offer(void);

/** The transport starts anew, as after a restart: nothing is known. */
void bench_restart(void);

enum otter_result bench_ask(void);

/** Fetch until all is here or something fails, from `accepted` on. */
enum otter_result bench_fetch(void);

enum otter_result bench_report(enum otter_report_stage stage, enum otter_result why);

void bench_expect_file(void);
const char *bench_explanation(void);

#endif
