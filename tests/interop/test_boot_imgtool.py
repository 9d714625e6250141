# SPDX-License-Identifier: Apache-2.0
"""The real bootloader starts and swaps what imgtool signed, with the trailers that imgtool wrote."""

import functools

import pytest
from lab import BareDevice, Build

SLOT_SIZE = 0xF0000
STAGING_OFFSET = 0x1000  # swap by offset: an update lies that far into its slot
GEOMETRY = ("--header-size", "0x400", "--pad-header", "--align", 8, "--max-sectors", 240)


@pytest.fixture
def sign(imgtool, tmp_path):
    """Sign one of our programs as somebody would who has imgtool alone."""

    def sign_with_imgtool(name, version, *ending, slot_size=SLOT_SIZE, key=Build.signing_key):
        image = tmp_path / f"{version}.bin"
        imgtool("sign", "--key", key, "--version", version, *GEOMETRY, "--slot-size", slot_size,
                *ending, Build.program(name), image)
        return image

    return sign_with_imgtool


@pytest.fixture
def sign_update(sign):
    """The same for the secondary slot, from where an update is staged to the end."""
    return functools.partial(sign, slot_size=SLOT_SIZE - STAGING_OFFSET)


@pytest.fixture
def device(tmp_path):
    return BareDevice(tmp_path).make()


def test_a_confirmed_image_starts_and_stays(device, sign):
    device.program("primary", sign("mqtt_ota-1.0.0", "1.0.0", "--confirm"))
    with device:
        device.wait_for(r"boot: no update is pending")
        started = device.after(r"app: Otter MQTT example 1\.0\.0")
        device.reset()
        device.wait_for(r"app: Otter MQTT example 1\.0\.0", start=started)


def test_a_padded_image_is_installed_on_trial_and_reverted(device, sign, sign_update):
    device.program("primary", sign("mqtt_ota-1.0.0", "1.0.0", "--confirm"))
    device.program("secondary", sign_update("mqtt_ota-1.1.0", "1.1.0", "--pad"))
    with device:
        device.wait_for(r"boot: an update is pending, on trial")
        started = device.after(r"app: Otter MQTT example 1\.1\.0")
        device.reset()
        reverted = device.after(r"boot: the trial was not confirmed", start=started)
        device.wait_for(r"app: Otter MQTT example 1\.0\.0", start=reverted)


def test_a_padded_and_confirmed_image_is_installed_for_good(device, sign, sign_update):
    device.program("primary", sign("mqtt_ota-1.0.0", "1.0.0", "--confirm"))
    device.program("secondary", sign_update("mqtt_ota-1.1.0", "1.1.0", "--confirm"))
    with device:
        device.wait_for(r"boot: an update is pending, for good")
        started = device.after(r"app: Otter MQTT example 1\.1\.0")
        device.reset()
        device.wait_for(r"boot: no update is pending", start=started)
        device.wait_for(r"app: Otter MQTT example 1\.1\.0", start=started)


def test_an_image_that_a_stranger_signed_is_refused(device, sign, sign_update, foreign_key):
    device.program("primary", sign("mqtt_ota-1.0.0", "1.0.0", "--confirm"))
    device.program("secondary", sign_update("mqtt_ota-1.1.0", "1.1.0", "--pad", key=foreign_key))
    with device:
        device.wait_for(r"boot: refused 1\.1\.0: no key on this device signed the image")
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")
