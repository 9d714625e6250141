/* SPDX-License-Identifier: Apache-2.0 */

/** Packet types of MQTT 3.1.1, section 2.2.1. */
#ifndef OTTER_MQTT_PACKET_H
#define OTTER_MQTT_PACKET_H

enum packet_type {
    PACKET_CONNECT = 1,
    PACKET_CONNACK = 2,
    PACKET_PUBLISH = 3,
    PACKET_PUBACK = 4,
    PACKET_SUBSCRIBE = 8,
    PACKET_SUBACK = 9,
    PACKET_PINGREQ = 12,
    PACKET_PINGRESP = 13,
    PACKET_DISCONNECT = 14,
    PACKET_TYPES = 16,
};

/** Flags of a PUBLISH, section 3.3.1. */
#define PUBLISH_QOS(flags) (((flags) >> 1) & 3u)
#define PUBLISH_QOS_1      0x02u

#endif
