# SPDX-License-Identifier: Apache-2.0
"""otter and imgtool over the product of what both can say, with the same input and the same keys.

Where a signature is deterministic, every byte is equal. Where it is not, everything but the
signature is, and each side accepts what the other one signed.
"""

import itertools
import json
import random

import mcuboot
import pytest
from imgtool import keys as imgtool_keys
from imgtool.keys.rsa import RSAUsageError
from lab.build import Build
from mcuboot import Case

TYPES = ("ecdsa-p256", "rsa-2048", "rsa-3072", "ed25519")
SEALS = {  # how a program is encrypted: for which signatures imgtool can do it, to whom, key bits
    "plain": (TYPES, None, 0),
    "ecies-128": (("ecdsa-p256",), "ecdsa-p256", 128),
    "ecies-256": (("ecdsa-p256",), "ecdsa-p256", 256),
    "oaep-128": (("rsa-2048",), "rsa-2048", 128),
    "oaep-256": (("rsa-3072",), "rsa-2048", 256),
    "x25519-128": (("ed25519",), "x25519", 128),
}
HEADERS = (0x20, 0x200, 0x400)
ALIGNS = (1, 4, 8, 16, 32)
ERASED = (0, 0xFF)
OPTIONS = {
    "plain": {},
    "pad": {"pad": True},
    "confirm": {"confirm": True},
    "overwrite-only": {"overwrite_only": True, "confirm": True},
    "counter": {"counter": 7},
    "dependencies": {"dependencies": [(1, "2.0.0"), (2, "1.2.3+4")]},
    "customs": {"customs": [(0xA0, "hello"), (0x1234, "0x00ff"), (0xFFFE, "0x")]},
}
PRODUCT = [(kind, seal, header, option)
           for seal, (kinds, _, _) in SEALS.items() for kind in kinds
           for header in HEADERS for option in OPTIONS]


def imgtool_can_minimize(path):
    """Of RSA keys it reads those alone whose private exponent has its full length: 255 of 256."""
    try:
        imgtool_keys.load(str(path)).get_private_bytes(True, None)
    except RSAUsageError:
        return False
    return True


def make_key(otter, kind, path):
    otter("key", "new", "--type", kind, path)
    while kind.startswith("rsa") and not imgtool_can_minimize(path):
        path.unlink()
        otter("key", "new", "--type", kind, path)


@pytest.fixture(scope="module")
def folder(otter, tmp_path_factory):
    """Keys of every type, and their public halves."""
    path = tmp_path_factory.mktemp("product")
    for kind in (*TYPES, "x25519"):
        make_key(otter, kind, path / f"{kind}.pem")
        otter("key", "public", path / f"{kind}.pem", "--out", path / f"{kind}.pub")
    (path / "program.bin").write_bytes(random.Random(1).randbytes(3001))
    return path


@pytest.fixture(scope="module")
def keys(folder):
    """The same keys, as imgtool reads them."""
    return {kind: imgtool_keys.load(str(folder / f"{kind}.pem")) for kind in TYPES}


def sign_with_otter(otter, case, key, program, out):
    otter("image", "sign", *(["--key", key] if key else []), *case.words(), program, out)
    return out.read_bytes()


def compare(otter, folder, keys, kind, case, out):
    """Both sides make an image. Returns imgtool's."""
    program = folder / "program.bin"
    ours = sign_with_otter(otter, case, folder / f"{kind}.pem", program, out)
    theirs = mcuboot.sign(case, keys[kind], program)
    recipient = mcuboot.load_private(case.encrypt.with_suffix(".pem")) if case.encrypt else None
    if kind == "ed25519" and not case.encrypt:
        assert ours == theirs
    else:
        assert (mcuboot.comparable(ours, recipient, case.clear)
                == mcuboot.comparable(theirs, recipient, case.clear))
    if case.pad or case.confirm:
        assert len(ours) == len(theirs) == case.slot
    if not case.encrypt or case.clear:
        assert mcuboot.accepts(out, keys[kind])
    return theirs


@pytest.mark.parametrize("kind, seal, header, option", PRODUCT)
def test_both_make_the_same_image(otter, folder, keys, tmp_path, kind, seal, header, option):
    _, recipient, bits = SEALS[seal]
    out = tmp_path / "ours.bin"
    for align, erased in itertools.product(ALIGNS, ERASED):
        case = Case(header=header, align=align, erased=erased, **OPTIONS[option],
                    encrypt=folder / f"{recipient}.pub" if recipient else None,
                    encrypt_bits=bits or 128)
        theirs = compare(otter, folder, keys, kind, case, out)
    if recipient != "x25519":  # which no crypto port of ours unwraps
        out.write_bytes(theirs)
        otter("image", "verify", "--key", folder / f"{kind}.pub", out,
              *(["--decryption-key", folder / f"{recipient}.pem"] if recipient else []))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("more", [
    {"boot_record": "SPE"},
    {"boot_record": "twelve chars"},
    {"rom_fixed": 0x10020000},
    {"load_address": 0x20000400},
    {"non_bootable": True},
    {"vid": "example.com"},
    {"vid": "example.com", "cid": "sensor, 2nd edition"},
    {"vid": "c3b1d6e0-1f5a-4b6e-9a53-0123456789aB", "cid": "00112233445566778899aabbccddeeff"},
    {"cid": "00112233-4455-6677-8899-aabbccddeeff"},
    {"whole_key": True},
    {"version": "255.255.65535+4294967295"},
    {"version": "0.0.1"},
    {"counter": 0xFFFFFFFF, "dependencies": [(0, "0.0.1")], "boot_record": "A",
     "customs": [(0xA1, "x")]},
])
def test_both_mean_the_same_by_an_option(otter, folder, keys, tmp_path, kind, more):
    compare(otter, folder, keys, kind, Case(**more), tmp_path / "ours.bin")


@pytest.mark.parametrize("kind", TYPES)
def test_an_image_that_carries_its_whole_key_is_for_who_trusts_that_key(otter, folder, keys, tmp_path,
                                                                       kind):
    out = tmp_path / "theirs.bin"
    out.write_bytes(mcuboot.sign(Case(whole_key=True), keys[kind], folder / "program.bin"))
    otter("image", "verify", "--key", folder / f"{kind}.pub", out)
    stranger = tmp_path / "stranger.pem"
    otter("key", "new", "--type", kind, stranger)
    answer = otter("image", "verify", "--json", "--key", stranger, out, expect=1)
    assert json.loads(answer.stdout)["result"] == "OTTER_ERR_IMAGE_UNKNOWN_KEY"


@pytest.mark.parametrize("uuid, next_step", [
    ({"cid": "sensor"}, "--vid"),
    ({"cid": "00112233-4455-6677-8899-aabbccddeef"}, "--vid"),
    ({"cid": "0011223344556677-8899-aabb-ccddeeffgg"}, "--vid"),
])
def test_a_class_without_a_vendor_needs_a_whole_uuid(otter, folder, tmp_path, uuid, next_step):
    refusal = otter("image", "sign", *Case(**uuid).words(), folder / "program.bin",
                    tmp_path / "o.bin", expect=2)
    assert "is no UUID" in refusal.stderr and next_step in refusal.stderr


def test_uuids_are_shown_in_groups(otter, folder, tmp_path):
    out = tmp_path / "o.bin"
    sign_with_otter(otter, Case(cid="00112233445566778899aabbccddeeff"), None,
                    folder / "program.bin", out)
    assert "00112233-4455-6677-8899-aabbccddeeff" in otter("image", "info", out).stdout


def test_for_a_layout_nothing_is_encrypted_to_a_key_that_its_devices_cannot_use(otter, folder,
                                                                                 tmp_path):
    words = ("image", "sign", "--version", "1.0.0", "--encrypt", folder / "x25519.pub")
    answer = otter(*words, "--layout", Build.layout, folder / "program.bin", tmp_path / "o.bin",
                   expect=2)
    assert "cannot decrypt" in answer.stderr and "ecdsa-p256" in answer.stderr
    answer = otter(*words, "--header-size", 512, "--slot-size", 0x10000, folder / "program.bin",
                   tmp_path / "o.bin")
    assert "cannot decrypt" in answer.stderr
    answer = otter("image", "verify", "--json", "--decryption-key", folder / "x25519.pem",
                   tmp_path / "o.bin", expect=None)
    assert answer.returncode != 0


@pytest.mark.parametrize("seal", ["ecies-128", "ecies-256", "oaep-128", "x25519-128"])
def test_both_leave_a_program_plain_for_a_primary_slot(otter, folder, keys, tmp_path, seal):
    kinds, recipient, bits = SEALS[seal]
    out = tmp_path / "ours.bin"
    case = Case(encrypt=folder / f"{recipient}.pub", encrypt_bits=bits, clear=True)
    out.write_bytes(compare(otter, folder, keys, kinds[0], case, out))
    if recipient != "x25519":
        otter("image", "verify", "--key", folder / f"{kinds[0]}.pub", "--decryption-key",
              folder / f"{recipient}.pem", out)


def test_an_image_for_another_device_is_refused(otter, folder, tmp_path):
    out, stranger = tmp_path / "ours.bin", tmp_path / "stranger.pem"
    otter("key", "new", stranger)
    case = Case(encrypt=folder / "ecdsa-p256.pub")
    sign_with_otter(otter, case, folder / "ecdsa-p256.pem", folder / "program.bin", out)
    answer = otter("image", "verify", "--json", "--key", folder / "ecdsa-p256.pub",
                   "--decryption-key", stranger, out, expect=1)
    assert json.loads(answer.stdout)["result"] == "OTTER_ERR_IMAGE_KEY"
    answer = otter("image", "verify", "--json", "--key", folder / "ecdsa-p256.pub", out, expect=1)
    assert json.loads(answer.stdout)["result"] == "OTTER_ERR_IMAGE_UNSUPPORTED"


def test_both_make_the_same_image_without_a_key(otter, folder, tmp_path):
    case = Case(counter=1, boot_record="none")
    ours = sign_with_otter(otter, case, None, folder / "program.bin", tmp_path / "ours.bin")
    assert ours == mcuboot.sign(case, None, folder / "program.bin")
    otter("image", "verify", tmp_path / "ours.bin")


def test_a_program_may_bring_the_room_for_its_header(otter, folder, keys, tmp_path):
    program = tmp_path / "program.bin"
    program.write_bytes(bytes(0x200) + (folder / "program.bin").read_bytes())
    for erased in ERASED:
        case = Case(has_header_room=True, erased=erased)
        ours = sign_with_otter(otter, case, folder / "ed25519.pem", program, tmp_path / "o.bin")
        assert ours == mcuboot.sign(case, keys["ed25519"], program)
    refusal = otter("image", "sign", *Case(has_header_room=True).words(), folder / "program.bin",
                    tmp_path / "o.bin", expect=2)
    assert "no room for a header" in refusal.stderr


def random_case(chance):
    """TLV areas of any content that both sides can write."""
    tags = chance.sample([tag for tag in range(0xA0, 0xFFFF) if tag not in (0x4FA0, 0x4FA1)],
                         chance.randrange(8))
    values = ["0x" + chance.randbytes(chance.choice((0, 1, 4, 31, 32, 255, 700))).hex()
              for _ in tags]
    dependencies = [(chance.randrange(256), f"{chance.randrange(256)}.{chance.randrange(256)}."
                     f"{chance.randrange(65536)}+{chance.randrange(2 ** 32)}")
                    for _ in range(chance.randrange(4))]
    return Case(header=chance.randrange(32, 1500), slot=0x20000, align=chance.choice(ALIGNS),
                erased=chance.choice(ERASED), pad=chance.random() < 0.3,
                confirm=chance.random() < 0.3, dependencies=dependencies,
                counter=chance.choice((None, 0, chance.randrange(2 ** 32))),
                customs=list(zip(tags, values)),
                boot_record=chance.choice((None, "A", "twelve chars")))


@pytest.mark.parametrize("seed", range(10))
def test_random_tlv_areas_are_the_same_from_both(otter, folder, keys, tmp_path, seed):
    chance = random.Random(seed)
    for _ in range(10):
        case = random_case(chance)
        compare(otter, folder, keys, "ed25519", case, tmp_path / "ours.bin")


@pytest.mark.parametrize("text", ["0x9f=x", "0xffff=x", "0xa0", "=x", "0xa0=0x1", "0xa0=0xgg",
                                  "160x=1", "-1=x"])
def test_a_custom_tlv_that_imgtool_refuses_is_refused(otter, folder, tmp_path, text):
    refusal = otter("image", "sign", *Case().words(), "--custom-tlv", text, folder / "program.bin",
                    tmp_path / "o.bin", expect=2)
    assert "is no custom TLV" in refusal.stderr


def test_a_tag_is_taken_once(otter, folder, tmp_path):
    refusal = otter("image", "sign", *Case(customs=[(0xA0, "x"), (0xA0, "y")]).words(),
                    folder / "program.bin", tmp_path / "o.bin", expect=2)
    assert "already" in refusal.stderr


@pytest.mark.parametrize("kind", TYPES)
def test_public_keys_have_the_same_bytes_and_hash(otter, folder, keys, tmp_path, kind):
    raw = tmp_path / "raw"
    otter("key", "public", folder / f"{kind}.pem", "--format", "der", "--out", raw)
    assert raw.read_bytes() == keys[kind].get_public_bytes()
    hashes = {otter("key", "public", path, "--format", "hash").stdout
              for path in (folder / f"{kind}.pem", folder / f"{kind}.pub", raw)}
    assert len(hashes) == 1


@pytest.mark.parametrize("kind", ["ecdsa-p256", "rsa-2048", "x25519"])
@pytest.mark.parametrize("minimal", [False, True])
def test_private_keys_for_a_device_have_the_same_bytes(otter, folder, tmp_path, kind, minimal):
    raw = tmp_path / "raw"
    otter("key", "private", folder / f"{kind}.pem", "--format", "der", "--out", raw,
          *(["--minimal"] if minimal else []))
    key = imgtool_keys.load(str(folder / f"{kind}.pem"))
    assert raw.read_bytes() == key.get_private_bytes(minimal, None)
    assert raw.stat().st_mode & 0o077 == 0


def test_a_key_that_cannot_do_it_is_refused(otter, folder, tmp_path):
    program, out = folder / "program.bin", tmp_path / "o.bin"
    answer = otter("image", "sign", "--key", folder / "x25519.pem", *Case().words(), program, out,
                   expect=2)
    assert "signs nothing" in answer.stderr
    answer = otter("image", "sign", *Case(encrypt=folder / "ed25519.pub").words(), program, out,
                   expect=2)
    assert "cannot be encrypted" in answer.stderr
    answer = otter("key", "private", folder / "ed25519.pem", expect=2)
    assert "cannot be encrypted to" in answer.stderr
