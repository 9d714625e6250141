# SPDX-License-Identifier: Apache-2.0
"""Images that run only together: each is signed for its own slots, and names the other."""

import json
from pathlib import Path

import pytest
from lab.build import Build

LAYOUT = Path(Build.layout).with_name("xip-external.json")
ROOM = {0: 0xF0000, 1: 0x80000}


def sign(otter, key, number, program, image, *words, **options):
    return otter("image", "sign", "--key", key, "--version", "2.0.0", "--layout", LAYOUT,
                 "--image-number", number, *words, program, image, **options)


@pytest.mark.parametrize("number", ROOM)
def test_an_image_of_a_set_names_the_other(otter, imgtool, key, program, tmp_path, number):
    image = tmp_path / "image.bin"
    other = 1 - number
    sign(otter, key, number, program, image, "--dependency", f"{other},2.0.0")
    imgtool("verify", "-k", key, image)
    tlvs = json.loads(otter("image", "info", "--json", image).stdout)["tlvs"]
    named = [tlv["words"] for tlv in tlvs if tlv["name"] == "dependency"]
    assert named == [f"image {other}, version 2.0.0 or later"]


@pytest.mark.parametrize("number", ROOM)
def test_an_image_of_a_set_is_padded_to_its_own_slot(otter, key, program, tmp_path, number):
    image = tmp_path / "image.bin"
    sign(otter, key, number, program, image, "--pad")
    assert image.stat().st_size == ROOM[number]


def test_what_fits_one_slot_need_not_fit_the_other(otter, key, tmp_path):
    program = tmp_path / "program.bin"
    program.write_bytes(bytes(ROOM[1]))
    sign(otter, key, 0, program, tmp_path / "image.bin")
    refused = sign(otter, key, 1, program, tmp_path / "image.bin", expect=1)
    assert "does not fit the slot" in refused.stderr


def test_an_image_that_the_layout_does_not_have_is_refused(otter, key, program, tmp_path):
    refused = sign(otter, key, 2, program, tmp_path / "image.bin", expect=2)
    assert "has no image 2" in refused.stderr
    refused = otter("layout", "check", LAYOUT, "--image-number", 2, expect=2)
    assert "images        0 to 1" in refused.stderr


def test_the_layout_of_a_set_tells_the_room_of_each_image(otter):
    answer = json.loads(otter("layout", "check", "--json", LAYOUT).stdout)
    assert answer["works"]
    assert answer["max_image_sizes"] == [ROOM[0] - 40, ROOM[1] - 40]
