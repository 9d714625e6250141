/* SPDX-License-Identifier: Apache-2.0 */

/* Bluetooth LE alone, with signed transfers and the cryptography for them and for images: all of the
 * updates of a product that has no other radio, but for its Bluetooth stack and its flash driver. */

#include "otter/ble_transport.h"
#include "otter/mbedtls_crypto.h"
#include "otter/mbedtls_platform.h"
#include "weigh.h"

static struct otter_job_source jobs;
static struct otter_data_source data;
static _Alignas(8) uint8_t pool[OTTER_MBEDTLS_BOOT_POOL_SIZE];

static struct otter_ble_signer signer = {
    .crypto = &otter_mbedtls_crypto,
    .ecdsa = &otter_mbedtls_ecdsa_p256,
};

void weigh(void)
{
    otter_mbedtls_use_pool(pool, sizeof pool);
    weigh_ble(&otter_ble_signed_service, &otter_ble_signed_variant, &signer, &jobs, &data);
    weigh_agent(&jobs, &data, NULL);
}
