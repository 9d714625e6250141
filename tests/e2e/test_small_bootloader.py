# SPDX-License-Identifier: Apache-2.0
"""The small bootloader does on the emulated device what the one with a console does."""

import time

import pytest
from lab import Build, Catalogue, Device, Publisher
from lab.process import run

FACTORY = "mqtt_ota-1.0.0"
GOOD = "mqtt_ota-1.1.0"
HANGS = "mqtt_ota-1.2.0-hangs"
SMALL = Build.mps2 / "bin" / "bootloader_small.elf"
PRIMARY = 0x18000
HEADER = 0x400


class Bare(Device):
    """A device without settings: enough to see what is started."""

    def make(self, image):
        run(Build.otter, "device", "create", "--layout", self.layout, "--image", image,
            "--output", self.flash)
        return self


@pytest.fixture
def bare(tmp_path):
    return Bare(tmp_path, bootloader=SMALL).make(Build.image(FACTORY))


def test_it_installs_an_update_and_reverts_one_that_hangs(tmp_path, tls_broker):
    catalogue = Catalogue(tmp_path / "released")
    device = Device(tmp_path, bootloader=SMALL).create(Build.image(FACTORY), tls_broker)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")
        catalogue.sign(Build.program(GOOD), "1.1.0", Build.signing_key)
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)
        catalogue.sign(Build.program(HANGS), "1.2.0", Build.signing_key)
        device.wait_for(r"app: this build hangs on purpose", timeout=60)
        device.wait_for(r"update 1\.2\.0: reported \(reverted\)", timeout=60)
    assert device.inspect()["primary"]["version"] == "1.1.0"


def spoil(device, offset):
    with device.flash.open("r+b") as flash:
        flash.seek(offset)
        byte = flash.read(1)[0]
        flash.seek(offset)
        flash.write(bytes([byte ^ 1]))


def signature_offset(image):
    return PRIMARY + len(image.read_bytes()) - 4


@pytest.mark.parametrize("what", ["header", "program", "signature"])
def test_it_starts_nothing_that_is_damaged(bare, what):
    spoil(bare, {"header": PRIMARY, "program": PRIMARY + HEADER + 5000,
                 "signature": signature_offset(Build.image(FACTORY))}[what])
    with bare as device:
        time.sleep(4)
        assert device.count(r"^app:") == 0


def test_it_tells_the_program_what_it_is(bare):
    with bare as device:
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")
        assert device.count(r"layout mismatch") == 0
