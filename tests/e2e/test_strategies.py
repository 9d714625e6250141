# SPDX-License-Identifier: Apache-2.0
"""Swaps other than the default one: firmware built for layouts that ask for them downloads, installs,
confirms and reverts. `status-external` has write units of 512 bytes beside sectors of 256 KiB."""

import pytest
from lab import Build, Catalogue, Device, Publisher

LAYOUTS = ("swap-internal", "move-internal", "status-external")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_update_is_installed_and_confirmed_and_a_bad_one_reverted(tmp_path, tls_broker, layout):
    def release(program, version):
        catalogue.sign(Build.program(f"mqtt_ota-{layout}-{program}"), version, layout=device.layout)

    catalogue = Catalogue(tmp_path / "released")
    device = Device(tmp_path, layout=Build.board(layout), bootloader=Build.elf(f"bootloader-{layout}"))
    device.create(Build.image(f"mqtt_ota-{layout}-1.0.0"), tls_broker)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(rf"boot: Otter bootloader .*, layout {layout} ")
        release("1.1.0", "1.1.0")
        device.wait_for(r"boot: installed 1\.1\.0, on trial", timeout=60)
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)
        release("1.2.0-hangs", "1.2.0")
        device.wait_for(r"boot: installed 1\.2\.0, on trial", timeout=60)
        device.wait_for(r"boot: installed 1\.1\.0, back from a trial", timeout=60)
        device.wait_for(r"app: update 1\.2\.0: reported \(reverted\)", timeout=60)
    slots = device.inspect()
    assert slots["primary"]["version"] == "1.1.0"
