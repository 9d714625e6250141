# SPDX-License-Identifier: Apache-2.0
"""Programs that use Linux's Bluetooth, on the virtual link: BlueZ's D-Bus interface, bumble behind.

BlueZ itself needs the Bluetooth of a kernel. This has as much of its interface as bleak uses, on a
D-Bus daemon of its own: a real client stack above, a real host below, and between them a copy of
BlueZ's manners, from the documentation of org.bluez.Adapter, .Device and .GattCharacteristic, and
from how it turns ATT errors into D-Bus ones.
"""

import asyncio
import contextlib
import os
from pathlib import Path

from bumble import att, core, gatt, hci
from bumble.core import AdvertisingData
from bumble.device import Device as Host
from bumble.device import DeviceConfiguration, Peer
from bumble.pairing import PairingConfig
from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from .process import Process

NAME = "org.bluez"
ADAPTER, DEVICE = f"{NAME}.Adapter1", f"{NAME}.Device1"
SERVICE, CHARACTERISTIC = f"{NAME}.GattService1", f"{NAME}.GattCharacteristic1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
ADAPTER_PATH = "/org/bluez/hci0"
ADDRESS = "C0:00:00:00:00:01"
MTU = 517
NOTIFICATIONS = bytes([1, 0])  # what BlueZ writes where a characteristic offers both ways
FLAGS = {gatt.Characteristic.READ: "read", gatt.Characteristic.WRITE: "write",
         gatt.Characteristic.WRITE_WITHOUT_RESPONSE: "write-without-response",
         gatt.Characteristic.NOTIFY: "notify", gatt.Characteristic.INDICATE: "indicate"}
FAILED = "org.bluez.Error.Failed"
NOT_PERMITTED = "org.bluez.Error.NotPermitted"
NOT_PAIRED = (att.ATT_INSUFFICIENT_AUTHENTICATION_ERROR, att.ATT_INSUFFICIENT_ENCRYPTION_ERROR)

DAEMON = """<busconfig>
<type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


class SystemBus(Process):
    """A D-Bus daemon that nobody else uses."""

    def __init__(self, folder):
        config = Path(folder) / "dbus.conf"
        self.socket = Path(folder) / "dbus"
        config.write_text(DAEMON.format(socket=self.socket))
        super().__init__(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"])

    def start(self):
        super().start()
        self.wait_for("^unix:")

    @property
    def address(self):
        return f"unix:path={self.socket}"


def uuid_text(uuid):
    return uuid.to_hex_str("-").lower()


@contextlib.contextmanager
def bluez_errors():
    """What the peer answers, as BlueZ's create_gatt_dbus_error() says it."""
    try:
        yield
    except att.ATT_Error as error:
        if error.error_code in NOT_PAIRED:
            raise DBusError(NOT_PERMITTED, "Not paired") from error
        raise DBusError(FAILED, f"Operation failed with ATT error: 0x{error.error_code:02x}") from error
    except (asyncio.CancelledError, core.BaseBumbleError) as error:
        raise DBusError(FAILED, "Not connected") from error


class Objects:
    """What is on the bus: of each path the interfaces, and the properties of each."""

    def __init__(self):
        self._bus = None
        self._objects = {}  # path -> {interface: {property: Variant}}
        self._methods = {(OBJECTS, "GetManagedObjects"): self._managed,
                         (PROPERTIES, "Set"): self._set}

    async def open(self, address):
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._on_message)
        await self._bus.request_name(NAME)

    def close(self):
        self._bus.disconnect()

    def serve(self, interface, **methods):
        for name, method in methods.items():
            self._methods[interface, name] = method

    def add(self, path, interface, **properties):
        self._objects[path] = {interface: properties}
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, self._objects[path]])

    def remove(self, path):
        interfaces = self._objects.pop(path)
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, list(interfaces)])

    def under(self, path):
        return [each for each in self._objects if each.startswith(path + "/")]

    def change(self, path, interface, **properties):
        self._objects[path][interface].update(properties)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    async def _managed(self, _path):
        return "a{oa{sa{sv}}}", [self._objects]

    async def _set(self, path, interface, name, value):
        self.change(path, interface, **{name: value})

    def _signal(self, path, interface, member, signature, body):
        self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _on_message(self, message):
        method = self._methods.get((message.interface, message.member))
        if message.message_type is not MessageType.METHOD_CALL or not method:
            return None
        asyncio.ensure_future(self._answer(message, method))
        return True

    async def _answer(self, message, method):
        try:
            signature, body = await method(message.path, *message.body) or ("", [])
            self._bus.send(Message.new_method_return(message, signature, body))
        except DBusError as error:
            self._bus.send(Message.new_error(message, error.type, error.text))


class Bluez:
    """The service org.bluez with one adapter, in the event loop of its air."""

    def __init__(self, air):
        self._air = air
        self._objects = Objects()
        self._advertisers = {}      # path -> address
        self._connections = {}      # path of a device -> connection
        self._characteristics = {}  # path -> client, characteristic
        self._objects.serve(ADAPTER, SetDiscoveryFilter=self._filter, StartDiscovery=self._discover,
                            StopDiscovery=self._stop_discovery)
        self._objects.serve(DEVICE, Connect=self._connect, Disconnect=self._disconnect,
                            Pair=self._pair)
        self._objects.serve(CHARACTERISTIC, WriteValue=self._write, StartNotify=self._start_notify)

    async def open(self, address):
        _, hci_host = self._air.plug_in_directly()
        self._host = Host(config=DeviceConfiguration(address=hci.Address(ADDRESS)), host=hci_host)
        self._host.pairing_config_factory = lambda _: PairingConfig(mitm=False, bonding=False)
        self._host.on(Host.EVENT_ADVERTISEMENT, self._on_advertisement)
        await self._host.power_on()
        await self._objects.open(address)
        self._objects.add(ADAPTER_PATH, ADAPTER, Address=Variant("s", ADDRESS),
                          Powered=Variant("b", True), Roles=Variant("as", ["central"]))

    async def close(self):
        self._objects.close()

    @staticmethod
    @contextlib.contextmanager
    def of(lab, folder):
        """Put one into a room; gives the environment in which a program takes it for the system's."""
        with SystemBus(folder) as bus:
            bluez = Bluez(lab.air)
            lab.call(bluez.open(bus.address))
            yield {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address}
            lab.call(bluez.close())

    # --- org.bluez.Adapter1 -----------------------------------------------------------------------

    async def _filter(self, _path, _filter):
        pass

    async def _discover(self, _path):
        await self._host.start_scanning()

    async def _stop_discovery(self, _path):
        await self._host.stop_scanning()

    def _on_advertisement(self, advertisement):
        address = advertisement.address.to_string(False)
        path = f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"
        rssi = Variant("n", advertisement.rssi)
        if path in self._advertisers:
            self._objects.change(path, DEVICE, RSSI=rssi)
            return
        name = advertisement.data.get(AdvertisingData.COMPLETE_LOCAL_NAME) or address
        uuids = advertisement.data.get(
            AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) or ()
        self._advertisers[path] = advertisement.address
        self._objects.add(path, DEVICE, Adapter=Variant("o", ADAPTER_PATH),
                          Address=Variant("s", address), Alias=Variant("s", name),
                          Name=Variant("s", name), RSSI=rssi,
                          UUIDs=Variant("as", [uuid_text(uuid) for uuid in uuids]),
                          Connected=Variant("b", False), ServicesResolved=Variant("b", False),
                          Paired=Variant("b", False), Trusted=Variant("b", False))

    # --- org.bluez.Device1 ------------------------------------------------------------------------

    async def _connect(self, path):
        with bluez_errors():
            connection = await self._host.connect(self._advertisers[path])
            self._connections[path] = connection
            connection.on(connection.EVENT_DISCONNECTION, lambda *_: self._on_disconnection(path))
            self._objects.change(path, DEVICE, Connected=Variant("b", True))
            await self._find_services(path, Peer(connection).gatt_client)
        self._objects.change(path, DEVICE, ServicesResolved=Variant("b", True))

    async def _find_services(self, path, client):
        await client.request_mtu(MTU)
        for service in await client.discover_services():
            service_path = f"{path}/service{service.handle:04x}"
            self._objects.add(service_path, SERVICE, Device=Variant("o", path),
                              UUID=Variant("s", uuid_text(service.uuid)),
                              Primary=Variant("b", True))
            for each in await service.discover_characteristics():
                self._add_characteristic(service_path, client, each)

    def _add_characteristic(self, service_path, client, characteristic):
        path = f"{service_path}/char{characteristic.handle:04x}"
        flags = [name for flag, name in FLAGS.items() if characteristic.properties & flag]
        self._characteristics[path] = client, characteristic
        self._objects.add(path, CHARACTERISTIC, Service=Variant("o", service_path),
                          UUID=Variant("s", uuid_text(characteristic.uuid)),
                          Flags=Variant("as", flags), MTU=Variant("q", client.mtu))

    def _on_disconnection(self, path):
        del self._connections[path]
        for each in self._objects.under(path):
            self._characteristics.pop(each, None)
            self._objects.remove(each)
        self._objects.change(path, DEVICE, Connected=Variant("b", False),
                             ServicesResolved=Variant("b", False), Paired=Variant("b", False))

    async def _disconnect(self, path):
        if path in self._connections:
            await self._connections[path].disconnect()

    async def _pair(self, path):
        with bluez_errors():
            await self._connections[path].pair()
        self._objects.change(path, DEVICE, Paired=Variant("b", True))

    # --- org.bluez.GattCharacteristic1 ------------------------------------------------------------

    async def _write(self, path, value, _options):
        with bluez_errors():
            client, characteristic = self._characteristics[path]
            await client.write_value(characteristic, value, with_response=True)

    async def _start_notify(self, path):
        client, characteristic = self._characteristics[path]

        def on_value(value):
            self._objects.change(path, CHARACTERISTIC, Value=Variant("ay", value))

        with bluez_errors():
            await characteristic.discover_descriptors()
            for kind in (client.notification_subscribers, client.indication_subscribers):
                kind[characteristic.handle] = {on_value}
            configuration = characteristic.get_descriptor(
                gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR)
            await client.write_value(configuration, NOTIFICATIONS, with_response=True)
