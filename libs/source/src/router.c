/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/router.h"

static const struct otter_route *find_route(const struct otter_router_config *config,
                                            const struct otter_job *job)
{
    const enum otter_job_connection wanted =
        job->connection == OTTER_JOB_CONNECTION_SAME ? config->home : job->connection;

    for (size_t i = 0; i < config->route_count; i++) {
        const struct otter_route *route = &config->routes[i];

        if (route->connection == wanted && (route->secure || !config->jobs_are_secure)) {
            return route;
        }
    }
    return NULL;
}

static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    struct otter_router *router = self;
    const struct otter_route *route = find_route(router->config, job);

    if (route == NULL) {
        router->chosen = NULL;
        (void)otter_job_place_text(job, router->detail, sizeof router->detail);
        return OTTER_ERR_JOB_REDIRECT;
    }
    router->chosen = route->source;
    return router->chosen->ops->open(router->chosen->self, identity, job, now_ms);
}

static enum otter_result step(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk)
{
    const struct otter_data_source *chosen = ((const struct otter_router *)self)->chosen;

    return chosen->ops->step(chosen->self, now_ms, missing, chunk);
}

static void take(void *self, size_t len)
{
    const struct otter_data_source *chosen = ((const struct otter_router *)self)->chosen;

    chosen->ops->take(chosen->self, len);
}

static void close(void *self)
{
    struct otter_router *router = self;

    if (router->chosen != NULL) {
        router->chosen->ops->close(router->chosen->self);
        router->chosen = NULL;
    }
}

static const char *explain(void *self)
{
    const struct otter_router *router = self;

    return router->chosen == NULL ? router->detail
                                  : router->chosen->ops->explain(router->chosen->self);
}

struct otter_data_source otter_router_source(struct otter_router *router,
                                             const struct otter_router_config *config)
{
    static const struct otter_data_source_ops ops = {
        .open = open,
        .step = step,
        .take = take,
        .close = close,
        .explain = explain,
    };

    *router = (struct otter_router){ .config = config };
    return (struct otter_data_source){ &ops, router };
}
