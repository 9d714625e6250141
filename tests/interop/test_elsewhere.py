# SPDX-License-Identifier: Apache-2.0
"""Signing with a key that otter never sees: OpenSSL plays the token that holds it."""

import json

import pytest
from lab.build import Build

PSS = ("-pkeyopt", "digest:sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
       "rsa_pss_saltlen:32", "-pkeyopt", "rsa_mgf1_md:sha256")
SCHEMES = {
    "ecdsa-p256": ("-pkeyopt", "digest:sha256"),
    "rsa-2048": PSS,
    "rsa-3072": PSS,
    "ed25519": ("-rawin",),
}


@pytest.fixture(params=SCHEMES)
def token(request, otter, tmp_path):
    """The type of a key, its private half (the token's) and its public half (ours)."""
    private, public = tmp_path / "token.pem", tmp_path / "token.pub"
    otter("key", "new", "--type", request.param, private)
    otter("key", "public", private, "--out", public)
    return request.param, private, public


@pytest.fixture
def unsigned(otter, program, tmp_path):
    path = tmp_path / "unsigned.bin"
    otter("image", "sign", "--version", "1.1.0", "--layout", Build.layout, program, path)
    return path


def sign_digest(openssl, kind, private, digest, signature):
    openssl("pkeyutl", "-sign", "-inkey", private, "-in", digest, "-out", signature,
            *SCHEMES[kind])


def test_a_signature_made_elsewhere_is_as_good(otter, imgtool, openssl, token, unsigned, tmp_path):
    kind, private, public = token
    digest, signature, image = (tmp_path / name for name in ("digest", "signature", "image.bin"))
    otter("image", "digest", unsigned, digest)
    assert len(digest.read_bytes()) == 32
    sign_digest(openssl, kind, private, digest, signature)
    otter("image", "attach-signature", "--signature", signature, "--public-key", public, unsigned,
          image)
    otter("image", "verify", "--key", public, "--layout", Build.layout, image)
    imgtool("verify", "-k", private, image)


def test_ed25519_comes_out_the_same_from_both_ways(otter, openssl, program, unsigned, tmp_path):
    private, digest, signature = (tmp_path / name for name in ("key.pem", "digest", "signature"))
    otter("key", "new", "--type", "ed25519", private)
    otter("image", "digest", unsigned, digest)
    sign_digest(openssl, "ed25519", private, digest, signature)
    otter("image", "attach-signature", "--signature", signature, "--public-key", private,
          unsigned, tmp_path / "elsewhere.bin")
    otter("image", "sign", "--key", private, "--version", "1.1.0", "--layout", Build.layout,
          program, tmp_path / "here.bin")
    assert (tmp_path / "elsewhere.bin").read_bytes() == (tmp_path / "here.bin").read_bytes()


def test_ecdsa_is_taken_as_r_and_s_too(otter, openssl, unsigned, tmp_path):
    private, digest, signature = (tmp_path / name for name in ("key.pem", "digest", "signature"))
    otter("key", "new", private)
    otter("image", "digest", unsigned, digest)
    sign_digest(openssl, "ecdsa-p256", private, digest, signature)
    der = signature.read_bytes()
    r, s = der[4:4 + der[3]], der[6 + der[3]:]
    signature.write_bytes(b"".join(int.from_bytes(part, "big").to_bytes(32, "big")
                                   for part in (r, s)))
    image = tmp_path / "image.bin"
    otter("image", "attach-signature", "--signature", signature, "--public-key", private, unsigned,
          image)
    otter("image", "verify", "--key", private, image)


def test_a_signature_over_something_else_is_not_attached(otter, openssl, token, unsigned,
                                                         tmp_path):
    kind, private, public = token
    digest, signature, image = (tmp_path / name for name in ("digest", "signature", "image.bin"))
    digest.write_bytes(bytes(32))
    sign_digest(openssl, kind, private, digest, signature)
    answer = otter("image", "attach-signature", "--signature", signature, "--public-key", public,
                   unsigned, image, expect=1)
    assert "no signature for this image" in answer.stderr
    assert not image.exists()


def test_an_encrypted_image_is_signed_over_its_plain_program(otter, openssl, program, tmp_path):
    private, device, digest, signature, image = (
        tmp_path / name for name in ("key.pem", "device.pem", "digest", "signature", "image.bin"))
    otter("key", "new", private)
    otter("key", "new", device)
    unsigned = tmp_path / "unsigned.bin"
    otter("image", "sign", "--version", "1.1.0", "--layout", Build.layout, "--encrypt", device,
          program, unsigned)
    otter("image", "digest", unsigned, digest)
    sign_digest(openssl, "ecdsa-p256", private, digest, signature)
    otter("image", "attach-signature", "--signature", signature, "--public-key", private, unsigned,
          image)
    otter("image", "verify", "--key", private, "--decryption-key", device, image)
    kinds = [tlv["type"] for tlv in json.loads(
        otter("image", "info", "--json", "--key", private, "--decryption-key", device,
              image).stdout)["tlvs"] if not tlv["protected"]]
    assert kinds == [0x10, 0x01, 0x22, 0x32]


def test_a_padded_image_has_no_place_for_a_signature(otter, program, tmp_path):
    padded = tmp_path / "padded.bin"
    otter("image", "sign", "--version", "1.1.0", "--layout", Build.layout, "--pad", program, padded)
    answer = otter("image", "digest", padded, tmp_path / "digest", expect=2)
    assert "longer than the image" in answer.stderr


def test_what_is_signed_elsewhere_is_released_with_its_job(otter, openssl, unsigned, tmp_path):
    private, digest, signature = (tmp_path / name for name in ("key.pem", "digest", "signature"))
    otter("key", "new", private)
    otter("image", "digest", unsigned, digest)
    sign_digest(openssl, "ecdsa-p256", private, digest, signature)
    otter("image", "attach-signature", "--signature", signature, "--public-key", private,
          "--catalogue", tmp_path / "released", unsigned)
    job = json.loads((tmp_path / "released" / "unsigned-1.1.0.json").read_text())
    assert job["Board"] == "mps2-an386" and job["Version"] == "1.1.0"


def test_a_signature_that_makes_the_image_too_long_is_not_attached(otter, openssl, unsigned, program,
                                                                   tmp_path):
    room = json.loads(otter("layout", "check", "--json", Build.layout).stdout)["max_image_size"]
    around = unsigned.stat().st_size - program.stat().st_size
    code, full, digest, signature, image, private = (
        tmp_path / name for name in ("code", "full", "digest", "signature", "image.bin", "key.pem"))
    code.write_bytes(bytes(room - around))
    otter("key", "new", private)
    otter("image", "sign", "--version", "1.1.0", "--layout", Build.layout, code, full)
    otter("image", "digest", full, digest)
    sign_digest(openssl, "ecdsa-p256", private, digest, signature)
    words = ("image", "attach-signature", "--signature", signature, "--public-key", private)
    answer = otter(*words, "--layout", Build.layout, full, image, expect=1)
    assert "does not fit the slot" in answer.stderr
    assert not image.exists()
    otter(*words, full, image)
