# SPDX-License-Identifier: Apache-2.0
"""One program in two images, one executed in place, on the emulated device with a real nginx."""

import json
import random
import re

import pytest
from lab import WebServer
from lab.device import FLASH_ADDRESS
from lab.xip import BUNDLE, FILES, PART_ADDRESS, Pairs, XipDevice, form

HEADER_SIZE = 0x400
BLINKER_STEP = PART_ADDRESS + HEADER_SIZE + 16
"""Where the part's table has the function that the launcher calls in each turn of its loop."""

FREE_SPACE = PART_ADDRESS + 0x8000
LOOP_FOREVER = bytes.fromhex("fee7")

UPGRADE = [form("upgrade") / name for name in FILES]

LONGEST_RANGE = 65536
NOT_RECORDED = 0x40000 + 4096
"""Bytes that a cut may cost: the sector that was being filled, and the agent's buffer."""


@pytest.fixture
def pairs(tmp_path):
    return Pairs(tmp_path / "released")


@pytest.fixture
def device(tmp_path):
    device = XipDevice(tmp_path)
    yield device
    device.stop()


@pytest.fixture
def serve(tmp_path):
    running = []

    def serve(**options):
        server = WebServer(tmp_path, **options)
        server.start()
        running.append(server)
        return server
    yield serve
    for server in running:
        server.stop()


def poke(device, address, data):
    """Change flash under the running device, as a defect would."""
    with device.flash.open("r+b") as flash:
        flash.seek(address - FLASH_ADDRESS)
        flash.write(data)


def wait_until_ready(device, start=0):
    return device.after("app: press the button to look for an update", start=start)


def press(device):
    start = device.mark()
    device.press_button()
    return start


def expect_upgrade(device, start):
    started = device.after(r"app: Otter HTTP example 1\.1\.0, UPGRADE image", start=start)
    device.wait_for("app: image 1: UPGRADE image, executed in place", start=started)
    device.wait_for(r"app: update 1\.1\.0: reported \(confirmed\)", start=started)
    device.wait_for_led(100, started)


def test_at_the_press_of_the_button_both_images_are_updated(device, serve, pairs):
    server = serve()
    pairs.bundle(server, UPGRADE)
    with device.create(server):
        wait_until_ready(device)
        device.wait_for_led(1000)
        assert not server.requests()
        start = press(device)
        expect_upgrade(device, start)
        assert device.count("boot: installed 1.1.0, for good", start) == 2
    for area, image in zip(("primary", "primary-1"), UPGRADE, strict=True):
        assert device.area(area).startswith(image.read_bytes())


def test_over_https_a_job_says_where_the_pair_is(device, serve, pairs, certificates):
    server = serve(certificates=certificates)
    pairs.bundle(server, UPGRADE)
    (server.root / "ota_update.json").write_text(json.dumps(
        {"Message": "Update Available", "Board": device.board, "Version": "1.1.0",
         "Connection": "HTTPS", "Server": "", "File": f"/{BUNDLE}"}))
    with device.create(server, certificates, flow="job"):
        wait_until_ready(device)
        expect_upgrade(device, press(device))


@pytest.fixture
def mismatched(pairs):
    """An image 0 that needs a newer image 1 than the one that comes with it."""
    return [pairs.sign(0, "1.2.0"), pairs.sign(1, "1.1.0")]


def test_a_mismatched_pair_is_refused(device, serve, pairs, mismatched):
    server = serve()
    pairs.bundle_unchecked(server, "1.2.0", mismatched)
    with device.create(server):
        wait_until_ready(device)
        start = press(device)
        device.wait_for(r"failed while verifying: an image needs another version", start=start)
        device.wait_for(r"app: update 1\.2\.0: reported \(failed\)", start=start)
        assert device.count("boot:", start) == 0
        for area, name in zip(("primary", "primary-1"), FILES, strict=True):
            assert device.area(area).startswith((form("boot") / name).read_bytes())
        pairs.bundle(server, UPGRADE)
        expect_upgrade(device, press(device))


def test_a_restart_by_the_program_validates_what_it_installs_and_every_other_reset_all(
        device, serve, pairs):
    """Image 0 is installed alone, so nobody looks at image 1."""
    server = serve()
    alone = pairs.sign(0, "1.1.0", needs="1.0.0")
    (server.root / BUNDLE).write_bytes(alone.read_bytes())
    with device.create(server):
        wait_until_ready(device)
        text = PART_ADDRESS + device.area("primary-1").index(b"BOOT image, executed")
        poke(device, text, b"BENT")
        restarted = device.after("boot: restarted by the program: only what is installed now",
                                 start=press(device))
        device.wait_for("app: image 1: BENT image, executed in place", start=restarted)
        start = device.mark()
        device.reset()
        device.wait_for("boot: no program to start: .*hash", start=start)
    device.start()  # a power-on
    device.wait_for("boot: no program to start: .*hash")
    assert device.count("boot: restarted by the program") == 1


def test_after_a_watchdog_reset_both_images_are_validated(device, serve):
    """The launcher's loop enters image 1 in external flash, and is caught there for ever."""
    with device.create(serve()):
        wait_until_ready(device)
        poke(device, FREE_SPACE, LOOP_FOREVER)
        poke(device, BLINKER_STEP, (FREE_SPACE + 1).to_bytes(4, "little"))
        start = device.after(f"boot: reset by watchdog, the program was at 0x{FREE_SPACE:08x}")
        device.wait_for("boot: no program to start: .*hash", start=start)


def asked_bytes(server):
    ranges = [re.fullmatch(r"bytes=(\d+)-(\d+)", row[4]) for row in server.requests(f"/{BUNDLE}")]
    return sum(int(match[2]) - int(match[1]) + 1 for match in ranges)


def test_a_device_killed_in_mid_download_goes_on_at_the_next_press(device, serve, pairs):
    server = serve(directives=("limit_rate 500k;",))
    padding = random.Random(1).randbytes(900_000)
    pairs.bundle(server, [pairs.sign(0, "1.1.0"), pairs.sign(1, "1.1.0", padding=padding)])
    size = (server.root / BUNDLE).stat().st_size
    with device.create(server):
        wait_until_ready(device)
        device.wait_for(r"app: update 1\.1\.0: [6-9]\d %", start=press(device))
        device.kill()
        before = asked_bytes(server)
        start = device.mark()
        device.start()
        wait_until_ready(device, start)
        expect_upgrade(device, press(device))
    assert before < size
    assert asked_bytes(server) <= size + NOT_RECORDED + 2 * LONGEST_RANGE
