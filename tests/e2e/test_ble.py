# SPDX-License-Identifier: Apache-2.0
"""Updates over Bluetooth LE from end to end: the host tool, or an old host application; bumble as the
stack on both sides; the device's transport and agent; and the bootloader on the flash that came out.
"""

import asyncio
import functools
import json
import random
import shutil
import struct
import zlib

import pytest
from lab import Build, Process, run
from lab.ble import ADDRESS, NAME, OTTER_BLE, BleLab, Board
from lab.ble_device import CONTROL, DATA
from lab.bluez import Bluez
from lab.old_ble import (ANDROID, ANYCLOUD, IOS, SMALLEST, WINDOWS, OldHost, Stopped)

PROGRAM_SIZE = 30_000
HANGS = b"SIM-HANGS"
SEED = 8
CONTROL_ERROR = 0x80  # plus a status

PREPARE, DOWNLOAD, VERIFY = b"\x01", b"\x02" + struct.pack("<I", 20_000), b"\x03" + bytes(4)
FAILED, NOT_NOW, UNVERIFIED, NO_IMAGE, SIZE, MORE_DATA, OTHER_BOARD, VERSION = range(1, 9)


class ClumsyBoard(Board):
    """Has an accident before some writes of data, counted from the beginning, or after a command."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.data_writes = 0
        self.data_bytes = 0
        self.accidents = {}  # number of a write -> a coroutine function

    async def written(self, attribute, value):
        if attribute == DATA:
            self.data_writes += 1
            self.data_bytes += len(value)
            await self._suffer(self.accidents.pop(self.data_writes, None))
            await super().written(attribute, value)
        else:
            await super().written(attribute, value)
            await self._suffer(self.accidents.pop((attribute, value[:1]), None))

    @staticmethod
    async def _suffer(accident):
        if accident:
            await accident()

    async def lose_power(self):
        await self.stop()
        await self.start()


@pytest.fixture
def lab():
    with BleLab() as room:
        yield room


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Keys: of releases, of who sends them, of a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    paths = {name: folder / f"{name}.pem" for name in ("release", "author", "stranger")}
    for path in paths.values():
        run(Build.otter, "key", "new", path)
    return paths


@pytest.fixture(scope="session")
def release(tmp_path_factory, keys):
    """Sign a program; each is made once."""
    folder = tmp_path_factory.mktemp("released")

    @functools.cache
    def sign(version, begin=b"", key="release", size=PROGRAM_SIZE, layout=Build.layout):
        name = f"{version}-{key}-{size}-{layout.stem}-{begin.decode()}"
        program, image = folder / f"{name}.program", folder / f"{name}.bin"
        program.write_bytes(begin + random.Random(version).randbytes(size))
        run(Build.otter, "image", "sign", "--layout", layout, "--key", keys[key],
            "--version", version, program, image)
        return image
    return sign


@pytest.fixture(scope="session")
def factory_flash(tmp_path_factory, keys, release):
    """The flash file that each test begins with a copy of."""
    folder = tmp_path_factory.mktemp("factory")
    with BleLab() as room:
        return Board(room, folder, keys["release"]).create(release("1.0.0")).flash


@pytest.fixture
def make_board(lab, tmp_path, keys, factory_flash):
    boards = []

    def make(author=None, **options):
        board = ClumsyBoard(lab, tmp_path, keys["release"], author and keys[author], **options)
        shutil.copy(factory_flash, board.flash)
        board.switch_on()
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.cut_power()


@pytest.fixture
def board(make_board):
    return make_board()


def assert_runs(board, version):
    """After a loss of power too."""
    board.cut_power()
    start = board.mark()
    board.switch_on()
    board.wait_for(f"boot: starting {version}", start=start)


def status_of(lab):
    return json.loads(lab.tool("status", "--device", NAME, "--json").stdout)


# --- installed, tried, confirmed or reverted --------------------------------------------------------

def test_an_update_is_verified_installed_tried_and_confirmed(lab, board, release):
    image = release("1.1.0")
    said = json.loads(lab.push(image, "--json").stdout)
    assert said["result"] == "verified" and said["bytes"] == image.stat().st_size
    assert said["connections"] == 1
    board.wait_for("boot: installed 1.1.0, on trial")
    board.wait_for("app: 1.1.0 confirmed")
    assert image.read_bytes() in board.flash.read_bytes()
    assert_runs(board, "1.1.0")


def test_an_update_that_hangs_is_reverted_and_refused_from_then_on(lab, board, release):
    image = release("1.2.0", begin=HANGS)
    lab.push(image)
    board.wait_for("sim: reset by the watchdog")
    board.wait_for("boot: installed 1.0.0, back from a trial")
    board.wait_for("app: Otter Bluetooth example 1.0.0")
    pushed = lab.push(image, expect=1)
    assert f"status {VERSION}" in pushed.stderr
    assert "this version was tried before and reverted" in pushed.stderr
    assert_runs(board, "1.0.0")


def test_an_update_that_nobody_confirms_is_reverted(lab, board, release):
    board.confirms = False
    lab.push(release("1.1.0"))
    board.wait_for("boot: installed 1.1.0, on trial")
    board.wait_for("app: Otter Bluetooth example 1.1.0")
    assert_runs(board, "1.0.0")


def test_on_bleak_too_with_notifications_alone(lab, make_board, release, keys, tmp_path):
    """As on any system: encrypted, interrupted, and told the outcome by a notification."""
    board = make_board(author="author", wants_encryption=True)
    board.accidents = {30: board.drop_link}
    with Bluez.of(lab, tmp_path) as environment:
        pushed = run(OTTER_BLE, "push", release("1.1.0"), "--device", NAME, "--sign-key",
                     keys["author"], "--json", env=environment)
    assert json.loads(pushed.stdout)["connections"] == 2
    board.wait_for("app: 1.1.0 confirmed")


# --- links and power that fail ----------------------------------------------------------------------

def assert_only_the_missing_was_sent(board, image, interruptions, lost_each):
    assert board.data_bytes <= image.stat().st_size + interruptions * lost_each


def test_links_lost_at_random_moments_cost_next_to_nothing(lab, board, release):
    image = release("1.1.0")
    moments = random.Random(SEED).sample(range(2, 160), 3)
    board.accidents = {moment: board.drop_link for moment in moments}
    said = json.loads(lab.push(image, "--mtu", 185, "--json").stdout)
    assert said["connections"] == 4
    board.wait_for("app: 1.1.0 confirmed")
    assert_only_the_missing_was_sent(board, image, 3, 512)


def test_a_device_that_loses_power_in_mid_transfer_goes_on(lab, board, release):
    image = release("1.1.0", size=2 * PROGRAM_SIZE)
    dice = random.Random(SEED)
    moments = dice.randrange(120, 160), dice.randrange(280, 320)  # of more than 330 writes
    board.accidents = {moment: board.lose_power for moment in moments}
    said = json.loads(lab.push(image, "--mtu", 185, "--json").stdout)
    assert said["connections"] == 3
    board.wait_for("app: 1.1.0 confirmed")
    journal_step, sector, buffer = image.stat().st_size // 32, 4096, 4096 + 2048
    assert_only_the_missing_was_sent(board, image, 2, journal_step + sector + buffer)


def test_a_host_that_is_killed_goes_on_when_it_is_started_again(lab, board, release):
    image = release("1.1.0")
    board.accidents = {image.stat().st_size * 55 // 100 // 20: asyncio.Event().wait}  # for ever
    with Process([OTTER_BLE, "push", image, "--device", NAME, "--mtu", 23, "--hci",
                  lab.hci]) as pushing:
        pushing.wait_for("50 %")
        pushing.kill()
        board.accidents.clear()  # if it did not come to that
        pushing.start()
        begun = pushing.wait_for(r"going on at ([\d,]+) of")
        assert pushing.wait() == 0
    assert int(begun[1].replace(",", "")) >= image.stat().st_size // 2 - 512
    board.wait_for("app: 1.1.0 confirmed")


def test_another_image_is_not_mistaken_for_the_rest_of_the_first(lab, board, release):
    board.accidents = {100: board.stop}
    lab.push(release("1.1.0"), "--mtu", 185, "--tries", 1, "--find", 0.3, expect=2)
    board.switch_on()
    assert "going on" not in lab.push(release("1.3.0")).stdout
    board.wait_for("app: 1.3.0 confirmed")


def test_a_verdict_that_is_lost_with_the_link_is_not_taken_for_a_no(lab, board, release):
    board.accidents = {(CONTROL, VERIFY[:1]): board.drop_link}
    pushed = lab.push(release("1.1.0"), expect=2)
    assert "the link was lost while the device verified the image" in pushed.stderr
    board.wait_for("app: 1.1.0 confirmed")


# --- what a device refuses --------------------------------------------------------------------------

def test_a_stranger_s_image_is_refused_with_the_reason(lab, board, release):
    pushed = lab.push(release("1.1.0", key="stranger"), "--json", expect=1)
    said = json.loads(pushed.stdout)
    assert (said["status"], said["code"]) == (UNVERIFIED, -27)
    assert "no key on this device signed the image" in pushed.stderr
    assert status_of(lab)["code"] == -27
    assert_runs(board, "1.0.0")


def test_an_image_for_another_layout_or_of_an_older_version_is_refused(lab, board, release):
    foreign = release("1.1.0", layout=Build.board("move-internal"))
    assert f"status {OTHER_BOARD}" in lab.push(foreign, expect=1).stderr
    assert f"status {VERSION}" in lab.push(release("0.9.0"), expect=1).stderr
    assert_runs(board, "1.0.0")


def test_no_image_and_too_large_an_image_are_refused(lab, board, tmp_path):
    for name, data, status in (("noise", bytes(20_000), NO_IMAGE),
                               ("huge", bytes(2_000_000), SIZE)):
        (tmp_path / name).write_bytes(data)
        assert f"status {status}" in lab.push(tmp_path / name, expect=1).stderr
    assert_runs(board, "1.0.0")


# --- the signed service -----------------------------------------------------------------------------

def test_a_file_signed_for_the_transfer_is_installed_over_an_encrypted_link(lab, make_board, release,
                                                                            keys):
    board = make_board(author="author", wants_encryption=True)
    board.accidents = {30: board.drop_link}
    said = json.loads(lab.push(release("1.1.0"), "--sign-key", keys["author"], "--json").stdout)
    assert said["connections"] == 2
    board.wait_for("app: 1.1.0 confirmed")


def damaged(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def test_a_signature_by_another_key_or_with_one_wrong_bit_is_refused(lab, make_board, release, keys,
                                                                    tmp_path):
    board = make_board(author="author")
    image, signed = release("1.1.0"), tmp_path / "signed.bin"
    pushed = lab.push(image, "--sign-key", keys["stranger"], expect=1)
    assert f"status {UNVERIFIED}" in pushed.stderr

    run(OTTER_BLE, "sign", image, "--key", keys["author"], "--out", signed)
    right = signed.read_bytes()
    for at in (len(right) - 64, len(right) - 1):
        signed.write_bytes(damaged(right, at))
        assert f"status {UNVERIFIED}" in lab.push(signed, expect=1).stderr
    assert_runs(board, "1.0.0")

    signed.write_bytes(right)
    lab.push(signed)
    board.wait_for("app: 1.1.0 confirmed")


def test_the_signed_service_takes_nothing_over_a_link_in_the_clear(lab, make_board, release):
    make_board(author="author", wants_encryption=True)

    async def try_in_the_clear():
        host = await OldHost.connect(lab.air, ADDRESS)
        for attribute in (host.control, host.data):
            with pytest.raises(Stopped) as stopped:
                await host.write(attribute, b"\x01")
            assert stopped.value.status == 0x0F  # insufficient encryption
        await host.pair()
        await host.begin(len(release("1.1.0").read_bytes()))

    lab.call(try_in_the_clear())


# --- old hosts --------------------------------------------------------------------------------------

OLD_HOSTS = {"windows": WINDOWS, "android": ANDROID, "ios": IOS, "smallest": SMALLEST,
             "anycloud": ANYCLOUD}


@pytest.mark.parametrize("name", OLD_HOSTS)
def test_old_hosts_abort_begin_anew_and_update_the_device(lab, board, release, name):
    image = release("1.1.0").read_bytes()

    async def abort_and_update():
        host = await OldHost.connect(lab.air, ADDRESS, OLD_HOSTS[name])
        await host.begin(len(image))
        await host.send(image[:9_000])
        await host.abort()
        host.ways.clear()
        await host.update(image)
        return host.ways

    verdict = "indication" if OLD_HOSTS[name].cccd & 2 else "notification"
    assert lab.call(abort_and_update()) == ["notification", "notification", verdict]
    board.wait_for("app: 1.1.0 confirmed")


def test_an_old_host_can_update_the_signed_service(lab, make_board, release, keys, tmp_path):
    board = make_board(author="author")
    signed = tmp_path / "signed.bin"
    run(OTTER_BLE, "sign", release("1.1.0"), "--key", keys["author"], "--out", signed)

    async def update():
        await (await OldHost.connect(lab.air, ADDRESS)).update(signed.read_bytes(), crc=0)

    lab.call(update())
    board.wait_for("app: 1.1.0 confirmed")


def test_a_wrong_crc_and_a_damaged_byte_are_refused_and_the_right_image_is_not(lab, board, release):
    image = release("1.1.0").read_bytes()

    async def try_all():
        host = await OldHost.connect(lab.air, ADDRESS)
        for data, crc in ((image, zlib.crc32(image) ^ 1), (damaged(image, 12_345), zlib.crc32(image))):
            with pytest.raises(Stopped) as stopped:
                await host.update(data, crc)
            assert stopped.value.status == UNVERIFIED
        assert board.core.status().is_pending is False
        await host.update(image)

    lab.call(try_all())
    board.wait_for("app: 1.1.0 confirmed")


# --- out of turn ------------------------------------------------------------------------------------

OUT_OF_TURN = {
    "data without anything": ([], b"data", None, NOT_NOW),
    "data without download": ([PREPARE], b"data", None, NOT_NOW),
    "download without prepare": ([], None, DOWNLOAD, NOT_NOW),
    "verify without data": ([PREPARE, DOWNLOAD], None, VERIFY, MORE_DATA),
    "verify without download": ([PREPARE], None, VERIFY, NOT_NOW),
    "resume without a digest": ([PREPARE], None, b"\x21" + bytes(4), NOT_NOW),
    "a size of nothing": ([PREPARE], None, b"\x02" + bytes(4), SIZE),
    "an unknown command": ([], None, b"\x55", FAILED),
}


@pytest.mark.parametrize("name", OUT_OF_TURN)
def test_what_comes_out_of_turn_is_refused(lab, board, release, name):
    before, data, command, status = OUT_OF_TURN[name]

    async def try_it():
        host = await OldHost.connect(lab.air, ADDRESS)
        await host.subscribe()
        for each in before:
            await host.command(each)
        with pytest.raises(Stopped) as stopped:
            await (host.write(host.data, data) if data else host.command(command))
        assert stopped.value.status in (status, CONTROL_ERROR + status)
        await host.update(release("1.1.0").read_bytes())

    lab.call(try_it())
    board.wait_for("app: 1.1.0 confirmed")


def test_more_data_than_announced_and_commands_without_subscription_are_refused(lab, board, release):
    image = release("1.1.0").read_bytes()

    async def try_both():
        host = await OldHost.connect(lab.air, ADDRESS)
        with pytest.raises(Stopped) as stopped:
            await host.write(host.control, PREPARE)
        assert stopped.value.status == 0xFD  # the client configuration is off
        await host.begin(len(image))
        await host.send(image[:-1])
        with pytest.raises(Stopped) as stopped:
            await host.write(host.data, image[-2:])
        assert stopped.value.status == CONTROL_ERROR + SIZE

    lab.call(try_both())


def test_data_that_do_not_wait_for_their_answers_never_become_a_wrong_image(lab, board, release):
    """The characteristic does not offer it, and bumble passes it on all the same."""
    image = release("1.1.0").read_bytes()

    async def hurry():
        host = await OldHost.connect(lab.air, ADDRESS)
        await host.begin(len(image))
        for offset in range(0, len(image), host.write_size):
            await host.client.write_value(host.data, image[offset:offset + host.write_size])
        try:
            await host.verify(zlib.crc32(image))
        except Stopped:
            await host.update(image)

    lab.call(hurry())
    board.wait_for("app: 1.1.0 confirmed")


# --- sizes ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
def test_any_mtu_will_do(lab, make_board, release, mtu):
    """Set by the device this time: the host asks for as much as it can."""
    board = make_board(mtu=mtu)
    image = release("1.1.0")
    lab.push(image)
    write_size = min(mtu - 3, 512)
    assert board.data_writes == -(-image.stat().st_size // write_size)
    board.wait_for("app: 1.1.0 confirmed")
