# SPDX-License-Identifier: Apache-2.0
"""Swaps other than the default one: firmware built for layouts that ask for them downloads, installs,
confirms and reverts. `status-external` has write units of 512 bytes beside sectors of 256 KiB."""

import pytest
from lab import Build, Catalogue, Device, Publisher, run

LAYOUTS = ("swap-internal", "move-internal", "status-external")
FACTORY, GOOD, HANGS = "mqtt_ota-1.0.0", "mqtt_ota-1.1.0", "mqtt_ota-1.2.0-hangs"


class Firmware:
    """The bootloader and the applications, built for one layout."""

    def __init__(self, folder, name):
        self.folder = folder
        self.layout = Build.layout.with_name(f"{name}.json")
        run("cmake", "--preset", "mps2", "-B", folder, f"-DOTTER_TOOL={Build.otter}",
            f"-DOTTER_LAYOUT={self.layout}", f"-DOTTER_SIGNING_KEY={Build.signing_key}",
            cwd=Build.top)
        run("cmake", "--build", folder, "--target", "bootloader",
            *(f"image_{program}" for program in (FACTORY, GOOD, HANGS)), timeout=300)

    def device(self, folder, broker):
        device = Device(folder, layout=self.layout,
                        bootloader=self.folder / "bin" / "bootloader.elf")
        return device.create(self.folder / "images" / f"{FACTORY}.bin", broker)

    def release(self, catalogue, program, version):
        catalogue.sign(self.folder / "bin" / f"{program}.bin", version, layout=self.layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_update_is_installed_and_confirmed_and_a_bad_one_reverted(tmp_path, tls_broker, layout):
    firmware = Firmware(tmp_path / "build", layout)
    catalogue = Catalogue(tmp_path / "released")
    device = firmware.device(tmp_path, tls_broker)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(rf"boot: Otter bootloader .*, layout {layout} ")
        firmware.release(catalogue, GOOD, "1.1.0")
        device.wait_for(r"boot: installed 1\.1\.0, on trial", timeout=60)
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)
        firmware.release(catalogue, HANGS, "1.2.0")
        device.wait_for(r"boot: installed 1\.2\.0, on trial", timeout=60)
        device.wait_for(r"boot: installed 1\.1\.0, back from a trial", timeout=60)
        device.wait_for(r"app: update 1\.2\.0: reported \(reverted\)", timeout=60)
    slots = device.inspect()
    assert slots["primary"]["version"] == "1.1.0"
