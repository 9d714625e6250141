# SPDX-License-Identifier: Apache-2.0
"""What a file is, in words: an image, a slot, a whole flash; and why it would not start."""

import json

from lab.build import Build


def sign(otter, key, program, out, *words):
    otter("image", "sign", "--key", key, "--version", "1.0.0", "--layout", Build.layout, *words,
          program, out)
    return out


def info(otter, path, *words, **options):
    return json.loads(otter("image", "info", "--json", *words, path, **options).stdout)


def test_an_image_a_slot_and_a_flash_are_told_apart(otter, key, program, tmp_path):
    image = sign(otter, key, program, tmp_path / "image.bin")
    slot = sign(otter, key, program, tmp_path / "slot.bin", "--pad")
    flash = tmp_path / "flash.bin"
    answer = otter("device", "create", "--layout", Build.layout, "--image", image, "--output", flash)
    assert answer.stderr == ""
    words = ("--key", key, "--layout", Build.layout)
    assert [info(otter, path, *words)["kind"] for path in (image, slot, flash)] == [
        "image", "slot", "flash"]
    assert otter("image", "info", *words, flash).stderr == ""
    areas = {area["name"]: area for area in info(otter, flash, *words)["areas"]}
    assert areas["primary"]["image"]["would_start"]
    assert areas["secondary"]["image"]["result"] == "OTTER_ERR_EMPTY_SLOT"
    assert areas["journal"]["erased"]


def test_the_first_check_that_fails_is_named_with_what_it_found(otter, key, program, tmp_path):
    path = sign(otter, key, program, tmp_path / "image.bin")
    data = bytearray(path.read_bytes())
    data[3000] ^= 1
    path.write_bytes(data)
    facts = info(otter, path, "--key", key)
    assert not facts["would_start"] and facts["result"] == "OTTER_ERR_IMAGE_HASH"
    assert {fact["name"] for fact in facts["facts"]} == {"image says", "its bytes say"}
    path.write_bytes(data[:9000])
    facts = info(otter, path, "--key", key, expect=1)
    assert facts["result"] == "OTTER_ERR_IMAGE_TLV"
    assert facts["facts"][1]["text"] == "9,000 bytes"


def test_a_program_is_for_the_address_that_it_was_linked_for(otter, key, program, tmp_path):
    areas = {area["name"]: area for area in json.loads(
        otter("layout", "show", "--json", Build.layout).stdout)["areas"]}
    primary, secondary = (areas[name]["address"] for name in ("primary", "secondary"))
    image = sign(otter, key, program, tmp_path / "image.bin", "--rom-fixed", primary)
    otter("image", "verify", "--key", key, "--layout", Build.layout, image)
    words = ("image", "sign", "--key", key, "--version", "1.0.0", "--rom-fixed", secondary)
    refusal = otter(*words, "--layout", Build.layout, program, image, expect=2)
    assert "would not run where it was linked for" in refusal.stderr
    otter(*words, "--header-size", 0x400, "--slot-size", 0xEE000, program, image)
    facts = info(otter, image, "--key", key, "--layout", Build.layout)
    assert facts["result"] == "OTTER_ERR_IMAGE_ADDRESS"
    assert [fact["text"] for fact in facts["facts"]] == [f"0x{primary:08x}", f"0x{secondary:08x}"]


def test_names_in_a_hostile_file_do_not_reach_the_terminal(otter, program, tmp_path):
    path = tmp_path / "image.bin"
    otter("image", "sign", "--version", "1.0.0", "--header-size", 32, "--slot-size", 0x10000,
          "--custom-tlv", "0x4fa1=0x1b5b324a", "--custom-tlv", "0xa0=0x1b5b324a", program, path)
    assert "\x1b" not in otter("image", "info", path).stdout
