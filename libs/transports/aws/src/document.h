/* SPDX-License-Identifier: Apache-2.0 */

/** Messages of the jobs service (docs/formats/aws.md). */
#ifndef OTTER_AWS_DOCUMENT_H
#define OTTER_AWS_DOCUMENT_H

#include "otter/aws_transport.h"
#include "otter/json.h"

/** Keys and values that a message may have: four files with all that AWS IoT says of them. */
#define AWS_TOKENS_MAX 160u

/** A message in tokens. */
struct aws_document {
    struct otter_json json;
    jsmntok_t tokens[AWS_TOKENS_MAX];
};

/** Cut the message in the transport's buffer into tokens. @return false: it cannot be read */
bool otter_aws_parse(const struct otter_aws_transport *transport, struct aws_document *document);

/** Is this what is under the key @p key? */
bool otter_aws_says(const struct aws_document *document, const char *key, const char *text);

/** Copy the text under a key; "" if there is none. */
void otter_aws_copy(const struct aws_document *document, const char *key, char *text, size_t size);

/** Which execution does the message speak of, as far as that tells it from others?
 *  @param execution  `exists`, `job` and `number` are set */
void otter_aws_read_head(const struct aws_document *document,
                         struct otter_aws_execution *execution);

/** Read an execution with its document. URLs go into the configured buffer.
 *
 *  @return OTTER_OK             also for one that does not exist, or that is no update
 *          OTTER_ERR_JOB_FIELD  the transport's detail names what is missing or malformed; what could
 *                               be read of the execution is there */
enum otter_result otter_aws_read_execution(struct otter_aws_transport *transport,
                                           const struct aws_document *document,
                                           struct otter_aws_execution *execution);

/** The state of an execution, as a rejected update tells it.
 *  @return false: there is none */
bool otter_aws_read_state(const struct aws_document *document, struct otter_aws_execution *state,
                          char *status, size_t size);

#endif
