# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates of otter as OpenSSL and a C compiler see them, and theirs in otter."""

import stat
import subprocess

import pytest


@pytest.fixture(scope="module")
def folder(otter, tmp_path_factory):
    path = tmp_path_factory.mktemp("certificates")
    otter("certs", "new", path, "--server", "localhost", "--server", "127.0.0.1", "--server",
          "10.0.2.2", "--client", "device")
    return path


def verify(openssl, folder, name, *words, **options):
    return openssl("verify", "-x509_strict", "-CAfile", folder / "ca.crt", *words,
                   folder / f"{name}.crt", **options)


def test_the_chains_are_right(openssl, folder):
    verify(openssl, folder, "server", "-purpose", "sslserver")
    verify(openssl, folder, "device", "-purpose", "sslclient")


def test_a_certificate_is_good_for_one_side_only(openssl, folder):
    verify(openssl, folder, "server", "-purpose", "sslclient", expect=2)
    verify(openssl, folder, "device", "-purpose", "sslserver", expect=2)


def test_names_and_addresses_are_of_their_own_types(openssl, folder):
    verify(openssl, folder, "server", "-verify_hostname", "localhost")
    verify(openssl, folder, "server", "-verify_ip", "127.0.0.1")
    verify(openssl, folder, "server", "-verify_ip", "10.0.2.2")
    verify(openssl, folder, "server", "-verify_hostname", "127.0.0.1", expect=2)
    verify(openssl, folder, "server", "-verify_hostname", "example.org", expect=2)


def test_keys_are_for_their_owner_only(folder):
    for name in ("ca", "server", "device"):
        assert stat.S_IMODE((folder / f"{name}.key").stat().st_mode) == 0o600


def test_an_authority_is_added_to_and_never_replaced_unasked(otter, openssl, folder):
    before = (folder / "ca.crt").read_bytes()
    otter("certs", "new", folder, "--client", "second")
    assert (folder / "ca.crt").read_bytes() == before
    verify(openssl, folder, "second", "-purpose", "sslclient")
    refusal = otter("certs", "new", folder, "--client", "second", expect=2)
    assert "is there already" in refusal.stderr


def test_an_expired_certificate_has_expired(otter, openssl, folder):
    otter("certs", "new", folder, "--expired", "--server", "localhost", "--server-file", "old")
    answer = verify(openssl, folder, "old", expect=2)
    assert "expired" in answer.stderr


def test_two_authorities_do_not_vouch_for_each_other(otter, openssl, folder, tmp_path):
    otter("certs", "new", tmp_path / "other")
    openssl("verify", "-CAfile", tmp_path / "other" / "ca.crt", folder / "server.crt", expect=2)


def test_embedded_certificates_are_c_strings(otter, folder, tmp_path):
    header = otter("certs", "embed", folder / "ca.crt", folder / "device.key").stdout
    source = tmp_path / "print.c"
    source.write_text('#include <stdio.h>\n' + header + 'int main(void)\n{\n'
                      '    return fputs(ca_crt, stdout) < 0 || fputs(device_key, stdout) < 0;\n}\n')
    program = tmp_path / "print"
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program, source],
                   check=True)
    printed = subprocess.run([program], check=True, capture_output=True).stdout
    assert printed == (folder / "ca.crt").read_bytes() + (folder / "device.key").read_bytes()


def test_what_is_no_pem_is_not_embedded(otter, tmp_path):
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)))
    assert "holds no PEM text" in otter("certs", "embed", path, expect=2).stderr


def test_a_key_with_a_passphrase_needs_it(otter, openssl, tmp_path, program):
    passphrase, wrong, key = (tmp_path / name for name in ("passphrase", "wrong", "key.pem"))
    passphrase.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    otter("key", "new", "--passphrase-file", passphrase, key)
    assert "ENCRYPTED PRIVATE KEY" in key.read_text()
    openssl("pkey", "-in", key, "-passin", f"file:{passphrase}", "-noout")
    otter("key", "public", key, "--passphrase-file", passphrase)
    assert "is encrypted" in otter("key", "public", key, expect=2).stderr
    assert "does not open" in otter("key", "public", key, "--passphrase-file", wrong,
                                    expect=2).stderr


@pytest.mark.parametrize("kind, protect", [
    ("ecdsa-p256", ("ec", "-aes256")),  # SEC1, in the way of old PEM files
    ("rsa-2048", ("rsa", "-traditional", "-aes256")),  # PKCS#1, the same
    ("ecdsa-p256", ("pkcs8", "-topk8", "-v2", "aes256")),
    ("rsa-3072", ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES")),
    ("ed25519", ("pkcs8", "-topk8", "-scrypt")),
])
def test_every_form_of_encrypted_key_signs(otter, openssl, tmp_path, program, kind, protect):
    plain, protected, passphrase = (tmp_path / name for name in ("plain", "protected", "passphrase"))
    passphrase.write_text("correct horse\n")
    otter("key", "new", "--type", kind, plain)
    openssl(*protect, "-in", plain, "-passout", f"file:{passphrase}", "-out", protected)
    assert "ENCRYPTED" in protected.read_text()
    image = tmp_path / "image.bin"
    otter("image", "sign", "--key", protected, "--passphrase-file", passphrase, "--version", "1.0.0",
          "--header-size", 512, "--slot-size", 0x20000, program, image)
    otter("image", "verify", "--key", plain, image)


@pytest.mark.parametrize("form", [(), ("-outform", "DER")])
def test_keys_that_openssl_made_are_read(otter, openssl, tmp_path, form):
    private, public = tmp_path / "private", tmp_path / "public"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp_path / "sec1.pem")
    openssl("pkey", "-in", tmp_path / "sec1.pem", *form, "-out", private)
    openssl("pkey", "-in", tmp_path / "sec1.pem", "-pubout", *form, "-out", public)
    hashes = {otter("key", "public", path, "--format", "hash").stdout
              for path in (tmp_path / "sec1.pem", private, public)}
    assert len(hashes) == 1


def test_a_compressed_public_key_has_the_same_hash(otter, openssl, key, tmp_path):
    compressed = tmp_path / "compressed.pem"
    openssl("ec", "-in", key, "-pubout", "-conv_form", "compressed", "-out", compressed)
    assert (otter("key", "public", compressed, "--format", "hash").stdout
            == otter("key", "public", key, "--format", "hash").stdout)


@pytest.mark.parametrize("algorithm", [("RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
                                       ("ED448",),
                                       ("EC", "-pkeyopt", "ec_paramgen_curve:P-384")])
def test_keys_of_other_kinds_are_refused_by_name(otter, openssl, tmp_path, algorithm):
    path = tmp_path / "other.pem"
    openssl("genpkey", "-algorithm", *algorithm, "-out", path)
    answer = otter("key", "public", path, expect=2)
    assert "another kind" in answer.stderr and algorithm[0] in answer.stderr


def test_a_public_key_cannot_sign(otter, key, program, tmp_path):
    public = tmp_path / "public.pem"
    otter("key", "public", key, "--out", public)
    answer = otter("image", "sign", "--key", public, "--version", "1.0.0", "--header-size", 512,
                   "--slot-size", 0x20000, program, tmp_path / "out.bin", expect=2)
    assert "is a public key" in answer.stderr


def test_a_key_is_not_overwritten_unasked(otter, tmp_path):
    path = tmp_path / "key.pem"
    otter("key", "new", path)
    before = path.read_bytes()
    otter("key", "new", path, expect=2)
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    otter("key", "new", path, "--force")
    assert path.read_bytes() != before
