# SPDX-License-Identifier: Apache-2.0
"""Glitches: a bootloader on QEMU that misses single instructions, one in each try.

The processor is stepped from instruction to instruction of our own code. Before each, it is made to
go on as if that one had not been there, until it starts the program, settles or breaks; then its
registers, its memory and the flash are put back. Functions of libraries (the arithmetic of a
signature, hashes, memcpy) are stepped over: nothing in them is skipped but the calls.
"""

import os
import re
import struct
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .build import Build
from .device import FLASH_ADDRESS, BareDevice
from .gdb import Gdb
from .process import ProcessError, free_port, run

LIBRARIES = re.compile(r"lib(bearssl|micro_ecc|mbedtls\w*|c_nano|c|g_nano|gcc)\.a\((?!ecdsa)")
"""What is stepped over, as the linker names it; the frame of BearSSL's signature check is not. That of
Mbed TLS is our own (ports/mbedtls/src/ecdsa_p256.c)."""



@dataclass(frozen=True)
class Prey:
    """A bootloader, and the program of a device on which it is tried."""

    elf: str
    layout: str = Build.layout.stem
    area: str = "primary"  # where the program lies that is spoilt
    program: str = "boot_figures"
    signing: tuple = ()
    beside: tuple = ()  # an area, and the signed image in it, with which nothing is wrong
    starts: str = ""  # whose start gives the hole away; "": that of the spoilt one
    window: str = "otter_image_open"  # where a boot without an update begins to look at the program


RESET_CAUSE = "otter_mps2_reset_take"
"""Where a bootloader learns it that looks at the program or not by the cause of the reset."""
LAUNCHER = "http_xip-boot-0", "--dependency", "1,1.0.0"
PART = "http_xip-boot-1", "--image-number", "1", "--dependency", "0,1.0.0"
BOOTLOADERS = {
    "bootloader": Prey("bootloader"),
    "bootloader_encrypted": Prey("bootloader_encrypted"),
    "bootloader_small": Prey("bootloader_small"),
    "bootloader_small_bearssl": Prey("bootloader_small_bearssl"),
    "bootloader_small_move": Prey("bootloader_small_move", layout="move-internal"),
    "bootloader_factory": Prey("bootloader_factory-internal", layout="factory-internal",
                               program="factory-internal-1.0.0"),
    "bootloader_factory_auto, golden image": Prey(
        "bootloader_factory_auto-internal", layout="factory-internal", area="golden",
        program="factory-internal-1.0.0"),
    "bootloader_http_xip": Prey(
        "bootloader_http_xip", layout="http-xip", program=LAUNCHER[0], signing=LAUNCHER[1:],
        beside=("primary-1", "http_xip-boot/app-fw-1"), window=RESET_CAUSE),
    "bootloader_http_xip, image 1": Prey(
        "bootloader_http_xip", layout="http-xip", area="primary-1", program=PART[0],
        signing=PART[1:], beside=("primary", "http_xip-boot/app-fw-0"), starts=LAUNCHER[0],
        window=RESET_CAUSE),
}
"""By the name that reports give them."""

STARTS, SETTLES, BREAKS, HANGS = "starts", "settles", "breaks", "hangs"
"""How a try ends: the program runs; the bootloader waits for ever; it resets; it runs for ever."""

BREAKING = ("otter_mps2_on_reset", "otter_mps2_on_fault", "otter_mps2_panic")
HANGS_AFTER_S = 1
"""Of processor time: on a busy machine, what starts a program in the end may be slow."""
LOOKS_EVERY_S = 0.5
IDLES_AFTER_S = 60
ARRIVES_WITHIN_S = 30
MOST_INSTRUCTIONS = 100_000

WFI = 0xBF30
BX_LR = 0x4770
FIRST_WIDE = 0xE800
THUMB = 1
EXCEPTION_NUMBER = 0x1FF
FRAME_PC, FRAME_XPSR = 24, 28
XPSR_THUMB = 1 << 24

AFTER = "return from "


class Elf:
    """Where the things of a linked program are."""

    def __init__(self, file):
        self.file = file
        table = (line.split() for line in run("arm-none-eabi-nm", file).stdout.splitlines())
        self.symbols = {words[-1]: int(words[0], 16) for words in table if len(words) == 3}
        self.libraries = self._library_ranges(file.with_suffix(".map").read_text())
        self.code = self._text()

    @staticmethod
    def _library_ranges(link_map):
        linked = link_map[link_map.index("Linker script and memory map"):]
        pieces = re.findall(r"^ \.text\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$", linked, re.M)
        return [range(int(start, 16), int(start, 16) + int(size, 16))
                for start, size, file in pieces if LIBRARIES.search(file)]

    def _text(self):
        """The program's halfwords by address. It lies at 0."""
        with tempfile.NamedTemporaryFile() as binary:
            run("arm-none-eabi-objcopy", "-O", "binary", "-j", ".vectors", "-j", ".text", self.file,
                binary.name)
            content = Path(binary.name).read_bytes()
        return struct.unpack(f"<{len(content) // 2}H", content[:len(content) // 2 * 2])

    def is_library(self, address):
        return any(address in piece for piece in self.libraries)

    def where(self, opcode):
        """Addresses that hold an instruction of one halfword."""
        return [index * 2 for index, halfword in enumerate(self.code) if halfword == opcode]

    def size_at(self, address):
        return 4 if self.code[address // 2] >= FIRST_WIDE else 2

    def function_at(self, address):
        """Without what the compiler adds to the names of copies that it makes."""
        return max((at, name) for name, at in self.symbols.items() if at <= address)[1].split(".")[0]


def processor_time(pid):
    """Seconds that a process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def skipped(registers, size):
    """The registers after an instruction that did nothing, not even in an IT block."""
    xpsr = registers["xpsr"]
    it = (xpsr >> 8 & 0xFC) | (xpsr >> 25 & 0x03)
    it = 0 if it & 0x07 == 0 else (it & 0xE0) | (it << 1 & 0x1F)
    xpsr = (xpsr & ~0x0600FC00) | (it & 0xFC) << 8 | (it & 0x03) << 25
    return {**registers, "pc": registers["pc"] + size, "xpsr": xpsr}


def _flip(image, offset):
    image[offset] ^= 1


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DIGEST_AT, SIGNATURE_AT = 8, 76
"""In the unprotected TLVs: their info, digest, key hash, signature."""


def _public_numbers(key):
    return key.public_key().public_numbers()


def _forge(image, make):
    """Exchange the signature for the numbers that make(digest) returns."""
    header_size, protected, size = struct.unpack_from("<HHI", image, 8)
    area = header_size + size + protected
    digest = int.from_bytes(image[area + DIGEST_AT:area + DIGEST_AT + 32], "big")
    signature = utils.encode_dss_signature(*make(digest))
    image[area + SIGNATURE_AT:] = struct.pack("<HH", 0x22, len(signature)) + signature
    struct.pack_into("<H", image, area + 2, SIGNATURE_AT + 4 + len(signature))


def _for_a_lost_key(image):
    """Right if the key's part is left out of the sum of points, which anybody can sign for."""
    factor = 1234567
    point = _public_numbers(ec.derive_private_key(factor, ec.SECP256R1()))
    _forge(image, lambda digest: (point.x % ORDER, digest * pow(factor, -1, ORDER) % ORDER))


def _for_a_lost_sum(image):
    """Right if the sum is never made where the key stood before."""
    key = serialization.load_pem_private_key(Build.signing_key.read_bytes(), None)
    _forge(image, lambda digest: (_public_numbers(key).x % ORDER, 1))


HEADER = 0x400
ENTRY = 4
"""Of a program, the address of its first instruction."""
SPOILT = {
    "wrongly signed": lambda image: _flip(image, len(image) - 4),
    "damaged": lambda image: _flip(image, HEADER + 0x100),
    "unsigned": lambda image: None,
    "signed by a stranger": lambda image: None,
    "forged for a lost key": _for_a_lost_key,
    "forged for a lost sum": _for_a_lost_sum,
}
"""What is done to an image once it is made; the third and the fourth are made so. The last two are
what somebody would sign who knows which instruction he can make the bootloader miss."""


class Glitches:
    """What came of the instructions that were skipped."""

    def __init__(self):
        self.outcomes = Counter()
        self.holes = []
        """Which of them started the program: (function, address)."""

    @property
    def skipped(self):
        return sum(self.outcomes.values())

    def describe(self):
        ends = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        holes = "".join(f"\n  without {address} in {function}() it starts"
                        for function, address in self.holes)
        return f"{self.skipped} instructions skipped: {ends}{holes}"


class GlitchedDevice(BareDevice):
    """A bare device on whose bootloader glitches are tried."""

    def __init__(self, folder, prey, bootloader=None):
        """bootloader: another one than that of this build."""
        bootloader = bootloader or Build.elf(prey.elf)
        super().__init__(folder, layout=Build.board(prey.layout), bootloader=bootloader)
        self._prey = prey
        self._elf = Elf(bootloader)
        symbols = self._elf.symbols
        self._ram = range(symbols["otter_ld_stack_bottom"], symbols["otter_ld_bss_end"])
        self._watchdog = symbols["otter_mps2_watchdog_start"]
        self._waits = self._elf.where(WFI)
        self._ends = dict.fromkeys(self._waits, SETTLES)
        self._ends.update((symbols[name], BREAKS) for name in BREAKING if name in symbols)
        self._plain_command = self.command
        self._gdb = None
        self._qemu = None

    def load(self, how):
        """Give it an image of a program, spoilt in one way of SPOILT."""
        prey = self._prey
        file = self.flash.with_suffix(".bin")
        key = Build.signing_key
        if how == "signed by a stranger":
            key = self.flash.with_suffix(".pem")
            run(Build.otter, "key", "new", key)
        signing = [] if how == "unsigned" else ["--key", key]
        run(Build.otter, "image", "sign", "--layout", self.layout, "--version", "1.0.0", *signing,
            *prey.signing, Build.program(prey.program), file)
        image = bytearray(file.read_bytes())
        SPOILT[how](image)
        file.write_bytes(image)
        started = Build.program(prey.starts or prey.program).read_bytes()
        self._ends[struct.unpack_from("<I", started, ENTRY)[0] & ~THUMB] = STARTS
        self.make().program(prey.area, file)
        if prey.beside:
            area, other = prey.beside
            self.program(area, Build.image(other))
        return self

    def glitch(self, window=None, every=1, most=None):
        """Skip each instruction (or one of so many) from the window on, until the boot is over, or `most`
        instructions later.

        window: the name of a function; with "return from " before it: what follows it.
        """
        self._window = window or self._prey.window
        self._flash_content = self.flash.read_bytes()[:self._flash_used()]
        glitches = Glitches()
        self._begin()
        try:
            self._walk(glitches, every, most)
        finally:
            self._end()
        return glitches

    # ---- the device --------------------------------------------------------------------------------

    def _begin(self):
        """Start it, and stop it where the window begins."""
        port = free_port()
        *words, flash = self._plain_command
        self.command = [*words, "--qemu-argument=-S", "--qemu-argument=-gdb",
                        f"--qemu-argument=tcp:127.0.0.1:{port}", flash]
        self._restore_flash()
        self.start()
        self._qemu = self.qemu()
        self._gdb = Gdb(port)
        self._run_to(self._elf.symbols[self._window.removeprefix(AFTER)])
        if self._window.startswith(AFTER):
            self._run_to(self._gdb.registers()["lr"] & ~THUMB)
        for address in (*self._ends, self._watchdog):
            self._gdb.stop_at(address)

    def _flash_used(self):
        """Bytes of the flash file up to the end of the last area."""
        return max(area["address"] + area["size"] for area in self.layout_facts()["areas"]
                   ) - FLASH_ADDRESS

    def _end(self):
        if self._gdb is not None:
            self._gdb.close()
        self.stop()

    def _begin_again(self, step):
        """QEMU itself gave up, or cannot be brought back: as far as before, with another one."""
        self._end()
        self._begin()
        for _ in range(step):
            self._advance()

    def _run_to(self, address):
        self._gdb.stop_at(address)
        if not self._gdb.go_on(ARRIVES_WITHIN_S):
            raise ProcessError(f"the bootloader did not come to {address:#x}")
        self._gdb.stop_no_more_at(address)

    # ---- step by step ------------------------------------------------------------------------------

    def _walk(self, glitches, every, most):
        waited_at = None
        for step in range(most or MOST_INSTRUCTIONS):
            registers = self._gdb.registers()
            pc = registers["pc"]
            if pc in self._waits and pc == waited_at or self._ends.get(pc) in (STARTS, BREAKS):
                return
            waited_at = pc if pc in self._waits else waited_at
            if step % every == 0:
                outcome = self._try_without(registers, step)
                glitches.outcomes[outcome] += 1
                if outcome == STARTS:
                    glitches.holes.append((self._elf.function_at(pc), hex(pc)))
            self._advance()
        if most is None:
            raise ProcessError(f"the boot was not over after {MOST_INSTRUCTIONS} instructions")

    def _skip(self, registers):
        self._gdb.set_registers(skipped(registers, self._elf.size_at(registers["pc"])))

    def _advance(self):
        """One instruction on; past a wait, and over libraries in one step."""
        registers = self._gdb.registers()
        if registers["pc"] in self._waits:
            self._skip(registers)
        else:
            self._gdb.step()
        registers = self._gdb.registers()
        if registers["pc"] == self._watchdog:
            self._return_at_once(registers)
        while self._elf.is_library(registers["pc"]):
            self._run_to(registers["lr"] & ~THUMB)
            registers = self._gdb.registers()

    def _return_at_once(self, registers):
        """Nobody starts the watchdog: there would be no way back to before that."""
        self._gdb.set_registers({**registers, "pc": registers["lr"] & ~THUMB})

    # ---- tries -------------------------------------------------------------------------------------

    def _try_without(self, registers, step):
        memory = self._gdb.read(self._ram.start, len(self._ram))
        try:
            self._skip(registers)
            outcome = self._run_to_an_end()
            self._restore(registers, memory)
        except (ProcessError, OSError):
            outcome = BREAKS  # a lock-up, at which QEMU ends; hardware would be reset
            self._begin_again(step)
        return outcome

    def _run_to_an_end(self):
        while self._comes_to_a_stop():
            registers = self._gdb.registers()
            if registers["pc"] != self._watchdog:
                return self._ends.get(registers["pc"], BREAKS)
            self._return_at_once(registers)
        return HANGS

    def _comes_to_a_stop(self):
        """False if it computes for so long without coming to one."""
        over = processor_time(self._qemu) + HANGS_AFTER_S
        for _ in range(int(IDLES_AFTER_S / LOOKS_EVERY_S)):
            if self._gdb.go_on(LOOKS_EVERY_S):
                return True
            if processor_time(self._qemu) > over:
                return False
        return False

    def _restore(self, registers, memory):
        self._leave_exception()
        self._gdb.set_registers(registers)
        self._gdb.write_changes(self._ram.start, memory)
        if self._gdb.registers() != registers:
            raise ProcessError("the processor cannot be brought back")
        self._restore_flash()

    def _restore_flash(self):
        """QEMU sees it at once: the file is the memory."""
        with self.flash.open("r+b") as flash:
            if flash.read(len(self._flash_content)) != self._flash_content:
                flash.seek(0)
                flash.write(self._flash_content)

    def _leave_exception(self):
        """Return from it to a place where the processor stops again. A reset has no way back: it
        switches off the protection of memory and more."""
        registers = self._gdb.registers()
        if registers["pc"] == self._elf.symbols["otter_mps2_on_reset"]:
            raise ProcessError("the processor was reset")
        if registers["xpsr"] & EXCEPTION_NUMBER == 0:
            return
        frame = registers["sp"]
        self._gdb.write(frame + FRAME_PC, struct.pack("<II", self._waits[0], XPSR_THUMB))
        self._gdb.set_registers({**registers, "pc": self._elf.where(BX_LR)[0]})
        self._gdb.go_on(HANGS_AFTER_S)
