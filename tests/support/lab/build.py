# SPDX-License-Identifier: Apache-2.0
"""Where the things are that the build makes."""

import os
from pathlib import Path


class Build:
    """Paths. OTTER_HOST_BUILD and OTTER_MPS2_BUILD name other build folders than the presets'."""

    top = Path(__file__).resolve().parents[3]
    host = Path(os.environ.get("OTTER_HOST_BUILD", top / "build" / "host"))
    mps2 = Path(os.environ.get("OTTER_MPS2_BUILD", top / "build" / "mps2"))

    otter = host / "bin" / "otter"
    layout = top / "boards" / "mps2-an386" / "offset-internal.json"
    bootloader = mps2 / "bin" / "bootloader.elf"

    signing_key = mps2 / "keys" / "dev.pem"
    """The key that the bootloader and the applications of this build trust."""

    @classmethod
    def board(cls, name):
        """A layout file of the emulated board: "factory-internal"."""
        return cls.top / "boards" / "mps2-an386" / f"{name}.json"

    @classmethod
    def elf(cls, name):
        """A program with its symbols, as QEMU takes a bootloader: "bootloader_small"."""
        return cls.mps2 / "bin" / f"{name}.elf"

    @classmethod
    def program(cls, name):
        """A program that is not signed yet: "mqtt_ota-1.0.0"."""
        return cls.mps2 / "bin" / f"{name}.bin"

    @classmethod
    def image(cls, name):
        """The same program, signed."""
        return cls.mps2 / "images" / f"{name}.bin"

    @classmethod
    def has_elf(cls, name):
        """Was it built? Some programs need what cannot be fetched everywhere."""
        return cls.elf(name).exists()
