/* SPDX-License-Identifier: Apache-2.0 */

#include "suites.h"

int main(void)
{
    return run_message_tests() + run_document_tests() + run_job_tests() + run_stream_tests()
           + run_http_tests();
}
