# SPDX-License-Identifier: Apache-2.0
"""QEMU is killed at random moments of swaps and reverts, and started again on the same flash file.

OTTER_KILLS says how often (`make powercut-board`: 200), OTTER_SEED draws the moments; the seed is in
the output of each run. What is swapped is `boot_figures`, which says that it was started and ends
QEMU, filled up with random bytes so that a swap takes a while.
"""

import os
import random
import time

import pytest
from lab import BareDevice, Build
from lab.process import run

KILLS = int(os.environ.get("OTTER_KILLS", "8"))
SEED = int(os.environ.get("OTTER_SEED", str(random.SystemRandom().randrange(1_000_000))))
PARTS = 2  # so that two processes can share the work

PRIMARY = 0x18000
STAGING_OFFSET = 0x1000
PROGRAM_SIZE = 600_000
OLD, NEW = "1.0.0", "1.1.0"

JUDGING_SECONDS = 0.4  # hashes and signatures before anything is moved
QUARTER_SECONDS = 0.012  # from one line about progress to the next


def make_image(folder, version, *words):
    code = Build.program("boot_figures").read_bytes()
    program = folder / f"{version}.program"
    filling = random.Random(version).randbytes(PROGRAM_SIZE - len(code))
    program.write_bytes(code + filling)
    image = folder / f"{version}.bin"
    run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", Build.signing_key,
        "--version", version, *words, program, image)
    return image


class Victim(BareDevice):
    """A device that runs until its program has ended it, or until it is killed."""

    def __init__(self, folder):
        super().__init__(folder)
        self.images = {OLD: make_image(folder, OLD),
                       NEW: make_image(folder, NEW, "--slot", "secondary", "--pad")}

    def run_to_the_end(self):
        """Start it and let it; returns the version of the program that has run."""
        first = self.mark()
        self.start()
        version = self.wait_for(r"boot: starting (\S+) at", start=first)[1]
        self.wait_for(r"figures: started after", start=first)
        self.wait()
        self._finish()
        return version

    def run_and_kill(self, draw):
        """Start it and kill it some time after it began to move images.

        Returns whether that came in time, which is before the program was started.
        """
        first = self.mark()
        self.start()
        lines = draw.randrange(4)
        if lines == 0:
            self.wait_for(r"boot: (an update is pending|the trial was not confirmed)", start=first)
            time.sleep(draw.uniform(0, JUDGING_SECONDS))
        else:
            start = first
            for _ in range(lines):
                start = self.after(r"boot: moved \d+ of", start=start)
            time.sleep(draw.uniform(0, QUARTER_SECONDS))
        self.kill()
        return self.count(r"boot: starting", start=first) == 0

    def holds(self, version):
        """Are the primary slot's bytes those of that image, up to its last one?"""
        image = self.images[version].read_bytes()
        if version == NEW:  # a whole slot; what is before the image and behind it is no part of it
            image = image[STAGING_OFFSET:][:self.images[OLD].stat().st_size]
        with self.flash.open("rb") as flash:
            flash.seek(PRIMARY)
            return flash.read(len(image)) == image


def kill_one_update(device, draw):
    """Stage an update, kill its swap and then its revert; returns how many kills came in time."""
    device.program("secondary", device.images[NEW])
    kills = int(device.run_and_kill(draw))
    version = device.run_to_the_end()
    assert version in (OLD, NEW)
    assert device.holds(version)
    if version == NEW:
        kills += int(device.run_and_kill(draw))
        assert device.run_to_the_end() == OLD  # nobody confirmed it, so that one trial is all it gets
        assert device.holds(OLD)
    return kills


@pytest.mark.parametrize("part", range(PARTS))
def test_a_device_killed_in_swaps_and_reverts_always_starts_a_whole_program(tmp_path, part):
    draw = random.Random(SEED + part)
    device = Victim(tmp_path)
    device.make(device.images[OLD])
    kills = 0
    while kills < KILLS // PARTS:
        kills += kill_one_update(device, draw)
    cut_moves = device.count(r"the power was cut while an image was moved")
    print(f"seed {SEED}, part {part}: {kills} kills, {cut_moves} of them in the middle of a move")
    assert cut_moves > 0
