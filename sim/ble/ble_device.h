/* SPDX-License-Identifier: Apache-2.0 */

/** A device that is updated over Bluetooth LE, without its Bluetooth stack: bootloader, agent and
 * transport on a flash file, to be loaded as a shared library by a program that has a stack. That
 * program passes on what its stack hears, and steps the device.
 *
 * The flash file is that of otter-sim-device: `otter device create` makes it. Several devices may live
 * in one process, but all in one thread. Closing a device is a loss of power: the file keeps what
 * was written.
 */
#ifndef BLE_DEVICE_H
#define BLE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/ble_transport.h"

struct ble_device;

/** What the device tells the program. All are called from within ble_device_boot() and
 * ble_device_step() only. */
struct ble_device_stack {
    /** Send the control point's value. @return false: not now, ask again at the next step */
    bool (*send)(void *context, bool is_indication, const uint8_t *value, size_t len);
    /** Answer the write that ble_device_write() has held back. */
    void (*respond)(void *context, unsigned att);
    /** A line of the console, as otter-sim-device prints it. */
    void (*line)(void *context, const char *line);
    void *context;
};

/** A key as DER: SubjectPublicKeyInfo, as `otter key public --format der` writes it. */
struct ble_device_key {
    const uint8_t *der;
    size_t der_size;
};

/** @param trusted  who signs programs
 *  @param author   who signs what is sent to the signed service; NULL: the CRC service
 *  @return NULL: the file is not this board's flash, or a key is none; @p problem says so */
struct ble_device *ble_device_open(const char *flash, const struct ble_device_key *trusted,
                                   const struct ble_device_key *author,
                                   const struct ble_device_stack *stack, char *problem,
                                   size_t problem_size);
/** The power is lost. */
void ble_device_close(struct ble_device *device);

enum ble_device_start {
    BLE_DEVICE_RUNS, /**< the program runs */
    BLE_DEVICE_HANGS, /**< it was started, and hangs (SIM-HANGS): the watchdog will reset the device */
    BLE_DEVICE_FAILS, /**< there is no program to start, or it cannot start; the console says why */
};

/** Reset: the bootloader runs, and starts what it finds. The link, if there was one, is gone. */
enum ble_device_start ble_device_boot(struct ble_device *device);

/** The service to register with the stack. */
const struct otter_ble_service *ble_device_service(const struct ble_device *device);

/* As in otter/ble_transport.h. */
void ble_device_connected(struct ble_device *device);
void ble_device_disconnected(struct ble_device *device);
unsigned ble_device_write(struct ble_device *device, unsigned attribute, unsigned offset,
                          const uint8_t *value, size_t len);
unsigned ble_device_read(struct ble_device *device, unsigned attribute, uint8_t *value,
                         size_t *len);
void ble_device_indication_confirmed(struct ble_device *device);

/** Let the agent do what it can do now.
 *  @return milliseconds until it wants to be stepped again, unless something is heard before */
uint32_t ble_device_step(struct ble_device *device, uint32_t now_ms);

/** The agent has asked for a restart: boot it again. */
bool ble_device_wants_restart(const struct ble_device *device);

/** Accept the running program. @return an enum otter_result */
int ble_device_confirm(struct ble_device *device);

struct ble_device_status {
    uint32_t bytes; /**< durable bytes of the present download */
    uint32_t total;
    int32_t last_result; /**< an enum otter_result */
    uint8_t percent;
    bool is_pending;
    bool is_on_trial;
    char stage[16];
    char running[32];
};

void ble_device_get_status(const struct ble_device *device, uint32_t now_ms,
                           struct ble_device_status *status);

#endif
