# SPDX-License-Identifier: Apache-2.0
"""The AWS IoT example on the emulated board: one image, and the two of a PSoC 64."""

import pytest
from lab import Broker, Build, Certificates, Standin, free_port
from lab.aws import CLIENTS, Pair, Thing

THING = "otter-1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("authority"), clients=CLIENTS)


@pytest.fixture
def broker(tmp_path, authority):
    with Broker(tmp_path, authority) as running:
        yield running


@pytest.fixture
def signer(authority):
    return authority.key("signer")


def test_a_thing_is_updated_by_a_job_and_keeps_the_good_version(tmp_path, broker, signer):
    with (Standin(tmp_path, broker, thing=THING) as cloud,
          Thing(tmp_path).create_thing(Build.image("aws_ota-1.0.0"), broker) as device):
        device.wait_for(r"app: no update: running 1\.0\.0")
        good = cloud.create(Build.image("aws_ota-1.1.0"), sign_key=signer)
        start = device.after(r"boot: installed 1\.1\.0, on trial")
        device.wait_for(r"app: 1\.1\.0 confirmed", start=start)
        device.wait_for("led: toggles every 100 ms", start=start)
        assert cloud.wait_until_ended(good)["status"] == "SUCCEEDED"

        bad = cloud.create(Build.image("aws_ota-1.2.0-hangs"), sign_key=signer)
        back = device.after("boot: the trial was not confirmed", start=start, timeout=60)
        device.wait_for(r"boot: starting 1\.1\.0", start=back)
        execution = cloud.wait_until_ended(bad)
        assert execution["status"] == "FAILED"
        assert execution["statusDetails"]["reason"].startswith("rejected: 0x")


def test_a_thing_that_only_listens_finds_its_broker_again(tmp_path, broker, signer):
    with (Standin(tmp_path, broker, thing=THING) as cloud,
          Thing(tmp_path).create_thing(Build.image("aws_ota-1.0.0"), broker,
                                       agent__next_check_interval_s=3600) as device):
        device.wait_for(r"app: no update: running 1\.0\.0")
        broker.stop()
        broker.start()
        cloud.create(Build.image("aws_ota-1.1.0"), sign_key=signer)
        device.wait_for("boot: starting 1.1.0")


def test_both_images_of_a_psoc64_are_installed_and_undone_together(tmp_path, broker, signer):
    with (Standin(tmp_path, broker, thing=THING) as cloud,
          Pair(tmp_path).create_pair(broker) as device):
        device.wait_for(r"app: image 0 starts image 1")
        device.wait_for(r"app: no update: running 1\.0\.0")
        good = cloud.create(*Pair.images("1.1.0"), file_type=[0, 1], sign_key=signer)
        device.wait_for(r"boot: moved \d+ of \d+", timeout=60)
        device.kill()
        start = device.mark()
        device.start()
        device.wait_for(r"app: Otter AWS IoT example 1\.1\.0", start=start, timeout=60)
        device.wait_for(r"app: 1\.1\.0 confirmed", start=start)
        assert cloud.wait_until_ended(good)["status"] == "SUCCEEDED"

        bad = cloud.create(*Pair.images("1.2.0-hangs"), file_type=[0, 1], sign_key=signer)
        start = device.after(r"app: Otter AWS IoT example 1\.2\.0", start=start, timeout=60)
        device.wait_for(r"app: Otter AWS IoT example 1\.1\.0", start=start, timeout=60)
        assert cloud.wait_until_ended(bad)["status"] == "FAILED"


def test_a_download_over_https_goes_on_after_a_loss_of_power(tmp_path, broker, signer):
    port = free_port()
    with (Standin(tmp_path, broker, thing=THING, url_port=port, url_name="10.0.2.2") as cloud,
          Thing(tmp_path).create_thing(
              Build.image("aws_ota-1.0.0"), broker, aws__data="http", http__host="10.0.2.2",
              http__port=port, http__ca=broker.certificates.ca.read_text()) as device):
        job = cloud.create(Build.image("aws_ota-1.1.0"), sign_key=signer, protocol="both")
        device.wait_for(r"app: update 1\.1\.0: [4-6]\d %")
        device.kill()
        start = device.mark()
        device.start()
        device.wait_for(r"app: 1\.1\.0 confirmed", start=start, timeout=60)
        assert cloud.wait_until_ended(job)["status"] == "SUCCEEDED"
        ranges = [event["detail"] for event in cloud.events("GET")]
        assert sum(each.startswith("bytes 0-") for each in ranges) == 1, ranges
