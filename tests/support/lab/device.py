# SPDX-License-Identifier: Apache-2.0
"""The emulated device: a flash file, and QEMU running on it."""

import contextlib
import functools
import json
import os
import signal
import time
from pathlib import Path

from .build import Build
from .process import Process, ProcessError, run

HOST = "10.0.2.2"
"""The host's loopback interface, as QEMU's user network shows it to a device."""

FLASH_ADDRESS = 0x21000000
"""Where the board maps the flash file."""

QUICK = {"agent.initial-check-s": 1, "agent.next-check-interval-s": 2, "agent.retry-interval-s": 1,
         "agent.job-check-time-s": 5, "agent.packet-interval-s": 2}
"""Seconds that suit a test: a product would ask once a day."""


LOOK_SECONDS = 0.003
"""Between two looks at the flash of a device that is about to lose its power."""

STANDSTILL_SECONDS = 0.002
"""Until all threads of a process that was told to stop stand still."""


class Device(Process):
    """`otter device run`: the real bootloader and program on QEMU's Cortex-M4 board.

    Its lines are the device's console, with those of QEMU and of the tool between them. The flash
    file lives on over stop(), kill() and start(), as flash does.
    """

    board = "mps2-an386"

    def __init__(self, folder, name="otter-1", layout=Build.layout, bootloader=Build.bootloader):
        self.name = name
        self.layout = layout
        self.flash = Path(folder) / f"{name}.flash"
        self._started = 0
        super().__init__([Build.otter, "device", "run", "--layout", layout,
                          "--bootloader", bootloader, self.flash])

    def start(self):
        self._started = self.mark()
        super().start()

    def create(self, image, broker, client="device", **settings):
        """Make its flash file as the factory would: an image, and what it needs for that broker. Without an
        image, None, the primary slot is empty.

        Settings are those of the documentation, with "_" for "-" and "__" for "."; None leaves one
        out.
        """
        certificates = broker.certificates
        values = {"device.name": self.name, "device.serial": self.name, "mqtt.host": HOST,
                  "mqtt.port": broker.port, "mqtt.server-name": "localhost", **QUICK}
        for key, value in settings.items():
            values[key.replace("__", ".").replace("_", "-")] = value
        files = {"mqtt.ca": certificates.ca, "mqtt.certificate": certificates.certificate(client),
                 "mqtt.key": certificates.key(client)}
        words = []
        for key, value in values.items():
            words += ["--setting", f"{key}={value}"] if value is not None else []
        for key, path in files.items():
            words += ["--setting-file", f"{key}={path}"]
        words += ["--image", image] if image else []
        run(Build.otter, "device", "create", "--layout", self.layout, *words, "--output", self.flash)
        return self

    def program(self, area, file):
        """Put a file into an area, as a programmer would; the rest of the area is erased."""
        run(Build.otter, "device", "program", "--layout", self.layout, "--area", area, file,
            self.flash)
        return self

    def press_button(self):
        """Ask it to look for an update now."""
        self.send_line("button")

    def hold_button(self):
        """Keep the button down until release_button(), also while it boots."""
        self.send_line("hold")

    def release_button(self):
        self.send_line("let-go")

    def reset(self):
        self.send_line("reset")

    def unplug(self):
        """Cut it off the network: frames vanish both ways."""
        self.send_line("unplug")

    def plug(self):
        self.send_line("plug")

    def qemu(self):
        """The number of its process."""
        return int(self.wait_for(r"QEMU runs as process (\d+)", start=self._started)[1])

    def kill(self):
        """A loss of power: QEMU is gone between two instructions; the flash file stays."""
        pid = self.qemu()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.wait()
        return self._finish()

    def kill_once(self, condition, timeout=30):
        """A loss of power at a moment that shows in the flash: QEMU stands still at each look."""
        pid = self.qemu()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STANDSTILL_SECONDS)
            if condition():
                return self.kill()
            os.kill(pid, signal.SIGCONT)
            time.sleep(LOOK_SECONDS)
        raise ProcessError(self.describe(f"its flash did not change as it should in {timeout} s"))

    def wait_for_led(self, interval_ms, start=0):
        """Until its LED changes that often, as measured from outside: on a busy machine the first measure may be
        that of a device that was held up."""
        self.wait_for(rf"led: toggles every {interval_ms} ms", start=start)

    def inspect(self):
        """What its flash says: slots, trailers, journal, what the next boot will do."""
        return json.loads(run(Build.otter, "device", "inspect", "--layout", self.layout, "--json",
                              self.flash).stdout)

    @functools.cache
    def layout_facts(self):
        """What `otter layout show` says: the digest, the areas, where each lies."""
        return json.loads(run(Build.otter, "layout", "show", "--json", self.layout).stdout)

    def area(self, name):
        """The bytes of an area, as the flash file has them at this moment."""
        area = next(area for area in self.layout_facts()["areas"] if area["name"] == name)
        with self.flash.open("rb") as flash:
            flash.seek(area["address"] - FLASH_ADDRESS)
            return flash.read(area["size"])


class BareDevice(Device):
    """A device without settings, whose flash a test fills as it likes."""

    def make(self, image=None):
        """Make its flash file, with an image in the primary slot or with nothing at all."""
        words = ["--image", image] if image else []
        run(Build.otter, "device", "create", "--layout", self.layout, *words,
            "--output", self.flash)
        return self

    def poke(self, offset, data):
        """Overwrite bytes of the flash file."""
        with self.flash.open("r+b") as flash:
            flash.seek(offset)
            flash.write(data)

    def banners(self):
        """How often the bootloader has started."""
        return self.count(r"boot: Otter bootloader")
