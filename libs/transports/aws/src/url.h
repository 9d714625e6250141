/* SPDX-License-Identifier: Apache-2.0 */

/** Pre-signed URLs. */
#ifndef OTTER_AWS_URL_H
#define OTTER_AWS_URL_H

#include <stdbool.h>

#include "otter/job.h"

/** Read a URL into a job that says where the file is: connection, host, port, path. The path is borrowed
 * from @p url, and goes on to its end: a signature covers all of it.
 *
 *  @return false: it is no http or https URL, it names a user, or its host is too long */
bool otter_aws_read_url(const char *url, struct otter_job *job);

#endif
