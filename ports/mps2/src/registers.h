/* SPDX-License-Identifier: Apache-2.0 */

/* The registers of QEMU's mps2-an386 that the port uses: addresses, and one way to touch them.
 * Sources: Arm AN386 (memory map), CMSDK technical reference (UART, watchdog), Armv7-M
 * architecture manual (system space); docs/emulated-device.md tells what QEMU makes of them. */
#ifndef OTTER_MPS2_REGISTERS_H
#define OTTER_MPS2_REGISTERS_H

#include <stdint.h>

static inline uint32_t get(uint32_t address)
{
    return *(const volatile uint32_t *)address;
}

static inline void put(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#define CPU_CLOCK_HZ 25000000u

/* CMSDK UARTs: 0 is the console, 1 the push button. */
#define UART0         0x40004000u
#define UART1         0x40005000u
#define UART_DATA     0x00u
#define UART_STATE    0x04u
#define UART_CTRL     0x08u
#define UART_INTCLEAR 0x0Cu
#define UART_BAUDDIV  0x10u

#define UART_STATE_TX_FULL 0x1u
#define UART_STATE_RX_FULL 0x2u
#define UART_CTRL_TX       0x1u
#define UART_CTRL_RX       0x2u
#define UART_CTRL_RX_IRQ   0x8u
#define UART_INT_RX        0x2u

/* CMSDK watchdog */
#define WATCHDOG_LOAD     0x40008000u
#define WATCHDOG_CTRL     0x40008008u
#define WATCHDOG_INTCLEAR 0x4000800Cu
#define WATCHDOG_LOCK     0x40008C00u

#define WATCHDOG_CTRL_INTERRUPT 0x1u
#define WATCHDOG_CTRL_RESET     0x2u
#define WATCHDOG_KEY            0x1ACCE551u

/* FPGA input and output */
#define FPGAIO_LED      0x40028000u
#define FPGAIO_COUNTER  0x40028018u
#define FPGAIO_PRESCALE 0x4002801Cu
#define FPGAIO_PSCNTR   0x40028020u

/* LAN9118 Ethernet controller */
#define LAN_BASE         0x40200000u
#define LAN_RX_DATA      (LAN_BASE + 0x00u)
#define LAN_TX_DATA      (LAN_BASE + 0x20u)
#define LAN_RX_STATUS    (LAN_BASE + 0x40u)
#define LAN_TX_STATUS    (LAN_BASE + 0x48u)
#define LAN_ID_REV       (LAN_BASE + 0x50u)
#define LAN_IRQ_CFG      (LAN_BASE + 0x54u)
#define LAN_INT_STS      (LAN_BASE + 0x58u)
#define LAN_INT_EN       (LAN_BASE + 0x5Cu)
#define LAN_BYTE_TEST    (LAN_BASE + 0x64u)
#define LAN_FIFO_INT     (LAN_BASE + 0x68u)
#define LAN_RX_CFG       (LAN_BASE + 0x6Cu)
#define LAN_TX_CFG       (LAN_BASE + 0x70u)
#define LAN_HW_CFG       (LAN_BASE + 0x74u)
#define LAN_RX_FIFO_INF  (LAN_BASE + 0x7Cu)
#define LAN_TX_FIFO_INF  (LAN_BASE + 0x80u)
#define LAN_FREE_RUN     (LAN_BASE + 0x9Cu)
#define LAN_MAC_CSR_CMD  (LAN_BASE + 0xA4u)
#define LAN_MAC_CSR_DATA (LAN_BASE + 0xA8u)

/* System space of the Cortex-M4 */
#define SYSTICK_CTRL    0xE000E010u
#define SYSTICK_LOAD    0xE000E014u
#define SYSTICK_CURRENT 0xE000E018u

#define SYSTICK_CTRL_ENABLE    0x1u
#define SYSTICK_CTRL_INTERRUPT 0x2u

#define NVIC_ENABLE        0xE000E100u
#define NVIC_DISABLE       0xE000E180u
#define NVIC_CLEAR_PENDING 0xE000E280u
#define NVIC_PRIORITY      0xE000E400u /* a byte for each line */

#define SCB_ICSR  0xE000ED04u
#define SCB_VTOR  0xE000ED08u
#define SCB_AIRCR 0xE000ED0Cu
#define SCB_SHCSR 0xE000ED24u
#define SCB_CFSR  0xE000ED28u
#define SCB_MMFAR 0xE000ED34u
#define SCB_BFAR  0xE000ED38u

#define SCB_ICSR_CLEAR_SYSTICK  0x02000000u
#define SCB_ICSR_ACTIVE_MASK    0x000001FFu
#define SCB_AIRCR_RESET         0x05FA0004u
#define SCB_SHCSR_MEMORY_FAULT  0x00010000u
#define SCB_SHCSR_BUS_FAULT     0x00020000u
#define SCB_SHCSR_USAGE_FAULT   0x00040000u
#define SCB_CFSR_MMFAR_IS_VALID 0x00000080u
#define SCB_CFSR_BFAR_IS_VALID  0x00008000u

#define MPU_CTRL 0xE000ED94u
#define MPU_RNR  0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u

/* Interrupt lines */
#define IRQ_COUNT    32u
#define IRQ_UART1_RX 2u
#define IRQ_ETHERNET 13u

static inline void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif
