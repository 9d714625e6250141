# SPDX-License-Identifier: Apache-2.0
"""Firmware built with the options of a product: more than one trusted key, encrypted updates."""

import pytest
from lab import Build, Catalogue, Device, Publisher, leaks, run

FACTORY = "mqtt_ota-1.0.0"
GOOD = "mqtt_ota-1.1.0"


@pytest.fixture
def keys(tmp_path):
    """Key pairs by their roles, as PEM files."""
    files = {role: tmp_path / f"{role}.pem" for role in ("first", "second", "stranger", "device")}
    for file in files.values():
        run(Build.otter, "key", "new", file)
    return files


@pytest.fixture
def build(tmp_path, keys):
    """A build folder whose firmware trusts two keys and decrypts with a third."""
    folder = tmp_path / "build"
    public = tmp_path / "second-public.pem"
    run(Build.otter, "key", "public", keys["second"], "--out", public)
    run("cmake", "--preset", "mps2", "-B", folder, f"-DOTTER_TOOL={Build.otter}",
        f"-DOTTER_LAYOUT={Build.layout}", f"-DOTTER_SIGNING_KEY={keys['first']}",
        f"-DOTTER_TRUSTED_KEYS={public}", f"-DOTTER_DECRYPTION_KEY={keys['device']}", cwd=Build.top)
    run("cmake", "--build", folder, "--target", "bootloader", f"image_{FACTORY}", f"image_{GOOD}",
        timeout=300)
    return folder


def test_encrypted_updates_by_either_of_two_keys_are_taken(tmp_path, tls_broker, keys, build):
    catalogue = Catalogue(tmp_path / "released")
    encrypted = ("--encrypt", keys["device"])
    programs = [build / "bin" / f"{name}.bin" for name in (FACTORY, GOOD)]
    factory = tmp_path / "factory.bin"
    run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", keys["first"],
        "--version", "1.0.0", *encrypted, "--clear", programs[0], factory)

    device = Device(tmp_path, bootloader=build / "bin" / "bootloader.elf")
    device.create(factory, tls_broker)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(r"boot: Otter bootloader .*, key [0-9a-f]{8}, [0-9a-f]{8}$")
        for version, key in (("1.1.0", "first"), ("1.2.0", "second")):
            catalogue.sign(programs[1], version, keys[key], options=encrypted)
            device.wait_for(rf"app: {version} confirmed", timeout=60)
            assert not leaks(device, *programs)
        catalogue.sign(programs[1], "1.3.0", keys["stranger"], options=encrypted)
        device.wait_for(r"update 1\.3\.0: reported \(failed\)", timeout=60)
    assert device.inspect()["primary"]["version"] == "1.2.0"
