# SPDX-License-Identifier: Apache-2.0
"""Programs for the emulated board that check one thing a run, and end QEMU with what came of it."""

import subprocess

from .build import Build

FLASH_SIZE = 16 << 20


def run_check(name, folder, program="board_check", network="none", button=None):
    """Run the check `name` of a program. @return its exit status, 0 if it passed, and the console"""
    flash = folder / "flash.bin"
    flash.write_bytes(b"\xff" * FLASH_SIZE)
    command = [
        "qemu-system-arm", "-M", "mps2-an386,memory-backend=flash",
        "-object", f"memory-backend-file,id=flash,size=16M,mem-path={flash},share=on",
        "-kernel", Build.elf(program),
        "-display", "none", "-monitor", "none",
        "-serial", f"file:{folder / 'console.txt'}", "-serial", "stdio",
        "-nic", network,
        "-semihosting-config", f"enable=on,target=native,arg=otter,arg={name}",
    ]  # fmt: skip
    result = subprocess.run(command, input=button, timeout=30, check=False)
    console = (folder / "console.txt").read_text()
    return result.returncode, console
