/* SPDX-License-Identifier: Apache-2.0 */

/** What the options of "otter image sign" add to an image beside its program. */
#ifndef OTTER_TOOL_IMAGE_EXTRAS_H
#define OTTER_TOOL_IMAGE_EXTRAS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "signer.h"

/** What was asked for; a text that was not given is NULL. */
struct extras_options {
    const char *security_counter; /**< a number, or "auto": made from the version */
    const char *boot_record;
    const char *vendor;
    const char *device_class;
    struct option_list dependencies; /**< "ID,VERSION" */
    struct option_list customs;      /**< "TAG=VALUE" */
    uint32_t rom_fixed;              /**< 0: not given */
    uint32_t load_address;           /**< 0: not given */
    bool non_bootable;
};

/** Read the options into @p request, whose version, layout and board are set.
 *
 *  @param pool  set to memory that request->customs point to; free() it, whatever is returned
 *  @return false after telling the user what is wrong with them */
bool extras_read(const struct extras_options *options, struct signer_request *request,
                 uint8_t **pool);

#endif
