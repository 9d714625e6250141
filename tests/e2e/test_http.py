# SPDX-License-Identifier: Apache-2.0
"""The device as a host process, against a real nginx, and against servers that misbehave."""

import json
import os
import time

import pytest
from lab import Build, OddServer, Publisher, WebServer, run
from test_sim_device import SETTINGS, SimDevice, program_of

RANGES_OF_A_BIG_IMAGE = 25
"""An upper limit: ranges grow to 64 KiB."""


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.pem"
    run(Build.otter, "key", "new", path)
    return path


@pytest.fixture
def sign(tmp_path, catalogue, key):
    """Sign a program and put it on offer over MQTT; returns the image's path."""
    def sign(version, size=300_000):
        return catalogue.sign(program_of(tmp_path, version, size=size), version, key)
    return sign


def job(version, server=None, connection="HTTP", **keys):
    """A job document as bytes; without a server the image is where the job came from."""
    document = {"Message": "Update Available", "Board": "mps2-an386", "Version": version,
                "Connection": connection, "Server": "127.0.0.1" if server else "",
                "File": f"/app-{version}.bin", **keys}
    if server:
        document["Port"] = str(server.port)
    return json.dumps(document).encode()


class WebDevice(SimDevice):
    """A simulated device that knows an HTTP server, and perhaps a broker."""

    def provision(self, image, server, broker=None, certificates=None, **further):
        values = {**SETTINGS, "http.host": "127.0.0.1", "http.port": server.port,
                  "http.tls": "no", "agent.jobs": "http", "agent.max-download-tries": 3}
        files = {}
        if certificates:
            values |= {"http.tls": "yes", "http.server-name": "localhost"}
            files["http.ca"] = certificates.ca
        values |= further
        if broker:
            values["mqtt.port"] = broker.port
            files |= {"mqtt.ca": certificates.ca, "mqtt.key": certificates.key("device"),
                      "mqtt.certificate": certificates.certificate("device")}
        else:
            values = {name: value for name, value in values.items() if not name.startswith("mqtt")}
        words = [word for name, value in values.items() if value is not None
                 for word in ("--setting", f"{name}={value}")]
        words += [word for name, path in files.items()
                  for word in ("--setting-file", f"{name}={path}")]
        run(Build.otter, "device", "create", "--layout", self.layout, "--image", image,
            "--output", self.flash, *words)
        return self

    def update(self, version="1.1.0"):
        status, console = self.run_once()
        assert status == 0, console
        assert f"app: {version} confirmed" in console, console
        return console

    def fail(self):
        """A session that ends without the update. Returns its console."""
        status, console = self.run_once()
        assert status == 0, console
        assert "confirmed" not in console, console
        return console


@pytest.fixture
def device(tmp_path, key):
    sim = WebDevice(tmp_path, key)
    yield sim
    sim.stop()


@pytest.fixture
def serve(tmp_path, request):
    """Start nginx with a signed update and its job; returns the server."""
    running = []

    def serve(images, document, **options):
        server = WebServer(tmp_path, **options)
        for image in images:
            (server.root / image.name).write_bytes(image.read_bytes())
        (server.root / "ota_update.json").write_bytes(document)
        server.start()
        running.append(server)
        return server
    yield serve
    for server in running:
        server.stop()


# Good servers --------------------------------------------------------------------------------

def test_an_update_comes_over_http_and_is_reported(device, sign, serve):
    first, update = sign("1.0.0"), sign("1.1.0", size=900_000)
    server = serve([update], job("1.1.0"))
    console = device.provision(first, server).update()
    assert "app: update 1.1.0: reported (confirmed)" in console
    assert "refused" not in console  # the job goes on to lie there
    ranges = server.requests("/app-1.1.0.bin")
    assert all(row[3] == "206" for row in ranges)
    assert len(ranges) <= RANGES_OF_A_BIG_IMAGE
    first_session = [row for row in server.requests() if row[0] == ranges[0][0]]
    assert [row[2] for row in first_session] == [
        "/ota_update.json", *["/app-1.1.0.bin"] * len(ranges), "/ota_result"]


def test_an_update_comes_over_https(device, sign, serve, certificates):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0", connection="HTTPS"), certificates=certificates)
    device.provision(first, server, certificates=certificates).update()


def test_a_server_may_ask_for_the_devices_certificate(device, sign, serve, certificates):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0", connection="HTTPS"), certificates=certificates,
                   wants_client=True)
    device.provision(first, server, certificates=certificates)
    assert "app" in device.fail()
    own = {"http.certificate": certificates.certificate("device").read_text(),
           "http.key": certificates.key("device").read_text()}
    device.provision(first, server, certificates=certificates, **own).update()


def test_a_server_that_is_not_the_one_that_was_named_is_not_trusted(device, sign, serve,
                                                                    certificates):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0", connection="HTTPS"), certificates=certificates)
    device.provision(first, server, certificates=certificates,
                     **{"http.server-name": "updates.example"})
    assert "the peer did not prove who it is" in device.fail()


def test_without_a_job_the_image_says_what_it_is(device, sign, serve):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([first, update], b"")
    device.provision(first, server, **{"agent.flow": "direct", "http.image-path": f"/{first.name}"})
    console = device.fail()
    assert "no update" in console
    assert len(server.requests(f"/{first.name}")) <= 2  # the next range may be on its way by then
    device.provision(first, server,
                     **{"agent.flow": "direct", "http.image-path": f"/{update.name}"}).update()


# What nginx may lawfully do -------------------------------------------------------------------

CHUNKED = ("sub_filter_types *; sub_filter 'never in an image' '';",)


@pytest.mark.parametrize("directives", [
    ("keepalive_timeout 0;",), ("keepalive_requests 3;",), ("max_ranges 0;",),
    ("location /app-1.1.0.bin { return 302 /moved.bin; }",
     "location /moved.bin { try_files /app-1.1.0.bin =404; }"),
    ("rewrite ^/ota_update.json$ http://127.0.0.1:$server_port/job permanent;",
     "location /job { try_files /ota_update.json =404; }"),
], ids=["closes behind each answer", "closes now and then", "no ranges", "redirects the image",
        "redirects the job"])
def test_what_a_server_may_do_costs_nothing_but_time(device, sign, serve, directives):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"), directives=directives)
    console = device.provision(first, server).update()
    assert "failed" not in console


def test_a_chunked_answer_needs_a_job_that_tells_the_size(device, sign, serve):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"), directives=CHUNKED)
    device.provision(first, server)
    assert "nobody tells how long the image is" in device.fail()
    (server.root / "ota_update.json").write_bytes(
        job("1.1.0", ImageSize=str(update.stat().st_size)))
    device.update()


def test_a_busy_server_is_left_in_peace_and_asked_again(device, sign, serve):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"), directives=(
        "location /app-1.1.0.bin {"
        " if (-f $document_root/busy) { return 503; } add_header Retry-After 1 always; }",))
    (server.root / "busy").touch()
    device.provision(first, server)
    device.start()
    deadline = time.monotonic() + 20
    while len(server.requests("/app-1.1.0.bin")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {row[3] for row in server.requests("/app-1.1.0.bin")} == {"503"}
    (server.root / "busy").unlink()
    device.wait_for("app: 1.1.0 confirmed")


@pytest.mark.parametrize("status, why", [
    (404, "status 404 for /app-1.1.0.bin"), (403, "status 403"), (500, "status 500")])
def test_a_refusal_is_told_and_reported(device, sign, serve, status, why):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"),
                   directives=(f"location /app-1.1.0.bin {{ return {status}; }}",))
    console = device.provision(first, server).fail()
    assert why in console
    assert "reported (failed)" in console


def test_no_job_is_not_an_update(device, sign, serve):
    first = sign("1.0.0")
    server = serve([], b"")
    (server.root / "ota_update.json").unlink()
    assert "status 404 for /ota_update.json" in device.provision(first, server).fail()


@pytest.mark.parametrize("target", ["http://localhost:$server_port/x", "https://127.0.0.1/x"])
def test_a_redirect_to_a_server_that_is_not_allowed_is_refused(device, sign, serve, target):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"),
                   directives=(f"location /app-1.1.0.bin {{ return 302 {target}; }}",))
    assert "the server redirects to" in device.provision(first, server).fail()


def test_a_redirect_to_a_server_that_is_allowed_is_followed(device, sign, serve):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0"), directives=(
        "location /app-1.1.0.bin { return 302 http://localhost:$server_port/moved.bin; }",
        "location /moved.bin { try_files /app-1.1.0.bin =404; }"))
    device.provision(first, server, **{"http.allowed-server-1": "localhost"}).update()


def test_a_redirect_never_leads_from_tls_into_the_clear(device, sign, serve, certificates):
    first, update = sign("1.0.0"), sign("1.1.0")
    server = serve([update], job("1.1.0", connection="HTTPS"), certificates=certificates,
                   directives=("location /app-1.1.0.bin { return 302 http://127.0.0.1/x; }",))
    device.provision(first, server, certificates=certificates,
                     **{"http.allowed-server-1": "127.0.0.1"})
    assert "from TLS into the clear" in device.fail()


def test_an_image_that_changes_on_the_server_is_fetched_anew(device, sign, serve):
    """nginx makes its tags of the time of the last change."""
    first, update = sign("1.0.0"), sign("1.1.0", size=400_000)
    server = serve([update], job("1.1.0"), directives=("limit_rate 100k;",))
    device.provision(first, server, **{"agent.packet-interval-s": 10})
    device.start()
    device.wait_for(r"update 1\.1\.0: [2-5]\d %")
    os.utime(server.root / update.name, (0, 12345))
    device.wait_for("the image changed while it was fetched")
    device.wait_for("app: 1.1.0 confirmed", timeout=60)


# Servers that misbehave -----------------------------------------------------------------------

def wrong_range(handler, body):
    OddServer.send_range(handler, body[100:200], f"bytes 100-199/{len(body)}")
    return True


def no_range(handler, body):
    OddServer.send_range(handler, body[:4096], None)
    return True


def trickle(handler, body):
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-4095/{len(body)}")
    handler.send_header("Content-Length", 4096)
    handler.end_headers()
    for byte in body[:20]:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.5)
    handler.close_connection = True
    return True


def garbage(handler, _):
    handler.wfile.write(b"\x00\r\n" * 100)
    handler.close_connection = True
    return True


@pytest.mark.parametrize("oddity, why", [
    (wrong_range, "another range than the one asked for"),
    (no_range, "another range than the one asked for"),
    (trickle, "the server sends its answer too slowly"),
    (garbage, "the peer broke the protocol"),
])
def test_a_server_that_misbehaves_does_no_harm(device, sign, oddity, why):
    first, update = sign("1.0.0"), sign("1.1.0")
    files = {"/ota_update.json": job("1.1.0"), "/app-1.1.0.bin": update.read_bytes()}
    with OddServer(files, oddity) as server:
        device.provision(first, server, **{"agent.max-download-tries": 1})
        console = device.fail()
    assert why in console
    assert json.loads(server.posts[-1])["Stage"] == "failed"
    assert "boot: starting 1.0.0" in device.run_once()[1]


def test_a_body_cut_short_again_and_again_is_put_together(device, sign):
    first, update = sign("1.0.0"), sign("1.1.0", size=100_000)
    image = update.read_bytes()

    def cut_short(handler, body):
        first, last = OddServer.asked_range(handler, body)
        if last - first < 10_000:
            return False
        OddServer.send_range(handler, body[first:first + 9_000], f"bytes {first}-{last}/{len(body)}",
                             last - first + 1)
        handler.close_connection = True
        return True

    files = {"/ota_update.json": job("1.1.0"), "/app-1.1.0.bin": image}
    with OddServer(files, cut_short) as server:
        console = device.provision(first, server, **{"agent.retry-interval-max-s": 1}).update()
    assert "the server closed the connection within an answer" in console
    firsts = [int(asked[6:].split("-")[0]) for path, asked in server.requests if asked]
    assert firsts == sorted(firsts)  # not a byte that had arrived was asked for again


# Both transports ------------------------------------------------------------------------------

@pytest.fixture
def both(device, sign, serve, tls_broker, catalogue, certificates):
    """A device that knows a broker and an HTTPS server, and an update at both."""
    first, update = sign("1.0.0"), sign("1.1.0", size=600_000)
    server = serve([update], job("1.1.0"), certificates=certificates)
    with Publisher(tls_broker, catalogue) as publisher:
        def offer(jobs, data):
            released = catalogue.folder / "app-1.1.0.json"
            document = json.loads(released.read_text()) | {"Connection": data}
            (server.root / "ota_update.json").write_text(json.dumps(document))
            if jobs == "mqtt" and data == "HTTPS":
                document |= {"Server": "127.0.0.1", "Port": str(server.port)}
                released.write_text(json.dumps(document))
            return device.provision(first, server, tls_broker, certificates,
                                    **{"agent.jobs": jobs})
        yield offer, device, server, publisher


@pytest.mark.parametrize("data", ["MQTT", "HTTPS"])
@pytest.mark.parametrize("jobs", ["mqtt", "http"])
def test_jobs_and_images_come_over_any_pair_of_transports(both, jobs, data):
    offer, device, server, publisher = both
    offer(jobs, data)
    device.update()
    assert (len(server.requests("/app-1.1.0.bin")) > 0) == (data == "HTTPS")
    assert (len(server.requests("/ota_result")) > 0) == (jobs == "http")
    if jobs == "mqtt":
        publisher.wait_for("1.1.0.*confirmed")


@pytest.mark.parametrize("first, second", [("MQTT", "HTTPS"), ("HTTPS", "MQTT")])
def test_a_download_begun_over_one_transport_goes_on_over_the_other(both, first, second):
    offer, device, server, _ = both
    offer("http", first)
    device.start()
    device.wait_for(r"update 1\.1\.0: [4-8]\d %")
    device.kill()
    document = json.loads((server.root / "ota_update.json").read_text())
    (server.root / "ota_update.json").write_text(json.dumps(document | {"Connection": second}))
    asked = len(server.requests("/app-1.1.0.bin"))
    console = device.update()
    if second == "HTTPS":
        first_byte = server.requests("/app-1.1.0.bin")[0][4].removeprefix("bytes=").split("-")[0]
        assert int(first_byte) > 100_000
    else:
        assert len(server.requests("/app-1.1.0.bin")) == asked
    assert "failed while verifying" not in console
