# SPDX-License-Identifier: Apache-2.0
"""`otter publish` against peers that share no code with it, over a real broker."""

import json
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab import Broker, Build, Process, Publisher, run
from lab.peers import HEADER, OldSubscriber, Peer

BOARD = "CY8CPROTO_062_4343W"
REQUESTS = f"anycloud/{BOARD}/publish_notify"


def image_of(size, seed=1):
    """Random bytes: the old script loses chunks that happen to be text."""
    return random.Random(seed).randbytes(size)


def ask(peer, message, topic, **keys):
    peer.publish(REQUESTS, {"Message": message, "UniqueTopicName": topic, **keys})


@pytest.mark.parametrize("chunk_size", [None, 4096, 16384, 65504])
def test_an_old_device_gets_the_image(broker, catalogue, chunk_size):
    image = image_of(100_000)
    catalogue.release(BOARD, "1.6.0", image)
    with Publisher(broker, catalogue) as publisher, \
            OldSubscriber(broker, BOARD, chunk_size=chunk_size) as device:
        assert device.run() == image
        publisher.wait_for(rf"{BOARD} ABC213450001 .*is offered 1\.6\.0")
        publisher.wait_for(r"gets 1\.6\.0  100 %  100,000 of 100,000 bytes")
        publisher.wait_for(r"says Success")


def test_an_old_device_gets_a_megabyte_in_small_chunks(plain_broker, catalogue):
    image = image_of(1 << 20)
    catalogue.release(BOARD, "1.6.0", image)
    with Publisher(plain_broker, catalogue), OldSubscriber(plain_broker, BOARD) as device:
        assert device.run() == image


def test_chunks_are_as_large_as_asked_for(plain_broker, catalogue):
    image = image_of(200_000)
    catalogue.release(BOARD, "1.6.0", image)
    with Publisher(plain_broker, catalogue, "--chunk-size", 65504), \
            OldSubscriber(plain_broker, BOARD) as device:
        assert device.run() == image
        assert device.next_index == 4


def test_a_device_that_runs_the_newest_gets_nothing(plain_broker, catalogue):
    catalogue.release(BOARD, "1.6.0", b"x")
    with Publisher(plain_broker, catalogue) as publisher, \
            OldSubscriber(plain_broker, BOARD, version="1.6.0") as device:
        assert device.run() is None
        assert device.outcome == "No Update Available"
        publisher.wait_for(r"runs 1\.6\.0, no update")


def test_an_image_released_while_it_runs_is_offered_at_once(plain_broker, catalogue):
    with Publisher(plain_broker, catalogue):
        with OldSubscriber(plain_broker, BOARD) as device:
            assert device.run() is None
        catalogue.release(BOARD, "1.0.1", image_of(5000))
        with OldSubscriber(plain_broker, BOARD) as device:
            assert device.run() == image_of(5000)


def test_each_board_gets_its_own_image(plain_broker, catalogue):
    catalogue.release("north", "2.0.0", image_of(3000, 1))
    catalogue.release("south", "3.0.0", image_of(3000, 2))
    with Publisher(plain_broker, catalogue):
        for board, seed in (("north", 1), ("south", 2)):
            with OldSubscriber(plain_broker, board) as device:
                assert device.run() == image_of(3000, seed)


def test_boards_that_are_not_named_are_not_served(plain_broker, catalogue):
    catalogue.release("north", "2.0.0", image_of(3000))
    catalogue.release("south", "2.0.0", image_of(3000))
    with Publisher(plain_broker, catalogue, "--board", "north") as publisher, \
            Peer(plain_broker) as peer, OldSubscriber(plain_broker, "north") as device:
        peer.publish("anycloud/south/publish_notify", {"Message": "Update Availability",
                                                       "UniqueTopicName": "anycloud/south/u"})
        assert device.run() == image_of(3000)
        assert publisher.count("south") == 0


def test_another_prefix_is_another_world(plain_broker, catalogue):
    catalogue.release(BOARD, "2.0.0", image_of(3000))
    with Publisher(plain_broker, catalogue, "--prefix", "OTAUpdate"), \
            OldSubscriber(plain_broker, BOARD, company="OTAUpdate") as device:
        assert device.run() == image_of(3000)


def test_many_devices_download_at_the_same_time(plain_broker, catalogue):
    image = image_of(60_000)
    catalogue.release(BOARD, "1.6.0", image)

    def one_device(number):
        with OldSubscriber(plain_broker, BOARD, chunk_size=[None, 4096][number % 2]) as device:
            return device.run()

    with Publisher(plain_broker, catalogue) as publisher, ThreadPoolExecutor(8) as pool:
        assert all(got == image for got in pool.map(one_device, range(8)))
        publisher.wait_for("says Success")


def test_offer_always_offers_what_is_not_newer(plain_broker, catalogue):
    catalogue.release(BOARD, "1.0.0", image_of(3000))
    with Publisher(plain_broker, catalogue, "--offer-always"), \
            OldSubscriber(plain_broker, BOARD, version="1.0.0") as device:
        assert device.run() == image_of(3000)


def test_a_device_in_direct_flow_needs_no_job(plain_broker, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(9000))
    with Publisher(plain_broker, catalogue), Peer(plain_broker) as peer:
        peer.subscribe(f"anycloud/{BOARD}/OTAImage")
        peer.publish(REQUESTS, {"Message": "Send Direct Update"})
        peer.wait_until(lambda: len(peer.received) == 3)
        assert b"".join(payload[HEADER.size:] for _, payload in peer.received) == image_of(9000)


def test_a_failure_is_logged_with_its_reason_and_answered(plain_broker, catalogue):
    topic = f"anycloud/{BOARD}/OTAImage/1"
    with Publisher(plain_broker, catalogue) as publisher, Peer(plain_broker) as peer:
        peer.subscribe(topic)
        ask(peer, "Failure", topic, SerialNumber="S7", Version="1.2.0", Stage="reverted",
            Code="-73", Reason="the new image was not confirmed and was reverted")
        publisher.wait_for(r"S7  says Failure: 1\.2\.0 reverted, code -73, the new image was not")
        peer.wait_until(lambda: peer.received)
        assert json.loads(peer.received[0][1]) == {"Message": "Result Received",
                                                   "UniqueTopicName": topic}


def test_a_job_may_send_devices_to_another_server(plain_broker, catalogue):
    (catalogue.folder / "app.json").write_text(json.dumps(
        {"Board": BOARD, "Version": "1.6.0", "Connection": "HTTPS", "Server": "files.example",
         "Port": "443", "File": "/app-1.6.0.bin"}))
    topic = f"anycloud/{BOARD}/u"
    with Publisher(plain_broker, catalogue), Peer(plain_broker) as peer:
        peer.subscribe(topic)
        ask(peer, "Update Availability", topic, Version="1.0.0")
        peer.wait_until(lambda: peer.received)
        job = json.loads(peer.received[0][1])
    assert (job["Connection"], job["Server"], job["File"]) == ("HTTPS", "files.example",
                                                               "/app-1.6.0.bin")


def test_one_image_is_published_as_with_the_old_script(plain_broker, catalogue, tmp_path):
    image, job = tmp_path / "any.bin", tmp_path / "ota_update.json"
    image.write_bytes(image_of(40_000))
    job.write_text(json.dumps({"Message": "Update Available", "Version": "1.6.0",
                               "Board": "another", "Connection": "MQTT", "Port": "1883"}))
    command = [Build.otter, "publish", "--file", image, "--job", job, "--kit", BOARD, "--company",
               "acme", "--broker", "127.0.0.1", "--port", plain_broker.port, "--plain", "-l"]
    with Process(command) as publisher:
        publisher.wait_for("publishing 1 image")
        with OldSubscriber(plain_broker, BOARD, company="acme") as device:
            assert device.run() == image_of(40_000)
        publisher.wait_for(r"gets 1\.6\.0   20 %")


@pytest.mark.parametrize("kind", ["image", "bundle"])
def test_a_file_that_says_what_it_is_needs_no_job(plain_broker, tmp_path, kind):
    layout, key = Build.board("two-images"), tmp_path / "release.pem"
    program = tmp_path / "program"
    program.write_bytes(image_of(20_000))
    run(Build.otter, "key", "new", key)
    images = [tmp_path / f"{index}.bin" for index in range(2)]
    for index, image in enumerate(images):
        run(Build.otter, "image", "sign", "--layout", layout, "--image-number", index, "--key", key,
            "--version", "1.6.0", "--dependency", f"{1 - index},1.6.0", program, image)
    bundle = tmp_path / "release.tar"
    run(Build.otter, "image", "bundle", "--out", bundle, *images)
    published = {"image": images[0], "bundle": bundle}[kind]
    command = [Build.otter, "publish", published, "--plain", "--port", plain_broker.port]
    fetch = [Build.otter, "fetch", "--board", "mps2-an386", *plain_broker.options_for("device"),
             "--output", tmp_path / "got", "--verify"]
    with Process(command) as publisher:
        publisher.wait_for("publishing 1 image")
        facts = json.loads(run(*fetch, key, "--json").stdout)
        run(Build.otter, "key", "new", tmp_path / "strange.pem")
        refused = run(*fetch, tmp_path / "strange.pem", expect=1).stderr
    assert (facts["job"]["Version"], facts["job"]["Board"]) == ("1.6.0", "mps2-an386")
    assert (tmp_path / "got").read_bytes() == published.read_bytes()
    assert "no key on this device signed the image" in refused


def test_an_empty_folder_is_said_and_waited_for(plain_broker, catalogue):
    with Publisher(plain_broker, catalogue) as publisher:
        assert "there is nothing on offer" in "\n".join(publisher.lines)
        catalogue.release(BOARD, "1.6.0", image_of(3000))
        with OldSubscriber(plain_broker, BOARD) as device:
            assert device.run() == image_of(3000)


@pytest.mark.parametrize("wrong", ["ca", "cert", "key", "pair"])
def test_files_of_tls_are_looked_at_before_the_broker_is(tls_broker, certificates, tmp_path, wrong):
    files = {"ca": certificates.ca, "cert": certificates.certificate("device"),
             "key": certificates.key("device")}
    if wrong == "pair":
        files["key"] = certificates.key("publisher")
    else:
        files[wrong] = tmp_path / "text"
        files[wrong].write_text("-----BEGIN NOTHING-----\n")
    result = run(Build.otter, "fetch", "--board", "kit", "--port", tls_broker.port,
                 *(word for name, path in files.items() for word in (f"--{name}", path)), expect=2)
    told = {"pair": "is not the key of", "key": "a private key in PEM"}
    assert told.get(wrong, "a certificate in PEM") in result.stderr


@pytest.mark.parametrize(("options", "said"), [
    ([], "there is nothing to publish"),
    (["--job", "x.json", "."], "--job belongs to --file"),
    (["--file", "x.bin", "."], "exclude each other"),
    (["--broker", "amazon", "."], "--broker amazon needs --host"),
    (["--broker", "mosquitto", "."], "cannot read mosquitto.org.crt"),
    (["--broker", "e", "."], "cannot read eclipse_ca.crt"),
    (["--plain", "--tls", "."], "exclude each other"),
    (["--plain", "--share", "a/b", "."], "--share 'a/b'"),
    (["--plain", "--record", "/nowhere/x.db", "."], "record /nowhere/x.db cannot be opened"),
    (["--plain", "/nowhere"], "cannot read the catalogue /nowhere"),
    (["--plain", "--file", "/nowhere"], "cannot read /nowhere"),
    (["--plain", __file__], "it is neither an image nor a bundle"),
])
def test_a_wrong_question_gets_a_right_answer(tmp_path, options, said):
    assert said in run(Build.otter, "publish", *options, expect=2, cwd=tmp_path).stderr


def test_publishers_of_a_group_share_one_download(plain_broker, catalogue):
    """Each request goes to one of them, whoever offered the job."""
    image = image_of(200_000)
    catalogue.release(BOARD, "1.6.0", image)
    with Publisher(plain_broker, catalogue, "--share", "g", "-l") as first, \
            Publisher(plain_broker, catalogue, "--share", "g", "-l") as second:
        for chunk_size in (4096, 16384):
            with OldSubscriber(plain_broker, BOARD, chunk_size=chunk_size) as device:
                assert device.run() == image
        for publisher in (first, second):
            assert publisher.count(" gets 1.6.0 ") > 5


def test_a_group_goes_on_when_one_of_it_is_killed(plain_broker, catalogue):
    image = image_of(1 << 20)
    catalogue.release(BOARD, "1.6.0", image)
    with Publisher(plain_broker, catalogue, "--share", "g") as first, \
            Publisher(plain_broker, catalogue, "--share", "g") as second:
        device = Process([Build.otter, "fetch", "--kit", BOARD, "--json", "--chunk-size", "512",
                          *plain_broker.options_for("device")])
        with device:
            first.wait_for("gets 1.6.0")
            second.wait_for("gets 1.6.0")
            first.kill()
            assert device.wait(60) == 0


def test_a_stream_ends_when_its_device_leaves(plain_broker, catalogue):
    """MQTT 5 tells; without it the rest goes to nobody."""
    catalogue.release(BOARD, "1.6.0", image_of(1 << 20))
    with Publisher(plain_broker, catalogue, "--share", "g") as publisher, \
            Peer(plain_broker) as peer:
        ask(peer, "Request Update", f"anycloud/{BOARD}/u")
        publisher.wait_for("it has left before it had the image")


def test_a_flood_from_one_device_leaves_the_others_served(plain_broker, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(100_000))
    flood = json.dumps({"Message": "Request Data Chunk", "Offset": "0", "Size": "65535",
                        "UniqueTopicName": f"anycloud/{BOARD}/flood"})
    with Publisher(plain_broker, catalogue) as publisher, Peer(plain_broker) as peer:
        for number in range(3000):
            peer.publish(REQUESTS, flood.replace('"0"', f'"{number}"'))
            peer.publish(REQUESTS, b"\xff")
        with OldSubscriber(plain_broker, BOARD, chunk_size=4096) as device:
            assert device.run() == image_of(100_000)
        publisher.wait_for(r"\d+ more requests ignored")
        assert publisher.is_running


def test_a_download_survives_the_loss_of_the_broker(plain_broker, catalogue, tmp_path):
    """The device keeps asking on its old topic; the publisher still knows, or is told, which image."""
    image = image_of(100_000)
    catalogue.release(BOARD, "1.6.0", image)
    topic = f"anycloud/{BOARD}/u"
    with Publisher(plain_broker, catalogue) as publisher:
        with Peer(plain_broker) as peer:
            peer.subscribe(topic)
            ask(peer, "Update Availability", topic, Version="1.0.0")
            peer.wait_until(lambda: peer.received)
            name = json.loads(peer.received[0][1])["File"]
        catalogue.release(BOARD, "1.6.0", image_of(100_000, seed=2))
        plain_broker.kill()
        publisher.wait_for("trying again")
        mark = publisher.mark()
        plain_broker.start()
        publisher.wait_for("publishing", start=mark)
        with Peer(plain_broker) as peer:
            peer.subscribe(topic + "2")
            ask(peer, "Request Data Chunk", topic + "2", Offset="0", Size="4096", Filename=name)
            peer.wait_until(lambda: peer.received)
            assert peer.received[0][1][HEADER.size:] == image[:4096]


HOSTILE = [
    b"", b"\x00", b"\xff\xfe\xfd", b"{", b"[]", b"null", b"7", b'"text"', b"{}", b"{" * 5000,
    b'{"a":' * 3000, b"\xc3", b"x" * 100_000,
    b'{"Message":"Update Availability"}',
    b'{"Message":"Update Availability","UniqueTopicName":7}',
    b'{"Message":"Update Availability","UniqueTopicName":"#"}',
    b'{"Message":"Update Availability","UniqueTopicName":"anycloud/+/x"}',
    b'{"Message":"Update Availability","UniqueTopicName":"$SYS/broker/version"}',
    json.dumps({"Message": "Update Availability", "UniqueTopicName": "x" * 70_000}).encode(),
    json.dumps({"Message": "Update Availability", "UniqueTopicName": REQUESTS}).encode(),
    json.dumps({"Message": "Sing", "UniqueTopicName": f"anycloud/{BOARD}/x"}).encode(),
    json.dumps({"Message": "Request Data Chunk", "UniqueTopicName": f"anycloud/{BOARD}/x",
                "Offset": "-1", "Size": "99999999999999999999"}).encode(),
    json.dumps({"Message": "Update Availability", "UniqueTopicName": f"anycloud/{BOARD}/x",
                "Version": "1.2.3.4.5.6"}).encode(),
]


def test_hostile_messages_change_nothing_for_others(broker, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(20_000))
    with Publisher(broker, catalogue) as publisher, Peer(broker) as peer:
        for payload in HOSTILE:
            peer.publish(REQUESTS, payload)
        publisher.wait_for("its Offset|its Size is not within")
        assert publisher.count("request ignored") >= len(HOSTILE) - 2
        with OldSubscriber(broker, BOARD) as device:
            assert device.run() == image_of(20_000)


def test_broken_files_in_the_catalogue_are_told_once(plain_broker, catalogue):
    (catalogue.folder / "broken.json").write_text("{")
    catalogue.release(BOARD, "1.6.0", image_of(3000))
    with Publisher(plain_broker, catalogue) as publisher:
        for _ in range(3):
            with OldSubscriber(plain_broker, BOARD) as device:
                assert device.run() == image_of(3000)
        assert publisher.count("broken.json is not on offer") == 1


def test_it_waits_for_a_broker_that_is_not_there_yet(tmp_path, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(3000))
    broker = Broker(tmp_path)
    with Publisher(broker, catalogue, wait=False) as publisher:
        publisher.wait_for(r"Connection refused")
        with broker, OldSubscriber(broker, BOARD) as device:
            publisher.wait_for("publishing 1 image")
            assert device.run() == image_of(3000)


def test_it_comes_back_when_the_broker_does(plain_broker, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(3000))
    with Publisher(plain_broker, catalogue) as publisher:
        plain_broker.kill()
        publisher.wait_for(r"trying again")
        mark = publisher.mark()
        plain_broker.start()
        publisher.wait_for("publishing 1 image", start=mark)
        with OldSubscriber(plain_broker, BOARD) as device:
            assert device.run() == image_of(3000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_told_to(plain_broker, catalogue, number):
    with Publisher(plain_broker, catalogue) as publisher:
        publisher.send_signal(number)
        assert publisher.wait(10) == 0


def test_json_has_an_object_a_line(plain_broker, catalogue):
    catalogue.release(BOARD, "1.6.0", image_of(20_000))
    with Publisher(plain_broker, catalogue, "--json") as publisher:
        with OldSubscriber(plain_broker, BOARD) as device:
            device.run()
        publisher.wait_for('"event":"result"')
        assert publisher.events("offered")[0]["version"] == "1.6.0"
        assert publisher.events("offered")[0]["running"] == "1.0.0"
        assert [event["percent"] for event in publisher.events("progress")] == [0, 25, 50, 75, 100]
        assert publisher.events("result")[0]["success"] is True


def test_a_server_of_another_authority_is_not_trusted(tmp_path, tls_broker, catalogue):
    from lab import Certificates

    strangers = Certificates(tmp_path / "strangers")
    tls_broker.certificates, own = strangers, tls_broker.certificates
    publisher = Publisher(tls_broker, catalogue, wait=False)
    tls_broker.certificates = own
    with publisher:
        publisher.wait_for(r"TLS connection was not accepted|certificate verify failed")
        assert publisher.count("publishing") == 0


def test_a_plain_client_gets_nowhere_on_a_tls_port(tls_broker, catalogue):
    own, tls_broker.certificates = tls_broker.certificates, None
    publisher = Publisher(tls_broker, catalogue, wait=False)
    tls_broker.certificates = own
    with publisher:
        publisher.wait_for(r"Check whether that port wants TLS")
        assert publisher.count("publishing") == 0
