/* SPDX-License-Identifier: Apache-2.0 */

/* wear: what an update costs the flash with each strategy, as JSON for scripts/bench. One row a strategy,
 * geometry and size of image; none if the strategy cannot work there. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_cost.h"

static const struct {
    const char *name;
    uint32_t size;
} sizes[] = {
    { "full", 0 },
    { "200k", 200u * 1024u },
};

static void print_row(const char *strategy, const char *geometry, const char *size,
                      const struct otter_test_cost *cost)
{
    static const char *separator = "";

    printf("%s\n{\"strategy\": \"%s\", \"geometry\": \"%s\", \"image\": \"%s\", ", separator,
           strategy, geometry, size);
    printf("\"largest_image\": %" PRIu32 ", \"trailer\": %" PRIu32 ", ", cost->largest_image,
           cost->trailer_size);
    printf("\"erases\": %" PRIu32 ", \"worst_of_slots\": %" PRIu32 ", \"worst\": %" PRIu32 ", ",
           cost->erases, cost->worst_of_slots, cost->worst);
    printf("\"erases_beyond\": %" PRIu32 ", ", cost->erases_beyond);
    printf("\"programmed\": %" PRIu64 ", \"read\": %" PRIu64 ", ", cost->bytes_programmed,
           cost->bytes_read);
    printf("\"image_size\": %" PRIu32 ", \"idle_read\": %" PRIu64 "}", cost->image_size,
           cost->idle_bytes_read);
    separator = ",";
}

int main(void)
{
    struct otter_test_cost cost;

    printf("[");
    for (const struct otter_strategy *const *s = otter_strategies; *s != NULL; s++) {
        for (const struct otter_test_geometry *g = otter_test_cost_geometries; g->name != NULL;
             g++) {
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                if (otter_test_cost_of_update(*s, g, sizes[i].size, &cost)) {
                    print_row(otter_strategy_name(*s), g->name, sizes[i].name, &cost);
                }
            }
        }
    }
    printf("\n]\n");
    return EXIT_SUCCESS;
}
