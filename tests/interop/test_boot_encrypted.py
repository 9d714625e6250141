# SPDX-License-Identifier: Apache-2.0
"""What imgtool encrypted is installed and reverted, and is never plain in the secondary slot."""

import json

import pytest
from lab import BareDevice, Build
from lab.process import run

SLOT_SIZE = 0xF0000
STAGING_OFFSET = 0x1000  # swap by offset: an update lies that far into its slot
GEOMETRY = ("--header-size", "0x400", "--pad-header", "--align", 8, "--max-sectors", 240)
SIMULATOR = Build.host / "bin" / "otter-sim-device"

# imgtool wants both keys of one family.
FAMILIES = ("ecdsa-p256", "rsa-2048")
KEY_BITS = (128, 256)


class Vendor:
    """Signs and encrypts with imgtool, for devices whose keys are of one family."""

    def __init__(self, folder, family, imgtool, otter):
        self._folder = folder
        self._imgtool = imgtool
        self._signing = folder / "signing.pem"
        self._recipient = folder / "device-public.pem"
        self.trusted = folder / "signing.der"
        self.decryption = folder / "device.der"
        private = folder / "device.pem"
        for key in (self._signing, private):
            imgtool("keygen", "--key", key, "--type", family)
        imgtool("getpub", "--key", private, "--encoding", "pem", "--output", self._recipient)
        otter("key", "private", private, "--format", "der", "--out", self.decryption)
        otter("key", "public", self._signing, "--format", "der", "--out", self.trusted)

    def encrypt(self, letter, version, bits, *options, slot_size=SLOT_SIZE):
        """A program of blocks that are easy to find, as an encrypted image."""
        program = self._folder / f"{letter}.bin"
        program.write_bytes(b"".join(b"%c block %08d" % (ord(letter), i) for i in range(4096)))
        image = self._folder / f"{version}.bin"
        self._imgtool("sign", "--key", self._signing, "--version", version, *GEOMETRY,
                      "--slot-size", slot_size, "--encrypt", self._recipient,
                      "--encrypt-keylen", bits, *options, program, image)
        return image

    def encrypt_update(self, *words):
        """The same for the secondary slot, from where an update is staged to the end."""
        return self.encrypt(*words, slot_size=SLOT_SIZE - STAGING_OFFSET)


class SimDevice(BareDevice):
    """The bootloader as a host process; the programs are none and end at once."""

    def boot(self, vendor):
        words = ("--flash", self.flash, "--trust", vendor.trusted, "--decrypt", vendor.decryption)
        return run(SIMULATOR, *words, "--runs", 1, expect=None).stdout

    def slot(self, name):
        layout = json.loads(self.layout.read_text())
        area = next(area for area in layout["areas"] if area["name"] == name)
        offset = int(area["offset"], 16)
        return self.flash.read_bytes()[offset:offset + int(area["size"], 16)]

    def shows(self, letter, area):
        return f"{letter} block ".encode() in self.slot(area)


@pytest.fixture(params=FAMILIES)
def vendor(tmp_path, imgtool, otter, request):
    return Vendor(tmp_path, request.param, imgtool, otter)


@pytest.mark.parametrize("bits", KEY_BITS)
def test_an_encrypted_image_is_installed_on_trial_and_reverted(tmp_path, vendor, bits):
    device = SimDevice(tmp_path).make()
    device.program("primary", vendor.encrypt("a", "1.0.0", bits, "--clear", "--confirm"))
    update = vendor.encrypt_update("b", "1.1.0", bits, "--pad")
    device.program("secondary", update)

    assert "starting 1.1.0" in device.boot(vendor)
    assert device.shows("b", "primary")
    assert not device.shows("a", "secondary")
    assert not device.shows("b", "secondary")

    assert "starting 1.0.0" in device.boot(vendor)
    assert device.shows("a", "primary")
    image = update.read_bytes()[:4096 * 16]
    assert device.slot("secondary")[STAGING_OFFSET:].startswith(image)


def test_an_image_for_another_device_is_refused(tmp_path, vendor, imgtool, otter):
    device = SimDevice(tmp_path).make()
    device.program("primary", vendor.encrypt("a", "1.0.0", 128, "--clear", "--confirm"))
    device.program("secondary", vendor.encrypt_update("b", "1.1.0", 128, "--pad"))
    other = tmp_path / "other"
    other.mkdir()
    vendor.decryption = Vendor(other, "ecdsa-p256", imgtool, otter).decryption

    console = device.boot(vendor)

    assert "refused 1.1.0" in console
