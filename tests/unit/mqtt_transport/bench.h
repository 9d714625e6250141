/* SPDX-License-Identifier: Apache-2.0 */

/** A transport over the real client and a scripted broker, driven as the agent does. */
#ifndef BENCH_H
#define BENCH_H

#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "publisher.h"
#include "scripted_broker.h"

extern struct scripted_broker broker;
extern struct otter_mqtt_transport transport;
extern struct otter_mqtt_transport_config config;
extern struct otter_job_source jobs;
extern struct otter_data_source data;
extern struct otter_job job; /* that get_job() got */
extern uint32_t now_ms;
extern enum otter_result random_result; /* what the random numbers come with */
extern const struct otter_identity identity;

/* What was fetched. */
extern struct device {
    uint8_t image[IMAGE_MAX];
    bool has[IMAGE_MAX + 1]; /* never what is behind the last byte */
    uint32_t accepted;       /* bytes before the first one that is missing */
    uint32_t total;
    unsigned pieces;
    enum otter_result refused; /* the last chunk that was */
    unsigned refusals;
} device;

/** Before each test. */
int fresh(void **state);

#define TEST(name) cmocka_unit_test_setup(name, fresh)

enum otter_result ask_for_job(void);
void get_job(void);
enum otter_result send_report(enum otter_report_stage stage, enum otter_result why);

/** Fetch what is missing when the first @p offset bytes are here. */
enum otter_result fetch_image_from(uint32_t offset);

/** The same in the present session, never more than @p most bytes at a time. */
enum otter_result go_on_fetching(size_t most);

struct otter_range first_gap(void);

/** Take what comes in any order, as the slot writer does, but never more than @p most at a time. */
void take_piece(const struct otter_chunk *chunk, size_t most);

/** That all of it is here and right. */
void expect_image(void);

#endif
