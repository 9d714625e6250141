/* SPDX-License-Identifier: Apache-2.0 */

/* A progress bar: one line that is drawn over itself, and wiped when the work is over. */

#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define BAR_WIDTH    30u
#define REDRAW_MS    50u
#define SHOW_RATE_MS 300u /* before, the rate is noise */

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void draw_bar(uint64_t done, uint64_t total)
{
    unsigned filled = (unsigned)(done * BAR_WIDTH / total);

    (void)fputc('[', stderr);
    for (unsigned i = 0; i < BAR_WIDTH; i++) {
        (void)fputc(i < filled ? '#' : '.', stderr);
    }
    (void)fprintf(stderr, "] %3u %%  ", (unsigned)(done * 100u / total));
}

static void draw(const struct progress *progress, uint64_t done)
{
    char text[THOUSANDS_TEXT_SIZE];
    uint64_t elapsed_ms = progress->drawn_ms - progress->started_ms;

    (void)fprintf(stderr, "\r\033[K%s  ", progress->what);
    if (progress->total > 0) {
        draw_bar(done < progress->total ? done : progress->total, progress->total);
    }
    (void)fprintf(stderr, "%s bytes", thousands(done, text));
    if (elapsed_ms >= SHOW_RATE_MS) {
        (void)fprintf(stderr, "  %s KB/s", thousands(done / elapsed_ms, text));
    }
    (void)fflush(stderr);
}

void progress_start(struct progress *progress, const char *what, uint64_t total)
{
    *progress = (struct progress){
        .what = what,
        .total = total,
        .started_ms = now_ms(),
        .visible = isatty(STDERR_FILENO) == 1,
    };
}

void progress_update(struct progress *progress, uint64_t done)
{
    uint64_t now = now_ms();

    if (!progress->visible || now - progress->drawn_ms < REDRAW_MS) {
        return;
    }
    progress->drawn_ms = now;
    draw(progress, done);
}

void progress_finish(struct progress *progress)
{
    if (progress->visible && progress->drawn_ms != 0) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
}
