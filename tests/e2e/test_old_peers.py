# SPDX-License-Identifier: Apache-2.0
"""`otter fetch` against a publisher that behaves as the AnyCloud library's script does.

The other way round, our publisher against an old device, is in test_publisher.py; our device against
the old publisher is in test_sim_device.py.
"""

import random

import pytest
from lab import Build, run
from lab.peers import OldPublisher, Peer

BOARD = "CY8CPROTO_062_4343W"
IMAGE = random.Random(9).randbytes(50_000)


def fetch(broker, *options, expect=0):
    return run(Build.otter, "fetch", "--kit", BOARD, *broker.options_for("device"), *options,
               expect=expect)


@pytest.mark.parametrize("mode", ["chunks", "whole", "direct"])
def test_it_gets_the_image_in_every_way(broker, tmp_path, mode):
    with OldPublisher(broker, BOARD, IMAGE) as publisher:
        out = fetch(broker, "--mode", mode, "--file", tmp_path / "got.bin").stdout
        assert publisher.results[0]["Message"] == "Success"
    assert (tmp_path / "got.bin").read_bytes() == IMAGE
    assert "which the job does not tell" in out


@pytest.mark.parametrize("size", [1000, 4096, 65504])
def test_any_chunk_size_will_do(plain_broker, tmp_path, size):
    with OldPublisher(plain_broker, BOARD, IMAGE):
        fetch(plain_broker, "--chunk-size", size, "-o", tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == IMAGE


def test_another_company_is_another_world(plain_broker, tmp_path):
    with OldPublisher(plain_broker, BOARD, IMAGE, company="acme"):
        fetch(plain_broker, "--company", "acme", "-o", tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == IMAGE


def test_an_image_that_is_not_what_the_job_promises_is_reported(plain_broker):
    with OldPublisher(plain_broker, BOARD, IMAGE, ImageSize="7") as publisher:
        fetch(plain_broker, expect=1)
        assert publisher.results[0]["Message"] == "Failure"


@pytest.mark.parametrize("payload", [b"", b"\xff", b"{", b"{}", b'{"Message":"Success"}'])
def test_the_peer_dies_as_the_script_did(plain_broker, payload):
    """Ours must not: test_publisher.py sends the same."""
    with OldPublisher(plain_broker, BOARD, IMAGE) as publisher, Peer(plain_broker) as device:
        device.publish(publisher.requests, payload)
        publisher._worker.join(10)
        assert publisher.died_of


def test_chunks_that_it_cannot_cut_get_no_answer(plain_broker):
    topic = f"anycloud/{BOARD}/u"
    with OldPublisher(plain_broker, BOARD, IMAGE) as publisher, Peer(plain_broker) as device:
        device.subscribe(topic)
        for size in ("0", "-1", "65536", "x"):
            device.publish(publisher.requests, {"Message": "Request Data Chunk", "Offset": "0",
                                                "UniqueTopicName": topic, "Size": size})
        device.publish(publisher.requests, {"Message": "Success", "UniqueTopicName": topic})
        device.wait_until(lambda: device.received)
        assert publisher.died_of is None
        assert b"Result Received" in device.received[0][1]
