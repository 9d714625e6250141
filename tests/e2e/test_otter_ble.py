# SPDX-License-Identifier: Apache-2.0
"""The host tool for Bluetooth LE against devices that are not Otter's, and on bleak's own Linux code.

With Otter's device it is in test_ble.py.
"""

import importlib
import json
import os
import random
import re
import signal
import sys
import tomllib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lab import Build, Process, run
from lab.ble import ADDRESS, NAME, OTTER_BLE, BleLab, Peripheral, otter_ble
from lab.ble_device import LATER
from lab.bluez import Bluez
from lab.old_ble import OldDevice

PROGRAM_SIZE = 20_000

sys.path.insert(0, str(OTTER_BLE.parent))


class FailingDevice(OldDevice):
    """Loses the link some times, each when half of the image has come, or damages a byte."""

    drops = 0
    damages = False

    def write(self, attribute, offset, value):
        before = len(self.data)
        answer = super().write(attribute, offset, value)
        if before < PROGRAM_SIZE // 2 <= len(self.data):
            self._fail()
        return answer

    def _fail(self):
        if self.drops > 0:
            self.drops -= 1
            self.peripheral.drop()
        if self.damages:
            self.data = self.data[:-1] + bytes([self.data[-1] ^ 1])


class StuckDevice(OldDevice):
    """Does not answer any more once half of the image has come."""

    def write(self, attribute, offset, value):
        answer = super().write(attribute, offset, value)
        return answer if len(self.data) < PROGRAM_SIZE // 2 else LATER


@pytest.fixture
def lab():
    with BleLab() as room:
        yield room


@pytest.fixture
def old_device(lab):
    """Put an old device on the air."""
    def put(device_class=OldDevice, wants_encryption=False, **options):
        async def power_on():
            peripheral = Peripheral(lab.air, wants_encryption=wants_encryption)
            device = device_class(peripheral, **options)
            await peripheral.power_on(device)
            return device
        return lab.call(power_on())
    return put


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "ble.pem"
    run(Build.otter, "key", "new", path)
    return path


@pytest.fixture
def image(tmp_path, key):
    program, path = tmp_path / "program.bin", tmp_path / "image.bin"
    program.write_bytes(random.Random(1).randbytes(PROGRAM_SIZE))
    run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", key, "--version", "1.1.0",
        program, path)
    return path


@pytest.fixture
def bluez(lab, tmp_path):
    with Bluez.of(lab, tmp_path) as environment:
        yield environment


def is_signed_by(key_path, data):
    key = serialization.load_pem_private_key(key_path.read_bytes(), None).public_key()
    r, s = (int.from_bytes(part, "big") for part in (data[-64:-32], data[-32:]))
    key.verify(utils.encode_dss_signature(r, s), data[:-64], ec.ECDSA(hashes.SHA256()))
    return True


# --- devices of the AnyCloud library, and of the older SDK ------------------------------------------

def test_a_scan_finds_what_can_be_updated(lab, old_device):
    assert lab.tool("scan", "--seconds", 0.3, expect=1).stdout.startswith("no device")
    old_device(secure=True)
    assert json.loads(lab.tool("scan", "--seconds", 1, "--json").stdout) == [
        {"name": NAME, "address": ADDRESS, "rssi": -50, "updatable": True, "secure": True}]


def test_an_old_device_is_updated_and_erases_only_once(lab, old_device, image):
    device = old_device()
    pushed = lab.push(image)
    assert device.data == image.read_bytes() and device.is_verified
    assert device.prepared == 1
    assert f"{image.stat().st_size:,} bytes verified" in pushed.stdout
    assert "100 %" in pushed.stdout


def test_a_device_may_be_named_by_its_address_and_get_small_packets(lab, old_device, image):
    device = old_device()
    said = json.loads(lab.tool("push", image, "--device", ADDRESS.lower(), "--mtu", 23,
                               "--json").stdout)
    assert device.data == image.read_bytes()
    assert said["result"] == "verified" and said["connections"] == 1


def test_each_make_of_device_gets_its_abort(lab, old_device):
    device = old_device()
    lab.tool("abort", "--device", NAME)
    assert device.aborted == 1
    lab.tool("abort", "--device", NAME, "--abort-value", 7, expect=1)
    assert device.aborted == 1


def test_a_device_of_the_older_sdk_gets_the_other_abort(lab, old_device):
    device = old_device(is_btsdk=True)
    lab.tool("abort", "--device", NAME)
    assert device.aborted == 1


def test_a_device_that_tells_nothing_of_itself_is_named_so(lab, old_device):
    old_device()
    assert "is no device of Otter's" in lab.tool("status", "--device", NAME, expect=1).stdout


def test_an_image_that_was_damaged_on_its_way_is_reported_as_refused(lab, old_device, image):
    old_device(FailingDevice).damages = True
    pushed = lab.push(image, expect=1)
    assert "the device refused the image: status 1" in pushed.stderr


def test_after_a_lost_link_an_old_device_is_sent_everything_again(lab, old_device, image):
    device = old_device(FailingDevice)
    device.drops = 1
    pushed = lab.push(image)
    assert device.data == image.read_bytes() and device.prepared == 2
    assert "over 2 connections" in pushed.stdout


def test_it_gives_up_on_a_device_that_never_gets_further(lab, old_device, image):
    device = old_device(FailingDevice)
    device.drops = 9
    pushed = lab.push(image, "--tries", 2, expect=2)
    assert pushed.stdout.count("connecting again") == 2
    assert "the connection to the device was lost" in pushed.stderr
    assert device.prepared == 3


def test_a_device_that_falls_silent_is_asked_again_and_given_up_on(lab, old_device, image):
    """In this process, where it can be told to be less patient than with a slot to erase."""
    device = old_device()
    device.write = lambda *_: 0
    push, conversation, radio = (importlib.import_module(f"otter_ble.{name}")
                                 for name in ("push", "conversation", "with_bumble"))
    patience = conversation.Patience(prepare=0.1, probe=0.1)
    options = push.Options(tries=2, pause_seconds=0.01, patience=patience)
    events = importlib.import_module("otter_ble.screen").Silent()

    async def try_it():
        async with radio.BumbleRadio(lab.hci) as adapter:
            work = push.Push(adapter, NAME, image.read_bytes(), options, events)
            with pytest.raises(conversation.Silence, match="did not answer in 0.1 s"):
                await work.run()
            assert work.links == 2

    lab.call(try_it())


# --- signatures -------------------------------------------------------------------------------------

def test_the_signature_is_made_on_the_way_or_before(lab, old_device, image, key, tmp_path):
    device = old_device(secure=True, wants_encryption=True)
    lab.push(image, "--sign-key", key)
    assert device.data[:-64] == image.read_bytes() and is_signed_by(key, device.data)

    signed = tmp_path / "signed.bin"
    otter_ble("sign", image, "--key", key, "--out", signed)
    lab.push(signed, "--secure")
    assert device.data == signed.read_bytes() and is_signed_by(key, device.data)


def test_a_file_without_a_signature_is_not_sent_to_who_wants_one(lab, old_device, image):
    device = old_device(secure=True)
    pushed = lab.push(image, expect=2)
    assert "the device wants a signature behind the image, and there is none" in pushed.stderr
    assert device.prepared == 0


def test_a_signed_file_is_not_sent_to_who_does_not_look_at_it(lab, old_device, image, key):
    device = old_device()
    for options in (["--secure"], ["--sign-key", key]):
        assert "without signatures" in lab.push(image, *options, expect=2).stderr
    assert device.prepared == 0


def test_a_key_that_cannot_sign_is_named(image, tmp_path):
    other = tmp_path / "other.pem"
    run(Build.otter, "key", "new", "--type", "rsa-2048", other)
    for key in (other, image, tmp_path / "missing.pem"):
        signed = otter_ble("sign", image, "--key", key, "--out", tmp_path / "out", expect=2)
        assert str(key) in signed.stderr
    assert not (tmp_path / "out").exists()


# --- what can be wrong before anything is sent -------------------------------------------------------

def test_a_device_that_is_not_there_is_missed(lab, image):
    assert f"no device '{NAME}' was heard" in lab.push(image, "--find", 0.3, expect=2).stderr


def test_a_device_without_the_service_is_not_updated(lab, old_device, image):
    class Other(OldDevice):
        def service(self):
            table = super().service()
            del table.characteristics[1]
            return table

    device = old_device(Other)
    assert "does not have the update service" in lab.push(image, expect=2).stderr
    assert device.prepared == 0


def test_a_missing_file_is_named(tmp_path):
    said = otter_ble("push", tmp_path / "gone.bin", "--device", NAME, expect=2).stderr
    assert "gone.bin: No such file or directory; check the name" in said


def test_without_bluetooth_it_says_so(tmp_path, image):
    nowhere = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nothing"}
    said = otter_ble("scan", expect=2, env=nowhere).stderr
    assert "Bluetooth does not answer" in said and "systemctl status bluetooth" in said
    pushed = otter_ble("push", image, "--device", NAME, "--hci", "tcp-client:127.0.0.1:1", "--json",
                       expect=2)
    assert "cannot be opened" in json.loads(pushed.stdout)["reason"]


def test_a_wrong_command_line_is_explained(image):
    for words in ([], ["push"], ["push", image], ["push", image, "--device", NAME, "--mtu", "22"],
                  ["abort", "--device", NAME, "--abort-value", "5"]):
        assert "usage: otter-ble" in otter_ble(*words, expect=2).stderr
    missing = otter_ble("push", "/no/such/file", "--device", NAME, expect=2)
    assert "/no/such/file" in missing.stderr
    assert "is empty" in otter_ble("push", "/dev/null", "--device", NAME, expect=2).stderr
    assert "examples:" in otter_ble("--help").stdout
    assert "example: otter-ble push" in otter_ble("push", "--help").stdout


def test_an_interrupted_push_says_how_to_go_on(lab, old_device, image):
    def hear_interrupts():  # what a shell has put into the background does not
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    old_device(StuckDevice)
    with Process([sys.executable, OTTER_BLE, "push", image, "--device", NAME, "--mtu", 23,
                  "--hci", lab.hci], preexec_fn=hear_interrupts) as pushing:
        pushing.wait_for("40 %")
        pushing.send_signal(signal.SIGINT)
        pushing.wait_for("the same command goes on from here")
        assert pushing.wait() == 130


# --- bleak, on a copy of what BlueZ offers -----------------------------------------------------------

def test_bleak_scans_and_pushes(old_device, bluez, image):
    device = old_device()
    heard = json.loads(otter_ble("scan", "--seconds", 1, "--json", env=bluez).stdout)
    assert [(each["name"], each["address"], each["updatable"]) for each in heard] == [
        (NAME, ADDRESS, True)]
    otter_ble("push", image, "--device", NAME, env=bluez)
    assert device.data == image.read_bytes() and device.is_verified


def test_bleak_pairs_where_the_device_wants_it(old_device, bluez, image, key):
    device = old_device(secure=True, wants_encryption=True)
    otter_ble("push", image, "--device", ADDRESS, "--sign-key", key, env=bluez)
    assert is_signed_by(key, device.data)


def test_bleak_notices_a_lost_link_and_an_error(old_device, bluez, image):
    device = old_device(FailingDevice)
    device.drops = 1
    pushed = otter_ble("push", image, "--device", NAME, env=bluez)
    assert "the connection to the device was lost" in pushed.stdout
    assert device.data == image.read_bytes() and device.prepared == 2
    aborted = otter_ble("abort", "--device", NAME, "--abort-value", 7, env=bluez, expect=1)
    assert "attribute error 0x85" in aborted.stderr


# --- the package ------------------------------------------------------------------------------------

def test_the_package_is_what_its_description_says():
    """pip would need the network to build it."""
    project = tomllib.loads((OTTER_BLE.parent / "pyproject.toml").read_text())["project"]
    listed = (Build.top / "scripts/requirements.txt").read_text()
    for wanted in project["dependencies"] + project["optional-dependencies"]["hci"]:
        assert re.search(rf"^{re.escape(wanted)}", listed, re.MULTILINE), wanted
    module, function = project["scripts"]["otter-ble"].split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_reasons_are_those_of_the_device():
    results = importlib.import_module("otter_ble.results").RESULTS
    header = (Build.top / "libs/base/include/otter/result.h").read_text().replace("\\\n", "\n")
    rows = re.findall(r'X\(OTTER_\w+,\s*(-\d+),\s*"([^"]*)",\s*"([^"]*)"\)', header)
    assert len(rows) > 40
    assert {int(code): (meaning, hint) for code, meaning, hint in rows} == results
