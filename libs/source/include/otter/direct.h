/* SPDX-License-Identifier: Apache-2.0 */

/** Direct flow: a job source without a document. It always offers what lies at a fixed place; the
 * image's own header says which version that is, before anything is erased.
 *
 * It speaks with nobody, so it proves no contact: the agent counts the first piece of the image
 * for that. What becomes of an update is told to another job source, or to nobody. */
#ifndef OTTER_DIRECT_H
#define OTTER_DIRECT_H

#include "otter/source.h"

/** Allocate it anywhere; the fields are its own. */
struct otter_direct {
    const struct otter_job *place;
    const struct otter_job_source *reports;
};

/** @param place    connection, host, port and file of the image; the rest zero. Borrowed.
 *  @param reports  who is told how updates end; borrowed; NULL: nobody */
struct otter_job_source otter_direct_source(struct otter_direct *direct,
                                            const struct otter_job *place,
                                            const struct otter_job_source *reports);

#endif
