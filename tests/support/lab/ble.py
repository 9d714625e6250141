# SPDX-License-Identifier: Apache-2.0
"""A device with Bluetooth LE: our C library behind the GATT server of Google's bumble.

What is real: HCI, L2CAP, ATT, GATT and SMP of bumble on both sides; below, the transport and the
agent of libs/, compiled for this host, on a flash file. What is not: the radio.
"""

import asyncio
import contextlib
import importlib
import io
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from bumble import att, gatt, hci
from bumble.core import AdvertisingData
from bumble.device import Device as Host
from bumble.device import DeviceConfiguration
from bumble.pairing import PairingConfig

from .air import Air, Loop
from .ble_device import CONTROL, HANGS, LATER, RUNS, BleDevice
from .build import Build
from .process import Console, ProcessError, run

OTTER_BLE = Build.top / "tools" / "otter-ble" / "otter-ble"
ADVERTISING_MS = 20
RESTART_SECONDS = 0.05  # from the end of a program to the bootloader
NAME, ADDRESS = "Kettle", "C0:11:22:33:44:55"


def now_ms():
    return int(time.monotonic() * 1000) & 0xFFFFFFFF


def otter_ble(*words, expect=0, **options):
    """Run the host tool."""
    return run(sys.executable, OTTER_BLE, *words, expect=expect, **options)


def otter_ble_here(*words, expect=0):
    """The same in this process, which saves it the half second in which Python reads a Bluetooth stack."""
    if str(OTTER_BLE.parent) not in sys.path:
        sys.path.insert(0, str(OTTER_BLE.parent))
    main = importlib.import_module("otter_ble.cli").main
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        status = main([str(word) for word in words])
    if status != expect:
        raise ProcessError(f"otter-ble {' '.join(map(str, words))}\n  ended with {status}, not {expect}\n"
                           f"{said.getvalue()}{complained.getvalue()}")
    return SimpleNamespace(stdout=said.getvalue(), stderr=complained.getvalue())


class BleLab(Loop):
    """A room with an air of its own, for tests that are no coroutines. Use it with `with`."""

    def __enter__(self):
        super().__enter__()
        self.air, self.hci = self.call(self._open())
        return self

    def __exit__(self, *trouble):
        self.call(self.air.close())
        super().__exit__(*trouble)

    @staticmethod
    async def _open():
        air = Air()
        return air, await air.open()

    def tool(self, command, *words, expect=0):
        """The host tool with a controller in this room."""
        return otter_ble_here(command, *words, "--hci", self.hci, expect=expect)

    def push(self, file, *words, expect=0):
        return self.tool("push", file, "--device", NAME, *words, expect=expect)


class Peripheral:
    """A device on the air. It lives in the event loop of its air.

    `core` is what the stack talks to, with the functions of lab.ble_device.BleDevice; it answers
    through send() and respond().
    """

    def __init__(self, air, name=NAME, address=ADDRESS, mtu=517, wants_encryption=False):
        self.air = air
        self.name = name
        self.address = address
        self.mtu = mtu
        self.wants_encryption = wants_encryption
        self.core = None
        self._controller = self._host = self._connection = None
        self._held = self._timer = None
        self._values = {}

    # --- power ------------------------------------------------------------------------------------

    async def power_on(self, core):
        """Start the program: its stack, its service, advertising."""
        self.core = core
        self._controller, hci_host = self.air.plug_in_directly()
        self._host = Host(config=DeviceConfiguration(name=self.name,
                                                     address=hci.Address(self.address)),
                          host=hci_host)
        self._host.pairing_config_factory = lambda _: PairingConfig(mitm=False, bonding=False)
        self._host.gatt_server.max_mtu = self.mtu
        self._host.add_service(self._make_service(core.service()))
        self._host.on(Host.EVENT_CONNECTION, self._on_connection)
        await self._host.power_on()
        await self._advertise()

    def power_off(self):
        """At once, as power goes: the peer notices a time-out, the program nothing."""
        self.core = None
        if self._timer:
            self._timer.cancel()
        self.air.unplug(self._controller)

    def drop(self):
        """Break the link only."""
        self.air.drop(self._controller)

    async def _advertise(self):
        uuid = self._host.gatt_server.services[-1].uuid
        await self._host.start_advertising(
            advertising_data=bytes(AdvertisingData([
                (AdvertisingData.FLAGS, bytes([6])),
                (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(uuid)),
                (AdvertisingData.COMPLETE_LOCAL_NAME, self.name.encode())])),
            advertising_interval_min=ADVERTISING_MS, advertising_interval_max=ADVERTISING_MS,
            auto_restart=True)

    # --- the attributes ---------------------------------------------------------------------------

    def _make_service(self, table):
        return gatt.Service(table.uuid, [self._make_characteristic(row)
                                         for row in table.characteristics])

    def _permissions(self, row):
        permissions = att.Attribute.Permissions(row.permissions)
        if self.wants_encryption and permissions & att.Attribute.WRITEABLE:
            permissions |= att.Attribute.WRITE_REQUIRES_ENCRYPTION
        return permissions

    def _make_characteristic(self, row):
        descriptors = [gatt.Descriptor(each.uuid, self._permissions(each),
                                       self._value_of(each.attribute))
                       for each in row.descriptors]
        value = gatt.Characteristic(row.uuid, gatt.Characteristic.Properties(row.properties),
                                    self._permissions(row), self._value_of(row.attribute),
                                    descriptors)
        self._values[row.attribute] = value
        return value

    def _value_of(self, attribute):
        return att.AttributeValueV2(lambda _bearer: self._read(attribute),
                                    lambda _bearer, value: self.written(attribute, value))

    # --- what the stack hears ---------------------------------------------------------------------

    def _on_connection(self, connection):
        self._connection = connection
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self.core.connected()
        self.poke()

    def _on_disconnection(self, _reason):
        self._connection = None
        if self._held:
            self._held.cancel()
        if self.core:
            self.core.disconnected()
            self.poke()

    def _read(self, attribute):
        code, value = self.core.read(attribute)
        if code:
            raise att.ATT_Error(code)
        return value

    async def written(self, attribute, value):
        """The peer writes; returns when the device has answered."""
        if not self.core:
            return  # the power went while this was on its way
        code = self.core.write(attribute, 0, value)
        if code == LATER:
            self._held = asyncio.get_running_loop().create_future()
        self.poke()
        if code == LATER:
            code = await self._held
        if code:
            raise att.ATT_Error(code)

    # --- what the program answers -----------------------------------------------------------------

    def respond(self, code):
        self._held.set_result(code)

    def send(self, is_indication, value):
        """Send the control point's value. False: there is nobody to send it to."""
        if self._connection:
            send = self._indicate if is_indication else self._host.gatt_server.notify_subscriber
            asyncio.ensure_future(send(self._connection, self._values[CONTROL], value, force=True))
        return self._connection is not None

    async def _indicate(self, *arguments, **options):
        core = self.core
        try:
            await self._host.gatt_server.indicate_subscriber(*arguments, **options)
        except TimeoutError:  # the link was lost meanwhile
            return
        if self.core is core:
            core.indication_confirmed()
            self.poke()

    # --- time -------------------------------------------------------------------------------------

    def poke(self):
        """Step the agent as soon as the stack is done with what it has."""
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_soon(self._step)

    def _step(self):
        if self.core:
            wait_ms = self.core.step(now_ms())
            self._timer = asyncio.get_running_loop().call_later(wait_ms / 1000, self._step)
            self.after_step()

    def after_step(self):
        """For a subclass: the core has done what it can."""


class Board(Peripheral, Console):
    """A whole device of Otter's: bootloader, program and Bluetooth on a flash file.

    What it says on its console are the lines of Console. Its methods may be called from any thread.
    """

    def __init__(self, lab, folder, key, author=None, **options):
        """key signs programs; author, if there is one, what the signed service is sent."""
        Peripheral.__init__(self, lab.air, **options)
        Console.__init__(self)
        self.speaker = self.name
        self.lab = lab
        self.layout = Build.layout
        self.flash = Path(folder) / f"{self.name}.flash"
        self.confirms = True  # a trial, at once
        self._restarting = None
        self._trusted = self._public(key)
        self._author = self._public(author) if author else None

    @staticmethod
    def _public(key):
        """Beside the private key, once."""
        path = key.with_suffix(".der")
        if not path.exists():
            run(Build.otter, "key", "public", "--format", "der", "--out", path, key)
        return path

    def create(self, image):
        """Make its flash file as the factory would."""
        run(Build.otter, "device", "create", "--layout", self.layout, "--image", image,
            "--output", self.flash)
        return self

    def inspect(self):
        """What its flash says: slots, trailers, journal, what the next boot will do."""
        return json.loads(run(Build.otter, "device", "inspect", "--layout", self.layout, "--json",
                              self.flash).stdout)

    def __enter__(self):
        self.switch_on()
        return self

    def __exit__(self, *_):
        self.cut_power()

    def switch_on(self):
        self.lab.call(self.start())

    def cut_power(self):
        """Between any two flash operations; the file stays."""
        self.lab.call(self.stop())

    def lose_link(self):
        self.lab.call(self.drop_link())

    # --- in the event loop ------------------------------------------------------------------------

    def line(self, text):
        self.on_line(text)

    async def start(self):
        core = BleDevice(self.flash, self._trusted, self, self._author)
        while (start := core.boot()) == HANGS:
            self.line("sim: reset by the watchdog")
        if start == RUNS:
            await self.power_on(core)
            if self.confirms and core.status().is_on_trial:
                core.confirm()
        else:
            core.close()

    async def stop(self):
        self._lose_power()

    async def drop_link(self):
        self.drop()

    def _lose_power(self):
        if self._restarting:
            self._restarting.cancel()
        if self.core:
            core = self.core
            self.power_off()
            core.close()

    def after_step(self):
        if self.core.wants_restart:
            self._lose_power()
            self._restarting = asyncio.ensure_future(self._start_again())

    async def _start_again(self):
        await asyncio.sleep(RESTART_SECONDS)
        self._restarting = None
        await self.start()
