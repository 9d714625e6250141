# SPDX-License-Identifier: Apache-2.0
"""What this tool needs of a Bluetooth stack: the least that bleak, bumble and a test bench can all do.

A Radio finds devices and connects to them; a Link is one connection. All that is known about the
update protocol lies above; all that is known about a stack lies below.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from . import service


class RadioError(Exception):
    """Something below the protocol went wrong; the text is for people."""


class NoAdapter(RadioError):
    """This machine has no Bluetooth that works."""


class NoDevice(RadioError):
    """The device was not heard, or is not what was expected."""


class LinkLost(RadioError):
    """The connection broke; trying again may help."""


class GattRefusal(RadioError):
    """The device answered a write with an error of the attribute protocol."""

    def __init__(self, code):
        words = service.ATT_MEANINGS.get(code, "")
        super().__init__(f"attribute error 0x{code:02x}" + (f", {words}" if words else ""))
        self.code = code


@dataclass
class Found:
    """A device that advertises."""

    name: str
    address: str
    rssi: int
    services: frozenset[str] = frozenset()
    handle: object = field(default=None, repr=False)  # the stack's own

    @property
    def is_updatable(self):
        return bool(self.services & service.SERVICES)

    @property
    def is_secure(self):
        return service.SECURE_SERVICE in self.services

    def is_called(self, target):
        return target == self.name or target.lower() == self.address.lower()


class Link(ABC):
    """One connection. Every method may raise LinkLost."""

    mtu: int
    characteristics: dict[str, frozenset[str]]
    """Of each service that was found, the characteristics. Identifiers in lower case."""

    @abstractmethod
    async def subscribe(self, characteristic, on_value, on_lost):
        """Have notifications and indications from now on. on_lost() is called once the link is gone."""

    @abstractmethod
    async def write(self, characteristic, value):
        """Write with response. Raises GattRefusal if the device answers with an error."""

    @abstractmethod
    async def pair(self):
        """Encrypt the link, by pairing if the two never did."""

    @abstractmethod
    async def close(self):
        """Disconnect. Never raises."""


class Radio(ABC):
    """A Bluetooth adapter. Use it with `async with`."""

    @abstractmethod
    async def __aenter__(self): ...

    @abstractmethod
    async def __aexit__(self, *trouble): ...

    @abstractmethod
    async def scan(self, seconds, is_wanted=None):
        """Devices that were heard, as a list of Found; ends at the first for which is_wanted(found)."""

    @abstractmethod
    async def connect(self, found, seconds):
        """A Link to a device that was found."""

    async def find(self, target, seconds):
        """The device of that name or address."""
        for found in await self.scan(seconds, lambda found: found.is_called(target)):
            if found.is_called(target):
                return found
        raise NoDevice(f"no device '{target}' was heard in {seconds:g} s; 'otter-ble scan' lists those "
                       "that can be updated")
