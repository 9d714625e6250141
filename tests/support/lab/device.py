# SPDX-License-Identifier: Apache-2.0
"""The emulated device: a flash file, and QEMU running on it."""

import json
from pathlib import Path

from .build import Build
from .process import Process, run


class Device(Process):
    """`otter device run`: the real bootloader and program on QEMU's Cortex-M4 board.

    Its lines are the device's console. The flash file lives on over stop(), kill() and start().
    """

    def __init__(self, folder, layout=Build.layout, bootloader=Build.bootloader):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.layout = layout
        self.flash = self.folder / "flash.bin"
        super().__init__([Build.otter, "device", "run", "--layout", layout,
                          "--bootloader", bootloader, self.flash])
