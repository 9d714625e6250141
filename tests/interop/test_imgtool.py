# SPDX-License-Identifier: Apache-2.0
"""Images both ways between otter and imgtool, MCUboot's signing tool."""

import hashlib
import json
import struct

import pytest
from lab.build import Build

SLOT = 0x20000
SIGNATURE = 0x22

GEOMETRIES = [
    # header, align, max-align, max-sectors, erased byte
    (0x200, 1, 8, 128, 0xFF),
    (0x400, 4, 8, 128, 0xFF),
    (0x400, 8, 8, 64, 0x00),
    (0x200, 16, 16, 32, 0xFF),
    (0x20, 32, 32, 32, 0xFF),
]
ENDINGS = [(), ("--pad",), ("--confirm",)]


def until_signature(image):
    """The bytes before the signature: header, program, TLVs, hash, key hash.

    A signature is random, and so is its length, which makes that of its area random too.
    """
    header_size, protected, size = struct.unpack_from("<HHI", image, 8)
    area = header_size + size + protected
    at = area + 4
    while True:
        kind, length = struct.unpack_from("<HH", image, at)
        if kind == SIGNATURE:
            return image[:area + 2] + image[area + 4:at]
        at += 4 + length


def geometry_words(geometry, erased_option):
    header, align, max_align, sectors, erased = geometry
    return ("--header-size", header, "--slot-size", SLOT, "--align", align, "--max-align",
            max_align, "--max-sectors", sectors, erased_option, "0" if erased == 0 else "0xff")


def sign_with_imgtool(imgtool, geometry, key, program, out, *more):
    imgtool("sign", "--key", key, "--version", "1.2.3+4", "--pad-header",
            *geometry_words(geometry, "--erased-val"), *more, program, out)
    return out


def sign_with_otter(otter, geometry, key, program, out, *more):
    otter("image", "sign", "--key", key, "--version", "1.2.3+4",
          *geometry_words(geometry, "--erased-byte"), *more, program, out)
    return out


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_both_make_the_same_bytes_but_for_the_signature(otter, imgtool, key, program, tmp_path,
                                                        geometry, ending):
    ours = sign_with_otter(otter, geometry, key, program, tmp_path / "ours.bin",
                           *ending).read_bytes()
    theirs = sign_with_imgtool(imgtool, geometry, key, program, tmp_path / "theirs.bin",
                               *ending).read_bytes()
    assert until_signature(ours) == until_signature(theirs)
    if ending:
        assert len(ours) == len(theirs) == SLOT
        assert ours[-512:] == theirs[-512:]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_otter_accepts_what_imgtool_signed(otter, imgtool, foreign_key, program, tmp_path,
                                           geometry, ending):
    image = sign_with_imgtool(imgtool, geometry, foreign_key, program, tmp_path / "theirs.bin",
                              *ending)
    otter("image", "verify", "--key", foreign_key, image)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_imgtool_accepts_what_otter_signed(otter, imgtool, key, program, tmp_path, geometry,
                                           ending):
    image = sign_with_otter(otter, geometry, key, program, tmp_path / "ours.bin", *ending)
    answer = imgtool("verify", "-k", key, image)
    assert "Image was correctly validated" in answer.stdout
    assert "1.2.3+4" in answer.stdout


def test_imgtool_accepts_an_image_for_a_layout(otter, imgtool, key, program, tmp_path):
    image = tmp_path / "ours.bin"
    otter("image", "sign", "--key", key, "--version", "1.0.0", "--layout", Build.layout, program,
          image)
    imgtool("verify", "-k", key, image)


def test_our_extra_tlvs_are_vendor_tlvs_of_imgtool(otter, imgtool, key, program, tmp_path):
    ours = tmp_path / "ours.bin"
    otter("image", "sign", "--key", key, "--version", "1.0.0", "--layout", Build.layout, program,
          ours)
    facts = json.loads(otter("image", "info", "--json", ours).stdout)
    layout = next(tlv for tlv in facts["tlvs"] if tlv["type"] == 0x4FA0)
    assert layout["protected"]
    theirs = tmp_path / "theirs.bin"
    imgtool("sign", "--key", key, "--version", "1.0.0", "--pad-header", "--header-size", 0x400,
            "--slot-size", 0xF0000, "--custom-tlv", "0x4fa0", "0x" + layout["value"],
            "--custom-tlv", "0x4fa1", "mps2-an386", program, theirs)
    assert until_signature(ours.read_bytes()) == until_signature(theirs.read_bytes())
    otter("image", "verify", "--key", key, "--layout", Build.layout, theirs)


def test_imgtool_shows_our_image(otter, imgtool, key, program, tmp_path):
    image = tmp_path / "ours.bin"
    otter("image", "sign", "--key", key, "--version", "2.3.4", "--layout", Build.layout,
          "--confirm", program, image)
    text = imgtool("dumpinfo", image).stdout
    assert "2.3.4" in text
    assert "0x4fa0" in text and "0x4fa1" in text
    assert "ECDSASIG (0x22)" in text


def test_the_same_programs_are_too_big_for_both(otter, imgtool, key, tmp_path):
    geometry = GEOMETRIES[1]
    trailer = 3 * 128 * 4 + 4 * 8 + 16
    around = 0x400 + 4 + (4 + 32) + (4 + 32) + (4 + 72)  # with the longest signature
    program = tmp_path / "program.bin"
    program.write_bytes(bytes(SLOT - trailer - around))
    sign_with_otter(otter, geometry, key, program, tmp_path / "a.bin")
    sign_with_imgtool(imgtool, geometry, key, program, tmp_path / "b.bin")
    program.write_bytes(bytes(SLOT - trailer - around + 8))  # more than a short signature saves
    words = ("--version", "1.2.3+4")
    refusal = otter("image", "sign", "--key", key, *words,
                    *geometry_words(geometry, "--erased-byte"), program, tmp_path / "c.bin",
                    expect=1)
    assert "does not fit the slot" in refusal.stderr
    assert not (tmp_path / "c.bin").exists()
    imgtool("sign", "--key", key, *words, "--pad-header",
            *geometry_words(geometry, "--erased-val"), program, tmp_path / "d.bin", expect=None)
    assert not (tmp_path / "d.bin").exists()


def test_both_name_a_key_by_the_same_hash(otter, imgtool, key):
    ours = otter("key", "public", key, "--format", "hash").stdout.strip()
    listing = imgtool("getpubhash", "-k", key).stdout
    digits = "".join(word.strip(" ,")[2:] for line in listing.splitlines()
                     for word in line.split() if word.startswith("0x"))
    assert digits == ours


def test_both_write_a_public_key_as_the_same_bytes(otter, imgtool, key, tmp_path):
    ours, theirs = tmp_path / "ours.der", tmp_path / "theirs.der"
    otter("key", "public", key, "--format", "der", "--out", ours)
    imgtool("getpub", "-k", key, "-e", "raw", "-o", theirs)
    assert ours.read_bytes() == theirs.read_bytes()


def test_an_image_of_another_key_is_refused_with_both_hashes(otter, imgtool, key, foreign_key,
                                                            program, tmp_path):
    image = sign_with_imgtool(imgtool, GEOMETRIES[0], foreign_key, program, tmp_path / "t.bin")
    answer = otter("image", "verify", "--key", key, image, expect=1)
    for name in (key, foreign_key):
        assert otter("key", "public", name, "--format", "hash").stdout.strip() in answer.stderr


@pytest.mark.parametrize("spoil, reason", [
    (lambda image: image[:3000] + bytes([image[3000] ^ 1]) + image[3001:], "IMAGE_HASH"),
    (lambda image: image[:-1] + bytes([image[-1] ^ 1]), "IMAGE_SIGNATURE"),
])
def test_damage_is_told_apart(otter, imgtool, key, program, tmp_path, spoil, reason):
    image = sign_with_imgtool(imgtool, GEOMETRIES[0], key, program, tmp_path / "t.bin")
    image.write_bytes(spoil(image.read_bytes()))
    answer = json.loads(otter("image", "verify", "--json", "--key", key, image, expect=1).stdout)
    assert answer["result"] == f"OTTER_ERR_{reason}"
    assert answer["good"] is False


def test_a_file_cut_anywhere_is_refused_and_never_crashes(otter, key, program, tmp_path):
    image = sign_with_otter(otter, GEOMETRIES[0], key, program, tmp_path / "ours.bin").read_bytes()
    cut = tmp_path / "cut.bin"
    for size in [0, 1, 31, 32, 33, 600, len(image) - 200, len(image) - 100, len(image) - 1]:
        cut.write_bytes(image[:size])
        otter("image", "verify", "--key", key, cut, expect=1)
        otter("image", "info", cut, expect=1)


@pytest.mark.parametrize("options, result", [
    (("--encrypt", "KEY"), "OTTER_ERR_IMAGE_UNSUPPORTED"),
    (("--non-bootable",), "OTTER_ERR_IMAGE_UNSUPPORTED"),
    (("--load-addr", "0x20000000"), "OTTER_ERR_IMAGE_UNSUPPORTED"),
])
def test_what_a_device_cannot_run_is_refused(otter, imgtool, key, program, tmp_path, options,
                                             result):
    public = tmp_path / "public.pem"
    otter("key", "public", key, "--out", public)
    words = [public if word == "KEY" else word for word in options]
    image = sign_with_imgtool(imgtool, GEOMETRIES[0], key, program, tmp_path / "t.bin", *words)
    answer = json.loads(otter("image", "verify", "--json", "--key", key, image, expect=1).stdout)
    assert answer["result"] == result


def test_an_unsigned_image_is_good_only_where_no_key_is_asked_for(otter, imgtool, key, program,
                                                                  tmp_path):
    image = tmp_path / "unsigned.bin"
    imgtool("sign", "--version", "1.0.0", "--pad-header", "--header-size", 0x200, "--slot-size",
            SLOT, program, image)
    otter("image", "verify", image)
    answer = otter("image", "verify", "--key", key, image, expect=1)
    assert "carries no signature" in answer.stderr


def test_a_padded_image_says_whether_it_is_confirmed(otter, imgtool, key, program, tmp_path):
    for ending, confirmed in (("--pad", False), ("--confirm", True)):
        image = sign_with_imgtool(imgtool, GEOMETRIES[3], key, program, tmp_path / "t.bin", ending)
        facts = json.loads(otter("image", "info", "--json", image).stdout)
        assert facts["trailer"] == {"slot_size": SLOT, "max_align": 16, "confirmed": confirmed}


def test_a_released_image_comes_with_its_job(otter, key, program, tmp_path):
    catalogue = tmp_path / "released"
    otter("image", "sign", "--key", key, "--version", "1.1.0", "--layout", Build.layout,
          "--product", "Lamp", "--catalogue", catalogue, program)
    image = (catalogue / "program-1.1.0.bin").read_bytes()
    job = json.loads((catalogue / "program-1.1.0.json").read_text())
    assert job["File"] == "program-1.1.0.bin"
    assert job["Board"] == "mps2-an386" and job["Version"] == "1.1.0" and job["Product"] == "Lamp"
    assert job["ImageSize"] == str(len(image))
    assert job["ImageSha256"] == hashlib.sha256(image).hexdigest()


def test_a_padded_image_is_not_released(otter, key, program, tmp_path):
    refusal = otter("image", "sign", "--key", key, "--version", "1.1.0", "--layout", Build.layout,
                    "--pad", "--catalogue", tmp_path / "released", program, expect=2)
    assert "cannot be released" in refusal.stderr
