/* SPDX-License-Identifier: Apache-2.0 */

/* LAN9118 driver: programmed I/O through the two data FIFOs, as the datasheet's chapters on receive
 * and transmit describe. QEMU answers at once where the part needs time; the waits are for it.
 *
 * The receive FIFO holds about seven full frames and drops silently what comes on top: a TCP window
 * must stay below that (ports/lwip). */

#include "otter/mps2/ethernet.h"

#include "interrupts.h"
#include "registers.h"

#define BYTE_ORDER_MARK 0x87654321u
#define CHIP_ID         0x01180001u

#define HW_CFG_SOFT_RESET        0x00000001u
#define HW_CFG_STORE_AND_FORWARD 0x00100000u
#define HW_CFG_TX_FIFO_5_KIB     0x00050000u
#define TX_CFG_ON                0x00000006u /* transmitter on; go on when statuses are not read */
#define FIFO_INT_EACH_FRAME      0x48000000u /* receive status level 0, transmit level 0x48 */
#define INT_RECEIVE_STATUS_LEVEL 0x00000008u
#define IRQ_ON_HIGH_PUSH_PULL    0x00000111u /* QEMU inverts the line with any other polarity */

#define MAC_CSR_BUSY             0x80000000u
#define MAC_CSR_READ             0x40000000u
#define MAC_CR                   1u
#define MAC_ADDRH                2u
#define MAC_ADDRL                3u
#define MAC_CR_FULL_DUPLEX_RX_TX 0x0010000Cu

#define RX_STATUS_ERROR     0x00008000u
#define TX_FIRST_AND_LAST   0x00003000u
#define FRAME_CHECKSUM_SIZE 4u

static void wait_for_mac(void)
{
    while ((get(LAN_MAC_CSR_CMD) & MAC_CSR_BUSY) != 0) {
    }
}

static uint32_t mac_get(uint32_t csr)
{
    put(LAN_MAC_CSR_CMD, MAC_CSR_BUSY | MAC_CSR_READ | csr);
    wait_for_mac();
    return get(LAN_MAC_CSR_DATA);
}

static void mac_put(uint32_t csr, uint32_t value)
{
    put(LAN_MAC_CSR_DATA, value);
    put(LAN_MAC_CSR_CMD, MAC_CSR_BUSY | csr);
    wait_for_mac();
}

static void reset_controller(void)
{
    put(LAN_HW_CFG, HW_CFG_SOFT_RESET);
    while ((get(LAN_HW_CFG) & HW_CFG_SOFT_RESET) != 0) {
    }
}

bool otter_mps2_ethernet_start(void)
{
    if (get(LAN_BYTE_TEST) != BYTE_ORDER_MARK || get(LAN_ID_REV) != CHIP_ID) {
        return false;
    }
    reset_controller();
    put(LAN_HW_CFG, HW_CFG_STORE_AND_FORWARD | HW_CFG_TX_FIFO_5_KIB);
    put(LAN_RX_CFG, 0);
    put(LAN_TX_CFG, TX_CFG_ON);
    mac_put(MAC_CR, MAC_CR_FULL_DUPLEX_RX_TX);
    put(LAN_FIFO_INT, FIFO_INT_EACH_FRAME);
    put(LAN_INT_STS, UINT32_MAX);
    put(LAN_INT_EN, INT_RECEIVE_STATUS_LEVEL);
    put(LAN_IRQ_CFG, IRQ_ON_HIGH_PUSH_PULL);
    otter_mps2_ethernet_listen();
    return true;
}

void otter_mps2_ethernet_address(uint8_t address[6])
{
    const uint32_t low = mac_get(MAC_ADDRL);
    const uint32_t high = mac_get(MAC_ADDRH);

    for (uint32_t i = 0; i < 4; i++) {
        address[i] = (uint8_t)(low >> 8 * i);
    }
    address[4] = (uint8_t)high;
    address[5] = (uint8_t)(high >> 8);
}

bool otter_mps2_ethernet_is_waiting(void)
{
    return (get(LAN_RX_FIFO_INF) >> 16 & 0xFFu) != 0;
}

/* Read a frame's words, of which the first @p wanted bytes go to @p frame. The FIFO is always
 * emptied word by word: the controller's fast-forward does not work in QEMU. */
static void read_words(uint8_t *frame, size_t wanted, size_t word_count)
{
    size_t done = 0;

    while (word_count-- > 0) {
        const uint32_t word = get(LAN_RX_DATA);

        for (uint32_t i = 0; i < 4 && done < wanted; i++) {
            frame[done++] = (uint8_t)(word >> 8 * i);
        }
    }
}

size_t otter_mps2_ethernet_receive(uint8_t *frame, size_t size)
{
    while (otter_mps2_ethernet_is_waiting()) {
        const uint32_t status = get(LAN_RX_STATUS);
        const size_t length = status >> 16 & 0x3FFFu; /* with the checksum */
        const bool is_good = (status & RX_STATUS_ERROR) == 0 && length > FRAME_CHECKSUM_SIZE
                             && length - FRAME_CHECKSUM_SIZE <= size;
        const size_t wanted = is_good ? length - FRAME_CHECKSUM_SIZE : 0;

        read_words(frame, wanted, (length + 3) / 4);
        if (is_good) {
            return wanted;
        }
    }
    return 0;
}

static uint32_t word_at(const uint8_t *bytes, size_t available)
{
    uint32_t word = 0;

    for (size_t i = 0; i < 4 && i < available; i++) {
        word |= (uint32_t)bytes[i] << 8 * i;
    }
    return word;
}

static void discard_transmit_statuses(void)
{
    while ((get(LAN_TX_FIFO_INF) >> 16 & 0xFFu) != 0) {
        (void)get(LAN_TX_STATUS);
    }
}

void otter_mps2_ethernet_send(const uint8_t *frame, size_t len)
{
    put(LAN_TX_DATA, TX_FIRST_AND_LAST | (uint32_t)len);
    put(LAN_TX_DATA, (uint32_t)len);
    for (size_t done = 0; done < len; done += 4) {
        put(LAN_TX_DATA, word_at(frame + done, len - done));
    }
    discard_transmit_statuses();
}

/* The level interrupt is a latch that only a new frame sets: clear it before the last look into the
 * FIFO, which is the caller's next step, never after it. */
void otter_mps2_ethernet_listen(void)
{
    put(LAN_INT_STS, INT_RECEIVE_STATUS_LEVEL);
    put(NVIC_CLEAR_PENDING, 1u << IRQ_ETHERNET);
    put(NVIC_ENABLE, 1u << IRQ_ETHERNET);
}

void otter_mps2_on_ethernet(void)
{
    put(NVIC_DISABLE, 1u << IRQ_ETHERNET);
    otter_mps2_awaken();
}
