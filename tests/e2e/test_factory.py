# SPDX-License-Identifier: Apache-2.0
"""Going back to the golden image, on the real firmware: by hand, by itself, and through cuts."""

import time

import pytest
from lab import BareDevice, Build, Catalogue, Device, Publisher
from lab.process import run

VARIANTS = ["internal", "external"]
"""Where the secondary slot is."""

BANNER = r"app: Otter factory program 1\.0\.0"
RESTORED = r"boot: restored the golden image, 1\.0\.0"


def factory_device(folder, variant="internal", bootloader="bootloader_factory", kind=BareDevice):
    return kind(folder, layout=Build.board(f"factory-{variant}"),
                bootloader=Build.elf(f"{bootloader}-{variant}"))


def golden(variant="internal"):
    return Build.image(f"factory-{variant}-1.0.0")


def blinky(version, variant="internal"):
    return Build.image(f"blinky-{variant}-{version}")


@pytest.fixture
def device(tmp_path):
    return factory_device(tmp_path)


@pytest.fixture
def automatic(tmp_path):
    return factory_device(tmp_path, bootloader="bootloader_factory_auto")


def stage(device, image, folder):
    """Put a program into the secondary slot, pending for good."""
    pending = folder / "pending.bin"
    run(Build.otter, "image", "sign", "--layout", device.layout, "--slot", "secondary", "--confirm",
        "--key", Build.signing_key, "--version", "1.1.0", Build.program(image), pending)
    device.program("secondary", pending)


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_empty_device_waits_for_the_button_and_gets_the_factory_program(tmp_path, variant):
    device = factory_device(tmp_path, variant).make().program("golden", golden(variant))
    with device:
        device.wait_for(r"boot: no program to start: the slot is empty")
        asked = device.after(r"boot: press and release the button to restore the golden image")
        time.sleep(1)
        assert device.count(BANNER) == 0
        device.press_button()
        device.wait_for(r"boot: rollback initiated: the button was pressed", start=asked)
        device.wait_for(RESTORED)
        device.wait_for(BANNER)
        device.wait_for(r"app: press the button to look for an update")
        device.wait_for_led(1000)
        again = device.mark()
        device.reset()
        device.wait_for(BANNER, start=again)
        assert device.count(RESTORED) == 1
    assert device.area("golden").startswith(golden(variant).read_bytes())


def test_a_button_held_for_five_seconds_goes_back(device):
    device.make(blinky("1.1.0")).program("golden", golden())
    with device:
        device.wait_for(r"app: Otter blinky 1\.1\.0, UPGRADE image")
        device.wait_for_led(250)
        device.hold_button()
        device.wait_for(r"button: held")
        begun = device.mark()
        device.reset()
        device.wait_for(r"boot: the button is down: hold it for 5 s", start=begun)
        held = time.monotonic()
        device.wait_for(r"boot: rollback initiated: the button is held", start=begun)
        assert time.monotonic() - held > 4
        device.release_button()
        device.wait_for(BANNER, start=begun)


def test_a_button_that_is_let_go_too_early_means_nothing(device):
    device.make(blinky("1.0.0")).program("golden", golden())
    with device:
        device.wait_for(r"app: Otter blinky 1\.0\.0, BOOT image")
        device.hold_button()
        device.wait_for(r"button: held")
        begun = device.mark()
        device.reset()
        device.wait_for(r"boot: the button is down", start=begun)
        time.sleep(1)
        device.release_button()
        device.wait_for(r"boot: the button was let go: no rollback", start=begun)
        device.wait_for(r"app: Otter blinky 1\.0\.0", start=begun)
        assert device.count(r"rollback initiated") == 0


def test_a_pending_update_runs_before_the_button_is_looked_at(device, tmp_path):
    device.make(golden()).program("golden", golden())
    stage(device, "blinky-internal-1.1.0", tmp_path)
    with device:
        device.hold_button()
        device.wait_for(r"boot: an update is pending")
        installed = device.after(r"boot: installed 1\.1\.0")
        device.wait_for(r"boot: the button is down", start=installed)
        device.wait_for(r"boot: rollback initiated: the button is held", start=installed)
        device.release_button()
        device.wait_for(BANNER, start=installed)


@pytest.mark.parametrize(("golden_bytes", "said"), [
    (b"", "the slot is empty"),
    (b"no image", "the bytes are not an image"),
    (None, "the image's hash does not match its bytes"),
])
def test_a_golden_image_that_is_no_good_is_reported_and_nothing_is_destroyed(device, tmp_path,
                                                                             golden_bytes, said):
    device.make(blinky("1.1.0"))
    if golden_bytes is None:
        golden_bytes = bytearray(golden().read_bytes())
        golden_bytes[5000] ^= 1
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(golden_bytes + b"\xff")
    device.program("golden", damaged)
    before = device.area("primary")
    with device:
        device.wait_for(r"app: Otter blinky")
        device.hold_button()
        device.wait_for(r"button: held")
        begun = device.mark()
        device.reset()
        device.wait_for(rf"boot: the golden image \S+ cannot be restored: {said}", start=begun)
        device.wait_for(r"app: Otter blinky 1\.1\.0", start=begun)
    assert device.area("primary") == before


def test_an_empty_device_without_a_golden_image_says_so_at_each_press(device):
    with device.make():
        asked = 0
        for _ in range(2):
            asked = device.after(r"boot: press and release the button", start=asked)
            device.press_button()
            device.wait_for(r"cannot be restored: the slot is empty", start=asked)
        assert device.banners() == 1


# --- through the network --------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_factory_program_installs_blinky_when_the_button_is_pressed(tmp_path, tls_broker,
                                                                        variant):
    device = factory_device(tmp_path, variant, kind=Device).create(None, tls_broker)
    device.program("golden", golden(variant))
    catalogue = Catalogue(tmp_path / "released")
    catalogue.sign(Build.program(f"blinky-{variant}-1.1.0"), "1.1.0", layout=device.layout)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(r"boot: press and release the button")
        device.press_button()
        waiting = device.after(r"app: press the button to look for an update")
        time.sleep(3)  # longer than its first look at a job would take to come
        assert device.count(r"app: asking for an update", waiting) == 0
        device.press_button()
        device.wait_for(r"app: button: looking for an update", start=waiting)
        device.wait_for(r"boot: installed 1\.1\.0, for good", start=waiting)
        started = device.after(r"app: Otter blinky 1\.1\.0, UPGRADE image", start=waiting)
        device.wait_for_led(250, started)


# --- cuts -----------------------------------------------------------------------------------------


def cut_the_restore(device, begun):
    device.wait_for(r"boot: rollback initiated", start=begun)
    device.kill()


def test_after_a_cut_in_the_restore_the_button_restores_again(device):
    device.make().program("golden", golden())
    device.start()
    device.wait_for(r"boot: press and release the button")
    device.press_button()
    cut_the_restore(device, 0)
    assert device.count(RESTORED) == 0
    begun = device.mark()
    with device:
        device.wait_for(r"boot: no program to start", start=begun)
        device.wait_for(r"boot: press and release the button", start=begun)
        device.press_button()
        device.wait_for(BANNER, start=begun)


def test_a_bootloader_that_may_goes_on_with_a_restore_that_was_cut(automatic):
    automatic.make(blinky("1.1.0")).program("golden", golden())
    automatic.start()
    automatic.wait_for(r"app: Otter blinky")
    begun = automatic.mark()
    automatic.press_button()
    cut_the_restore(automatic, begun)
    begun = automatic.mark()
    with automatic:
        automatic.wait_for(r"boot: rollback initiated: ", start=begun)
        automatic.wait_for(RESTORED, start=begun)
        automatic.wait_for(BANNER, start=begun)


# --- by itself ------------------------------------------------------------------------------------


def test_with_nothing_to_start_it_helps_itself(automatic):
    with automatic.make().program("golden", golden()):
        automatic.wait_for(r"boot: rollback initiated: there is nothing else to start")
        automatic.wait_for(BANNER)


def test_a_program_that_never_stays_up_is_replaced_after_three_starts(automatic):
    with automatic.make(blinky("1.2.0-hangs")).program("golden", golden()):
        automatic.wait_for(r"boot: rollback initiated: the program has failed too often", timeout=60)
        automatic.wait_for(BANNER)
        assert automatic.count(r"boot: reset by watchdog") == 3


def test_the_program_can_ask_for_the_golden_image(automatic):
    with automatic.make(blinky("1.1.0")).program("golden", golden()):
        automatic.wait_for(r"app: Otter blinky")
        automatic.press_button()
        automatic.wait_for(r"app: button: asking for the golden image, restarting")
        automatic.wait_for(r"boot: rollback initiated: the program has asked for it")
        automatic.wait_for(BANNER)
        again = automatic.mark()
        automatic.reset()
        automatic.wait_for(BANNER, start=again)
        assert automatic.count(RESTORED) == 1
