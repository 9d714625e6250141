# SPDX-License-Identifier: Apache-2.0
"""The signature that the secure variant wants behind the image: ECDSA P-256 over SHA-256, r and s."""

import struct
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .service import SIGNATURE_SIZE

IMAGE_MAGIC = 0x96F3B83D
TLV_MAGICS = (0x6908, 0x6907)  # of the protected TLVs, which come first, and of the others


class KeyTrouble(Exception):
    """The file is not a key that can sign."""


def load_key(path):
    """A private key for ECDSA P-256, in PEM."""
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyTrouble(f"{path}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyTrouble(f"{path}: not a key for ECDSA P-256, which is what the service uses")
    return key


def signed(image, key):
    """The image with its signature behind it."""
    r, s = utils.decode_dss_signature(key.sign(image, ec.ECDSA(hashes.SHA256())))
    return image + r.to_bytes(32, "big") + s.to_bytes(32, "big")


def image_size(data):
    """How many of the bytes are an image in MCUboot's format; None if they are something else."""
    try:
        magic, _, header_size, _, program_size = struct.unpack_from("<IIHHI", data)
        if magic != IMAGE_MAGIC:
            return None
        end = header_size + program_size
        for wanted in TLV_MAGICS:
            found, size = struct.unpack_from("<HH", data, end)
            end += size if found == wanted else 0
    except struct.error:
        return None
    return end


def lacks_signature(data):
    """Whether this is an image that ends where its signature would begin."""
    size = image_size(data)
    return size is not None and len(data) != size + SIGNATURE_SIZE
