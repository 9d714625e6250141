/* SPDX-License-Identifier: Apache-2.0 */

#include "openssl_error.h"

#include <openssl/err.h>
#include <stddef.h>

#include "message.h"

void message_openssl(const char *what)
{
    /* The oldest error of the queue is the cause, what follows are its consequences. */
    const char *reason = ERR_reason_error_string(ERR_get_error());

    message_error("%s", what);
    message_fact("OpenSSL says", "%s", reason != NULL ? reason : "nothing");
    ERR_clear_error();
}
