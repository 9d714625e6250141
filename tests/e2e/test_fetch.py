# SPDX-License-Identifier: Apache-2.0
"""`otter fetch` against our publisher, and against publishers that misbehave."""

import hashlib
import json
import random

import pytest
from lab import Broker, Build, Publisher, run
from lab.peers import FakePublisher, chunk

BOARD = "kit"
IMAGE = random.Random(2).randbytes(50_000)


def fetch(broker, *options, expect=0):
    return run(Build.otter, "fetch", "--board", BOARD, *broker.options_for("device"), *options,
               expect=expect)


@pytest.mark.parametrize("mode", ["whole", "chunks"])
def test_it_gets_what_the_publisher_offers(broker, catalogue, tmp_path, mode):
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(broker, catalogue) as publisher:
        out = fetch(broker, "--version", "1.0.0", "--mode", mode, "-o", tmp_path / "got.bin",
                    "--serial", "S9").stdout
        publisher.wait_for(r"kit S9  says Success")
    assert (tmp_path / "got.bin").read_bytes() == IMAGE
    assert "1.1.0" in out and "50,000 bytes" in out and hashlib.sha256(IMAGE).hexdigest() in out


def test_an_image_that_cannot_be_kept_is_no_success(plain_broker, catalogue, tmp_path):
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(plain_broker, catalogue) as publisher:
        result = fetch(plain_broker, "-o", tmp_path / "none" / "got.bin", expect=2)
        publisher.wait_for("the image cannot be kept")
    assert "cannot write" in result.stderr


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 1 << 20])
def test_images_of_awkward_sizes_arrive_whole(plain_broker, catalogue, tmp_path, size):
    image = random.Random(size).randbytes(size)
    catalogue.release(BOARD, "1.1.0", image)
    with Publisher(plain_broker, catalogue):
        for mode in ("whole", "chunks"):
            fetch(plain_broker, "--mode", mode, "-o", tmp_path / mode)
            assert (tmp_path / mode).read_bytes() == image


def test_json_has_the_job_and_the_facts(plain_broker, catalogue):
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(plain_broker, catalogue):
        facts = json.loads(fetch(plain_broker, "--json").stdout)
    assert facts["job"]["Version"] == "1.1.0"
    assert facts["job"]["ImageSize"] == "50000"
    assert facts["sha256"] == facts["job"]["ImageSha256"] == hashlib.sha256(IMAGE).hexdigest()


def test_no_update_is_the_answer_no(plain_broker, catalogue):
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(plain_broker, catalogue):
        result = fetch(plain_broker, "--version", "1.1.0", expect=1)
    assert "no update for a kit that runs 1.1.0" in result.stdout


def test_an_image_that_is_not_the_promised_one_is_reported(plain_broker, catalogue, tmp_path):
    catalogue.release(BOARD, "1.1.0", IMAGE, ImageSha256="00" * 32)
    with Publisher(plain_broker, catalogue) as publisher:
        result = fetch(plain_broker, "-o", tmp_path / "got.bin", expect=1)
        publisher.wait_for(r"says Failure.*SHA-256 is not the job's")
    assert "SHA-256 is not the job's ImageSha256" in result.stderr
    assert not (tmp_path / "got.bin").exists()


def test_a_signature_is_checked_as_a_device_would(plain_broker, catalogue, tmp_path):
    ours, other = tmp_path / "ours.pem", tmp_path / "other.pem"
    for key in (ours, other):
        run(Build.otter, "key", "new", key)
    (tmp_path / "program.bin").write_bytes(IMAGE)
    catalogue.sign(tmp_path / "program.bin", "1.1.0", ours)
    with Publisher(plain_broker, catalogue):
        good = fetch(plain_broker, "--board", "mps2-an386", "--verify", ours)
        bad = fetch(plain_broker, "--board", "mps2-an386", "--verify", other, expect=1)
    assert f"by {ours}" in good.stdout
    assert "no key on this device signed the image" in bad.stderr


def test_an_image_that_is_none_is_not_taken_for_signed(plain_broker, catalogue, tmp_path):
    run(Build.otter, "key", "new", tmp_path / "key.pem")
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(plain_broker, catalogue):
        result = fetch(plain_broker, "--verify", tmp_path / "key.pem", expect=1)
    assert "the bytes are not an image" in result.stderr


def test_chunks_that_are_lost_are_asked_for_again(plain_broker, tmp_path):
    def lose_some(number, message):
        return None if number in (0, 3, 12) else message

    for mode in ("whole", "chunks"):
        with FakePublisher(plain_broker, BOARD, IMAGE, alter_chunk=lose_some) as publisher:
            fetch(plain_broker, "--mode", mode, "-o", tmp_path / mode)
            assert publisher.wait_for_result()["Message"] == "Success"
        assert (tmp_path / mode).read_bytes() == IMAGE


BAD_CHUNKS = {
    "magic": (lambda data: chunk(data, 0, 50_000, magic=b"OTAimage"), "begin with"),
    "length": (lambda data: chunk(data, 0, 50_000, size=len(data) + 1), "data size"),
    "range": (lambda data: chunk(data, 49_999, 50_000), "leave the image"),
    "start": (lambda data: chunk(data, 0, 50_000, data_start=33), "behind the header"),
    "short": (lambda data: data[:31], "shorter than"),
    "empty": (lambda data: b"", "shorter than"),
    "version": (lambda data: chunk(data, 0, 50_000, version=(9, 9, 9)), "version is not the job's"),
    "huge": (lambda data: chunk(data, 0, 0xFFFFFFFF), "larger than 64 MiB"),
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_bad_chunk_is_named(plain_broker, name):
    make, said = BAD_CHUNKS[name]
    with FakePublisher(plain_broker, BOARD, IMAGE,
                       alter_chunk=lambda _number, message: make(message[32:])):
        result = fetch(plain_broker, "--version", "1.0.0", expect=2)
    assert said in result.stderr


BAD_JOBS = {
    "no version": (lambda job: {**job, "Version": "new"}, "Version is missing"),
    "another board": (lambda job: {**job, "Board": "cat"}, "another board"),
    "another topic": (lambda job: {**job, "UniqueTopicName": "x"}, "our unique topic"),
    "another message": (lambda job: {**job, "Message": "Hello"}, "neither a job"),
}


@pytest.mark.parametrize("name", BAD_JOBS)
def test_a_bad_job_is_named(plain_broker, name):
    alter, said = BAD_JOBS[name]
    with FakePublisher(plain_broker, BOARD, IMAGE, alter_job=alter):
        assert said in fetch(plain_broker, expect=2).stderr


def test_a_publisher_that_goes_silent_is_given_up(plain_broker):
    with FakePublisher(plain_broker, BOARD, IMAGE, silent_to=["Request Data Chunk"]):
        result = fetch(plain_broker, "--patience", "1", expect=2)
    assert "the publisher went silent" in result.stderr


def test_nobody_who_answers_is_said(plain_broker):
    result = fetch(plain_broker, "--patience", "1", expect=2)
    assert "nobody answers" in result.stderr
    assert "Check that a publisher serves anycloud/kit" in result.stderr


def test_a_broker_that_is_down_is_said(tmp_path):
    result = fetch(Broker(tmp_path), expect=2)
    assert "Connection refused" in result.stderr
    assert "trying again" not in result.stderr


def test_a_broker_that_is_unknown_is_said():
    result = run(Build.otter, "fetch", "--board", BOARD, "--plain", "--host", "no.invalid", expect=2)
    assert "there is no host of that name" in result.stderr


def test_a_broker_that_wants_a_certificate_is_said(tls_broker, certificates):
    result = run(Build.otter, "fetch", "--board", BOARD, "--port", tls_broker.port, "--ca",
                 certificates.ca, expect=2)
    assert "wants a --cert and --key" in result.stderr


@pytest.mark.parametrize(("options", "said"), [
    (["--mode", "half"], "'whole' or 'direct'"),
    (["--chunk-size", "0"], "--chunk-size 0"),
    (["--chunk-size", "65536"], "--chunk-size 65536"),
    (["--version", "one"], "not like 1.2.3"),
    (["--board", "b" * 300], "too long"),
    (["--ca", "/nowhere/ca.pem"], "exclude each other"),
])
def test_a_wrong_question_gets_a_right_answer(plain_broker, options, said):
    assert said in fetch(plain_broker, *options, expect=2).stderr


def test_without_ca_it_does_not_connect(plain_broker):
    result = run(Build.otter, "fetch", "--board", BOARD, "--port", plain_broker.port, expect=2)
    assert "Name the authority's certificate, or say --plain" in result.stderr
