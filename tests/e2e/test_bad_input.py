# SPDX-License-Identifier: Apache-2.0
"""Whatever a publisher sends: the device names the trouble and reports it, its program stays, and it
takes the next good job. Real firmware in QEMU against a publisher that spoils one thing at a time.
"""

import random

import pytest
from lab import Build, Device, run
from lab.peers import HEADER, FakePublisher

FACTORY = Build.image("mqtt_ota-1.0.0")
GOOD = Build.image("mqtt_ota-1.1.0")


def good_image():
    return GOOD.read_bytes()


def without(job, *keys):
    return {key: value for key, value in job.items() if key not in keys}


def with_header(message, **changes):
    """A chunk message with some fields of its header changed."""
    names = ["magic", "data_start", "type", "major", "minor", "revision", "total", "offset", "size",
             "count", "index"]
    fields = dict(zip(names, HEADER.unpack_from(message), strict=True))
    fields.update(changes)
    return HEADER.pack(*fields.values()) + message[HEADER.size:]


def assert_takes_a_good_job(device, publisher):
    """The proof that nothing was broken: the next offer is installed."""
    publisher.alter_job = lambda job: job
    publisher.alter_chunk = lambda _number, message: message
    publisher.image = good_image()
    publisher.version = "1.1.0"
    publisher.silent_to = ()
    device.wait_for(r"app: 1\.1\.0 confirmed", timeout=90)


# name: what becomes of the job, what the console says, the code that is reported (None: no report, as
# nothing was wrong)
BAD_JOBS = {
    "another board": (lambda job: {**job, "Board": "toaster"}, r"refused .*another board", "-63"),
    "no board": (lambda job: without(job, "Board"), r"refused .*missing or malformed", "-62"),
    "the running version": (lambda job: {**job, "Version": "1.0.0"}, r"no update: running 1\.0\.0",
                            None),
    "an older version": (lambda job: {**job, "Version": "0.9.0"}, r"no update: running 1\.0\.0",
                         None),
    "a version that is none": (lambda job: {**job, "Version": "new"},
                               r"refused .*missing or malformed", "-62"),
    "another server": (lambda job: {**job, "Broker": "evil.example", "Port": "1883"},
                       r"refused .*server that is not allowed", "-66"),
    "broken JSON": (lambda job: b'{"Message":"Update Available",', r"refused the job: .*JSON", "-60"),
    "not an object": (lambda job: b"[1,2,3]", r"refused the job: .*JSON", "-60"),
    "nothing at all": (lambda job: b"", r"failed while asking .*did not answer in time", None),
    "binary rubbish": (lambda job: random.Random(1).randbytes(300), r"refused the job: .*JSON",
                       "-60"),
    "too long": (lambda job: {**job, "Product": "x" * 2000}, r"refused the job: .*too long", "-61"),
    "deeply nested": (lambda job: b'{"a":' * 130 + b"1" + b"}" * 130, r"refused the job: .*too long",
                      "-61"),
}


@pytest.mark.parametrize("name", BAD_JOBS)
def test_a_bad_job_is_refused(tmp_path, tls_broker, name):
    alter, said, code = BAD_JOBS[name]
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image(), alter_job=alter) as publisher, device:
        device.wait_for(rf"app: .*{said}")
        if code is not None:
            assert publisher.wait_for_result()["Code"] == code
        assert device.count(r"downloading|reset:") == 0
        assert_takes_a_good_job(device, publisher)


BAD_CHUNKS = {
    "a wrong magic": lambda message: with_header(message, magic=b"OTAimage"),
    "a wrong data start": lambda message: with_header(message, data_start=31),
    "a size beyond the message": lambda message: with_header(message, size=4097),
    "a size short of the message": lambda message: with_header(message, size=1),
    "an offset beyond the image": lambda message: with_header(message, offset=0xFFFFF000),
    "another total": lambda message: with_header(message, total=999_999),
    "another version": lambda message: with_header(message, major=7),
    "no data": lambda message: with_header(message[:HEADER.size], size=0),
    "half a header": lambda message: message[:20],
    "nothing": lambda message: b"",
    "text": lambda message: b'{"Message":"Hello"}',
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_bad_chunk_does_no_harm(tmp_path, tls_broker, name):
    """The third chunk is spoilt once; the device asks for it again, or starts anew."""
    def spoil(number, message):
        return BAD_CHUNKS[name](message) if number == 2 else message

    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image(), alter_chunk=spoil), device:
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=90)


def test_chunks_that_are_always_bad_end_in_a_failure(tmp_path, tls_broker):
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image(), alter_chunk=lambda _number, message:
                       with_header(message, magic=b"OTAimage")) as publisher, device:
        result = publisher.wait_for_result(120)
        assert (result["Message"], result["Stage"]) == ("Failure", "failed")
        assert_takes_a_good_job(device, publisher)


def flip_a_bit(image, at):
    return image[:at] + bytes([image[at] ^ 0x10]) + image[at + 1:]


@pytest.fixture
def stranger(tmp_path):
    """The good program, signed by a key that the device does not know."""
    key, image = tmp_path / "stranger.pem", tmp_path / "stranger.bin"
    run(Build.otter, "key", "new", key)
    run(Build.otter, "image", "sign", "--layout", Build.layout, "--key", key, "--version", "1.1.0",
        Build.program("mqtt_ota-1.1.0"), image)
    return image.read_bytes()


BAD_IMAGES = {
    "a flipped bit": (lambda: flip_a_bit(good_image(), 50_000), r"hash does not match", "-25"),
    "a flipped bit in the signature": (lambda: flip_a_bit(good_image(), len(good_image()) - 10),
                                       r"signature is wrong", "-28"),
    "a missing end": (lambda: good_image()[:-1000], r"TLV area is malformed", "-24"),
    "no image": (lambda: random.Random(3).randbytes(20_000), r"not an image", "-21"),
    "zeros": (lambda: bytes(20_000), r"not an image", "-21"),
    "one byte": (lambda: b"x", r"not an image", "-21"),
    "too much for the slot": (lambda: good_image() + bytes(1 << 20), r"does not fit", "-23"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_not_installed(tmp_path, tls_broker, name):
    make, said, code = BAD_IMAGES[name]
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, make()) as publisher, device:
        device.wait_for(rf"failed while .*{said}", timeout=60)
        result = publisher.wait_for_result()
        assert (result["Message"], result["Stage"]) == ("Failure", "failed")
        assert result["Code"] == code
        assert device.count(r"reset:") == 0
        assert_takes_a_good_job(device, publisher)


def test_an_image_of_a_stranger_is_not_installed(tmp_path, tls_broker, stranger):
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, stranger) as publisher, device:
        device.wait_for(r"no key on this device signed the image", timeout=60)
        assert publisher.wait_for_result()["Code"] == "-27"
        assert_takes_a_good_job(device, publisher)


def test_an_image_that_is_not_the_promised_version_is_not_installed(tmp_path, tls_broker):
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image(), version="1.5.0") as publisher, device:
        device.wait_for(r"version is not the one the job promised", timeout=60)
        assert publisher.wait_for_result()["Code"] == "-70"
        assert_takes_a_good_job(device, publisher)


@pytest.mark.parametrize("request_name", ["Update Availability", "Request Data Chunk"])
def test_a_publisher_that_goes_silent_is_waited_for(tmp_path, tls_broker, request_name):
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image(),
                       silent_to=[request_name]) as publisher, device:
        device.wait_for(r"failed while .*did not answer in time", timeout=60)
        assert_takes_a_good_job(device, publisher)


def test_an_answer_to_another_device_is_not_taken(tmp_path, tls_broker):
    """Chunks on the topic of somebody else's download, or before there is one, change nothing."""
    device = Device(tmp_path).create(FACTORY, tls_broker)
    with FakePublisher(tls_broker, device.board, good_image()) as publisher, device:
        publisher.publish(f"anycloud/{device.board}/OTAImage", good_image()[:4096])
        device.wait_for(r"app: 1\.1\.0 confirmed", timeout=90)
