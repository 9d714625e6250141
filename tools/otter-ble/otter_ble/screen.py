# SPDX-License-Identifier: Apache-2.0
"""What people see of a push: a bar on a terminal, lines anywhere else, nothing beside JSON."""

import sys

from rich.console import Console
from rich.progress import (BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn,
                           TransferSpeedColumn)

STEP_PERCENT = 10


def describe(found, conversation):
    variant = "signed" if conversation.is_secure else "CRC"
    return (f"connected to {found.name or found.address}, {variant} variant, "
            f"{conversation.write_size} bytes a write")


class Silent:
    """Shows nothing. Use the screens with `with`."""

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        pass

    def connected(self, found, conversation):
        pass

    def began(self, offset, total):
        pass

    def progress(self, offset, total):
        pass

    def lost(self, trouble):
        pass


class Lines(Silent):
    """A line for each thing that happens and for each tenth of the way."""

    def __init__(self):
        self._percent = -1

    def connected(self, found, conversation):
        print(describe(found, conversation), flush=True)

    def began(self, offset, total):
        self._percent = offset * 100 // total
        print(f"going on at {offset:,} of {total:,} bytes" if offset else
              f"sending {total:,} bytes", flush=True)

    def progress(self, offset, total):
        percent = offset * 100 // total
        if percent // STEP_PERCENT != self._percent // STEP_PERCENT:
            print(f"{percent} % ({offset:,} of {total:,} bytes)", flush=True)
        self._percent = percent

    def lost(self, trouble):
        print(f"{trouble}; connecting again", flush=True)


class Bar(Silent):
    """A bar that moves, and lines above it."""

    def __init__(self):
        self._progress = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(),
                                  TransferSpeedColumn(), TimeRemainingColumn(),
                                  console=Console(highlight=False))
        self._task = None

    def __enter__(self):
        self._progress.start()
        return self

    def __exit__(self, *trouble):
        self._progress.stop()

    def connected(self, found, conversation):
        self._progress.print(describe(found, conversation))

    def began(self, offset, total):
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task("sending", total=total, completed=offset)

    def progress(self, offset, total):
        self._progress.update(self._task, completed=offset)
        if offset == total:
            self._progress.update(self._task, description="verifying")

    def lost(self, trouble):
        self._progress.print(f"{trouble}; connecting again")


def screen_for(as_json):
    if as_json:
        return Silent()
    return Bar() if sys.stdout.isatty() else Lines()
