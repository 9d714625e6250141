# SPDX-License-Identifier: Apache-2.0
"""The main road, on real parts: QEMU with the real firmware, Mosquitto, TLS, our publisher."""

import random
import re

import pytest
from lab import Broker, Build, Certificates, Device, Publisher
from lab.resume import (RationingPublisher, assert_only_the_missing_was_fetched, cut_downloads,
                        seeded)

FACTORY = "mqtt_ota-1.0.0"
GOOD = "mqtt_ota-1.1.0"
HANGS = "mqtt_ota-1.2.0-hangs"


@pytest.fixture
def device(tmp_path, tls_broker):
    return Device(tmp_path).create(Build.image(FACTORY), tls_broker)


def test_an_update_is_installed_confirmed_and_a_bad_one_reverted(tls_broker, catalogue, device):
    with Publisher(tls_broker, catalogue, "--json") as publisher, device:
        # the factory program asks and there is nothing
        device.wait_for(r"boot: starting 1\.0\.0")
        device.wait_for(r"app: no update: running 1\.0\.0")
        device.wait_for_led(1000)

        # a good update
        catalogue.sign(Build.program(GOOD), "1.1.0")
        device.wait_for(r"update 1\.1\.0: hash and signature are good")
        device.wait_for(r"update 1\.1\.0: reported \(pending\)")
        device.wait_for(r"reset: software")
        installed = device.after(r"boot: installed 1\.1\.0, on trial")
        device.wait_for(r"app: 1\.1\.0 confirmed")
        device.wait_for(r"update 1\.1\.0: reported \(confirmed\)")
        device.wait_for_led(100, installed)

        # a bad one: the watchdog and the bootloader undo it
        catalogue.sign(Build.program(HANGS), "1.2.0")
        device.wait_for(r"app: this build hangs on purpose")
        device.wait_for(r"reset: watchdog")
        reverted = device.after(r"boot: the trial was not confirmed")
        device.wait_for(r"boot: starting 1\.1\.0", start=reverted)
        device.wait_for(r"update 1\.2\.0: reported \(reverted\)", start=reverted)

        # it is on offer still, and refused
        device.wait_for(r"app: refused 1\.2\.0: this version was tried before", start=reverted)
        device.wait_for(r"update 1\.2\.0: reported \(refused\)", start=reverted)
        assert device.count(r"boot: installed 1\.2\.0") == 1

        publisher.wait_for('"stage":"refused"')
        stages = [(event["version"], event["stage"], event["success"])
                  for event in publisher.events("result")]
    assert stages[:4] == [("1.1.0", "pending", True), ("1.1.0", "confirmed", True),
                          ("1.2.0", "pending", True), ("1.2.0", "reverted", False)]
    assert set(stages[4:]) == {("1.2.0", "refused", False)}
    facts = device.inspect()
    assert facts["primary"]["version"] == "1.1.0"
    assert facts["next_boot"] == "none"


def test_a_confirmed_update_stays_when_the_power_is_cut(tls_broker, catalogue, device):
    catalogue.sign(Build.program(GOOD), "1.1.0")
    with Publisher(tls_broker, catalogue):
        with device:
            device.wait_for(r"app: 1\.1\.0 confirmed")
            device.kill()
        with device:
            mark = device.mark()
            device.wait_for(r"boot: starting 1\.1\.0", start=mark)
            device.wait_for(r"app: no update: running 1\.1\.0", start=mark)


@pytest.mark.parametrize("moment", [
    r"update 1\.1\.0: downloading", r"update 1\.1\.0: [5-9]\d %", r"update 1\.1\.0: downloaded",
    r"pending, installed at the next restart", r"boot: moved 1\d of", r"boot: moved [3-6]\d of",
    r"boot: installed 1\.1\.0", r"app: on trial",
])
def test_the_power_may_be_cut_at_any_moment(tls_broker, catalogue, device, moment):
    catalogue.sign(Build.program(GOOD), "1.1.0")
    with Publisher(tls_broker, catalogue):
        with device:
            device.wait_for(moment)
            device.kill()
        with device:
            # After a cut in its trial the update is reverted, and not tried again.
            start = r"boot: starting 1\.[01]\.0"
            mark = device.mark()
            device.wait_for(start, start=mark)
            device.wait_for(r"app: 1\.1\.0 confirmed|app: refused 1\.1\.0", start=mark, timeout=60)
    assert device.inspect()["next_boot"] == "none"


def test_a_download_that_is_cut_at_random_moments_goes_on_where_it_was(tmp_path, tls_broker,
                                                                       catalogue, device):
    program = tmp_path / "large.bin"
    program.write_bytes(Build.program(GOOD).read_bytes() + random.Random(1).randbytes(300_000))
    image = catalogue.sign(program, "1.1.0").read_bytes()
    with RationingPublisher(tls_broker, device.board, image) as publisher:
        cut_downloads(device, publisher, 3, seeded())
        with device:
            device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)
    assert_only_the_missing_was_fetched(publisher)


def test_the_button_makes_it_look_for_an_update_at_once(tmp_path, tls_broker, catalogue):
    device = Device(tmp_path).create(Build.image(FACTORY), tls_broker,
                                     agent__next_check_interval_s=3600)
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(r"app: no update: running 1\.0\.0")
        catalogue.sign(Build.program(GOOD), "1.1.0")
        device.press_button()
        device.wait_for(r"app: button: looking for an update")
        device.wait_for(r"app: 1\.1\.0 confirmed")


def test_two_devices_update_at_the_same_time(tmp_path, tls_broker, catalogue):
    catalogue.sign(Build.program(GOOD), "1.1.0")
    one, two = (Device(tmp_path, name).create(Build.image(FACTORY), tls_broker)
                for name in ("otter-1", "otter-2"))
    with Publisher(tls_broker, catalogue), one, two:
        for device in (one, two):
            device.wait_for(r"app: 1\.1\.0 confirmed")


# --- when the broker is the trouble -----------------------------------------------------------------


def test_a_broker_that_is_down_is_waited_for(tmp_path, certificates, catalogue):
    broker = Broker(tmp_path, certificates)
    catalogue.sign(Build.program(GOOD), "1.1.0")
    with Device(tmp_path).create(Build.image(FACTORY), broker) as device:
        device.wait_for(r"failed while asking for an update: .*next try in \d+ s")
        with broker, Publisher(broker, catalogue):
            device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)


def test_a_broker_lost_in_the_download_is_found_again(tls_broker, catalogue, device):
    with Publisher(tls_broker, catalogue) as publisher, device:
        catalogue.sign(Build.program(GOOD), "1.1.0")
        lost = device.after(r"update 1\.1\.0: [1-6]\d %")
        tls_broker.kill()
        device.wait_for(r"failed while", start=lost)
        tls_broker.start()
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=60)
        publisher.wait_for(r"says Success: 1\.1\.0 confirmed")


def test_a_cable_pulled_in_the_download_is_survived(device, tls_broker, catalogue):
    with Publisher(tls_broker, catalogue), device:
        catalogue.sign(Build.program(GOOD), "1.1.0")
        device.wait_for(r"update 1\.1\.0: downloading")
        device.unplug()
        device.wait_for(r"failed while", timeout=60)
        device.plug()
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=90)


@pytest.mark.parametrize(("trouble", "said"), [
    ("another authority", "did not prove who it is"),
    ("another name", "did not prove who it is"),
    ("expired", "did not prove who it is"),
])
def test_a_broker_that_cannot_prove_itself_is_refused(tmp_path, certificates, trouble, said):
    server = {
        "another authority": lambda: Certificates(tmp_path / "other"),
        "another name": lambda: Certificates(tmp_path / "other", servers=["example.org"]),
        "expired": lambda: Certificates(tmp_path / "other", is_expired=True),
    }[trouble]()
    trusted = certificates if trouble == "another authority" else server
    broker = Broker(tmp_path, server)
    seen = Broker(tmp_path, trusted)
    seen.port = broker.port
    with broker, Device(tmp_path).create(Build.image(FACTORY), seen) as device:
        device.wait_for(rf"failed while asking for an update: .*{said}")
    assert device.inspect()["primary"]["version"] == "1.0.0"


def test_a_broker_that_speaks_no_tls_is_refused(tmp_path, certificates, plain_broker):
    plain_broker.certificates = certificates
    with Device(tmp_path).create(Build.image(FACTORY), plain_broker) as device:
        device.wait_for(r"failed while asking for an update")
        assert device.count("offered") == 0


def test_a_client_certificate_that_the_broker_does_not_know_is_told(tmp_path, tls_broker):
    strangers = Certificates(tmp_path / "strangers")
    device = Device(tmp_path)
    own, tls_broker.certificates = tls_broker.certificates, _Mixed(tls_broker.certificates, strangers)
    device.create(Build.image(FACTORY), tls_broker)
    tls_broker.certificates = own
    with device:
        line = device.wait_for(r"failed while asking for an update: (.*)")[1]
        assert re.search(r"refused this device", line)


class _Mixed:
    """The authority of one set of certificates, the clients of another."""

    def __init__(self, authority, clients):
        self.ca = authority.ca
        self.certificate = clients.certificate
        self.key = clients.key
