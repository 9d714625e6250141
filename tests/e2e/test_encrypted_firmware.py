# SPDX-License-Identifier: Apache-2.0
"""The real bootloader takes encrypted images, and lets no plain byte of a program out of its slot."""

import pytest
from lab import BareDevice, Build, blocks, leaks, run

BOOTLOADER = Build.mps2 / "bin" / "bootloader_encrypted.elf"
DEVICE_KEY = Build.mps2 / "keys" / "dev-encryption.pem"
STAGED = ("--slot", "secondary", "--pad")
FACTORY = "mqtt_ota-1.0.0"
GOOD = "mqtt_ota-1.1.0"


@pytest.fixture
def encrypt(tmp_path):
    """Sign one of our programs and encrypt it, for our device if nobody else is named."""

    def sign_and_encrypt(name, version, *options, recipient=DEVICE_KEY):
        image = tmp_path / f"{version}.bin"
        run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", Build.signing_key,
            "--version", version, "--encrypt", recipient, *options, Build.program(name), image)
        return image

    return sign_and_encrypt


def new_device(folder, encrypt):
    """A device whose first program is plain, and can be encrypted when it leaves its slot."""
    device = BareDevice(folder, bootloader=BOOTLOADER).make()
    return device.program("primary", encrypt(FACTORY, "1.0.0", "--clear", "--confirm"))


@pytest.mark.parametrize("bits", [128, 256])
def test_an_encrypted_image_runs_on_trial_is_reverted_and_never_lies_plain(tmp_path, encrypt, bits):
    device = new_device(tmp_path, encrypt)
    update = encrypt(GOOD, "1.1.0", "--encrypt-keylen", bits, *STAGED)
    device.program("secondary", update)
    with device:
        device.wait_for(r"boot: an update is pending, on trial")
        started = device.after(r"app: Otter MQTT example 1\.1\.0")
        assert blocks(Build.program(GOOD).read_bytes()) <= blocks(device.area("primary"))
        assert not leaks(device, Build.program(FACTORY), Build.program(GOOD))

        device.reset()
        reverted = device.after(r"boot: the trial was not confirmed", start=started)
        device.wait_for(r"app: Otter MQTT example 1\.0\.0", start=reverted)
    assert not leaks(device, Build.program(FACTORY), Build.program(GOOD))
    size = Build.program(GOOD).stat().st_size
    assert device.area("secondary").startswith(update.read_bytes()[:size])


def test_an_image_for_another_device_is_refused(tmp_path, encrypt):
    stranger = tmp_path / "stranger.pem"
    run(Build.otter, "key", "new", "--type", "ecdsa-p256", stranger)
    device = new_device(tmp_path, encrypt)
    device.program("secondary", encrypt(GOOD, "1.1.0", *STAGED, recipient=stranger))
    with device:
        device.wait_for(r"boot: refused 1\.1\.0: the image's key was not wrapped for this device")
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")


def test_a_bootloader_without_a_key_refuses_encrypted_images(tmp_path, encrypt):
    device = BareDevice(tmp_path).make(Build.image(FACTORY))
    device.program("secondary", encrypt(GOOD, "1.1.0", *STAGED))
    with device:
        device.wait_for(r"boot: refused 1\.1\.0: the image needs a feature that this device lacks")
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")


def test_an_image_that_is_not_encrypted_is_installed_as_well(tmp_path, encrypt):
    device = new_device(tmp_path, encrypt)
    image = tmp_path / "plain.bin"
    run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", Build.signing_key,
        "--version", "1.1.0", *STAGED, Build.program(GOOD), image)
    device.program("secondary", image)
    with device:
        device.wait_for(r"app: Otter MQTT example 1\.1\.0")
