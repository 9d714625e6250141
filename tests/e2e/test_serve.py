# SPDX-License-Identifier: Apache-2.0
"""`otter serve`: devices update from it, other clients get what HTTP promises."""

import http.client
import json
import ssl

import pytest
from lab import Build, Process, free_port, run
from test_http import WebDevice
from test_sim_device import program_of

IMAGE = bytes(range(256)) * 40


class Server(Process):
    """`otter serve` on a free port."""

    def __init__(self, folder, *options, certificates=None):
        self.port = free_port()
        self.certificates = certificates
        words = ["--port", self.port, *options]
        if certificates:
            words += ["--cert", certificates.certificate("server"),
                      "--key", certificates.key("server")]
        super().__init__([Build.otter, "serve", folder, *words])

    def start(self):
        super().start()
        self.wait_for(r'publishing \d+ image|"event":"ready"', timeout=20)

    def request(self, method, path, body=None, **headers):
        """Status, headers and body of the answer."""
        if self.certificates:
            trust = ssl.create_default_context(cafile=self.certificates.ca)
            connection = http.client.HTTPSConnection("localhost", self.port, context=trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body,
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.pem"
    run(Build.otter, "key", "new", path)
    return path


@pytest.fixture
def released(catalogue):
    """A catalogue with one image."""
    catalogue.release("kit", "1.1.0", IMAGE)
    return catalogue


@pytest.fixture
def server(released):
    with Server(released.folder) as running:
        yield running


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_device_updates_from_it(tmp_path, catalogue, key, certificates, scheme):
    first, update = (catalogue.sign(program_of(tmp_path, version), version, key)
                     for version in ("1.0.0", "1.1.0"))
    trusted = certificates if scheme == "https" else None
    record = tmp_path / "fleet.db"
    device = WebDevice(tmp_path, key)
    with Server(catalogue.folder, "--record", record, certificates=trusted) as server:
        device.provision(first, server, certificates=trusted)
        device.update()
        server.wait_for("runs 1.0.0, is offered 1.1.0")
        server.wait_for("gets 1.1.0  100 %")
        server.wait_for("mps2-an386 SIM1  says Success: 1.1.0 pending")
        server.wait_for("mps2-an386 SIM1  says Success: 1.1.0 confirmed")
    assert update.exists()
    row = json.loads(run(Build.otter, "publish", "status", record, "--json").stdout)["devices"][0]
    assert (row["device"], row["state"], row["running"]) == ("SIM1", "confirmed", "1.1.0")


@pytest.mark.parametrize("asked, status, content_range, body", [
    (None, 200, None, IMAGE),
    ("bytes=0-99", 206, "bytes 0-99/10240", IMAGE[:100]),
    ("bytes=10000-", 206, "bytes 10000-10239/10240", IMAGE[10000:]),
    ("bytes=10000-99999", 206, "bytes 10000-10239/10240", IMAGE[10000:]),
    ("bytes=-240", 206, "bytes 10000-10239/10240", IMAGE[10000:]),
    ("bytes=10240-", 416, "bytes */10240", b""),
    ("bytes=5-4", 200, None, IMAGE),
    ("bytes=0-1,4-5", 200, None, IMAGE),
    ("lines=1-2", 200, None, IMAGE),
    ("bytes=99999999999999999999999-", 200, None, IMAGE),
])
def test_ranges_are_those_of_the_specification(server, asked, status, content_range, body):
    headers = {"Range": asked} if asked else {}
    answer = server.request("GET", "/kit-1.1.0.bin", **headers)
    assert (answer[0], answer[1]["Content-Range"], answer[2]) == (status, content_range, body)


def test_a_tag_changes_with_the_file(server, released):
    tag = server.request("HEAD", "/kit-1.1.0.bin")[1]["ETag"]
    assert server.request("GET", "/kit-1.1.0.bin", Range="bytes=0-0", If_Range=tag)[0] == 206
    released.release("kit", "1.1.0", IMAGE)
    assert server.request("GET", "/kit-1.1.0.bin", Range="bytes=0-0", If_Range=tag)[0] == 200
    assert server.request("HEAD", "/kit-1.1.0.bin")[1]["ETag"] != tag


def test_a_job_is_made_from_the_catalogue(server, released):
    job = json.loads(server.request("GET", "/ota_update.json")[2])
    assert job["Message"] == "Update Available"
    assert (job["Version"], job["Connection"], job["File"]) == ("1.1.0", "HTTP", "/kit-1.1.0.bin")
    assert job["ImageSize"] == str(len(IMAGE))
    # With a second board the server has to be told which one asks.
    released.release("other", "2.0.0", IMAGE)
    assert b"No Update" in server.request("GET", "/ota_update.json")[2]
    agent = "otter (other 1.0.0)"
    assert b"2.0.0" in server.request("GET", "/ota_update.json", User_Agent=agent)[2]
    assert b"1.1.0" in server.request("GET", "/kit/ota_update.json")[2]
    # One that says what it runs is only offered something newer.
    agent = "otter (other 2.0.0)"
    assert b"No Update" in server.request("GET", "/ota_update.json", User_Agent=agent)[2]
    assert b"No Update" in server.request("GET", "/unknown/ota_update.json")[2]


def test_a_job_that_lies_in_the_folder_is_served_as_it_is(server, released):
    (released.folder / "ota_update.json").write_text("{}")
    assert server.request("GET", "/ota_update.json")[2] == b"{}"


def test_a_device_without_a_body_in_its_result_is_understood(server):
    assert server.request("POST", "/kit-1.1.0.bin", b"")[0] == 204
    server.wait_for("kit 127.0.0.1  says Success")


@pytest.mark.parametrize("body, status", [(b"not JSON", 400), (b"x" * 5000, 413)])
def test_a_result_that_is_none_is_refused(server, body, status):
    assert server.request("POST", "/ota_result", body)[0] == status
    assert server.request("GET", "/kit-1.1.0.bin")[0] == 200


@pytest.mark.parametrize("path", ["/none.bin", "/", "/../secret", "/%2e%2e/secret", "/.hidden",
                                  "/folder", "/link", "//etc/passwd"])
def test_only_files_of_the_folder_are_served(server, released, path):
    (released.folder / ".hidden").write_text("x")
    (released.folder / "folder").mkdir()
    (released.folder / "link").symlink_to("/etc/passwd")
    (released.folder.parent / "secret").write_text("x")
    assert server.request("GET", path)[0] == 404


def test_other_methods_are_refused(server):
    assert server.request("DELETE", "/kit-1.1.0.bin")[0] == 405


def test_events_come_as_json_if_asked_for(released):
    with Server(released.folder, "--json") as server:
        server.request("GET", "/ota_update.json", User_Agent="otter (kit 1.0.0)")
        line = json.loads(server.wait_for(r'.*"event":"offered".*')[0])
        assert (line["board"], line["running"], line["version"]) == ("kit", "1.0.0", "1.1.0")


@pytest.mark.parametrize("options, why", [
    (["--cert", "x"], "--cert and --key belong together"),
    (["--port", "65536"], "--port 65536 is not possible"),
    (["--host", "nowhere"], "is no address to listen on"),
    (["--cert", "/none", "--key", "/none"], "cannot read /none"),
])
def test_a_wrong_option_is_explained(released, options, why):
    refused = run(Build.otter, "serve", released.folder, *options, expect=2)
    assert why in refused.stderr


def test_a_taken_port_is_told(server, released):
    refused = run(Build.otter, "serve", released.folder, "--port", server.port, expect=2)
    assert "cannot listen on 127.0.0.1" in refused.stderr


def test_its_help_has_an_example():
    assert "otter serve released" in run(Build.otter, "serve", "--help").stdout
