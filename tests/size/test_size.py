# SPDX-License-Identifier: Apache-2.0
"""No program of the firmware grows past its budget unnoticed (tests/size/budgets.json)."""

import json
from pathlib import Path

import pytest
from lab import Build
from lab.process import run

BUDGETS = Path(__file__).with_name("budgets.json")
ADVICE = ("Find out why (arm-none-eabi-nm --size-sort, the .map file beside it). If it is worth that, "
          f"raise the budget in {BUDGETS.relative_to(Build.top)} in the same commit.")


def sizes(program):
    """text: code and constants, in flash; ram: variables, buffers and the reserved stack."""
    words = run("arm-none-eabi-size", program).stdout.splitlines()[1].split()
    text, data, bss = (int(word) for word in words[:3])
    return {"text": text, "ram": data + bss}


@pytest.mark.parametrize("name", json.loads(BUDGETS.read_text()))
def test_a_program_keeps_to_its_budget(name):
    budget = json.loads(BUDGETS.read_text())[name]
    for kind, size in sizes(Build.mps2 / "bin" / name).items():
        over = size - budget[kind]
        assert over <= 0, f"{name}: {kind} is {size} bytes, {over} over its budget. {ADVICE}"
