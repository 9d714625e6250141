# SPDX-License-Identifier: Apache-2.0
"""The radio through Google's bumble: a Bluetooth host in Python on any HCI transport, without the
operating system's. For controllers that no system manages, and for Otter's test bench.
"""

import asyncio
import contextlib

from bumble import att, core, gatt, hci
from bumble.device import Device, DeviceConfiguration, Peer
from bumble.pairing import PairingConfig
from bumble.transport import open_transport

from . import service
from .radio import Found, GattRefusal, Link, LinkLost, NoAdapter, NoDevice, Radio

MTU_TO_ASK_FOR = 517
CLOSE_SECONDS = 2
ADDRESS = "C0:FF:EE:00:0B:1E"  # random static: its two highest bits are set
SUBSCRIBED = bytes([3, 0])  # notifications and indications
SERVICE_LISTS = (core.AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
                 core.AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)


def text_of(uuid):
    return uuid.to_hex_str("-").lower()


def found_of(advertisement):
    data = advertisement.data
    uuids = [uuid for kind in SERVICE_LISTS for uuid in data.get(kind) or ()]
    name = (data.get(core.AdvertisingData.COMPLETE_LOCAL_NAME)
            or data.get(core.AdvertisingData.SHORTENED_LOCAL_NAME) or "")
    return Found(name, advertisement.address.to_string(False), advertisement.rssi,
                 frozenset(map(text_of, uuids)), advertisement.address)


class BumbleLink(Link):
    """A connection of bumble's host."""

    def __init__(self, connection):
        self._connection = connection
        self._is_gone = False
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self._client = Peer(connection).gatt_client
        self._found = {}
        self.characteristics = {}

    def _on_disconnection(self, _reason):
        self._is_gone = True

    @property
    def mtu(self):
        return self._connection.att_mtu

    async def discover(self, mtu):
        async with self._losses():
            await self._client.request_mtu(mtu)
            for found in await self._client.discover_services():
                if text_of(found.uuid) in service.SERVICES:
                    await found.discover_characteristics()
                    self._found |= {text_of(each.uuid): each for each in found.characteristics}
                    self.characteristics[text_of(found.uuid)] = frozenset(
                        text_of(each.uuid) for each in found.characteristics)
        return self

    @contextlib.asynccontextmanager
    async def _losses(self):
        """Tells bumble's ways to say that the link is gone from all other trouble."""
        try:
            yield
        except att.ATT_Error as error:
            raise GattRefusal(error.error_code) from error
        except (asyncio.CancelledError, core.BaseBumbleError, TimeoutError) as error:
            # A request that dies with its link is cancelled, and so is a task that is told to end.
            if isinstance(error, asyncio.CancelledError) and asyncio.current_task().cancelling():
                raise
            raise LinkLost("the connection to the device was lost") from error

    async def subscribe(self, characteristic, on_value, on_lost):
        wanted = self._found[characteristic]
        self._connection.on(self._connection.EVENT_DISCONNECTION, lambda *_: on_lost())
        async with self._losses():
            await wanted.discover_descriptors()
            for kind in (self._client.notification_subscribers,
                         self._client.indication_subscribers):
                kind[wanted.handle] = {on_value}
            configuration = wanted.get_descriptor(
                gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR)
            await self._client.write_value(configuration, SUBSCRIBED, with_response=True)

    async def write(self, characteristic, value):
        async with self._losses():
            await self._client.write_value(self._found[characteristic], value, with_response=True)

    async def pair(self):
        async with self._losses():
            await self._connection.pair()

    async def close(self):
        if self._is_gone:
            return
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.disconnect()


class BumbleRadio(Radio):
    """A controller behind an HCI transport, named as bumble names them: "usb:0", "tcp-client:HOST:PORT"."""

    def __init__(self, transport, mtu=MTU_TO_ASK_FOR):
        self._name = transport
        self._mtu = mtu
        self._transport = None
        self._device = None

    async def __aenter__(self):
        try:
            self._transport = await open_transport(self._name)
        except Exception as error:  # each transport has errors of its own
            raise NoAdapter(f"the HCI transport '{self._name}' cannot be opened: {error}") from error
        self._device = make_host(self._transport.source, self._transport.sink)
        await self._device.power_on()
        return self

    async def __aexit__(self, *trouble):
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._device.power_off()
        await self._transport.close()

    async def scan(self, seconds, is_wanted=None):
        heard = {}
        is_done = asyncio.Event()

        def on_advertisement(advertisement):
            found = found_of(advertisement)
            heard[found.address] = found
            if is_wanted and is_wanted(found):
                is_done.set()

        self._device.on(Device.EVENT_ADVERTISEMENT, on_advertisement)
        try:
            await self._device.start_scanning()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await is_done.wait()
            await self._device.stop_scanning()
        finally:
            self._device.remove_listener(Device.EVENT_ADVERTISEMENT, on_advertisement)
        return list(heard.values())

    async def connect(self, found, seconds):
        try:
            connection = await self._device.connect(found.handle, timeout=seconds)
        except (core.BaseBumbleError, TimeoutError) as error:
            raise NoDevice(f"'{found.name or found.address}' does not answer") from error
        return await BumbleLink(connection).discover(self._mtu)


def make_host(source, sink):
    """A host that pairs without asking anybody, as it has neither keys nor a display."""
    device = Device.from_config_with_hci(
        DeviceConfiguration(name="otter-ble", address=hci.Address(ADDRESS)), source, sink)
    device.pairing_config_factory = lambda _: PairingConfig(sc=True, mitm=False, bonding=False)
    return device
