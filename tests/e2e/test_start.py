# SPDX-License-Identifier: Apache-2.0
"""How the real bootloader and program start, and what they say when something does not fit."""

import json
import time

import pytest
from lab import BareDevice, Build, Device, Publisher
from lab.process import run

PRIMARY = 0x18000
HEADER = 0x400
FACTORY = "mqtt_ota-1.0.0"
GOOD = "mqtt_ota-1.1.0"


@pytest.fixture
def bare(tmp_path):
    return BareDevice(tmp_path)


def test_the_bootloader_says_who_it_is_and_what_it_starts(bare):
    with bare.make(Build.image(FACTORY)) as device:
        device.wait_for(r"boot: Otter bootloader \S+, layout offset-internal \(digest [0-9a-f]{8}\), "
                        r"key [0-9a-f]{8} \(development key\)")
        device.wait_for(r"boot: reset by power on")
        device.wait_for(r"boot: no update is pending")
        device.wait_for(r"boot: starting 1\.0\.0 at 0x21018400")
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")


def test_with_nothing_to_start_it_waits_and_does_not_reset(bare):
    with bare.make() as device:
        device.wait_for(r"boot: no program to start: the slot is empty")
        device.wait_for(r"boot: nothing to start: .*program an image and reset the device")
        time.sleep(5)
        assert device.banners() == 1
        run(Build.otter, "device", "program", "--layout", device.layout, "--area", "primary",
            Build.image(FACTORY), device.flash)
        device.reset()
        device.wait_for(r"app: Otter MQTT example 1\.0\.0")


@pytest.mark.parametrize(("offset", "said"), [
    (0, "the bytes are not an image"),
    (HEADER + 5000, "the image's hash does not match its bytes"),
])
def test_a_damaged_program_is_not_started(bare, offset, said):
    bare.make(Build.image(FACTORY)).poke(PRIMARY + offset, b"\x00\x00")
    with bare as device:
        device.wait_for(rf"boot: no program to start: {said}")
        device.wait_for(r"boot: nothing to start")
        assert device.count(r"^app:") == 0


def another_layout(folder):
    """The same board with another map."""
    layout = json.loads(Build.layout.read_text())
    layout["name"] = "another"
    layout["areas"] = [area for area in layout["areas"] if area["role"] != "straps"]
    path = folder / "another.json"
    path.write_text(json.dumps(layout))
    return path


def test_the_bootloader_refuses_a_program_made_for_another_layout(bare, tmp_path):
    image = tmp_path / "image.bin"
    run(Build.otter, "image", "sign", "--layout", another_layout(tmp_path), "--key",
        Build.signing_key, "--version", "1.0.0", Build.program(FACTORY), image)
    bare.make().poke(PRIMARY, image.read_bytes())
    with bare as device:
        device.wait_for(r"boot: no program to start: the image was made for another layout")


def test_a_program_with_another_layout_inside_names_both_and_runs_without_updates(bare, tmp_path):
    layout = json.loads(run(Build.otter, "layout", "show", "--json", Build.layout).stdout)
    digest = bytes.fromhex(layout["digest"])
    code = Build.program(FACTORY).read_bytes()
    assert code.count(digest) == 1
    program = tmp_path / "program.bin"
    program.write_bytes(code.replace(digest, bytes(reversed(digest))))
    image = tmp_path / "image.bin"
    # without --layout: as another signing tool would, the image does not say what it was made for
    run(Build.otter, "image", "sign", "--header-size", HEADER, "--slot-size", 0xF0000,
        "--key", Build.signing_key, "--version", "1.0.0", program, image)
    bare.make().poke(PRIMARY, image.read_bytes())
    with bare as device:
        device.wait_for(rf"app: layout mismatch: bootloader has offset-internal "
                        rf"\(digest {digest.hex()[:8]}\), this program was built for offset-internal "
                        rf"\(digest {digest[::-1].hex()[:8]}\)")
        device.wait_for_led(1000)
        assert device.count(r"asking for an update") == 0


def test_a_device_without_settings_says_so_and_runs_on(bare):
    with bare.make(Build.image(FACTORY)) as device:
        device.wait_for(r"app: settings: there is no such thing here")
        device.wait_for_led(1000)
        time.sleep(5)  # the watchdog has 4
        assert device.banners() == 1


def test_a_missing_setting_is_named(tmp_path, tls_broker):
    device = Device(tmp_path).create(Build.image(FACTORY), tls_broker, device__name=None)
    with device:
        device.wait_for(r"app: setting missing or impossible: device\.name")


def test_an_update_that_never_reaches_its_source_is_reverted(tmp_path, tls_broker, catalogue):
    device = Device(tmp_path).create(Build.image(FACTORY), tls_broker, trial__limit_s=4)
    catalogue.sign(Build.program(GOOD), "1.1.0")
    with Publisher(tls_broker, catalogue) as publisher, device:
        device.wait_for(r"app: update 1\.1\.0: reported \(pending\)")
        publisher.stop()
        tls_broker.stop()
        device.wait_for(r"app: on trial: to be confirmed within 4 s")
        device.wait_for(r"app: not confirmed in time: waiting for the watchdog")
        device.wait_for(r"boot: reset by watchdog, the program was at 0x")
        device.wait_for(r"boot: installed 1\.0\.0, back from a trial")
        device.wait_for(r"app: Otter MQTT example 1\.0\.0", start=device.mark() - 3)
