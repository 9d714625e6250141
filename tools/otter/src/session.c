/* SPDX-License-Identifier: Apache-2.0 */

/* The table of sessions. Nothing in it takes longer with more devices: rows are found by a hash of
 * their topic, and each is in the one list of its state. */

#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE       (-1)
#define HASH_START 0xCBF29CE484222325u /* FNV-1a */
#define HASH_PRIME 0x100000001B3u

/* --- lists -------------------------------------------------------------------------------------- */

static struct session *row_at(const struct session_table *table, int32_t number)
{
    return number == NONE ? NULL : &table->rows[number];
}

int32_t session_number(const struct session_table *table, const struct session *session)
{
    return (int32_t)(session - table->rows);
}

static void unlink_row(struct session_table *table, const struct session *session)
{
    struct session_list *list = &table->lists[session->state];
    struct session *previous = row_at(table, session->previous_in_list);
    struct session *next = row_at(table, session->next_in_list);

    *(previous != NULL ? &previous->next_in_list : &list->first) = session->next_in_list;
    *(next != NULL ? &next->previous_in_list : &list->last) = session->previous_in_list;
}

static void link_last(struct session_table *table, struct session *session,
                      enum session_state state)
{
    struct session_list *list = &table->lists[state];
    struct session *last = row_at(table, list->last);
    int32_t number = session_number(table, session);

    session->state = state;
    session->previous_in_list = list->last;
    session->next_in_list = NONE;
    *(last != NULL ? &last->next_in_list : &list->first) = number;
    list->last = number;
}

void session_move(struct session_table *table, struct session *session, enum session_state state)
{
    unlink_row(table, session);
    link_last(table, session, state);
}

struct session *session_first_ready(struct session_table *table)
{
    return row_at(table, table->lists[SESSION_READY].first);
}

/* --- buckets ------------------------------------------------------------------------------------ */

static int32_t *bucket_of(const struct session_table *table, const char *topic)
{
    uint64_t hash = HASH_START;

    for (; *topic != '\0'; topic++) {
        hash = (hash ^ (uint8_t)*topic) * HASH_PRIME;
    }
    return &table->buckets[(hash ^ hash >> 32) % SESSION_COUNT];
}

static void leave_bucket(struct session_table *table, const struct session *session)
{
    int32_t *link = bucket_of(table, session->topic);

    while (*link != session_number(table, session)) {
        link = &table->rows[*link].next_in_bucket;
    }
    *link = session->next_in_bucket;
}

struct session *session_find(struct session_table *table, const char *topic)
{
    int32_t number = *bucket_of(table, topic);

    while (number != NONE && strcmp(table->rows[number].topic, topic) != 0) {
        number = table->rows[number].next_in_bucket;
    }
    return row_at(table, number);
}

/* --- rows --------------------------------------------------------------------------------------- */

bool session_table_init(struct session_table *table)
{
    *table = (struct session_table){ .rows = calloc(SESSION_COUNT, sizeof *table->rows),
                                     .buckets = calloc(SESSION_COUNT, sizeof *table->buckets) };
    if (table->rows == NULL || table->buckets == NULL) {
        session_table_free(table);
        return false;
    }
    for (int i = 0; i < SESSION_STATES; i++) {
        table->lists[i] = (struct session_list){ NONE, NONE };
    }
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        table->buckets[i] = NONE;
    }
    return true;
}

void session_reset(struct session_table *table, struct session *session)
{
    session_set_offer(session, NULL);
    session->in_flight = 0;
    session->life++; /* what is still on its way to the broker is nobody's from now on */
    session_move(table, session, SESSION_IDLE);
}

static void drop(struct session_table *table, struct session *session)
{
    leave_bucket(table, session);
    session_reset(table, session);
    session_move(table, session, SESSION_FREE);
}

/* A row that was never used comes last: it takes no memory before. */
static struct session *make_room(struct session_table *table)
{
    struct session *idle = row_at(table, table->lists[SESSION_IDLE].first);

    if (table->lists[SESSION_FREE].first == NONE && table->used < SESSION_COUNT) {
        link_last(table, &table->rows[table->used++], SESSION_FREE);
    } else if (table->lists[SESSION_FREE].first == NONE && idle != NULL) {
        drop(table, idle);
    }
    return row_at(table, table->lists[SESSION_FREE].first);
}

struct session *session_claim(struct session_table *table, const char *topic)
{
    struct session *session = session_find(table, topic);
    int32_t *bucket = bucket_of(table, topic);

    if (session == NULL) {
        session = make_room(table);
        if (session == NULL) {
            return NULL;
        }
        (void)snprintf(session->topic, sizeof session->topic, "%s", topic);
        session->device[0] = '\0';
        session->next_in_bucket = *bucket;
        *bucket = session_number(table, session);
        session->answers_left = SESSION_ANSWERS;
        session->answers_ms = table->now_ms;
        session_move(table, session, SESSION_IDLE);
    } else if (session->state == SESSION_IDLE) {
        session_move(table, session, SESSION_IDLE); /* the youngest again */
    }
    session->used_ms = table->now_ms;
    return session;
}

void session_set_offer(struct session *session, struct offer *offer)
{
    struct offer *old = session->offer;

    session->offer = offer != NULL ? offer_hold(offer) : NULL;
    offer_release(old);
    session->is_streaming = false;
    session->again = false;
    session->wanted_count = 0;
    session->told_flood = false;
    session->reached = 0;
}

bool session_may_answer(struct session_table *table, struct session *session)
{
    uint64_t earned = (table->now_ms - session->answers_ms) / SESSION_ANSWER_MS;

    session->answers_ms += earned * SESSION_ANSWER_MS;
    session->answers_left = earned < SESSION_ANSWERS - session->answers_left
                                ? session->answers_left + (unsigned)earned
                                : SESSION_ANSWERS;
    if (session->answers_left == 0) {
        return false;
    }
    session->answers_left--;
    return true;
}

void session_expire(struct session_table *table)
{
    struct session *oldest;

    while ((oldest = row_at(table, table->lists[SESSION_IDLE].first)) != NULL
           && table->now_ms - oldest->used_ms > SESSION_SILENCE_MS) {
        drop(table, oldest);
    }
}

void session_table_free(struct session_table *table)
{
    for (size_t i = 0; table->rows != NULL && i < SESSION_COUNT; i++) {
        offer_release(table->rows[i].offer);
    }
    free(table->rows);
    free(table->buckets);
    *table = (struct session_table){ 0 };
}
