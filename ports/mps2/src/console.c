/* SPDX-License-Identifier: Apache-2.0 */

/* Console and button: two CMSDK UARTs, polled. QEMU keeps further bytes for us until the one-byte
 * receive buffer is read, so no press is lost between two looks; a real button would be sampled. */

#include "otter/mps2/console.h"

#include "interrupts.h"
#include "registers.h"

/* The smallest divider that the UART accepts; QEMU has no line whose speed would matter. */
#define FASTEST_BAUD_DIVIDER 16u

static void start(uint32_t uart, uint32_t control)
{
    put(uart + UART_BAUDDIV, FASTEST_BAUD_DIVIDER);
    put(uart + UART_CTRL, control);
}

void otter_mps2_console_start(void)
{
    start(UART0, UART_CTRL_TX);
    start(UART1, UART_CTRL_RX | UART_CTRL_RX_IRQ);
}

static void write_byte(char byte)
{
    while ((get(UART0 + UART_STATE) & UART_STATE_TX_FULL) != 0) {
    }
    put(UART0 + UART_DATA, (uint8_t)byte);
}

void otter_mps2_console_write(const char *text)
{
    while (*text != '\0') {
        write_byte(*text++);
    }
}

void otter_mps2_console_line(const char *prefix, const char *text)
{
    otter_mps2_console_write(prefix);
    otter_mps2_console_write(text);
    otter_mps2_console_write("\r\n");
}

/* The interrupt only ends a sleep; the byte stays until somebody asks. */
void otter_mps2_on_button(void)
{
    put(NVIC_DISABLE, 1u << IRQ_UART1_RX);
    otter_mps2_awaken();
}

static void listen_to_button(void)
{
    put(UART1 + UART_INTCLEAR, UART_INT_RX);
    put(NVIC_CLEAR_PENDING, 1u << IRQ_UART1_RX);
    put(NVIC_ENABLE, 1u << IRQ_UART1_RX);
}

bool otter_mps2_button_pressed(void)
{
    bool pressed = false;

    while ((get(UART1 + UART_STATE) & UART_STATE_RX_FULL) != 0) {
        (void)get(UART1 + UART_DATA);
        pressed = true;
    }
    listen_to_button();
    return pressed;
}
