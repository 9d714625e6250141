# SPDX-License-Identifier: Apache-2.0
"""What the interop tests share: otter, the peer tools, and a key that both sides read."""

import shutil
import sys
from pathlib import Path

import pytest
from lab.build import Build
from lab.process import run


def _tool(name):
    """A program of this Python environment, or of the system."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing; run scripts/setup"
    return found


@pytest.fixture(scope="session")
def imgtool():
    """Run imgtool: imgtool("verify", file, expect=1)."""
    return lambda *words, **options: run(_tool("imgtool"), *words, **options)


@pytest.fixture(scope="session")
def openssl():
    return lambda *words, **options: run(_tool("openssl"), *words, **options)


@pytest.fixture(scope="session")
def otter():
    return lambda *words, **options: run(Build.otter, *words, **options)


@pytest.fixture(scope="session")
def key(otter, tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "ours.pem"
    otter("key", "new", path)
    return path


@pytest.fixture(scope="session")
def foreign_key(imgtool, tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "imgtool.pem"
    imgtool("keygen", "-k", path, "-t", "ecdsa-p256")
    return path


@pytest.fixture
def program(tmp_path):
    """A program of an odd size, so that nothing is aligned by chance."""
    path = tmp_path / "program.bin"
    path.write_bytes(bytes((i * 7 + i // 256) & 0xFF for i in range(12345)))
    return path
