# SPDX-License-Identifier: Apache-2.0
"""The other side of the interop tests: imgtool as a library, and a reader of images that shares no
code with either side."""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from imgtool import image as imgtool_image
from imgtool import keys as imgtool_keys
from imgtool.version import decode_version

SIGNATURES = {0x20, 0x22, 0x23, 0x24}
WRAPPED_KEYS = {0x30, 0x32, 0x33}
ENCRYPTED_AES128, ENCRYPTED_AES256 = 0x4, 0x8


@dataclass
class Sealed:
    """An image taken apart."""

    header: bytes
    flags: int
    program: bytes
    protected: list
    unprotected: list
    rest: bytes
    hashed: bytes

    def tlv(self, *kinds):
        return next((value for kind, value in self.unprotected if kind in kinds), None)


def _tlvs(area):
    found, at = [], min(4, len(area))
    while at < len(area):
        kind, size = struct.unpack_from("<HH", area, at)
        found.append((kind, area[at + 4:at + 4 + size]))
        at += 4 + size
    assert at == len(area)
    return found


def parse(data):
    """Take an image apart; whatever stands behind it is the rest."""
    magic, _, header_size, protected, size, flags = struct.unpack_from("<IIHHII", data)
    assert magic == 0x96F3B83D
    end = header_size + size
    hashed = end + protected
    magic, unprotected = struct.unpack_from("<HH", data, hashed)
    assert magic == 0x6907
    if protected:
        assert struct.unpack_from("<HH", data, end) == (0x6908, protected)
    return Sealed(data[:header_size], flags, data[header_size:end], _tlvs(data[end:hashed]),
                  _tlvs(data[hashed:hashed + unprotected]), data[hashed + unprotected:],
                  data[:hashed])


def unwrap(key, kind, value, size):
    """The key of an image, from the TLV it travels in."""
    if kind == 0x30:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return key.decrypt(value, oaep)
    point_size = 65 if kind == 0x32 else 32
    point, tag, sealed = (value[:point_size], value[point_size:point_size + 32],
                          value[point_size + 32:])
    if kind == 0x32:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = key.exchange(ec.ECDH(), peer)
    else:
        shared = key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
    derived = HKDF(hashes.SHA256(), size + 32, None, b"MCUBoot_ECIES_v1").derive(shared)
    assert hmac.digest(derived[size:], sealed, "sha256") == tag
    assert len(sealed) == size
    return _ctr(derived[:size], sealed)


def _ctr(key, data):
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return cipher.update(data) + cipher.finalize()


def plain_program(sealed, key, is_clear=False):
    """The program of an image, decrypted if it is encrypted; its hash must be right then."""
    if not sealed.flags & (ENCRYPTED_AES128 | ENCRYPTED_AES256) or is_clear:
        program = sealed.program
    else:
        size = 32 if sealed.flags & ENCRYPTED_AES256 else 16
        kind = next(kind for kind, _ in sealed.unprotected if kind in WRAPPED_KEYS)
        program = _ctr(unwrap(key, kind, sealed.tlv(kind), size), sealed.program)
    behind = sealed.hashed[len(sealed.header) + len(program):]
    assert hashlib.sha256(sealed.header + program + behind).digest() == sealed.tlv(0x10)
    return program


def comparable(data, key=None, is_clear=False):
    """Everything of an image that is not random: signatures and wrapped keys count by their kind
    alone, an encrypted program by what it decrypts to."""
    sealed = parse(data)
    chance = SIGNATURES | WRAPPED_KEYS
    return (sealed.header, plain_program(sealed, key, is_clear), sealed.protected,
            [(kind, b"" if kind in chance else value) for kind, value in sealed.unprotected],
            # a DER signature has no fixed length, so the padding behind it has none either
            sealed.rest.lstrip(sealed.rest[:1]) if sealed.rest else b"")


def load_private(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


@dataclass
class Case:
    """What both sides are asked for, in neutral words."""

    header: int = 0x200
    slot: int = 0x10000
    align: int = 1
    sectors: int = 64
    erased: int = 0xFF
    version: str = "1.2.3+4"
    pad: bool = False
    confirm: bool = False
    overwrite_only: bool = False
    counter: object = None
    dependencies: list = field(default_factory=list)
    customs: list = field(default_factory=list)
    boot_record: str = None
    vid: str = None
    cid: str = None
    whole_key: bool = False
    rom_fixed: int = 0
    load_address: int = 0
    non_bootable: bool = False
    has_header_room: bool = False
    encrypt: object = None
    encrypt_bits: int = 128
    clear: bool = False

    @property
    def max_align(self):
        return max(8, self.align)

    def words(self):
        """The same for the command line of otter."""
        words = ["--header-size", self.header, "--slot-size", self.slot, "--align", self.align,
                 "--max-align", self.max_align, "--max-sectors", self.sectors, "--erased-byte",
                 self.erased, "--version", self.version]
        for name in ("pad", "confirm", "overwrite_only", "non_bootable", "has_header_room",
                     "clear"):
            words += ["--" + name.replace("_", "-")] if getattr(self, name) else []
        words += ["--security-counter", self.counter] if self.counter is not None else []
        words += ["--boot-record", self.boot_record] if self.boot_record else []
        words += ["--vid", self.vid] if self.vid else []
        words += ["--cid", self.cid] if self.cid else []
        words += ["--public-key-format", "full"] if self.whole_key else []
        words += ["--rom-fixed", self.rom_fixed] if self.rom_fixed else []
        words += ["--load-addr", self.load_address] if self.load_address else []
        for image, version in self.dependencies:
            words += ["--dependency", f"{image},{version}"]
        for tag, value in self.customs:
            words += ["--custom-tlv", f"{tag:#x}={value}"]
        if self.encrypt:
            words += ["--encrypt", self.encrypt, "--encrypt-keylen", self.encrypt_bits]
        return words


def _custom_bytes(value):
    return bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()


def sign(case, key, program):
    """The bytes that imgtool makes of a program."""
    image = imgtool_image.Image(
        version=decode_version(case.version), header_size=case.header,
        pad_header=not case.has_header_room, pad=case.pad or case.confirm, confirm=case.confirm,
        align=case.align, slot_size=case.slot, max_sectors=case.sectors,
        overwrite_only=case.overwrite_only, erased_val=str(case.erased), load_addr=case.load_address,
        rom_fixed=case.rom_fixed or None, security_counter=case.counter,
        max_align=case.max_align, non_bootable=case.non_bootable, vid=case.vid, cid=case.cid)
    image.load(str(program))
    dependencies = {
        imgtool_image.DEP_IMAGES_KEY: [str(number) for number, _ in case.dependencies],
        imgtool_image.DEP_VERSIONS_KEY: [decode_version(text) for _, text in case.dependencies],
    } if case.dependencies else None
    image.create(
        key, "full" if case.whole_key else "hash", imgtool_keys.load(str(case.encrypt)) if case.encrypt else None, dependencies,
        case.boot_record, {tag: _custom_bytes(value) for tag, value in case.customs},
        None, None, case.encrypt_bits, case.clear)
    if image.pad:
        image.pad_to(case.slot)
    return bytes(image.payload)


def accepts(path, key):
    """Does "imgtool verify" accept the file?"""
    return imgtool_image.Image.verify(str(path), key)[0] == imgtool_image.VerifyResult.OK
