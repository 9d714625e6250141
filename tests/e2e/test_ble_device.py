# SPDX-License-Identifier: Apache-2.0
"""What comes over Bluetooth is installed like everything else: tried, confirmed, or reverted."""

import hashlib
import random
import struct
import zlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lab import Build, run
from lab.ble_device import (CONTROL, CONTROL_CCCD, DATA, HANGS, LATER, RUNS, BleDevice)

INTERVAL_MS = 50
SETTINGS = {"device.name": "kettle", "mqtt.host": "127.0.0.1"}


class Peer:
    """A host of the old kind, at the place where the stack would be, and the device that it talks to."""

    def __init__(self, flash, trusted, author=None):
        self.now_ms = 0
        self.console = []
        self.heard = []
        self.answer = None
        self.device = BleDevice(flash, trusted, self, author)

    # what the device says

    def send(self, is_indication, value):
        self.heard.append((is_indication, value))
        return True

    def respond(self, code):
        self.answer = code

    def line(self, text):
        self.console.append(text)

    # what the peer does

    def boot(self, expect=RUNS):
        assert self.device.boot() == expect, self.console
        return self.device.status().running if expect == RUNS else None

    def connect(self, cccd=3):
        self.device.connected()
        self.write(CONTROL_CCCD, struct.pack("<H", cccd))

    def _step_until(self, is_reached):
        for _ in range(1000):
            if is_reached():
                return
            self.now_ms += min(self.device.step(self.now_ms), INTERVAL_MS)
        raise AssertionError("\n".join(self.console))

    def write(self, attribute, value, expect=0):
        code = self.device.write(attribute, 0, value)
        if code == LATER:
            self._step_until(lambda: self.answer is not None)
            code, self.answer = self.answer, None
        assert code == expect

    def hear(self):
        self._step_until(lambda: self.heard)
        is_indication, value = self.heard.pop(0)
        if is_indication:
            self.device.indication_confirmed()
        return is_indication, value

    def command(self, *words, expect=b"\0"):
        self.write(CONTROL, bytes(words))
        assert self.hear() == (False, expect)

    def send_data(self, data, size=244):
        for at in range(0, len(data), size):
            self.write(DATA, data[at:at + size])

    def push(self, file, crc=None):
        """Returns the outcome: is it an indication, and the status."""
        self.command(1)
        self.command(2, *struct.pack("<I", len(file)))
        self.send_data(file)
        self.write(CONTROL, struct.pack("<BI", 3, zlib.crc32(file) if crc is None else crc))
        is_indication, value = self.hear()
        self._step_until(lambda: value != b"\0" or self.device.wants_restart)
        return is_indication, value[0]

    def resume(self, file, digest):
        """Returns how many bytes of the file the device has."""
        self.command(1)
        self.command(0x20, 0, *digest[:16])
        self.command(0x20, 16, *digest[16:])
        self.write(CONTROL, struct.pack("<BI", 0x21, len(file)))
        _, value = self.hear()
        status, offset = struct.unpack("<BI", value)
        assert status == 0
        return offset


@pytest.fixture
def keys(tmp_path):
    """Two pairs: who signs programs, and who signs what is sent."""
    paths = {}
    for name in ("maker", "author"):
        paths[name] = tmp_path / f"{name}.pem"
        run(Build.otter, "key", "new", paths[name])
        run(Build.otter, "key", "public", "--format", "der", "--out", tmp_path / f"{name}.der",
            paths[name])
    return paths


@pytest.fixture
def image(tmp_path, keys):
    """Sign a program; returns the bytes of the image."""
    def make(version, begin=b"", size=60_000):
        program = tmp_path / f"program-{version}.bin"
        program.write_bytes(begin + random.Random(version).randbytes(size))
        path = tmp_path / f"image-{version}.bin"
        run(Build.otter, "image", "sign", "--key", keys["maker"], "--version", version,
            "--layout", Build.layout, program, path)
        return path
    return make


@pytest.fixture
def flash(tmp_path, image):
    path = tmp_path / "flash.bin"
    run(Build.otter, "device", "create", "--layout", Build.layout, "--image", image("1.0.0"),
        "--output", path, *(word for name, value in SETTINGS.items()
                            for word in ("--setting", f"{name}={value}")))
    return path


@pytest.fixture
def open_device(tmp_path, flash, keys):
    """Switch the device on; the one before loses its power."""
    peers = []

    def make(is_signed=False):
        if peers:
            peers.pop().device.close()
        author = tmp_path / "author.der" if is_signed else None
        peers.append(Peer(flash, tmp_path / "maker.der", author))
        return peers[-1]
    yield make
    peers.pop().device.close()


def sign_file(data, key):
    """As hosts of the signed service do it: r and s behind the image."""
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
    return data + r.to_bytes(32, "big") + s.to_bytes(32, "big")


def simulator_console(flash, trusted):
    return run(Build.host / "bin" / "otter-sim-device", "--flash", flash, "--trust", trusted,
               "--runs", "1", "--seconds", "1", expect=None).stdout


@pytest.mark.parametrize("is_signed", [False, True], ids=["crc", "signed"])
def test_an_update_over_bluetooth_is_tried_and_confirmed(open_device, image, keys, is_signed):
    peer = open_device(is_signed)
    assert peer.boot() == "1.0.0"
    peer.connect()
    update = image("1.1.0").read_bytes()
    assert peer.push(sign_file(update, keys["author"]) if is_signed else update) == (True, 0)

    assert peer.boot() == "1.1.0"
    assert peer.device.status().is_on_trial
    assert peer.device.confirm() == 0
    assert open_device(is_signed).boot() == "1.1.0"


def test_what_is_not_confirmed_is_reverted_and_not_taken_again(open_device, image):
    peer = open_device()
    peer.boot()
    peer.connect()
    update = image("1.1.0").read_bytes()
    assert peer.push(update) == (True, 0)
    assert peer.boot() == "1.1.0"

    assert peer.boot() == "1.0.0"
    peer.connect()
    peer.command(1)
    peer.command(2, *struct.pack("<I", len(update)))
    with pytest.raises(AssertionError):  # an error is the answer to a write
        peer.send_data(update)
    assert peer.hear() == (False, b"\x08")


def test_a_program_that_hangs_is_reverted_by_the_watchdog(open_device, image):
    peer = open_device()
    peer.boot()
    peer.connect()
    assert peer.push(image("1.1.0", begin=b"SIM-HANGS").read_bytes()) == (True, 0)
    peer.boot(expect=HANGS)
    assert peer.boot() == "1.0.0"


def test_the_simulated_device_boots_what_came_over_bluetooth(open_device, image, flash, tmp_path):
    peer = open_device()
    peer.boot()
    peer.connect()
    assert peer.push(image("1.1.0").read_bytes()) == (True, 0)
    console = simulator_console(flash, tmp_path / "maker.der")
    assert "boot: starting 1.1.0" in console, console
    console = simulator_console(flash, tmp_path / "maker.der")
    assert "boot: starting 1.0.0" in console, console


def test_a_file_damaged_on_its_way_or_signed_by_a_stranger_is_refused(open_device, image, keys):
    peer = open_device()
    peer.boot()
    peer.connect()
    update = image("1.1.0").read_bytes()
    assert peer.push(update, crc=zlib.crc32(update) ^ 1) == (True, 3)
    assert not peer.device.status().is_pending
    assert peer.push(update) == (True, 0)

    peer = open_device(is_signed=True)
    assert peer.boot() == "1.1.0"
    peer.device.confirm()
    peer.connect()
    further = image("1.2.0").read_bytes()
    assert peer.push(sign_file(further, keys["maker"])) == (True, 3)
    assert peer.push(sign_file(further, keys["author"])) == (True, 0)


def test_a_transfer_is_gone_on_with_after_a_loss_of_power(open_device, image):
    peer = open_device()
    peer.boot()
    peer.connect()
    update = image("1.1.0").read_bytes()
    digest = hashlib.sha256(update).digest()
    assert peer.resume(update, digest) == 0
    peer.send_data(update[:40_000])

    peer = open_device()
    peer.boot()
    peer.connect()
    offset = peer.resume(update, digest)
    assert 30_000 < offset <= 40_000
    peer.send_data(update[offset:])
    peer.write(CONTROL, struct.pack("<BI", 3, 0))
    assert peer.hear() == (True, b"\0")
    assert open_device().boot() == "1.1.0"
