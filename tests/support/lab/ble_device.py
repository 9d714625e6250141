# SPDX-License-Identifier: Apache-2.0
"""sim/ble: a device that is updated over Bluetooth LE, without its Bluetooth stack.

Whoever has a stack, or plays a peer, gives it three functions and passes on what it hears.
"""

import ctypes
import uuid
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_int, c_int32, c_size_t, c_uint
from ctypes import c_uint8, c_uint16, c_uint32, c_void_p
from types import SimpleNamespace

from .build import Build

CONTROL, CONTROL_CCCD, DATA = range(3)
LATER = 0x100
RUNS, HANGS, FAILS = range(3)

_Send = ctypes.CFUNCTYPE(c_bool, c_void_p, c_bool, POINTER(c_uint8), c_size_t)
_Respond = ctypes.CFUNCTYPE(None, c_void_p, c_uint)
_Line = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class _Stack(ctypes.Structure):
    _fields_ = [("send", _Send), ("respond", _Respond), ("line", _Line), ("context", c_void_p)]


class _Key(ctypes.Structure):
    _fields_ = [("der", c_char_p), ("der_size", c_size_t)]


class _Status(ctypes.Structure):
    _fields_ = [("bytes", c_uint32), ("total", c_uint32), ("last_result", c_int32),
                ("percent", c_uint8), ("is_pending", c_bool), ("is_on_trial", c_bool),
                ("stage", c_char * 16), ("running", c_char * 32)]


class _Descriptor(ctypes.Structure):
    _fields_ = [("attribute", c_int), ("uuid", c_uint16), ("permissions", c_uint8)]


class _Characteristic(ctypes.Structure):
    _fields_ = [("attribute", c_int), ("uuid", c_uint8 * 16), ("properties", c_uint8),
                ("permissions", c_uint8), ("value_max", c_uint16),
                ("descriptor", POINTER(_Descriptor))]


class _Service(ctypes.Structure):
    _fields_ = [("uuid", c_uint8 * 16), ("characteristics", POINTER(_Characteristic))]


def _load():
    library = ctypes.CDLL(str(Build.host / "bin" / "libotter_ble_device.so"))
    functions = {
        "open": (c_void_p, [c_char_p, POINTER(_Key), POINTER(_Key), POINTER(_Stack), c_char_p,
                            c_size_t]),
        "close": (None, [c_void_p]),
        "boot": (c_int, [c_void_p]),
        "service": (POINTER(_Service), [c_void_p]),
        "connected": (None, [c_void_p]),
        "disconnected": (None, [c_void_p]),
        "write": (c_uint, [c_void_p, c_uint, c_uint, c_char_p, c_size_t]),
        "read": (c_uint, [c_void_p, c_uint, c_char_p, POINTER(c_size_t)]),
        "indication_confirmed": (None, [c_void_p]),
        "step": (c_uint32, [c_void_p, c_uint32]),
        "wants_restart": (c_bool, [c_void_p]),
        "confirm": (c_int, [c_void_p]),
        "get_status": (None, [c_void_p, c_uint32, POINTER(_Status)]),
    }
    calls = {}
    for name, (result, arguments) in functions.items():
        calls[name] = getattr(library, f"ble_device_{name}")
        calls[name].restype = result
        calls[name].argtypes = arguments
    return SimpleNamespace(**calls)


def _uuid_text(over_the_air):
    return str(uuid.UUID(bytes=bytes(reversed(bytes(over_the_air)))))


def _key(path):
    if path is None:
        return None
    der = path.read_bytes()
    return byref(_Key(der, len(der)))


class BleDevice:
    """A device on a flash file. Closing it is a loss of power; open the file again to go on.

    `stack` answers for the device: send(is_indication, value), which says whether it could,
    respond(code), and line(text) for the console.
    """

    _calls = None

    def __init__(self, flash, trusted, stack, author=None):
        """Keys are files in DER. With `author` the service is the signed one."""
        BleDevice._calls = BleDevice._calls or _load()
        # The library keeps these pointers as long as the device is open.
        self._stack = _Stack(
            _Send(lambda _, is_indication, value, size: stack.send(is_indication,
                                                                   bytes(value[:size]))),
            _Respond(lambda _, code: stack.respond(code)),
            _Line(lambda _, line: stack.line(line.decode())), None)
        problem = ctypes.create_string_buffer(200)
        self._device = self._calls.open(str(flash).encode(), _key(trusted), _key(author),
                                        byref(self._stack), problem, len(problem))
        if not self._device:
            raise ValueError(problem.value.decode())

    def close(self):
        self._calls.close(self._device)
        self._device = None

    def boot(self):
        """Reset. Returns RUNS, HANGS or FAILS."""
        return self._calls.boot(self._device)

    def service(self):
        """What the stack is to register."""
        service = self._calls.service(self._device).contents
        return SimpleNamespace(uuid=_uuid_text(service.uuid),
                               characteristics=[self._characteristic(service.characteristics[i])
                                                for i in range(2)])

    @staticmethod
    def _characteristic(row):
        descriptors = [row.descriptor.contents] if row.descriptor else []
        return SimpleNamespace(
            attribute=row.attribute, uuid=_uuid_text(row.uuid), properties=row.properties,
            permissions=row.permissions, value_max=row.value_max,
            descriptors=[SimpleNamespace(attribute=each.attribute, uuid=f"{each.uuid:04X}",
                                         permissions=each.permissions) for each in descriptors])

    def connected(self):
        self._calls.connected(self._device)

    def disconnected(self):
        self._calls.disconnected(self._device)

    def write(self, attribute, offset, value):
        """Returns an ATT code, or LATER: then stack.respond() gets it."""
        return self._calls.write(self._device, attribute, offset, bytes(value), len(value))

    def read(self, attribute):
        """Returns an ATT code and the value."""
        value = ctypes.create_string_buffer(2)
        size = c_size_t()
        code = self._calls.read(self._device, attribute, value, byref(size))
        return code, value.raw[:size.value]

    def indication_confirmed(self):
        self._calls.indication_confirmed(self._device)

    def step(self, now_ms):
        """Returns the milliseconds until the agent wants to be stepped again."""
        return self._calls.step(self._device, now_ms)

    @property
    def wants_restart(self):
        return self._calls.wants_restart(self._device)

    def confirm(self):
        """Accept the running program. Returns a result code, 0: done."""
        return self._calls.confirm(self._device)

    def status(self, now_ms=0):
        status = _Status()
        self._calls.get_status(self._device, now_ms, byref(status))
        return SimpleNamespace(
            bytes=status.bytes, total=status.total, percent=status.percent,
            last_result=status.last_result, is_pending=status.is_pending,
            is_on_trial=status.is_on_trial, stage=status.stage.decode(),
            running=status.running.decode())
