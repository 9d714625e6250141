/* SPDX-License-Identifier: Apache-2.0 */

/* lwIP for Otter's devices: no operating system, IPv4 over Ethernet, DHCP, DNS, TCP by its raw API.
 * Only what differs from lwIP's defaults, with the reason. */
#ifndef OTTER_LWIPOPTS_H
#define OTTER_LWIPOPTS_H

/* One loop calls everything: no threads, no sockets, nothing to lock. */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_SINGLE_NETIF    1
#define LWIP_NETIF_HOSTNAME  1

#define MEM_ALIGNMENT 4
#define ETH_PAD_SIZE  2 /* the IP header falls on a word boundary */

#define LWIP_DHCP 1
#define LWIP_DNS  1
/* Probing whether somebody else has the address takes a second, for a network of two. */
#define DHCP_DOES_ARP_CHECK 0

/* The controller's FIFO holds 10,560 bytes and drops silently what comes on top, and a host sends a
 * whole window in one burst: at 8 segments every window loses frames and throughput falls to a
 * sixtieth. network.c asserts the limit. */
#define TCP_MSS 1460
#define TCP_WND (6 * TCP_MSS)

#define TCP_SND_BUF      (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG 32 /* at least the queue */
#define MEMP_NUM_TCP_PCB 6  /* one in use, the rest waits for late segments of closed ones */

/* Frames that wait to be fetched (a window) plus some out of order and in flight. */
#define PBUF_POOL_SIZE    20
#define PBUF_POOL_BUFSIZE 1536

/* Copies of what was sent but not acknowledged yet: the send buffer and its headers. */
#define MEM_SIZE 12288

/* Broken-off connections are given up after about half a minute instead of several minutes. */
#define TCP_MAXRTX    8
#define TCP_SYNMAXRTX 4

#define LWIP_STATS 0

/* The program's random numbers instead of libc's, which repeat after each reset. */
unsigned int otter_lwip_random(void);
#define LWIP_RAND() otter_lwip_random()

#endif
