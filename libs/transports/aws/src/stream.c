/* SPDX-License-Identifier: Apache-2.0 */

/* The window over the blocks of a file.
 *
 * Blocks are asked for several at a time, in one request with a bitmap, and more of them as soon as half
 * of what the window allows is here, so that the line is never idle. Answers come in the order of the
 * blocks: one that later ones have overtaken twice counts as lost, and is asked for again at once and
 * alone. Silence counts as the loss of all that is on its way; how long that is doubles each time.
 *
 * A block that comes before its turn goes to the slot writer all the same. If that had no room for it, it
 * is missing still when its turn comes, and is asked for again. */

#include "stream.h"

#include <string.h>

#include "block.h"
#include "connection.h"
#include "messages.h"
#include "otter/log.h"
#include "topics.h"

/* Blocks that the line swapped are not lost. */
#define OVERTAKEN_MAX 2u

/* A silence is that of several blocks' way, but not of less than a broker may take. */
#define TRIPS_OF_SILENCE 4u
#define PATIENCE_MIN_MS  100u

/* AWS IoT sends no more for one request. */
#define REQUEST_BYTES_MAX 131072u

static const struct otter_job_file *file_of(const struct otter_aws_transport *transport)
{
    return &transport->execution.files[transport->file];
}

static uint32_t blocks_of(const struct otter_aws_transport *transport)
{
    const uint32_t size = transport->config->block_size;

    return (file_of(transport)->size - 1) / size + 1;
}

static uint32_t bit(uint32_t n)
{
    return (uint32_t)1 << n;
}

/* The first @p n bits. */
static uint32_t bits_below(uint32_t n)
{
    return n < 32 ? bit(n) - 1 : UINT32_MAX;
}

static uint8_t count(uint32_t set)
{
    uint8_t n = 0;

    for (; set != 0; set &= set - 1) {
        n++;
    }
    return n;
}

static uint32_t without_base(uint32_t set, uint32_t blocks)
{
    return blocks < 32 ? set >> blocks : 0;
}

void otter_aws_open_window(struct otter_aws_transport *transport, uint32_t now_ms)
{
    transport->window = (struct otter_aws_window){
        .quiet_ms = now_ms,
        .patience_ms = transport->config->block_timeout_ms,
        .trip_ms = transport->window.trip_ms,
    };
    transport->refusal = OTTER_OK;
    transport->transfer = ++transport->questions;
    otter_aws_rest(transport);
}

/* ---- what is missing ---- */

/* Let the window begin at the first missing block. Of one that was here before its turn and is missing
 * all the same, the slot writer had no room. */
static void move_window(struct otter_aws_window *window, uint32_t base)
{
    if (base < window->base) {
        window->wanted = 0;
        window->arrived = 0;
    } else {
        window->wanted = without_base(window->wanted, base - window->base);
        window->arrived = without_base(window->arrived, base - window->base);
    }
    window->base = base;
    window->arrived &= ~bit(0);
}

/* Blocks of the window that may be asked for. Behind the gap lies what the device has, unless it is we
 * who brought it. The first block of all comes alone: it tells whether the others are wanted. */
static uint32_t reach(const struct otter_aws_transport *transport,
                      const struct otter_range *missing)
{
    const struct otter_aws_window *window = &transport->window;
    const uint32_t size = transport->config->block_size;
    const uint32_t left = blocks_of(transport) - window->base;
    const uint32_t gap = (missing->offset % size + missing->length - 1) / size + 1;
    uint32_t blocks = transport->config->window < left ? transport->config->window : left;

    if (missing->offset == 0 && window->arrived == 0) {
        return 1;
    }
    if (gap < blocks && (window->arrived & bit(gap)) == 0) {
        blocks = gap;
    }
    return blocks;
}

/* ---- asking ---- */

/* The lowest blocks of @p set. */
static uint32_t first_of(uint32_t set, uint8_t blocks)
{
    uint32_t first = 0;

    while (set != 0 && blocks-- > 0) {
        const uint32_t lowest = set & (~set + 1);

        first |= lowest;
        set ^= lowest;
    }
    return first;
}

static uint8_t blocks_per_request(const struct otter_aws_transport_config *config)
{
    const uint32_t most = REQUEST_BYTES_MAX / config->block_size;

    return config->blocks_per_request < most ? config->blocks_per_request : (uint8_t)most;
}

/* Which blocks to ask for now; none while enough are on their way, unless one was lost. */
static uint32_t choose(const struct otter_aws_transport *transport,
                       const struct otter_range *missing)
{
    const struct otter_aws_window *window = &transport->window;
    const uint32_t open =
        bits_below(reach(transport, missing)) & ~window->wanted & ~window->arrived;
    const bool is_line_busy = count(window->wanted) > transport->config->window / 2;
    const uint32_t lowest = open & (~open + 1);

    if (is_line_busy) {
        return lowest < window->wanted ? lowest : 0;
    }
    return first_of(open, blocks_per_request(transport->config));
}

static uint32_t lowest_number(uint32_t set)
{
    uint32_t n = 0;

    while ((set & bit(n)) == 0) {
        n++;
    }
    return n;
}

static int send_request(struct otter_aws_transport *transport, uint32_t blocks)
{
    const uint32_t skipped = lowest_number(blocks);
    uint8_t message[AWS_REQUEST_SIZE];
    char topic_buffer[OTTER_AWS_TOPIC_SIZE];
    char token_buffer[AWS_TOKEN_SIZE];
    struct otter_text topic;
    struct otter_text token;
    const struct aws_request request = {
        .token = token_buffer,
        .file = transport->execution.places[transport->file].id,
        .block_size = transport->config->block_size,
        .offset = transport->window.base + skipped,
        .blocks = blocks >> skipped,
        .count = count(blocks),
    };

    otter_text_init(&token, token_buffer, sizeof token_buffer);
    otter_aws_write_token(&token, transport->nonce, transport->transfer);
    otter_text_init(&topic, topic_buffer, sizeof topic_buffer);
    otter_aws_write_stream_topic(&topic, transport);
    return otter_aws_publish(transport, &topic, message,
                             otter_aws_encode_request(&request, message));
}

static void note_asked(struct otter_aws_window *window, uint32_t blocks, uint32_t now_ms)
{
    window->wanted |= blocks;
    if (window->probe == 0) {
        window->probe = window->asked + 1;
        window->probe_ms = now_ms;
    }
    for (uint32_t n = 0; blocks != 0; n++, blocks >>= 1) {
        if ((blocks & 1) != 0) {
            const uint32_t place = (window->base + n) % OTTER_AWS_WINDOW_MAX;

            window->orders[place] = ++window->asked;
            window->overtaken[place] = 0;
        }
    }
}

/* @return OTTER_OK, OTTER_ERR_TIMEOUT */
static enum otter_result watch_silence(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_aws_transport_config *config = transport->config;
    struct otter_aws_window *window = &transport->window;

    if (window->wanted == 0 || now_ms - window->quiet_ms < window->patience_ms) {
        return OTTER_OK;
    }
    window->probe = 0; /* which asking an answer belongs to cannot be told any more */
    if (window->patience_ms >= config->block_timeout_ms) {
        window->silences++;
    }
    if (window->silences >= config->block_tries) {
        otter_aws_set_detail(transport, "the stream does not send the blocks it is asked for", "");
        return OTTER_ERR_TIMEOUT;
    }
    otter_log_number(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, "silence: asking again from block ",
                     window->base, "");
    window->wanted = 0;
    window->quiet_ms = now_ms;
    if (window->patience_ms < config->block_timeout_max_ms / 2) {
        window->patience_ms = 2 * window->patience_ms
                              + config->random(config->context) % (window->patience_ms / 2 + 1);
    } else {
        window->patience_ms = config->block_timeout_max_ms;
    }
    return OTTER_OK;
}

enum otter_result otter_aws_ask_blocks(struct otter_aws_transport *transport,
                                       const struct otter_range *missing, uint32_t now_ms)
{
    struct otter_aws_window *window = &transport->window;
    enum otter_result result;
    uint32_t blocks;
    int packet;

    move_window(window, missing->offset / transport->config->block_size);
    result = watch_silence(transport, now_ms);
    if (result != OTTER_OK) {
        return result;
    }
    blocks = choose(transport, missing);
    if (blocks == 0) {
        return OTTER_OK;
    }
    packet = send_request(transport, blocks);
    if (packet > 0) {
        if (window->wanted == 0) {
            window->quiet_ms = now_ms;
        }
        note_asked(window, blocks, now_ms);
    }
    return packet < 0 ? (enum otter_result)packet : OTTER_OK;
}

/* ---- answers ---- */

static bool is_ours(const struct otter_aws_transport *transport, const struct aws_text *token)
{
    char ours[AWS_TOKEN_SIZE];
    struct otter_text text;

    otter_text_init(&text, ours, sizeof ours);
    otter_aws_write_token(&text, transport->nonce, transport->transfer);
    return token->len == text.length && memcmp(token->text, ours, token->len) == 0;
}

/* Does the block belong where it says, and is it whole? */
static bool fits(const struct otter_aws_transport *transport, const struct aws_block *block)
{
    const uint32_t size = transport->config->block_size;
    const uint32_t blocks = blocks_of(transport);
    const uint32_t last_size = file_of(transport)->size - (blocks - 1) * size;

    return block->file == transport->execution.places[transport->file].id && block->number < blocks
           && block->size == (block->number + 1 < blocks ? size : last_size);
}

/* How long to wait for something, if something came just now. */
static uint32_t patience(const struct otter_aws_window *window,
                         const struct otter_aws_transport_config *config)
{
    const uint32_t trips_ms = TRIPS_OF_SILENCE * window->trip_ms;

    if (window->trip_ms == 0 || trips_ms >= config->block_timeout_ms) {
        return config->block_timeout_ms;
    }
    return trips_ms > PATIENCE_MIN_MS ? trips_ms : PATIENCE_MIN_MS;
}

/* A block that came behind the timed one tells enough about its way. */
static void note_trip(struct otter_aws_window *window, uint32_t order, uint32_t now_ms)
{
    const uint32_t trip_ms = now_ms - window->probe_ms + 1;

    if (window->probe == 0 || order - window->probe > INT32_MAX || trip_ms > INT32_MAX / 8) {
        return;
    }
    window->trip_ms = window->trip_ms == 0 ? trip_ms : (7 * window->trip_ms + trip_ms + 7) / 8;
    window->probe = 0;
}

/* Those that were asked for before this one and did not come. */
static void note_overtaking(struct otter_aws_window *window, uint32_t order)
{
    for (uint32_t n = 0; n < OTTER_AWS_WINDOW_MAX; n++) {
        const uint32_t place = (window->base + n) % OTTER_AWS_WINDOW_MAX;

        if ((window->wanted & bit(n)) == 0 || order - window->orders[place] > INT32_MAX
            || order == window->orders[place]) {
            continue;
        }
        window->overtaken[place]++;
        if (window->overtaken[place] >= OVERTAKEN_MAX) {
            otter_log_number(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, "lost: block ",
                             window->base + n, "");
            window->wanted &= ~bit(n);
        }
    }
}

/* @return false: it is here already, or too far away */
static bool note_arrival(struct otter_aws_window *window, uint32_t number, uint32_t now_ms)
{
    const uint32_t n = number - window->base;

    if (n >= OTTER_AWS_WINDOW_MAX || (window->arrived & bit(n)) != 0) {
        return false;
    }
    window->arrived |= bit(n);
    if ((window->wanted & bit(n)) != 0) {
        const uint32_t order = window->orders[number % OTTER_AWS_WINDOW_MAX];

        window->wanted &= ~bit(n);
        note_trip(window, order, now_ms);
        note_overtaking(window, order);
    }
    return true;
}

void otter_aws_take_block(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_aws_transport_config *config = transport->config;
    struct aws_block block;

    if (!transport->is_fetching_stream
        || !otter_aws_decode_block(config->buffer, transport->have, &block)
        || !is_ours(transport, &block.token) || !fits(transport, &block)
        || !note_arrival(&transport->window, block.number, now_ms)) {
        return;
    }
    transport->window.quiet_ms = now_ms;
    transport->window.silences = 0;
    transport->window.patience_ms = patience(&transport->window, config);
    transport->bytes = block.bytes;
    transport->left = block.size;
    transport->offset = transport->file_start + block.number * config->block_size;
}

/* What a device should do about each, see docs/formats/aws.md. */
static const struct {
    const char *code;
    enum otter_result result;
} refusals[] = {
    { "InvalidTopic", OTTER_ERR_RANGE },
    { "InvalidCbor", OTTER_ERR_RANGE },
    { "InvalidRequest", OTTER_ERR_RANGE },
    { "BlockSizeOutOfBounds", OTTER_ERR_ARGUMENT },
    { "OffsetOutOfBounds", OTTER_ERR_ARGUMENT },
    { "BlockCountLimitExceeded", OTTER_ERR_ARGUMENT },
    { "BlockBitmapLimitExceeded", OTTER_ERR_ARGUMENT },
    { "ResourceNotFound", OTTER_ERR_NOT_FOUND },
    { "VersionMismatch", OTTER_ERR_IMAGE_CHANGED },
    { "ETagMismatch", OTTER_ERR_IMAGE_CHANGED },
    { "Unauthorized", OTTER_ERR_JOB_REDIRECT },
};

static bool is_code(const struct aws_text *text, const char *code)
{
    return text->len == strlen(code) && memcmp(text->text, code, text->len) == 0;
}

/* Anything else, an internal error for one, is like no answer: the blocks are asked for again later. */
void otter_aws_take_refusal(struct otter_aws_transport *transport, uint32_t now_ms)
{
    struct aws_refusal refusal;
    struct otter_text text;

    (void)now_ms;
    if (!transport->is_fetching_stream
        || !otter_aws_decode_refusal(transport->config->buffer, transport->have, &refusal)
        || (refusal.token.len > 0 && !is_ours(transport, &refusal.token))) {
        return;
    }
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (is_code(&refusal.code, refusals[i].code)) {
            transport->refusal = refusals[i].result;
            otter_text_init(&text, transport->detail, sizeof transport->detail);
            otter_text_append_bytes(&text, refusal.message.text, refusal.message.len);
        }
    }
}
