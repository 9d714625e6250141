# SPDX-License-Identifier: Apache-2.0
"""The radio through bleak: the Bluetooth of the operating system, on Linux, macOS and Windows."""

import asyncio
import contextlib

from bleak import BleakClient, BleakScanner
from bleak.exc import (BleakBluetoothNotAvailableError, BleakDBusError, BleakError,
                       BleakGATTProtocolError)

from . import service
from .radio import Found, GattRefusal, Link, LinkLost, NoAdapter, NoDevice, Radio

CLOSE_SECONDS = 5
NOT_PAIRED = ("org.bluez.Error.NotPermitted", "Not paired")
INSUFFICIENT_AUTHENTICATION = 0x05


def found_of(device, advertisement):
    return Found(advertisement.local_name or device.name or "", device.address, advertisement.rssi,
                 frozenset(uuid.lower() for uuid in advertisement.service_uuids), device)


class BleakLink(Link):
    """A connection of bleak's."""

    def __init__(self):
        self._client = None
        self._on_lost = lambda: None
        self.characteristics = {}

    async def open(self, found, seconds):
        self._client = BleakClient(found.handle, disconnected_callback=lambda _: self._on_lost(),
                                   timeout=seconds)
        await self._client.connect()
        for each in self._client.services:
            if each.uuid in service.SERVICES:
                self.characteristics[each.uuid] = frozenset(
                    characteristic.uuid for characteristic in each.characteristics)
        return self

    @property
    def mtu(self):
        """Of the size of a write, which every system knows; the MTU itself some keep to themselves."""
        data = self._client.services.get_characteristic(service.DATA)
        return data.max_write_without_response_size + service.ATT_HEADER_SIZE

    @contextlib.asynccontextmanager
    async def _losses(self):
        try:
            yield
        except BleakGATTProtocolError as error:
            raise GattRefusal(int(error.code)) from error
        except (BleakError, OSError, EOFError) as error:
            if isinstance(error, BleakDBusError) and error.args[:2] == NOT_PAIRED:
                raise GattRefusal(INSUFFICIENT_AUTHENTICATION) from error
            raise LinkLost(f"the connection to the device was lost ({error})") from error

    async def subscribe(self, characteristic, on_value, on_lost):
        """Most systems choose notifications where a device offers both, and let indications through too."""
        self._on_lost = on_lost
        async with self._losses():
            await self._client.start_notify(characteristic,
                                            lambda _, value: on_value(bytes(value)))

    async def write(self, characteristic, value):
        async with self._losses():
            await self._client.write_gatt_char(characteristic, value, response=True)

    async def pair(self):
        """On macOS the system pairs by itself, when a device wants it."""
        with contextlib.suppress(NotImplementedError):
            async with self._losses():
                await self._client.pair()

    async def close(self):
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._client.disconnect()


@contextlib.asynccontextmanager
async def bluetooth_or_words():
    """Systems without Bluetooth say so in many ways: no service, no adapter, no permission."""
    try:
        yield
    except BleakBluetoothNotAvailableError as error:
        raise NoAdapter(f"there is no Bluetooth here that works: {error.args[0]}") from error
    except (BleakDBusError, OSError) as error:
        raise NoAdapter(f"the system's Bluetooth does not answer ({error}). Is its service running? "
                        "On Linux: systemctl status bluetooth; --hci does without it") from error


class BleakRadio(Radio):
    """An adapter of the system; on Linux one can be named ("hci1")."""

    def __init__(self, adapter=None):
        self._options = {"bluez": {"adapter": adapter}} if adapter else {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *trouble):
        pass

    async def scan(self, seconds, is_wanted=None):
        """Not filtered by service: systems differ in whether they would find a device by its name then."""
        heard = {}
        is_done = asyncio.Event()

        def on_advertisement(device, advertisement):
            found = found_of(device, advertisement)
            heard[found.address] = found
            if is_wanted and is_wanted(found):
                is_done.set()

        async with bluetooth_or_words():
            async with BleakScanner(on_advertisement, **self._options):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await is_done.wait()
        return list(heard.values())

    async def connect(self, found, seconds):
        try:
            return await BleakLink().open(found, seconds)
        except (BleakError, TimeoutError, OSError) as error:
            raise NoDevice(f"'{found.name or found.address}' does not answer: {error}") from error
