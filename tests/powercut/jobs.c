/* SPDX-License-Identifier: Apache-2.0 */

/* Processes, not threads: one that breaks down takes no other with it. What they share is a page with
 * the number of the next job and the results. */

#include "jobs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 40u

struct shared {
    atomic_uint next;
    atomic_uint done;
    struct tally tallies[];
};

static struct shared *share(uint32_t count, size_t *size)
{
    struct shared *shared;

    *size = sizeof *shared + count * sizeof shared->tallies[0];
    shared = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("powercut: mmap");
        exit(2);
    }
    return shared;
}

static void work(job_function job, void *context, uint32_t count, struct shared *shared)
{
    uint32_t number;

    while ((number = atomic_fetch_add(&shared->next, 1)) < count) {
        shared->tallies[number] = job(context, number);
        atomic_fetch_add(&shared->done, 1);
    }
    fflush(stdout);
}

/* What is left, if it goes on as it did. */
static unsigned minutes_left(uint32_t done, uint32_t count, time_t started)
{
    const double elapsed = difftime(time(NULL), started);

    return done == 0 ? 0 : (unsigned)(elapsed * (count - done) / done / 60 + 1);
}

static void show_progress(uint32_t done, uint32_t count, time_t started)
{
    char bar[BAR_WIDTH + 1];
    const uint32_t filled = done * BAR_WIDTH / count;

    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %u of %u stories, %u min left ", bar, (unsigned)done, (unsigned)count,
            minutes_left(done, count, started));
}

/* @return false if a process did not end as it should */
static bool wait_for_all(uint32_t workers, const struct shared *shared, uint32_t count)
{
    const struct timespec pause = { .tv_nsec = 200 * 1000 * 1000 };
    const bool is_watched = isatty(STDERR_FILENO);
    const time_t started = time(NULL);
    bool all_well = true;

    while (workers > 0) {
        int status;
        const pid_t ended = waitpid(-1, &status, WNOHANG);

        if (ended > 0) {
            all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            workers--;
        } else {
            (void)nanosleep(&pause, NULL);
        }
        if (is_watched) {
            show_progress(atomic_load(&shared->done), count, started);
        }
    }
    if (is_watched) {
        fprintf(stderr, "\n");
    }
    return all_well;
}

bool jobs_run(job_function job, void *context, uint32_t count, uint32_t workers,
              struct tally *tallies)
{
    size_t size;
    struct shared *shared = share(count, &size);
    bool all_well;

    fflush(stdout);
    for (uint32_t i = 0; i < workers; i++) {
        const pid_t child = fork();

        if (child < 0) {
            perror("powercut: fork");
            exit(2);
        }
        if (child == 0) {
            work(job, context, count, shared);
            _exit(0);
        }
    }
    all_well = wait_for_all(workers, shared, count);
    memcpy(tallies, shared->tallies, count * sizeof *tallies);
    (void)munmap(shared, size);
    return all_well;
}
