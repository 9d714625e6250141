# SPDX-License-Identifier: Apache-2.0
"""The vendor's host applications, and devices of its library, from descriptions of what they do. They
share no code with otter-ble and with our device.

All send the same commands and stop at any status but 0 and 9. They know nothing of digests.
"""

import asyncio
import struct
import zlib
from dataclasses import dataclass
from types import SimpleNamespace

from bumble import att, gatt, hci
from bumble.core import UUID
from bumble.device import Device as Host
from bumble.device import DeviceConfiguration, Peer
from bumble.pairing import PairingConfig

SERVICE = UUID("ae5d1e47-5c13-43a0-8635-82ad38a1381f")
SECURE_SERVICE = UUID("c7261110-f425-447a-a1bd-9d7246768bd8")
APPLICATION_INFO = UUID("a47f7608-2e2d-47eb-913b-75d4edc4de4b")
CONTROL_POINT = UUID("a3dd50bf-f7a7-4e99-838e-570a086c661b")
DATA = UUID("a2e86c7a-d961-4091-b74f-2409e72efe26")
ANSWER_SECONDS = 20
CONTINUE = 9
CONTROL_ATTRIBUTE, CCCD_ATTRIBUTE, DATA_ATTRIBUTE, INFO_ATTRIBUTE = range(4)


@dataclass(frozen=True)
class Habits:
    """In what the applications differ."""

    mtu: int = 517            # that it asks for
    write_size: int = 0       # 0: as much as the MTU allows, at most 512
    cccd: int = 3
    pause_seconds: float = 0  # before it asks for verification; the application on Windows waits 2 s
    abort: bytes = b"\x07"


WINDOWS = Habits(pause_seconds=0.1)
ANDROID = Habits(mtu=259, abort=b"\x07\0\0\0\0")
IOS = Habits(mtu=247, write_size=244, cccd=1)
SMALLEST = Habits(mtu=23, write_size=20)
ANYCLOUD = Habits(abort=b"\x04")


class Stopped(Exception):
    """A status that ends the update, or an attribute error."""

    def __init__(self, status):
        super().__init__(f"stopped by {status:#x}")
        self.status = status


class OldHost:
    """One application, connected. Made with `await OldHost.connect(...)`, in the event loop of an air."""

    def __init__(self, habits):
        self.habits = habits
        self.values = asyncio.Queue()
        self.ways = []  # how each value came: "notification" or "indication"
        self.connection = self.client = None

    @classmethod
    async def connect(cls, air, address, habits=WINDOWS, host_address="C0:00:00:00:00:0D"):
        self = cls(habits)
        _, hci_host = air.plug_in_directly()
        host = Host(config=DeviceConfiguration(address=hci.Address(host_address)), host=hci_host)
        host.pairing_config_factory = lambda _: PairingConfig(mitm=False, bonding=False)
        await host.power_on()
        self.connection = await host.connect(address)
        self.client = Peer(self.connection).gatt_client
        await self.client.request_mtu(habits.mtu)
        for service in await self.client.discover_services():
            await service.discover_characteristics()
        self.control = self.client.get_characteristics_by_uuid(CONTROL_POINT)[0]
        self.data = self.client.get_characteristics_by_uuid(DATA)[0]
        return self

    async def subscribe(self):
        await self.control.discover_descriptors()
        for kind, way in ((self.client.notification_subscribers, "notification"),
                          (self.client.indication_subscribers, "indication")):
            kind[self.control.handle] = {lambda value, way=way: self._on_value(value, way)}
        cccd = self.control.get_descriptor(
            gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR)
        await self.write(cccd, struct.pack("<H", self.habits.cccd))

    def _on_value(self, value, way):
        if value != bytes([CONTINUE]):
            self.ways.append(way)
            self.values.put_nowait(value)

    async def write(self, attribute, value):
        try:
            await self.client.write_value(attribute, value, with_response=True)
        except att.ATT_Error as error:
            raise Stopped(error.error_code) from error

    async def command(self, value):
        """Write a command and wait for its status, which must be 0."""
        await self.write(self.control, value)
        async with asyncio.timeout(ANSWER_SECONDS):
            status = await self.values.get()
        if status != b"\0":
            raise Stopped(status[0])

    @property
    def write_size(self):
        return self.habits.write_size or min(self.client.mtu - 3, 512)

    async def begin(self, size):
        await self.subscribe()
        await self.command(b"\x01")
        await self.command(b"\x02" + struct.pack("<I", size))

    async def send(self, data):
        for offset in range(0, len(data), self.write_size):
            await self.write(self.data, data[offset:offset + self.write_size])

    async def verify(self, crc):
        await asyncio.sleep(self.habits.pause_seconds)
        await self.command(b"\x03" + struct.pack("<I", crc))

    async def update(self, image, crc=None):
        """A whole update; raises Stopped."""
        await self.begin(len(image))
        await self.send(image)
        await self.verify(zlib.crc32(image) if crc is None else crc)

    async def abort(self):
        """None of them waits for an answer to it."""
        await self.write(self.control, self.habits.abort)

    async def pair(self):
        await self.connection.pair()

    async def disconnect(self):
        await self.connection.disconnect()


def attributes(secure=False, has_application_info=False):
    """The GATT database of the vendor's example; devices of the older SDK have one characteristic more."""
    def row(attribute, uuid, properties, descriptors=()):
        permissions = att.Attribute.READABLE | att.Attribute.WRITEABLE
        return SimpleNamespace(attribute=attribute, uuid=uuid, properties=properties,
                               permissions=permissions, descriptors=descriptors)

    properties = gatt.Characteristic.Properties
    cccd = row(CCCD_ATTRIBUTE, gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, None)
    rows = [row(CONTROL_ATTRIBUTE, CONTROL_POINT,
                properties.WRITE | properties.NOTIFY | properties.INDICATE, [cccd]),
            row(DATA_ATTRIBUTE, DATA, properties.WRITE)]
    if has_application_info:
        rows.append(row(INFO_ATTRIBUTE, APPLICATION_INFO, properties.READ))
    return SimpleNamespace(uuid=SECURE_SERVICE if secure else SERVICE, characteristics=rows)


class OldDevice:
    """A device of the AnyCloud library, or of the older SDK: what stands behind its GATT server.

    A `core` of lab.ble.Peripheral. It takes commands in any order, and counts nothing.
    """

    ERROR = 0x85  # of the vendor's stack: "error"

    def __init__(self, peripheral, is_btsdk=False, secure=False):
        self.peripheral = peripheral
        self._table = attributes(secure, is_btsdk)
        self._abort_value = 7 if is_btsdk else 4
        self._cccd = b"\0\0"
        self.data = b""
        self.prepared = 0
        self.aborted = 0
        self.is_verified = None

    def service(self):
        return self._table

    def connected(self):
        self._cccd = b"\0\0"

    def disconnected(self):
        pass

    def indication_confirmed(self):
        pass

    def step(self, _now_ms):
        return 1000

    def read(self, _attribute):
        return 0, self._cccd

    def write(self, attribute, _offset, value):
        if attribute == CCCD_ATTRIBUTE:
            self._cccd = value
        elif attribute == DATA_ATTRIBUTE:
            self.data += value
        else:
            return self._command(value[0], value[1:])
        return 0

    def _command(self, command, rest):
        if command == 1:
            self.prepared += 1
        elif command == 2:
            self.data = b""
        elif command == 3:
            self.is_verified = zlib.crc32(self.data) == struct.unpack("<I", rest)[0]
            self.peripheral.send(True, b"\0" if self.is_verified else b"\1")
            return 0 if self.is_verified else self.ERROR
        elif command == self._abort_value:
            self.aborted += 1
            return 0
        else:
            return self.ERROR
        return self._say_ok()

    def _say_ok(self):
        if not self._cccd[0] & 3:
            return self.ERROR
        self.peripheral.send(not self._cccd[0] & 1, b"\0")
        return 0
