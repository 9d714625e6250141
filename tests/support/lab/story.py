# SPDX-License-Identifier: Apache-2.0
"""A demonstration as a story: steps on real parts, shown as they happen, that must go as expected.

A script in scripts/ subclasses Story and hands its steps to tell(). Only demonstrations import this: it
needs rich, which tests can do without.
"""

import argparse
import contextlib
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .device import Device
from .process import ProcessError
from .publisher import Publisher
from .show import Show

LINGER_SECONDS = 3  # after each step, for whoever watches a terminal

STAMP = re.compile(r"^\[ *([\d.]+)\] ")


class Watched:
    """Of a device: its lines are shown, and understood."""

    show = None

    def on_line(self, line):
        self._note(line, self.show.board)
        self.show.device_line(line)
        super().on_line(line)

    @staticmethod
    def _note(line, board):
        rest = STAMP.sub("", line)
        if match := re.match(r"boot: starting (\S+)", rest):
            board.version = match[1]
        elif rest.startswith("reset: "):
            board.resets += 1
            board.led_ms = board.done = board.total = 0
        elif match := re.match(r"led: toggles every (\d+) ms", rest):
            board.led_ms = int(match[1])
        elif match := re.match(r"app: update \S+ \d+ % \(([\d,]+) of ([\d,]+) bytes\)", rest):
            board.done, board.total = (int(number.replace(",", "")) for number in match.groups())


class WatchedDevice(Watched, Device):
    """The emulated device, watched."""

    def seconds_at(self, pattern, start):
        """When a line appeared, in seconds since the device was switched on."""
        return float(STAMP.match(self.wait_for(pattern, start=start).string)[1])


class WatchedPublisher(Publisher):
    show = None

    def on_line(self, line):
        self.show.tool_line(line, "publisher")
        super().on_line(line)


class Story:
    """The parts of a demonstration, and what was measured in each step."""

    panels = {}
    """Other titles of the panels than those of class Show."""

    def __init__(self, folder, show, parts):
        self.folder = folder
        self.show = show
        self.parts = parts  # an ExitStack: ends everything in the end
        self.device = None
        self.downloads = {}

    def watch(self, device_class=WatchedDevice, **options):
        """The device of the story; it is not switched on yet."""
        self.device = device_class(self.folder, **options)
        self.device.show = self.show
        return self.device

    def publish(self, broker, catalogue):
        """Start a publisher whose lines are shown."""
        publisher = WatchedPublisher(broker, catalogue)
        publisher.show = self.show
        return self.parts.enter_context(publisher)

    def expect_led(self, interval_ms, start=0):
        self.device.wait_for_led(interval_ms, start)


@dataclass
class Step:
    """One step: its name in the closing table, what it shows, and the update that it installs."""

    name: str
    title: str
    run: Callable
    update: str = ""


def row_of(number, step, story, seconds, resets):
    """A line of the closing table."""
    size, download_seconds = story.downloads.get(step.update, (0, 0))
    return [f"{number + 1}", step.name, story.show.board.version if story.device else "-",
            f"{size:,}" if size else "-", f"{seconds:.1f}",
            f"{size / 1000 / download_seconds:,.0f}" if download_seconds else "-", f"{resets}"]


def play(story_class, steps, folder, show):
    """Run the steps until one does not go as expected. Returns whether all did, and the table."""
    rows = [["", "step", "runs then", "bytes", "seconds", "KB/s", "resets"]]
    with contextlib.ExitStack() as parts:
        story = story_class(folder, show, parts)
        for number, step in enumerate(steps):
            started, resets = time.monotonic(), show.board.resets
            show.begin(number)
            try:
                step.run(story)
            except ProcessError as trouble:
                show.fail(number, trouble)
                return False, rows
            seconds = time.monotonic() - started
            show.end(number, seconds)
            rows.append(row_of(number, step, story, seconds, show.board.resets - resets))
            show.linger(LINGER_SECONDS)
    return True, rows


def run(story_class, title, steps, description):
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="FOLDER", type=Path,
                        help="a new folder for certificates, images and the flash file")
    options = parser.parse_args()

    with contextlib.ExitStack() as cleaning:
        folder = options.keep
        if folder:
            folder.mkdir(parents=True)
        else:
            folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="otter-demo-")))
        show = Show(title, [step.title for step in steps], **story_class.panels)
        with show:
            all_as_expected, rows = play(story_class, steps, folder, show)
        show.table(rows)
    print("Everything went as expected." if all_as_expected else
          "Something did not go as expected; see above.")
    return 0 if all_as_expected else 1


def tell(story_class, title, steps, description):
    """Be the main program of a demonstration; the exit status is 0 only if all went as expected."""
    # A terminal that is closed must not leave the broker and the device behind.
    for ending in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(run(story_class, title, steps, description))
    except KeyboardInterrupt:
        sys.exit(130)
