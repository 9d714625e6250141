# SPDX-License-Identifier: Apache-2.0
"""No program that is not authentic starts, whichever one instruction the bootloader misses.

Here the decision after the signature check, and a sample of the way to it; `make fault-injection` skips
everything, in every bootloader.
"""

import shutil
from pathlib import Path

import pytest
from lab import Build, run
from lab.glitch import BOOTLOADERS, GlitchedDevice

SMALL = BOOTLOADERS["bootloader_small"]
DECISION = "return from uECC_verify"
VERDICT = Path("libs/crypto/include/otter/verdict.h")
SECOND_LOOK = """    if (*answer != right) {
        verdict = OTTER_VERDICT_BAD;
    }
"""
CHECK = Path("ports/micro_ecc/src/ecdsa_p256.c")
SECOND_CHECK = "    second = ask(point, digest, numbers);\n"
SECOND_ANSWER = """
                                & (uint32_t)otter_verdict_of_answer(&second, RIGHT)"""


def test_of_the_decision_no_skipped_instruction_starts_a_wrongly_signed_program(tmp_path):
    glitches = GlitchedDevice(tmp_path, SMALL).load("wrongly signed").glitch(DECISION)
    print(glitches.describe())
    assert not glitches.holes
    assert glitches.skipped > 100


@pytest.mark.parametrize("how", ["damaged", "unsigned", "signed by a stranger"])
def test_on_the_way_to_it_no_skipped_instruction_starts_a_bad_program(tmp_path, how):
    glitches = GlitchedDevice(tmp_path, SMALL).load(how).glitch(every=10)
    print(glitches.describe())
    assert not glitches.holes
    assert glitches.skipped > 100


def test_no_skipped_instruction_passes_a_power_on_for_a_restart_by_the_program(tmp_path):
    """After which bootloader_http_xip would not look at the program at all."""
    device = GlitchedDevice(tmp_path, BOOTLOADERS["bootloader_http_xip"]).load("unsigned")
    glitches = device.glitch(most=50)
    print(glitches.describe())
    assert not glitches.holes
    assert glitches.skipped == 50


def replace(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


@pytest.fixture
def careless(tmp_path):
    """A bootloader that checks a signature once, and looks only once at the answer."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("CMakeLists.txt", "CMakePresets.json", "boards", "cmake", "firmware", "libs", "ports"):
        copy = shutil.copytree if (Build.top / name).is_dir() else shutil.copy
        copy(Build.top / name, source / name)
    (source / ".deps").symlink_to(Build.top / ".deps")
    replace(source / VERDICT, SECOND_LOOK, "")
    replace(source / CHECK, SECOND_CHECK, "    (void)second;\n")
    replace(source / CHECK, SECOND_ANSWER, "")
    build = tmp_path / "build"
    run("cmake", "--preset", "mps2", "-B", build, f"-DOTTER_TOOL={Build.otter}",
        f"-DOTTER_LAYOUT={Build.layout}", f"-DOTTER_SIGNING_KEY={Build.signing_key}", cwd=source)
    run("cmake", "--build", build, "--target", SMALL.elf, timeout=300)
    return build / "bin" / f"{SMALL.elf}.elf"


def test_a_bootloader_that_looks_only_once_is_found_out(tmp_path, careless):
    glitches = GlitchedDevice(tmp_path, SMALL, careless).load("wrongly signed").glitch(DECISION)
    assert "verify" in {function for function, _ in glitches.holes}, glitches.describe()
