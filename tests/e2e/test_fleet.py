# SPDX-License-Identifier: Apache-2.0
"""Many devices at once, with the real agent and MQTT client, against the real publisher."""

import json
import random

import pytest
from lab import Build, Publisher, run

FLEET = Build.host / "bin" / "otter-sim-fleet"
DEVICES = 40


@pytest.fixture
def key(tmp_path):
    run(Build.otter, "key", "new", tmp_path / "release.pem")
    run(Build.otter, "key", "public", "--format", "der", "--out", tmp_path / "release.der",
        tmp_path / "release.pem")
    return tmp_path / "release.der"


@pytest.fixture(autouse=True)
def on_offer(tmp_path, catalogue, key):
    program = tmp_path / "program.bin"
    program.write_bytes(random.Random(6).randbytes(50_000))
    return catalogue.sign(program, "1.1.0", tmp_path / "release.pem")


def fleet(broker, key, *options, expect=0):
    result = run(FLEET, "--trust", key, "--port", broker.port, "--devices", DEVICES, *options,
                 expect=expect)
    return json.loads(result.stdout)


@pytest.mark.parametrize("mode", [[], ["--whole"], ["--chunk-size", "1000", "--window", "8"]])
def test_all_of_them_are_updated_and_none_fails(plain_broker, catalogue, key, on_offer, mode):
    with Publisher(plain_broker, catalogue):
        figures = fleet(plain_broker, key, *mode)
    assert (figures["updated"], figures["failed_stages"]) == (DEVICES, 0)
    assert figures["bytes"] == DEVICES * on_offer.stat().st_size


def test_the_record_knows_each_of_them(plain_broker, catalogue, key, tmp_path):
    record = tmp_path / "fleet.db"
    with Publisher(plain_broker, catalogue, "--record", record):
        fleet(plain_broker, key)
    facts = json.loads(run(Build.otter, "publish", "status", "--json", record).stdout)
    assert facts["states"] == {"pending": DEVICES}
    assert {row["running"] for row in facts["devices"]} == {"1.0.0"}
    assert all(row["done"] == row["bytes"] for row in facts["devices"])


def test_a_group_of_publishers_shares_them(plain_broker, catalogue, key):
    with Publisher(plain_broker, catalogue, "--share", "g") as first, \
            Publisher(plain_broker, catalogue, "--share", "g") as second:
        assert fleet(plain_broker, key)["updated"] == DEVICES
        for publisher in (first, second):
            assert publisher.count("says Success") >= DEVICES // 4


def test_devices_that_do_not_trust_the_image_say_so(plain_broker, catalogue, tmp_path):
    run(Build.otter, "key", "new", tmp_path / "other.pem")
    run(Build.otter, "key", "public", "--format", "der", "--out", tmp_path / "other.der",
        tmp_path / "other.pem")
    with Publisher(plain_broker, catalogue) as publisher:
        figures = fleet(plain_broker, tmp_path / "other.der", "--seconds", "5", expect=1)
        publisher.wait_for("says Failure: 1.1.0 failed, code -27, no key on this device signed")
    assert figures["updated"] == 0
