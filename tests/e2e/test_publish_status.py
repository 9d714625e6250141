# SPDX-License-Identifier: Apache-2.0
"""What `otter publish --record` keeps and `otter publish status` shows."""

import json
import random
import sqlite3
import time

import pytest
from lab import Build, Publisher, run
from lab.peers import OldSubscriber, Peer

BOARD = "kit"
REQUESTS = f"anycloud/{BOARD}/publish_notify"
IMAGE = random.Random(4).randbytes(100_000)


@pytest.fixture
def record(tmp_path):
    return tmp_path / "fleet.db"


@pytest.fixture
def publisher(plain_broker, catalogue, record):
    catalogue.release(BOARD, "1.1.0", IMAGE)
    with Publisher(plain_broker, catalogue, "--record", record) as running:
        yield running


def status(record, *options, expect=0):
    return run(Build.otter, "publish", "status", record, *options, expect=expect)


def devices(record, *options):
    return {row["device"]: row for row in
            json.loads(status(record, "--json", *options).stdout)["devices"]}


def say(peer, publisher, message, serial, **keys):
    mark = publisher.mark()
    peer.publish(REQUESTS, {"Message": message, "UniqueTopicName": f"anycloud/{BOARD}/{serial}",
                            "SerialNumber": serial, **keys})
    publisher.wait_for(f"{BOARD} {serial} ", start=mark)


def test_each_device_is_shown_with_how_it_ended(plain_broker, publisher, record):
    with Peer(plain_broker) as peer:
        say(peer, publisher, "Update Availability", "new", Version="1.1.0")
        say(peer, publisher, "Update Availability", "old", Version="1.0.0")
        say(peer, publisher, "Update Availability", "half", Version="1.0.0")
        say(peer, publisher, "Request Data Chunk", "half", Offset="0", Size="50000")
        say(peer, publisher, "Success", "good", Version="1.1.0", Stage="confirmed", Code="0")
        say(peer, publisher, "Failure", "bad", Version="1.1.0", Stage="failed", Code="-25",
            Reason="the image's hash does not match its bytes")
    publisher.stop()
    rows = devices(record)
    assert [rows[name]["state"] for name in ("new", "old", "half", "good", "bad")] == \
        ["up to date", "offered", "downloading", "confirmed", "failed"]
    assert (rows["half"]["done"], rows["half"]["bytes"]) == (50_000, 100_000)
    assert (rows["good"]["running"], rows["old"]["running"]) == ("1.1.0", "1.0.0")
    assert (rows["bad"]["code"], rows["bad"]["offered"]) == ("-25", "1.1.0")
    assert list(devices(record, "--failed")) == ["bad"]
    assert devices(record, "--board", "another") == {}
    lines = status(record).stdout.splitlines()
    assert lines[0].split() == ["BOARD", "DEVICE", "RUNS", "UPDATE", "PROGRESS", "HEARD",
                                "STATE"]
    assert any("[##########..........]  50%" in line and "half" in line for line in lines)
    assert any("failed: the image's hash does not match its bytes (code -25)" in line
               for line in lines)
    assert lines[-1].startswith("5 devices: ") and "1 confirmed" in lines[-1]


def test_it_can_be_read_while_it_is_written(plain_broker, publisher, record):
    with OldSubscriber(plain_broker, BOARD) as device:
        assert device.run() == IMAGE
    publisher.wait_for("says Success")
    deadline = time.monotonic() + 10
    while "ABC213450001" not in devices(record) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert devices(record)["ABC213450001"]["done"] == 100_000


def test_it_goes_on_with_the_record_of_an_earlier_run(plain_broker, publisher, catalogue, record):
    with Peer(plain_broker) as peer:
        say(peer, publisher, "Success", "one", Stage="confirmed", Version="1.1.0")
    publisher.kill()
    with Publisher(plain_broker, catalogue, "--record", record) as again, \
            Peer(plain_broker) as peer:
        say(peer, again, "Failure", "two", Stage="reverted", Version="1.1.0")
        again.stop()
    rows = devices(record)
    assert rows["two"]["state"] == "reverted"
    with sqlite3.connect(record) as database:
        results = database.execute("SELECT device, success FROM result ORDER BY id").fetchall()
    assert results[-1] == ("two", 0)


def test_a_file_that_is_no_record_is_left_alone(plain_broker, catalogue, record):
    record.write_bytes(b"something else" * 100)
    result = run(Build.otter, "publish", catalogue.folder, "--record", record,
                 *plain_broker.options_for("publisher"), expect=2)
    assert "is no record of this version of otter" in result.stderr
    assert "is no record" in status(record, expect=2).stderr
    assert record.read_bytes() == b"something else" * 100


def test_a_record_that_is_not_there_is_said(record):
    result = status(record, expect=2)
    assert "cannot read" in result.stderr and result.stdout == ""
    assert not record.exists()


def test_watching_needs_a_terminal(record):
    assert "--watch needs a terminal" in status(record, "--watch", expect=2).stderr
