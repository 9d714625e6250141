/* SPDX-License-Identifier: Apache-2.0 */

/** Pre-signed URLs: made for each delivery of a job document, checked when they are asked for, and
 * what is then answered. They have the form and the length of S3's. */
#ifndef OTTER_TOOL_AWS_URLS_H
#define OTTER_TOOL_AWS_URLS_H

#include "aws_faults.h"
#include "aws_store.h"
#include "web_host.h"

#define AWS_URL_SECRET_SIZE 32

struct aws_urls {
    const struct aws_store *store;
    const struct aws_faults *faults;
    const char *base; /* "https://host:port"; NULL: there is no file server */
    uint8_t secret[AWS_URL_SECRET_SIZE];
    void (*tell)(void *context, const struct aws_event *event);
    void *context;
};

/** What stands in a stored document where a URL to @p file belongs. */
void aws_urls_write_placeholder(const char *file, char text[AWS_PATH_SIZE]);

/** Take the secret from the folder, or put one there: URLs outlive the stand-in's restart.
 *  @return false after telling the user why not */
bool aws_urls_open(struct aws_urls *urls);

/** Put a URL in the place of each placeholder of @p document. */
void aws_urls_deliver(const struct aws_urls *urls, const struct aws_job *job, cJSON *document,
                      int64_t now_ms);

/** Answer a request; fits struct web_host. @param context  a struct aws_urls */
void aws_urls_answer(void *context, const struct web_request *request, struct web_answer *answer);

#endif
