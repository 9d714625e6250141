# SPDX-License-Identifier: Apache-2.0
"""AWS IoT Jobs from end to end: the stand-in for the cloud, Mosquitto with TLS, and devices.

Most of it on the simulated device, whose agent and transport are those of the firmware.
"""

import json
import re
import ssl
import time

import paho.mqtt.client as mqtt
import pytest
from lab import Broker, Build, Certificates, SharedPort, Standin, free_port, run
from test_sim_device import HANGS, POWER_CUT, SimDevice, program_of

THING = "sim-1"
BLOCK = 4096


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Certificates, one of them to sign code with; and one that the device does not know."""
    return Certificates(tmp_path_factory.mktemp("authority"),
                        clients=("publisher", "device", "signer", "stranger"))


@pytest.fixture
def broker(tmp_path, authority):
    with Broker(tmp_path, authority) as running:
        yield running


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.pem"
    run(Build.otter, "key", "new", path)
    return path


class Thing(SimDevice):
    """The simulated device as a thing of AWS IoT."""

    def create_thing(self, image, broker, **settings):
        certificates = broker.certificates
        signer = certificates.certificate("signer").read_text()
        self.create(image, broker, certificates, **{
            "agent.jobs": "aws", "aws.code-signing-certificate": signer, "http.server-name":
            "localhost", **settings})


@pytest.fixture
def sign(tmp_path, key):
    """Sign a program for the device's layout."""
    def make(version, begin=b"", size=100_000, signing_key=None, layout=Build.layout, options=()):
        image = tmp_path / f"image-{version}-{layout.stem}.bin"
        run(Build.otter, "image", "sign", "--layout", layout, "--key", signing_key or key,
            "--version", version, *options, program_of(tmp_path, version, begin, size), image)
        return image
    return make


@pytest.fixture
def device(tmp_path, broker, key, sign):
    thing = Thing(tmp_path, key)
    thing.create_thing(sign("1.0.0"), broker)
    yield thing
    thing.stop()


@pytest.fixture
def signer(authority):
    return authority.key("signer")


@pytest.fixture
def cloud(tmp_path, broker):
    """Start the stand-in, with the options of a test."""
    running = []

    def start(*options, **further):
        running.append(Standin(tmp_path, broker, *options, thing=THING, **further))
        running[-1].start()
        return running[-1]
    yield start
    for standin in running:
        standin.stop()


def history(standin, job):
    """What the device made of a job, without repetition: status and first word of the details."""
    words = []
    for event in standin.events("update"):
        if event["subject"] == job and event["outcome"] == "accepted":
            word = re.sub(r"(receive)=\S+", r"\1", event["detail"])
            word = re.sub(r" (updatedBy|previous)=\S+| reason=.*| detail=.*| \(version \d+\)", "", word)
            if not words or words[-1] != word:
                words.append(word)
    return words


def blocks_of(standin):
    """Blocks that were asked for: first block and how many, one a request."""
    pattern = r"file (\d+): (\d+) blocks? of \d+ bytes from (\d+) on"
    found = (re.match(pattern, event["detail"]) for event in standin.events("stream"))
    return [(int(match[3]), int(match[2])) for match in found if match]


# --- the life of a job ----------------------------------------------------------------------------


def test_a_job_lives_from_queued_to_succeeded(device, cloud, sign, signer):
    standin = cloud()
    job = standin.create(sign("1.1.0"), sign_key=signer)
    assert standin.execution(job)["status"] == "QUEUED"
    status, console = device.run_once()
    assert status == 0, console
    assert "app: 1.1.0 confirmed" in console
    execution = standin.execution(job)
    assert execution["status"] == "SUCCEEDED"
    assert execution["statusDetails"]["reason"] == "accepted  v1.1.0"
    assert execution["statusDetails"]["updatedBy"] == "  v1.0.0"
    assert history(standin, job) == ["IN_PROGRESS receive", "IN_PROGRESS self_test=ready",
                                     "IN_PROGRESS self_test=active", "SUCCEEDED"]
    status, console = device.run_once()
    assert "app: no update: running 1.1.0" in console


def test_a_device_that_waits_hears_of_a_job_at_once(device, broker, cloud, sign, signer):
    device.create_thing(sign("1.0.0"), broker, **{"agent.next-check-interval-s": 3600})
    standin = cloud()
    device.start()
    device.wait_for("app: no update: running 1.0.0")
    time.sleep(0.5)
    job = standin.create(sign("1.1.0"), sign_key=signer)
    device.wait_for("app: 1.1.0 confirmed", timeout=20)
    assert standin.wait_until_ended(job)["status"] == "SUCCEEDED"


def test_a_thing_finds_its_protocol_on_a_port_of_several(device, plain_broker, authority, sign,
                                                         signer, tmp_path):
    """As on port 443 of AWS IoT, where HTTPS is spoken to whoever does not ask for MQTT."""
    with (SharedPort(plain_broker, authority, "x-amzn-mqtt-ca") as port,
          Standin(tmp_path, plain_broker, thing=THING) as standin):
        device.create_thing(sign("1.0.0"), port, **{"mqtt.alpn": "x-amzn-mqtt-ca"})
        job = standin.create(sign("1.1.0"), sign_key=signer)
        status, console = device.run_once()
        assert status == 0 and "app: 1.1.0 confirmed" in console, console
        assert standin.execution(job)["status"] == "SUCCEEDED"


def test_an_update_that_hangs_is_reverted_and_its_job_has_failed(device, cloud, sign, signer):
    standin = cloud()
    job = standin.create(sign("1.2.0", HANGS), sign_key=signer)
    good = standin.create(sign("1.3.0"), sign_key=signer)
    device.start()
    device.wait_for("app: 1.3.0 confirmed", timeout=60)
    execution = standin.execution(job)
    assert execution["status"] == "FAILED"
    assert execution["statusDetails"]["reason"].startswith("rejected: 0x")
    assert standin.wait_until_ended(good)["status"] == "SUCCEEDED"


def test_two_queued_jobs_are_done_one_after_the_other(device, cloud, sign, signer):
    standin = cloud()
    jobs = [standin.create(sign(version), sign_key=signer, id=version.replace(".", "-"))
            for version in ("1.1.0", "1.2.0")]
    device.start()
    first = device.after("app: 1.1.0 confirmed", timeout=40)
    device.wait_for("app: 1.2.0 confirmed", timeout=40, start=first)
    for job in jobs:
        assert standin.wait_until_ended(job)["status"] == "SUCCEEDED"


# --- what is not taken ------------------------------------------------------------------------------


def other_board(tmp_path, key):
    """An image for a layout that this device does not have."""
    image = tmp_path / "other.bin"
    run(Build.otter, "image", "sign", "--layout", Build.board("overwrite-internal"), "--key", key,
        "--version", "1.1.0", program_of(tmp_path, "1.1.0"), image)
    return image


def stranger_key(tmp_path):
    path = tmp_path / "stranger.pem"
    run(Build.otter, "key", "new", path)
    return path


def bad_jobs():
    """What is wrong with a job: how it is made of (standin, sign, authority, tmp_path, key), and the
    reason that the cloud must get."""
    def make(version="1.1.0", signed_by="signer", **options):
        def create(standin, sign, authority, _tmp_path, _key):
            signing = {"sign_key": authority.key(signed_by)} if signed_by else {}
            return standin.create(sign(version), **signing, **options)
        return create

    def too_big(standin, _sign, authority, tmp_path, _key):
        (tmp_path / "big.bin").write_bytes(bytes(0xF0000))
        return standin.create(tmp_path / "big.bin", sign_key=authority.key("signer"))

    def foreign(standin, _sign, authority, tmp_path, key):
        return standin.create(other_board(tmp_path, key), sign_key=authority.key("signer"))

    def untrusted(standin, sign, authority, tmp_path, _key):
        return standin.create(sign("1.1.0", signing_key=stranger_key(tmp_path)),
                              sign_key=authority.key("signer"))

    return {
        "same version": (make(version="1.0.0"), "0x00000010"),
        "older version": (make(version="0.9.0"), "0x0000000f"),
        "file not signed": (make(signed_by=None), "0x000000e3"),
        "file signed by a stranger": (make(signed_by="stranger"), "0x000000e3"),
        "unknown kind of signature": (make(signature_name="sig-SHA-256-ecdsa"), "0x000000e3"),
        "too big": (too_big, "0x"),
        "for another layout": (foreign, "0x"),
        "image signed by a stranger": (untrusted, "0x"),
    }


@pytest.mark.parametrize("wrong", bad_jobs())
def test_a_job_that_cannot_be_done_has_failed_and_the_next_one_is_done(wrong, device, cloud, sign,
                                                                       authority, tmp_path, key):
    create, code = bad_jobs()[wrong]
    standin = cloud()
    job = create(standin, sign, authority, tmp_path, key)
    good = standin.create(sign("1.3.0"), sign_key=authority.key("signer"))
    device.start()
    device.wait_for("app: 1.3.0 confirmed", timeout=40)
    execution = standin.execution(job)
    assert execution["status"] in ("FAILED", "REJECTED"), execution
    assert code in execution["statusDetails"]["reason"]
    assert execution["statusDetails"]["detail"]
    assert standin.wait_until_ended(good)["status"] == "SUCCEEDED"


def test_a_version_that_is_too_old_is_seen_in_the_first_block(device, cloud, sign, signer):
    standin = cloud()
    standin.create(sign("0.9.0", size=400_000), sign_key=signer)
    device.run_once()
    assert blocks_of(standin) == [(0, 1)]


def test_a_job_of_another_kind_is_left_alone(device, cloud, tmp_path):
    (tmp_path / "reboot.json").write_text(json.dumps({"operation": "reboot"}))
    standin = cloud()
    job = standin.create(document=tmp_path / "reboot.json")
    status, console = device.run_once()
    assert status == 0, console
    assert standin.execution(job)["status"] == "QUEUED"


# --- what goes wrong on the way -----------------------------------------------------------------------


def test_a_job_that_is_cancelled_in_mid_download_makes_way_for_the_next(device, cloud, sign, signer):
    standin = cloud("--bytes-per-second", 60_000)
    job = standin.create(sign("1.1.0", size=300_000), sign_key=signer)
    device.start()
    device.wait_for(r"update 1\.1\.0: [1-9]\d %")
    standin.cancel(job)
    good = standin.create(sign("1.2.0", size=50_000), sign_key=signer)
    device.wait_for("app: 1.2.0 confirmed", timeout=40)
    assert standin.execution(job)["status"] == "CANCELED"
    assert standin.wait_until_ended(good)["status"] == "SUCCEEDED"
    assert device.count("downloaded") == 1


def test_a_device_killed_in_mid_download_fetches_only_what_is_missing(device, cloud, sign, signer):
    standin = cloud("--bytes-per-second", 100_000)
    image = sign("1.1.0", size=300_000)
    job = standin.create(image, sign_key=signer)
    device.start()
    device.wait_for(r"update 1\.1\.0: [56]\d %")
    before = len(blocks_of(standin))
    device.kill()
    status, console = device.run_once()
    assert status == 0 and "app: 1.1.0 confirmed" in console, console
    assert standin.execution(job)["status"] == "SUCCEEDED"
    later = blocks_of(standin)[before:]
    # The first block says again which version it is. What was in the window, in the agent's buffer, and
    # in the journal's steps of 1/32 may come again too.
    durable = image.stat().st_size // BLOCK * 4 // 10
    assert sum(count for first, count in later if first < durable) <= 1, later


def test_a_fifth_of_the_blocks_is_lost(device, cloud, sign, signer):
    standin = cloud("--fault", "lose=20", "--fault", "seed=7")
    job = standin.create(sign("1.1.0", size=200_000), sign_key=signer)
    status, console = device.run_once()
    assert status == 0 and "app: 1.1.0 confirmed" in console, console
    assert standin.execution(job)["status"] == "SUCCEEDED"


def test_another_client_of_that_name_takes_the_connection(device, cloud, sign, signer, broker):
    standin = cloud("--bytes-per-second", 100_000)
    job = standin.create(sign("1.1.0", size=300_000), sign_key=signer)
    device.start()
    device.wait_for(r"update 1\.1\.0: [3-6]\d %")
    usurper = mqtt.Client(client_id=THING)
    certificates = broker.certificates
    usurper.tls_set(certificates.ca, certificates.certificate("device"), certificates.key("device"),
                    tls_version=ssl.PROTOCOL_TLS_CLIENT)
    usurper.connect("localhost", broker.port)
    usurper.loop_start()
    device.wait_for("failed while downloading")
    usurper.disconnect()
    usurper.loop_stop()
    device.wait_for("app: 1.1.0 confirmed", timeout=40)
    assert standin.wait_until_ended(job)["status"] == "SUCCEEDED"


def test_a_job_is_cancelled_while_the_device_is_away(device, cloud, sign, signer):
    standin = cloud("--bytes-per-second", 100_000)
    job = standin.create(sign("1.1.0", size=300_000), sign_key=signer)
    device.start()
    device.wait_for(r"update 1\.1\.0: [2-6]\d %")
    device.kill()
    standin.cancel(job)
    good = standin.create(sign("1.2.0", size=50_000), sign_key=signer)
    status, console = device.run_once()
    assert status == 0 and "app: 1.2.0 confirmed" in console, console
    assert standin.execution(good)["status"] == "SUCCEEDED"


def test_a_job_that_is_cancelled_during_its_trial_is_undone(device, cloud, sign, signer):
    standin = cloud()
    job = standin.create(sign("1.1.0"), sign_key=signer)
    device.start()
    device.wait_for("boot: starting 1.1.0")
    device.kill()
    standin.cancel(job)
    device.start()
    device.wait_for("boot: starting 1.0.0", start=device.after("boot: starting 1.1.0"), timeout=40)
    assert device.count("app: 1.1.0 confirmed") == 0


def test_a_program_that_cannot_reach_the_service_is_undone(device, broker, cloud, sign, signer):
    device.create_thing(sign("1.0.0"), broker, **{"trial.limit-s": 3})
    standin = cloud()
    job = standin.create(sign("1.1.0"), sign_key=signer)
    device.start()
    device.wait_for("app: restarting")
    broker.stop()
    device.wait_for("app: not confirmed in time")
    device.wait_for("boot: starting 1.0.0", start=device.after("sim: reset by the watchdog"))
    broker.start()
    assert standin.wait_until_ended(job)["status"] == "FAILED"


def test_a_job_whose_time_is_up_is_dropped(device, cloud, sign, signer):
    standin = cloud("--bytes-per-second", 50_000, "--minute", 2)
    job = standin.create(sign("1.1.0", size=300_000), sign_key=signer, timeout=1)
    good = standin.create(sign("1.2.0", size=20_000), sign_key=signer)
    device.start()
    device.wait_for("app: 1.2.0 confirmed", timeout=40)
    assert standin.execution(job)["status"] == "TIMED_OUT"
    assert standin.wait_until_ended(good)["status"] == "SUCCEEDED"


# --- pre-signed URLs ------------------------------------------------------------------------------


@pytest.fixture
def web_device(device, broker, sign):
    """A device that fetches over HTTPS, and the port at which it may."""
    port = free_port()
    device.create_thing(sign("1.0.0"), broker, **{
        "aws.data": "http", "http.host": "localhost", "http.port": port,
        "http.ca": broker.certificates.ca.read_text()})
    device.url_port = port
    return device


def test_a_file_comes_from_a_presigned_url(web_device, cloud, sign, signer):
    standin = cloud(url_port=web_device.url_port)
    job = standin.create(sign("1.1.0"), sign_key=signer, protocol="both")
    status, console = web_device.run_once()
    assert status == 0 and "app: 1.1.0 confirmed" in console, console
    assert standin.execution(job)["status"] == "SUCCEEDED"
    assert standin.events("GET") and not standin.events("stream")


def test_a_url_that_expires_in_mid_download_is_renewed(web_device, cloud, sign, signer):
    """Connections that break, and pauses after them, make the download longer than the URL lives."""
    standin = cloud("--fault", "url-seconds=2", "--fault", "http-break=60000",
                    url_port=web_device.url_port)
    job = standin.create(sign("1.1.0", size=300_000), sign_key=signer, protocol="http")
    status, console = web_device.run_once()
    assert status == 0 and "app: 1.1.0 confirmed" in console, console
    assert standin.execution(job)["status"] == "SUCCEEDED"
    outcomes = [event["outcome"] for event in standin.events("GET")]
    assert "403" in outcomes
    firsts = [event["detail"] for event in standin.events("GET") if event["outcome"] == "206"]
    assert sum(first.startswith("bytes 0-") for first in firsts) == 1


# --- two files ------------------------------------------------------------------------------------


class Pair(Thing):
    """The simulated device with the slots of a PSoC 64: code for the CM0+ and for the CM4."""

    simulator = Build.host / "bin" / "otter-sim-device-psoc64"
    layout = Build.board("psoc64")

    def create_pair(self, images, broker, **settings):
        self.create_thing(images[0], broker, **settings)
        self.program_cm4(images[1])

    def program_cm4(self, image):
        run(Build.otter, "device", "program", "--layout", self.layout, "--area", "primary-1", image,
            self.flash)


@pytest.fixture
def sign_pair(tmp_path, key):
    def make(version, begin=b"", size=40_000):
        images = []
        for number in (0, 1):
            program = program_of(tmp_path, f"{version}", begin if number == 0 else b"", size)
            image = tmp_path / f"cm{4 * number}-{version}.bin"
            run(Build.otter, "image", "sign", "--layout", Pair.layout, "--key", key,
                "--version", version, "--image-number", number,
                "--dependency", f"{1 - number},{version}", program, image)
            images.append(image)
        return images
    return make


@pytest.fixture
def pair(tmp_path, broker, key, sign_pair):
    device = Pair(tmp_path, key)
    device.create_pair(sign_pair("1.0.0"), broker)
    yield device
    device.stop()


def assert_both(console, version):
    starts = [line for line in console.splitlines() if line.startswith(("boot: starting",
                                                                       "boot: with image 1"))]
    assert starts[-2:] == [f"boot: starting {version}", f"boot: with image 1, {version}"], console


def test_two_files_are_installed_together(pair, cloud, sign_pair, signer):
    standin = cloud()
    cm0, cm4 = sign_pair("1.1.0")
    job = standin.create(cm4, cm0, file_type=[1, 0], sign_key=signer)
    status, console = pair.run_once()
    assert status == 0, console
    assert_both(console, "1.1.0")
    assert standin.execution(job)["status"] == "SUCCEEDED"


def test_two_files_of_which_one_hangs_are_both_undone(pair, cloud, sign_pair, signer):
    standin = cloud()
    job = standin.create(*sign_pair("1.2.0", HANGS), file_type=[0, 1], sign_key=signer)
    status, console = pair.run_once()
    assert status == 0 and "this build hangs" in console, console
    assert_both(console, "1.0.0")
    assert standin.execution(job)["status"] == "FAILED"


def test_a_cut_anywhere_leaves_both_old_or_both_new(pair, cloud, sign_pair, signer):
    standin = cloud()
    job = standin.create(*sign_pair("1.1.0", size=20_000), file_type=[0, 1], sign_key=signer)
    cuts = 0
    for operation in (40, 150, 160, 170, 175, 180, 190, 220, 260, 300):
        status, console = pair.run_once("--cut", operation)
        starts = re.findall(r"boot: (?:starting|with image 1,) (\S+)", console)
        assert len(set(starts[-2:])) <= 1, console
        cuts += status == POWER_CUT
        if status == 0:
            break
    assert cuts >= 3
    status, console = pair.run_once()
    assert_both(console, "1.1.0")
    assert standin.execution(job)["status"] == "SUCCEEDED"
