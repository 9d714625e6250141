# SPDX-License-Identifier: Apache-2.0
"""Two images in one archive, installed together on a simulated device with two images."""

import io
import json
import random
import re
import subprocess
import tarfile

import pytest
from lab import Build, Publisher, WebServer, run
from lab.resume import (BUFFER_SIZE, CHUNK_SIZE, SECTOR_SIZE, WINDOW, RationingPublisher,
                        cut_downloads, seeded)
from test_http import WebDevice, job
from test_sim_device import HANGS, POWER_CUT, SimDevice, program_of

LAYOUT = Build.board("two-images")
BOARD = "mps2-an386"
LONGEST_RANGE = 65536


class PairDevice(SimDevice):
    """A device with a second image, the "radio"."""

    simulator = Build.host / "bin" / "otter-sim-device-two"
    layout = LAYOUT

    def program_radio(self, image):
        run(Build.otter, "device", "program", "--layout", LAYOUT, "--area", "primary-1", image,
            self.flash)


class PairWebDevice(PairDevice, WebDevice):
    """The same with an HTTP server."""


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.pem"
    run(Build.otter, "key", "new", path)
    return path


@pytest.fixture
def pair(tmp_path, key):
    """Sign an application and a radio program that need each other."""
    def sign(version, begin=b"", size=60_000):
        images = []
        for index, name in enumerate(("app", "radio")):
            (tmp_path / name).mkdir(exist_ok=True)
            program = program_of(tmp_path / name, version, begin, size // (index + 1))
            image = tmp_path / f"{name}-{version}.bin"
            run(Build.otter, "image", "sign", "--layout", LAYOUT, "--key", key, "--version", version,
                "--dependency", f"{1 - index},{version}", program, image)
            images.append(image)
        return images
    return sign


@pytest.fixture
def device(tmp_path, tls_broker, certificates, pair, key):
    sim = PairDevice(tmp_path, key)
    app, radio = pair("1.0.0")
    sim.create(app, tls_broker, certificates)
    sim.program_radio(radio)
    yield sim
    sim.stop()


@pytest.fixture
def publisher(tls_broker, catalogue, device):
    with Publisher(tls_broker, catalogue) as running:
        yield running


def manifest(version, images):
    """As the AnyCloud library's signing script writes it."""
    files = [{"fileName": "components.json", "fileType": "component_list"}]
    files += [{"fileName": path.name, "fileType": kind, "fileSize": str(path.stat().st_size)}
              for path, kind in zip(images, ("NSPE", "SPE"), strict=True)]
    return json.dumps({"numberOfComponents": str(len(files)), "version": version, "files": files})


def by_gnu_tar(folder, version, images):
    (folder / "components.json").write_text(manifest(version, images))
    subprocess.run(["tar", "-C", folder, "-cf", "bundle.tar", "components.json",
                    *(path.name for path in images)], check=True, cwd=folder)
    return (folder / "bundle.tar").read_bytes()


def by_tarfile(tar_format):
    def make(folder, version, images):
        (folder / "components.json").write_text(manifest(version, images))
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w", format=tar_format) as tar:
            for path in (folder / "components.json", *images):
                tar.add(path, path.name)  # with the file's time: of fractions, which pax keeps
        return archive.getvalue()
    return make


def by_otter(folder, _version, images):
    run(Build.otter, "image", "bundle", "--out", folder / "bundle.tar", *images)
    return (folder / "bundle.tar").read_bytes()


MAKERS = {"GNU tar": by_gnu_tar, "Python, GNU": by_tarfile(tarfile.GNU_FORMAT),
          "Python, ustar": by_tarfile(tarfile.USTAR_FORMAT),
          "Python, pax": by_tarfile(tarfile.PAX_FORMAT)}


def assert_both(console, version):
    """What the bootloader started last."""
    starts = [line for line in console.splitlines() if line.startswith(("boot: starting",
                                                                       "boot: with image 1"))]
    assert starts[-2:] == [f"boot: starting {version}", f"boot: with image 1, {version}"], console


@pytest.mark.parametrize("maker", MAKERS)
def test_two_images_are_installed_together(device, publisher, catalogue, pair, tmp_path, maker):
    archive = MAKERS[maker](tmp_path, "1.1.0", pair("1.1.0"))
    catalogue.release(BOARD, "1.1.0", archive)
    status, console = device.run_once()
    assert status == 0, console
    assert "app: 1.1.0 confirmed" in console
    assert_both(console, "1.1.0")
    publisher.wait_for("1.1.0.*confirmed")
    status, console = device.run_once()
    assert "app: no update: running 1.1.0" in console
    assert_both(console, "1.1.0")


def test_the_same_images_make_the_same_archive_and_python_can_read_it(pair, tmp_path):
    images = pair("1.1.0")
    archive = by_otter(tmp_path, "1.1.0", images)
    assert by_otter(tmp_path, "1.1.0", images) == archive
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["components.json", *(path.name for path in images)]
        assert [tar.extractfile(path.name).read() for path in images] == [
            path.read_bytes() for path in images]
    facts = json.loads(run(Build.otter, "image", "info", "--json", tmp_path / "bundle.tar").stdout)
    assert (facts["kind"], facts["version"]) == ("bundle", "1.1.0")
    assert [image["version"] for image in facts["images"]] == ["1.1.0", "1.1.0"]


def test_images_that_could_be_parted_are_only_bundled_on_request(tmp_path, key):
    images = []
    for name in ("app", "radio"):
        images.append(tmp_path / f"{name}.bin")
        run(Build.otter, "image", "sign", "--layout", LAYOUT, "--key", key, "--version", "1.1.0",
            program_of(tmp_path, name), images[-1])
    refused = run(Build.otter, "image", "bundle", "--out", tmp_path / "b.tar", *images, expect=1)
    assert "could be installed without the others" in refused.stderr
    assert not (tmp_path / "b.tar").exists()
    run(Build.otter, "image", "bundle", "--independent", "--out", tmp_path / "b.tar", *images)


def test_a_bundle_that_could_never_be_installed_is_not_made(pair, tmp_path):
    images = [pair("1.1.0")[0], pair("1.0.0")[1]]
    refused = run(Build.otter, "image", "bundle", "--independent", "--out", tmp_path / "b.tar",
                  *images, expect=1).stderr
    assert re.search(r"app-1.1.0.bin could never be installed from this bundle", refused)
    assert re.search(r"needs +image 1 of 1.1.0 or newer", refused)
    assert re.search(r"found +1.0.0, \S*radio-1.0.0.bin", refused)
    assert not (tmp_path / "b.tar").exists()


def test_images_in_the_wrong_order_are_said_to_be_that(pair, tmp_path):
    refused = run(Build.otter, "image", "bundle", "--out", tmp_path / "b.tar",
                  *reversed(pair("1.1.0")), expect=1).stderr
    assert "put image 0 first" in refused


def test_a_bundle_is_verified_as_a_device_would(pair, key, tmp_path):
    bundle = tmp_path / "b.tar"
    archive = bytearray(by_otter(tmp_path, "1.1.0", pair("1.1.0")))
    bundle.write_bytes(archive)
    good = run(Build.otter, "image", "verify", "--key", key, bundle).stdout
    assert "good, bundle 1.1.0 of 2 images, hashes and signatures are right" in good
    assert "give --key" in run(Build.otter, "image", "verify", bundle).stdout
    archive[-30_000] ^= 1
    bundle.write_bytes(archive)
    bad = run(Build.otter, "image", "verify", "--key", key, bundle, expect=1)
    assert "radio-1.1.0.bin: the image's hash does not match its bytes" in bad.stderr
    answer = run(Build.otter, "image", "verify", "--json", bundle, expect=1)
    assert not json.loads(answer.stdout)["good"]
    assert [image["result"] for image in json.loads(answer.stdout)["images"]] == [
        "OTTER_OK", "OTTER_ERR_IMAGE_HASH"]


def test_a_bundle_that_others_made_wrongly_is_told_so(pair, tmp_path):
    bundle = tmp_path / "b.tar"
    bundle.write_bytes(by_gnu_tar(tmp_path, "1.1.0", [pair("1.1.0")[0], pair("1.0.0")[1]]))
    told = run(Build.otter, "image", "verify", bundle, expect=1).stderr
    assert re.search(r"needs +image 1 of 1.1.0 or newer", told)
    bundle.write_bytes(by_gnu_tar(tmp_path, "1.2.0", pair("1.1.0")))
    told = run(Build.otter, "image", "verify", bundle, expect=1).stderr
    assert "the manifest promises another version than that of image 0" in told
    bundle.write_bytes(bundle.read_bytes()[:-20_000])
    told = run(Build.otter, "image", "verify", bundle, expect=1).stderr
    assert "is an archive, but not a bundle" in told


def test_the_tool_releases_a_bundle_with_its_job(device, publisher, catalogue, pair):
    run(Build.otter, "image", "bundle", "--catalogue", catalogue.folder, *pair("1.1.0"))
    job = json.loads((catalogue.folder / "bundle-1.1.0.json").read_text())
    assert (job["File"], job["Board"], job["Version"]) == ("bundle-1.1.0.tar", BOARD, "1.1.0")
    status, console = device.run_once()
    assert status == 0, console
    assert_both(console, "1.1.0")


@pytest.mark.parametrize("fetch", ["whole", "topic"])
def test_without_a_job_the_manifest_says_what_it_is(device, publisher, catalogue, pair, tls_broker,
                                                    certificates, fetch):
    app, radio = pair("1.0.0")
    device.create(app, tls_broker, certificates, **{"agent.flow": "direct", "mqtt.fetch": fetch})
    device.program_radio(radio)
    run(Build.otter, "image", "bundle", "--catalogue", catalogue.folder, *pair("1.1.0"))
    status, console = device.run_once()
    assert status == 0, console
    assert_both(console, "1.1.0")


def test_if_the_second_image_is_damaged_none_is_installed(device, publisher, catalogue, pair,
                                                         tmp_path):
    archive = bytearray(by_otter(tmp_path, "1.1.0", pair("1.1.0")))
    archive[-30_000] ^= 1
    catalogue.release(BOARD, "1.1.0", bytes(archive))
    status, console = device.run_once()
    assert status == 0, console
    assert "failed while verifying: the image's hash does not match its bytes (SPE)" in console
    publisher.wait_for("1.1.0.*failed")
    status, console = device.run_once()
    assert_both(console, "1.0.0")


def test_both_go_back_if_the_new_ones_hang(device, publisher, catalogue, pair, tmp_path):
    catalogue.release(BOARD, "1.1.0", by_otter(tmp_path, "1.1.0", pair("1.1.0", begin=HANGS)))
    status, console = device.run_once()
    assert status == 0, console
    assert "sim: reset by the watchdog" in console
    assert "refused 1.1.0: this version was tried before and reverted" in console
    assert_both(console, "1.0.0")


@pytest.mark.parametrize("cut_at", [1000, 7000, -5000])
def test_an_archive_that_is_cut_short_installs_nothing(device, publisher, catalogue, pair, tmp_path,
                                                      cut_at):
    catalogue.release(BOARD, "1.1.0", by_otter(tmp_path, "1.1.0", pair("1.1.0"))[:cut_at])
    status, console = device.run_once()
    assert status == 0, console
    assert "failed while downloading: the archive is not a bundle of images" in console
    publisher.wait_for("1.1.0.*failed")
    status, console = device.run_once()
    assert_both(console, "1.0.0")


def most_lost(archive, under_way):
    """What a cut may cost: what was under way or not yet recorded, and what a walk fetches again."""
    walk = 5 * 512
    return under_way + BUFFER_SIZE + SECTOR_SIZE + len(archive) // 32 + walk


def test_a_device_killed_in_the_middle_fetches_only_what_is_missing(device, tls_broker, pair,
                                                                   tmp_path):
    archive = by_otter(tmp_path, "1.1.0", pair("1.1.0", size=400_000))
    chance = seeded()
    cuts = 4
    with RationingPublisher(tls_broker, BOARD, archive) as publisher:
        cut_downloads(device, publisher, cuts, chance)
        status, console = device.run_once()
        assert status == 0, console
        assert_both(console, "1.1.0")
        asked = sum(size for requests in publisher.downloads() for _, size in requests)
    assert asked <= len(archive) + cuts * most_lost(archive, WINDOW * CHUNK_SIZE)


def test_a_cut_anywhere_leaves_a_device_that_finishes_both(device, publisher, catalogue, pair,
                                                          tmp_path):
    catalogue.release(BOARD, "1.1.0", by_otter(tmp_path, "1.1.0", pair("1.1.0")))
    start = device.flash.read_bytes()
    for operation in random.Random(1).sample(range(2, 90), 4):
        device.flash.write_bytes(start)
        status, console = device.run_once("--cut", operation)
        assert status == POWER_CUT, console
        for _ in range(2):
            status, console = device.run_once()
            assert status == 0, console
        assert_both(console, "1.1.0")


def asked_bytes(server, uri):
    """What the ranges add up to that were asked for."""
    ranges = [re.fullmatch(r"bytes=(\d+)-(\d+)", row[4]) for row in server.requests(uri)]
    return sum(int(match[2]) - int(match[1]) + 1 for match in ranges)


def test_over_http_too_only_what_is_missing_is_fetched(tmp_path, key, pair):
    archive = by_otter(tmp_path, "1.1.0", pair("1.1.0", size=400_000))
    app, radio = pair("1.0.0")
    server = WebServer(tmp_path)
    (server.root / "bundle.tar").write_bytes(archive)
    (server.root / "ota_update.json").write_bytes(job("1.1.0", File="/bundle.tar"))
    device = PairWebDevice(tmp_path, key)
    with server:
        device.provision(app, server)
        device.program_radio(radio)
        cuts = (60, 100, 100)
        for operation in cuts:
            status, console = device.run_once("--cut", operation)
            assert status == POWER_CUT, console
        status, console = device.run_once()
        assert status == 0, console
        assert_both(console, "1.1.0")
        again = asked_bytes(server, "/bundle.tar") - len(archive)
    assert again <= len(cuts) * most_lost(archive, LONGEST_RANGE)
