# SPDX-License-Identifier: Apache-2.0
"""The device as a host process, against a real broker with TLS and the real publisher."""

import json
import random
import time

import pytest
from lab import Broker, Build, Process, Publisher, SharedPort, run
from lab.peers import OldPublisher
from lab.resume import (RationingPublisher, assert_only_the_missing_was_fetched, cut_downloads,
                        seeded)

SIMULATOR = Build.host / "bin" / "otter-sim-device"
HANGS = b"SIM-HANGS"
POWER_CUT = 75
SETTINGS = {
    "device.name": "sim-1", "device.serial": "SIM1", "product": "Lab", "manufacturer": "Otter",
    "mqtt.host": "127.0.0.1", "mqtt.server-name": "localhost", "agent.initial-check-s": 1,
    "agent.next-check-interval-s": 1, "agent.retry-interval-s": 1, "agent.job-check-time-s": 2,
    "agent.packet-interval-s": 2, "trial.limit-s": 20,
}


class SimDevice(Process):
    """otter-sim-device on a flash file of its own. The file lives on over kill() and start()."""

    simulator = SIMULATOR
    layout = Build.layout

    def __init__(self, folder, key, *options):
        self.flash = folder / "flash.bin"
        self.public_key = folder / "release.der"
        run(Build.otter, "key", "public", "--format", "der", "--out", self.public_key, key)
        super().__init__([self.simulator, "--flash", self.flash, "--trust", self.public_key,
                          *options])

    def create(self, image, broker, certificates, **further):
        """As a factory: an image and the device's settings."""
        values = {**SETTINGS, "mqtt.port": broker.port, **further}
        files = {"mqtt.ca": certificates.ca, "mqtt.certificate": certificates.certificate("device"),
                 "mqtt.key": certificates.key("device")}
        settings = [word for name, value in values.items()
                    for word in ("--setting", f"{name}={value}")]
        settings += [word for name, path in files.items()
                     for word in ("--setting-file", f"{name}={path}")]
        run(Build.otter, "device", "create", "--layout", self.layout, "--image", image,
            "--output", self.flash, *settings)

    def run_once(self, *options, timeout=60):
        """One session, restarts included. Returns its exit status and the console."""
        result = run(*self.command, "--once", *options, timeout=timeout, expect=None)
        return result.returncode, result.stdout + result.stderr


def program_of(tmp_path, version, begin=b"", size=100_000):
    """Bytes that stand for a program; the simulated device only looks at their beginning."""
    path = tmp_path / f"program-{version}.bin"
    path.write_bytes(begin + random.Random(version).randbytes(size))
    return path


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.pem"
    run(Build.otter, "key", "new", path)
    return path


@pytest.fixture
def release(tmp_path, catalogue, key):
    """Sign a program and put it on offer."""
    def sign(version, begin=b"", signing_key=None, size=100_000):
        program = program_of(tmp_path, version, begin, size)
        return catalogue.sign(program, version, signing_key or key)
    return sign


@pytest.fixture
def device(tmp_path, tls_broker, certificates, release, key):
    sim = SimDevice(tmp_path, key)
    sim.create(release("1.0.0"), tls_broker, certificates)
    yield sim
    sim.stop()


@pytest.fixture
def publisher(tls_broker, catalogue, device):
    with Publisher(tls_broker, catalogue) as running:
        yield running


def test_an_update_is_installed_confirmed_and_reported(device, publisher, release):
    status, console = device.run_once()
    assert status == 0, console
    assert "app: no update: running 1.0.0" in console

    release("1.1.0")
    status, console = device.run_once()
    assert status == 0, console
    assert "app: update 1.1.0: hash and signature are good" in console
    assert "boot: starting 1.1.0" in console
    assert "app: 1.1.0 confirmed" in console
    assert "app: update 1.1.0: reported (confirmed)" in console
    publisher.wait_for("1.1.0.*confirmed")

    status, console = device.run_once()
    assert "boot: starting 1.1.0" in console
    assert "app: no update: running 1.1.0" in console


def test_an_update_that_hangs_is_reverted_reported_and_refused(device, publisher, release):
    release("1.2.0", begin=HANGS)
    status, console = device.run_once()
    assert status == 0, console
    assert "app: this build hangs on purpose" in console
    assert "sim: reset by the watchdog" in console
    assert "app: update 1.2.0: reported (reverted)" in console
    assert "app: refused 1.2.0: this version was tried before and reverted" in console
    publisher.wait_for("reverted")

    status, console = device.run_once()
    assert "boot: starting 1.0.0" in console
    assert "app: refused 1.2.0" in console
    assert "downloading" not in console

    release("1.3.0")
    status, console = device.run_once()
    assert "app: 1.3.0 confirmed" in console


@pytest.mark.parametrize("fetch", ["chunks", "whole", "topic"])
def test_without_a_job_the_image_says_what_it_is(device, publisher, release, tls_broker,
                                                 certificates, fetch):
    device.create(release("1.0.0"), tls_broker, certificates,
                  **{"agent.flow": "direct", "mqtt.fetch": fetch})
    release("1.1.0")
    status, console = device.run_once()
    assert status == 0, console
    assert "app: 1.1.0 confirmed" in console
    assert "app: update 1.1.0: reported (confirmed)" in console


def test_a_device_killed_at_random_moments_fetches_only_what_is_missing(device, release,
                                                                        tls_broker):
    image = release("1.1.0", size=800_000)
    with RationingPublisher(tls_broker, "mps2-an386", image.read_bytes()) as publisher:
        cut_downloads(device, publisher, 4, seeded())
        status, console = device.run_once()
    assert status == 0, console
    assert "boot: starting 1.1.0" in console
    assert "failed while verifying" not in console
    assert image.read_bytes() in device.flash.read_bytes()
    assert_only_the_missing_was_fetched(publisher)


def test_a_cut_anywhere_in_an_update_leaves_a_device_that_finishes_it(device, publisher, release):
    release("1.1.0")
    start = device.flash.read_bytes()
    operations = random.Random(1).sample(range(2, 180), 4)
    for operation in operations:
        device.flash.write_bytes(start)
        status, console = device.run_once("--cut", operation)
        assert status == POWER_CUT, console
        for _ in range(2):
            status, console = device.run_once()
            assert status == 0, console
        assert "boot: starting 1.1.0" in console


def test_a_job_leads_to_another_broker_if_the_settings_allow_it(device, publisher, release, tls_broker,
                                                                certificates, catalogue, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    with Broker(tmp_path / "elsewhere", certificates) as elsewhere, \
            Publisher(elsewhere, catalogue) as other:
        image = release("1.1.0")
        job = json.loads(image.with_suffix(".json").read_text())
        job.update(Broker="localhost", Port=str(elsewhere.port))
        image.with_suffix(".json").write_text(json.dumps(job))

        status, console = device.run_once()
        assert status == 0, console
        assert f'server that is not allowed (MQTT server "localhost", port {elsewhere.port})' in console
        publisher.wait_for(r"1\.1\.0 failed, code -66")

        device.create(release("1.0.0"), tls_broker, certificates,
                      **{"mqtt.allowed-broker-1": f"localhost:{elsewhere.port}"})
        status, console = device.run_once()
        assert status == 0, console
        assert "app: 1.1.0 confirmed" in console
        publisher.wait_for("1.1.0.*confirmed")
        assert other.count("confirmed|pending") == 0


def test_a_job_for_another_product_is_refused_where_the_settings_say_so(device, publisher, release,
                                                                        tls_broker, certificates):
    image = release("1.1.0")
    job = json.loads(image.with_suffix(".json").read_text())
    image.with_suffix(".json").write_text(json.dumps(job | {"Product": "Kettle"}))
    device.create(release("1.0.0"), tls_broker, certificates, **{"product-must-match": "yes"})
    status, console = device.run_once()
    assert status == 0, console
    assert "app: refused 1.1.0: the job is for another product" in console


def test_an_image_signed_by_another_key_is_refused_and_reported(device, publisher, release,
                                                               tmp_path):
    stranger = tmp_path / "stranger.pem"
    run(Build.otter, "key", "new", stranger)
    release("1.1.0", signing_key=stranger)
    status, console = device.run_once()
    assert status == 0, console
    assert "failed while verifying: no key on this device signed the image" in console
    assert "reported (failed)" in console
    status, console = device.run_once()
    assert "boot: starting 1.0.0" in console


def test_a_broker_that_goes_away_in_the_middle_of_a_download_is_found_again(device, publisher,
                                                                           release, tls_broker):
    release("1.1.0")
    device.start()
    device.wait_for(r"update 1\.1\.0: [2-6]\d %")
    tls_broker.stop()
    device.wait_for("failed while downloading.*next try in")
    tls_broker.start()
    device.wait_for("app: 1.1.0 confirmed", timeout=60)


def test_a_broker_that_is_down_costs_no_flash_operation(device, tls_broker):
    tls_broker.stop()
    status, console = device.run_once()
    assert status == 0, console
    assert "failed while asking for an update: the host cannot be reached" in console
    assert console.rstrip().endswith("sim: 0 flash operations")


def test_a_silent_publisher_is_not_waited_for_for_ever(device):
    began = time.monotonic()
    status, console = device.run_once()
    assert status == 0, console
    assert "failed while asking for an update: the peer did not answer in time" in console
    assert time.monotonic() - began < 45


def test_the_old_publisher_script_can_update_it(device, tls_broker, release):
    """Its job names port 1883: a device on TLS must neither go there nor give up."""
    image = release("1.6.0").read_bytes()
    with OldPublisher(tls_broker, "mps2-an386", image) as publisher:
        status, console = device.run_once()
        assert status == 0 and "1.6.0 confirmed" in console
        assert {"pending", "confirmed"} <= {result["Stage"] for result in publisher.results}
        assert publisher.died_of is None


def test_a_port_of_several_protocols_is_told_which_one(device, release, plain_broker, certificates,
                                                       catalogue):
    factory = release("1.0.0")
    release("1.1.0")
    with (Publisher(plain_broker, catalogue),
          SharedPort(plain_broker, certificates, "x-amzn-mqtt-ca") as port):
        device.create(factory, port, certificates, **{"mqtt.alpn": "x-amzn-mqtt-ca"})
        status, console = device.run_once()
        assert status == 0 and "app: 1.1.0 confirmed" in console, console

        device.create(factory, port, certificates)
        status, console = device.run_once()
        assert "failed while asking for an update" in console, console
